# SPDX-License-Identifier: GPL-2.0-only
"""
The catalogue as one table: every case of cases_header.py and cases_policy.py.
Names are unique, so that a failure can be found again.

Must not: hold cases.
"""
import cases_header
import cases_policy
from casekit import RULES, TABLE

PARTS = (cases_header, cases_policy)
NAMES = [case.name for case in TABLE]
assert len(set(NAMES)) == len(NAMES)
