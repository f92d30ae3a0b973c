#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# xdpwl in two minutes: a host on its own little internet, before and behind the
# whitelist. Installs what is missing, builds, lets real clients and a real
# scanner try, and prints who got through. Touches nothing of this machine but
# that; fails where a promise is not kept.
#
#   CDN edge       104.16.0.10  --.
#   administrator  203.0.113.5  ----- internet ----- eth0 host 192.0.2.10
#   stranger     198.51.100.66  --'                ssh, http, https, database

set -u
cd "$(dirname "$0")/.." || exit 1
BUILD=${BUILD:-build}
TARGET=192.0.2.10
NET=xwd$$
PINS=/sys/fs/bpf/xdpwl-demo-$$
PIDS=() BROKEN=0

die() { echo "demo: $*" >&2; exit 1; }
step() { printf '\n== %s\n' "$*"; }
in_ns() { nsenter --net="/run/netns/$NET-$1" -- "${@:2}"; }
xdpwl()
{
	in_ns host "$BUILD/xdpwl" --rules "$WORK/xdpwl.rules" \
		--pin-dir "$PINS" "$@"
}
# Show the command as the owner of the host would type it, then run it.
show() { echo "\$ xdpwl $*"; xdpwl "$@" || die "xdpwl $1 failed"; }

cleanup()
{
	local name

	for name in "${PIDS[@]}"; do kill "$name" 2>/dev/null; done
	for name in "${PIDS[@]}"; do wait "$name" 2>/dev/null; done
	rm -rf "$PINS"
	for name in host internet edge admin stranger; do
		ip netns del "$NET-$name" 2>/dev/null
	done
	rm -rf "$WORK"
}

# end NAME ADDRESS: a namespace with that address behind the one called
# internet.
end()
{
	ip netns add "$NET-$1" || die "no network namespaces here"
	in_ns "$1" ip link set lo up
	ip link add "$1" netns "$NET-internet" type veth \
		peer name eth0 netns "$NET-$1" || die "no veth devices here"
	in_ns "$1" ip addr add "$2/32" dev eth0
	in_ns "$1" ip link set eth0 up
	in_ns "$1" ip route add default via 169.254.0.1 dev eth0 onlink
	in_ns internet ip addr add 169.254.0.1/32 dev "$1"
	in_ns internet ip link set "$1" up
	in_ns internet ip route add "$2/32" dev "$1"
}

lay_out()
{
	ip netns add "$NET-internet" || die "no network namespaces here"
	in_ns internet ip link set lo up
	in_ns internet sh -c 'echo 1 > /proc/sys/net/ipv4/ip_forward'
	end host "$TARGET"
	end edge 104.16.0.10
	end admin 203.0.113.5
	end stranger 198.51.100.66
}

# A server of the host, until the end of the demo. Not through in_ns: the process
# id would be that of a shell around it.
background()
{
	nsenter --net="/run/netns/$NET-host" -- "$@" &
	PIDS+=($!)
}

serve()
{
	echo "it works" > "$WORK/www/index.html"
	openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=demo \
		-keyout "$WORK/key" -out "$WORK/cert" 2>/dev/null ||
		die "openssl made no certificate"
	background tests/netns/ends.py serve tcp/22 tcp/3306 > "$WORK/ready"
	background python3 -m http.server -d "$WORK/www" 80 > "$WORK/http.log" 2>&1
	background env -C "$WORK/www" openssl s_server -quiet -WWW -accept 443 \
		-cert ../cert -key ../key > "$WORK/https.log" 2>&1
	for _ in $(seq 100); do
		grep -q ready "$WORK/ready" &&
			in_ns host curl -s -m 1 "http://$TARGET/" &&
			in_ns host curl -sk -m 1 "https://$TARGET/index.html" &&
			return
		sleep 0.1
	done > "$WORK/pages"
	die "the servers did not start: $(cat "$WORK/http.log" "$WORK/https.log")"
}

# ask WHO SERVICE: served or nothing, by a real client.
ask()
{
	case $2 in
	http) in_ns "$1" curl -s -m 3 "http://$TARGET/index.html" ;;
	https) in_ns "$1" curl -sk -m 3 "https://$TARGET/index.html" ;;
	ssh) in_ns "$1" timeout 3 nc -d -w 3 "$TARGET" 22 ;;
	database) in_ns "$1" timeout 3 nc -d -w 3 "$TARGET" 3306 ;;
	esac > "$WORK/answer.$1.$2" 2>/dev/null
	if grep -qE 'it works|tcp/' "$WORK/answer.$1.$2"; then
		echo served
	else
		echo nothing
	fi
}

