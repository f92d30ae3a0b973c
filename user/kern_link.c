/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Our programs on devices. In: a device that kern_link_probe() found free and
 * the loaded programs; out: bpf_links pinned as "link-IFNAME". A link without a
 * pin dies with the process, so nothing is left of an attach that is killed
 * half-way. Never replaces what another program put there.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/if_link.h>
#include <string.h>
#include <unistd.h>
#include "kern_inner.h"

/* Whether the pin's name is free for the device: 1 where a pin stands there
 * whose device is gone for good. */
static int pin_check(const char *path, const struct kern_device *device,
		     struct error *error)
{
	struct bpf_link_info info;
	struct kern_link link;
	int fd;

	fd = kern_link_open(path, &link, &info, error);
	if (fd == -ENOENT)
		return 0;
	if (fd < 0)
		return fd;
	close(fd);
	if (!info.xdp.ifindex)
		return 1;
	error_set(error, EXIT_SYSTEM,
		  "cannot attach to %s: the device that was attached under this name lives on, renamed or in another network namespace: xdpwl detach %s first",
		  device->name, device->name);
	return -EEXIST;
}

static int link_refuse(const struct kern_device *device,
		       enum attach_mode wanted, int errnum, struct error *error)
{
	char name[IFNAMSIZ];
	int err;

	if (!if_indextoname(device->ifindex, name)) {
		error_set(error, EXIT_ABSENT,
			  "interface %s went away while attaching",
			  device->name);
		return -ENODEV;
	}
	if (errnum == EBUSY || errnum == EEXIST) {
		err = kern_foreign(device->name, device->ifindex, error);
		if (err)
			return err;
	}
	if (errnum == EPERM || wanted != MODE_NATIVE)
		return error_system(error, errnum, EXIT_SYSTEM,
				    "cannot attach to %s%s", device->name,
				    wanted == MODE_AUTO ?
					    ", in neither native nor generic mode" :
					    " in generic mode");
	if (errnum == EOPNOTSUPP)
		return error_set(error, EXIT_SYSTEM,
				 "cannot attach to %s in native mode: its driver has no XDP; use --mode generic, or auto",
				 device->name);
	return error_set(error, EXIT_SYSTEM,
			 "cannot attach to %s in native mode: %s; its MTU or its peer's may be too large for XDP, LRO on, or queues too few (ip link, ethtool -k, ethtool -l): change that, or use --mode generic",
			 device->name, strerror(errnum));
}

/* Generic mode is no remedy for these. */
static bool is_final(int err)
{
	return err == -EBUSY || err == -EEXIST || err == -EPERM;
}

static int link_create(struct kern *kern, const struct kern_device *device,
		       enum attach_mode wanted, struct error *error)
{
	LIBBPF_OPTS(bpf_link_create_opts, native, .flags = XDP_FLAGS_DRV_MODE);
	LIBBPF_OPTS(bpf_link_create_opts, generic, .flags = XDP_FLAGS_SKB_MODE);
	int prog, fd = -EOPNOTSUPP;

	if (wanted != MODE_GENERIC) {
		prog = kern_prog_get(kern, device->prog, error);
		if (prog < 0)
			return prog;
		kern_fault();
		fd = bpf_link_create(prog, device->ifindex, BPF_XDP, &native);
	}
	if (wanted != MODE_NATIVE && fd < 0 && !is_final(fd)) {
		prog = kern_prog_get(kern, device->prog + PROG_GENERIC, error);
		if (prog < 0)
			return prog;
		kern_fault();
		fd = bpf_link_create(prog, device->ifindex, BPF_XDP, &generic);
	}
	if (fd < 0)
		return link_refuse(device, wanted, -fd, error);
	return fd;
}

/* What later commands will find through the pin, not what we think we did. */
static int read_back(const struct kern *kern, const char *path,
		     const struct kern_device *device, enum attach_mode *mode,
		     struct error *error)
{
	struct bpf_prog_info expected = { 0 };
	uint32_t size = sizeof(expected);
	struct bpf_link_info info;
	struct kern_link link;
	int fd, prog;

