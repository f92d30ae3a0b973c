/* SPDX-License-Identifier: GPL-2.0-only */
/* Counters of rules, by hit number, in chunks that are made as numbers grow. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>
#include "kern_inner.h"

#define TRIES 8	/* to read while counts move between maps */

static int hits_read(const struct kern *kern, const uint32_t *hits, size_t n,
		     struct xdpwl_counter *counts, struct xdpwl_counter *values, int cpus)
{
	uint32_t chunk = UINT32_MAX, index;
	int fd = -1, err = 0;
	size_t i;

	for (i = 0; i < n && !err; i++) {
		if (hits[i] / XDPWL_HIT_CHUNK != chunk) {
			if (fd >= 0)
				close(fd);
			chunk = hits[i] / XDPWL_HIT_CHUNK;
			fd = kern_inner_get(kern->map[MAP_HITS], chunk);
		}
		index = hits[i] % XDPWL_HIT_CHUNK;
		if (fd < 0)
			err = fd;
		else if (bpf_map_lookup_elem(fd, &index, values))
			err = -errno;
		counts[i] = kern_counter_sum(values, cpus);
	}
	if (fd >= 0)
		close(fd);
	return err;
}

int kern_hits_read(const struct kern *kern, const uint32_t *hits, size_t n,
		   struct xdpwl_counter *counts, struct error *error)
{
	int cpus = libbpf_num_possible_cpus(), err = 0, tries = 0;
	struct xdpwl_counter *values = calloc(cpus, sizeof(*values));
	struct xdpwl_main *mains = NULL;
	size_t i;

	do {
		free(mains);
		mains = kern_mains_read(kern);
		err = mains && values ? hits_read(kern, hits, n, counts, values, cpus) :
					-ENOMEM;
	} while (!err && ++tries < TRIES && kern_mains_moved(kern, mains));
	for (i = 0; i < n && !err; i++)
		kern_mains_add(mains, hits[i], &counts[i]);
	free(mains);
	free(values);
	return err ? error_system(error, -err, EXIT_SYSTEM, "cannot read the "
				  "counters of rules in %s", kern->dir) : 0;
}

static int chunk_add(const struct kern *kern, uint32_t chunk)
{
	int fd = bpf_map_create(BPF_MAP_TYPE_PERCPU_ARRAY, "hits",
				sizeof(__u32), sizeof(struct xdpwl_counter),
				XDPWL_HIT_CHUNK, NULL), err = 0;

	if (fd < 0)
		return -errno;
	kern_fault();
	if (bpf_map_update_elem(kern->map[MAP_HITS], &chunk, &fd, BPF_NOEXIST) &&
	    bpf_map_update_elem(kern->map[MAP_HITS], &chunk, &fd, BPF_ANY))
		err = -errno;
	close(fd);
	return err;
}

/* Make the chunks up to that of `last`; *made is the first new one. */
static int chunks_make(const struct kern *kern, uint32_t last, uint32_t *made)
{
	uint32_t n = last / XDPWL_HIT_CHUNK + 1, chunk, id;
	int err = 0;

	*made = n;
	for (chunk = 0; chunk < n && !err; chunk++) {
		if (!bpf_map_lookup_elem(kern->map[MAP_HITS], &chunk, &id))
			continue;
		err = chunk_add(kern, chunk);
		if (chunk < *made)
			*made = chunk;
	}
	return err;
}

int kern_hits_reset(struct kern *kern, uint32_t last, const uint32_t *hits,
		    size_t n, struct error *error)
{
	struct xdpwl_counter *zero = calloc(libbpf_num_possible_cpus(),
					    sizeof(*zero));
	uint32_t made, index;
	int err = last < XDPWL_HIT_CHUNK * XDPWL_HIT_CHUNKS ?
			  chunks_make(kern, last, &made) : -ENOSPC;
	size_t i;

	err = zero ? err : -ENOMEM;
	for (i = 0; i < n && !err; i++) {
		int fd;

		if (hits[i] / XDPWL_HIT_CHUNK >= made)
			continue;	/* new, and zero already */
		kern_mains_forget(kern, hits[i]);
		index = hits[i] % XDPWL_HIT_CHUNK;
		fd = kern_inner_get(kern->map[MAP_HITS],
				    hits[i] / XDPWL_HIT_CHUNK);
		kern_fault();
		if (fd < 0)
			err = fd;
		else if (bpf_map_update_elem(fd, &index, zero, BPF_ANY))
			err = -errno;
		if (fd >= 0)
			close(fd);
	}
	free(zero);
	return err ? error_system(error, -err, EXIT_SYSTEM,
				  "cannot make room for the counters of %u "
				  "rules", last) : 0;
}
