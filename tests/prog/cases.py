# SPDX-License-Identifier: GPL-2.0-only
"""
The catalogue as two tables: TABLE, the cases that need no memory, of
cases_header.py and cases_policy.py; MEMORY, those behind other packets, of
cases_memory.py, cases_fragment.py and cases_error.py. Names are unique, so that
a failure can be found again.

Must not: hold cases.
"""
import cases_error
import cases_fragment
import cases_header
import cases_memory
import cases_policy
from casekit import RULES, TABLE
from memorykit import MEMORY

PARTS = (cases_header, cases_policy, cases_memory, cases_fragment, cases_error)
NAMES = [case.name for case in TABLE + MEMORY]
assert len(set(NAMES)) == len(NAMES), sorted(
    name for name in set(NAMES) if NAMES.count(name) > 1)
assert {case.rules for case in TABLE + MEMORY} <= set(RULES)
