#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# allow, deny, revoke and set while nothing is attached: the rules file alone.
. "$(dirname "$0")/lib.sh"

later='saved; it runs once an interface is attached'

# --- the file comes into being ---
runs 0 "allow 203.0.113.5 22: $later" xdpwl allow 203.0.113.5 22
holds 'the first rule makes the file' 'allow 203.0.113.5 22'
runs 0 'allow 203.0.113.5 22: already so' xdpwl allow 203.0.113.5 22
runs 0 'allow 203.0.113.5 22/tcp: already so' xdpwl allow 203.0.113.5 22/tcp
runs 0 'allow 203.0.113.5/32 ssh: already so' xdpwl allow 203.0.113.5/32 ssh
holds 'what is said is not said again' 'allow 203.0.113.5 22'
rm "$RULES"
runs 0 "deny 198.51.100.0/24: $later" \
	"$XDPWL" --rules "$WORK/new/dir/x.rules" --pin-dir "$WORK/pins" \
	deny 198.51.100.0/24
is 'in a directory that was missing' "$(cat new/dir/x.rules)" \
	'deny 198.51.100.0/24 all'

# --- the owner's comments and layout stay ---
printf '# mine\n\n  allow   192.0.2.1\t22,80-90   # why\r\n\ndeny any 23' > "$RULES"
runs 0 "allow 192.0.2.2 443 on eth0 comment the shop: $later" \
	xdpwl allow 192.0.2.2 443 on eth0 comment 'the shop'
is 'a line more, nothing else' "$(cat -A "$RULES")" \
	'# mine$
$
  allow   192.0.2.1^I22,80-90   # why^M$
$
deny any 23$
allow 192.0.2.2 443 on eth0 comment "the shop"$'
runs 0 "revoke 192.0.2.1 85/udp: $later" xdpwl revoke 192.0.2.1 85/udp
is 'a range is split in its place' "$(sed -n 3p "$RULES" | cat -A)" \
	'  allow   192.0.2.1^I22,80-84/udp,80-90/tcp,86-90/udp   # why^M$'
rules '# a' 'allow 192.0.2.1 80-90/tcp # b' '# c'
runs 0 "revoke 192.0.2.1 85: $later" xdpwl revoke 192.0.2.1 85
holds 'split' '# a' 'allow 192.0.2.1 80-84/tcp,86-90/tcp # b' '# c'
runs 0 "revoke 192.0.2.1: $later" xdpwl revoke 192.0.2.1
holds 'gone' '# a' '# c'
refused 3 'no allow rule of exactly 192.0.2.1' xdpwl revoke 192.0.2.1
refused 3 'no deny rule' xdpwl revoke deny 192.0.2.1
holds 'untouched' '# a' '# c'

# --- what others say of it ---
rules 'allow 192.0.2.0/24 22' 'allow any 443' 'allow 192.0.2.1 22,80' \
	'allow 192.0.2.1 22 on eth0' 'deny 192.0.2.0/25 80' 'allow 198.51.100.1 22'
runs 0 "still allowed, at least in part, by: allow 192.0.2.0/24 22 ($RULES:1)
still allowed, at least in part, by: allow 192.0.2.1 22 on eth0 ($RULES:4)
revoke 192.0.2.1 22: $later" xdpwl revoke 192.0.2.1 22
json '[r["text"] for r in d["still_allowed"]], d["changed"], d["saved"]' \
	'[["allow any 443", "allow 192.0.2.1 80", "allow 192.0.2.1 22 on eth0"], true, true]' \
	xdpwl revoke 192.0.2.0/24 --json
warns "deny 192.0.2.0/25 80 \($RULES:4\)" xdpwl allow 192.0.2.1 80-81
warns "deny 192.0.2.0/25 80 \($RULES:4\)" xdpwl allow any 80
runs 0 "allow 192.0.2.200 80: $later" xdpwl allow 192.0.2.200 80
is 'no deny, no warning' "$(cat .err)" ''
is 'quiet' "$(xdpwl -q allow 192.0.2.1 80/tcp 2>&1)" ''
json 'd' '{"schema": 1, "changed": false, "running": false, "saved": false}' \
	xdpwl allow 192.0.2.200 80 --json
