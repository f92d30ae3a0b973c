# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# For the tests of this directory: a protected host and its peer in two
# namespaces, TAP, and real traffic between the two. To be sourced by bash, as
# root.
#
#      $PEER                                            $HOST
#   +------------------------------------+         +--------------------------+
#   | eth0  192.0.2.10 .11 .12 ... .19   |  veth   | eth0  192.0.2.1          |
#   |       2001:db8::10 ::11 ... ::19   |=========|       2001:db8::1        |
#   +------------------------------------+         | filtered here, by xdpwl  |
#                                                  +--------------------------+
#
# Every name ends in the process id, rules, state and pins are this test's own,
# and all of it goes on exit. Nothing sleeps for a fixed time: wait_for asks
# until it is true.

set -u
SELF=$(basename "$0" .t)
DIR=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
TOP=$(cd "$DIR/../.." && pwd)
BUILD=$(cd "$TOP" && realpath "${BUILD:-build}")
XDPWL=$BUILD/xdpwl

HOST=xw-host-$$ PEER=xw-peer-$$
HOST4=192.0.2.1 HOST6=2001:db8::1
# The lock of every command is on the directory above the pins: one for each
# test.
PINS=/sys/fs/bpf/xdpwl-$SELF-$$/pins
WORK=$(mktemp -d "${TMPDIR:-/tmp}/xdpwl-$SELF.XXXXXX") || exit 1
RULES=$WORK/xdpwl.rules STATE=$WORK/state
PIDS=() NAMESPACES=() MOUNTS=()
TESTS=0 FAILED=0

# --- TAP ---

diag() { printf '# %s\n' "${*//$'\n'/$'\n'# }"; }

# result STATUS DESCRIPTION: one line of TAP.
result()
{
	TESTS=$((TESTS + 1))
	if [ "$1" = 0 ]; then
		echo "ok $TESTS - $2"
	else
		FAILED=$((FAILED + 1))
		echo "not ok $TESTS - $2"
	fi
	return "$1"
}

skip() { TESTS=$((TESTS + 1)); echo "ok $TESTS - $1 # SKIP $2"; }

# ok DESCRIPTION COMMAND...: passes when the command succeeds.
ok()
{
	local output status

	output=$("${@:2}" 2>&1)
	status=$?
	result "$((status != 0))" "$1" || diag "exit $status: ${*:2}" "$output"
}

# is DESCRIPTION GOT WANTED
is()
{
	[ "$2" = "$3" ]
	result $? "$1" || diag "got: $2
wanted: $3"
}

# like DESCRIPTION TEXT REGEX
like()
{
	grep -Eq -e "$3" <<< "$2"
	result $? "$1" || diag "got: $2
not like: $3"
}

# refused DESCRIPTION CODE REGEX COMMAND...: that exit code, and one line of
# error that matches, on stderr.
refused()
{
	local description=$1 code=$2 regex=$3 status

	shift 3
	"$@" > "$WORK/out" 2> "$WORK/err"
	status=$?
	[ "$status" = "$code" ] && grep -Eq -e "$regex" "$WORK/err" &&
		[ "$(grep -vc '^xdpwl: warning' "$WORK/err")" = 1 ]
	result $? "$description" || diag "exit $status, wanted $code
stderr: $(head -c 2000 "$WORK/err")
wanted: $regex"
}

finish() { echo "1..$TESTS"; exit "$((FAILED != 0))"; }

# bail REASON: the ground itself is missing. The failure of this file, not of
# the run.
bail() { result 1 "$*"; finish; }

# --- namespaces ---

host() { nsenter --net="/run/netns/$HOST" -- "$@"; }
peer() { nsenter --net="/run/netns/$PEER" -- "$@"; }
xdpwl()
{
	host "$XDPWL" --rules "$RULES" --pin-dir "$PINS" --state-dir "$STATE" "$@"
}
# The same, for a command that takes no shell function (setpriv, timeout, env).
# shellcheck disable=SC2034
xdpwl_argv=(nsenter --net="/run/netns/$HOST" -- "$XDPWL" --rules "$RULES"
	--pin-dir "$PINS" --state-dir "$STATE")

namespace_add()
{
	ip netns add "$1" || bail "no network namespaces here"
	NAMESPACES+=("$1")
	# shellcheck disable=SC2016 # the inner shell's $p
	nsenter --net="/run/netns/$1" -- sh -c '
		ip link set lo up
		for p in all default; do
			echo 0 > /proc/sys/net/ipv6/conf/$p/accept_dad
			echo 0 > /proc/sys/net/ipv6/conf/$p/accept_ra
		done
		echo 0 > /proc/sys/net/ipv4/icmp_ratelimit
		echo 0 > /proc/sys/net/ipv4/icmp_echo_ignore_broadcasts' 2>/dev/null
}

