/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Whose program is in the way. In: a device; out: one line that names the
 * program, what holds it there and the command that removes it. Looks, takes
 * nothing away. What may not be looked at (capabilities) is left out.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <dirent.h>
#include <errno.h>
#include <fts.h>
#include <linux/if_link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "kern_inner.h"

#define PINS_MAX	20000	/* looked at before we give up */

static const struct {
	const char *mode, *off;		/* what ip link calls it */
} modes[] = {
	[XDP_ATTACHED_DRV] = { "native", "xdpdrv off" },
	[XDP_ATTACHED_SKB] = { "generic", "xdpgeneric off" },
	[XDP_ATTACHED_HW] = { "offloaded", "xdpoffload off" },
};

struct holder {
	const char *device;
	uint32_t prog, link;		/* ids; link 0: none */
	char prog_name[BPF_OBJ_NAME_LEN];
	char pin[PATH_MAX];		/* of the link, or "" */
	char process[64];		/* "PID (NAME)" that holds it open, or "" */
};

static void prog_name(struct holder *holder)
{
	struct bpf_prog_info info = { 0 };
	uint32_t size = sizeof(info);
	int fd = bpf_prog_get_fd_by_id(holder->prog);

	if (fd < 0)
		return;
	if (!bpf_obj_get_info_by_fd(fd, &info, &size))
		memcpy(holder->prog_name, info.name, sizeof(info.name) - 1);
	close(fd);
}

static bool link_info(int fd, struct bpf_link_info *info)
{
	uint32_t size = sizeof(*info);

	memset(info, 0, size);
	return !bpf_obj_get_info_by_fd(fd, info, &size) &&
	       info->type == BPF_LINK_TYPE_XDP;
}

static void link_find(struct holder *holder, uint32_t ifindex)
{
	struct bpf_link_info info;
	uint32_t id = 0;
	int fd;

	while (!holder->link && !bpf_link_get_next_id(id, &id)) {
		fd = bpf_link_get_fd_by_id(id);
		if (fd < 0)
			continue;
		if (link_info(fd, &info) && info.prog_id == holder->prog &&
		    info.xdp.ifindex == ifindex)
			holder->link = id;
		close(fd);
	}
}

/* An fd of a map or a program has other info: ask what it is first. The kernel
 * spells new links and opened pins differently. */
static bool is_link(int fd)
{
	char path[64], target[64];
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	n = readlink(path, target, sizeof(target) - 1);
	target[n < 0 ? 0 : n] = '\0';
	return !strcmp(target, "anon_inode:bpf_link") ||
	       !strcmp(target, "anon_inode:bpf-link");
}

static bool pins_link(const char *path, uint32_t link)
{
	struct bpf_link_info info;
	int fd = bpf_obj_get(path);
	bool found;

	if (fd < 0)
		return false;
	found = is_link(fd) && link_info(fd, &info) && info.id == link;
	close(fd);
	return found;
}

static void pin_find(struct holder *holder)
{
	char *const roots[] = { BPFFS, NULL };
	FTSENT *entry;
	FTS *tree;

	tree = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR | FTS_XDEV, NULL);
	if (!tree)
		return;
	for (int n = 0; n < PINS_MAX && (entry = fts_read(tree)); n++) {
		if (entry->fts_info != FTS_F ||
		    !pins_link(entry->fts_path, holder->link))
			continue;
		snprintf(holder->pin, sizeof(holder->pin), "%s",
			 entry->fts_path);
		break;
	}
	fts_close(tree);
}

/* Whether some fd of the process says "link_id: N" of itself. */
static bool process_holds(const char *pid, uint32_t link)
{
	char path[2 * NAME_MAX + 32], line[128];
	struct dirent *entry;
	unsigned int id;
	bool found = false;
	FILE *file;
	DIR *fds;

	snprintf(path, sizeof(path), "/proc/%s/fdinfo", pid);
	fds = opendir(path);
	while (fds && !found && (entry = readdir(fds))) {
		snprintf(path, sizeof(path), "/proc/%s/fdinfo/%s", pid,
			 entry->d_name);
		file = entry->d_name[0] == '.' ? NULL : fopen(path, "re");
		if (!file)
			continue;
		while (!found && fgets(line, sizeof(line), file))
			found = sscanf(line, "link_id: %u", &id) == 1 &&
				id == link;
		fclose(file);
	}
	if (fds)
		closedir(fds);
	return found;
}

