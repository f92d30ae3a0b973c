/* SPDX-License-Identifier: GPL-2.0-only */
/* A generation's own bytes (store.h) in and out of its map: a length, then they. */
#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "kern_inner.h"

#define PAGE sizeof(struct xdpwl_page)

static uint32_t pages_for(uint64_t length)
{
	return (sizeof(length) + length + PAGE - 1) / PAGE;
}

static int text_place(struct kern *kern, int fd, uint32_t slot,
		      const void *bytes, uint64_t length)
{
	size_t size = pages_for(length) * PAGE;
	char *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (at == MAP_FAILED)
		return -errno;
	kern_fault();
	memcpy(at, &length, sizeof(length));
	memcpy(at + sizeof(length), bytes, length);
	munmap(at, size);
	kern_fault();
	return bpf_map_update_elem(kern->map[MAP_TEXT], &slot, &fd, BPF_ANY) ?
		       -errno : 0;
}

int kern_text_fill(struct kern *kern, uint32_t slot, const void *bytes,
		   size_t length, struct error *error)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts,
		    .map_flags = BPF_F_INNER_MAP | BPF_F_MMAPABLE);
	int fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "text", sizeof(__u32), PAGE,
				pages_for(length), &opts);
	int err = fd < 0 ? -errno : text_place(kern, fd, slot, bytes, length);

	if (fd >= 0)
		close(fd);
	return err ? error_system(error, -err, EXIT_SYSTEM, "cannot keep the "
				  "rules' text (%zu bytes) in the pins; the "
				  "old rules stay in force", length) : 0;
}

static int text_copy(int fd, void **bytes, size_t *length)
{
	struct bpf_map_info info = {};
	__u32 size = sizeof(info);
	uint64_t said;
	size_t mapped;
	char *at;

	if (bpf_obj_get_info_by_fd(fd, &info, &size))
		return -errno;
	mapped = info.max_entries * PAGE;
	at = mmap(NULL, mapped, PROT_READ, MAP_SHARED, fd, 0);
	if (at == MAP_FAILED)
		return -errno;
	memcpy(&said, at, sizeof(said));
	if (said > mapped - sizeof(said)) {
		munmap(at, mapped);
		return -EBADMSG;
	}
	*length = said;
	*bytes = malloc(said + 1);
	if (*bytes)
		memcpy(*bytes, at + sizeof(said), said);
	munmap(at, mapped);
	return *bytes ? 0 : -ENOMEM;
}

/* Readers hold no lock: a generation may leave under their hands. */
static int text_get(const struct kern *kern)
{
	uint32_t slot;
	int fd;

	do {
		slot = kern_maps_current(kern);
		fd = kern_inner_get(kern->map[MAP_TEXT], slot);
	} while (fd < 0 && slot != kern_maps_current(kern));
	return fd;
}

int kern_text_read(const struct kern *kern, void **bytes, size_t *length,
		   struct error *error)
{
	int fd = text_get(kern);
	int err = fd < 0 ? fd : text_copy(fd, bytes, length);

	if (fd >= 0)
		close(fd);
	if (err == -EPERM) {
		/* Maps inside of maps are opened by their ids. */
		error_set(error, EXIT_PERMISSION,
			  "reading the running rules needs CAP_SYS_ADMIN, which this process lacks: run it as root (sudo)");
		return err;
	}
	return err ? error_system(error, -err, EXIT_SYSTEM, "cannot read the "
				  "running rules from the pins in %s: `xdpwl "
				  "apply` loads the rules file again",
				  kern->dir) : 0;
}
