#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Links on devices as they come and go, through user/kern_link.c alone: programs of two
# instructions stand in for the whitelist's.
# shellcheck disable=SC2317,SC2016 # called through ok and refused; others' dollars

# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"
KERN=$BUILD/tests/test_kern_link
[ -x "$KERN" ] || bail "$KERN is not built: make tests"

kern() { host "$KERN" "$PINS" "$@"; }
pings() { peer ping -c 1 -W 1 "$HOST4"; }
silent() { ! peer ping -c 1 -W 0.3 "$HOST4"; }
ifindex() { host ip -o link show dev "$1" | cut -d: -f1; }
unfiltered() { ! host ip -o link show dev "$1" | grep -q 'prog/xdp'; }
devices() { kern list | cut -d' ' -f1,3 | paste -sd' '; }

net_up
mkdir "$PINS" || bail "no BPF file system"

# --- probe ---

is "an Ethernet device" "$(kern probe eth0)" "eth0 $(ifindex eth0) ethernet"
refused "an interface that is not there" 3 'no interface nosuch here' kern probe nosuch
refused "a name too long for any interface" 3 'no interface' kern probe "$(printf 'x%.0s' {1..300})"
refused "a name that is a path" 3 'no interface ../eth0' kern probe ../eth0
refused "an empty name" 3 'no interface' kern probe ""
refused "lo without --force" 5 'lo .*--force' kern probe lo
is "lo with --force has Ethernet headers" "$(kern probe lo force)" "lo 1 ethernet"
host ip link property add dev eth0 altname uplink
refused "an alternative name is told the real one" 3 'uplink .*eth0' kern probe uplink
host ip tuntap add dev tun0 mode tun || bail "no tun devices"
is "a tun has no link header" "$(kern probe tun0)" "tun0 $(ifindex tun0) no-link"
host ip tuntap add dev tap0 mode tap
is "a tap has one" "$(kern probe tap0)" "tap0 $(ifindex tap0) ethernet"
is "first address, IPv4" "$(kern address eth0 4)" "$HOST4"
is "first address, IPv6" "$(kern address eth0 6)" "$HOST6"
refused "a device without an address" 3 'no address' kern address tun0 4

# --- attach ---

is "nothing is attached" "$(kern list)" ""
is "attach: auto is native on veth" "$(kern attach eth0 auto pass)" native
ok "the program runs on the device" host sh -c "ip -o link show dev eth0 | grep -q 'xdp .*prog/xdp'"
is "it is listed" "$(kern list)" "eth0 $(ifindex eth0) native"
ok "packets pass" pings
ok "the program is replaced" kern update drop
ok "packets drop" silent
refused "a second attach of the same device" 4 "xdpwl holds it as eth0: xdpwl --pin-dir $PINS detach eth0" \
	kern attach eth0 auto pass
refused "another pin directory's device is foreign" 4 "already runs another XDP program, xdpwl_tiny \(id [0-9]+, native\): xdpwl holds it as eth0: xdpwl --pin-dir $PINS detach" \
	host "$KERN" "$PINS-other" attach eth0 auto pass
ok "detach" kern detach eth0
ok "packets pass at once" pings
is "nothing is listed" "$(kern list)" ""
refused "a second detach" 3 'eth0 is not attached' kern detach eth0
refused "detach of a path" 3 'not attached' kern detach ../eth0
is "attach: generic" "$(kern attach eth0 generic drop)" generic
is "generic is listed as such" "$(kern list)" "eth0 $(ifindex eth0) generic"
ok "packets drop in generic mode" silent
ok "replaced in generic mode" kern update pass
is "and it stays generic" "$(kern list)" "eth0 $(ifindex eth0) generic"
ok "packets pass in generic mode" pings
kern detach eth0
is "attach: native" "$(kern attach eth0 native pass)" native
kern detach eth0

# --- devices that refuse native mode ---