static void process_find(struct holder *holder)
{
	char path[300], name[32] = "";
	struct dirent *entry;
	FILE *file;
	DIR *proc = opendir("/proc");

	while (proc && (entry = readdir(proc))) {
		if (entry->d_name[0] < '1' || entry->d_name[0] > '9' ||
		    !process_holds(entry->d_name, holder->link))
			continue;
		snprintf(path, sizeof(path), "/proc/%s/comm", entry->d_name);
		file = fopen(path, "re");
		if (file) {
			if (fgets(name, sizeof(name), file))
				name[strcspn(name, "\n")] = '\0';
			fclose(file);
		}
		snprintf(holder->process, sizeof(holder->process),
			 "%.16s (%s)", entry->d_name, name);
		break;
	}
	if (proc)
		closedir(proc);
}

/* A pin of ours is DIR/link-NAME, '.' written as ':'. */
static bool is_ours(const struct holder *holder, int *dir_length, char *name)
{
	const char *slash = strrchr(holder->pin, '/');

	if (strncmp(holder->prog_name, "xdpwl", 5) || !slash ||
	    strncmp(slash, "/link-", 6))
		return false;
	*dir_length = slash - holder->pin;
	snprintf(name, IFNAMSIZ, "%s", slash + 6);
	for (char *c = name; *c; c++)
		if (*c == ':')
			*c = '.';
	return true;
}

/* What holds the program, and the command that makes it let go. */
static void advice(const struct holder *holder, const char *off, char *text,
		   size_t size)
{
	char name[IFNAMSIZ];
	int length;

	if (!strcmp(holder->prog_name, "xdp_dispatcher"))
		snprintf(text, size,
			 "libxdp put it there: xdp-loader unload %s --all",
			 holder->device);
	else if (!holder->link)
		snprintf(text, size, "remove it with ip link set dev %s %s",
			 holder->device, off);
	else if (is_ours(holder, &length, name))
		snprintf(text, size,
			 "xdpwl holds it as %s: xdpwl --pin-dir %.*s detach %s",
			 name, length, holder->pin, name);
	else if (holder->pin[0])
		snprintf(text, size,
			 "its link is pinned at %.300s: remove that pin, or let its owner detach it",
			 holder->pin);
	else if (holder->process[0])
		snprintf(text, size,
			 "process %s holds its link: stop that process",
			 holder->process);
	else
		snprintf(text, size,
			 "its link has id %u: bpftool link detach id %u",
			 holder->link, holder->link);
}

/* Native and offloaded programs may run side by side: speak of the former. */
static int running_mode(const struct bpf_xdp_query_opts *query, uint32_t *prog)
{
	int mode = query->attach_mode;

	if (mode == XDP_ATTACHED_MULTI)
		mode = query->drv_prog_id ? XDP_ATTACHED_DRV : XDP_ATTACHED_HW;
	*prog = mode == XDP_ATTACHED_DRV ? query->drv_prog_id :
		mode == XDP_ATTACHED_SKB ? query->skb_prog_id :
					   query->hw_prog_id;
	return mode;
}

int kern_foreign(const char *name, uint32_t ifindex, struct error *error)
{
	LIBBPF_OPTS(bpf_xdp_query_opts, query);
	struct holder holder = { .device = name };
	char what[PATH_MAX + 128];
	int err, mode;

	err = bpf_xdp_query(ifindex, 0, &query);
	if (err)
		return error_system(error, -err, EXIT_SYSTEM,
				    "cannot ask which XDP program %s runs",
				    name);
	mode = running_mode(&query, &holder.prog);
	if (mode == XDP_ATTACHED_NONE)
		return 0;
	prog_name(&holder);
	link_find(&holder, ifindex);
	if (holder.link)
		pin_find(&holder);
	if (holder.link && !holder.pin[0])
		process_find(&holder);
	advice(&holder, modes[mode].off, what, sizeof(what));
	error_set(error, EXIT_FOREIGN,
		  "%s already runs another XDP program, %s (id %u, %s): %s",
		  name, holder.prog_name[0] ? holder.prog_name : "unnamed",
		  holder.prog, modes[mode].mode, what);
	return -EBUSY;
}
