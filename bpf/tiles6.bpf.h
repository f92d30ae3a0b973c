/* SPDX-License-Identifier: GPL-2.0-only */
/* IPv6 source to whether the main entry covers it (include/tiles6.h). */
#ifndef TILES6_BPF_H
#define TILES6_BPF_H

#include "front.bpf.h"

/* The tile of a key, or another's, by its word of near6. */
static __always_inline const struct xdpwl_tile6 *
tile6_find(const struct xdpwl_tiles6 *tiles, __u64 hash, __u64 word)
{
	const void *tile = tiles->tile;

	asm volatile("" : "+r"(tile));
	return tile + value_bound(XDPWL_TILE6_OFFSET(hash, word),
				  sizeof(*tiles) - sizeof(struct xdpwl_tile6));
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

/* `hash` is xdpwl_bloom_hash() of the source, `word` what near6 has of it. */
static __always_inline enum cover cover_find6(const __be32 *source, __u64 hash, __u64 word,
					      const struct xdpwl_tiles6 *tiles,
					      const struct xdpwl_slot *slot)
{
	__u64 high = bpf_be64_to_cpu(*(const volatile __be64 *)source), cut;
	const struct xdpwl_tile6 *tile = tile6_find(tiles, hash, word);
	enum cover cover = tile6_cover(tile, high);

	if (cover != COVER_ASK)
		return cover;
	cut = tile->first >> XDPWL_TILE6_CUT & XDPWL_TILE6_CUT_MASK;
	if (!cut)
		return COVER_ASK;
	hash = xdpwl_tile6_hash(high, cut, slot->seed);
	return tile6_cover(tile6_find(tiles, hash, near6_word(&slot->near6, hash)), high);
}

#endif
