# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# packages_install PACKAGE...: those that are not installed, by apt-get. To be
# sourced. Says what it installs; on a machine that is not Debian it only says
# so.

packages_missing()
{
	local package

	for package in "$@"; do
		dpkg-query -W -f '${Status}\n' "$package" 2>/dev/null |
			grep -q ' installed$' || echo "$package"
	done
}

packages_install()
{
	local missing log

	if ! command -v dpkg-query >/dev/null; then
		echo "not Debian, so nothing is installed; needed: $*"
		return
	fi
	missing=$(packages_missing "$@" | paste -sd ' ')
	[ -z "$missing" ] && return
	echo "installing from Debian: $missing"
	log=$(mktemp) || return 1
	# shellcheck disable=SC2086 # a list of words
	if ! { apt-get update -qq && DEBIAN_FRONTEND=noninteractive \
		apt-get install -y -qq --no-install-recommends $missing; } \
		> "$log" 2>&1; then
		tail -n 5 "$log" >&2
		rm -f "$log"
		return 1
	fi
	rm -f "$log"
}
