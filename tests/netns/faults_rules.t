#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Commands that change rules, killed at every write: see faults.sh.

# shellcheck source=tests/netns/faults.sh
. "$(dirname "$0")/faults.sh"

from_a_to_b() { from_a; only "$B" > "$RULES"; }
from_both() { only "$A" "$B" > "$RULES"; xdpwl apply >/dev/null 2>&1; }

deaths apply from_a_to_b A B apply
deaths allow from_a A AB allow "$B" "$PORT/udp"
deaths revoke from_both AB A revoke "$B" "$PORT/udp"

# Beside rows that an earlier allow added: the faulty build does so for small whitelists too.
from_row() { from_a; faulty allow 192.0.2.18 99/tcp >/dev/null 2>&1; }
deaths "second allow" from_row A AB allow "$B" "$PORT/udp"
finish
