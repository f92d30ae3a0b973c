#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# What `attach` is told of connections older than itself: user/kern_connections.c
# alone, asked on the host. It looks into every namespace of the machine; all ports
# here are of 61000 to 61999, which nobody else uses.
#
#   $PEER  192.0.2.10 ===eth0=== 192.0.2.1  $HOST  10.9.0.1 ===inside=== 10.9.0.2  $INNER
#                                          masquerades eth0 and br0
# shellcheck disable=SC2317 # called through ok

# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"
CONNECTIONS=$BUILD/tests/test_kern_connections
[ -x "$CONNECTIONS" ] || bail "$CONNECTIONS is not built: make tests"
INNER=xw-inner-$$ NAMELESS=xw-nameless-$$

# keep NAMESPACE SOCKET...: as keep.py has it, until the test ends.
keep()
{
	local log="$WORK/keep.${#PIDS[@]}"

	background "$1" "$DIR/keep.py" "${@:2}" > "$log" 2>&1
	wait_for 10 grep -q ready "$log" || diag "keep: $(cat "$log")"
}

# look IFNAME...: what is there, with those attached.
look()
{
	host "$CONNECTIONS" "$@" > "$WORK/all" || return
	grep -E '[:]61[0-9]{3} .*[:]61[0-9]{3}( half-open)?$' "$WORK/all" > "$WORK/list"
	return 0
}

