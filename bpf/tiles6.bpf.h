/* SPDX-License-Identifier: GPL-2.0-only */
/* IPv6 source to whether the main entry covers it (include/tiles6.h). */
#ifndef TILES6_BPF_H
#define TILES6_BPF_H

#include "table4.bpf.h"

/* What a generation has of them; NULL: it has none. */
struct tiles6 {
	const struct xdpwl_tiles6 *tiles;
	const struct xdpwl_places6 *places;
	const struct xdpwl_slot *slot;
};

/* The tile of a key, or another's. */
static __always_inline const struct xdpwl_tile6 *tile6_find(const struct tiles6 *in, __u64 hash)
{
	const void *places = in->places->place, *tiles = in->tiles->tile;
	__u64 at = hash, offset = hash;

	asm volatile("" : "+r"(places));
	asm volatile("" : "+r"(tiles));
	asm volatile("%0 >>= %1" : "+r"(at) : "r"((__u64)in->slot->places6_shift));
	at = value_bound(at, sizeof(*in->places) - sizeof(__u32));
	asm volatile("%0 >>= %1" : "+r"(offset) : "r"((__u64)in->slot->tiles6_shift));
	offset += *(const __u32 *)(places + at);
	return tiles + value_bound(offset, sizeof(*in->tiles) - sizeof(struct xdpwl_tile6));
}

static __always_inline enum cover tile6_cover(const struct xdpwl_tile6 *tile, __u64 high)
{
	__u64 first = tile->first, part = high ^ first;
	__s64 within;

	/* A shift takes no more of it than log2 (RFC 9669, 4.1). */
	asm volatile("%0 >>= %1" : "+r"(part) : "r"(first));
	/* One branch: which of both a neighbour is not in nobody can guess. */
	within = (part >> 6) - 1;
	if ((within & bit_first(tile->parts, part)) < 0)
		return COVER_MAIN;
	return tile->parts || within >= 0 ? COVER_NOBODY : COVER_ASK;
}

/* `hash` is xdpwl_bloom_hash() of the source. */
static __always_inline enum cover cover_find6(const __be32 *source, __u64 hash,
					      const struct tiles6 *in)
{
	__u64 high = bpf_be64_to_cpu(*(const volatile __be64 *)source), cut;
	const struct xdpwl_tile6 *tile = tile6_find(in, hash);
	enum cover cover = tile6_cover(tile, high);

	if (cover != COVER_ASK)
		return cover;
	cut = tile->first >> XDPWL_TILE6_CUT & XDPWL_TILE6_CUT_MASK;
	if (!cut)
		return COVER_ASK;
	asm volatile("%0 >>= %1" : "=r"(hash) : "r"(cut), "0"(high));
	return tile6_cover(tile6_find(in, hash * in->slot->seed), high);
}

#endif