# link_add IFNAME: a veth of that name in both namespaces, up.
link_add()
{
	ip link add "$1" netns "$HOST" type veth peer name "$1" netns "$PEER" ||
		bail "no veth devices here"
	host ip link set "$1" up
	peer ip link set "$1" up
}

net_up()
{
	local i

	namespace_add "$HOST"
	namespace_add "$PEER"
	link_add eth0
	host ip addr add "$HOST4/24" dev eth0
	host ip addr add "$HOST6/64" dev eth0 nodad
	for i in 10 11 12 13 14 15 16 17 18 19; do
		peer ip addr add "192.0.2.$i/24" dev eth0
		peer ip addr add "2001:db8::$i/64" dev eth0 nodad
	done
	wait_for 5 peer ping -c 1 -W 1 "$HOST6" ||
		bail "the two ends do not meet"
}

cleanup()
{
	local item

	for item in "${PIDS[@]}"; do kill "$item" 2>/dev/null; done
	for item in "${PIDS[@]}"; do wait "$item" 2>/dev/null; done
	for item in "${MOUNTS[@]}"; do umount "$item" 2>/dev/null; done
	rm -rf "${PINS%/pins}"
	for item in "${NAMESPACES[@]}"; do
		ip netns del "$item" 2>/dev/null
	done
	rm -rf "$WORK"
}
trap cleanup EXIT
trap 'exit 1' INT TERM

# wait_for SECONDS COMMAND...: ask again until it succeeds.
wait_for()
{
	local end=$((SECONDS + $1))

	shift
	until "$@" >/dev/null 2>&1; do
		[ "$SECONDS" -lt "$end" ] || return 1
		sleep 0.05
	done
}

# --- traffic ---

# background NAMESPACE COMMAND...: ends with the test.
background() { nsenter --net="/run/netns/$1" -- "${@:2}" & PIDS+=($!); }

# serve SERVICE...: sockets of the host that answer, until the test ends.
serve()
{
	local log="$WORK/serve.${#PIDS[@]}"

	background "$HOST" "$DIR/ends.py" serve "$@" > "$log" 2>&1
	wait_for 10 grep -q ready "$log" || bail "server: $(cat "$log")"
}

# traffic LABEL: rows "SOURCE SERVICE WANTED [DESTINATION]" on stdin, sent by
# the peer's sockets all at once; a line of TAP each.
traffic()
{
	local source service wanted destination words i=0
	local -a rows=() got

	while read -r source service wanted destination; do
		[ -n "$source" ] || continue
		if [ -z "$destination" ]; then
			case $source in
			*:*) destination=$HOST6 ;;
			*) destination=$HOST4 ;;
			esac
		fi
		rows+=("$source $destination $service $wanted")
	done
	words=$(printf '%s\n' "${rows[@]}" | peer "$DIR/ends.py" ask 2>&1)
	mapfile -t got <<< "$words"
	for ((i = 0; i < ${#rows[@]}; i++)); do
		read -r source destination service wanted <<< "${rows[i]}"
		is "$1: $source to $service: $wanted" \
			"${got[i]:-nothing}" "$wanted"
	done
}

# verdict WANTED SOURCE SERVICE [on IF]: what `xdpwl test` says of it.
verdict()
{
	local wanted=$1 code=0

	shift
	[ "$wanted" = drop ] && code=9
	xdpwl test "$@" > "$WORK/out" 2>&1
	is "test $*: $wanted" "$?" "$code"
}

# json PATH: from the JSON on stdin, as in "rules.0.packets"; lists by number.
json()
{
	/usr/bin/python3 -c '
import json, sys
value = json.load(sys.stdin)
for key in sys.argv[1].split("."):
    value = value[int(key)] if isinstance(value, list) else value[key]
text = isinstance(value, (str, int)) and not isinstance(value, bool)
print(value if text else json.dumps(value))
' "$1"
}

# rules: the rules file, from stdin.
rules() { cat > "$RULES"; }

[ "$(id -u)" = 0 ] || bail "run as root"
mountpoint -q /sys/fs/bpf || mount -t bpf bpf /sys/fs/bpf ||
	bail "no BPF file system"
mkdir -p "${PINS%/pins}" || bail "no directory of pins"
