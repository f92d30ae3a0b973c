#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The files behind what runs: writers at once, a full disk, a directory that
# cannot be written, files deleted or spoiled after apply, a bad line among a
# million. What packets meet is what list, set show and test speak of, whatever
# became of the files.

# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"

# What runs, for comparison: rules without their counters' comments.
running() { xdpwl list | sed 's, *#.*,,; /^$/d'; }

writers()
{
	local i pids=() failures=0

	rules <<- EOF
		# The owner's words stay.
		interface eth0
	EOF
	ok "apply" xdpwl apply
	for i in $(seq 16); do
		xdpwl allow "192.0.2.$((i + 4))" "$((1000 + i))" > "$WORK/w$i" 2>&1 &
		pids+=($!)
	done
	for i in "${pids[@]}"; do
		wait "$i" || failures=$((failures + 1))
	done
	is "16 writers at once: none fails" "$failures" 0
	is "all run" "$(running | grep -c '^allow')" 16
	is "all are saved" "$(grep -c '^allow' "$RULES")" 16
	is "the owner's words stayed" "$(head -n 1 "$RULES")" "# The owner's words stay."
	is "saved says so" "$(xdpwl status --json | json saved)" true
	for i in $(seq 16); do
		xdpwl revoke "192.0.2.$((i + 4))" "$((1000 + i))" &
	done > "$WORK/revoked" 2>&1
	wait_for 30 none_runs
	is "16 writers taking back: none runs" "$(running | grep -c '^allow')" 0
	is "none is saved" "$(grep -c '^allow' "$RULES")" 0
}

none_runs() { ! running | grep -q '^allow' && ! grep -q '^allow' "$RULES"; }

# unchanged LABEL: rules, file and packets are what they were before the
# refusal.
remember() { running > "$WORK/before"; cp "$RULES" "$WORK/rules.before"; }
unchanged()
{
	ok "$1: what runs is unchanged" cmp "$WORK/before" <(running)
	ok "$1: the file is unchanged" cmp "$WORK/rules.before" "$RULES"
	is "$1: no litter" "$(find "$(dirname "$RULES")" -maxdepth 1 -name '*.rules*' \
		! -name '*.before' | grep -cvFx "$RULES")" 0
	traffic "$1" <<- EOF
		192.0.2.10  tcp/22  answer
		192.0.2.11  tcp/22  silence
	EOF
}

disk()
{
	local home=$RULES

	mkdir "$WORK/disk"
	mount -t tmpfs -o size=64k,mode=755 none "$WORK/disk" || bail "no tmpfs here"
	MOUNTS+=("$WORK/disk")
	RULES=$WORK/disk/xdpwl.rules
	rules <<- EOF
		interface eth0
		allow 192.0.2.10 22
	EOF
	ok "rules on a small disk" xdpwl apply
	remember
	head -c 100000 /dev/zero > "$WORK/disk/filler" 2>/dev/null
	refused "full disk: allow" 7 'No space left' xdpwl allow 192.0.2.11 22
	refused "full disk: revoke" 7 'No space left' xdpwl revoke 192.0.2.10 22
	refused "full disk: detach" 7 'No space left' xdpwl detach eth0
	unchanged "full disk"
	ok "full disk: --runtime needs none" xdpwl allow 192.0.2.19 22 --runtime
	ok "full disk: taken back" xdpwl revoke 192.0.2.19 22 --runtime
	rm "$WORK/disk/filler"
	mount -o remount,ro "$WORK/disk"
	refused "read-only: allow" 5 'Read-only' xdpwl allow 192.0.2.11 22
	refused "read-only: deny" 5 'Read-only' xdpwl deny 192.0.2.10
	refused "read-only: apply --save" 5 'Read-only' \
		xdpwl apply "$WORK/rules.other" --save
	unchanged "read-only"
	ok "read-only: apply reads only" xdpwl apply
	umount "$WORK/disk"
	RULES=$home
}

