#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Where a command runs: without privileges, in another network namespace than
# its pins, in `ip netns exec`, without a BPF file system. What cannot work is
# refused in one line, and nothing changed.

# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"

net_up
rules << EOF
interface eth0
allow 192.0.2.10 22/tcp
EOF

# --- no privileges ---

# bounded CAPS COMMAND...: in the host's namespace, as root with that bounding
# set.
bounded() { host setpriv --bounding-set="$1" --inh-caps=-all "${@:2}"; }

chmod 755 "$WORK"
chmod 644 "$RULES"
refused "attach as nobody" 6 'CAP_(BPF|NET_ADMIN)' \
	host setpriv --reuid=65534 --regid=65534 --clear-groups "${xdpwl_argv[@]:3}" \
	attach eth0
refused "attach without CAP_NET_ADMIN" 6 'CAP_NET_ADMIN' \
	bounded -net_admin "${xdpwl_argv[@]:3}" attach eth0
refused "attach without CAP_BPF and CAP_SYS_ADMIN" 6 'CAP_BPF' \
	bounded -bpf,-sys_admin "${xdpwl_argv[@]:3}" attach eth0
refused "attach without CAP_PERFMON and CAP_SYS_ADMIN" 6 'CAP_PERFMON' \
	bounded -perfmon,-sys_admin "${xdpwl_argv[@]:3}" attach eth0
ok "nobody may check a file" setpriv --reuid=65534 --regid=65534 \
	--clear-groups "$XDPWL" apply --check "$RULES"
ok "nothing is attached" sh -c "! nsenter --net=/run/netns/$HOST ip link | grep -q xdp"
ok "nothing is pinned" test ! -e "$PINS"
granted=$(sed -n 's/^CapabilityBoundingSet=//p' "$TOP/user/xdpwl.service.in" |
	tr 'A-Z ' 'a-z,' | sed 's/cap_/+/g')
ok "what the unit grants is enough" bounded "-all,$granted" \
	"${xdpwl_argv[@]:3}" apply
is "to attach" "$(xdpwl status --json | json interfaces.0.name)" eth0
ok "and to apply again" bounded "-all,$granted" \
	"${xdpwl_argv[@]:3}" apply
refused "apply again without CAP_SYS_ADMIN" 6 'CAP_SYS_ADMIN' \
	bounded -sys_admin "${xdpwl_argv[@]:3}" apply
refused "list as nobody" 6 'CAP_BPF' host setpriv --reuid=65534 --regid=65534 \
	--clear-groups "${xdpwl_argv[@]:3}" list

# --- another network namespace ---

for command in "list" "status" "attach eth0" "allow 192.0.2.11 22" "apply" \
	"drops" "detach --all" "test 192.0.2.10 22"; do
	# shellcheck disable=SC2086 # words of a command
	refused "$command from another namespace names ours" 5 "$HOST" \
		peer "${xdpwl_argv[@]:3}" $command
done
is "the rules file is as it was" "$(grep -c 192.0.2.11 "$RULES")" 0
serve tcp/22
traffic "still filtered" << EOF
192.0.2.10  tcp/22  answer
192.0.2.11  tcp/22  silence
EOF
refused "from a namespace without a name, ours is named too" 5 "$HOST" \
	unshare --net "${xdpwl_argv[@]:3}" list

# --- ip netns exec: its bpffs would die with it ---

ok "detach" xdpwl detach --all
if ip netns exec "$HOST" sh -c 'mountpoint -q /sys/fs/bpf'; then
	diag "this iproute2 brings a BPF file system into ip netns exec"
fi
refused "attach in ip netns exec" 5 'nsenter' ip netns exec "$HOST" "${xdpwl_argv[@]:3}" \
	attach eth0
ok "nothing is attached" sh -c "! nsenter --net=/run/netns/$HOST ip link | grep -q xdp"
refused "no BPF file system in a mount namespace of our own" 5 'nsenter|mount' \
	unshare --mount sh -c 'umount -l /sys/fs/bpf; exec "$@"' sh "${xdpwl_argv[@]}" \
	attach eth0
mkdir "$WORK/plain"
refused "a pin directory that is on no BPF file system" 5 "$WORK/plain" \
	host "$XDPWL" --rules "$RULES" --pin-dir "$WORK/plain/pins" attach eth0
ok "nothing is attached" sh -c "! nsenter --net=/run/netns/$HOST ip link | grep -q xdp"

# The machine's own process 1 decides: in a container (a process 1 with its own
# mounts) the file system is mounted where it is missing.
container()
{
	unshare --mount --pid --fork --mount-proc --propagation private sh -c '
		umount -l /sys/fs/bpf 2>/dev/null
		nsenter --net="$1" -- "$2" --rules "$3" --pin-dir /sys/fs/bpf/xdpwl attach eth0 &&
		mountpoint -q /sys/fs/bpf &&
		nsenter --net="$1" -- "$2" --rules "$3" --pin-dir /sys/fs/bpf/xdpwl status' \
		sh "/run/netns/$HOST" "$XDPWL" "$RULES"
}
ok "a missing BPF file system is mounted for process 1" container
finish
