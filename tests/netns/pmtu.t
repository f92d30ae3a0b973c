#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Path MTU discovery through the filter. Ten megabytes each way over a hop of 1400
# bytes, started by a host with an empty whitelist; ten megabytes that its one
# allowed port sends; and errors about packets that it never sent, which drop.
#
#   $HOST               $PEER                   $HOP                  $FAR
#  192.0.2.1 ==eth0== 192.0.2.10 ==hop, 1400== 10.9.0.2 ==far== 198.51.100.2
#                       a router                a router

# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/netns/routers.sh
. "$DIR/routers.sh"
HOP=xw-hop-$$ FAR=xw-far-$$
FAR4=198.51.100.2 FAR6=2001:db8:7::2
BYTES=10000000 LIMIT=5000

networks_up()
{
	net_up
	joined hop "$PEER" "$HOP" 10.9.0 2001:db8:9
	joined far "$HOP" "$FAR" 198.51.100 2001:db8:7
	host sh -c 'ip route add default via 192.0.2.10
		ip route add default via 2001:db8::10'
	peer ip route add 198.51.100.0/24 via 10.9.0.2
	peer ip route add 2001:db8:7::/64 via 2001:db8:9::2
	peer ip link set hop mtu 1400
	inside "$HOP" ip link set eth0 mtu 1400
}

# What earlier errors told is forgotten.
forget()
{
	local namespace

	for namespace in "$HOST" "$FAR"; do
		inside "$namespace" ip route flush cache
		inside "$namespace" ip -6 route flush cache
	done
}

# moved LABEL NAMESPACE VERB SOURCE DESTINATION PORT: all bytes in time.
moved()
{
	local said

	said=$(inside "$2" "$DIR/bulk.py" "${@:3}" "$BYTES" 2>&1)
	[[ "$said" =~ \ in\ ([0-9]+)\ ms$ ]] && [ "${BASH_REMATCH[1]}" -lt "$LIMIT" ]
	result $? "$1, $3 $5: $said"
}

# The router's errors were needed, and came through.
told() { is "$1: errors came through" "$(($(reason icmp-error) > $2))" 1; }

outward()
{
	local before

	before=$(reason icmp-error)
	moved "$1" "$HOST" put "$HOST4" "$FAR4" 443
	told "$1, IPv4" "$before"
	before=$(reason icmp-error)
	moved "$1" "$HOST" put "$HOST6" "$FAR6" 443
	told "$1, IPv6" "$before"
	moved "$1" "$HOST" get "$HOST4" "$FAR4" 443
	moved "$1" "$HOST" get "$HOST6" "$FAR6" 443
}

# Flows there are none of: the rule stands for what was sent.
inward()
{
	local before

	before=$(reason icmp-error)
	moved "$1, served" "$FAR" get "$FAR4" "$HOST4" 8080
	told "$1, served, IPv4" "$before"
	before=$(reason icmp-error)
	moved "$1, served" "$FAR" get "$FAR6" "$HOST6" 8080
	told "$1, served, IPv6" "$before"
}

# counted: how many errors passed, and how many packets no rule allowed.
counted()
{
	xdpwl drops --json | /usr/bin/python3 -c '
import json, sys
got = {r["reason"]: r["packets"] for r in json.load(sys.stdin)["reasons"]}
print(got.get("icmp-error", 0), got.get("not-allowed", 0))'
}

# forged LABEL: rows "REASON TYPE CODE PROTOCOL SOURCE SPORT DESTINATION DPORT [TO]" on
# stdin, each an error that the router sends; counted under that reason alone.
forged()
{
	local wanted type code proto source sport there dport to was passed dropped

	was=$(counted)
	while read -r wanted type code proto source sport there dport to; do
		read -r passed dropped <<< "$was"
		case $wanted in
		icmp-error) passed=$((passed + 1)) ;;
		*) dropped=$((dropped + 1)) ;;
		esac
		peer "$DIR/errors.py" "$type" "$code" "${to:-$source}" "$proto" \
			"$source" "$sport" "$there" "$dport"
		was=$(counted)
		is "$1: $type/$code, $proto $source $sport to $there $dport: $wanted" \
			"$was" "$passed $dropped"
	done
}

never_sent()
{
	forged "$1" <<- EOF
		not-allowed 3  4 tcp 192.0.2.1   61050 $FAR4         443
		not-allowed 3  3 udp 192.0.2.1   61050 $FAR4         53
		not-allowed 11 0 udp 192.0.2.1   61050 $FAR4         53
		not-allowed 12 0 tcp 192.0.2.1   61050 $FAR4         443
		not-allowed 3  4 47  192.0.2.1   1     $FAR4         1
		not-allowed 3  4 tcp 192.0.2.1   61001 $FAR4         444
		not-allowed 3  4 tcp 192.0.2.1   61001 198.51.100.3  443
		not-allowed 3  4 udp 192.0.2.1   61001 $FAR4         443
		not-allowed 3  4 tcp 192.0.2.99  61001 $FAR4         443  192.0.2.1
		not-allowed 3  4 tcp 192.0.2.1   8080  198.51.100.3  40000
		not-allowed 3  4 tcp 192.0.2.1   40000 $FAR4         8080
		icmp-error  3  4 tcp 192.0.2.1   61001 $FAR4         443
		icmp-error  11 0 tcp 192.0.2.1   61001 $FAR4         443
		icmp-error  3  4 tcp 192.0.2.1   8080  $FAR4         40000
		not-allowed 2  0 tcp 2001:db8::1 61050 $FAR6         443
		not-allowed 1  4 udp 2001:db8::1 61050 $FAR6         53
		not-allowed 3  0 udp 2001:db8::1 61050 $FAR6         53
		not-allowed 4  0 tcp 2001:db8::1 61050 $FAR6         443
		not-allowed 2  0 tcp 2001:db8::1 61001 2001:db8:7::3 443
		not-allowed 2  0 tcp 2001:db8::9 61001 $FAR6         443  2001:db8::1
		not-allowed 2  0 tcp 2001:db8::1 8080  2001:db8:7::3 40000
		icmp-error  2  0 tcp 2001:db8::1 61001 $FAR6         443
		icmp-error  3  0 tcp 2001:db8::1 61001 $FAR6         443
		icmp-error  2  0 tcp 2001:db8::1 8080  $FAR6         40000
	EOF
}

# serve_bulk NAMESPACE PORT
serve_bulk()
{
	background "$1" "$DIR/bulk.py" serve "$2" > "$WORK/bulk.$2"
	wait_for 10 grep -q ready "$WORK/bulk.$2" || bail "no server"
}

networks_up
serve_bulk "$FAR" 443
serve_bulk "$HOST" 8080
for mode in native generic; do
	rules < /dev/null
	forget
	ok "$mode: attach with no rule" xdpwl attach eth0 --mode "$mode"
	outward "$mode"
	forget
	ok "$mode: allow a port" xdpwl allow "$FAR4" 8080/tcp
	ok "$mode: allow it, IPv6" xdpwl allow "$FAR6" 8080/tcp
	inward "$mode"
	background "$HOST" "$DIR/keep.py" "tcp,$HOST4,61001,$FAR4,443" \
		"tcp,$HOST6,61001,$FAR6,443" > "$WORK/keep"
	wait_for 10 grep -q ready "$WORK/keep" || bail "no flow"
	never_sent "$mode"
	kill "${PIDS[-1]}"
	wait "${PIDS[-1]}" 2>/dev/null
	ok "$mode: detach" xdpwl detach --all
done
finish
