#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Sessions older than the attach, native and generic: the caller's own and what this
# machine started go on, those of others end and are listed. And the hook for what the
# machine sends: status says when somebody removed it, attach puts it back.
#
# In: sessions that echo, each with a name. Out: which of them still do, step by step.

# shellcheck disable=SC2317 # called through ok and wait_for
# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"
unset SSH_CONNECTION
declare -A IN OUT PID_OF PORT

# --- sessions ---

# open NAME NAMESPACE SOURCE DESTINATION SERVICE: one more session, that echoes. It has
# said so only once `opened NAME...` returns.
open()
{
	local fd

	rm -f "$WORK/$1.in" "$WORK/$1.out"
	mkfifo "$WORK/$1.in" "$WORK/$1.out"
	# Both ends at once: neither end waits for the other.
	exec {fd}<> "$WORK/$1.in"
	IN[$1]=$fd
	exec {fd}<> "$WORK/$1.out"
	OUT[$1]=$fd
	nsenter --net="/run/netns/$2" -- "$DIR/ends.py" hold "$3" "$4" "$5" \
		< "$WORK/$1.in" > "$WORK/$1.out" 2> "$WORK/$1.err" &
	PID_OF[$1]=$!
	PIDS+=($!)
}

opened() { for name in "$@"; do said "$mode: session $name opens" "$name" open; done; }

# said DESCRIPTION NAME WORD: what the session prints next.
said()
{
	local word

	read -r -t 10 -u "${OUT[$2]}" word
	is "$1" "${word:-nothing $(cat "$WORK/$2.err")}" "$3"
}

# go_on WHEN NAME..., lost WHEN NAME...: asked all at once. An echo has
# PATIENCE seconds to be no loss.
go_on()
{
	local name

	for name in "${@:2}"; do echo hello >&"${IN[$name]}"; done
	for name in "${@:2}"; do said "$mode, $1: $name goes on" "$name" echo; done
}

lost()
{
	local name

	for name in "${@:2}"; do echo "silence $PATIENCE" >&"${IN[$name]}"; done
	for name in "${@:2}"; do said "$mode, $1: $name is lost" "$name" lost; done
}

PATIENCE=0.7

# client ADDRESS: the port of that client of the host's port 22.
client() { host ss -Htn state established "sport = 22 and dst $1" | awk '{ print $4 }' |
	sed 's/.*://'; }

close_all()
{
	local name fd

	for name in "${!IN[@]}"; do
		kill "${PID_OF[$name]}" 2> /dev/null
		wait "${PID_OF[$name]}" 2> /dev/null
		fd=${IN[$name]}
		exec {fd}>&-
		fd=${OUT[$name]}
		exec {fd}>&-
		unset "IN[$name]" "OUT[$name]"
	done
	wait_for 5 no_clients
}

no_clients() { [ -z "$(host ss -Htn state established 'sport = 22')" ]; }

# --- what attach tells ---

# caller: the environment of the caller's session.
caller() { echo "192.0.2.10 ${PORT[caller]} $HOST4 22"; }

# listed: the clients of port 22 among those that end, in JSON. The namespaces of other
# tests may be heard of as well, and this peer's ends.
listed()
{
	/usr/bin/python3 -c '
import json, sys
print(*sorted(e["proto"] + " " + e["remote"].rpartition(":")[0] + " " + e["local"]
              for e in json.load(sys.stdin)["ended"]
              if e["remote"].rpartition(":")[2] in sys.argv[1:]), sep=", ")' \
		"${PORT[caller]}" "${PORT[intruder]}" "${PORT[intruder6]}" \
		"${PORT[allowed]}" < "$1"
}
INTRUDERS="tcp 192.0.2.11 $HOST4:22, tcp [2001:db8::11] [$HOST6]:22"
OWN="tcp4 tcp6 udp4 udp6"

open_all()
{
	open caller "$PEER" 192.0.2.10 "$HOST4" tcp/22
	open intruder "$PEER" 192.0.2.11 "$HOST4" tcp/22
	open intruder6 "$PEER" 2001:db8::11 "$HOST6" tcp/22
	open allowed "$PEER" 192.0.2.12 "$HOST4" tcp/22
	open tcp4 "$HOST" "$HOST4" 192.0.2.10 tcp/9002
	open tcp6 "$HOST" "$HOST6" 2001:db8::10 tcp/9002
	open udp4 "$HOST" "$HOST4" 192.0.2.10 udp/9001
	open udp6 "$HOST" "$HOST6" 2001:db8::19 udp/9001 # the address that its end answers by
	# shellcheck disable=SC2086 # words
	opened caller intruder intruder6 allowed $OWN
	PORT[caller]=$(client 192.0.2.10) PORT[intruder]=$(client 192.0.2.11)
	PORT[intruder6]=$(client '[2001:db8::11]') PORT[allowed]=$(client 192.0.2.12)
}

