# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash disable=SC2154 # sourced by checks.sh, whose words it uses
#
# Devices and protocols that are modules: real traffic between this machine and the
# peer. What carries a tunnel is judged on xp0, what comes out of it on the tunnel.
# xp0 stays attached all the time: to load programs takes seconds under emulation.

# Inside of every tunnel: this machine .1, the friend .10, a stranger .11.
INSIDE=198.51.100

# pair_up HERE THERE: addresses for a pair of devices that exist.
pair_up()
{
	ip addr add $INSIDE.1/24 dev "$1"
	ip link set "$1" up
	ip -n peer addr add $INSIDE.10/24 dev "$2"
	ip -n peer addr add $INSIDE.11/24 dev "$2"
	ip -n peer link set "$2" up
}

inside_reaches() { peer ping -c 1 -W 2 -I "$INSIDE.$1" $INSIDE.1; }

# soon COMMAND...: within some tries; a handshake is not repeated at once.
soon()
{
	for _ in 1 2 3 4 5 6; do
		"$@" && return
	done
	return 1
}

# rules_set LINE...
rules_set()
{
	printf '%s\n' "$@" > "$RULES"
	xdpwl apply
}

tunnel_remove()
{
	ip link del "$1"
	ip -n peer link del "$2"
}

# check_tunnel NAME HERE THERE RULE: RULE lets in the packets that carry it.
check_tunnel()
{
	local name=$1 here=$2 rule=$4

	pair_up "$2" "$3"
	exits 0 "$name: allow nothing" rules_set ""
	exits 1 "$name: nothing that carries it passes" inside_reaches 10
	exits 0 "$name: allow what carries it" rules_set "$rule"
	exits 0 "$name: it passes, and all inside it" soon inside_reaches 11
	case $name-$(uname -r) in
	gre-5.10.* | ipip-5.10.*)
		exits 5 "$name: attach is refused: the outer packet is all one sees" \
			xdpwl attach "$here"
		tunnel_remove "$2" "$3"
		return ;;
	esac
	exits 0 "$name: attach to it" xdpwl attach "$here"
	exits 1 "$name: nothing inside it passes" inside_reaches 10
	exits 0 "$name: allow the friend" \
		rules_set "$rule" "allow $INSIDE.10 ping on $here"
	exits 0 "$name: the friend's ping passes" inside_reaches 10
	exits 1 "$name: the stranger's does not" inside_reaches 11
	exits 0 "$name: detach" xdpwl detach "$here"
	tunnel_remove "$2" "$3"
}

check_gre()
{
	ip link add xtun type gre local 192.0.2.1 remote 192.0.2.10
	ip -n peer link add ptun type gre local 192.0.2.10 remote 192.0.2.1
	check_tunnel gre xtun ptun "allow 192.0.2.10 gre"
}

check_ipip()
{
	ip link add xtun type ipip local 192.0.2.1 remote 192.0.2.10
	ip -n peer link add ptun type ipip local 192.0.2.10 remote 192.0.2.1
	check_tunnel ipip xtun ptun "allow 192.0.2.10 ipip"
}

check_wireguard()
{
	./wg genkey > /tmp/here.key
	./wg genkey > /tmp/there.key
	ip link add xtun type wireguard
	ip -n peer link add ptun type wireguard
	./wg set xtun listen-port 51820 private-key /tmp/here.key \
		peer "$(./wg pubkey < /tmp/there.key)" allowed-ips $INSIDE.0/24
	peer ./wg set ptun listen-port 51820 private-key /tmp/there.key \
		peer "$(./wg pubkey < /tmp/here.key)" allowed-ips $INSIDE.0/24 \
		endpoint 192.0.2.1:51820 persistent-keepalive 1
	check_tunnel wireguard xtun ptun "allow 192.0.2.10 51820/udp"
}

# The same policy inside tags: they do not hide a packet, nor let one in. A veth pair
# carries the outer tag beside the packet, as a card does that takes it off: the program
# sees none with one tag, and the inner one with two.
check_vlan()
{
	local mode=$1 here=xvlan there=pvlan tags

	ip link add link xp0 name xvlan type vlan id 5
	ip -n peer link add link pp0 name pvlan type vlan id 5
	ip link set xvlan up
	ip -n peer link set pvlan up
	for tags in "one tag" "two tags"; do
		if [ "$tags" = "two tags" ]; then
			ip addr flush dev xvlan
			ip -n peer addr flush dev pvlan
			here=xinner there=pinner
			ip link add link xvlan name $here type vlan id 7
			ip -n peer link add link pvlan name $there type vlan id 7
		fi
		pair_up $here $there
		exits 0 "vlan, $mode, $tags: allow anyone" rules_set "allow any ping"
		exits 0 "vlan, $mode, $tags: a ping passes" inside_reaches 11
		exits 0 "vlan, $mode, $tags: allow nothing" rules_set ""
		exits 1 "vlan, $mode, $tags: nothing passes" inside_reaches 10
		exits 0 "vlan, $mode, $tags: allow the friend" rules_set "allow $INSIDE.10 ping"
		exits 0 "vlan, $mode, $tags: the friend's ping passes" inside_reaches 10
		exits 1 "vlan, $mode, $tags: the stranger's does not" inside_reaches 11
	done
	ip link del xvlan
	ip -n peer link del pvlan
}

