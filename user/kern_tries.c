/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The entries of a large list to the tries of a slot, one for each value of a byte of
 * the address. The kernel frees a trie without a pause: of a million prefixes for 0.3 to
 * 0.7 s, in which a CPU does nothing else.
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "kern_inner.h"

#define PARTED_LEAST	131072	/* prefixes: fewer are freed in 40 ms */
#define AT_ONCE		32	/* tries that are open at a time */
#define FREE_NS		400	/* in which the kernel frees an entry */
#define FREE_LEAST	4096	/* entries that are worth a pause */

/* What there is of each part, one behind the other. */
struct parts {
	size_t from[XDPWL_PARTS + 1];
	char *keys;
	struct xdpwl_entry *values;
};

/* The parts that a prefix is in: one, unless it is short. */
struct range {
	uint32_t first, last;
};

static struct range parts_of(const struct kern_tries *tries, const char *key)
{
	uint32_t length, byte = (uint8_t)key[sizeof(length) + tries->byte];
	int known;

	memcpy(&length, key, sizeof(length));
	known = (int)length - 8 * (int)tries->byte;
	known = known < 0 ? 0 : known > 8 ? 8 : known;
	byte &= 0xff00 >> known;
	return (struct range){ byte, byte | 0xff >> known };
}

/* Where each part begins. */
static void parts_count(struct parts *parts, const struct kern_tries *tries)
{
	const char *key = tries->table->keys;
	size_t i;
	uint32_t k;

	memset(parts->from, 0, sizeof(parts->from));
	for (i = 0; i < tries->table->n; i++) {
		struct range range = parts_of(tries, key + i * tries->key_size);

		for (k = range.first; k <= range.last; k++)
			parts->from[k + 1]++;
	}
	for (k = 0; k < XDPWL_PARTS; k++)
		parts->from[k + 1] += parts->from[k];
}

static int parts_build(struct parts *parts, const struct kern_tries *tries)
{
	const struct xdpwl_entry *values = tries->table->values;
	const char *keys = tries->table->keys, *key;
	size_t size = tries->key_size, at[XDPWL_PARTS], i;
	uint32_t k;

	parts_count(parts, tries);
	parts->keys = malloc(parts->from[XDPWL_PARTS] * size);
	parts->values = malloc(parts->from[XDPWL_PARTS] * sizeof(*values));
	if (!parts->keys || !parts->values)
		return -ENOMEM;
	memcpy(at, parts->from, sizeof(at));
	for (i = 0; i < tries->table->n; i++) {
		struct range range;

		key = keys + i * size;
		range = parts_of(tries, key);
		for (k = range.first; k <= range.last; k++) {
			memcpy(parts->keys + at[k] * size, key, size);
			parts->values[at[k]++] = values[i];
		}
	}
	return 0;
}

/* ---- maps ---- */

/* An fd, or -errno. */
static int trie_create(const struct kern_tries *tries, size_t entries)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts,
		    .map_flags = BPF_F_RDONLY_PROG | BPF_F_NO_PREALLOC);
	int fd;

	kern_fault();
	fd = bpf_map_create(BPF_MAP_TYPE_LPM_TRIE, kern_map_names[tries->map],
			    tries->key_size, sizeof(struct xdpwl_entry), entries,
			    &opts);
	return fd < 0 ? -errno : fd;
}

/* An fd, that of `empty` where the part is, or -errno. */
static int part_fill(const struct kern_tries *tries, const struct parts *parts,
		     uint32_t k, int empty)
{
	size_t from = parts->from[k], n = parts->from[k + 1] - from;
	int fd, err;

	if (!n)
		return empty;
	fd = trie_create(tries, n);
	if (fd < 0)
		return fd;
	err = kern_map_fill(fd, parts->keys + from * tries->key_size,
			    tries->key_size, parts->values + from,
			    sizeof(struct xdpwl_entry), n);
	if (!err)
		return fd;
	close(fd);
	return err;
}