host ip link add br0 type bridge || bail "no bridges"
refused "a bridge in native mode" 5 'br0 in native mode.*--mode generic' kern attach br0 native pass
is "no pin is left of it" "$(kern list)" ""
is "a bridge in auto is generic" "$(kern attach br0 auto pass)" generic
kern detach br0
host ip link add big type veth peer name big2
host ip link set big2 mtu 9000
refused "a peer's MTU too large for native mode" 5 'big in native mode: .*MTU' kern attach big native pass
is "generic takes it" "$(kern attach big auto pass)" generic
ok "down, and attached all the same" host sh -c "ip -o link show dev big | grep 'state DOWN' | grep -q xdpgeneric"
kern detach big
is "a tun is attached" "$(kern attach tun0 auto pass)" "$(kern list | cut -d' ' -f3)"
ok "and replaced" kern update drop
kern detach tun0

# --- foreign programs: what the message says to do is what works ---

advised() { "$@" 2>&1 | grep -o 'ip link set dev .*'; }
netlink_attach()
{
	host bpftool net attach "$1" pinned "$PINS/program" dev eth0
}
# program_pin PATH: the program that runs on eth0.
program_pin()
{
	bpftool prog pin id "$(host ip -o link show dev eth0 |
		sed -n 's/.*prog\/xdp id \([0-9]*\).*/\1/p')" "$1"
}
kern attach eth0 auto pass >/dev/null
program_pin "$PINS/program"
kern detach eth0
for mode in xdpdrv xdpgeneric; do
	netlink_attach "$mode" || bail "bpftool cannot attach"
	refused "$mode program of another: $mode off" 4 "eth0 already runs another XDP program, xdpwl_tiny \(id [0-9]+.*ip link set dev eth0 $mode off" \
		kern probe eth0
	refused "attach refuses as well" 4 'another XDP program' kern attach eth0 auto drop
	ok "the other's program still runs" host sh -c "ip -o link show dev eth0 | grep -q prog/xdp"
	# shellcheck disable=SC2046 # the words of a command
	host $(advised kern probe eth0)
	ok "the advice removes it" kern probe eth0
done
rm "$PINS/program"

background "$HOST" "$KERN" "$PINS" hold eth0 > "$WORK/held"
holder=${PIDS[-1]}
wait_for 5 grep -q held "$WORK/held" || bail "no link"
refused "a link that a process holds" 4 "process $holder \(test_kern_link\) holds its link" kern probe eth0
kill "$holder"
wait "$holder" 2>/dev/null
ok "gone with its process" wait_for 5 kern probe eth0

kern attach eth0 auto pass >/dev/null
mv "$PINS/link-eth0" "$PINS/theirs"
refused "a link pinned elsewhere is told its pin" 4 "its link is pinned at $PINS/theirs" kern probe eth0
rm "$PINS/theirs"
ok "gone with its pin" wait_for 5 kern probe eth0

# --- names ---

link_add eth0.100
is "a dotted name" "$(kern attach eth0.100 auto pass)" native
ok "is pinned with a colon" test -e "$PINS/link-eth0:100"
is "and listed with its dot" "$(devices)" "eth0.100 native"
ok "and replaced" kern update drop
ok "and detached" kern detach eth0.100

kern attach eth0 auto drop >/dev/null
index=$(ifindex eth0)
host ip link set eth0 down
host ip link set eth0 name wan0
host ip link set wan0 up
is "a renamed device keeps the name of its attach" "$(kern list)" "eth0 $index native"
ok "and its filter" silent
ok "and is replaced" kern update pass
ok "by the new program" pings
refused "under its new name it is held by the old" 4 'xdpwl holds it as eth0' kern attach wan0 auto pass
host ip link add eth0 type veth peer name eth0-peer
refused "a newcomer of the old name does not take the pin" 5 'eth0.*renamed.*detach eth0' kern attach eth0 auto pass
ok "the newcomer is left alone" unfiltered eth0
ok "detach by the name of the attach" kern detach eth0
ok "ends the filter of the renamed device" unfiltered wan0
host ip link del eth0
host ip link set wan0 down
host ip link set wan0 name eth0
host ip link set eth0 up

# --- devices that go ---

