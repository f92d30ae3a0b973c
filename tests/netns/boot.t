#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# make install and the unit it installs. The unit's own ExecStart and ExecReload
# lines run as written, with the default paths, in a mount namespace that has
# the installed files in their places: on a device that is down, then brought up
# under traffic.

# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"

ROOT=$WORK/root
UNIT=$ROOT/usr/local/lib/systemd/system/xdpwl.service
FILE=$ROOT/etc/xdpwl/xdpwl.rules

installs() { make -C "$TOP" BUILD="$BUILD" install DESTDIR="$ROOT" "$@"; }

# --- what is installed ---

ok "make install" installs
for file in usr/local/sbin/xdpwl usr/local/lib/systemd/system/xdpwl.service \
	usr/local/share/man/man8/xdpwl.8 \
	usr/local/share/bash-completion/completions/xdpwl \
	usr/local/share/doc/xdpwl/examples/bastion.rules; do
	ok "installed: $file" test -s "$ROOT/$file"
done
is "no placeholder is left in the unit" "$(grep -c '@[A-Z]*@' "$UNIT")" 0
chmod 711 "$ROOT/etc/xdpwl"
echo "# the owner's" > "$FILE"
ok "make install again, with PREFIX" installs PREFIX=/usr
like "PREFIX is in the unit" "$(cat "$ROOT/usr/lib/systemd/system/xdpwl.service")" \
	'^ExecStart=/usr/sbin/xdpwl apply$'
is "an /etc/xdpwl that is there is not touched" \
	"$(stat -c %a "$ROOT/etc/xdpwl") $(cat "$FILE")" "711 # the owner's"

