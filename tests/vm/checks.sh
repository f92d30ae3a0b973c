# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# The checks that run inside a machine, by busybox's sh. TAP without numbers on
# stdout; the host numbers it.
#
#   peer (a network namespace)               this machine
#   pp0  192.0.2.10 .11, 2001:db8::10  ====  xp0  192.0.2.1, 2001:db8::1
#   pp1, pp2                           ====  xp1, xp2

RULES=/tmp/rules
PINS=/sys/fs/bpf/xdpwl
LIMIT=60	# seconds for one command; emulation is slow

xdpwl()
{
	timeout "$LIMIT" ./xdpwl --rules "$RULES" --state-dir /tmp/state "$@"
}

# Busybox has an ip of its own, which knows less.
ip() { ./ip "$@"; }
peer() { ip netns exec peer "$@"; }

# result STATUS DESCRIPTION
result()
{
	if [ "$1" = 0 ]; then
		echo "ok - $2"
	else
		echo "not ok - $2"
	fi
}

# exits CODE DESCRIPTION COMMAND...
exits()
{
	local wanted=$1 description=$2 got

	shift 2
	"$@" > /tmp/out 2>&1
	got=$?
	[ $got = "$wanted" ]
	result $? "$description"
	[ $got = "$wanted" ] && return
	echo "# $* exits $got, not $wanted"
	head -n 20 /tmp/out | sed 's/^/# /'
	return 1
}

# says DESCRIPTION TEXT COMMAND...: exit 0, and the output holds the text.
says()
{
	local description=$1 text=$2

	shift 2
	"$@" > /tmp/out 2>&1 && grep -Fq -e "$text" /tmp/out
	result $? "$description"
	grep -Fq -e "$text" /tmp/out && return
	echo "# $* does not say $text:"
	head -n 20 /tmp/out | sed 's/^/# /'
}