host ip link add gone type veth peer name gone-peer
kern attach gone auto drop >/dev/null
host ip link del gone
is "a device that is gone has no index" "$(kern list)" "gone 0 native"
ok "nothing to replace is no error" kern update pass
host ip link add gone type veth peer name gone-peer
is "one of the same name again is not it" "$(kern list)" "gone 0 native"
is "attach replaces the pin" "$(kern attach gone auto drop)" native
is "and the new one is listed" "$(kern list)" "gone $(ifindex gone) native"
host ip link del gone
ok "detach of what is gone" kern detach gone
is "leaves nothing" "$(kern list)" ""

host ip link add moved type veth peer name moved-peer
kern attach moved auto drop >/dev/null
host ip link set moved netns "$PEER"
is "a device moved to another namespace is gone from here" "$(kern list)" "moved 0 native"
ok "its filter went with it" peer sh -c "ip -o link show dev moved | grep -q prog/xdp"
host ip link add moved type veth peer name moved-two
refused "its pin is not taken by a newcomer" 5 'another network namespace' kern attach moved auto pass
ok "detach ends the filter there" kern detach moved
ok "at once" peer sh -c "! ip -o link show dev moved | grep -q prog/xdp"

# --- replaced under traffic: no packet slips through ---

# IPv4 packets that came up to the host's stack.
received() { host awk '$1 == "Ip:" && $2 ~ /[0-9]/ { print $4 }' /proc/net/snmp; }
flood='
import socket, sys, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
end, n = time.monotonic() + 3, 0
while time.monotonic() < end:
    s.sendto(b"x", (sys.argv[1], 9))
    n += 1
print(n)'
# The dropping program drops ARP as well: the flood must not have to ask.
peer ip neigh replace "$HOST4" dev eth0 nud permanent lladdr \
	"$(host ip -br link show eth0 | awk '{ print $3 }')"
for mode in native generic; do
	kern attach eth0 "$mode" drop >/dev/null
	before=$(received)
	background "$PEER" /usr/bin/python3 -c "$flood" "$HOST4" > "$WORK/flood"
	failures=0
	for _ in {1..100}; do kern update drop || failures=$((failures + 1)); done
	is "$mode: 100 updates under a flood" "$failures" 0
	wait "${PIDS[-1]}"
	like "$mode: of many packets" "$(cat "$WORK/flood")" '^[1-9][0-9]{4,}$'
	is "$mode: not one came through" "$(received)" "$before"
	kern update pass
	peer ping -c 1 -W 1 "$HOST4" >/dev/null
	is "$mode: until one may" "$(($(received) > before))" 1
	kern detach eth0
done

# --- killed at every write ---

dying() { host env XDPWL_DIE_AT="$1" "$BUILD/tests/test_kern_link_faults" "$PINS" "${@:2}"; }
count()
{
	host env XDPWL_COUNT_WRITES="$WORK/writes" "$BUILD/tests/test_kern_link_faults" \
		"$PINS" "$@" >/dev/null && cat "$WORK/writes"
}
writes=$(count attach eth0 auto drop)
is "attach writes" "$writes" 2
for ((n = 1; n <= writes; n++)); do
	kern detach eth0
	dying "$n" attach eth0 auto drop >/dev/null 2>&1
	is "attach killed at write $n" $? 137
	is "leaves no pin" "$(ls "$PINS")" ""
	ok "and no program" wait_for 2 unfiltered eth0
	ok "and the next attach works" kern attach eth0 auto drop
done
writes=$(count detach eth0)
is "detach writes" "$writes" 2
for ((n = 1; n <= writes; n++)); do
	kern attach eth0 auto drop >/dev/null 2>&1
	dying "$n" detach eth0 2>/dev/null
	is "detach killed at write $n" $? 137
	ok "the next detach works" kern detach eth0
	is "and leaves no pin" "$(ls "$PINS")" ""
	ok "and no program" unfiltered eth0
done

kern attach eth0 auto drop >/dev/null
is "an update is one write" "$(count update drop)" 1
dying 1 update pass 2>/dev/null
is "an update killed before it" $? 137
ok "leaves the old program" silent
kern detach eth0

