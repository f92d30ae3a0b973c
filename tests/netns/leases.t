#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# What keeps a host on its link for longer than a minute, under an empty
# whitelist: leases are renewed, DHCPv6 and addresses by autoconfiguration come,
# with duplicates detected on both sides, neighbours are found again amid a
# session, and of two bridges on parallel links one port blocks.

# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"

PREFIX6=2001:db8:6

reason_packets()
{
	xdpwl drops --json | /usr/bin/python3 -c '
import json, sys
print(sum(r["packets"] for r in json.load(sys.stdin)["reasons"]
          if r["reason"] == sys.argv[1]))' "$1"
}

# said WORD DESCRIPTION: what the held connection prints next.
said()
{
	local word

	read -r -t 10 word <&"${HOLD[0]}"
	is "$2" "${word:-nothing}" "$1"
}

# --- DHCP ---

# The renewal is asked for of the server alone, through a socket of the kernel.
lease4()
{
	local before client

	rm -f "$WORK/events4"
	before=$(reason_packets dhcp)
	background "$HOST" udhcpc -i eth0 -s "$WORK/script4" -f -n -t 5 -T 1 \
		> "$WORK/udhcpc" 2>&1
	client=${PIDS[-1]}
	ok "$1: DHCPv4: a lease" wait_for 15 grep -q \
		'^bound 192[.]0[.]2[.]2[0-9][0-9]$' "$WORK/events4"
	kill -USR1 "$client"
	ok "$1: DHCPv4: renewed" wait_for 15 grep -q \
		'^renew 192[.]0[.]2[.]2[0-9][0-9]$' "$WORK/events4"
	is "$1: DHCPv4: counted as dhcp, three at least" \
		"$(($(reason_packets dhcp) - before >= 3))" 1
	kill "$client"
	wait "$client" 2> /dev/null
	host ip addr del "$(awk 'END { print $2 }' "$WORK/events4")/24" dev eth0
}

# The second time it has a lease, and asks whether that is still good here.
lease6()
{
	local before try client

	rm -f "$WORK/events6" "$WORK/leases6"
	for try in "BOUND6 solicits" "REBOOT|BOUND6 confirms"; do
		before=$(reason_packets dhcp)
		background "$HOST" dhclient -6 -d -cf /dev/null -sf "$WORK/script6" \
			-lf "$WORK/leases6" -pf "$WORK/dhclient.pid" eth0 \
			> "$WORK/dhclient" 2>&1
		client=${PIDS[-1]}
		ok "$1: DHCPv6: ${try#* }" wait_for 20 grep -Eq \
			"^(${try% *}) $PREFIX6::[0-9a-f]+\$" "$WORK/events6"
		is "$1: DHCPv6: counted as dhcp" \
			"$(($(reason_packets dhcp) > before))" 1
		kill "$client"
		wait "$client" 2> /dev/null
		mv -f "$WORK/events6" "$WORK/events6.old" 2> /dev/null
	done
}

# --- autoconfiguration ---

settled() { host ip -6 -o addr show dev eth0 -tentative | grep -q " $1"; }
failed() { "$1" ip -6 -o addr show dev eth0 dadfailed | grep -q " $2"; }
sysctl6() { "$1" sh -c "echo $3 > /proc/sys/net/ipv6/conf/eth0/$2"; }

# The link comes up: a router is solicited, and its answer makes an address.
autoconfigured()
{
	sysctl6 host accept_ra 2
	sysctl6 host accept_dad 1
	sysctl6 peer accept_dad 1
	host ip link set eth0 down
	host ip link set eth0 up
	ok "$1: SLAAC: an address, not tentative" wait_for 15 settled \
		"$PREFIX6:0:[0-9a-f:]*/64.*mngtmpaddr\|$PREFIX6:[0-9a-f]*:[0-9a-f]*:[0-9a-f]*:[0-9a-f]*/64"
	peer ip addr add "$PREFIX6::dead/64" dev eth0 nodad
	host ip addr add "$PREFIX6::dead/64" dev eth0
	ok "$1: DAD: the peer has it" wait_for 5 failed host "$PREFIX6::dead/"
	host ip addr add "$PREFIX6::beef/64" dev eth0 nodad
	peer ip addr add "$PREFIX6::beef/64" dev eth0
	ok "$1: DAD: the host has it" wait_for 5 failed peer "$PREFIX6::beef/"
	host ip addr add "$PREFIX6::f00d/64" dev eth0
	ok "$1: DAD: nobody has it" wait_for 5 settled "$PREFIX6::f00d/"
	peer ip addr del "$PREFIX6::dead/64" dev eth0
	peer ip addr del "$PREFIX6::beef/64" dev eth0
	sysctl6 host accept_ra 0
	sysctl6 host accept_dad 0
	sysctl6 peer accept_dad 0
	host ip -6 addr flush dev eth0 scope global
	host ip addr add "$HOST6/64" dev eth0 nodad
}