# state_add NAMESPACE FROM TO SPI: what goes that way is authenticated, not enciphered.
state_add()
{
	ip -n "$1" xfrm state add src "$2" dst "$3" proto esp spi "$4" \
		mode transport auth 'hmac(sha256)' \
		0x0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20 \
		enc cipher_null ''
}

policy_add()
{
	ip -n "$1" xfrm policy add src "$2" dst "$3" dir "$4" \
		tmpl src "$2" dst "$3" proto esp mode transport
}

# Transport mode between two addresses: on the wire there is nothing but ESP.
check_esp()
{
	local here=192.0.2.1 there=192.0.2.10 where

	ip netns attach self $$
	for where in self peer; do
		if ! state_add $where $there $here 1 ||
			! state_add $where $here $there 2; then
			echo "# SKIP esp: this kernel lacks an algorithm"
			return
		fi
	done
	policy_add self $there $here in
	policy_add self $here $there out
	policy_add peer $there $here out
	policy_add peer $here $there in
	exits 0 "esp: allow nothing" rules_set ""
	exits 1 "esp: nothing passes" reaches $there $here
	says "esp: it drops as such" '"proto":"esp"' packed drops
	exits 0 "esp: allow" rules_set "allow $there esp"
	exits 0 "esp: what it carries passes" reaches $there $here
	exits 1 "esp: the stranger does not" reaches 192.0.2.11 $here
	for where in self peer; do
		ip -n $where xfrm policy flush
		ip -n $where xfrm state flush
	done
	ip netns del self
}

# sctp_reaches SOURCE PORT: an association is set up.
sctp_reaches() { peer timeout 4 ./sctp "$1" 192.0.2.1 "$2" || return 1; }

check_sctp()
{
	local server

	./sctp 7001 &
	server=$!
	sleep 1
	exits 0 "sctp: allow another port" \
		rules_set "allow 192.0.2.10 7002/sctp"
	exits 1 "sctp: nothing passes" sctp_reaches 192.0.2.10 7001
	exits 0 "sctp: allow the port" rules_set "allow 192.0.2.10 7001/sctp"
	exits 0 "sctp: the friend's association is set up" \
		sctp_reaches 192.0.2.10 7001
	exits 1 "sctp: the stranger's is not" sctp_reaches 192.0.2.11 7001
	kill $server
}

# A bond of two veths: attached to the bond, or to what it is made of.
check_bond()
{
	local i where

	ip link add xbond type bond mode active-backup miimon 100
	ip -n peer link add pbond type bond mode active-backup miimon 100
	for i in 1 2; do
		ip link set "xp$i" down
		ip link set "xp$i" master xbond
		ip -n peer link set "pp$i" down
		ip -n peer link set "pp$i" master pbond
	done
	pair_up xbond pbond
	sleep 1
	exits 0 "bond: a ping passes before" inside_reaches 11
	for where in "xbond" "xp1 xp2"; do
		exits 0 "bond: allow nothing" rules_set ""
		# shellcheck disable=SC2086 # a list of words
		exits 0 "bond: attach to $where" xdpwl attach $where
		exits 1 "bond: nothing passes $where" inside_reaches 10
		exits 0 "bond: allow the friend" rules_set "allow $INSIDE.10 ping"
		exits 0 "bond: the friend's ping passes $where" inside_reaches 10
		exits 1 "bond: the stranger's does not" inside_reaches 11
		# shellcheck disable=SC2086 # a list of words
		exits 0 "bond: detach from $where" xdpwl detach $where
	done
	ip link del xbond
	ip -n peer link del pbond
}

check_devices()
{
	check_vlan native
	exits 0 "devices: detach" xdpwl detach xp0
	exits 0 "devices: attach, generic" xdpwl attach --mode generic xp0
	check_vlan generic
	exits 0 "devices: detach" xdpwl detach xp0
	exits 0 "devices: attach" xdpwl attach xp0
	check_gre
	check_ipip
	check_wireguard
	check_esp
	check_sctp
	check_bond
	exits 0 "devices: detach" xdpwl detach --all
}
