/* SPDX-License-Identifier: GPL-2.0-only */
/* Tables to the inner maps of a slot, and these back to the kernel. */
#include <bpf/bpf.h>
#include <errno.h>
#include <stddef.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "kern_inner.h"

/* ---- n keys and values into a map ---- */

static int map_fill_singly(int fd, const char *keys, size_t key_size,
			   const char *values, size_t value_size, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (bpf_map_update_elem(fd, keys + i * key_size,
					values + i * value_size, BPF_ANY))
			return -errno;
	return 0;
}

int kern_map_fill(int fd, const void *keys, size_t key_size, const void *values,
		  size_t value_size, size_t n)
{
	LIBBPF_OPTS(bpf_map_batch_opts, opts);
	__u32 count = n;

	if (!n)
		return 0;
	kern_fault();
	if (!bpf_map_update_batch(fd, keys, values, &count, &opts))
		return 0;
	if (errno == ENOSPC || errno == ENOMEM)
		return -errno;
	return map_fill_singly(fd, keys, key_size, values, value_size, n);
}

/* An array: keys are 0 ... n - 1. */
static int map_fill_array(int fd, const void *values, size_t value_size, size_t n)
{
	uint32_t *keys = malloc((n + 1) * sizeof(*keys)), i;
	int err = -ENOMEM;

	for (i = 0; keys && i < n; i++)
		keys[i] = i;
	if (keys)
		err = kern_map_fill(fd, keys, sizeof(*keys), values, value_size, n);
	free(keys);
	return err;
}

/* The one element of an array, too large for old kernels to take in one piece: they copy what
 * they are given. */
static int map_fill_value(int fd, const void *value, size_t size)
{
	void *at = mmap(NULL, size, PROT_WRITE, MAP_SHARED, fd, 0);

	if (at == MAP_FAILED)
		return -errno;
	kern_fault();
	memcpy(at, value, size);
	munmap(at, size);
	return 0;
}

/* ---- inner maps ---- */

int kern_inner_get(int outer, uint32_t key)
{
	uint32_t id;
	int fd;

	if (bpf_map_lookup_elem(outer, &key, &id))
		return -errno;
	fd = bpf_map_get_fd_by_id(id);
	return fd < 0 ? -errno : fd;
}

struct inner {
	enum kern_map outer;
	enum bpf_map_type type;
	__u32 flags;
	const void *keys, *values;	/* keys NULL: of an array, 0 ... n - 1 */
	size_t key_size, value_size, n;
	__u32 max_entries;	/* at least n */
	int fd;			/* -1: empty, the slot's element is deleted */
	size_t used;		/* of a filter's value, so many bytes; others are 0 */
};

#define N_INNERS 18

/* An array of a generation's own size. */
static struct inner inner_array(enum kern_map outer, const struct blocks *blocks,
				size_t value_size)
{
	return (struct inner){ outer, BPF_MAP_TYPE_ARRAY,
			       BPF_F_RDONLY_PROG | BPF_F_INNER_MAP, NULL,
			       blocks->elements, sizeof(__u32), value_size,
			       blocks->n, blocks->n, -1, 0 };
}

/* Of one size: the verifier looks such an array up in place, without a call. */
static struct inner inner_value(enum kern_map outer, const struct blocks *map,
				size_t size, size_t used)
{
	return (struct inner){ outer, BPF_MAP_TYPE_ARRAY, BPF_F_MMAPABLE, NULL,
			       map->elements, sizeof(__u32), size, map->n, 1, -1, used };
}

static struct inner inner_whole(enum kern_map outer, const struct blocks *map,
				size_t size)
{
	return inner_value(outer, map, size, size);
}

static struct inner inner_spans4(const struct tables *tables)
{
	return inner_value(MAP_SPANS4, &tables->spans4, sizeof(struct xdpwl_spans4),
			   offsetof(struct xdpwl_spans4, span[tables->spans4_used]));
}

/* The first trie of a slot has all, unless they are in parts. */
static struct inner inner_trie(const struct kern_tries *tries, __u32 parted)
{
	size_t n = parted & tries->flag ? 0 : tries->table->n;

	/* Room to add, and to replace in a full one: ENOSPC on 5.10. */
	return (struct inner){ tries->map, BPF_MAP_TYPE_LPM_TRIE,
			       BPF_F_RDONLY_PROG | BPF_F_NO_PREALLOC,
			       tries->table->keys, tries->table->values,
			       tries->key_size, sizeof(struct xdpwl_entry), n,
			       2 * n + 1024, -1, 0 };
}

