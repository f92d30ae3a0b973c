# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# More namespaces around those of lib.sh, which forward for each other. To be
# sourced after it. In: names and networks. Out: links, routes, traffic from any
# namespace. Must not: touch what is attached.

# inside NAMESPACE COMMAND...
inside() { nsenter --net="/run/netns/$1" -- "${@:2}"; }

# shellcheck disable=SC2034 # what the functions of lib.sh read
# from NAMESPACE LABEL: traffic of that namespace instead of the peer's.
from() { local PEER=$1; traffic "$2"; }

# shellcheck disable=SC2034
# serve_in NAMESPACE SERVICE...
serve_in() { local HOST=$1; serve "${@:2}"; }

# joined IFNAME NAMESPACE NEW NETWORK4 NETWORK6: a new namespace behind that one,
# which forwards for it from now on. Its eth0 has the addresses that end in 2, and
# all its routes go to those that end in 1.
joined()
{
	namespace_add "$3"
	ip link add "$1" netns "$2" type veth peer name eth0 netns "$3" ||
		bail "no veth devices here"
	inside "$3" sh -c "ip addr add $4.2/24 dev eth0
		ip addr add $5::2/64 dev eth0 nodad; ip link set eth0 up"
	inside "$2" sh -c "ip addr add $4.1/24 dev $1
		ip addr add $5::1/64 dev $1 nodad; ip link set $1 up
		echo 1 > /proc/sys/net/ipv4/ip_forward
		echo 1 > /proc/sys/net/ipv6/conf/all/forwarding"
	inside "$3" sh -c "ip route add default via $4.1
		ip route add default via $5::1"
}

# reason NAME: packets that were counted under it, passing or not.
reason()
{
	xdpwl drops --json | /usr/bin/python3 -c '
import json, sys
print(sum(r["packets"] for r in json.load(sys.stdin)["reasons"]
          if r["reason"] == sys.argv[1]))' "$1"
}
