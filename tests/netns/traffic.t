#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Rules against real clients, IPv4 and IPv6, native and generic: who gets
# through, what is counted, and that an edit is felt by the next packet, on
# sessions too.

# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"

# Packets and bytes of a rule, by its source and service.
rule_counts()
{
	xdpwl list --json | /usr/bin/python3 -c '
import json, sys
for r in json.load(sys.stdin)["rules"]:
    if r["source"] == sys.argv[1] and sys.argv[2] in r["services"]:
        print(r["packets"], r["bytes"])' "$1" "$2"
}

rule_packets() { rule_counts "$@" | cut -d ' ' -f 1; }

# Drops of a port: "packets" of PROTO PORT, 0 where it is not listed.
port_drops()
{
	xdpwl drops --json | /usr/bin/python3 -c '
import json, sys
print(sum(p["packets"] for p in json.load(sys.stdin)["ports"]
          if (p["proto"], str(p["port"])) == (sys.argv[1], sys.argv[2])))' "$1" "$2"
}

reason_packets()
{
	xdpwl drops --json | /usr/bin/python3 -c '
import json, sys
print(sum(r["packets"] for r in json.load(sys.stdin)["reasons"]
          if r["reason"] == sys.argv[1]))' "$1"
}

# said WORD: what the held connection prints next.
said()
{
	local word

	read -r -t 10 word <&"${HOLD[0]}"
	is "$1" "${word:-nothing}" "$2"
}

whole_table()
{
	rules << EOF
# Addition, subtraction, both families.
allow 192.0.2.10 22
allow 192.0.2.0/28 80/tcp    # .10 to .15 of the peer's
deny 192.0.2.12
allow 192.0.2.13 9899/sctp,53/udp
allow 192.0.2.16 all
allow 2001:db8::10 22/tcp,ping
allow 2001:db8::/64 53/udp
deny 2001:db8::12 53/udp
allow 2001:db8::13 9899/sctp
allow any 8000-8010/tcp
deny any 8005/tcp
EOF
	ok "$1: attach" xdpwl attach eth0 --mode "$1"
	is "$1: status says so" "$(xdpwl status --json | json interfaces.0.mode)" "$1"
	traffic "$1" << EOF
192.0.2.10    tcp/22       answer
192.0.2.10    udp/22       refused
192.0.2.10    tcp/80       answer
192.0.2.10    udp/80       silence
192.0.2.11    tcp/22       silence
192.0.2.11    tcp/80       answer
192.0.2.11    ping         silence
192.0.2.12    tcp/80       silence
192.0.2.12    tcp/8000     silence
192.0.2.13    raw/132/9899 answer
192.0.2.13    raw/132/9898 silence
192.0.2.13    udp/53       answer
192.0.2.13    tcp/53       silence
192.0.2.10    raw/132/22   silence
192.0.2.16    tcp/22       answer
192.0.2.16    tcp/53       refused
192.0.2.16    tcp/3306     answer
192.0.2.16    ping         answer
192.0.2.16    raw/132/9898 answer
192.0.2.16    tcp/8005     silence
192.0.2.17    tcp/8000     answer
192.0.2.17    tcp/8005     silence
192.0.2.17    tcp/8010     refused
192.0.2.17    tcp/8011     silence
2001:db8::10  tcp/22       answer
2001:db8::10  ping         answer
2001:db8::10  udp/53       answer
2001:db8::10  tcp/53       silence
2001:db8::11  ping         silence
2001:db8::11  udp/53       answer
2001:db8::12  udp/53       silence
2001:db8::13  raw/132/9899 answer
2001:db8::11  raw/132/9899 silence
2001:db8::17  tcp/8000     answer
2001:db8::17  tcp/8005     silence
2001:db8::17  tcp/3306     silence
EOF
}

edits()
{
	coproc HOLD { exec nsenter --net="/run/netns/$PEER" -- \
		"$DIR/ends.py" hold 192.0.2.18 "$HOST4" tcp/3306; }
	ok "$1: nothing but waits: allow while a SYN is in flight" \
		xdpwl allow 192.0.2.18 3306/tcp
	said "$1: the connection opens" open
	echo hello >&"${HOLD[1]}"
	said "$1: a session runs" echo
	ok "$1: another rule does not disturb it" xdpwl allow 192.0.2.19 1-65535
	echo hello >&"${HOLD[1]}"
	said "$1: it goes on" echo
	ok "$1: revoke" xdpwl revoke 192.0.2.18 3306
	echo silence >&"${HOLD[1]}"
	said "$1: revoke ends the session" lost
	ok "$1: allow again" xdpwl allow 192.0.2.18 3306
	traffic "$1, again" <<< "192.0.2.18 tcp/3306 answer"
	ok "$1: deny" xdpwl deny 192.0.2.18 3306
	traffic "$1, denied" <<< "192.0.2.18 tcp/3306 silence"
	ok "$1: revoke deny" xdpwl revoke deny 192.0.2.18 3306
	traffic "$1, deny revoked" <<< "192.0.2.18 tcp/3306 answer"
	# shellcheck disable=SC2154 # coproc sets it
	kill "$HOLD_PID" 2>/dev/null
	wait "$HOLD_PID" 2>/dev/null
}

