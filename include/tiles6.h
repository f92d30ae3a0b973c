/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What IPv6 sources have of the main entry (xdpwl.h): a part of it. user/tiles6.c builds it from
 * the entries of lpm6, and most packets whose first bits near6 has ask nothing else.
 *
 * A tile is a block of addresses cut in 64 parts, and says of each whether main covers it. It says
 * which block that is, so where it says "main" that is true, however it was found. It is found by
 * a key, the first bits of an address, and says all about the addresses of that key: of those
 * beside its block main covers none. Where a tile cannot say that others are asked.
 *
 * First comes the key of 32 bits. Where one tile does not say all of such a head it says how
 * many bits more make the keys that do: lists have heads in which thousands of
 * prefixes lie close together, and for these 58 bits leave nothing unsaid.
 *
 * A key's hash chooses a word of near6.any (front.h), which a packet has read for its first 32
 * bits anyhow. The upper half of that is a place, in bytes, which, added to other bits of the hash,
 * is where its tile stands. Who is not listed may find another's tile there, which is not his.
 * Prefixes shorter than XDPWL_SHORT6 have no tile: short6 has all of whom these may speak.
 */
#ifndef XDPWL_TILES6_H
#define XDPWL_TILES6_H

#include <linux/types.h>
#include "front.h"

struct xdpwl_tile6 {
	/* Upper word of the first address, in host order, | log2 of the /64s in a part. With
	 * `parts` 0, of a head, bits from XDPWL_TILE6_CUT on: how many bits of such words
	 * the keys to ask next leave away, or 0. */
	__u64 first;
	__u64 parts;	/* XDPWL_BIT(part): main covers it; 0: ask others */
};

#define XDPWL_TILE6_CUT		6
#define XDPWL_TILE6_CUT_MASK	63

/* A tile of everyone of whom others are asked. */
#define XDPWL_TILE6_EVERYONE	63

/* The one element of tiles6, 4 MiB. */
#define XDPWL_TILES6		262144

struct xdpwl_tiles6 {
	struct xdpwl_tile6 tile[XDPWL_TILES6];
};

/* Of the key that leaves away `cut` bits of a word: less than 32. A head's is
 * xdpwl_bloom_hash() of its bits as they stand in a packet. */
static inline __attribute__((always_inline)) __u64
xdpwl_tile6_hash(__u64 high, __u32 cut, __u64 seed)
{
	return (high >> cut) * seed;
}

/* Offset in bytes of a tile, modulo the size of all and rounded down, with its word of
 * near6.any. */
#define XDPWL_TILE6_WINDOW	16	/* log2 of bytes that keys of one word lie in */
#define XDPWL_TILE6_SHIFT	(64 - XDPWL_NEAR6_ANY - XDPWL_TILE6_WINDOW)
#define XDPWL_TILE6_OFFSET(hash, word)	(((hash) >> XDPWL_TILE6_SHIFT) + ((word) >> 32))

_Static_assert(sizeof(struct xdpwl_tiles6) == 4 * 1024 * 1024, "tiles6");

#endif
