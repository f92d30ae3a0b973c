/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A generation's own bytes (store.h) in and out of its map: a header, the rules, the
 * members of sets; behind them room for the rules twice more, as small edits leave
 * them, so that an edit does not write a million members again. A set of `added` with
 * an odd number goes with the first, one with an even number with the second.
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "kern_inner.h"

#define PAGE sizeof(struct xdpwl_page)

struct header {
	uint64_t rules_length, members_length;
	uint64_t room;		/* bytes for a later text and its length, whole pages */
};

enum { LATER_TEXTS = 2, SPARE = 65536 };

static uint64_t whole_pages(uint64_t length)
{
	return (length + PAGE - 1) / PAGE * PAGE;
}

/* Where in the map the text of a set of `added` stands. */
static uint64_t later_text(const struct header *header, uint32_t set)
{
	return whole_pages(sizeof(*header) + header->rules_length +
			   header->members_length) +
	       (set % LATER_TEXTS ? 0 : header->room);
}

static int map_whole(int fd, int protection, char **at, size_t *size)
{
	struct bpf_map_info info = {};
	__u32 length = sizeof(info);

	if (bpf_obj_get_info_by_fd(fd, &info, &length))
		return -errno;
	*size = info.max_entries * PAGE;
	*at = mmap(NULL, *size, protection, MAP_SHARED, fd, 0);
	return *at == MAP_FAILED ? -errno : 0;
}

/* Whether what the header says lies within the map. */
static bool header_sound(const struct header *header, size_t size)
{
	return header->rules_length <= size && header->members_length <= size &&
	       header->room <= size && header->room >= sizeof(uint64_t) &&
	       later_text(header, 0) + header->room <= size;
}

/* ---- in ---- */

static int text_place(struct kern *kern, int fd, uint32_t slot,
		      const struct store *store, const struct header *header)
{
	size_t size;
	char *at;
	int err = map_whole(fd, PROT_READ | PROT_WRITE, &at, &size);

	if (err)
		return err;
	kern_fault();
	memcpy(at, header, sizeof(*header));
	memcpy(at + sizeof(*header), store->rules, store->rules_length);
	memcpy(at + sizeof(*header) + store->rules_length, store->members,
	       store->members_length);
	munmap(at, size);
	kern_fault();
	return bpf_map_update_elem(kern->map[MAP_TEXT], &slot, &fd, BPF_ANY) ?
		       -errno : 0;
}

int kern_text_fill(struct kern *kern, uint32_t slot, const struct store *store,
		   struct error *error)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts,
		    .map_flags = BPF_F_INNER_MAP | BPF_F_MMAPABLE);
	struct header header = {
		.rules_length = store->rules_length,
		.members_length = store->members_length,
		.room = whole_pages(2 * store->rules_length + SPARE),
	};
	int fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "text", sizeof(__u32), PAGE,
				(later_text(&header, 0) + header.room) / PAGE,
				&opts);
	int err = fd < 0 ? -errno : text_place(kern, fd, slot, store, &header);

	if (fd >= 0)
		close(fd);
	return err ? error_system(error, -err, EXIT_SYSTEM, "cannot keep the "
				  "rules' text (%zu bytes) in the pins; the "
				  "old rules stay in force",
				  store->rules_length + store->members_length) : 0;
}

static int later_write(char *at, size_t size, uint32_t set, const struct store *store)
{
	uint64_t length = store->rules_length;
	struct header header;

	memcpy(&header, at, sizeof(header));
	if (!header_sound(&header, size))
		return -EBADMSG;
	if (length > header.room - sizeof(length))
		return -ENOSPC;
	at += later_text(&header, set);
	kern_fault();
	memcpy(at, &length, sizeof(length));
	memcpy(at + sizeof(length), store->rules, length);
	return 0;
}

int kern_text_add(struct kern *kern, uint32_t slot, uint32_t set,
		  const struct store *store)
{
	int fd = kern_inner_get(kern->map[MAP_TEXT], slot), err;
	size_t size;
	char *at;

	if (fd < 0)
		return fd;
	err = map_whole(fd, PROT_READ | PROT_WRITE, &at, &size);
	close(fd);
	if (err)
		return err;
	err = later_write(at, size, set, store);
	munmap(at, size);
	return err;
}

/* ---- and out ---- */

/* A copy of the rules, as the next edit but one writes over them. */
static int rules_copy(struct kern_text *text, const struct header *header, uint32_t set)
{
	const char *from = (char *)text->map + sizeof(*header);
	uint64_t length = header->rules_length;

	if (set) {
		from = (char *)text->map + later_text(header, set);
		memcpy(&length, from, sizeof(length));
		from += sizeof(length);
		if (length > header->room - sizeof(length))
			return -EBADMSG;
	}
	text->store.rules = malloc(length + 1);
	if (!text->store.rules)
		return -ENOMEM;
	memcpy(text->store.rules, from, length);
	text->store.rules_length = length;
	return 0;
}

static int text_take(struct kern_text *text, int fd, uint32_t set)
{
	struct header header;
	char *at;
	int err = map_whole(fd, PROT_READ, &at, &text->size);

	if (err)
		return err;
	text->map = at;
	memcpy(&header, at, sizeof(header));
	if (!header_sound(&header, text->size))
		return -EBADMSG;
	text->store.members = at + sizeof(header) + header.rules_length;
	text->store.members_length = header.members_length;
	return rules_copy(text, &header, set);
}

/* Readers hold no lock: a generation may leave under their hands. */
static int text_get(const struct kern *kern, struct kern_text *text)
{
	uint64_t generation;
	uint32_t place;
	int fd, err;

	do {
		kern_text_free(text);
		generation = kern_generation(kern);
		place = kern_place(kern);
		fd = kern_inner_get(kern->map[MAP_TEXT], place_slot(place));
		err = fd < 0 ? fd : text_take(text, fd, place_added(place));
		if (fd >= 0)
			close(fd);
	} while (place != kern_place(kern) ||
		 generation != kern_generation(kern));
	return err;
}

int kern_text_read(const struct kern *kern, struct kern_text *text,
		   struct error *error)
{
	int err;

	memset(text, 0, sizeof(*text));
	err = text_get(kern, text);
	if (!err)
		return 0;
	kern_text_free(text);
	if (err == -EPERM) {
		/* Maps inside of maps are opened by their ids. */
		error_set(error, EXIT_PERMISSION,
			  "reading the running rules needs CAP_SYS_ADMIN, which this process lacks: run it as root (sudo)");
		return err;
	}
	return error_system(error, -err, EXIT_SYSTEM, "cannot read the "
			    "running rules from the pins in %s: `xdpwl "
			    "apply` loads the rules file again", kern->dir);
}

void kern_text_free(struct kern_text *text)
{
	free(text->store.rules);
	if (text->map)
		munmap(text->map, text->size);
	memset(text, 0, sizeof(*text));
}
