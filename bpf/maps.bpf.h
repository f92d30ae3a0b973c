/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The maps, as include/xdpwl.h describes them. Policy comes down: the program may
 * only read it (BPF_F_RDONLY_PROG), but for `service`, `control` and filters, which
 * commands write through a mapping, what that flag forbids. Counters go up. Inner
 * maps carry BPF_F_INNER_MAP where generations differ in size: an array needs it
 * to be swapped with another max_entries (kernel/bpf/arraymap.c,
 * array_map_meta_equal), and is declared here with one entry. Inner maps name
 * sizes, not types: clang emits no more than a forward of a type that only an
 * inner map points to.
 */
#ifndef MAPS_BPF_H
#define MAPS_BPF_H

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include "../include/xdpwl.h"

/* Zero, and the abi is wrong, until a command fills it: see user/kern_maps.c. */
struct xdpwl_control control;

/* The same value, of which the verifier knows nothing any more: all ways that led to it
 * look alike then, and it follows one of them, not each. */
static __always_inline __u64 opaque(__u64 value)
{
	return value + *(volatile __u32 *)&control.zero;
}

/* A slot by its number, 0 ... 2: 3 would be the last one, too. A mask and a division by
 * steps, as the verifier follows both ways of a branch. */
static __always_inline const struct xdpwl_slot *slot_numbered(__u32 number)
{
	return &control.slot[((number & XDPWL_CURRENT_SLOT) * 3 + 2) / 4];
}

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, XDPWL_SLOTS * XDPWL_GROUPS);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, struct xdpwl_service);
} service SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, XDPWL_SLOTS * XDPWL_GROUPS);
	__uint(map_flags, BPF_F_RDONLY_PROG);
	__type(key, __u32);
	__type(value, struct xdpwl_protocol);
} protocol SEC(".maps");

/* Class, or XDPWL_CLASS_ALL + group, to the cell of rules for `any`. */
struct any_cells {
	__u32 cell[XDPWL_ANY_CELLS];
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, XDPWL_SLOTS);
	__uint(map_flags, BPF_F_RDONLY_PROG);
	__type(key, __u32);
	__type(value, struct any_cells);
} any SEC(".maps");

/* An outer map of an inner one for each slot. */
#define FOR_EACH_SLOT(inner)					\
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);		\
	__uint(max_entries, XDPWL_SLOTS);			\
	__type(key, __u32);					\
	__array(values, inner)

struct odd_ports_inner {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__uint(map_flags, BPF_F_RDONLY_PROG);
	__uint(key_size, sizeof(struct xdpwl_odd_port));
	__uint(value_size, sizeof(__u32));
};

struct {
	FOR_EACH_SLOT(struct odd_ports_inner);
} odd_ports SEC(".maps");

struct lpm4_inner {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(max_entries, 1);
	__uint(map_flags, BPF_F_NO_PREALLOC | BPF_F_RDONLY_PROG);
	__uint(key_size, sizeof(struct xdpwl_lpm4));
	__uint(value_size, sizeof(struct xdpwl_entry));
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, XDPWL_SLOTS * XDPWL_PARTS);
	__type(key, __u32);
	__array(values, struct lpm4_inner);
} lpm4 SEC(".maps");

struct lpm6_inner {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(max_entries, 1);
	__uint(map_flags, BPF_F_NO_PREALLOC | BPF_F_RDONLY_PROG);
	__uint(key_size, sizeof(struct xdpwl_lpm6));
	__uint(value_size, sizeof(struct xdpwl_entry));
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, XDPWL_SLOTS * XDPWL_PARTS);
	__type(key, __u32);
	__array(values, struct lpm6_inner);
} lpm6 SEC(".maps");

/* Blocks of 1 KiB: of numbers, lines, hash tables. */
struct blocks_inner {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(map_flags, BPF_F_INNER_MAP | BPF_F_RDONLY_PROG);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(struct xdpwl_lines));
};

struct {
	FOR_EACH_SLOT(struct blocks_inner);
} lines4 SEC(".maps"), numbers4 SEC(".maps"), heads6 SEC(".maps"), runs6 SEC(".maps"),
	lines6 SEC(".maps"), exact6 SEC(".maps");

