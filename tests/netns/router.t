#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# A router with an inside and an outside interface, both attached, and rules `on`
# each: the inside starts what it likes and has its answers through the outside;
# strangers outside reach neither it nor the router, but where a rule lets them.
#
#   $PEER                        $HOST                         $INNER
#  192.0.2.10 .11 ... ==eth0== 192.0.2.1, 10.9.0.1 ==lan== 10.9.0.2
#      outside                   forwards, no NAT                inside

# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/netns/routers.sh
. "$DIR/routers.sh"
INNER=xw-inner-$$
INNER4=10.9.0.2 INNER6=2001:db8:9::2

networks_up()
{
	net_up
	joined lan "$HOST" "$INNER" 10.9.0 2001:db8:9
	peer ip route add 10.9.0.0/24 via "$HOST4"
	peer ip route add 2001:db8:9::/64 via "$HOST6"
}

# Whoever is inside may start anything; the router itself too.
outward()
{
	from "$INNER" "$1, the inside" <<- EOF
		$INNER4  tcp/443  answer   192.0.2.10
		$INNER4  udp/53   answer   192.0.2.10
		$INNER4  ping     answer   192.0.2.10
		$INNER4  udp/9    refused  192.0.2.10
		$INNER4  tcp/22   answer   $HOST4
		$INNER6  tcp/443  answer   2001:db8::10
		$INNER6  ping     answer   2001:db8::10
		$INNER6  udp/9    refused  2001:db8::10
		$INNER6  tcp/22   answer   $HOST6
	EOF
	from "$HOST" "$1, the router" <<- EOF
		$HOST4    tcp/443  answer  192.0.2.10
		10.9.0.1  tcp/443  answer  $INNER4
		10.9.0.1  ping     answer  $INNER4
		$HOST6    udp/53   answer  2001:db8:9::2
	EOF
}

# strangers LABEL: nothing reaches the inside, nor the router, from outside; a
# source of the inside's is a stranger there.
strangers()
{
	traffic "$1, a stranger" <<- EOF
		192.0.2.12    tcp/443  silence  $INNER4
		192.0.2.12    udp/53   silence  $INNER4
		192.0.2.12    ping     silence  $INNER4
		192.0.2.12    tcp/22   silence
		192.0.2.12    tcp/22   silence  10.9.0.1
		10.9.0.99     tcp/443  silence  $INNER4
		2001:db8::12  tcp/443  silence  $INNER6
		2001:db8::12  udp/53   silence  $INNER6
		2001:db8::12  ping     silence  $INNER6
		2001:db8::12  tcp/22   silence
	EOF
}

# A rule of one interface says nothing of the other.
published()
{
	ok "$1: allow on the outside" xdpwl allow 192.0.2.11 443/tcp on eth0
	ok "$1: allow it, IPv6" xdpwl allow 2001:db8::11 443/tcp on eth0
	traffic "$1, whitelisted" <<- EOF
		192.0.2.11    tcp/443  answer   $INNER4
		192.0.2.11    tcp/80   silence  $INNER4
		192.0.2.11    ping     silence  $INNER4
		192.0.2.13    tcp/443  silence  $INNER4
		2001:db8::11  tcp/443  answer   $INNER6
		2001:db8::11  udp/53   silence  $INNER6
		2001:db8::13  tcp/443  silence  $INNER6
	EOF
	strangers "$1, rules for another"
	verdict pass 192.0.2.11 443/tcp on eth0
	verdict drop 192.0.2.11 443/tcp on lan
	ok "$1: revoke" xdpwl revoke 192.0.2.11 443/tcp on eth0
	traffic "$1, revoked" <<< "192.0.2.11 tcp/443 silence $INNER4"
}

# Without the rule on the inside interface nothing starts there; what the router
# starts is answered from inside all the same.
closed()
{
	ok "$1: the inside interface without its rule" \
		xdpwl revoke 10.9.0.0/24 all on lan
	from "$INNER" "$1, without a rule inside" <<- EOF
		$INNER4  tcp/443  silence  192.0.2.10
		$INNER4  tcp/22   silence  $HOST4
		$INNER6  tcp/443  answer   2001:db8::10
	EOF
	from "$HOST" "$1, without a rule inside" <<< "10.9.0.1 tcp/443 answer $INNER4"
}

networks_up
peer ip addr add 10.9.0.99/32 dev eth0
serve tcp/22 udp/53
serve_in "$PEER" tcp/443 udp/53
serve_in "$INNER" tcp/443 tcp/80 udp/53
for mode in native generic; do
	rules <<- EOF
		interface eth0 mode $mode
		interface lan mode $mode
		allow 10.9.0.0/24 all on lan
		allow 2001:db8:9::/64 all on lan
	EOF
	traffic "$mode, not attached" <<- EOF
		192.0.2.12    tcp/443  answer  $INNER4
		2001:db8::12  tcp/443  answer  $INNER6
		192.0.2.12    tcp/22   answer
	EOF
	ok "$mode: attach both" xdpwl apply --force
	outward "$mode"
	strangers "$mode"
	published "$mode"
	closed "$mode"
	ok "$mode: detach" xdpwl detach --all
done
finish
