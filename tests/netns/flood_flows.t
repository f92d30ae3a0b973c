#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Strangers fill no table: a port that is open to all is flooded with SYNs, datagrams
# and fragments from as many sources as there is time for, each used once. An old
# session of a whitelisted client, one that the host started, new ones, and large
# datagrams go on; no stranger made a flow, and nothing of ours made room for one.

# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/netns/routers.sh
. "$DIR/routers.sh"
SOURCES=1000000 ENOUGH=200000 LONGEST=8

# evicted: how many tracks went before their time, of each kind.
evicted()
{
	xdpwl status --json | /usr/bin/python3 -c '
import json, sys
evictions = json.load(sys.stdin)["evictions"]
print(*[evictions[kind] for kind in
        ("half_open", "established", "fragments_own", "fragments_any")])'
}

# flows: how many were ever remembered, by their tags: no time is enough for one to go.
flows()
{
	bpftool -j map dump pinned "$PINS/flow_tags" | /usr/bin/python3 -c '
import json, sys
print(sum(tag != 0 for bucket in json.load(sys.stdin)
          for side in bucket["formatted"]["value"]["tag"] for tag in side))'
}

# hold NAME NAMESPACE SOURCE DESTINATION SERVICE: a session whose line goes in by the
# file descriptor NAME_IN and comes back by NAME_OUT.
hold()
{
	local -n in=$1_IN out=$1_OUT
	local word

	rm -f "$WORK/$1".*
	mkfifo "$WORK/$1.in" "$WORK/$1.out"
	# shellcheck disable=SC2034 # the caller reads them
	exec {in}<> "$WORK/$1.in" {out}<> "$WORK/$1.out"
	nsenter --net="/run/netns/$2" -- "$DIR/ends.py" hold "${@:3}" \
		< "$WORK/$1.in" > "$WORK/$1.out" &
	PIDS+=($!)
	HELD+=($!)
	read -r -t 10 word <&"$out" && [ "$word" = open ]
	result $? "$MODE: a session of $3 with $4"
}

# echoed IN OUT: one line over a session and back.
echoed()
{
	local word

	echo hello >&"$1"
	read -r -t 10 word <&"$2" && [ "$word" = echo ]
}

# Datagrams of 8000 bytes from a whitelisted client, and their answers as long. Of a
# flood some packets are lost where the two ends meet: it is asked again.
# shellcheck disable=SC2317 # called by wait_for
large()
{
	peer /usr/bin/python3 -c '
import socket
for source, there in (("192.0.2.11", "192.0.2.1"), ("2001:db8::11", "2001:db8::1")):
    s = socket.socket(socket.AF_INET6 if ":" in source else socket.AF_INET, socket.SOCK_DGRAM)
    s.bind((source, 0))
    s.settimeout(1)
    s.sendto(bytes(8000), (there, 53))
    assert len(s.recv(9000)) >= 8000'
}

# Two connections that the host starts.
NEW_ROWS="192.0.2.1 192.0.2.10 tcp/443 answer
2001:db8::1 2001:db8::10 tcp/443 answer"
new() { [ "$(host "$DIR/ends.py" ask <<< "$NEW_ROWS" | xargs)" = "answer answer" ]; }

# meanwhile PID: as long as that process floods, again and again: how often all this
# was done, and what of it went well.
meanwhile()
{
	ROUNDS=0 OLD=0 OWN=0 NEW=0 LARGE=0
	while kill -0 "$1" 2>/dev/null; do
		ROUNDS=$((ROUNDS + 1))
		echoed "$SSH_IN" "$SSH_OUT" && OLD=$((OLD + 1))
		echoed "$OUTWARD_IN" "$OUTWARD_OUT" && OWN=$((OWN + 1))
		new && NEW=$((NEW + 1))
		wait_for 5 large && LARGE=$((LARGE + 1))
	done
}

mac() { host ip -j link show eth0 | json 0.address; }
answered() { host ip -j -s link show eth0 | json 0.stats64.tx.packets; }

flooded()
{
	local sources packets milliseconds before answers

	KNOWN=$(flows)
	before=$(reason allowed) answers=$(answered)
	background "$PEER" "$WORK/spoof" eth0 "$(mac)" "$HOST4" "$HOST6" 80 \
		"$SOURCES" "$LONGEST" > "$WORK/spoofed"
	meanwhile "${PIDS[-1]}"
	read -r sources packets milliseconds < "$WORK/spoofed"
	result $((${sources:-0} < ENOUGH)) \
		"$MODE: $sources sources, $packets packets in $milliseconds ms"
	result $(($(reason allowed) - before < ENOUGH)) "$MODE: they came in"
	result $(($(answered) - answers < ENOUGH)) "$MODE: and most were answered"
	result $((ROUNDS < 2)) "$MODE: meanwhile, $ROUNDS times"
	is "$MODE: the client's session went on" "$OLD" "$ROUNDS"
	is "$MODE: the host's session went on" "$OWN" "$ROUNDS"
	is "$MODE: the host started new ones" "$NEW" "$ROUNDS"
	is "$MODE: large datagrams were put together" "$LARGE" "$ROUNDS"
}

# The flows from before, and the new ones, two a time.
remembered()
{
	local half_open established own any

	is "$MODE: no flow but the host's own is remembered" "$(flows)" \
		"$((KNOWN + 2 * ROUNDS))"
	read -r half_open established own any <<< "$(evicted)"
	is "$MODE: evicted: half-open flows" "$half_open" 0
	is "$MODE: evicted: established flows" "$established" 0
	is "$MODE: evicted: fragments of those whom rules name" "$own" 0
	result $((any == 0)) "$MODE: strangers' fragments pushed each other out: $any"
}

net_up
cc -O2 -o "$WORK/spoof" "$DIR/spoof.c" || bail "spoof.c does not compile"
host ip route add 10.0.0.0/8 via 192.0.2.10
host ip route add 2001:db8:ffff::/48 via 2001:db8::10
serve tcp/22 udp/53
serve tcp/80 udp/80
serve_in "$PEER" tcp/443
for MODE in native generic; do
	rules <<- EOF
		allow any 80
		allow 192.0.2.11 22/tcp,53/udp
		allow 2001:db8::11 22/tcp,53/udp
	EOF
	HELD=()
	ok "$MODE: attach" xdpwl attach eth0 --mode "$MODE"
	hold SSH "$PEER" 192.0.2.11 "$HOST4" tcp/22
	hold OUTWARD "$HOST" "$HOST4" 192.0.2.10 tcp/443
	flooded
	remembered
	ok "$MODE: detach" xdpwl detach --all
	kill "${HELD[@]}"
	wait "${HELD[@]}" 2> /dev/null
done
finish
