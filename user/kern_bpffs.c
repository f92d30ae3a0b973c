/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The file system that keeps the pins. In: where the pins shall be; out: a BPF
 * file system there, mounted by us only where it will outlive us: in the mount
 * namespace of process 1. Makes no directory.
 */
#include <errno.h>
#include <libgen.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/vfs.h>
#include <unistd.h>
#include "kern_inner.h"

static bool is_bpffs(const char *path)
{
	struct statfs fs;

	return statfs(path, &fs) == 0 && fs.f_type == BPF_FS_MAGIC;
}

/* The nearest directory above `dir` that exists, without symbolic links. */
static int parent_find(const char *dir, char *parent, struct error *error)
{
	char path[PATH_MAX], *up = path;

	if (snprintf(path, sizeof(path), "%s", dir) >= (int)sizeof(path))
		return error_system(error, ENAMETOOLONG, EXIT_USAGE,
				    "cannot use the pin directory %.64s...",
				    dir);
	do {
		up = dirname(up);
		if (realpath(up, parent))
			return 0;
	} while (errno == ENOENT && strcmp(up, "/") && strcmp(up, "."));
	return error_system(error, errno, EXIT_SYSTEM,
			    "cannot use the pin directory %s", dir);
}

/*
 * Mount ids are unique over all mount namespaces, so one that process 1 sees as
 * well is the proof. (/proc/1/ns/mnt would say it, but needs ptrace rights.)
 */
static bool mounts_of_init(void)
{
	FILE *own = fopen("/proc/self/mountinfo", "re");
	FILE *init = fopen("/proc/1/mountinfo", "re");
	char *line = NULL;
	size_t size = 0;
	bool same = false;
	int id;

	if (own && init && fscanf(own, "%d", &id) == 1)
		while (!same && getline(&line, &size, init) > 0)
			same = atoi(line) == id;
	free(line);
	if (own)
		fclose(own);
	if (init)
		fclose(init);
	return same;
}

static int refuse_private_mount(struct error *error)
{
	char name[256];
	uint64_t inode;
	int err = kern_netns(&inode, error);

	if (err)
		return err;
	kern_netns_name(inode, name, sizeof(name));
	if (!strncmp(name, "net:[", 5))
		return error_set(error, EXIT_SYSTEM,
				 "no BPF file system at " BPFFS ", and one mounted here would die with this mount namespace, and the filter with it: run nsenter --target 1 --mount xdpwl ...");
	return error_set(error, EXIT_SYSTEM,
			 "no BPF file system at " BPFFS ", and one mounted here would die with this mount namespace (as with ip netns exec), and the filter with it: run nsenter --net=/run/netns/%s xdpwl ...",
			 name);
}

static int bpffs_mount(struct error *error)
{
	int fd, err;

	if (!mounts_of_init())
		return refuse_private_mount(error);
	/* Two first commands at once must not mount one above the other. */
	err = kern_lock_directory(&fd, "/sys/fs", kern_deadline(), error);
	if (err)
		return err;
	if (!is_bpffs(BPFFS)) {
		kern_fault();
		if (mount("bpf", BPFFS, "bpf",
			  MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_RELATIME,
			  "mode=0700") < 0)
			err = error_system(error, errno, EXIT_SYSTEM,
					   "cannot mount a BPF file system at "
					   BPFFS);
	}
	if (fd >= 0)
		close(fd);
	return err;
}

int kern_bpffs(const char *dir, struct error *error)
{
	char parent[PATH_MAX];
	int err;

	err = parent_find(dir, parent, error);
	if (err || is_bpffs(parent))
		return err;
	if (!strcmp(parent, BPFFS))
		return bpffs_mount(error);
	if (is_bpffs(dir))
		return error_set(error, EXIT_SYSTEM,
				 "pin directory %s is a mount point itself: name a directory below it, such as %s/xdpwl",
				 dir, dir);
	return error_set(error, EXIT_SYSTEM,
			 "pin directory %s would not lie on a BPF file system: name one below " BPFFS ", or mount -t bpf bpf %s first",
			 dir, parent);
}
