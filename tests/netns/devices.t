#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Devices: several at a time, rules `on` one of them, one without a link header,
# one that goes and comes back, one that another program holds; and the program
# replaced under a flood without a packet of it getting in.

# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"

ETH1=198.51.100.1

names() { xdpwl status --json | /usr/bin/python3 -c '
import json, sys
print(*[i["name"] for i in json.load(sys.stdin)["interfaces"]])'; }

several()
{
	rules <<- EOF
		interface eth0
		interface eth1 mode generic
		allow any 22/tcp on eth0
		allow any 53/udp on eth1
		allow any 80/tcp on eth0,eth1
		deny any 8000/tcp on eth1
		allow any 8000/tcp
	EOF
	ok "apply attaches what the file names" xdpwl apply --force
	is "both" "$(names)" "eth0 eth1"
	is "each in its mode" "$(xdpwl status --json | json interfaces.1.mode)" generic
	traffic "on eth0" <<- EOF
		192.0.2.10  tcp/22    answer
		192.0.2.10  udp/53    silence
		192.0.2.10  tcp/80    answer
		192.0.2.10  tcp/8000  answer
	EOF
	traffic "on eth1" <<- EOF
		198.51.100.10  tcp/22    silence  $ETH1
		198.51.100.10  udp/53    answer   $ETH1
		198.51.100.10  tcp/80    answer   $ETH1
		198.51.100.10  tcp/8000  silence  $ETH1
	EOF
	verdict pass 192.0.2.10 22/tcp on eth0
	verdict drop 192.0.2.10 22/tcp on eth1
	verdict drop 192.0.2.10 22/tcp
	verdict pass 192.0.2.10 80/tcp
	ok "allow on eth1" xdpwl allow any 22/tcp on eth1
	traffic "allowed on eth1" <<< "198.51.100.10 tcp/22 answer $ETH1"
	ok "revoke on eth1" xdpwl revoke any 22/tcp on eth1
	traffic "revoked on eth1" <<- EOF
		198.51.100.10  tcp/22  silence  $ETH1
		192.0.2.10     tcp/22  answer
	EOF
	ok "detach eth1" xdpwl detach eth1
	is "eth0 is left" "$(names)" eth0
	traffic "eth1 is open, eth0 is not" <<- EOF
		198.51.100.10  tcp/3306  answer   $ETH1
		192.0.2.10     tcp/3306  silence
	EOF
	is "the file no longer names eth1" "$(grep -c '^interface eth1' "$RULES")" 0
	refused "detach what is not attached" 3 eth1 xdpwl detach eth1
	refused "attach what does not exist" 3 nosuch xdpwl attach nosuch
	refused "test on what does not exist" 3 nosuch xdpwl test 192.0.2.1 22 on nosuch
	refused "lo needs --force" 5 'lo.*--force' xdpwl attach lo
	is "after all that, eth0" "$(names)" eth0
}

# A name that comes back is another device: attach takes it, and says nothing
# else.
gone_and_back()
{
	ok "attach eth1 again" xdpwl attach eth1
	host ip link del eth1
	traffic "eth1 is gone, eth0 is not" <<< "192.0.2.10 tcp/22 answer"
	ok "edits go on" xdpwl allow 192.0.2.19 443
	eth1_add
	ok "eth1 came back: attach" xdpwl attach eth1
	traffic "and is filtered" <<- EOF
		198.51.100.10  udp/53    answer   $ETH1
		198.51.100.10  tcp/3306  silence  $ETH1
	EOF
	host ip link set eth1 down
	host ip link set eth1 up
	wait_for 5 peer ping -c 1 -W 1 -I 198.51.100.10 "$ETH1"
	traffic "still, after down and up" <<- EOF
		198.51.100.10  udp/53    answer   $ETH1
		198.51.100.10  tcp/3306  silence  $ETH1
	EOF
	ok "detach eth1" xdpwl detach eth1
}

foreign()
{
	cat > "$WORK/foreign.c" <<- 'EOF'
		__attribute__((section("xdp"), used)) int foreign_guard(void *context)
		{
			return 2;
		}
		char _license[] __attribute__((section("license"), used)) = "GPL";
	EOF
	clang -target bpf -O2 -g -c "$WORK/foreign.c" -o "$WORK/foreign.o"
	bpftool prog load "$WORK/foreign.o" "${PINS%/pins}/foreign" type xdp
	host bpftool net attach xdpdrv pinned "${PINS%/pins}/foreign" dev eth1 ||
		bail "no foreign program could be attached"
	refused "another program is on eth1" 4 'foreign_guard' xdpwl attach eth1
	ok "it is still there" sh -c "nsenter --net=/run/netns/$HOST \
		ip -d link show eth1 | grep -q prog/xdp"
	is "eth0 is still what is attached" "$(names)" eth0
	refused "eth0 and eth1 at once: neither" 4 'foreign_guard' xdpwl attach eth0 eth1
	host bpftool net detach xdpdrv dev eth1
	ok "gone: attach" xdpwl attach eth1
	ok "our link is not taken away by ip" sh -c "! nsenter --net=/run/netns/$HOST \
		ip link set dev eth1 xdp off"
	ok "detach eth1" xdpwl detach eth1
}

no_native()
{
	host ip link add br0 type bridge
	refused "a bridge has no native XDP" 5 'br0.*native' xdpwl attach br0 --mode native
	is "it stayed as it was" "$(names)" eth0
	ok "auto takes generic" xdpwl attach br0
	is "and status says so" "$(xdpwl status --json | json interfaces.0.mode)" generic
	ok "detach br0" xdpwl detach br0
	host ip link del br0
}

# Sources that would read as ARP (8.6.0.1) or LLDP (136.204.0.1) at Ethernet's
# offsets.
no_link_header()
{
	local source wanted got

	if [ ! -c /dev/net/tun ]; then
		skip "a device without a link header" "this kernel has no tun devices"
		return
	fi
	coproc TUN { exec nsenter --net="/run/netns/$HOST" -- "$DIR/tun.py" tun0; }
	read -r -t 5 got <&"${TUN[0]}"
	[ "$got" = ready ] || bail "no tun device"
	host ip addr add 10.9.0.1/24 dev tun0
	host ip -6 addr add 2001:db8:9::1/64 dev tun0 nodad
	host ip link set tun0 up
	host ip route add default dev tun0
	ok "attach tun0" xdpwl attach tun0
	ok "allow over tun0" xdpwl allow 203.0.113.99 53/udp
	ok "allow over tun0, IPv6" xdpwl allow 2001:db8:9::99 53/udp
	while read -r source wanted; do
		case $source in
		*:*) echo "$source 2001:db8:9::1 53" >&"${TUN[1]}" ;;
		*) echo "$source 10.9.0.1 53" >&"${TUN[1]}" ;;
		esac
		read -r -t 5 got <&"${TUN[0]}"
		is "tun0: $source: $wanted" "$got" "$wanted"
	done <<- EOF
		203.0.113.99   answer
		203.0.113.98   silence
		8.6.0.1         silence
		136.204.0.1     silence
		2001:db8:9::99  answer
		2001:db8:9::98  silence
	EOF
	ok "detach tun0" xdpwl detach tun0
	echo "203.0.113.98 10.9.0.1 53" >&"${TUN[1]}"
	read -r -t 5 got <&"${TUN[0]}"
	is "tun0 detached: 203.0.113.98: answer" "$got" answer
	kill "$TUN_PID" 2>/dev/null
	wait "$TUN_PID" 2>/dev/null
}

