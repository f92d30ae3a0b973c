#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# A container behind NAT on a host whose outer interface has an empty whitelist:
# what it starts is answered, errors about its packets come back to it, and its
# published ports are closed to strangers and open to whom a rule names.
#
#   $FAR            $PEER                     $HOST                     $INNER
#  198.51.100.2 ==eth1== 192.0.2.10 ==eth0== 192.0.2.1 ==inside== 10.9.0.2
#     1400 bytes        a router              masquerades; 8080 -> 80

# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/netns/routers.sh
. "$DIR/routers.sh"
INNER=xw-inner-$$ FAR=xw-far-$$

networks_up()
{
	net_up
	joined inside "$HOST" "$INNER" 10.9.0 2001:db8:9
	joined eth1 "$PEER" "$FAR" 198.51.100 2001:db8:7
	host sh -c 'ip route add default via 192.0.2.10
		ip route add default via 2001:db8::10'
	peer ip link set eth1 mtu 1400
	inside "$FAR" ip link set eth0 mtu 1400
	host nft -f - <<- EOF || bail "nft cannot translate addresses here"
		table inet nat {
			chain out {
				type nat hook postrouting priority 100
				oifname eth0 masquerade
			}
			chain in {
				type nat hook prerouting priority -100
				iifname eth0 meta nfproto ipv4 tcp dport 8080 dnat ip to 10.9.0.2:80
				iifname eth0 meta nfproto ipv4 udp dport 5353 dnat ip to 10.9.0.2:53
				iifname eth0 meta nfproto ipv6 tcp dport 8080 dnat ip6 to [2001:db8:9::2]:80
				iifname eth0 meta nfproto ipv6 udp dport 5353 dnat ip6 to [2001:db8:9::2]:53
			}
		}
	EOF
}

# What the container starts, and the errors that it has about it.
reaches_out()
{
	from "$INNER" "$1, the container" <<- EOF
		10.9.0.2       tcp/443   answer   192.0.2.10
		10.9.0.2       udp/53    answer   192.0.2.10
		10.9.0.2       ping      answer   192.0.2.10
		10.9.0.2       udp/9     refused  192.0.2.10
		10.9.0.2       tcp/9     refused  192.0.2.10
		10.9.0.2       tcp/443   answer   198.51.100.2
		2001:db8:9::2  tcp/443   answer   2001:db8::10
		2001:db8:9::2  udp/53    answer   2001:db8:7::2
		2001:db8:9::2  ping      answer   2001:db8::10
		2001:db8:9::2  udp/9     refused  2001:db8::10
		2001:db8:9::2  tcp/443   answer   2001:db8:7::2
	EOF
	too_long "$1" 198.51.100.2 1372
	too_long "$1" 2001:db8:7::2 1352
}

# too_long LABEL ADDRESS LENGTH: a ping of that length goes through whole; of one
# byte more the router's error tells the container what would.
too_long()
{
	local said

	inside "$INNER" ip route flush cache
	inside "$INNER" ip -6 route flush cache
	ok "$1: $2 hears a ping of 1400 bytes" \
		inside "$INNER" ping -n -c 1 -W 2 -M "do" -s "$3" "$2"
	said=$(inside "$INNER" ping -n -c 1 -W 2 -M "do" -s "$(($3 + 1))" "$2" 2>&1)
	like "$1: of 1401 the router's error comes back" "$said" \
		'(mtu = |mtu=|Packet too big: mtu=)1400'
}

# nobody LABEL: the published ports, and nothing behind them, for whom no rule
# names.
nobody()
{
	traffic "$1, a stranger" <<- EOF
		192.0.2.12    tcp/8080  silence
		192.0.2.12    udp/5353  silence
		192.0.2.12    tcp/80    silence
		192.0.2.12    ping      silence
		192.0.2.12    tcp/80    silence  10.9.0.2
		2001:db8::12  tcp/8080  silence
		2001:db8::12  udp/5353  silence
		2001:db8::12  tcp/80    silence  2001:db8:9::2
	EOF
}

# said DESCRIPTION WORD: what the held connection prints next.
said()
{
	local word

	read -r -t 10 word <&"${HOLD[0]}"
	is "$1" "${word:-nothing}" "$2"
}

published()
{
	nobody "$1, no rule"
	ok "$1: allow a published port" xdpwl allow 192.0.2.11 8080/tcp,5353/udp
	ok "$1: allow it, IPv6" xdpwl allow 2001:db8::11 8080/tcp,5353/udp
	nobody "$1, rules for another"
	traffic "$1, whitelisted" <<- EOF
		192.0.2.11    tcp/8080  answer
		192.0.2.11    udp/5353  answer
		192.0.2.11    tcp/80    silence
		192.0.2.11    tcp/80    silence  10.9.0.2
		2001:db8::11  tcp/8080  answer
		2001:db8::11  udp/5353  answer
		2001:db8::11  tcp/80    silence  2001:db8:9::2
	EOF
	coproc HOLD { exec nsenter --net="/run/netns/$PEER" -- \
		"$DIR/ends.py" hold 192.0.2.11 "$HOST4" tcp/8080; }
	said "$1: a session with the container" open
	echo hello >&"${HOLD[1]}"
	said "$1: runs" echo
	ok "$1: revoke" xdpwl revoke 192.0.2.11 8080/tcp,5353/udp
	echo silence >&"${HOLD[1]}"
	said "$1: and ends with its rule" lost
	# shellcheck disable=SC2154 # coproc sets it
	kill "$HOLD_PID" 2>/dev/null
	wait "$HOLD_PID" 2>/dev/null
	traffic "$1, revoked" <<- EOF
		192.0.2.11  tcp/8080  silence
		192.0.2.11  udp/5353  silence
	EOF
}

networks_up
peer ip route add 10.9.0.0/24 via "$HOST4"
peer ip route add 2001:db8:9::/64 via "$HOST6"
serve_in "$INNER" tcp/80 udp/53
serve_in "$PEER" tcp/443 udp/53
serve_in "$FAR" tcp/443 udp/53
traffic "not attached" <<- EOF
	192.0.2.12    tcp/8080  answer
	192.0.2.12    udp/5353  answer
	2001:db8::12  tcp/8080  answer
	192.0.2.12    tcp/80    answer  10.9.0.2
EOF
for mode in native generic; do
	rules < /dev/null
	ok "$mode: attach the outer interface" xdpwl attach eth0 --mode "$mode"
	reaches_out "$mode"
	published "$mode"
	ok "$mode: detach" xdpwl detach --all
done
finish
