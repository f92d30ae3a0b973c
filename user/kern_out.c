/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The hook for what a device sends. In: a device and the loaded programs; out: a tcx
 * link pinned as "out-IFNAME", or where the kernel has none (before 6.6) a filter of
 * its clsact qdisc, which lasts without a pin. And flows told to the program that
 * learns them. Must not: touch what others put there.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "kern_inner.h"

const char *const kern_hook_names[] = {
	[HOOK_UNKNOWN] = NULL, [HOOK_GONE] = NULL,
	[HOOK_TCX] = "tcx", [HOOK_CLSACT] = "clsact",
};

/* ---- tcx: linux/bpf.h of 6.6, which libbpf 1.1 does not know yet ---- */

#define TCX_EGRESS	47		/* BPF_TCX_EGRESS */
#define LINK_TYPE_TCX	11		/* BPF_LINK_TYPE_TCX */
#define F_BEFORE	(1u << 3)	/* BPF_F_BEFORE: with no other named, first of all */

/* union bpf_attr, the member link_create with its part tcx. */
struct tcx_create {
	__u32 prog_fd, ifindex, attach_type, flags;
	__u32 relative_fd, reserved;
	__u64 expected_revision;
};

static int tcx_link(int prog, uint32_t ifindex)
{
	struct tcx_create create = {
		.prog_fd = prog, .ifindex = ifindex,
		.attach_type = TCX_EGRESS, .flags = F_BEFORE,
	};
	int fd = syscall(SYS_bpf, BPF_LINK_CREATE, &create, sizeof(create));

	return fd < 0 ? -errno : fd;
}

/* A pinned link that is on the device: its fd, else -1. */
static int tcx_open(const char *path, uint32_t ifindex)
{
	struct bpf_link_info info = { 0 };
	uint32_t size = sizeof(info);
	int fd = bpf_obj_get(path);

	if (fd < 0)
		return -1;
	/* The ifindex stands first in all of the union. */
	if (!bpf_obj_get_info_by_fd(fd, &info, &size) &&
	    info.type == LINK_TYPE_TCX && ifindex && info.xdp.ifindex == ifindex)
		return fd;
	close(fd);
	return -1;
}

static int tcx_pin(int fd, const char *path, struct error *error)
{
	kern_fault();
	if (unlink(path) < 0 && errno != ENOENT)
		return error_system(error, errno, EXIT_SYSTEM,
				    "cannot replace the pin %s", path);
	kern_fault();
	if (bpf_obj_pin(fd, path))
		return error_system(error, errno, EXIT_SYSTEM,
				    "cannot pin the hook at %s", path);
	return 0;
}

/* ---- clsact ---- */

#define CLSACT_HANDLE	0x7864
#define CLSACT_PRIORITY	1	/* first of all, as above */

/* Of all that there is to ask, a missing qdisc is what libbpf would print. */
static struct bpf_tc_hook clsact_hook(uint32_t ifindex)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = ifindex,
		    .attach_point = BPF_TC_EGRESS);

	kern_quiet();
	return hook;
}

static int clsact_attach(int prog, uint32_t ifindex)
{
	LIBBPF_OPTS(bpf_tc_opts, opts, .handle = CLSACT_HANDLE,
		    .priority = CLSACT_PRIORITY, .prog_fd = prog,
		    .flags = BPF_TC_F_REPLACE);
	struct bpf_tc_hook hook = clsact_hook(ifindex);
	int err = bpf_tc_hook_create(&hook);

	if (err && err != -EEXIST)
		return err;
	return bpf_tc_attach(&hook, &opts);
}