# listed DESCRIPTION LINE, unlisted DESCRIPTION LINE: by the last look. A line is all
# of one, or its beginning where it ends in "...".
has_line() { awk -v want="$1" 'BEGIN { n = sub(/[.][.][.]$/, "", want) }
	n ? index($0, want) == 1 : $0 == want { found = 1 } END { exit !found }' \
	"$WORK/list"; }
listed() { has_line "$2"; result $? "$1: $2" || diag "$(cat "$WORK/list")"; }
unlisted() { ! has_line "$2"; result $? "$1: no $2" || diag "$(cat "$WORK/list")"; }

# joined IFNAME ADDRESS4 ADDRESS6 NAMESPACE: a veth from the host to there.
joined()
{
	ip link add "$1" netns "$HOST" type veth peer name eth0 netns "$4" ||
		bail "no veth devices here"
	nsenter --net="/run/netns/$4" -- sh -c "ip addr add $2.2/24 dev eth0
		ip addr add $3::2/64 dev eth0 nodad; ip link set eth0 up
		ip route add default via $2.1; ip route add default via $3::1"
	host ip addr add "$2.1/24" dev "$1"
	host ip addr add "$3::1/64" dev "$1" nodad
	host ip link set "$1" up
}

net_up

# --- sockets of this namespace ---

keep "$PEER" listen,192.0.2.10,61001 only,::,61001 answer,192.0.2.10,61002 \
	answer,2001:db8::10,61002
peer_pid=${PIDS[-1]}
keep "$HOST" listen,192.0.2.1,61003 only,::,61003 listen,::,61004 \
	only,::,61005 listen,192.0.2.1,61006 listen,127.0.0.1,61007
host ip neigh add 192.0.2.99 lladdr 02:00:00:00:00:99 dev eth0
keep "$HOST" tcp,192.0.2.1,61101,192.0.2.10,61001 \
	tcp,2001:db8::1,61102,2001:db8::10,61001 \
	tcp,::ffff:192.0.2.1,61103,::ffff:192.0.2.10,61001 \
	udp,192.0.2.1,61104,192.0.2.10,61002 \
	udp,2001:db8::1,61105,2001:db8::10,61002 \
	udp,::ffff:192.0.2.1,61106,::ffff:192.0.2.10,61002 \
	syn,192.0.2.1,61107,192.0.2.99,61001 \
	tcp,192.0.2.1,61005,192.0.2.10,61001 \
	tcp,127.0.0.1,61108,127.0.0.1,61007 \
	tcp,192.0.2.1,61109,192.0.2.1,61006 \
	udp,192.0.2.1,61110,224.0.0.251,61002
keep "$PEER" tcp,192.0.2.10,61201,192.0.2.1,61003 \
	tcp,2001:db8::10,61202,2001:db8::1,61003 \
	tcp,192.0.2.10,61203,192.0.2.1,61004 \
	tcp,2001:db8::10,61204,2001:db8::1,61004

ok "the list is had, and the caller stays in its namespace" look eth0
listed outward "tcp out 192.0.2.10:61001 192.0.2.1:61101"
listed outward "tcp out [2001:db8::10]:61001 [2001:db8::1]:61102"
listed "outward, IPv4 over an IPv6 socket" "tcp out 192.0.2.10:61001 192.0.2.1:61103"
listed outward "udp out 192.0.2.10:61002 192.0.2.1:61104"
listed outward "udp out [2001:db8::10]:61002 [2001:db8::1]:61105"
listed "outward, IPv4 over an IPv6 socket" "udp out 192.0.2.10:61002 192.0.2.1:61106"
listed unanswered "tcp out 192.0.2.99:61001 192.0.2.1:61107 half-open"
listed "outward, from a port that only IPv6 listens on" \
	"tcp out 192.0.2.10:61001 192.0.2.1:61005"
listed inward "tcp in 192.0.2.10:61201 192.0.2.1:61003"
listed inward "tcp in [2001:db8::10]:61202 [2001:db8::1]:61003"
listed "inward, to a listener of both families" "tcp in 192.0.2.10:61203 192.0.2.1:61004"
listed "inward, to a listener of both families" \
	"tcp in [2001:db8::10]:61204 [2001:db8::1]:61004"
is "neither loopback, nor itself, nor multicast" \
	"$(grep -cE '127[.]0|61006|61109|224[.]' "$WORK/list")" 0
is "none twice" "$(cut -d' ' -f1,3,4 "$WORK/all" | sort | uniq -d)" ""

# --- sockets of others ---

unlisted "the peer's end" "tcp in 192.0.2.1:61101 192.0.2.10:61001"
unlisted "the peer's end" "tcp out 192.0.2.1:61003 192.0.2.10:61201"
namespace_add "$INNER"
joined inside 10.9.0 2001:db8:9 "$INNER"
namespace_add "$NAMELESS"
joined nameless 10.8.0 2001:db8:8 "$NAMELESS"
host sh -c 'echo 1 > /proc/sys/net/ipv4/ip_forward
	echo 1 > /proc/sys/net/ipv6/conf/all/forwarding'
peer ip route add 10.0.0.0/8 via "$HOST4"
keep "$NAMELESS" tcp,10.8.0.2,61301,192.0.2.10,61001
ip netns del "$NAMELESS"
ok "the list is had" look eth0
listed "in a namespace that has but a process" \
	"tcp out 192.0.2.10:61001 10.8.0.2:61301"
peer "$CONNECTIONS" eth0 > "$WORK/list"
listed "seen from the peer, its own" "tcp in 192.0.2.1:61101 192.0.2.10:61001"
unlisted "and not the host's" "tcp out 192.0.2.10:61001 192.0.2.1:61101"
unlisted "nor what the host forwards" "tcp out 192.0.2.10:61001 10.8.0.2:61301"
host setpriv --bounding-set=-sys_admin --inh-caps=-all "$CONNECTIONS" eth0 > "$WORK/list"
listed "this namespace without CAP_SYS_ADMIN" "tcp out 192.0.2.10:61001 192.0.2.1:61101"
unlisted "other namespaces without it" "tcp out 192.0.2.10:61001 10.8.0.2:61301"
host unshare --mount sh -c "umount -l /proc; exec $CONNECTIONS eth0" > "$WORK/list"
listed "this namespace without /proc" "tcp out 192.0.2.10:61001 192.0.2.1:61101"

# --- connection tracking ---

nat="table inet nat {
	chain out { type nat hook postrouting priority 100
		oifname { eth0, br0 } masquerade
	}
	chain in { type nat hook prerouting priority -100
		iifname eth0 tcp dport 61020 dnat ip to 10.9.0.2:61021
	}
}"
host nft -f - <<< "$nat" || bail "nft cannot masquerade here"
ip link add br0 netns "$HOST" type bridge ||
	bail "no bridges here"
