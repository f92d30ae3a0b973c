#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Commands that change rules, killed at every write, beside so many prefixes that
# filters, tables and tries all take part: see faults.sh.

# shellcheck source=tests/netns/faults.sh
. "$(dirname "$0")/faults.sh"

# Whole /24s, parts of them, single addresses, and a crowd, some of it with more than that:
# so many that hardly a map of the tables is left out.
/usr/bin/python3 -c '
for i in range(21000):
    print(f"11.{i >> 7}.{2 * (i & 127)}.0/24")
for i in range(10):
    print(f"10.200.0.{2 * i}")
for i in range(2000):
    print(f"10.{i >> 7}.{i & 127}.0/24")
    print(f"10.{i >> 7}.{128 + (i & 127)}.{i % 200}")
for i in range(600):
    print(f"2001:db8:{i:x}::/48")
    print(f"2001:db8:{0x1000 + i:x}::/64")' > "$WORK/many"
MORE="set many file $WORK/many
allow @many 443/tcp
allow 10.200.0.4 444/tcp"

# Members and their neighbours; a pair is asked for at the n-th death.
ASKED=("11.164.0.9 11.164.1.9" "10.200.0.6 10.200.0.7" \
	"10.15.79.9 10.15.80.9" "10.14.255.119 10.14.255.118" \
	"2001:db8:257:1::1 2001:db8:258:1::1" "2001:db8:1257::1 2001:db8:1257:1::1")
others_complaints()
{
	local member stranger

	xdpwl status --json 2>/dev/null | grep -q '"eth0"' || return
	read -r member stranger <<< "${ASKED[n % ${#ASKED[@]}]}"
	xdpwl test "$member" 443/tcp >/dev/null || echo "member $member is out"
	xdpwl test "$stranger" 443/tcp >/dev/null && echo "stranger $stranger is in"
}

from_a_to_b() { from_a; only "$B" > "$RULES"; }
from_both() { only "$A" "$B" > "$RULES"; xdpwl apply >/dev/null 2>&1; }
# And beside prefixes so wide that rows4 and slices4 take the place of spans4.
from_few()
{
	{
		only
		printf 'set few %s\nallow @few %s/udp\n' "$A" "$PORT"
		printf 'allow %s 9/udp\n' 64.0.0.0/2 128.0.0.0/2
	} > "$RULES"
	xdpwl apply >/dev/null 2>&1
}

# Beside rows that an earlier allow added: the faulty build does so for any whitelist.
from_row() { from_a; faulty allow 192.0.2.18 99/tcp >/dev/null 2>&1; }

deaths apply from_a_to_b A B apply
deaths allow from_a A AB allow "$B" "$PORT/udp"
deaths "second allow" from_row A AB allow "$B" "$PORT/udp"
deaths "allow on" from_a A AB allow "$B" "$PORT/udp" on eth0
deaths deny from_both AB A deny "$B"
deaths revoke from_both AB A revoke "$B" "$PORT/udp"
deaths "set add" from_few A AB set few add "$B"

# What a large list leaves is given back many tries at a time: each such write may wait out a
# grace period, and there are 256 for each family.
/usr/bin/python3 -c '
for i in range(140000):
    print(f"{11 + i % 4}.{i >> 16}.{i >> 8 & 255}.{i & 255}")' > "$WORK/large"
{
	only "$A"
	printf 'set large file %s\nallow @large 443/tcp\n' "$WORK/large"
} > "$RULES"
for _ in 1 2 3 4; do
	rm -f "$WORK/writes"
	XDPWL_COUNT_WRITES=$WORK/writes faulty apply > "$WORK/log" 2>&1
	is "a large list is applied" $? 0
done
writes=$(cat "$WORK/writes")
ok "a large list in place of itself: $writes writes" test "$writes" -lt 150
finish