counts()
{
	local before drops

	before=$(rule_packets 192.0.2.16/32 all)
	peer ping -q -c 20 -i 0.01 -W 1 -I 192.0.2.16 "$HOST4" >/dev/null
	is "$1: list counts 20 pings" "$(($(rule_packets 192.0.2.16/32 all) - before))" 20
	drops=$(port_drops udp 4444)
	is "$1: nothing came to 4444 yet" "$drops" 0
	peer /usr/bin/python3 -c '
import socket
for source, there in (("192.0.2.11", "192.0.2.1"), ("2001:db8::11", "2001:db8::1")):
    s = socket.socket(socket.AF_INET6 if ":" in there else socket.AF_INET, socket.SOCK_DGRAM)
    s.bind((source, 0))
    for _ in range(25):
        s.sendto(b"x", (there, 4444))'
	ok "$1: drops counts 50 datagrams, both families" wait_for 5 \
		sh_is_50
	is "$1: 3306 was dropped for the stranger" \
		"$(($(port_drops tcp 3306) > 0))" 1
	before=$(reason_packets denied)
	peer ping -q -c 3 -i 0.01 -W 0.3 -I 192.0.2.12 "$HOST4" >/dev/null
	is "$1: a deny counts as denied" "$(($(reason_packets denied) - before))" 3
	before=$(reason_packets not-allowed)
	peer ping -q -c 3 -i 0.01 -W 0.3 -I 192.0.2.11 "$HOST4" >/dev/null
	is "$1: no rule counts as not-allowed" \
		"$(($(reason_packets not-allowed) - before))" 3
	ok "$1: drops --reset" xdpwl drops --reset
	is "$1: and they are gone" "$(port_drops udp 4444)" 0
}

sh_is_50() { [ "$(port_drops udp 4444)" = 50 ]; }

# This kernel may have no VLAN devices: tags are written by hand. The stack
# takes a VID of 0 as no tag at all, so that those datagrams reach the server.
tags()
{
	local mac before

	mac=$(host ip -br link show eth0 |
		awk '{ print $3 }')
	is "$1: tagged, allowed" "$(peer "$DIR/ends.py" tagged eth0 "$mac" 192.0.2.13 \
		"$HOST4" udp/53 0)" answer
	before=$(port_drops udp 53)
	is "$1: tagged, a stranger" "$(peer "$DIR/ends.py" tagged eth0 "$mac" 192.0.2.17 \
		"$HOST4" udp/53 0)" silence
	is "$1: two tags, a stranger" "$(peer "$DIR/ends.py" tagged eth0 "$mac" 192.0.2.17 \
		"$HOST4" udp/53 7 8)" silence
	is "$1: both were dropped for their port" "$(($(port_drops udp 53) - before))" 2
	before=$(reason_packets unknown-l2)
	is "$1: five tags" "$(peer "$DIR/ends.py" tagged eth0 "$mac" 192.0.2.13 \
		"$HOST4" udp/53 0 0 0 0 0)" silence
	is "$1: are too many" "$(($(reason_packets unknown-l2) - before))" 1
}

# datagrams N SOURCE DESTINATION PORT: of one length, handed to the kernel as one.
datagrams()
{
	peer /usr/bin/python3 -c '
import socket, sys
n, source, there, port = sys.argv[1:]
s = socket.socket(socket.AF_INET6 if ":" in there else socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(socket.SOL_UDP, 103, 1400)  # UDP_SEGMENT
s.bind((source, 0))
s.sendto(bytes(int(n) * 1400), (there, int(port)))' "$@"
}

# Before a program in generic mode the stack merges segments (GSO, GRO) to packets of up to
# 64 KiB; a native one sees them as they come. The verdict is the same, and so are the bytes.
merged_segments()
{
	local row source there length stranger packets bytes drops least=$((20 * 1000 * 1000))

	for row in "192.0.2.15 $HOST4 32 192.0.2.11" "2001:db8::15 $HOST6 128 2001:db8::11"; do
		read -r source there length stranger <<< "$row"
		ok "$1: allow $source 5001/tcp" xdpwl allow "$source" 5001/tcp
		ok "$1: 20 MB from $source" peer "$DIR/bulk.py" put "$source" "$there" 5001 $least
		read -r packets bytes <<< "$(rule_counts "$source/$length" 5001/tcp)"
		ok "$1: all its bytes are counted" [ "$bytes" -gt $least ]
		if [ "$1" = generic ]; then
			ok "$1: in packets longer than any frame" [ $((bytes / packets)) -gt 1514 ]
		else
			ok "$1: in frames" [ $((bytes / packets)) -le 1514 ]
		fi
		ok "$1: revoke" xdpwl revoke "$source" 5001/tcp
		drops=$(port_drops udp 5001)
		datagrams 40 "$stranger" "$there" 5001
		is "$1: a stranger's 40 datagrams, merged or not, are dropped" \
			"$(($(port_drops udp 5001) - drops))" \
			"$([ "$1" = generic ] && echo 1 || echo 40)"
	done
}

net_up
background "$HOST" "$DIR/bulk.py" serve 5001 > "$WORK/bulk"
wait_for 10 grep -q ready "$WORK/bulk" || bail "no server"
serve tcp/22 tcp/80 tcp/3306 udp/53 tcp/8000 tcp/8005 tcp/8011 raw/132
for mode in native generic; do
	whole_table "$mode"
	edits "$mode"
	counts "$mode"
	tags "$mode"
	merged_segments "$mode"
	ok "$mode: detach" xdpwl detach --all
	traffic "$mode, detached" <<< "192.0.2.17 tcp/3306 answer"
	refused "$mode: nothing is attached" 3 "not attached|nothing is attached" xdpwl list
done
finish
