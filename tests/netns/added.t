#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# One `allow` more beside a large whitelist, which takes effect without compiling that
# again: many in a row, under traffic and readers, and what cannot be added so.

# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"

PORT=7777

# How the rules in force came there: 0 as one, else their set of rows.
added()
{
	PYTHONPATH=$TOP/tests/prog /usr/bin/python3 -B -c '
import harness, sys
print(harness.rows_in_force(sys.argv[1]))' "$PINS"
}

listed() { xdpwl list --json | json "rules.$1.${2:-source}"; }
n_listed() { xdpwl list --json | /usr/bin/python3 -c '
import json, sys
print(len(json.load(sys.stdin)["rules"]))'; }

net_up
serve "udp/$PORT" "tcp/$PORT"
/usr/bin/python3 -c '
for i in range(20000):
    print(f"10.{i >> 8}.{i & 255}.0/24")
for i in range(2000):
    print(f"2001:db8:1:{i:x}::/64")
print("192.0.2.10")' > "$WORK/many"
rules <<END
interface eth0
set many file $WORK/many
allow @many $PORT,ping
END
ok "apply" xdpwl apply
is "a generation of its own" "$(added)" 0

# --- ten in a row, under traffic and readers ---

background "$PEER" ping -q -i 0.01 -I 192.0.2.10 "$HOST4" > "$WORK/ping"
PING=${PIDS[-1]}
touch "$WORK/going"
while [ -e "$WORK/going" ]; do
	xdpwl list > "$WORK/list" 2>&1 && grep -q '^allow @many' "$WORK/list" ||
		cat "$WORK/list" >> "$WORK/unread"
done & READER=$!
sets=
for i in 11 12 13 14 15 16 17; do
	traffic "before" <<< "192.0.2.$i udp/$PORT silence"
	ok "allow 192.0.2.$i" xdpwl allow "192.0.2.$i" "$PORT/udp"
	sets+=$(added)
	traffic "after" <<END
192.0.2.$i udp/$PORT answer
192.0.2.$i tcp/$PORT silence
192.0.2.10 tcp/$PORT answer
192.0.2.19 udp/$PORT silence
END
	verdict pass "192.0.2.$i" "$PORT/udp"
done
for i in 11 12; do
	ok "allow 2001:db8::$i" xdpwl allow "2001:db8::$i" "$PORT/tcp"
	sets+=$(added)
done
traffic "IPv6" <<END
2001:db8::11 tcp/$PORT answer
2001:db8::12 tcp/$PORT answer
2001:db8::12 udp/$PORT silence
2001:db8::13 tcp/$PORT silence
END
is "each in place" "$sets" 123456123
rm "$WORK/going"
wait "$READER"
kill -INT "$PING"
wait "$PING"
like "pings of a member went on" "$(cat "$WORK/ping")" ' 0% packet loss'
ok "every list was whole" test ! -e "$WORK/unread"
is "as many rules" "$(n_listed)" 10
is "each counts its own" "$(listed 3 packets)" 1
is "and nobody else's" "$(listed 9 packets)" "$(xdpwl list --json | json rules.8.packets)"

# --- what follows ---

ok "one is taken back" xdpwl revoke 192.0.2.13 "$PORT/udp"
is "all as one" "$(added)" 0
traffic "after revoke" <<END
192.0.2.12 udp/$PORT answer
192.0.2.13 udp/$PORT silence
192.0.2.14 udp/$PORT answer
2001:db8::12 tcp/$PORT answer
192.0.2.10 tcp/$PORT answer
END
is "counters stay" "$(listed 2 packets)" 2
ok "allow it again" xdpwl allow 192.0.2.13 "$PORT/udp"
is "in place" "$(added)" 1
is "its counter begins anew" "$(listed 9 packets)" 0
ok "what runs is what the file says" xdpwl apply --diff

ok "an allow that is there" xdpwl allow 192.0.2.13 "$PORT/udp"
is "changes nothing" "$(added)" 1

# --- what is not added in place, and right all the same ---

ok "deny of a row's source" xdpwl deny 192.0.2.13 all
is "as one" "$(added)" 0
traffic "denied" <<< "192.0.2.13 udp/$PORT silence"
ok "another row" xdpwl allow 192.0.2.18 "$PORT/udp"
is "in place" "$(added)" 1
ok "what holds the source of others" xdpwl allow 192.0.2.0/28 "$PORT/tcp"
is "as one" "$(added)" 0
traffic "a network of others" <<END
192.0.2.11 tcp/$PORT answer
192.0.2.11 udp/$PORT answer
192.0.2.13 tcp/$PORT silence
192.0.2.18 tcp/$PORT silence
192.0.2.18 udp/$PORT answer
END
ok "on an interface" xdpwl allow 192.0.2.19 "$PORT/udp" on eth0
is "as one" "$(added)" 0
traffic "on an interface" <<< "192.0.2.19 udp/$PORT answer"

# --- a row longer than a member, and the members again ---

ok "a host of a member's network" xdpwl allow 10.3.4.5 9/udp
is "in place" "$(added)" 1
verdict pass 10.3.4.5 9/udp
verdict pass 10.3.4.5 "$PORT/udp"
verdict drop 10.3.4.6 9/udp
ok "apply reads the set again" xdpwl apply
is "as one" "$(added)" 0
verdict pass 10.3.4.5 9/udp
verdict pass 10.3.4.5 "$PORT/udp"

# --- more than there are rows ---

sets= n=0
for i in $(seq 100 135); do
	xdpwl allow "198.51.100.$i" 9/udp > "$WORK/log" 2>&1 && : $((n++))
	sets+=$(added)
done
is "all were allowed" "$n" 36
is "all but one in place" "$sets" "12345612345612345612345612345612""0123"
n=0
for i in $(seq 100 135); do
	xdpwl test "198.51.100.$i" 9/udp >/dev/null && : $((n++))
done
is "and all of them pass" "$n" 36
verdict drop 198.51.100.136 9/udp
finish
