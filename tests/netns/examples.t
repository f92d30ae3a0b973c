#!/bin/bash
# shellcheck source-path=SCRIPTDIR
# SPDX-License-Identifier: GPL-2.0-only
#
# Every rules file of examples/: it begins with its story, it checks without
# root, and what runs is what the story says, as `xdpwl test` and as real
# clients see it.

. "$(dirname "$0")/lib.sh"

EXAMPLES=$TOP/examples

# use NAME: run that example, in place of the one before.
use()
{
	local file=$EXAMPLES/$1.rules

	like "$1: begins with its story" "$(head -n 3 "$file" | tr '\n' ' ')" \
		'^# [A-Z].*[.:].* # # [A-Za-z]'
	ok "$1: checks" "$XDPWL" --pin-dir "$PINS" apply --check "$file"
	ok "$1: applies" xdpwl apply "$file"
}

# verdicts: rows "VERDICT SOURCE SERVICE [on IF]".
verdicts()
{
	while read -r -a row; do
		[ ${#row[@]} = 0 ] || verdict "${row[@]}"
	done
}

net_up
link_add eth1
for address in 104.16.3.4 203.0.113.5 203.0.113.80 203.0.113.193 198.51.100.20 \
	198.51.100.30 198.51.100.66; do
	peer ip addr add "$address/32" dev eth0
done
peer ip addr add 2606:4700::5/128 dev eth0 nodad
peer ip addr add 2001:db8:100:5::1/128 dev eth0 nodad
host ip route add default dev eth0
host ip -6 route add default dev eth0
host ip addr add 10.20.0.1/16 dev eth1
peer ip addr add 10.20.0.9/16 dev eth1
serve tcp/22 tcp/80 tcp/443 tcp/1433 udp/1434 tcp/3306 udp/137 tcp/445 tcp/5554 \
	tcp/5555 tcp/5558 tcp/9102 tcp/9191 tcp/9192 tcp/19999
rules < /dev/null
ok "attach" xdpwl attach eth0

use web-server
traffic web-server << EOF
104.16.3.4     tcp/80    answer
104.16.3.4     tcp/443   answer
2606:4700::5   tcp/443   answer
104.16.3.4     tcp/22    silence
203.0.113.5    tcp/22    answer
203.0.113.5    ping      answer
203.0.113.5    tcp/443   silence
198.51.100.66  tcp/80    silence
198.51.100.66  tcp/443   silence
198.51.100.66  tcp/22    silence
198.51.100.66  ping      silence
EOF
verdicts << EOF
pass 172.71.255.255      443
pass 131.0.72.0          80/tcp
drop 131.0.76.0          80/tcp
drop 104.16.3.4          443/udp
pass 2a06:98c7:ffff::1   443
drop 2a06:98c8::         443
drop 203.0.113.6         22
EOF

use business-studio
traffic business-studio << EOF
203.0.113.5    tcp/1433  answer
203.0.113.193  tcp/1433  answer
203.0.113.5    udp/1434  answer
203.0.113.5    tcp/5554  answer
203.0.113.5    tcp/5558  answer
203.0.113.5    udp/137   answer
203.0.113.5    tcp/445   answer
203.0.113.5    tcp/22    silence
198.51.100.20  tcp/5555  answer
198.51.100.20  tcp/5554  silence
198.51.100.66  tcp/5555  silence
198.51.100.66  tcp/1433  silence
198.51.100.66  udp/1434  silence
198.51.100.66  tcp/445   silence
EOF
verdicts << EOF
pass 203.0.113.127    5556
drop 203.0.113.128    5556
drop 203.0.113.5      5553
drop 203.0.113.5      5559
drop 203.0.113.5      1433/udp
drop 203.0.113.5      1434/tcp
pass 203.0.113.5      139/udp
pass 203.0.113.5      138/tcp
pass 198.51.100.63    5555
drop 198.51.100.64    5555
pass 2001:db8:100::1  445
drop 2001:db8:101::1  445
EOF

use papercut
host nft -f - << EOF
table ip nat {
	chain pre {
		type nat hook prerouting priority -100;
		tcp dport 80 redirect to :9191
		tcp dport 443 redirect to :9192
	}
}
EOF
traffic papercut << EOF
203.0.113.5    tcp/9191  answer
203.0.113.5    tcp/9192  answer
203.0.113.5    tcp/80    answer
203.0.113.5    tcp/443   answer
203.0.113.5    tcp/22    silence
198.51.100.66  tcp/80    silence
198.51.100.66  tcp/443   silence
198.51.100.66  tcp/9191  silence
EOF
is "papercut: port 80 reaches the server on 9191" \
	"$(peer timeout 5 nc -d -w 2 -s 203.0.113.5 "$HOST4" 80 | head -n 1)" tcp/9191
host nft delete table ip nat

use service-host
traffic service-host << EOF
203.0.113.5    tcp/22     answer
203.0.113.5    tcp/443    answer
203.0.113.5    tcp/19999  silence
198.51.100.20  tcp/19999  answer
198.51.100.20  tcp/9102   silence
198.51.100.30  tcp/9102   answer
198.51.100.30  tcp/443    silence
203.0.113.5    tcp/3306   silence
198.51.100.66  tcp/3306   silence
198.51.100.66  tcp/443    silence
EOF
verdicts << EOF
pass 198.51.100.30  9101
pass 198.51.100.30  9103
drop 198.51.100.30  9100
drop 198.51.100.30  9104
pass 198.51.100.20  ping
EOF

# Last: this one names a second interface, which apply attaches.
use bastion
like "bastion: apply attached eth1 too" "$(xdpwl status --json)" '"eth1"'
traffic bastion << EOF
203.0.113.5         tcp/22    answer
2001:db8:100:5::1   tcp/22    answer
203.0.113.80        tcp/22    silence
203.0.113.5         tcp/3306  silence
198.51.100.20       ping      answer
198.51.100.20       tcp/22    silence
198.51.100.66       tcp/22    silence
10.20.0.9           tcp/3306  answer   10.20.0.1
10.20.0.9           ping      answer   10.20.0.1
EOF
verdicts << EOF
pass 10.20.0.77     3306/tcp  on eth1
drop 10.20.0.77     3306/tcp  on eth0
drop 10.20.0.77     3306/tcp
drop 203.0.113.95   22
drop 203.0.113.63   22        on eth0
pass 203.0.113.79   22        on eth0
drop 203.0.113.79   22        on eth1
EOF

finish