rules 'allow 192.0.2.1 all'
refused 1 'deny 192.0.2.1 22' xdpwl revoke 192.0.2.1 22
holds 'what cannot be said changes nothing' 'allow 192.0.2.1 all'

# --- words of a rule ---
refused 1 '^xdpwl: port 70000 is above 65535' xdpwl allow any 70000
refused 1 'services are missing' xdpwl allow any
refused 1 'source is missing' xdpwl allow
refused 1 'source is missing' xdpwl revoke deny
refused 1 '10\.0\.0\.0/8' xdpwl allow 10.0.0.1/8 22
refused 1 'for.*version' xdpwl allow any 22 for 2h
refused 1 'takes no comment' xdpwl revoke any 22 comment x
refused 1 'control character' xdpwl allow any 22 comment $'a\nallow any all'
refused 1 '22 on eth0' xdpwl allow any '22 on eth0'
refused 1 'address' xdpwl allow '' 22
holds 'refused commands have changed nothing' 'allow 192.0.2.1 all'
runs 0 '*' xdpwl allow any 22 comment '"\ # -q'
holds 'a comment is quoted' 'allow 192.0.2.1 all' \
	'allow any 22 comment "\"\\ # -q"'
runs 0 'allow any 22 comment --json: already so' \
	xdpwl allow any 22 comment -- --json

# --- sets ---
rules 'set office 192.0.2.1 # here' 'set cdn file cdn.txt' 'allow @office 22' \
	'allow @cdn 443'
echo 192.0.2.0/24 > cdn.txt
runs 0 "set office: $later" xdpwl set office add 198.51.100.0/24 2001:db8::/32
runs 0 'set office: already so' xdpwl set office add 198.51.100.0/24
is 'members are added to their line' "$(sed -n 1p "$RULES" | tr -s ' ')" \
	'set office 192.0.2.1 198.51.100.0/24 2001:db8::/32 # here'
runs 0 "set office: $later" xdpwl set @office del 192.0.2.1
refused 3 'no such member' xdpwl set office del 192.0.2.1
refused 3 'no set nosuch' xdpwl set nosuch add 192.0.2.1
refused 1 'cdn.txt' xdpwl set cdn add 192.0.2.1
refused 1 '192.0.2.1x' xdpwl set office add 192.0.2.1x
refused 1 'nosuch' xdpwl allow @nosuch 22
runs 0 "allow @office 80: $later" xdpwl allow @office 80
runs 0 "revoke @office 80: $later" xdpwl revoke @office 80
is 'the rest stays' "$(tail -n 3 "$RULES")" 'set cdn file cdn.txt
allow @office 22
allow @cdn 443'

# --- files that cannot be edited ---
rules 'allow 192.0.2.1 22' 'alow 192.0.2.2 22'
refused 1 "$RULES:2: " xdpwl allow 192.0.2.3 22
refused 1 "$RULES:2: " xdpwl revoke 192.0.2.1
holds 'a file with a fault is left alone' 'allow 192.0.2.1 22' \
	'alow 192.0.2.2 22'
rm "$RULES" && mkdir "$RULES"
refused 1 "$RULES" xdpwl allow 192.0.2.3 22
rmdir "$RULES"

# --- the file itself ---
rules 'allow 192.0.2.1 22'
chmod 640 "$RULES"
mv "$RULES" real.rules && ln -s real.rules "$RULES"
runs 0 "allow 192.0.2.2 22: $later" xdpwl allow 192.0.2.2 22
is 'a symbolic link is followed' "$(readlink "$RULES"), $(wc -l < real.rules)" \
	'real.rules, 2'
is 'the mode is kept' "$(stat -c %a real.rules)" 640
is 'nothing is left beside it' \
	"$(find . -maxdepth 1 -name '*rules*' | sort | tr '\n' ' ')" \
	'./real.rules ./xdpwl.rules '

# --- writers at once ---
rm -f "$RULES" real.rules
for i in $(seq 16); do
	xdpwl allow "192.0.2.$i" 22 > /dev/null &
done
wait
is 'sixteen writers at once all land' "$(sort -u "$RULES" | wc -l)" 16

finish
