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
	__u64 at, offset;

	asm volatile("" : "+r"(places));
	asm volatile("" : "+r"(tiles));
	at = value_bound(shift_right(hash, in->slot->places6_shift),
			 sizeof(*in->places) - sizeof(__u32));
	offset = shift_right(hash, in->slot->tiles6_shift) + *(const __u32 *)(places + at);
	return tiles + value_bound(offset, sizeof(*in->tiles) - sizeof(struct xdpwl_tile6));
}

static __always_inline enum cover tile6_cover(const struct xdpwl_tile6 *tile, __u64 high)
{
	/* Of `first` a shift takes no more than log2 (RFC 9669, 4.1). */
	__u64 first = tile->first, part = shift_right(high ^ first, first);
	__s64 within;

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
	return tile6_cover(tile6_find(in, xdpwl_tile6_hash(high, cut, in->slot->seed)), high);
}

#endif