gone()
{
	printf '192.0.2.10\n192.0.2.12/31\n2001:db8::10\n' > "$WORK/friends"
	rules <<- EOF
		interface eth0
		set friends file $WORK/friends
		set few 192.0.2.14 192.0.2.15
		allow @friends 22/tcp
		allow @few 80/tcp
	EOF
	ok "sets from a file and from the rules" xdpwl apply
	running > "$WORK/before"
	rm "$WORK/friends" "$RULES"
	ok "files gone: list" cmp "$WORK/before" <(running)
	is "files gone: set show" "$(xdpwl set friends show | grep -c '^[0-9]')" 3
	is "files gone: set --json" "$(xdpwl set friends show --json | json prefixes.0)" \
		192.0.2.10/32
	verdict pass 192.0.2.13 22/tcp
	verdict drop 192.0.2.14 22/tcp
	verdict pass 192.0.2.14 80/tcp
	is "files gone: saved is false" "$(xdpwl status --json | json saved)" false
	ok "files gone: allow" xdpwl allow 192.0.2.16 22/tcp
	ok "files gone: set add, in what runs" xdpwl set few add 192.0.2.17 --runtime
	traffic "files gone" <<- EOF
		192.0.2.10    tcp/22  answer
		2001:db8::10  tcp/22  answer
		192.0.2.16    tcp/22  answer
		192.0.2.17    tcp/80  answer
		192.0.2.18    tcp/22  silence
	EOF
	ok "files gone: revoke" xdpwl revoke 192.0.2.16 22/tcp
	ok "files gone: revoke a set's" xdpwl revoke @few 80/tcp --runtime
	traffic "files gone, revoked" <<- EOF
		192.0.2.10  tcp/22  answer
		192.0.2.16  tcp/22  silence
		192.0.2.14  tcp/80  silence
	EOF
	head -c 4000 /dev/urandom > "$RULES"
	head -c 4000 /dev/urandom > "$WORK/friends"
	running > "$WORK/before"
	refused "spoiled: allow is refused" 1 'xdpwl.rules:[0-9]+' xdpwl allow 192.0.2.16 22
	refused "spoiled: apply is refused" 1 'xdpwl.rules:[0-9]+' xdpwl apply
	ok "spoiled: list" cmp "$WORK/before" <(running)
	is "spoiled: set show" "$(xdpwl set friends show | grep -c '^[0-9]')" 3
	ok "spoiled: allow --runtime" xdpwl allow 192.0.2.16 22/tcp --runtime
	verdict pass 192.0.2.16 22
	verdict pass 192.0.2.10 22
	rules <<- EOF
		set friends file $WORK/friends
		allow @friends 22/tcp
	EOF
	refused "a spoiled set file is named with its line" 1 'friends:[0-9]+' xdpwl apply
	rm "$WORK/friends"
	refused "a missing set file is named" 1 "$WORK/friends" xdpwl apply
	verdict pass 192.0.2.10 22
}

# A million good lines around a bad one, as rules and as members of a set.
million()
{
	rules <<- EOF
		interface eth0
		allow 192.0.2.10 22
	EOF
	ok "a small file" xdpwl apply
	remember
	/usr/bin/python3 - "$WORK" <<- 'EOF'
		import sys
		address = lambda i: "10.%d.%d.%d" % (i >> 16, i >> 8 & 255, i & 255)
		with open(sys.argv[1] + "/big", "w") as out:
		    for i in range(1, 1000001):
		        out.write("allow %s %d\n" % (address(i), 70000 if i == 700001 else 443))
		with open(sys.argv[1] + "/members", "w") as out:
		    for i in range(1, 1000001):
		        out.write(address(i) + ("/33\n" if i == 999999 else "\n"))
		with open(sys.argv[1] + "/bigset", "w") as out:
		    out.write("set many file members\nallow @many 443\n")
	EOF
	refused "a bad line among a million is named" 1 'big:700001: .*70000.*65535' \
		xdpwl apply "$WORK/big"
	unchanged "a bad line among a million"
	refused "the same without applying" 1 'big:700001: ' xdpwl apply --check "$WORK/big"
	refused "a bad member among a million is named" 1 'members:999999: ' \
		xdpwl apply "$WORK/bigset"
	unchanged "a bad member among a million"
}

net_up
serve tcp/22 tcp/80
printf 'interface eth0\n' > "$WORK/rules.other"
writers
disk
ok "detach" xdpwl detach --all
gone
million
finish
