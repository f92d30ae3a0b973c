/* SPDX-License-Identifier: GPL-2.0-only */
/* IPv6 source to whether the main entry covers it (include/tiles6.h). */
#ifndef TILES6_BPF_H
#define TILES6_BPF_H

#include "front.bpf.h"

/* What stands at an offset, in elements of `size` bytes. */
static __always_inline const void *tiles6_at(const void *tiles, __u64 offset, __u64 size)
{
	asm volatile("" : "+r"(tiles));
	return tiles + value_bound(offset, sizeof(struct xdpwl_tiles6) - size);
}

/* The tile of a key, or another's, by XDPWL_TILE6_OFFSET(). */
static __always_inline const struct xdpwl_tile6 *
tile6_find(const struct xdpwl_tiles6 *tiles, __u64 offset)
{
	return tiles6_at(tiles, offset, sizeof(struct xdpwl_tile6));
}

/* The same of a field, by a hash as tiles6_shift leaves it. */
static __always_inline const struct xdpwl_field6 *
field6_find(const struct xdpwl_tiles6 *tiles, __u64 offset)
{
	return tiles6_at(tiles, offset, sizeof(struct xdpwl_field6));
}

/* Of a key's tile. */
static __always_inline enum cover parts6_cover(const struct xdpwl_tile6 *tile, __u64 high)
{
	__u64 first = tile->first, part = shift_right(high ^ first, XDPWL_TILE6_SHIFT(first));
	__u32 parts = tile->parts, mask = bit_first32(parts, part) >> 31;

	/* One branch: which of both a neighbour is not in nobody can guess. */
	if (part < (mask & XDPWL_TILE6_PARTS))
		return COVER_MAIN;
	return parts || (part >= XDPWL_TILE6_PARTS && first != XDPWL_TILE6_EVERYONE) ?
		       COVER_NOBODY : COVER_ASK;
}

/* Of a field that has an address. */
static __always_inline enum cover field6_cover(const struct xdpwl_field6 *field, __u64 part)
{
	if (bit_of(field->parts, part))
		return COVER_MAIN;
	return field->asked ? COVER_ASK : COVER_NOBODY;
}

/* By its cut. */
static __always_inline enum cover cover_find_cut6(const __be32 *source, __u64 cut,
						  const struct xdpwl_tiles6 *tiles,
						  const struct xdpwl_slot *slot)
{
	__u64 high = bpf_be64_to_cpu(*(const volatile __be64 *)source);
	__u64 part = shift_right(high, cut), key = part >> XDPWL_FIELD6_BITS;
	__u64 offset = shift_right(key * slot->tiles6_seed, slot->tiles6_shift);
	const struct xdpwl_field6 *field = field6_find(tiles, offset);
	__u8 more = field->more;
	int i;

	if (high - field->first < field->size)
		return field6_cover(field, part);
	if (more) {
#pragma unroll
		for (i = 1; i < XDPWL_FIELDS6_AROUND; i++) {
			field = field6_find(tiles, offset ^ i * sizeof(*field));
			if (high - field->first < field->size)
				return field6_cover(field, part);
		}
	}
	return more == XDPWL_FIELD6_LOST ? COVER_ASK : COVER_NOBODY;
}

/* `offset` is that of the tile of a head. */
static __always_inline enum cover cover_find6(const __be32 *source, __u64 offset,
					      const struct xdpwl_tiles6 *tiles,
					      const struct xdpwl_slot *slot)
{
	__u64 high = bpf_be64_to_cpu(*(const volatile __be64 *)source), hash;
	const struct xdpwl_tile6 *tile = tile6_find(tiles, offset);
	__u64 first = tile->first, cut;

	if (high - first < tile->size)
		return COVER_MAIN;
	if (first == XDPWL_TILE6_EVERYONE)
		return COVER_ASK;
	if ((tile->size && tile->size != XDPWL_TILE6_WHOLE) || (high ^ first) >> 32)
		return COVER_NOBODY;
	cut = XDPWL_TILE6_CUT(first);
	if (!cut)
		return COVER_ASK;
	hash = xdpwl_tile6_hash(high, cut, slot->seed);
	offset = XDPWL_TILE6_OFFSET(hash, near6_word(&slot->near6, hash));
	return parts6_cover(tile6_find(tiles, offset), high);
}

#endif
