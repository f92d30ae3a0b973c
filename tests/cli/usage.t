#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The command line itself: options, help, what is not there (yet), exit codes.
. "$(dirname "$0")/lib.sh"

# --- help and version ---
runs 0 '*' xdpwl help
runs 0 "$(xdpwl help)" xdpwl --help
runs 0 "$(xdpwl help allow)" xdpwl allow --help
runs 0 "$(xdpwl help allow)" xdpwl --help allow
runs 0 "$(xdpwl help allow)" xdpwl allow -h 203.0.113.5
is 'help lists the commands, each once' \
	"$(xdpwl help | sed -n 's/^  \([a-z][a-z]*\) .*/\1/p' | tr '\n' ' ')" \
	'attach detach allow deny revoke set list apply test drops status help '
for command in $(xdpwl help | sed -n 's/^  \([a-z][a-z]*\) .*/\1/p'); do
	is "help $command begins with its usage" \
		"$(xdpwl help "$command" | head -n 1 | cut -d ' ' -f 1-3)" \
		"usage: xdpwl $command"
done
json '[c["name"] for c in d["commands"]][:2], d["schema"]' \
	'[["attach", "detach"], 1]' xdpwl help --json
is 'version' "$(xdpwl --version | sed 's/[0-9.]*$/N/')" 'xdpwl N'
refused 1 'unknown command nosuch' xdpwl help nosuch
refused 1 'one command' xdpwl help allow deny

# --- what is not there ---
refused 1 'no command' xdpwl
refused 1 'unknown command alow; see: xdpwl help' xdpwl alow any 22
refused 1 'unknown option --nosuch' xdpwl --nosuch list
refused 1 'unknown option --nosuch; see: xdpwl help list' xdpwl list --nosuch
refused 1 'unknown option --jsonx' xdpwl list --jsonx
refused 1 'unknown option -x' xdpwl -x list
for command in refresh confirm rollback open top log report metrics exposure \
	doctor propose import; do
	refused 1 "^xdpwl: $command is not in this version" xdpwl "$command"
	refused 1 "^xdpwl: $command is not in this version" xdpwl help "$command"
	is "help does not list $command" \
		"$(xdpwl help | grep -c "^  $command ")" 0
done
refused 1 '^xdpwl: refresh is not in this version' xdpwl refresh cdn
for words in 'attach eth0' 'detach eth0' 'allow any 22' 'deny any' \
	'revoke any 22' 'set cdn add 192.0.2.1' 'apply'; do
	# shellcheck disable=SC2086
	refused 1 '^xdpwl: --confirm is not in this version' \
		xdpwl $words --confirm 60s
done
refused 1 '^xdpwl: --by source is not in this version' xdpwl drops --by source

# --- options ---
rules 'allow 192.0.2.1 22'
runs 0 "$RULES: 1 rules, 1 prefixes, no fault found" xdpwl apply --check
"$XDPWL" apply --check --rules "$RULES" > out 2>&1
is 'an option of every command behind its name' "$(cat out)" \
	"$RULES: 1 rules, 1 prefixes, no fault found"
"$XDPWL" --rules="$RULES" apply --check > out 2>&1
is 'a value behind =' "$(cat out)" "$RULES: 1 rules, 1 prefixes, no fault found"
runs 0 '' xdpwl -q apply --check
runs 0 '' xdpwl apply -q --check
refused 1 'option --rules needs a value' "$XDPWL" list --rules
refused 1 'option --json takes no value' xdpwl list --json=yes
refused 1 'unknown option -- ?' xdpwl -- list

# --- words that a command does not take ---
refused 1 'list takes one SOURCE' xdpwl list any any
refused 1 'status takes no argument' xdpwl status now
refused 1 'drops takes no argument' xdpwl drops now
refused 1 'apply takes one FILE' xdpwl apply a b
refused 1 'attach needs an interface' xdpwl attach
refused 1 'detach takes interfaces, or --all' xdpwl detach
refused 1 'detach takes interfaces, or --all' xdpwl detach eth0 --all
refused 1 '--mode fast: it is auto, native or generic' xdpwl attach eth0 --mode fast
refused 1 'more than 15 bytes' xdpwl attach averyveryverylongname
refused 1 'exclude each other' xdpwl apply --check --diff
refused 1 'exclude each other' xdpwl apply --save --runtime
refused 1 'exclude each other' xdpwl drops --watch --reset
refused 1 '--by colour: it is port, reason or rule' xdpwl drops --by colour
for number in 0 -1 x 1x '' 99999999999999999999; do
	refused 1 '--top .*is not a number' xdpwl drops --top "$number"
done
refused 1 'set takes NAME' xdpwl set
refused 1 'set takes NAME' xdpwl set cdn add
refused 1 'set takes NAME' xdpwl set cdn remove 192.0.2.1
refused 1 'set takes NAME' xdpwl set cdn show now

# --- test ---
refused 1 'test takes SOURCE SERVICE' xdpwl test
refused 1 'test takes SOURCE SERVICE' xdpwl test 192.0.2.1
refused 1 'test takes SOURCE SERVICE' xdpwl test 192.0.2.1 22 at eth0
refused 1 'one address, not a prefix' xdpwl test 192.0.2.0/24 22
refused 1 'one address, not a prefix' xdpwl test 2001:db8::/64 22
refused 1 'any' xdpwl test any 22
refused 1 'one service' xdpwl test 192.0.2.1 22,80
refused 1 'one service' xdpwl test 192.0.2.1 22/tcp,22/udp
refused 1 'one service' xdpwl test 192.0.2.1 all
refused 1 'one port, not a range' xdpwl test 192.0.2.1 20-25
refused 1 'has ports: name one' xdpwl test 192.0.2.1 proto:6
refused 1 'port 70000 is above 65535' xdpwl test 192.0.2.1 70000

# --- nothing is attached ---
for words in list 'list any' 'set cdn' 'test 192.0.2.1 22' drops \
	'drops --by reason' 'drops --by rule' 'drops --reset' 'drops --watch' \
	'detach eth0' 'detach --all' 'allow any 22 --runtime'; do
	# shellcheck disable=SC2086
	refused 3 'nothing is attached' xdpwl $words
done
refused 3 'nothing is attached' xdpwl status
json 'd["interfaces"], d["rules"], d["pending_confirm"], d["saved"]' \
	'[[], 0, null, false]' xdpwl status --json

# --- output ---
xdpwl help > /dev/full 2> out
is 'output that cannot be written is a failure' "$?" 5
is 'which is told' "$(cut -d : -f 1-2 out)" 'xdpwl: cannot write the output'
bash -c 'trap "" PIPE; exec "$@"' - "$XDPWL" --rules "$RULES" \
	--pin-dir "$WORK/pins" help 2> out | true
is 'a reader that leaves ends it quietly' "$(cat out)" ''
refused 1 'unknown command a\?\[31m' xdpwl $'a\e[31m'

finish
