#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# A router with both interfaces attached, and a port behind it that is open to all:
# what strangers send there leaves by the inside interface, as the router's own
# connections do. None of those makes room for it; where a rule lets the answers in,
# nothing of it is remembered.

# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/netns/routers.sh
. "$DIR/routers.sh"
INNER=xw-inner-$$
SOURCES=250000 ENOUGH=100000 LONGEST=6

# evicted KIND
evicted()
{
	xdpwl status --json | /usr/bin/python3 -c '
import json, sys
print(json.load(sys.stdin)["evictions"][sys.argv[1]])' "$1"
}

# flood: sources that it had.
flood()
{
	peer "$WORK/spoof" eth0 "$(host ip -j link show eth0 | json 0.address)" \
		10.9.0.2 2001:db8:9::2 80 "$SOURCES" "$LONGEST" |
		awk '{ print $1 }'
}

net_up
joined lan "$HOST" "$INNER" 10.9.0 2001:db8:9
cc -O2 -o "$WORK/spoof" "$DIR/spoof.c" || bail "cc cannot build spoof.c"
host ip route add 10.0.0.0/8 via 192.0.2.10
host ip route add 2001:db8:ffff::/48 via 2001:db8::10
serve_in "$INNER" tcp/80 udp/80

rules <<- EOF
	interface eth0
	interface lan
	allow any 80 on eth0
EOF
ok "attached" xdpwl apply --force
sources=$(flood)
ok "$sources sources, of $ENOUGH wanted" [ "${sources:-0}" -ge "$ENOUGH" ]
is "no half-open flow of the router's own went" "$(evicted half_open)" 0
is "no established one" "$(evicted established)" 0
ok "forwarded ones push out each other" [ "$(evicted forwarded)" -gt 0 ]

ok "detached" xdpwl detach --all
rules <<- EOF
	interface eth0
	interface lan
	allow any 80 on eth0
	allow any all on lan
EOF
ok "attached, with a rule for the answers" xdpwl apply --force
sources=$(flood)
ok "$sources sources, of $ENOUGH wanted" [ "${sources:-0}" -ge "$ENOUGH" ]
is "nothing half-open went" "$(evicted half_open)" 0
is "nothing forwarded was remembered" "$(evicted forwarded)" 0
finish