network_make()
{
	local i family

	ip netns add peer
	for i in 0 1 2; do
		for family in /proc/sys/net/ipv6/conf/*; do
			echo 0 > "$family/accept_dad"
		done
		ip link add "xp$i" type veth peer name "pp$i" netns peer
		ip link set "xp$i" up
		ip -n peer link set "pp$i" up
	done
	ip addr add 192.0.2.1/24 dev xp0
	ip addr add 2001:db8::1/64 dev xp0 nodad
	ip -n peer addr add 192.0.2.10/24 dev pp0
	ip -n peer addr add 192.0.2.11/24 dev pp0
	ip -n peer addr add 2001:db8::10/64 dev pp0 nodad
}

# reaches SOURCE ADDRESS: whether a ping is answered.
reaches() { peer ping -c 1 -W 2 -I "$1" "$2"; }

# Feature probes: what a kernel has, and that the lack of it does not matter.
check_load()
{
	local wanted=yes

	case $(uname -r) in
	5.10.*) wanted=refused ;;
	esac
	./load objects/*.o > /tmp/load
	cat /tmp/load
	says "multi-buffer: $wanted" "multi-buffer programs: $wanted" \
		cat /tmp/load
}

# check_mode MODE: attached so, by real packets.
check_mode()
{
	: > "$RULES"
	exits 0 "$1: attach" xdpwl attach xp0 --mode "$1"
	says "$1: status" "\"mode\":\"$1\"" packed status
	exits 1 "$1: an empty whitelist drops pings" \
		reaches 192.0.2.10 192.0.2.1
	exits 0 "$1: allow" xdpwl allow 192.0.2.10 ping
	exits 0 "$1: allow over IPv6" xdpwl allow 2001:db8::/32 ping
	exits 0 "$1: the allowed ping passes" reaches 192.0.2.10 192.0.2.1
	exits 1 "$1: another address's drops" reaches 192.0.2.11 192.0.2.1
	exits 0 "$1: the allowed ping over IPv6 passes" \
		reaches 2001:db8::10 2001:db8::1
	says "$1: drops" '"reason":"not-allowed"' packed drops
	exits 0 "$1: detach" xdpwl detach --all
	exits 0 "$1: pings pass again" reaches 192.0.2.11 192.0.2.1
}

packed() { xdpwl "$@" --json | tr -d ' \n'; }

# 5,000 prefixes that do not touch: 10.0.0.0/24, 10.0.2.0/24 ...
big_set()
{
	awk 'BEGIN { for (i = 0; i < 5000; i++)
		printf "10.%d.%d.0/24\n", i * 2 / 256, i * 2 % 256 }'
}

check_set()
{
	big_set > /tmp/big
	printf 'set big file /tmp/big\nallow @big 443/tcp\n' > /tmp/new
	exits 0 "set: attach" xdpwl attach xp0
	exits 0 "set: apply 5,000 prefixes" xdpwl apply /tmp/new --save
	exits 0 "set: the first prefix" xdpwl test 10.0.0.1 443
	exits 0 "set: the last prefix" xdpwl test 10.39.14.255 443
	exits 9 "set: between two of them" xdpwl test 10.0.1.1 443
	exits 9 "set: another port" xdpwl test 10.0.0.1 80
	xdpwl list > /tmp/list
	exits 0 "set: the list is what runs" xdpwl apply --diff - < /tmp/list
	echo "allow 198.51.100.9 22" >> /tmp/list
	exits 2 "set: one rule more is not" xdpwl apply --diff - < /tmp/list
	exits 0 "set: an edit beside it" xdpwl allow 10.0.1.1 443/tcp
	exits 0 "set: the edit holds" xdpwl test 10.0.1.1 443
	exits 0 "set: and revoke" xdpwl revoke 10.0.1.1 443/tcp
	exits 9 "set: it is gone" xdpwl test 10.0.1.1 443
	exits 0 "set: detach" xdpwl detach --all
}

# So many that their trie is in parts, where the kernel can place these. Below a prefix that
# is so short nothing stands in front of it.
check_parts()
{
	awk 'BEGIN { for (i = 0; i < 140000; i++)
		printf "2a0%x:%x:0:1::/64\n", i % 16, i / 16 }' > /tmp/big
	printf '%s\n' 'set big file /tmp/big' 'allow @big 443' \
		'allow 2a00::/12 25' > "$RULES"
	exits 0 "parts: attach" xdpwl attach xp0
	exits 0 "parts: the first prefix" xdpwl test 2a00:0:0:1::5 443
	exits 0 "parts: the last prefix" xdpwl test 2a0f:222d:0:1::5 443
	exits 9 "parts: beside it" xdpwl test 2a0f:222d:0:2::5 443
	exits 0 "parts: the short one" xdpwl test 2a0f:222d:0:2::5 25
	echo 'allow 198.51.100.9 22' > "$RULES"
	exits 0 "parts: apply others" xdpwl apply
	exits 9 "parts: they are gone" xdpwl test 2a00:0:0:1::5 443
	exits 0 "parts: detach" xdpwl detach --all
}

check_rules()
{
	cat > "$RULES" << RULES
allow 198.51.100.0/24 22 on xp0
allow 198.51.100.0/24 80 on xp1,xp2
allow any 443
deny 198.51.100.7
deny 2001:db8:7::/48 443 on xp2
allow 203.0.113.0/24 all
RULES
	exits 0 "rules: attach three" xdpwl attach xp0 xp1 xp2
	exits 0 "rules: on its interface" xdpwl test 198.51.100.1 22 on xp0
	exits 9 "rules: on another" xdpwl test 198.51.100.1 22 on xp1
	exits 0 "rules: on two" xdpwl test 198.51.100.1 80 on xp2
	exits 9 "rules: on neither" xdpwl test 198.51.100.1 80 on xp0
	exits 0 "rules: any" xdpwl test 192.0.2.200 443
	exits 9 "rules: deny wins over any" xdpwl test 198.51.100.7 443
	exits 9 "rules: deny wins over its prefix" \
		xdpwl test 198.51.100.7 22 on xp0
	exits 9 "rules: deny on one interface" \
		xdpwl test 2001:db8:7::1 443 on xp2
	exits 0 "rules: not on another" xdpwl test 2001:db8:7::1 443 on xp1
	exits 0 "rules: all" xdpwl test 203.0.113.9 3306
	exits 0 "rules: all is esp too" xdpwl test 203.0.113.9 esp
	exits 9 "rules: and for its source alone" xdpwl test 203.0.114.9 3306
}

# As many sets of interfaces as rules may tell apart, and one more.
check_groups()
{
	local i port names="" wrong=""

	: > "$RULES"
	for i in $(seq 17); do
		ip link add "xg$i" type veth peer name "yg$i"
		names="$names xg$i"
	done
	for i in $(seq 16); do
		echo "allow any $((1000 + i)) on xg$i"
	done > "$RULES"
	# shellcheck disable=SC2086 # a list of words
	exits 0 "groups: attach 17 interfaces, 16 groups" xdpwl attach $names
	for i in $(seq 16); do
		port=$((1000 + i))
		xdpwl test 203.0.113.5 $port on "xg$i" ||
			wrong="$wrong xg$i"
		xdpwl test 203.0.113.5 $port on "xg$((i + 1))" &&
			wrong="$wrong xg$((i + 1))"
	done > /tmp/out 2>&1
	exits 0 "groups: each has its rule, and no other$wrong" test -z "$wrong"
	exits 7 "groups: a seventeenth is refused" \
		xdpwl allow any 2000 on xg17,xg1
	exits 0 "groups: detach" xdpwl detach --all
}

# Every row of the catalogue, through the pinned programs. The tables are small, so
# that they are cheap to clear.
check_cases()
{
	local rules

	ip tuntap add dev xt0 mode tun
	ip link set xt0 up
	exits 0 "cases: detach from what was before" xdpwl detach --all
	printf 'option flows 100\noption fragments 100\n' > "$RULES"
	exits 0 "cases: attach" xdpwl attach xp0 xp1 xp2 xt0
	for rules in cases/*.rules; do
		cp "$rules" "$RULES"
		exits 0 "cases: apply $(basename "$rules" .rules)" xdpwl apply
		[ ! -s "${rules%.rules}.cases" ] ||
			./run_cases "$PINS" "${rules%.rules}.cases"
		[ ! -s "${rules%.rules}.memory" ] ||
			./run_memory "$PINS" "${rules%.rules}.memory"
	done
	exits 0 "cases: detach" xdpwl detach --all
}

check_no_link()
{
	printf 'allow any 22\n' > "$RULES"
	exits 0 "tun: attach" xdpwl attach xt0
	exits 0 "tun: allowed" xdpwl test 203.0.113.5 22 on xt0
	exits 9 "tun: not allowed" xdpwl test 203.0.113.5 23 on xt0
	exits 0 "tun: detach" xdpwl detach --all
}

network_make
exits 0 "pings pass before" reaches 192.0.2.11 192.0.2.1
exits 0 "and over IPv6" reaches 2001:db8::10 2001:db8::1
check_load
check_mode native
check_mode generic
check_set
check_parts
check_rules
check_cases
check_groups
check_no_link
# shellcheck source=egress.sh
. ./egress.sh
check_egress
# shellcheck source=devices.sh
. ./devices.sh
check_devices
exits 1 "nothing is left in $PINS" test -e "$PINS/control"