static void inners_describe(struct inner inners[N_INNERS],
			    const struct tables *tables,
			    const struct kern_tries tries[2], __u32 parted)
{
	const struct table *odd = &tables->odd_ports, *cells = &tables->cells;
	__u32 rdonly = BPF_F_RDONLY_PROG;
	const struct inner described[] = {
		{ MAP_ODD_PORTS, BPF_MAP_TYPE_HASH, rdonly, odd->keys,
		  odd->values, sizeof(struct xdpwl_odd_port), sizeof(__u32),
		  odd->n, odd->n, -1, 0 },
		{ MAP_CELLS, BPF_MAP_TYPE_HASH, rdonly, cells->keys,
		  cells->values, sizeof(struct xdpwl_cell_key), sizeof(__u32),
		  cells->n, cells->n, -1, 0 },
		inner_trie(&tries[0], parted),
		inner_trie(&tries[1], parted),
		inner_whole(MAP_ROWS4, &tables->rows4, sizeof(struct xdpwl_rows4)),
		inner_whole(MAP_FINE4, &tables->fine4, sizeof(struct xdpwl_fine4)),
		inner_spans4(tables),
		inner_whole(MAP_SLICES4, &tables->slices4, sizeof(struct xdpwl_slices4)),
		inner_whole(MAP_HOSTS4, &tables->hosts4, sizeof(struct xdpwl_hosts4)),
		inner_array(MAP_LINES4, &tables->lines4, sizeof(struct xdpwl_lines4)),
		inner_array(MAP_NUMBERS4, &tables->numbers4,
			    sizeof(struct xdpwl_numbers4)),
		inner_value(MAP_TILES6, &tables->tiles6, sizeof(struct xdpwl_tiles6),
			    tables->tiles6_used),
		inner_whole(MAP_FINE6, &tables->fine6, sizeof(struct xdpwl_fine)),
		inner_array(MAP_HEADS6, &tables->heads6, sizeof(struct xdpwl_heads6)),
		inner_array(MAP_LINES6, &tables->lines6, sizeof(struct xdpwl_lines)),
		inner_array(MAP_RUNS6, &tables->runs6, sizeof(struct xdpwl_runs6)),
		inner_array(MAP_EXACT6, &tables->exact6, sizeof(struct xdpwl_exact6)),
		inner_array(MAP_ENTRIES, &tables->entries, sizeof(struct xdpwl_entry)),
	};

	_Static_assert(sizeof(described) == N_INNERS * sizeof(*described), "inners");
	memcpy(inners, described, sizeof(described));
}

static int inner_fill(struct inner *inner)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = inner->flags);

	if (!inner->n)
		return 0;
	inner->fd = bpf_map_create(inner->type, kern_map_names[inner->outer],
				   inner->key_size, inner->value_size,
				   inner->max_entries, &opts);
	if (inner->fd < 0)
		return -errno;
	if (inner->flags & BPF_F_MMAPABLE)
		return map_fill_value(inner->fd, inner->values, inner->used);
	if (!inner->keys)
		return map_fill_array(inner->fd, inner->values,
				      inner->value_size, inner->n);
	return kern_map_fill(inner->fd, inner->keys, inner->key_size,
			     inner->values, inner->value_size, inner->n);
}

/* One element of an outer map: `inner` is put there, -1 takes out what is there. */
struct outer_write {
	int outer, inner;
	uint32_t key;
	int err;
};

/* What a slot has there; of tries the first. */
static struct outer_write outer_write_of(const struct kern *kern, enum kern_map outer,
					 int inner, uint32_t slot)
{
	bool tries = outer == MAP_LPM4 || outer == MAP_LPM6;

	return (struct outer_write){ kern->map[outer], inner,
				     tries ? slot * XDPWL_PARTS : slot, 0 };
}

/* Each waits out a grace period, about 8 ms on an idle machine. */
static void *outer_write(void *argument)
{
	struct outer_write *write = argument;
	uint32_t id;

	if (write->inner >= 0)
		write->err = bpf_map_update_elem(write->outer, &write->key,
						 &write->inner, BPF_ANY) ?
				     -errno : 0;
	else if (!bpf_map_lookup_elem(write->outer, &write->key, &id))
		bpf_map_delete_elem(write->outer, &write->key);
	return NULL;
}

