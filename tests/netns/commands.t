#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The commands over rules that run: what an edit changes and what it leaves, what they
# tell, what they refuse, and that a refused one has changed nothing.
. "$(dirname "$0")/lib.sh"

unset SSH_CONNECTION
rules() { printf '%s\n' "$@" > "$RULES"; }
running() { xdpwl list | sed 's/ #.*//'; }
file() { cat "$RULES"; }
field() { xdpwl --json "${@:2}" | python3 -c "
import json, sys
d = json.load(sys.stdin)
print(json.dumps($1))"; }

# asks WANTED SOURCE SERVICE...: what `test` answers, on the first interface.
asks()
{
	is "test ${*:2}" "$(xdpwl test "${@:2}" | head -n 1)" "eth0: $1"
}

net_up
link_add eth1

# --- the first attach, and one that fails ---
rules '# mine' 'allow 192.0.2.10 22'
host ip link add br0 type bridge
refused 'a device that cannot' 5 'br0' \
	xdpwl attach eth0 br0 --mode native
is 'and nothing is left of it' "$(xdpwl list 2>&1; file)" \
	"xdpwl: nothing is attached ($PINS); xdpwl attach IF starts
# mine
allow 192.0.2.10 22"
ok 'attach' xdpwl attach eth0
is 'the interface is saved' "$(file)" $'# mine\nallow 192.0.2.10 22\ninterface eth0'
refused 'a second device that cannot' 5 'br0' \
	xdpwl attach eth1 br0 --mode native
is 'and only the first is left' "$(running)" $'interface eth0\nallow 192.0.2.10 22'
is 'saved' "$(field 'd["saved"]' status)" true
ok 'the bridge, generic' xdpwl attach br0
is 'several are saved, whatever their order' "$(field 'd["saved"]' status)" true
is 'and no difference' "$(xdpwl apply --diff; echo $?)" 0
is 'status' "$(field '[[i["name"], i["mode"], i["audit"]] for i in d["interfaces"]]' \
	status)" '[["br0", "generic", false], ["eth0", "native", false]]'
ok 'detach one' xdpwl detach br0
is 'it has gone from the file' "$(grep -c br0 "$RULES")" 0

# --- an edit is an edit of both, and nothing else ---
rules 'interface eth0' '# kept' 'allow 192.0.2.10 22' 'allow 192.0.2.11 80 # new'
xdpwl allow 192.0.2.12 443 > "$WORK/out" 2> "$WORK/err"
like 'an edit warns of other differences' "$(cat "$WORK/err")" \
	'already differed in 1 place'
is 'it does not make them run' "$(running)" 'interface eth0
allow 192.0.2.10 22
allow 192.0.2.12 443'
is 'it is in the file' "$(file)" 'interface eth0
# kept
allow 192.0.2.10 22
allow 192.0.2.11 80 # new
allow 192.0.2.12 443'
is 'the difference' "$(xdpwl apply --diff; echo $?)" $'+ allow 192.0.2.11 80\n2'
is 'in JSON' "$(field '[d["changed"], d["added"], d["removed"]]' apply --diff)" \
	'[true, ["allow 192.0.2.11 80"], []]'
asks "pass: allowed by allow 192.0.2.12 443 ($RULES:5)" 192.0.2.12 443
ok 'revoke of what only the file has' xdpwl revoke 192.0.2.11
is 'saved again' "$(field 'd["saved"]' status)" true
ok 'at run time alone' xdpwl allow 192.0.2.13 25 --runtime
is 'the file is left alone' "$(grep -c 192.0.2.13 "$RULES")" 0
asks 'pass: allowed by allow 192.0.2.13 25 (not in a file)' 192.0.2.13 25
ok 'apply makes them equal' xdpwl apply
asks 'drop: not-allowed (no rule allows it)' 192.0.2.13 25
rules 'interface eth0' 'allow 192.0.2.10 22' 'nonsense'
refused 'a file with a fault refuses edits' 1 "$RULES:3: " xdpwl allow any 80
ok 'but not those of what runs' xdpwl allow any 80 --runtime
rm "$RULES"
is 'what runs outlives the file' "$(running | tail -n 1)" 'allow any 80'
ok 'and can be edited' xdpwl revoke any 80
is 'which makes no file' "$(ls "$RULES" 2> /dev/null)" ''

# --- sets: their members live in what runs ---
echo 192.0.2.10 > "$WORK/list"
rules 'interface eth0' "set list file $WORK/list" 'set office 192.0.2.11' \
	'allow @list 22' 'allow @office 23'
ok 'apply' xdpwl apply
echo 192.0.2.0/24 > "$WORK/list"
is 'a set file that changes does not run yet' "$(xdpwl set list)" 192.0.2.10
asks 'drop: not-allowed (no rule allows it)' 192.0.2.12 22
rm "$WORK/list"
ok 'nor is it needed' xdpwl allow @list 24
asks "pass: allowed by allow @list 24 ($RULES:6)" 192.0.2.10 24
is 'in JSON' "$(field '[d["name"], d["from"], d["prefixes"], d["stale"]]' set list)" \
	'["list", "file", ["192.0.2.10/32"], false]'
ok 'members come' xdpwl set office add 2001:db8::/32
ok 'and go' xdpwl set office del 192.0.2.11
is 'in what runs' "$(xdpwl set office)" 2001:db8::/32
is 'and in the file' "$(grep office "$RULES" | head -n 1 | tr -s ' ')" \
	'set office 2001:db8::/32'
refused 'a set file is not ours to edit' 1 "$WORK/list" \
	xdpwl set list add 192.0.2.1
echo 'set late 192.0.2.15' >> "$RULES"
refused 'a set that does not run yet' 1 'xdpwl apply first' xdpwl allow @late 22
refused 'nor its members' 1 'xdpwl apply first' xdpwl set late add 192.0.2.16
refused 'a set that is nowhere' 3 'no set' xdpwl set nowhere add 192.0.2.16
refused 'a set file that is missing' 1 'list' xdpwl apply

# --- deny, revoke, and who else speaks ---
rules 'interface eth0' 'allow 192.0.2.0/24 22' 'allow 192.0.2.10 22,80-90/tcp'
ok 'apply' xdpwl apply
ok 'deny' xdpwl deny 192.0.2.10 22
asks "drop: denied by deny 192.0.2.10 22 ($RULES:4)" 192.0.2.10 22
xdpwl allow 192.0.2.10 20-25 > "$WORK/out" 2> "$WORK/err"
like 'an allow under a deny warns' "$(cat "$WORK/err")" \
	"deny 192.0.2.10 22 \\($RULES:4\\)"
ok 'take the deny back' xdpwl revoke deny 192.0.2.10
is 'a revoke names who still allows' "$(xdpwl revoke 192.0.2.10 22)" \
	"still allowed, at least in part, by: allow 192.0.2.0/24 22 ($RULES:2)
revoke 192.0.2.10 22: running and saved"
is 'what it leaves' "$(tail -n 2 "$RULES")" 'allow 192.0.2.10 80-90/tcp
allow 192.0.2.10 20-21,23-25'
refused 'nothing left to revoke' 3 '192.0.2.99' xdpwl revoke 192.0.2.99
is 'already so' "$(xdpwl allow 192.0.2.0/24 ssh)" \
	'allow 192.0.2.0/24 ssh: already so'
xdpwl allow any 99 on eth7 > /dev/null 2> "$WORK/err"
like 'an interface that is not attached' "$(cat "$WORK/err")" \
	'eth7 is not attached'
is 'list of a source' "$(xdpwl list 192.0.2.10 | sed 's/ #.*//')" \
	'allow 192.0.2.0/24 22
allow 192.0.2.10 80-90/tcp
allow 192.0.2.10 20-21,23-25
allow any 99 on eth7'

# --- counters outlive changes ---
peer nc -z -w 1 192.0.2.1 22 2> /dev/null
peer nc -z -w 1 192.0.2.1 3306 2> /dev/null
hits() { field '[r["packets"] > 0 for r in d["rules"] if r["source"] == "192.0.2.0/24"]' list; }
is 'a rule counts' "$(hits)" '[true]'
ok 'an edit' xdpwl allow 198.51.100.1 80
ok 'an apply' xdpwl apply
is 'it counts on' "$(hits)" '[true]'
drops() { field '[p["proto"] for p in d["ports"] if p["port"] == 3306]' drops; }
is 'drops by port' "$(drops)" '["tcp"]'
ok 'the program is renewed' xdpwl attach eth0
is 'they stay' "$(drops)" '["tcp"]'
ok 'reset' xdpwl drops --reset
is 'they go' "$(drops)" '[]'
is 'rules count on' "$(hits)" '[true]'
is 'a watch in JSON is one document a line' \
	"$(timeout 2 nsenter --net="/run/netns/$HOST" "$XDPWL" --pin-dir "$PINS" \
	drops --watch --json | head -n 2 | python3 -c 'import json, sys
print([json.loads(line)["schema"] for line in sys.stdin])')" '[1, 1]'

# --- apply: interfaces, other files ---
xdpwl list > "$WORK/listed"
xdpwl apply - < "$WORK/listed" > /dev/null 2>&1
is 'list, back through apply' "$?" 0
is 'changes nothing, counters neither' "$(xdpwl list)" "$(cat "$WORK/listed")"
rules 'interface eth0 audit' 'interface eth1' 'interface eth9' 'allow any 22 on eth1'
xdpwl apply > /dev/null 2> "$WORK/err"
is 'a missing interface is a warning' "$?" 0
like 'which names it' "$(cat "$WORK/err")" 'warning: .*eth9'
is 'the others are attached' "$(running)" 'interface eth0 audit
interface eth1
allow any 22 on eth1'
is 'saved is false' "$(field 'd["saved"]' status)" false
rules 'allow any 23'
ok 'a file without interfaces' xdpwl apply
is 'leaves them attached' "$(running)" 'interface eth0 audit
interface eth1
allow any 23'
rules 'interface eth9'
refused 'the last one goes by force alone' 1 '--force' xdpwl apply
is 'refused, unchanged' "$(running | tail -n 1)" 'allow any 23'
printf '# other\nallow   any 24' > "$WORK/other"
ok 'another file' xdpwl apply "$WORK/other"
is 'does not touch the rules file' "$(file)" 'interface eth9'
asks "pass: allowed by allow any 24 ($WORK/other:2)" 192.0.2.10 24
ok 'unless it is saved' xdpwl apply "$WORK/other" --save
is 'to the byte' "$(cmp "$WORK/other" "$RULES" && echo same)" same
mkdir "$WORK/sub"
echo 192.0.2.1 > "$WORK/sub/list"
echo 'set a file list' > "$WORK/sub/other"
refused 'a path that would mean another file' 1 "$WORK/sub/list" \
	xdpwl apply "$WORK/sub/other" --save
is 'is not saved' "$(cmp "$WORK/other" "$RULES" && echo same)" same
ok 'detach the other' xdpwl detach eth1

# --- audit ---
is 'drops say audit' "$(field 'd["audit"]' drops)" true
ok 'without --audit, attach ends it' xdpwl attach eth0
is 'and drops no longer' "$(field 'd["audit"]' drops)" false

# --- the lockout guard ---
rules 'interface eth0' 'allow 192.0.2.10 22' 'allow 192.0.2.11 80'
ok 'apply' xdpwl apply
export SSH_CONNECTION='192.0.2.10 50000 192.0.2.1 22'
before=$(running; file)
locked='192\.0\.2\.10'
refused 'revoke of the own way in' 8 'xdpwl allow 192.0.2.10 22' \
	xdpwl revoke 192.0.2.10
refused 'deny of it' 8 'deny 192.0.2.0/24 all' xdpwl deny 192.0.2.0/24
echo 'allow any 80' > "$WORK/other"
refused 'apply without it' 8 "$locked" xdpwl apply "$WORK/other" --save
is 'nothing has changed' "$(running; file)" "$before"
ok 'another service may go' xdpwl revoke 192.0.2.11
ok 'the other family of port 22 may go' xdpwl revoke 192.0.2.10 22/udp
ok 'allow is never asked' xdpwl allow any 81
ok 'on another interface' xdpwl deny 192.0.2.10 on eth1
before=$(running)
refused 'a shell below the session' 8 "$locked" \
	bash -c 'env -u SSH_CONNECTION "$@"; exit $?' - "${xdpwl_argv[@]}" \
	revoke 192.0.2.10
is 'nothing has changed here either' "$(running)" "$before"
ok 'by force' xdpwl revoke 192.0.2.10 --force
ok 'out' xdpwl detach --all
rules 'allow any 80'
refused 'attach locks out as well' 8 "$locked" xdpwl attach eth0
is 'nothing is attached' "$(xdpwl list 2> /dev/null; echo $?)" 3
ok 'audit does not' xdpwl attach eth0 --audit
refused 'but its end does' 8 "$locked" xdpwl attach eth0
unset SSH_CONNECTION
ok 'now it may end' xdpwl attach eth0

# --- damaged pins ---
rm "$PINS/text"
refused 'a pin is missing' 5 text xdpwl list
refused 'no edit' 5 text xdpwl allow any 1
refused 'no detach' 5 text xdpwl detach --all
ok 'but by force' xdpwl detach --all --force
ok 'attach again' xdpwl attach eth0
rm "$PINS/control"
refused 'the first of all is missing' 5 damaged xdpwl list
refused 'and nothing is edited as if nothing ran' 5 damaged xdpwl allow any 1
ok 'by force' xdpwl detach --all --force
is 'nothing is left' "$(ls "$PINS" 2> /dev/null)" ''

finish