/* In place of what is there. */
static int tries_place(const struct kern *kern, const struct kern_tries *tries,
		       uint32_t first, const int *fds, uint32_t n)
{
	LIBBPF_OPTS(bpf_map_batch_opts, opts);
	uint32_t keys[XDPWL_PARTS], i;

	for (i = 0; i < n; i++)
		keys[i] = tries->slot * XDPWL_PARTS + first + i;
	kern_fault();
	return bpf_map_update_batch(kern->map[tries->map], keys, fds, &n, &opts) ?
		       -errno : 0;
}

/* So many parts, of which nothing stays open. */
static int parts_place(const struct kern *kern, const struct kern_tries *tries,
		       const struct parts *parts, uint32_t first, int empty)
{
	int fds[AT_ONCE], err = 0;
	uint32_t n = 0;

	while (n < AT_ONCE && !err) {
		fds[n] = part_fill(tries, parts, first + n, empty);
		if (fds[n] < 0)
			err = fds[n];
		else
			n++;
	}
	if (!err)
		err = tries_place(kern, tries, first, fds, n);
	while (n-- > 0)
		if (fds[n] != empty)
			close(fds[n]);
	return err;
}

/* How many entries a part has room for; their trie goes when the fd is closed. */
static uint32_t part_open(const struct kern *kern, const struct kern_tries *tries,
			  uint32_t k, int *fd)
{
	struct bpf_map_info info = { 0 };
	__u32 size = sizeof(info);

	*fd = kern_inner_get(kern->map[tries->map], tries->slot * XDPWL_PARTS + k);
	if (*fd < 0 || bpf_obj_get_info_by_fd(*fd, &info, &size))
		return 0;
	return info.max_entries;
}

/* So many entries are being freed: what comes next waits for its turn, lest more kernel
 * threads than there are CPUs leave no time for anything else. Returns how many still are. */
static uint32_t free_wait(uint32_t entries)
{
	uint64_t ns = (uint64_t)FREE_NS * entries;
	struct timespec time = { ns / 1000000000, ns % 1000000000 };

	if (entries < FREE_LEAST)
		return entries;
	nanosleep(&time, NULL);
	return 0;
}

__u32 kern_tries_parted(const struct kern *kern, const struct kern_tries *tries)
{
	LIBBPF_OPTS(bpf_map_batch_opts, opts);
	uint32_t none = 0;

	if (tries->table->n < PARTED_LEAST ||
	    bpf_map_update_batch(kern->map[tries->map], &none, &none, &none, &opts))
		return 0;
	return tries->flag;
}

int kern_tries_fill(const struct kern *kern, const struct kern_tries *tries)
{
	struct parts parts = { 0 };
	int empty = trie_create(tries, 1), err;
	uint32_t first;

	if (empty < 0)
		return empty;
	err = parts_build(&parts, tries);
	for (first = 0; first < XDPWL_PARTS && !err; first += AT_ONCE)
		err = parts_place(kern, tries, &parts, first, empty);
	free(parts.keys);
	free(parts.values);
	close(empty);
	if (err)
		kern_tries_empty(kern, tries, 0);
	return err;
}

/* So many parts at once, as each call may wait out a grace period (Linux 6.8 and later); then
 * one after the other is given back. `left` is what free_wait() said last. */
static int parts_empty(const struct kern *kern, const struct kern_tries *tries,
		       uint32_t first, uint32_t n, int empty, uint32_t *left)
{
	uint32_t entries[AT_ONCE], i;
	int fds[AT_ONCE], empties[AT_ONCE], err;

	for (i = 0; i < n; i++) {
		entries[i] = part_open(kern, tries, first + i, &fds[i]);
		empties[i] = empty;
	}
	err = tries_place(kern, tries, first, empties, n);
	for (i = 0; i < n; i++) {
		if (fds[i] >= 0)
			close(fds[i]);
		*left = free_wait(*left + entries[i]);
	}
	return err;
}

int kern_tries_empty(const struct kern *kern, const struct kern_tries *tries,
		     uint32_t first)
{
	int empty = trie_create(tries, 1), err = 0;
	uint32_t left = 0, n;

	if (empty < 0)
		return empty;
	for (; first < XDPWL_PARTS && !err; first += n) {
		n = XDPWL_PARTS - first < AT_ONCE ? XDPWL_PARTS - first : AT_ONCE;
		err = parts_empty(kern, tries, first, n, empty, &left);
	}
	close(empty);
	return err;
}
