# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Kernels of other releases, from Debian's packages, and machines made of them.
# To be sourced. In: a version such as 6.1, a directory to keep things in. Out:
# an unpacked kernel, an initramfs, what the machine wrote on its console.
#
# Must not: install a kernel, or change what this machine's apt knows.

# The Debian release that came with a kernel, for a machine whose own sources
# lack it.
declare -A RELEASE=([5.10]=bullseye [6.1]=bookworm [6.12]=trixie)
DOWNLOAD_SECONDS=180

# kernel_name VERSION [APT OPTION...]: the newest package of that version, if
# any.
kernel_name()
{
	apt-cache "${@:2}" search --names-only \
		"^linux-image-${1//./\\.}\\.[0-9].*-cloud-amd64\$" |
		cut -d ' ' -f 1 | sort -V | tail -n 1
}

# Options that make apt know one release alone, from where this machine gets its
# own. Nothing is printed where that place cannot be reached, or lacks the
# release.
apt_options()
{
	local release=$1 dir=$2 uri
	local options=(-o "Dir::Etc::sourcelist=$dir/sources.list"
		-o "Dir::Etc::sourceparts=-" -o "Dir::State::lists=$dir/lists"
		-o "Dir::Cache=$dir/cache" -o "APT::Sandbox::User=root")

	# shellcheck disable=SC2016 # apt's dollars
	uri=$(apt-get indextargets --format '$(REPO_URI)' | grep '/debian/$' |
		head -n 1)
	[ "$uri" ] || return
	mkdir -p "$dir/lists/partial" "$dir/cache/archives/partial"
	echo "deb $uri $release main" > "$dir/sources.list"
	timeout "$DOWNLOAD_SECONDS" apt-get "${options[@]}" -qq update \
		-o APT::Update::Error-Mode=any > /dev/null 2>&1 &&
		printf '%s\n' "${options[@]}"
}

# kernel_get VERSION DIR: DIR/boot/vmlinuz-* and DIR/lib/modules; once, then
# kept.
kernel_get()
{
	local version=$1 dir=$2 name options=()

	compgen -G "$dir/boot/vmlinuz-*" > /dev/null && return
	name=$(kernel_name "$version")
	if [ -z "$name" ]; then
		mapfile -t options < <(apt_options "${RELEASE[$version]}" \
			"$(realpath -m "$dir")/apt")
		[ ${#options[@]} = 0 ] && return 1
		name=$(kernel_name "$version" "${options[@]}")
	fi
	[ "$name" ] || return 1
	rm -rf "$dir/deb"
	mkdir -p "$dir/deb"
	(cd "$dir/deb" && timeout "$DOWNLOAD_SECONDS" apt-get -qq \
		"${options[@]}" download "$name" 2> /dev/null) || return 1
	dpkg-deb -x "$dir"/deb/*.deb "$dir"
	rm -rf "$dir/deb" "$dir/apt"
}

# module_copy DIR NAME TARGET: a module and, before it, what it depends on;
# TARGET/order says in which order. One that is built in, or not there, is no
# module.
module_copy()
{
	local dir=$1 name=$2 target=$3 file depends

	[ -e "$target/$name.ko" ] && return
	file=$(find "$dir/lib/modules" -name "$name.ko*" -print -quit)
	[ "$file" ] || return 0
	case $file in
	*.xz) xz -dc "$file" ;;
	*.zst) zstd -qdc "$file" ;;
	*) cat "$file" ;;
	esac > "$target/$name.ko"
	depends=$(tr '\0' '\n' < "$target/$name.ko" | sed -n 's/^depends=//p')
	for depends in ${depends//,/ }; do
		module_copy "$dir" "$depends" "$target"
	done
	echo "$name" >> "$target/order"
}

# libraries_copy ROOT PROGRAM...: what they load, at its own place below ROOT.
libraries_copy()
{
	local library

	ldd "${@:2}" | grep -o '[[:space:]]/[^ ]*' | sort -u |
		while read -r library; do
			cp --parents -L "$library" "$1"
		done
}

# image_make ROOT FILE: what is below ROOT as an initramfs.
image_make()
{
	(cd "$1" && find . | cpio --quiet -o -H newc) | gzip -1 > "$2"
}

# machine_run VMLINUZ IMAGE SECONDS: its console on stdout. Without hardware's
# help: what is shown is what a kernel does, not how fast.
machine_run()
{
	timeout "$3" qemu-system-x86_64 -accel tcg -m 512 -smp 2 -nographic \
		-no-reboot -nodefaults -serial stdio -kernel "$1" -initrd "$2" \
		-append "console=ttyS0 loglevel=1 panic=-1" < /dev/null |
		tr -d '\r'
}