# Programs and generations are replaced while a stranger floods a socket that
# listens.
flooded()
{
	local i sender counter failures=0

	background "$HOST" "$DIR/flood.py" count 7777 > "$WORK/count"
	counter=${PIDS[-1]}
	wait_for 5 grep -q ready "$WORK/count"
	background "$PEER" "$DIR/flood.py" send 192.0.2.17 "$HOST4" 7777
	sender=${PIDS[-1]}
	wait_for 5 dropped_7777 1000 || bail "the flood does not arrive"
	for i in $(seq 15); do
		xdpwl attach eth0 || failures=$((failures + 1))
		xdpwl apply || failures=$((failures + 1))
		xdpwl allow "192.0.2.19" "$((5000 + i))" || failures=$((failures + 1))
	done > "$WORK/flooded" 2>&1
	is "45 changes under a flood" "$failures" 0
	kill "$sender"
	kill -TERM "$counter"
	wait_for 5 grep -q '^[0-9]' "$WORK/count"
	is "none of it came through" "$(tail -n 1 "$WORK/count")" 0
}

dropped_7777()
{
	xdpwl drops --json | /usr/bin/python3 -c '
import json, sys
sys.exit(sum(p["packets"] for p in json.load(sys.stdin)["ports"]
             if p["port"] == 7777) < int(sys.argv[1]))' "$1"
}

eth1_add()
{
	link_add eth1
	host ip addr add "$ETH1/24" dev eth1
	peer ip addr add 198.51.100.10/24 dev eth1
}

net_up
eth1_add
serve tcp/22 tcp/80 tcp/3306 tcp/8000 udp/53
several
gone_and_back
foreign
no_native
no_link_header
flooded
finish
