#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# apply --check: what holds, and where and why what does not.
. "$(dirname "$0")/lib.sh"

check() { xdpwl apply "$@" --check; }

# bad LINE REGEX: the third line of a file is at fault, and is named.
bad()
{
	rules '# the office' 'allow 192.0.2.1 22' "$1"
	refused 1 "^xdpwl: $RULES:3: .*$2" check
}

# --- what holds ---
rules
runs 0 "$RULES: 0 rules, 0 prefixes, no fault found" check
: > "$RULES"
runs 0 "$RULES: 0 rules, 0 prefixes, no fault found" check
printf '192.0.2.0/24\r\n2001:db8::/32,US,,\n# x\n' > list.txt
cat > "$RULES" <<'END'
# all of it
interface eth0 mode native audit
interface eth1
option ra off
option ethertype 0x8863
set office 192.0.2.0/28 2001:db8:1::/48
set list file list.txt
allow @office 22,80-90/tcp on eth0 comment "a \"quoted\" # one"
allow @list https
allow any ping,esp,proto:99
deny 198.51.100.7
deny 198.51.100.0/24 53/udp on eth0,eth1
END
runs 0 "$RULES: 5 rules, 6 prefixes, no fault found" check
json '[d["schema"], d["ok"], d["rules"], d["interfaces"]]' \
	'[1, true, 5, ["eth0", "eth1"]]' check --json
runs 0 'stdin: 5 rules, 6 prefixes, no fault found' check - < "$RULES"
sed 's/$/\r/' "$RULES" | head -c -2 > crlf.rules
runs 0 'crlf.rules: 5 rules, 6 prefixes, no fault found' check crlf.rules
mkdir sub && cp "$RULES" sub/x.rules
refused 1 'list.txt' check sub/x.rules
cp list.txt sub/
runs 0 'sub/x.rules: 5 rules, 6 prefixes, no fault found' check sub/x.rules

# --- what does not: the line, the reason ---
bad 'allow 192.0.2.2 70000' 'port 70000 is above 65535'
bad 'allow 192.0.2.2 0' 'port 0'
bad 'allow 192.0.2.2 25-20' '25-20'
bad 'allow 192.0.2.2' 'services are missing'
bad 'allow' 'source is missing'
bad 'alow 192.0.2.2 22' 'alow'
bad 'allow 10.0.0.1/8 22' '10\.0\.0\.0/8'
bad 'allow 2001:db8::1/32 22' '2001:db8::/32'
bad 'allow ::ffff:192.0.2.2 22' '192\.0\.2\.2'
bad 'allow 192.0.2.256 22' '192\.0\.2\.256'
bad 'allow 192.0.2.0/33 22' '33'
bad 'allow fe80::1%eth0 22' 'zone'
bad 'allow 192.0.2.2 nosuchservice' 'nosuchservice'
bad 'allow 192.0.2.2 22/icmp' '22/icmp|icmp'
bad 'allow 192.0.2.2 22, 80' '22, 80'
bad 'allow 192.0.2.2 22 on' "behind 'on'"
bad 'allow 192.0.2.2 22 on a/b' 'a/b'
bad 'allow 192.0.2.2 22 comment one two' 'two'
bad 'allow 192.0.2.2 22 comment "open' 'quote'
bad 'allow @nosuch 22' 'nosuch'
bad 'set cdn 192.0.2.999' '192\.0\.2\.999'
bad 'set c/d 192.0.2.1' 'c/d'
bad 'option colour blue' 'colour'
bad 'option ethertype 0x0800' '0x0800|IP'
bad 'interface' 'name'
bad 'interface eth0 mode fast' 'fast'
bad $'allow 192.0.2.2 22\e[31m' 'control character'
bad $'allow 192.0.2.2 22 comment \xff' 'UTF-8'
# Later versions have them; this one says so.
bad 'allow 192.0.2.2 22 for 2h' 'for.*version'
bad 'allow 192.0.2.2 22 until 2030-01-31T18:00:00Z' 'until.*version'
bad 'allow host:www.example.org 22' 'host:.*version'
bad 'set cdn url https://www.example.org/list' 'url.*version'
bad 'set cdn file list.txt jq ".x"' 'jq.*version'
bad 'option confirm 60s' 'confirm.*version'
bad 'option open-on-stop on' 'open-on-stop.*version'
rules 'interface eth0' 'interface eth0'
refused 1 "^xdpwl: $RULES:2: .*eth0" check
rules 'set a 192.0.2.1' 'set a 192.0.2.2'
refused 1 "^xdpwl: $RULES:2: .*a" check
printf 'allow any 22\0\n' > "$RULES"
refused 1 "^xdpwl: $RULES:1: .*NUL" check
rules 'set cdn file list.txt' 'allow @cdn 443'
printf '192.0.2.1\n192.0.2.0/2x\n' > list.txt
refused 1 'list.txt:2: ' check

rules 'set cdn file nosuch.txt' 'allow @cdn 443'
refused 1 'set cdn: .*nosuch.txt' check

# --- files that are none ---
refused 1 'nosuch.rules' check nosuch.rules
refused 1 "$WORK" check "$WORK"
head -c 100000 /dev/urandom > noise.rules
refused 1 'noise.rules:1: ' check noise.rules

# --- a million lines, one of them bad ---
awk 'BEGIN {
	for (i = 0; i < 1000000; i++)
		printf "allow 10.%d.%d.%d 22\n", i / 65536, i / 256 % 256, i % 256
}' > many.rules
sed -i '765432s/22$/70000/' many.rules
start=$SECONDS
refused 1 'many.rules:765432: port 70000' check many.rules
is 'and that is found in seconds' "$((SECONDS - start < 30))" 1

finish
