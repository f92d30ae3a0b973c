/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Links as their pins have them. In: the pin directory; out: what is attached,
 * where and in which mode, as the kernel says and not as we remember. Changes
 * nothing.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <dirent.h>
#include <errno.h>
#include <linux/if_link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "kern_inner.h"

#define PIN_LENGTH	(sizeof(PIN_LINK) - 1)

/* bpffs keeps dots to itself, and no device's name holds a colon. */
static void translate(char *text, char from, char to)
{
	for (; *text; text++)
		if (*text == from)
			*text = to;
}

int kern_link_path(const struct kern *kern, const char *prefix, const char *name,
		   char *path, struct error *error)
{
	char pin[IFNAMSIZ];

	if (strlen(name) >= IFNAMSIZ || !*name || strpbrk(name, "/:")) {
		error_set(error, EXIT_ABSENT, "%.64s is not attached", name);
		return -ENOENT;
	}
	strcpy(pin, name);
	translate(pin, '.', ':');
	if (snprintf(path, PATH_MAX, "%s/%s%s", kern->dir, prefix, pin) >=
	    PATH_MAX)
		return error_system(error, ENAMETOOLONG, EXIT_USAGE,
				    "cannot pin the link of %s", name);
	return 0;
}

static int info_read(int fd, const char *path, struct bpf_link_info *info,
		     struct error *error)
{
	uint32_t size = sizeof(*info);
	int err;

	memset(info, 0, size);
	err = bpf_obj_get_info_by_fd(fd, info, &size);
	if (err || info->type != BPF_LINK_TYPE_XDP)
		return error_system(error, err ? -err : EINVAL, EXIT_SYSTEM,
				    "%s is not a link of xdpwl: remove it",
				    path);
	return 0;
}

/* The mode in which `prog` runs on a device; false: it does not run there. */
static bool mode_query(uint32_t ifindex, uint32_t prog, enum attach_mode *mode)
{
	LIBBPF_OPTS(bpf_xdp_query_opts, query);

	if (!ifindex || bpf_xdp_query(ifindex, 0, &query))
		return false;
	*mode = query.skb_prog_id == prog ? MODE_GENERIC : MODE_NATIVE;
	return query.skb_prog_id == prog || query.drv_prog_id == prog;
}

int kern_link_open(const char *path, struct kern_link *link,
		   struct bpf_link_info *info, struct error *error)
{
	int fd = bpf_obj_get(path);
	int err;

	if (fd < 0)
		return error_system(error, -fd, EXIT_SYSTEM,
				    "cannot open the pin %s", path);
	err = info_read(fd, path, info, error);
	if (err) {
		close(fd);
		return err;
	}
	link->mode = MODE_NATIVE;
	link->ifindex = mode_query(info->xdp.ifindex, info->prog_id,
				   &link->mode) ?
				info->xdp.ifindex : 0;
	return fd;
}

/* On a read-only mount a link cannot be opened: then ask whether the device of
 * that name runs a program of ours. */
static void link_guess(const struct kern *kern, struct kern_link *link)
{
	struct bpf_prog_info info;
	uint32_t ifindex = if_nametoindex(link->name), size;

	link->mode = MODE_NATIVE;
	for (int i = 0; i < N_PROGS; i++) {
		memset(&info, 0, sizeof(info));
		size = sizeof(info);
		if (kern->prog[i] >= 0 &&
		    !bpf_obj_get_info_by_fd(kern->prog[i], &info, &size) &&
		    mode_query(ifindex, info.id, &link->mode))
			link->ifindex = ifindex;
	}
}

/* Returns 1, or 0 where another command has just removed the pin. */
static int link_read(const struct kern *kern, const char *pin,
		     struct kern_link *link, struct error *error)
{
	char path[PATH_MAX + NAME_MAX + 1];
	struct bpf_link_info info;
	int fd;

	memset(link, 0, sizeof(*link));
	snprintf(link->name, IFNAMSIZ, "%s", pin + PIN_LENGTH);
	translate(link->name, ':', '.');
	if (kern->readonly) {
		link_guess(kern, link);
		return 1;
	}
	snprintf(path, sizeof(path), "%s/%s", kern->dir, pin);
	fd = kern_link_open(path, link, &info, error);
	if (fd < 0)
		return fd == -ENOENT ? 0 : fd;
	close(fd);
	link->hook = kern_out_query(kern, link->name, link->ifindex);
	return 1;
}

static int link_compare(const void *a, const void *b)
{
	return strcmp(((const struct kern_link *)a)->name,
		      ((const struct kern_link *)b)->name);
}

static int links_read(const struct kern *kern, DIR *pins,
		      struct kern_link **links, size_t *n, struct error *error)
{
	struct kern_link link, *larger;
	struct dirent *entry;
	int err;

	while ((entry = readdir(pins))) {
		if (strncmp(entry->d_name, PIN_LINK, PIN_LENGTH))
			continue;
		err = link_read(kern, entry->d_name, &link, error);
		if (err < 0)
			return err;
		if (err == 0)
			continue;
		larger = reallocarray(*links, *n + 1, sizeof(link));
		if (!larger)
			return error_memory(error);
		*links = larger;
		larger[(*n)++] = link;
	}
	return 0;
}

int kern_link_list(const struct kern *kern, struct kern_link **links, size_t *n,
		   struct error *error)
{
	DIR *pins = opendir(kern->dir);
	int err;

	*links = NULL;
	*n = 0;
	if (!pins && errno == ENOENT)
		return 0;
	if (!pins)
		return error_system(error, errno, EXIT_SYSTEM,
				    "cannot read the pin directory %s",
				    kern->dir);
	err = links_read(kern, pins, links, n, error);
	closedir(pins);
	if (err) {
		free(*links);
		*links = NULL;
		*n = 0;
		return err;
	}
	if (*n)
		qsort(*links, *n, sizeof(**links), link_compare);
	return 0;
}