survival()
{
	local SSH_CONNECTION

	# By force: a new connection of the caller would not be let in.
	SSH_CONNECTION=$(caller)
	export SSH_CONNECTION
	refused "$mode: attach knows the caller" 8 192.0.2.10 \
		xdpwl attach eth0 --mode "$mode"
	xdpwl --json attach eth0 --mode "$mode" --force > "$WORK/json" 2> "$WORK/err"
	is "$mode: attach" "$?" 0
	is "$mode: it lists the intruders" "$(listed "$WORK/json")" "$INTRUDERS"
	PATIENCE=2 lost "attached" intruder intruder6
	# shellcheck disable=SC2086 # words
	go_on "attached" caller allowed $OWN
	ok "$mode: apply" xdpwl apply --force
	# shellcheck disable=SC2086
	go_on "applied" caller allowed $OWN
	ok "$mode: attach again" xdpwl attach eth0 --force
	# shellcheck disable=SC2086
	go_on "attached again" caller allowed $OWN
}

comeback()
{
	local SSH_CONNECTION

	SSH_CONNECTION=$(caller)
	export SSH_CONNECTION
	ok "$mode: detach" xdpwl detach --all
	go_on "detached" intruder intruder6
	xdpwl attach eth0 --mode "$mode" --force > "$WORK/text" 2> "$WORK/err"
	is "$mode: attach after detach" "$?" 0
	like "$mode: its text names an intruder" "$(cat "$WORK/text")" \
		"^ends, .*: 192\.0\.2\.11:[0-9]+ to 192\.0\.2\.1:22$"
	like "$mode: and the other" "$(cat "$WORK/text")" \
		"^ends, .*: \[2001:db8::11\]:[0-9]+ to \[2001:db8::1\]:22$"
	is "$mode: nobody else" "$(grep -Ec '^ends.*192\.0\.2\.1[02]:[0-9]+ to 192.0.2.1:22$' \
		"$WORK/text")" 0
	lost "attached after detach" intruder intruder6
	# shellcheck disable=SC2086
	go_on "attached after detach" caller allowed $OWN
	ok "$mode: detach" xdpwl detach --all
}

# Nobody is the caller, and everybody is kept; or not.
keeping()
{
	go_on "detached again" intruder intruder6
	xdpwl --json attach eth0 --mode "$mode" --keep > "$WORK/json" 2> "$WORK/err"
	is "$mode: attach --keep" "$?" 0
	is "$mode: it lists nobody" "$(listed "$WORK/json")" ""
	go_on "with --keep" caller intruder intruder6 allowed
	traffic "$mode, with --keep, a new one" <<< "192.0.2.11 tcp/22 silence"
	ok "$mode: deny" xdpwl deny 192.0.2.11
	lost "denied" intruder
	ok "$mode: detach" xdpwl detach --all
	xdpwl --json attach eth0 --mode "$mode" > "$WORK/json" 2> "$WORK/err"
	is "$mode: attach, by nobody's session" "$?" 0
	is "$mode: it lists the one that was the caller's" "$(listed "$WORK/json")" \
		"tcp 192.0.2.10 $HOST4:22, $INTRUDERS"
	lost "attached by nobody's session" caller
}

# --- the hook for what is sent ---

egress() { xdpwl status --json | json interfaces.0.egress; }

# Another tool takes the hook away: the link detached, its pin removed, or the filter.
hook_remove()
{
	local pin

	pin=$(find "$PINS" -name out-eth0)
	case $1 in
	clsact) host tc filter del dev eth0 egress ;;
	*) if [ "$mode" = native ]; then
			rm "$pin"
		else
			host bpftool link detach pinned "$pin"
		fi ;;
	esac
}

hook()
{
	local was

	was=$(egress)
	like "$mode: status names the hook" "$was" '^(tcx|clsact)$'
	like "$mode: in text" "$(xdpwl status)" "^eth0 .*egress by $was"
	open new4 "$HOST" "$HOST4" 192.0.2.10 tcp/9002
	opened new4
	ok "$mode: somebody removes it" hook_remove "$was"
	is "$mode: status has null" "$(egress)" null
	like "$mode: and warns" "$(xdpwl status 2>&1)" \
		'^eth0 .*somebody removed the hook.*xdpwl attach eth0'
	go_on "without the hook" new4
	is "$mode: nothing new starts" "$(host "$DIR/ends.py" ask <<< \
		"$HOST4 192.0.2.10 tcp/9002 silence")" silence
	ok "$mode: attach" xdpwl attach eth0
	is "$mode: it is back" "$(egress)" "$was"
	is "$mode: and a new connection starts" "$(host "$DIR/ends.py" ask <<< \
		"$HOST4 192.0.2.10 tcp/9002 answer")" answer
	go_on "with the hook again" new4
	ok "$mode: detach" xdpwl detach --all
}

net_up
serve tcp/22
background "$PEER" "$DIR/ends.py" serve udp/9001 tcp/9002 > "$WORK/peer" 2>&1
wait_for 10 grep -q ready "$WORK/peer" || bail "server: $(cat "$WORK/peer")"
for mode in native generic; do
	rules <<< "allow 192.0.2.12 22"
	open_all
	survival
	# What is seeded does not depend on the mode.
	if [ "$mode" = native ]; then
		comeback
		keeping
	fi
	hook
	close_all
done
finish
