/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Model to tables: the arrays of keys and values that one generation writes into
 * the kernel's maps (include/xdpwl.h says what they mean). compile.c fills them,
 * kern_maps.c writes them; neither knows the other's business.
 */
#ifndef TABLES_H
#define TABLES_H

#include "error.h"
#include "ruleset.h"
#include "../include/xdpwl.h"

/* n keys and n values, each an array of fixed-size elements. */
struct table {
	void *keys, *values;
	size_t n, capacity;
};

/* n elements of an array. */
struct blocks {
	void *elements;
	size_t n;
};

/* A device that is, or is about to be, attached. */
struct device {
	char name[IFNAMSIZ];	/* as it was attached: what `on` means */
	uint32_t ifindex;
	bool audit;
};

struct tables {
	struct xdpwl_slot *slot;		/* generation is left 0 */
	struct xdpwl_service *service;		/* [n_groups] */
	struct xdpwl_protocol *protocol;	/* [n_groups] */
	uint32_t n_groups;
	uint32_t *any;				/* [XDPWL_ANY_CELLS] */
	struct table odd_ports;			/* xdpwl_odd_port -> u32 */
	struct table lpm4, lpm6;		/* xdpwl_lpm4/6 -> xdpwl_entry */
	struct table cells;			/* xdpwl_cell_key -> u32 */
	struct blocks rows4, fine4;		/* xdpwl_rows4, xdpwl_fine4 */
	struct blocks spans4;			/* xdpwl_spans4 */
	size_t spans4_used;			/* of its spans, the first */
	struct blocks slices4, hosts4;		/* xdpwl_slices4, xdpwl_hosts4 */
	struct blocks lines4, numbers4;		/* xdpwl_lines4, xdpwl_numbers4 */
	struct blocks tiles6;			/* xdpwl_tiles6 */
	size_t tiles6_used;			/* of its bytes, the first */
	struct blocks fine6, heads6;		/* xdpwl_fine, xdpwl_heads6 */
	struct blocks runs6;			/* xdpwl_runs6 */
	struct blocks lines6, exact6;		/* xdpwl_lines, xdpwl_exact6 */
	struct blocks entries;			/* xdpwl_entry, by number - 1 */
	struct table interfaces;		/* u32 ifindex -> xdpwl_interface */
};

/*
 * Compile. Every rule must have its hit number. Rules `on` a name that no device
 * has are left out (the caller warns). `seed` is 64 random bits. EXIT_FULL beyond
 * XDPWL_CLASSES - 1 classes, XDPWL_GROUPS groups or memory.
 */
int compile(struct tables *tables, const struct ruleset *ruleset,
	    const struct device *devices, size_t n_devices, uint64_t seed,
	    struct error *error);
void tables_free(struct tables *tables);

#endif