# ask_all COLUMN: everybody asks for everything, all at once; answers in files.
ask_all()
{
	local who what pids=()

	for who in edge admin stranger; do
		for what in ssh http https database; do
			ask "$who" "$what" > "$WORK/$1.$who.$what" & pids+=($!)
		done
	done
	wait "${pids[@]}"
}

# row WHO WHAT LABEL PROMISE
row()
{
	local before now mark=

	before=$(cat "$WORK/before.$1.$2")
	now=$(cat "$WORK/now.$1.$2")
	if [ "$now" != "$4" ] || [ "$before" != served ]; then
		mark="  <- NOT AS PROMISED"
		BROKEN=$((BROKEN + 1))
	fi
	printf '%-28s %-9s %-10s %-10s %s%s\n' "$3" "$2" "$before" "$now" "$4" \
		"$mark"
}

table()
{
	printf '%-28s %-9s %-10s %-10s %s\n' WHO ASKS BEFORE NOW PROMISED
	row edge http "CDN edge 104.16.0.10" served
	row edge https "CDN edge 104.16.0.10" served
	row edge ssh "CDN edge 104.16.0.10" nothing
	row edge database "CDN edge 104.16.0.10" nothing
	row admin ssh "administrator 203.0.113.5" served
	row admin http "administrator 203.0.113.5" nothing
	row admin https "administrator 203.0.113.5" nothing
	row admin database "administrator 203.0.113.5" nothing
	row stranger ssh "stranger 198.51.100.66" nothing
	row stranger http "stranger 198.51.100.66" nothing
	row stranger https "stranger 198.51.100.66" nothing
	row stranger database "stranger 198.51.100.66" nothing
}

# scan: the stranger's nmap; prints its summary, counts open ports into OPEN.
scan()
{
	in_ns stranger nmap -n -Pn -sS -p 1-1024,3306,5432,6379,8080 \
		--max-retries 1 --min-rate 1000 -oG "$WORK/scan" "$TARGET" \
		> "$WORK/scan.txt" 2>&1 ||
		die "nmap failed: $(tail -n 3 "$WORK/scan.txt")"
	grep -E '^(PORT|[0-9]+/|All|Not shown|Nmap done)' "$WORK/scan.txt"
	OPEN=$(grep -o '/open/tcp' "$WORK/scan" | wc -l)
}

[ "$(id -u)" = 0 ] || die "run as root: it loads a program into the kernel"
# shellcheck source=tests/packages.sh
. tests/packages.sh
step "what is missing, and the build"
# shellcheck disable=SC2046 # a list of words
packages_install $(make -s print-deps) iproute2 util-linux curl \
	netcat-openbsd nmap python3 openssl || die "apt-get failed"
make BUILD="$BUILD" all || die "the build failed"
echo "built $BUILD/xdpwl"

WORK=$(mktemp -d) && mkdir "$WORK/www" || exit 1
trap cleanup EXIT
trap 'exit 1' INT TERM

step "a host with ssh, http, https and a database; three that know its address"
lay_out
serve
ask_all before
echo "the stranger's nmap, before:"
scan
[ "$OPEN" -ge 4 ] || die "the scanner should have found 4 open ports, not $OPEN"

step "the whitelist"
ranges=${XDPWL_DATA:-../shared/data}/providers/cloudflare-v4-ip-ranges.txt
[ -r "$ranges" ] || ranges=examples/cdn.prefixes
echo "set cdn file $(realpath "$ranges")" > "$WORK/xdpwl.rules"
show attach eth0
show allow 203.0.113.5 22
show allow @cdn 80,443
echo; show list

step "who gets through"
ask_all now
table
printf '\nthe same nmap, now:\n'
scan
if [ "$OPEN" != 0 ]; then
	echo "NOT AS PROMISED: the stranger found $OPEN open ports"
	BROKEN=$((BROKEN + 1))
fi

step "what was dropped"
show drops --top 15
if ! xdpwl drops --json | grep -q '"port": *3306'; then
	echo "NOT AS PROMISED: the drops of port 3306 were not counted"
	BROKEN=$((BROKEN + 1))
fi
echo
if [ "$BROKEN" != 0 ]; then
	echo "$BROKEN of the promises were not kept"
	exit 1
fi
echo "All as promised. Nothing is left behind but the packages and $BUILD/."
