# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash disable=SC2154 # sourced by checks.sh, whose words it uses
#
# The hook at egress, by real connections of this machine through xp0 under an empty
# whitelist. Which hook it is hangs on the kernel.

hook_name()
{
	case $(uname -r) in
	5.10.* | 6.1.*) echo clsact ;;
	*) echo tcx ;;
	esac
}

# Both sides say a line to whoever connects.
lines_serve()
{
	peer nc -ll -p 8080 -e /bin/echo "from the other side" &
	SERVERS=$!
	nc -ll -p 8080 -e /bin/echo "for nobody" &
	SERVERS="$SERVERS $!"
	sleep 1
}

# line_fetch ADDRESS: what is said there.
line_fetch() { timeout 5 nc "$1" 8080 < /dev/null; }
stranger_fetch() { peer timeout 3 nc 192.0.2.1 8080 < /dev/null; }

check_outward()
{
	exits 0 "egress: a ping outward is answered" ping -c 1 -W 2 192.0.2.10
	exits 0 "egress: and over IPv6" ping -c 1 -W 2 2001:db8::10
	says "egress: a line is fetched" "from the other side" \
		line_fetch 192.0.2.10
	exits 1 "egress: a stranger's ping drops" reaches 192.0.2.11 192.0.2.1
	exits 143 "egress: a stranger fetches nothing" stranger_fetch
}

check_egress()
{
	: > "$RULES"
	lines_serve
	exits 0 "egress: attach" xdpwl attach xp0
	says "egress: by $(hook_name)" "\"egress\":\"$(hook_name)\"" \
		packed status
	check_outward
	if [ "$(hook_name)" = clsact ]; then
		exits 0 "egress: another tool removes the hook" \
			./tc qdisc del dev xp0 clsact
		says "egress: status says so" "removed the hook" xdpwl status
		exits 0 "egress: attach puts it back" xdpwl attach xp0
		check_outward
	else
		echo "# SKIP egress: removed by another tool: a tcx link is its owner's alone"
	fi
	# shellcheck disable=SC2086 # a list of words
	kill $SERVERS
}