	fd = kern_link_open(path, &link, &info, error);
	if (fd < 0)
		return fd;
	close(fd);
	prog = kern->prog[device->prog +
			  (link.mode == MODE_GENERIC ? PROG_GENERIC : 0)];
	if (bpf_obj_get_info_by_fd(prog, &expected, &size) ||
	    link.ifindex != device->ifindex || info.prog_id != expected.id)
		return error_set(error, EXIT_SYSTEM,
				 "cannot attach to %s: read back through its pin %s, the link is not on this device",
				 device->name, path);
	*mode = link.mode;
	return 0;
}

static int link_pin(int fd, const char *path, bool stale, struct error *error)
{
	int err;

	if (stale) {
		kern_fault();
		if (unlink(path) < 0 && errno != ENOENT)
			return error_system(error, errno, EXIT_SYSTEM,
					    "cannot replace the pin %s", path);
	}
	kern_fault();
	err = bpf_obj_pin(fd, path);
	if (err)
		return error_system(error, -err, EXIT_SYSTEM,
				    "cannot pin the link at %s", path);
	return 0;
}

int kern_link_attach(struct kern *kern, const struct kern_device *device,
		     enum attach_mode wanted, enum attach_mode *mode,
		     struct error *error)
{
	char path[PATH_MAX];
	int fd, err, stale;

	err = kern_link_path(kern, PIN_LINK, device->name, path, error);
	if (err)
		return err;
	stale = pin_check(path, device, error);
	if (stale < 0)
		return stale;
	fd = link_create(kern, device, wanted, error);
	if (fd < 0)
		return fd;
	err = link_pin(fd, path, stale, error);
	if (!err) {
		err = read_back(kern, path, device, mode, error);
		if (err)
			unlink(path);
	}
	/* The last close detaches too, but only some time later. */
	if (err)
		bpf_link_detach(fd);
	close(fd);
	return err;
}

int kern_link_device(struct kern_device *device, const struct kern_link *link,
		     struct error *error)
{
	memset(device, 0, sizeof(*device));
	memcpy(device->name, link->name, IFNAMSIZ);
	device->ifindex = link->ifindex;
	return kern_device_prog(link->name, &device->prog, error);
}

int kern_link_update(struct kern *kern, const struct kern_link *link,
		     struct error *error)
{
	char path[PATH_MAX], name[IFNAMSIZ];
	enum kern_prog prog;
	int fd, err, loaded;

	err = kern_link_path(kern, PIN_LINK, link->name, path, error);
	/* Nothing of a device that is gone can be replaced. */
	if (err || !link->ifindex || !if_indextoname(link->ifindex, name))
		return err;
	err = kern_device_prog(name, &prog, error);
	if (err)
		return err;
	fd = bpf_obj_get(path);
	if (fd < 0)
		return error_system(error, -fd, EXIT_SYSTEM,
				    "cannot open the pin %s", path);
	if (link->mode == MODE_GENERIC)
		prog += PROG_GENERIC;
	loaded = kern_prog_get(kern, prog, error);
	kern_fault();
	err = loaded < 0 ? loaded : bpf_link_update(fd, loaded, NULL);
	close(fd);
	if (loaded < 0)
		return err;
	if (err && err != -ENOLINK)
		return error_system(error, -err, EXIT_SYSTEM,
				    "cannot replace the program on %s", name);
	return 0;
}

int kern_link_detach(struct kern *kern, const char *name, struct error *error)
{
	char path[PATH_MAX];
	int fd, err;

	err = kern_link_path(kern, PIN_LINK, name, path, error);
	if (err)
		return err;
	fd = bpf_obj_get(path);
	if (fd == -ENOENT) {
		error_set(error, EXIT_ABSENT, "%s is not attached", name);
		return -ENOENT;
	}
	if (fd < 0)
		return error_system(error, -fd, EXIT_SYSTEM,
				    "cannot open the pin %s", path);
	/* By unlink alone the program would run on for a moment. */
	kern_fault();
	err = bpf_link_detach(fd);
	close(fd);
	if (err)
		return error_system(error, -err, EXIT_SYSTEM,
				    "cannot detach %s", name);
	kern_fault();
	if (unlink(path) < 0)
		return error_system(error, errno, EXIT_SYSTEM,
				    "%s is detached, but its pin %s stays",
				    name, path);
	return 0;
}