host ip link add gone type veth peer name gone-peer
kern attach gone auto drop >/dev/null
host ip link del gone
host ip link add gone type veth peer name gone-peer
for n in 1 2 3; do
	dying "$n" attach gone auto drop 2>/dev/null
	is "attach over a stale pin, killed at write $n" $? 137
	ok "leaves no program" wait_for 2 unfiltered gone
done
is "and the next attach works" "$(kern attach gone auto drop)" native
kern detach gone

# --- damage ---

kern attach eth0 auto drop >/dev/null
bpftool map create "$PINS/link-eth9" type array key 4 value 4 entries 1 name odd
refused "a pin that is no link" 5 "$PINS/link-eth9 is not a link" kern list
rm "$PINS/link-eth9"
ok "the rest works" kern detach eth0

# --- the BPF file system and mount namespaces ---

ok "the usual place is one" kern bpffs
refused "a pin directory elsewhere" 5 "$WORK/pins would not lie on a BPF file system" \
	host "$KERN" "$WORK/pins" bpffs
mkdir "$WORK/bpf" && mount -t bpf bpf "$WORK/bpf" && MOUNTS+=("$WORK/bpf")
ok "a mount of the owner's" host "$KERN" "$WORK/bpf/pins" bpffs
ok "and deeper in it" host "$KERN" "$WORK/bpf/a/b/pins" bpffs
refused "but not the mount point itself" 5 'name a directory below it' host "$KERN" "$WORK/bpf" bpffs
refused "ip netns exec: refused with the way" 5 "run nsenter --net=/run/netns/$HOST xdpwl" \
	ip netns exec "$HOST" "$KERN" "$PINS" bpffs
refused "a private mount namespace without a name" 5 'run nsenter --target 1 --mount xdpwl' \
	unshare --net --mount sh -c "umount /sys/fs/bpf && exec $KERN $PINS bpffs"
ok "the owner's mount in a private namespace is used" \
	ip netns exec "$HOST" sh -c "mount -t bpf bpf /sys/fs/bpf && exec $KERN $PINS bpffs"
is "the namespace's name" "$(kern netns)" "$HOST"
like "one without a name" "$(unshare --net "$KERN" "$PINS" netns)" '^net:\[[0-9]+\]$'

# A new process 1 sees a mount namespace of its own as everybody's: there we mount.
mounts='
	umount /sys/fs/bpf
	mount -t proc proc /proc
	for i in 1 2 3 4 5 6 7 8; do "$0" /sys/fs/bpf/x bpffs & done
	wait
	grep -c " /sys/fs/bpf " /proc/self/mountinfo'
is "mounted where it is missing, once by eight commands" \
	"$(unshare --pid --fork --mount sh -c "$mounts" "$KERN")" 1

# --- read-only pins ---

mkdir "$WORK/bpf/pins"
host "$KERN" "$WORK/bpf/pins" attach eth0 auto pass >/dev/null
program_pin "$WORK/bpf/program"
mount -o remount,ro "$WORK/bpf"
is "read-only pins are listed" "$(host env TEST_READONLY="$WORK/bpf/program" "$KERN" "$WORK/bpf/pins" list)" \
	"eth0 $(ifindex eth0) native"
refused "and not detached" 5 'Read-only' host "$KERN" "$WORK/bpf/pins" detach eth0
mount -o remount,rw "$WORK/bpf"
ok "until they can be written again" host "$KERN" "$WORK/bpf/pins" detach eth0

# --- capabilities ---

ok "root has what is needed" kern privileges
without() { setpriv --bounding-set "$1" --inh-caps "$1" "$KERN" "$PINS" privileges; }
refused "no root" 6 'CAP_BPF, CAP_NET_ADMIN, CAP_PERFMON' setpriv --reuid 65534 --clear-groups "$KERN" "$PINS" privileges
refused "without CAP_NET_ADMIN" 6 'needs CAP_NET_ADMIN, which' without -net_admin
refused "without CAP_BPF and what stands for it" 6 'needs CAP_BPF, which' without -bpf,-sys_admin
ok "CAP_SYS_ADMIN stands for CAP_BPF and CAP_PERFMON" without -bpf,-perfmon

finish
