#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# apply --diff while nothing is attached: canonical lines, which take themselves back.
. "$(dirname "$0")/lib.sh"

diff_of() { xdpwl apply "$@" --diff; }

rules
runs 0 '' diff_of
json 'd' '{"schema": 1, "changed": false, "added": [], "removed": []}' \
	diff_of --json
echo '192.0.2.0/24' > list.txt
cat > "$RULES" <<'END'
interface eth1 mode generic
interface eth0 audit
option class-e on
option ethertype 0x8863
set b 2001:db8::/32 192.0.2.1 192.0.2.1
set a file list.txt
allow @a   https,22/udp,22/tcp on eth1,eth0   # tail
allow 2001:0DB8:0::1/128 80-90,20 comment x
deny 198.51.100.7
allow any ping,esp,proto:50
END
xdpwl apply --diff > out 2> /dev/null
is 'exit 2: it differs' "$?" 2
is 'what would be new, in canonical form' "$(grep -v '^- option' out)" \
	"+ option class-e on
+ option ethertype 0x8863
+ interface eth1 mode generic
+ interface eth0 audit
+ set b 192.0.2.1 2001:db8::/32
+ set a file $WORK/list.txt
+ allow @a 22,443 on eth0,eth1
+ allow 2001:db8::1 20,80-90 comment x
+ deny 198.51.100.7 all
+ allow any esp,ping"
warns 'nothing is attached' sh -c "'$XDPWL' --rules '$RULES' --pin-dir \
	'$WORK/pins' apply --diff; [ \$? = 2 ]"
json 'len(d["added"]), d["changed"]' '[10, true]' diff_of --json

# The lines of a diff are a rules file again, which says the same.
sed -n 's/^+ //p' out > again.rules
xdpwl apply --diff again.rules 2> /dev/null > again
is 'they take themselves back' "$(cat again)" "$(cat out)"
xdpwl apply --diff - < again.rules 2> /dev/null > again
is 'from standard input as well' "$(cat again)" "$(cat out)"

# Sets of a text from standard input are relative to here.
refused 1 'nosuch.txt' diff_of - <<< 'set a file nosuch.txt'
refused 1 "$RULES:11: " sh -c "echo bad >> '$RULES'; exec '$XDPWL' --rules \
	'$RULES' --pin-dir '$WORK/pins' apply --diff"

finish