/* Of one size, whatever the generation: looked up in place, without a call, and of one
 * element: the look-up does not wait for the packet. */
#define ONE_VALUE(value)					\
	__uint(type, BPF_MAP_TYPE_ARRAY);			\
	__uint(max_entries, 1);					\
	__uint(map_flags, BPF_F_MMAPABLE);			\
	__uint(key_size, sizeof(__u32));			\
	__uint(value_size, sizeof(value))

struct fine_inner {
	ONE_VALUE(struct xdpwl_fine);
};

struct {
	FOR_EACH_SLOT(struct fine_inner);
} fine6 SEC(".maps");

struct fine4_inner {
	ONE_VALUE(struct xdpwl_fine4);
};

struct {
	FOR_EACH_SLOT(struct fine4_inner);
} fine4 SEC(".maps");

struct spans4_inner {
	ONE_VALUE(struct xdpwl_spans4);
};

struct {
	FOR_EACH_SLOT(struct spans4_inner);
} spans4 SEC(".maps");

struct rows4_inner {
	ONE_VALUE(struct xdpwl_rows4);
};

struct {
	FOR_EACH_SLOT(struct rows4_inner);
} rows4 SEC(".maps");

struct slices4_inner {
	ONE_VALUE(struct xdpwl_slices4);
};

struct {
	FOR_EACH_SLOT(struct slices4_inner);
} slices4 SEC(".maps");

struct hosts4_inner {
	ONE_VALUE(struct xdpwl_hosts4);
};

struct {
	FOR_EACH_SLOT(struct hosts4_inner);
} hosts4 SEC(".maps");

struct tiles6_inner {
	ONE_VALUE(struct xdpwl_tiles6);
};

struct {
	FOR_EACH_SLOT(struct tiles6_inner);
} tiles6 SEC(".maps");

struct entries_inner {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(map_flags, BPF_F_INNER_MAP | BPF_F_RDONLY_PROG);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(struct xdpwl_entry));
};

struct {
	FOR_EACH_SLOT(struct entries_inner);
} entries SEC(".maps");

struct cells_inner {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__uint(map_flags, BPF_F_RDONLY_PROG);
	__uint(key_size, sizeof(struct xdpwl_cell_key));
	__uint(value_size, sizeof(__u32));
};

struct {
	FOR_EACH_SLOT(struct cells_inner);
} cells SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, XDPWL_SLOTS * XDPWL_INTERFACES);
	__uint(map_flags, BPF_F_NO_PREALLOC | BPF_F_RDONLY_PROG);
	__type(key, struct xdpwl_interface_key);
	__type(value, struct xdpwl_interface);
} interface SEC(".maps");

struct text_inner {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(map_flags, BPF_F_INNER_MAP | BPF_F_MMAPABLE);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(struct xdpwl_page));
};

struct {
	FOR_EACH_SLOT(struct text_inner);
} text SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, XDPWL_N_REASONS);
	__type(key, __u32);
	__type(value, struct xdpwl_counter);
} reasons SEC(".maps");

/* One element a possible CPU: set before loading. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, struct xdpwl_ports);
} ports SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 256);
	__type(key, __u32);
	__type(value, struct xdpwl_counter);
} protocols SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, XDPWL_ODD_DROPS);
	__type(key, struct xdpwl_odd_port);
	__type(value, struct xdpwl_counter);
} odd_drops SEC(".maps");

struct hits_inner {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, XDPWL_HIT_CHUNK);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(struct xdpwl_counter));
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, XDPWL_HIT_CHUNKS);
	__type(key, __u32);
	__array(values, struct hits_inner);
} hits SEC(".maps");

/*
 * As many elements as `option flows` and `option fragments` ask for: set before loading.
 * Nobody maps them: the flag is what makes the kernel align them to cache lines.
 */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct xdpwl_bucket);
} flows SEC(".maps"), fragments SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct xdpwl_tags);
} flow_tags SEC(".maps"), fragment_tags SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, XDPWL_EVICTIONS);
	__type(key, __u32);
	__type(value, __u64);
} evictions SEC(".maps");

#endif