# --- neighbours ---

# A session of the host's goes on although both ends have forgotten where the
# other is.
forgotten()
{
	local there here

	for there in 192.0.2.10 2001:db8::10; do
		here=$HOST4
		[ "$there" = 2001:db8::10 ] && here=$HOST6
		coproc HOLD { exec nsenter --net="/run/netns/$HOST" -- \
			"$DIR/ends.py" hold "$here" "$there" tcp/7; }
		said open "$1: a session to $there"
		host ip neigh flush dev eth0
		peer ip neigh flush dev eth0
		echo hello >&"${HOLD[1]}"
		said echo "$1: it goes on once neighbours are forgotten"
		# shellcheck disable=SC2154 # coproc sets it
		kill "$HOLD_PID" 2> /dev/null
		wait "$HOLD_PID" 2> /dev/null
	done
}

# --- bridges ---

bridge_add()
{
	"$1" ip link add br0 type bridge stp_state 1 forward_delay 200 \
		hello_time 100 priority "$2"
	"$1" ip link set port0 master br0
	"$1" ip link set port1 master br0
	"$1" ip link set br0 up
}

# The states of the four ports.
ports()
{
	{ host bridge link; peer bridge link; } | grep -o 'state [a-z]*' |
		sort | uniq -c | awk '{ printf "%s%s %s", sep, $1, $3; sep = ", " }'
}

resting() { [[ $(ports) != *@(listening|learning)* ]]; }

# The peer is the root, so that it is the host which must hear to find the loop.
spanning_tree()
{
	bridge_add host 61440
	bridge_add peer 4096
	wait_for 15 resting
	is "$1: of four ports one blocks" "$(ports)" "1 blocking, 3 forwarding"
	host ip link del br0
	peer ip link del br0
}

net_up
link_add port0
link_add port1
peer ip addr add "$PREFIX6::1/64" dev eth0 nodad
cat > "$WORK/script4" << EOF
#!/bin/sh
case \$1 in
bound|renew)
	[ "\$1" = bound ] && ip addr add "\$ip/24" dev "\$interface"
	echo "\$1 \$ip" >> "$WORK/events4" ;;
esac
exit 0
EOF
cat > "$WORK/script6" << EOF
#!/bin/sh
[ -n "\$new_ip6_address" ] && echo "\$reason \$new_ip6_address" >> "$WORK/events6"
exit 0
EOF
chmod +x "$WORK/script4" "$WORK/script6"
background "$PEER" dnsmasq --keep-in-foreground --conf-file=/dev/null --port=0 \
	--interface=eth0 --bind-dynamic --dhcp-range=192.0.2.200,192.0.2.220,1h \
	--enable-ra --dhcp-range="$PREFIX6::100,$PREFIX6::1ff,slaac,64,1h" \
	--dhcp-leasefile="$WORK/leases" --pid-file= --dhcp-authoritative --no-ping \
	--user=root 2> "$WORK/dnsmasq"
background "$PEER" "$DIR/ends.py" serve tcp/7 > "$WORK/seven"
wait_for 10 grep -q ready "$WORK/seven" || bail "no server"

rules < /dev/null
for mode in native generic; do
	ok "$mode: attach with no rule" xdpwl attach eth0 port0 port1 --mode "$mode"
	lease4 "$mode"
	lease6 "$mode"
	autoconfigured "$mode"
	forgotten "$mode"
	spanning_tree "$mode"
	ok "$mode: detach" xdpwl detach --all
done
finish
