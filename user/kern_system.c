/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What this process is: its capabilities and its network namespace. Reads the
 * kernel's own view of the process, changes nothing.
 */
#include <bpf/libbpf.h>
#include <dirent.h>
#include <errno.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "kern_inner.h"

#define NETNS_SELF	"/proc/self/ns/net"
#define NETNS_NAMES	"/run/netns"

static const struct {
	int number;
	bool by_admin;		/* CAP_SYS_ADMIN stands for it */
	const char *name;
} needed[] = {
	{ CAP_BPF, true, "CAP_BPF" },
	{ CAP_NET_ADMIN, false, "CAP_NET_ADMIN" },
	{ CAP_PERFMON, true, "CAP_PERFMON" },
};

static int capabilities_read(uint64_t *effective, struct error *error)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];

	if (syscall(SYS_capget, &header, data) < 0)
		return error_system(error, errno, EXIT_SYSTEM,
				    "cannot read this process's capabilities");
	*effective = (uint64_t)data[1].effective << 32 | data[0].effective;
	return 0;
}

int kern_privileges(struct error *error)
{
	char missing[64] = "";
	uint64_t effective = 0;
	bool admin;
	int err;

	err = capabilities_read(&effective, error);
	if (err)
		return err;
	admin = effective >> CAP_SYS_ADMIN & 1;
	for (size_t i = 0; i < sizeof(needed) / sizeof(*needed); i++) {
		if ((effective >> needed[i].number & 1) ||
		    (admin && needed[i].by_admin))
			continue;
		if (missing[0])
			strcat(missing, ", ");
		strcat(missing, needed[i].name);
	}
	if (!missing[0])
		return 0;
	error_set(error, EXIT_PERMISSION,
		  "this needs %s, which this process lacks: run it as root (sudo)",
		  missing);
	return -EPERM;
}

int kern_netns(uint64_t *inode, struct error *error)
{
	struct stat st;

	if (stat(NETNS_SELF, &st) < 0)
		return error_system(error, errno, EXIT_SYSTEM,
				    "cannot read the network namespace from "
				    NETNS_SELF);
	*inode = st.st_ino;
	return 0;
}

void kern_netns_name(uint64_t inode, char *name, size_t size)
{
	struct stat self, st;
	struct dirent *entry;
	DIR *names;

	snprintf(name, size, "net:[%llu]", (unsigned long long)inode);
	names = opendir(NETNS_NAMES);
	if (!names)
		return;
	/* Inode numbers mean namespaces on their own file system alone. */
	if (stat(NETNS_SELF, &self) == 0)
		while ((entry = readdir(names))) {
			if (fstatat(dirfd(names), entry->d_name, &st, 0) < 0 ||
			    st.st_dev != self.st_dev || st.st_ino != inode)
				continue;
			snprintf(name, size, "%s", entry->d_name);
			break;
		}
	closedir(names);
}

static int quiet(enum libbpf_print_level level, const char *format, va_list args)
{
	(void)level, (void)format, (void)args;
	return 0;
}

void kern_quiet(void)
{
	libbpf_set_print(quiet);
}
