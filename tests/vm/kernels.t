#!/bin/bash
# shellcheck source-path=SCRIPTDIR
# SPDX-License-Identifier: GPL-2.0-only
#
# What is built here, on the kernels that xdpwl promises to run on: a small
# machine each, whose only process is the script `init` of this directory.
# Versions may be named on the command line. TAP; what the verifier had to do is
# printed as comments.

set -u
cd "$(dirname "$0")/../.." || exit 1
BUILD=${BUILD:-build}
VM=$BUILD/vm
COMPILERS=(clang-14 clang-16 clang-19)
MACHINE_SECONDS=${MACHINE_SECONDS:-400}
TESTS=0 FAILED=0

# shellcheck source=../packages.sh
. tests/packages.sh
# shellcheck source=kernel.sh
. tests/vm/kernel.sh

# result STATUS DESCRIPTION
result()
{
	local word=ok

	TESTS=$((TESTS + 1))
	if [ "$1" != 0 ]; then
		word="not ok"
		FAILED=$((FAILED + 1))
	fi
	echo "$word $TESTS - $2"
}

skip() { TESTS=$((TESTS + 1)); echo "ok $TESTS - $1 # SKIP $2"; }

bail() { echo "Bail out! $*"; exit 1; }

# Every compiler's object, as objects/NAME.o.
objects_build()
{
	local compiler

	rm -rf "$VM/objects"
	mkdir -p "$VM/objects"
	for compiler in "${COMPILERS[@]}"; do
		if ! command -v "$compiler" > /dev/null; then
			skip "$compiler builds" "$compiler is not installed"
			continue
		fi
		make -s BUILD="$VM/$compiler" CLANG="$compiler" \
			"$VM/$compiler/xdpwl.bpf.o" > /dev/null &&
			cp "$VM/$compiler/xdpwl.bpf.o" "$VM/objects/$compiler.o"
		result $? "$compiler builds"
	done
}

# What the machines have alike.
root_make()
{
	local root=$1 programs=("$BUILD/xdpwl" "$VM/load" "$VM/run_cases"
		"$VM/run_memory" "$VM/sctp")

	rm -rf "$root"
	mkdir -p "$root"/{bin,dev,etc,modules,proc,run,sys,tmp,vm} &&
		cp "${programs[@]}" "$(command -v ip)" "$(command -v tc)" "$(command -v wg)" \
			tests/vm/{checks,egress,devices}.sh "$root/vm" &&
		cp -r "$VM/objects" "$root/vm" &&
		cp tests/vm/init "$root" &&
		cp /bin/busybox "$root/bin" &&
		cp /etc/services "$root/etc" &&
		libraries_copy "$root" "${programs[@]}" "$(command -v ip)" \
			"$(command -v tc)" "$(command -v wg)" &&
		/usr/bin/python3 -B tests/vm/export_cases.py "$root/vm/cases"
}

# What the checks need, with what those need; esp: its algorithms as well.
MODULES=(veth tun sch_ingress cls_bpf 8021q ip_gre ipip wireguard bonding sctp
	crc32c_generic esp4 xfrm_user authenc hmac sha256_generic crypto_null echainiv)

# TAP without numbers on stdin; the same on stdout, numbered. What a console
# adds is dropped. Fails unless the machine came to the end of its script.
relay()
{
	local version=$1 line ended=1

	while IFS= read -r line; do
		case $line in
		"ok - "*) result 0 "$version: ${line#ok - }" ;;
		"not ok - "*) result 1 "$version: ${line#not ok - }" ;;
		"# "*) echo "$line" ;;
		"the end") ended=0 ;;
		esac
	done
	return $ended
}

kernel_check()
{
	local version=$1 kernel=$VM/kernel-$1 root=$VM/root name status

	if ! kernel_get "$version" "$kernel"; then
		skip "$version" "Debian's Linux $version cannot be downloaded"
		return
	fi
	rm -rf "$root/modules"
	mkdir "$root/modules"
	for name in "${MODULES[@]}"; do
		module_copy "$kernel" "$name" "$root/modules"
	done
	image_make "$root" "$VM/image" || bail "no initramfs"
	machine_run "$kernel"/boot/vmlinuz-* "$VM/image" "$MACHINE_SECONDS" \
		> "$VM/console-$version" 2>&1
	relay "$version" < "$VM/console-$version"
	status=$?
	result $status "$version: the machine came to the end of its script"
	[ $status = 0 ] || tail -n 40 "$VM/console-$version" | sed 's/^/# /'
}

packages_install qemu-system-x86 busybox-static cpio xz-utils iproute2 \
	netbase python3 wireguard-tools || bail "apt-get failed"
objects_build
root_make "$VM/root" || bail "cannot lay out the machine's files"
[ $# -gt 0 ] || set -- 5.10 6.1 6.12
for version in "$@"; do
	kernel_check "$version"
done
echo "1..$TESTS"
[ "$FAILED" = 0 ]