completes()
{
	PATH=$ROOT/usr/local/sbin:$PATH bash -c '
		. "$1"
		COMP_WORDS=(xdpwl "${@:2}")
		COMP_CWORD=$(($# - 1))
		_xdpwl
		echo "${COMPREPLY[@]}"' sh \
		"$ROOT/usr/local/share/bash-completion/completions/xdpwl" "$@"
}
is "completion of a command" "$(completes att)" attach
is "completion behind global options" "$(completes --rules x rev)" revoke
is "completion of a mode" "$(completes attach eth0 --mode na)" native
is "completion of an option" "$(completes apply --di)" --diff

# --- the unit, in a mount namespace with the files in place ---

net_up
serve tcp/22 tcp/80
cp -a /etc "$WORK/etc"
rm -rf "$WORK/etc/xdpwl"
mkdir "$WORK/etc/xdpwl" "$WORK/var"
FILE=$WORK/etc/xdpwl/xdpwl.rules
# shellcheck disable=SC2016 # the inner shell's
unshare --mount --propagation private sh -c '
	mount --bind "$1/root/usr/local" /usr/local && mount --bind "$1/etc" /etc &&
	mount --bind "$1/var" /var/lib && mount -t bpf bpf /sys/fs/bpf &&
	mkdir /var/lib/xdpwl && echo ready > "$1/mounted" && exec sleep 600' sh "$WORK" &
HOLDER=$!
PIDS+=("$HOLDER")
wait_for 10 test -s "$WORK/mounted" || bail "no mount namespace"
# --root: the holder may have another root directory than its mount namespace.
boot()
{
	nsenter --mount="/proc/$HOLDER/ns/mnt" --root="/proc/$HOLDER/root" \
		--net="/run/netns/$HOST" -- "$@"
}

# run KEY: the unit's line of that key, as written.
run()
{
	local line

	line=$(sed -n "s/^$1=//p" "$UNIT")
	# shellcheck disable=SC2086 # words, as systemd would split them
	boot $line
}

ok "systemd-analyze verify" boot systemd-analyze verify --man=no \
	/usr/local/lib/systemd/system/xdpwl.service
is "it says nothing" "$(boot systemd-analyze verify --man=no \
	/usr/local/lib/systemd/system/xdpwl.service 2>&1)" ""
is "stopping runs nothing" "$(grep -c '^ExecStop' "$UNIT")" 0
like "it comes before the network" "$(cat "$UNIT")" '^Before=.*network-pre\.target'
like "and asks for that point" "$(cat "$UNIT")" '^Wants=network-pre\.target'
is "it stays active" "$(grep -c -x -e Type=oneshot -e RemainAfterExit=yes "$UNIT")" 2

# --- boot ---

refused "no rules file: it fails, loudly" 1 /etc/xdpwl/xdpwl.rules run ExecStart
echo "allow 192.0.2.10 70000" > "$FILE"
refused "a bad rules file: it fails, with the line" 1 \
	'xdpwl.rules:1: .*70000' run ExecStart
printf 'interface eth0\ninterface eth7\nallow 192.0.2.10 22/tcp\n' > "$FILE"
host ip link set eth0 down
background "$HOST" "$DIR/flood.py" count 7777 > "$WORK/count"
COUNTER=${PIDS[-1]}
wait_for 5 grep -q ready "$WORK/count"
peer ip neigh replace "$HOST4" dev eth0 nud permanent lladdr \
	"$(host ip -br link show eth0 | awk '{ print $3 }')"
background "$PEER" "$DIR/flood.py" send 192.0.2.17 "$HOST4" 7777
SENDER=${PIDS[-1]}
ok "ExecStart, on a device that is down, under traffic" run ExecStart
like "an interface that is missing is a warning" "$(run ExecStart 2>&1)" 'warning.*eth7'
host ip link set eth0 up
came() { boot xdpwl drops --json | grep -q '"port": *7777'; }
ok "the flood arrives" wait_for 20 came
kill "$SENDER"
peer ip neigh del "$HOST4" dev eth0
traffic "booted" << EOF
192.0.2.10  tcp/22  answer
192.0.2.10  tcp/80  silence
192.0.2.17  tcp/22  silence
EOF
kill -TERM "$COUNTER"
wait_for 5 grep -q '^[0-9]' "$WORK/count"
is "not one packet of the flood came through" "$(tail -n 1 "$WORK/count")" 0

# --- reload ---

printf 'interface eth0\nallow 192.0.2.10 80/tcp\n' > "$FILE"
ok "ExecReload" run ExecReload
traffic "reloaded" << EOF
192.0.2.10  tcp/80  answer
192.0.2.10  tcp/22  silence
EOF
printf 'interface eth0\nallow 192.0.2.10 22/tcp\nallow everybody 22\n' > "$FILE"
refused "a bad file fails the reload, with its line" 1 \
	'/etc/xdpwl/xdpwl.rules:3: ' run ExecReload
traffic "and leaves in force what runs" << EOF
192.0.2.10  tcp/80  answer
192.0.2.10  tcp/22  silence
EOF

# --- what the sandbox lets through is enough ---

printf 'interface eth0\nallow 192.0.2.10 80/tcp\n' > "$FILE"
ok "apply under strace" boot strace -f -o "$WORK/calls" xdpwl apply
families=$(sed -n 's/^RestrictAddressFamilies=//p' "$UNIT" | tr ' ' '|')
is "sockets are of the families that the unit grants" "$(grep -o 'socket(AF_[A-Z0-9]*' \
	"$WORK/calls" | grep -Ev "socket\(($families)$")" ""
boot xdpwl detach --all --runtime -q
ok "apply that attaches, under strace" boot strace -f -A -o "$WORK/calls" xdpwl apply
systemd-analyze syscall-filter > "$WORK/filter" 2>/dev/null
is "system calls are those that the unit grants" "$(/usr/bin/python3 - "$WORK" \
	"$(sed -n 's/^SystemCallFilter=//p' "$UNIT")" <<- 'EOF'
	import re, sys
	groups, name = {}, None
	for line in open(sys.argv[1] + "/filter"):
	    if line.startswith("@"):
	        name = line.strip()
	        groups[name] = []
	    elif line.startswith("    ") and not line.strip().startswith("#"):
	        groups[name].append(line.strip())
	def members(word):
	    return set().union(*map(members, groups[word])) if word in groups else {word}
	# systemd grants these to every service.
	granted = members("@default") | set().union(*map(members, sys.argv[2].split()))
	used = {m[1] for m in (re.match(r"\d+ +(\w+)\(", line)
	                       for line in open(sys.argv[1] + "/calls")) if m}
	print(*sorted(used - granted))
EOF
)" ""
finish
