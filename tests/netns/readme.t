#!/bin/bash
# shellcheck source-path=SCRIPTDIR
# SPDX-License-Identifier: GPL-2.0-only
#
# The README's tour, line by line as it stands there, in a namespace; and the keys of
# every JSON document, held against what the man page says of them.

. "$(dirname "$0")/lib.sh"

cd "$TOP" || bail "no $TOP"
net_up

# --- the tour ---

# Commands of the README, in its order: those of xdpwl, and those that make files.
tour()
{
	awk '/^```/ { inside = /^```sh$/; next } inside' README.md |
		grep -E '^(xdpwl|cp|echo) ' | sed "s|/etc/xdpwl/|$WORK/|g"
}

# wanted LINE: its exit code.
wanted()
{
	case $1 in
	"xdpwl apply --diff") echo 2 ;;
	"xdpwl test 198.51.100.66 "*) echo 9 ;;
	*) echo 0 ;;
	esac
}

mapfile -t lines < <(tour)
is "the tour is there" "$((${#lines[@]} > 15))" 1
for line in "${lines[@]}"; do
	output=$(eval "$line" 2>&1)
	is "tour: $line" "$?" "$(wanted "$line")" || diag "$output"
done
traffic "after the tour" << END
192.0.2.11 tcp/22 silence
END
verdict pass 104.16.0.10 443
verdict pass 203.0.113.5 22
verdict drop 203.0.113.5 ping
is "after the tour, the file is what runs" "$(xdpwl status --json | json saved)" true

# --- the JSON of the man page ---

# keys ITEM: the words in Li below that item of the JSON section, and the first.
keys()
{
	awk -v item="$1" '
	/^\.S/ { section = /^\.Sh JSON/ }
	/^\.It/ { inside = section && $NF == item; next }
	/^\.El/ { section = 0; inside = 0 }
	inside && /^\.(Li|Pq)/ {
		for (i = 2; i <= NF; i++)
			if ($i ~ /^[a-z_]+$/) print $i
	}' user/xdpwl.8 | grep -vxE 'inline|file|pass|drop|No|or|Li' | sort -u
}

# found: every key of the document on stdin, at any depth, but schema.
found()
{
	/usr/bin/python3 -c '
import json, sys
def walk(value):
    if isinstance(value, dict):
        for key, inner in value.items():
            yield key
            yield from walk(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from walk(inner)
print(*sorted(set(walk(json.load(sys.stdin))) - {"schema"}), sep="\n")'
}

# document ITEM COMMAND...: its keys are those that the page names.
document()
{
	local all named

	all=$("${@:2}" 2>/dev/null | found)
	named=$(keys "$1")
	is "xdpwl.8 has the JSON of ${*:3}" "$all" "$named"
}

document set xdpwl set cdn --json
document test xdpwl test 203.0.113.5 22 --json
document status xdpwl status --json
document help xdpwl help --json
xdpwl deny 192.0.2.12 > /dev/null
peer nc -z -w 1 -s 192.0.2.11 "$HOST4" 3306
document drops xdpwl drops --by rule --json

# part ITEM[,ITEM] COMMAND...: the same of documents that share an item: what is found
# is a part of what is named, and is something.
part()
{
	local all strange

	all=$("${@:2}" 2>/dev/null | found)
	strange=$(grep -vxF "$(for item in ${1//,/ }; do keys "$item"; done)" <<< "$all")
	[ -n "$all" ] || strange="nothing was found"
	is "xdpwl.8 has the JSON of ${*:3}" "$strange" ""
}
part apply xdpwl apply --check --json
part apply xdpwl apply --diff --json
part changes xdpwl apply --json
part changes xdpwl allow any 80,81 --json
part changes xdpwl revoke any 81 --json
part changes xdpwl attach eth0 --json
part list,set xdpwl list --json
part changes xdpwl detach --all --json

finish