/* All at once: they share the grace period. */
static int outer_writes(struct outer_write *writes, size_t n)
{
	pthread_t threads[N_MAPS];
	bool started[N_MAPS];
	size_t i;
	int err = 0;

	for (i = 0; i < n; i++) {
		kern_fault();
		started[i] = !pthread_create(&threads[i], NULL, outer_write,
					     &writes[i]);
		if (!started[i])
			outer_write(&writes[i]);
	}
	for (i = 0; i < n; i++) {
		if (started[i])
			pthread_join(threads[i], NULL);
		err = err ? err : writes[i].err;
	}
	return err;
}

static int inners_place(struct kern *kern, const struct inner *inners,
			uint32_t slot)
{
	struct outer_write writes[N_INNERS];
	size_t i;

	for (i = 0; i < N_INNERS; i++)
		writes[i] = outer_write_of(kern, inners[i].outer, inners[i].fd, slot);
	return outer_writes(writes, N_INNERS);
}

/* Of `tables`, or just of a slot. */
static void tries_describe(struct kern_tries tries[2], const struct tables *tables,
			   uint32_t slot)
{
	tries[0] = (struct kern_tries){
		MAP_LPM4, tables ? &tables->lpm4 : NULL, sizeof(struct xdpwl_lpm4),
		XDPWL_PART_BYTE4, XDPWL_PARTED4, slot,
	};
	tries[1] = (struct kern_tries){
		MAP_LPM6, tables ? &tables->lpm6 : NULL, sizeof(struct xdpwl_lpm6),
		XDPWL_PART_BYTE6, XDPWL_PARTED6, slot,
	};
}

/* Those of a family that are in parts, or were, by the flags of a slot before. */
static int tries_fill(const struct kern *kern, const struct kern_tries *tries,
		      __u32 parted, __u32 before)
{
	if (parted & tries->flag)
		return kern_tries_fill(kern, tries);
	return before & tries->flag ? kern_tries_empty(kern, tries, 1) : 0;
}

int kern_inners_fill(struct kern *kern, const struct tables *tables, uint32_t slot,
		     __u32 *parted)
{
	__u32 before = kern->control->slot[slot].flags;
	struct inner inners[N_INNERS];
	struct kern_tries tries[2];
	int err = 0, k;

	tries_describe(tries, tables, slot);
	*parted = kern_tries_parted(kern, &tries[0]) | kern_tries_parted(kern, &tries[1]);
	inners_describe(inners, tables, tries, *parted);
	for (k = 0; k < N_INNERS && !err; k++)
		err = inner_fill(&inners[k]);
	if (!err)
		err = inners_place(kern, inners, slot);
	for (k = 0; k < N_INNERS; k++)
		if (inners[k].fd >= 0)
			close(inners[k].fd);
	/* Whoever comes to this slot after a command that was killed is to know of it. */
	kern->control->slot[slot].flags |= *parted;
	for (k = 0; k < 2 && !err; k++)
		err = tries_fill(kern, &tries[k], *parted, before);
	return err;
}

void kern_inners_empty(struct kern *kern, uint32_t slot)
{
	static const enum kern_map outers[] = { MAP_ODD_PORTS, MAP_CELLS,
						MAP_LPM4, MAP_LPM6, MAP_ROWS4,
						MAP_FINE4, MAP_SPANS4, MAP_SLICES4, MAP_HOSTS4,
						MAP_LINES4, MAP_NUMBERS4,
						MAP_TILES6, MAP_FINE6, MAP_HEADS6, MAP_LINES6,
						MAP_RUNS6, MAP_EXACT6, MAP_ENTRIES,
						MAP_TEXT };
	__u32 flags = kern->control->slot[slot].flags;
	struct outer_write writes[N_MAPS];
	struct kern_tries tries[2];
	size_t n = sizeof(outers) / sizeof(outers[0]), i;

	for (i = 0; i < n; i++)
		writes[i] = outer_write_of(kern, outers[i], -1, slot);
	outer_writes(writes, n);
	tries_describe(tries, NULL, slot);
	for (i = 0; i < 2; i++)
		if (flags & tries[i].flag)
			kern_tries_empty(kern, &tries[i], 0);
}
