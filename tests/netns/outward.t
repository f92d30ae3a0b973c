#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# A host behind an empty rules file, native and generic: the programs of its owner reach
# out as before, and nothing that a stranger sends makes a way in.
#
#   $HOST  192.0.2.1  ===eth0===  $PEER, which forwards  ===far===  $FAR  198.51.100.2
#          2001:db8::1                                              2001:db8:1::2

# shellcheck disable=SC2016,SC2317 # awk has its own $; called through ok and wait_for
# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"
FAR=xw-far-$$
unset SSH_CONNECTION

# reason REASON: packets of it so far.
reason()
{
	xdpwl drops --json | /usr/bin/python3 -c '
import json, sys
print(sum(r["packets"] for r in json.load(sys.stdin)["reasons"]
          if r["reason"] == sys.argv[1]))' "$1"
}

# reasm FAMILY: fragments that reached the host's reassembly.
reasm()
{
	if [ "$1" = 4 ]; then
		host awk '$1 == "Ip:" && !n { for (i = 2; i <= NF; i++)
			if ($i == "ReasmReqds") n = i; next }
			$1 == "Ip:" { print $n }' /proc/net/snmp
	else
		host awk '$1 == "Ip6ReasmReqds" { print $2 }' /proc/net/snmp6
	fi
}

# --- the ground: services of the peer, and a host behind it ---

far_add()
{
	namespace_add "$FAR"
	ip link add far netns "$PEER" type veth peer name far netns "$FAR" ||
		bail "no veth devices here"
	# No limit on errors: traceroute and mtr live by them.
	peer sh -c 'ip addr add 198.51.100.1/24 dev far
		ip addr add 2001:db8:1::1/64 dev far nodad
		ip link set far up
		echo 1 > /proc/sys/net/ipv4/ip_forward
		echo 1 > /proc/sys/net/ipv6/conf/all/forwarding
		echo 0 > /proc/sys/net/ipv6/icmp/ratelimit'
	nsenter --net="/run/netns/$FAR" -- sh -c '
		ip addr add 198.51.100.2/24 dev far
		ip addr add 2001:db8:1::2/64 dev far nodad
		ip link set far up
		ip route add default via 198.51.100.1
		ip -6 route add default via 2001:db8:1::1
		echo 0 > /proc/sys/net/ipv6/icmp/ratelimit'
	host ip route add default via 192.0.2.10
	host ip -6 route add default via 2001:db8::10
	wait_for 5 host ping -c 1 -W 1 2001:db8:1::2 || bail "no way to the far host"
}

peer_serves()
{
	local log="$WORK/peer" port

	mkdir "$WORK/www"
	head -c 10000000 /dev/urandom > "$WORK/www/ten"
	background "$PEER" /usr/bin/python3 -m http.server 8080 --bind :: \
		--directory "$WORK/www" > "$WORK/http" 2>&1
	background "$PEER" dnsmasq --keep-in-foreground --conf-file=/dev/null --no-resolv \
		--no-hosts --pid-file= --bind-interfaces --except-interface=lo --user=root \
		--address=/www.example/198.51.100.7 > "$WORK/dns" 2>&1
	for port in 5201 5202 5203 5204; do
		background "$PEER" iperf3 -s -p "$port" > "$WORK/iperf.$port" 2>&1
	done
	background "$PEER" "$DIR/ends.py" serve udp/9001 tcp/9002 > "$log" 2>&1
	wait_for 10 grep -q ready "$log" || bail "server: $(cat "$log")"
	wait_for 10 host curl -sfI -o /dev/null http://192.0.2.10:8080/ten ||
		bail "http: $(cat "$WORK/http")"
	wait_for 10 host dig +short +time=1 +tries=1 @192.0.2.10 www.example ||
		bail "dnsmasq: $(cat "$WORK/dns")"
	for port in 5201 5202 5203 5204; do
		wait_for 10 peer ss -Hltn "sport = $port" || bail "no iperf3"
	done
}

# --- programs ---

# download URL: all 10 MB of it.
download()
{
	host curl -sS -m 10 -o "$WORK/got" "$1" && cmp "$WORK/got" "$WORK/www/ten"
}

resolve() { host dig +short +time=2 +tries=1 "$@" www.example A 2>&1; }

# hops COMMAND...: the addresses that a trace names, a line. In IPv6 the peer speaks of
# its last address.
hops()
{
	host "$@" 2>&1 | grep -v ^traceroute |
		grep -Eo '(192\.0\.2|198\.51\.100|2001:db8)[.:0-9a-f]*' | paste -sd ' '
}

programs()
{
	local mode=$1 way4="192.0.2.10 198.51.100.2" way6="2001:db8::19 2001:db8:1::2"

	ok "$mode: curl, 10 MB" download http://192.0.2.10:8080/ten
	ok "$mode: curl, 10 MB, IPv6" download 'http://[2001:db8::10]:8080/ten'
	is "$mode: DNS over UDP" "$(resolve @192.0.2.10)" 198.51.100.7
	is "$mode: DNS over UDP, IPv6" "$(resolve @2001:db8::10)" 198.51.100.7
	is "$mode: DNS over TCP" "$(resolve +tcp @192.0.2.10)" 198.51.100.7
	is "$mode: DNS over TCP, IPv6" "$(resolve +tcp @2001:db8::10)" 198.51.100.7
	like "$mode: ping" "$(host ping -q -c 5 -i 0.01 -W 1 198.51.100.2)" ' 0% packet loss'
	like "$mode: ping, IPv6" "$(host ping -q -c 5 -i 0.01 -W 1 2001:db8:1::2)" \
		' 0% packet loss'
	# By UDP, whose end is a port unreachable; by echo; by a SYN that is refused.
	for how in "" -I "-T -p 4"; do
		# shellcheck disable=SC2086 # two words
		is "$mode: traceroute $how" "$(hops traceroute -n -w 1 -q 1 -m 4 $how \
			198.51.100.2)" "$way4"
		# shellcheck disable=SC2086
		is "$mode: traceroute -6 $how" "$(hops traceroute -n -w 1 -q 1 -m 4 $how \
			2001:db8:1::2)" "$way6"
	done
	is "$mode: mtr" "$(hops mtr -4 -n -r -c 1 -i 0.1 -G 0.2 198.51.100.2)" "$way4"
	is "$mode: mtr, IPv6" "$(hops mtr -6 -n -r -c 1 -i 0.1 -G 0.2 2001:db8:1::2)" "$way6"
}