link_add eth1
host ip link set eth1 master br0
host ip link set br0 up
host ip addr add 198.51.100.1/24 dev br0
peer ip addr add 198.51.100.10/24 dev eth1

keep "$PEER" listen,198.51.100.10,61001
keep "$INNER" listen,10.9.0.2,61021
keep "$INNER" tcp,10.9.0.2,61401,192.0.2.10,61001 \
	tcp,2001:db8:9::2,61402,2001:db8::10,61001 \
	ask,10.9.0.2,61403,192.0.2.10,61002 \
	ask,2001:db8:9::2,61404,2001:db8::10,61002 \
	udp,10.9.0.2,61405,192.0.2.10,61003 \
	syn,10.9.0.2,61406,192.0.2.99,61001 \
	tcp,10.9.0.2,61407,198.51.100.10,61001
keep "$PEER" tcp,192.0.2.10,61501,192.0.2.1,61020 \
	tcp,192.0.2.10,61502,192.0.2.1,61003
# One that is over: this end closes first, and waits.
inner_pid=${PIDS[-2]}
over='import socket
a = socket.create_connection(("192.0.2.10", 61001), 5, ("10.9.0.2", 61408))
a.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
a.close()'
nsenter --net="/run/netns/$INNER" -- /usr/bin/python3 -c "$over"

ok "the list is had" look eth0
listed masqueraded "tcp out 192.0.2.10:61001 192.0.2.1:61401"
listed masqueraded "tcp out [2001:db8::10]:61001 [2001:db8::1]:61402"
listed masqueraded "udp out 192.0.2.10:61002 192.0.2.1:61403"
listed masqueraded "udp out [2001:db8::10]:61002 [2001:db8::1]:61404"
listed "masqueraded, unanswered" "udp out 192.0.2.10:61003 192.0.2.1:61405 half-open"
listed "masqueraded, unanswered" "tcp out 192.0.2.99:61001 192.0.2.1:61406 half-open"
unlisted "over, by a reset" "tcp out 192.0.2.10:61001 192.0.2.1:61408..."
listed "the container's socket" "tcp out 192.0.2.10:61001 10.9.0.2:61401"
unlisted "by an interface that is not attached" \
	"tcp out 198.51.100.10:61001 198.51.100.1:61407"
listed "a published port, at the container" "tcp in 192.0.2.10:61501 10.9.0.2:61021"
unlisted "nor at the host" "tcp out 192.0.2.10:61501 ..."
unlisted "its way inside, where nothing is attached" "tcp out 10.9.0.2:61021 ..."
listed "inward, and tracked" "tcp in 192.0.2.10:61502 192.0.2.1:61003"

ok "the list is had" look eth1
listed "by the bridge of the attached port" \
	"tcp out 198.51.100.10:61001 198.51.100.1:61407"
unlisted "not by eth0" "tcp out 192.0.2.10:61001 192.0.2.1:61401"
ok "the list is had" look inside
listed "a published port, inside, where that is attached" \
	"tcp out 10.9.0.2:61021 192.0.2.10:61501"
ok "the list is had" look
unlisted "nothing attached, nothing tracked" "tcp out 192.0.2.10:61001 192.0.2.1:61401"

kill "$inner_pid" "$peer_pid"
wait "$inner_pid" "$peer_pid" 2> /dev/null
ended() { look eth0 && ! has_line "tcp out 192.0.2.10:61001 192.0.2.1:61401"; }
ok "once both ends are gone a connection is not listed" wait_for 20 ended
finish
