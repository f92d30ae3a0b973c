# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Death at every write, for faults_*.t to source. A build of xdpwl that dies
# before its n-th write to a map, mapping, pin, link or file runs a changing
# command for every n, under traffic. Afterwards the rules are wholly the old or
# wholly the new ones; packets, list and test agree on which; the rules file
# parses; and the next command works and brings nothing else into force.

# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"

FAULTY=$BUILD/faults/xdpwl
[ -x "$FAULTY" ] || bail "$FAULTY is not built: make tests"
A=192.0.2.10 B=192.0.2.11 FENCE=192.0.2.12 PORT=7777

faulty()
{
	host "$FAULTY" --rules "$RULES" --pin-dir "$PINS" --state-dir "$STATE" "$@"
}

# only SOURCE...: a rules file that lets these in, beside the fence, and MORE lines.
MORE=
only()
{
	local source

	echo "# The owner's words."
	echo "interface eth0"
	echo "$MORE"
	for source in "$FENCE" "$@"; do
		echo "allow $source $PORT/udp"
	done
}

watch_send()
{
	echo "$1" >&"${WATCH[1]}"
	read -r -t 20 REPLY <&"${WATCH[0]}" || REPLY="the watcher died"
}

# runs SOURCE: whether list says that the running rules let it in.
runs()
{
	xdpwl list > "$WORK/list" 2>/dev/null
	grep -q -e "^allow $1 $PORT/udp" -e "^set few .*$1" "$WORK/list" &&
		! grep -q "^deny $1" "$WORK/list"
}
passes() { xdpwl test "$1" "$PORT/udp" >/dev/null 2>&1; }

# Who gets in by list, and by test, in the watcher's letters. Nothing attached:
# open.
by_list()
{
	local letters=

	xdpwl list >/dev/null 2>&1 || { echo AB; return; }
	runs "$A" && letters=A
	runs "$B" && letters+=B
	echo "${letters:--}"
}

by_test()
{
	local letters=

	xdpwl status --json 2>/dev/null | grep -q '"eth0"' ||
		{ echo AB; return; }
	passes "$A" && letters=A
	passes "$B" && letters+=B
	echo "${letters:--}"
}

# Complaints about the state after a death, one a line; packets met `story`.
complaints()
{
	local story=$1 old=$2 new=$3 now=${1##*>}

	case $story in
	"$old"|"$new"|"$old>$new") ;;
	"$old>$new>$old")
		# A link is attached before it can be pinned, and dies with its
		# maker.
		[ "$4" = "first attach" ] || echo "packets met $story" ;;
	*) echo "packets met $story" ;;
	esac
	[ "$(by_list)" = "$now" ] || echo "list says $(by_list), packets $now"
	[ "$(by_test)" = "$now" ] || echo "test says $(by_test), packets $now"
	xdpwl apply --check >/dev/null 2>"$WORK/err" ||
		echo "the rules file: $(cat "$WORK/err")"
	[ "$(head -n 1 "$RULES")" = "# The owner's words." ] ||
		echo "the owner's words are gone"
	others_complaints
}

# For tests with more rules to ask for.
others_complaints() { :; }

# What the next command brings into force must be its own change alone.
next_complaints()
{
	local now=$1 attached

	attached=$(xdpwl status --json 2>/dev/null | grep -c '"eth0"')
	xdpwl allow 192.0.2.19 99/tcp >/dev/null 2>"$WORK/err" ||
		echo "the next command: $(cat "$WORK/err")"
	[ "$attached" = 0 ] && return
	[ "$(by_test)" = "$now" ] || echo "the next command made it $(by_test)"
	xdpwl test 192.0.2.19 99/tcp >/dev/null || echo "and did not do its own"
}

# The same command once more; a revoke that was done finds nothing to take.
again()
{
	local status

	xdpwl "$@" > "$WORK/log" 2>&1
	status=$?
	[ "$status" = 0 ] && return
	[ "$status" = 3 ] && case $1 in revoke|detach) return ;; esac
	echo "again: exit $status, $(cat "$WORK/log")"
}

# Connections that are open are written down as well, and come and go: an n-th write
# need not be there again.
died_or_done()
{
	[ "$1" = 137 ] || { [ "$1" = 0 ] && [ "$(cat "$WORK/writes")" -lt "$2" ]; }
}

# deaths VERB BEFORE OLD NEW COMMAND...: BEFORE makes the state that the command
# starts from; packets meet OLD before it and NEW after it.
deaths()
{
	local verb=$1 before=$2 old=$3 new=$4 writes n status story found killed=0

	shift 4
	"$before"
	watch_send start
	XDPWL_COUNT_WRITES=$WORK/writes faulty "$@" > "$WORK/log" 2>&1
	status=$?
	watch_send stop
	writes=$(cat "$WORK/writes")
	is "$verb, whole: exit $status, packets meet" "$REPLY" "$old${new:+>$new}"
	ok "$verb writes at least three times" test "${writes:-0}" -ge 3
	for ((n = 1; n <= writes; n++)); do
		"$before"
		watch_send start
		XDPWL_DIE_AT=$n XDPWL_COUNT_WRITES=$WORK/writes \
			faulty "$@" > "$WORK/log" 2>&1
		status=$?
		[ "$status" = 137 ] && : $((killed++))
		watch_send stop
		story=$REPLY
		found=$(died_or_done "$status" "$n" || echo "exit $status, not killed"
			complaints "$story" "$old" "${new:-$old}" "$verb"
			next_complaints "${story##*>}"
			again "$@"
			[ "$(by_test)" = "${new:-$old}" ] || echo "again: $(by_test)")
		[ -z "$found" ]
		result $? "$verb dies at write $n of $writes: $story" || diag "$found"
	done
	ok "$verb died at nine writes of ten" test $((10 * killed)) -ge $((9 * writes))
}

from_a() { only "$A" > "$RULES"; xdpwl apply >/dev/null 2>&1; }

net_up
coproc WATCH { exec "$DIR/watch.py" "$PEER" "$HOST" "$HOST4" "$PORT" \
	"$A" "$B" "$FENCE"; }
read -r -t 10 REPLY <&"${WATCH[0]}"
[ "$REPLY" = ready ] || bail "the watcher did not start"
# shellcheck disable=SC2153 # coproc sets it
PIDS+=("$WATCH_PID")