# All four at once: what they reach is not the question here.
bulk()
{
	local mode=$1 port=5201 row pid
	local -a pids=() names=()

	while read -r -a row; do
		host iperf3 -c "${row[@]}" -p "$port" -t 2 --connect-timeout 2000 -J \
			> "$WORK/bulk.$port" 2>&1 &
		pids+=($!) names+=("${row[*]}")
		port=$((port + 1))
	done <<< $'192.0.2.10\n192.0.2.10 -R\n2001:db8::10\n2001:db8::10 -R'
	port=5201
	for pid in "${pids[@]}"; do
		wait "$pid"
		is "$mode: iperf3 -c ${names[port - 5201]}: a megabyte at least" \
			"$(/usr/bin/python3 -c 'import json, sys
print(json.load(sys.stdin)["end"]["sum_received"]["bytes"] > 1e6)' \
			< "$WORK/bulk.$port" 2>&1)" True
		port=$((port + 1))
	done
}

# --- strangers ---

fragments()
{
	local mode=$1 fam here there stranger before

	while read -r fam here there stranger; do
		before=$(reasm "$fam")
		is "$mode: 8,000 bytes of a stranger, IPv$fam" \
			"$(peer "$DIR/big.py" ask "$stranger" "$here" 9000 0.4)" silence
		is "$mode: of which reassembly saw nothing" "$(($(reasm "$fam") - before))" 0
		is "$mode: an answer of 8,000 bytes, IPv$fam" \
			"$(host "$DIR/big.py" ask "$here" "$there" 9001 5)" answer
		is "$mode: reassembled" "$(($(reasm "$fam") > before))" 1
		ok "$mode: allow" xdpwl allow "$there" 9000/udp
		is "$mode: 8,000 bytes of the allowed, IPv$fam" \
			"$(peer "$DIR/big.py" ask "$there" "$here" 9000 5)" answer
		before=$(reasm "$fam")
		is "$mode: 8,000 bytes of the other still, IPv$fam" \
			"$(peer "$DIR/big.py" ask "$stranger" "$here" 9000 0.4)" silence
		is "$mode: of which reassembly saw nothing" "$(($(reasm "$fam") - before))" 0
		ok "$mode: revoke" xdpwl revoke "$there"
	done <<< "4 $HOST4 192.0.2.10 192.0.2.11
6 $HOST6 2001:db8::19 2001:db8::11" # the peer answers by its last address in IPv6
}

# Twice, as the first might have made a flow for the second.
strange_acks()
{
	local mode=$1 row before

	for row in "192.0.2.11 $HOST4" "2001:db8::11 $HOST6"; do
		for time in first second; do
			before=$(reason not-allowed)
			# shellcheck disable=SC2086 # two words
			peer "$DIR/big.py" ack $row 40000 22
			ok "$mode: the $time ACK of ${row% *} out of nowhere is not-allowed" \
				wait_for 2 grown not-allowed "$((before + 1))"
		done
	done
}

grown() { [ "$(reason "$1")" = "$2" ]; }

# said DESCRIPTION WORD: what the held connection prints next.
said()
{
	local word

	read -r -t 10 word <&"${HOLD[0]}"
	is "$1" "${word:-nothing}" "$2"
}

cut()
{
	local mode=$1 there=$2 here=$3

	coproc HOLD { exec nsenter --net="/run/netns/$HOST" -- \
		"$DIR/ends.py" hold "$here" "$there" tcp/9002; }
	said "$mode: an own connection to $there opens" open
	echo hello >&"${HOLD[1]}"
	said "$mode: it goes" echo
	ok "$mode: deny $there all" xdpwl deny "$there" all
	before=$(reason denied)
	echo silence >&"${HOLD[1]}"
	said "$mode: and is cut" lost
	is "$mode: its packets are denied" "$(($(reason denied) > before))" 1
	is "$mode: nor does another start" \
		"$(host curl -sS -m 0.5 -o /dev/null "http://$([[ $there = *:* ]] &&
		echo "[$there]" || echo "$there"):8080/ten" 2> /dev/null; echo $?)" 28
	ok "$mode: revoke the deny" xdpwl revoke deny "$there"
	# shellcheck disable=SC2154 # coproc sets it
	kill "$HOLD_PID" 2> /dev/null
	wait "$HOLD_PID" 2> /dev/null
}

net_up
far_add
peer_serves
serve tcp/22 udp/9000
for mode in native generic; do
	: > "$RULES"
	ok "$mode: attach" xdpwl attach eth0 --mode "$mode"
	is "$mode: no rules" "$(xdpwl status --json | json rules)" 0
	traffic "$mode" << ROWS
192.0.2.10   tcp/22 silence
2001:db8::10 tcp/22 silence
ROWS
	programs "$mode"
	bulk "$mode"
	fragments "$mode"
	strange_acks "$mode"
	cut "$mode" 192.0.2.10 "$HOST4"
	cut "$mode" 2001:db8::10 "$HOST6"
	ok "$mode: detach" xdpwl detach --all
done
finish
