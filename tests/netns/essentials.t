#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Under an empty whitelist the link itself lives: ARP, neighbour discovery, a
# DHCP lease, a router's advertisement; and nothing else gets in.

# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"

# resolved NAMESPACE ADDRESS: its neighbour cache has a fresh link-layer
# address.
resolved()
{
	nsenter --net="/run/netns/$1" -- ip neigh show "$2" |
		grep -Eq 'lladdr .* (REACHABLE|DELAY|PROBE|STALE)'
}

forget()
{
	host ip neigh flush all
	peer ip neigh flush all
}

# The empty cache, then a packet that needs an answer of the link layer first.
neighbours()
{
	local address

	for address in "$HOST4" "$HOST6"; do
		forget
		is "$1: $address does not answer a ping" \
			"$(peer ping -c 1 -W 0.3 "$address" | grep -c ttl=)" 0
		ok "$1: but its neighbours find it" wait_for 5 resolved "$PEER" "$address"
	done
	for address in 192.0.2.10 2001:db8::10; do
		forget
		host ping -c 1 -W 0.3 "$address" >/dev/null
		ok "$1: it finds $address" wait_for 5 resolved "$HOST" "$address"
	done
}

lease()
{
	local address

	cat > "$WORK/udhcpc" <<- 'EOF'
		#!/bin/sh
		[ "$1" = bound ] && echo "$ip" > "${0%/*}/lease"
		exit 0
	EOF
	chmod +x "$WORK/udhcpc"
	rm -f "$WORK/lease"
	host timeout 20 udhcpc -i eth0 -s "$WORK/udhcpc" -f -q -n -t 5 -T 1 \
		> "$WORK/udhcpc.log" 2>&1
	address=$(cat "$WORK/lease" 2>/dev/null)
	like "$1: a DHCP lease" "${address:-none}: $(tail -n 3 "$WORK/udhcpc.log")" \
		'^192\.0\.2\.2[0-9][0-9]:'
}

advertised() { host ip -6 addr show dev eth0 | grep -q '2001:db8:5:'; }

not_allowed()
{
	xdpwl drops --json | /usr/bin/python3 -c '
import json, sys
print(sum(p["packets"] for p in json.load(sys.stdin)["ports"] if p["proto"] == "ipv6-icmp"))'
}

dropped_since() { [ "$(not_allowed)" -gt "$1" ]; }

# A router's advertisement gives the host an address; `option ra off` refuses
# it.
router()
{
	local before

	host sh -c 'echo 2 > /proc/sys/net/ipv6/conf/eth0/accept_ra
		echo 1 > /proc/sys/net/ipv6/conf/eth0/autoconf'
	ok "$1: a router's advertisement" wait_for 15 advertised
	echo "option ra off" >> "$RULES"
	ok "$1: option ra off" xdpwl apply
	host ip -6 addr flush dev eth0 scope global
	host ip -6 addr add "$HOST6/64" dev eth0 nodad
	before=$(not_allowed)
	ok "$1: the router goes on advertising" wait_for 15 dropped_since "$before"
	is "$1: and is not heard" "$(advertised && echo heard)" ""
}

net_up
serve tcp/22 udp/53
rules < /dev/null
peer ip addr add 2001:db8:5::1/64 dev eth0 nodad
background "$PEER" "$DIR/router.py" eth0 2001:db8:5::
background "$PEER" dnsmasq --keep-in-foreground --conf-file=/dev/null --port=0 \
	--interface=eth0 --bind-dynamic --dhcp-range=192.0.2.200,192.0.2.220,1h \
	--dhcp-leasefile="$WORK/leases" --pid-file= --dhcp-authoritative --no-ping \
	--user=root 2> "$WORK/dnsmasq"

for mode in native generic; do
	ok "$mode: attach with no rule" xdpwl attach eth0 --mode "$mode"
	neighbours "$mode"
	lease "$mode"
	traffic "$mode" <<- EOF
		192.0.2.10    tcp/22  silence
		192.0.2.10    udp/53  silence
		192.0.2.10    ping    silence
		2001:db8::10  tcp/22  silence
		2001:db8::10  ping    silence
	EOF
	router "$mode"
	rules < /dev/null
	ok "$mode: detach" xdpwl detach --all
done
finish
