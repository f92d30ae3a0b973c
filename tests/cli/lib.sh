# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# For the tests of this directory: TAP, and the program with rules of its own and pins
# that are not there, so that nothing is attached and no root is needed. To be sourced
# by bash.

set -u
TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
BUILD=$(cd "$TOP" && realpath "${BUILD:-build}")
XDPWL=$BUILD/xdpwl
WORK=$(mktemp -d "${TMPDIR:-/tmp}/xdpwl-cli.XXXXXX") || exit 1
RULES=$WORK/xdpwl.rules
TESTS=0 FAILED=0
# The lockout guard would see the tester's own session.
unset SSH_CONNECTION

trap 'chmod -R u+w "$WORK"; rm -rf "$WORK"' EXIT
trap 'exit 1' INT TERM
cd "$WORK" || exit 1

xdpwl()
{
	"$XDPWL" --rules "$RULES" --pin-dir "$WORK/pins" \
		--state-dir "$WORK/state" "$@"
}

# rules LINE...: what the rules file holds from here on.
rules() { printf '%s\n' "$@" > "$RULES"; }

# --- TAP ---

diag() { printf '# %s\n' "${*//$'\n'/$'\n'# }"; }

# result STATUS DESCRIPTION: one line of TAP.
result()
{
	local description=${2//[#$'\n']/ }

	TESTS=$((TESTS + 1))
	if [ "$1" = 0 ]; then
		echo "ok $TESTS - $description"
	else
		FAILED=$((FAILED + 1))
		echo "not ok $TESTS - $description"
	fi
	return "$1"
}

# is DESCRIPTION GOT WANTED
is()
{
	[ "$2" = "$3" ]
	result $? "$1" || diag "got: $2
wanted: $3"
}

# runs CODE STDOUT COMMAND...: that exit code, exactly that on stdout, and on stderr
# nothing but warnings. `*` is any output.
runs()
{
	local code=$1 wanted=$2 got status

	shift 2
	got=$("$@" 2> "$WORK/.err")
	status=$?
	[ "$status" = "$code" ] && { [ "$wanted" = '*' ] || [ "$got" = "$wanted" ]; } &&
		! grep -qv '^xdpwl: warning: ' "$WORK/.err"
	result $? "$* -> $code" || diag "exit $status
stdout: $got
wanted: $wanted
stderr: $(cat "$WORK/.err")"
}

# refused CODE REGEX COMMAND...: that exit code, nothing on stdout, and on stderr one line
# beside warnings, which matches.
refused()
{
	local code=$1 regex=$2 got status lines

	shift 2
	got=$("$@" 2> "$WORK/.err")
	status=$?
	lines=$(grep -v '^xdpwl: warning: ' "$WORK/.err")
	[ "$status" = "$code" ] && [ -z "$got" ] && [[ $lines == 'xdpwl: '* ]] &&
		[ "$(wc -l <<< "$lines")" = 1 ] && grep -Eq -e "$regex" <<< "$lines"
	result $? "$* -> $code, $regex" || diag "exit $status
stdout: $got
stderr: $(cat "$WORK/.err")"
}

# warns REGEX COMMAND...: succeeds, and a warning matches.
warns()
{
	local regex=$1 status

	shift
	"$@" > /dev/null 2> "$WORK/.err"
	status=$?
	[ "$status" = 0 ] && grep -Eq -e "^xdpwl: warning: .*$regex" "$WORK/.err"
	result $? "$* warns of $regex" || diag "exit $status
stderr: $(cat "$WORK/.err")"
}

# holds DESCRIPTION LINE...: the rules file, to the byte.
holds()
{
	local description=$1

	shift
	printf '%s\n' "$@" > "$WORK/.wanted"
	cmp -s "$WORK/.wanted" "$RULES"
	result $? "$description" || diag "$(diff "$WORK/.wanted" "$RULES")"
}

# json FILTER WANTED COMMAND...: python's view of the one document on stdout.
json()
{
	local filter=$1 wanted=$2

	shift 2
	is "$* | $filter" "$("$@" 2> /dev/null | python3 -c "
import json, sys
d = json.load(sys.stdin)
print(json.dumps(($filter)))")" "$wanted"
}

finish() { echo "1..$TESTS"; exit "$((FAILED != 0))"; }