static bool clsact_has(const struct kern *kern, uint32_t ifindex, uint32_t *prog_id)
{
	LIBBPF_OPTS(bpf_tc_opts, opts, .handle = CLSACT_HANDLE,
		    .priority = CLSACT_PRIORITY);
	struct bpf_tc_hook hook = clsact_hook(ifindex);
	struct bpf_prog_info info;
	uint32_t size;
	int i;

	if (!ifindex || bpf_tc_query(&hook, &opts))
		return false;
	*prog_id = opts.prog_id;
	for (i = PROG_OUT_ETHERNET; i <= PROG_OUT_NO_LINK; i++) {
		memset(&info, 0, sizeof(info));
		size = sizeof(info);
		if (!bpf_obj_get_info_by_fd(kern->prog[i], &info, &size) &&
		    info.id == opts.prog_id)
			return true;
	}
	return false;
}

/* ---- either ---- */

int kern_out_hook(struct kern *kern, const struct kern_device *device,
		  struct error *error)
{
	int prog, fd, err;
	char path[PATH_MAX];

	err = kern_link_path(kern, PIN_OUT, device->name, path, error);
	if (err)
		return err;
	prog = kern_prog_get(kern, device->prog + PROG_OUT, error);
	if (prog < 0)
		return prog;
	fd = tcx_open(path, device->ifindex);
	kern_fault();
	if (fd >= 0) {
		err = bpf_link_update(fd, prog, NULL);
		close(fd);
		return err ? error_system(error, -err, EXIT_SYSTEM,
					  "cannot renew the hook for what %s sends",
					  device->name) : 0;
	}
	fd = tcx_link(prog, device->ifindex);
	if (fd >= 0) {
		err = tcx_pin(fd, path, error);
		close(fd);
		return err;
	}
	if (fd == -EPERM)
		err = fd;
	else
		err = clsact_attach(prog, device->ifindex);
	return err ? error_system(error, -err, EXIT_SYSTEM,
				  "cannot hook what %s sends, without which answers to this machine would drop: the kernel needs tcx (Linux 6.6), or clsact and BPF classifiers (modules sch_ingress, cls_bpf)",
				  device->name) : 0;
}

void kern_out_unhook(struct kern *kern, const char *name, uint32_t ifindex)
{
	LIBBPF_OPTS(bpf_tc_opts, opts, .handle = CLSACT_HANDLE,
		    .priority = CLSACT_PRIORITY);
	struct bpf_tc_hook hook = clsact_hook(ifindex);
	struct error ignored;
	char path[PATH_MAX];
	uint32_t prog_id;
	int fd;

	if (kern_link_path(kern, PIN_OUT, name, path, &ignored))
		return;
	fd = bpf_obj_get(path);
	if (fd >= 0) {
		kern_fault();
		bpf_link_detach(fd);
		close(fd);
		kern_fault();
		unlink(path);
	} else if (clsact_has(kern, ifindex, &prog_id)) {
		kern_fault();
		bpf_tc_detach(&hook, &opts);
	}
}

enum kern_hook kern_out_query(const struct kern *kern, const char *name,
			      uint32_t ifindex)
{
	struct error ignored;
	char path[PATH_MAX];
	uint32_t prog_id;
	int fd;

	if (!ifindex || kern_link_path(kern, PIN_OUT, name, path, &ignored))
		return HOOK_UNKNOWN;
	fd = tcx_open(path, ifindex);
	if (fd >= 0) {
		close(fd);
		return HOOK_TCX;
	}
	return clsact_has(kern, ifindex, &prog_id) ? HOOK_CLSACT : HOOK_GONE;
}

int kern_flows_learn(struct kern *kern, const struct xdpwl_track *flows, size_t n,
		     struct error *error)
{
	size_t i;
	int err;

	for (i = 0; i < n; i++) {
		LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = &flows[i],
			    .data_size_in = sizeof(flows[i]), .repeat = 1);

		kern_fault();
		err = bpf_prog_test_run_opts(kern->prog[PROG_LEARN], &opts);
		if (err)
			return error_system(error, -err, EXIT_SYSTEM,
					    "cannot record the connections that are open already");
	}
	return 0;
}
