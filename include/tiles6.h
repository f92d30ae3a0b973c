/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What IPv6 sources have of the main entry (xdpwl.h): a part of it. user/tiles6.c builds it from
 * the entries of lpm6, and most packets whose first bits near6 has ask nothing else.
 *
 * A tile says of some addresses that main covers them. Where it does that is true, however it
 * was found. It is found by a key, the first bits of an address, and says all about the
 * addresses of that key: of those that it does not speak of main covers none. Where a tile cannot
 * say that others are asked.
 *
 * Lists of few heads, first 32 bits, are found by cuts, below, and others by places:
 * First comes the key of 32 bits, a head, whose tile is one run of addresses: most heads have one
 * prefix. Where that does not say all the tile says how many bits more make the keys that do,
 * whose tiles are blocks of 32 parts each: lists have heads in which thousands of prefixes lie
 * close together, and for these 59 bits leave nothing unsaid.
 *
 * A key's hash chooses a word of near6.any (front.h), which a packet has read for its first 32
 * bits anyhow. The upper half of that is a place, in bytes, which, added to other bits of the hash,
 * is where its tile stands. Who is not listed may find another's tile there, which is not his,
 * and of the other kind.
 * Prefixes shorter than XDPWL_SHORT6 have no tile: short6 has all of whom these may speak. And
 * none says of sources that packets judge before rules are asked that main covers them.
 */
#ifndef XDPWL_TILES6_H
#define XDPWL_TILES6_H

#include <linux/types.h>
#include "front.h"

/*
 * Of a head, a run: `size` addresses from `first` on, and main covers no others. Without a size,
 * `first` | XDPWL_TILE6_HEAD(cut): keys are asked that leave away `cut` bits, or if that is 0
 * others.
 * Of such a key, parts: `first` | log2 of the /64s in a part, less than 32; without any others
 * are asked.
 */
struct xdpwl_tile6 {
	__u64 first;	/* upper word of an address, in host order */
	__u32 size;	/* in such words */
	__u32 parts;	/* XDPWL_BIT32(part): main covers it */
};

#define XDPWL_TILE6_PARTS	32
#define XDPWL_TILE6_SHIFT(first)	((first) & 31)
#define XDPWL_TILE6_HEAD(cut)	((cut) << 5)
#define XDPWL_TILE6_CUT(first)	((first) >> 5 & 31)

/* `size` of all of a head but for its last /64, which others are asked about. */
#define XDPWL_TILE6_WHOLE	0xffffffff

/* `first` of everyone of whom others are asked; the rest is 0. */
#define XDPWL_TILE6_EVERYONE	(~0ull)

/*
 * By cuts (XDPWL_HAS_CUTS6): 15 bits of a head, as they stand in a packet, choose an element of
 * cut6. It says that no prefix has such a head, or the log2 of the /64s in a part, for all heads
 * that choose it: 64 parts are a key. A key times the slot's tiles6_seed chooses one of 2^n
 * fields, 64 - 5 - n in the slot as tiles6_shift; if another's stands there it may be in one of
 * the three around, where that field says so.
 */
#define XDPWL_CUTS6		32768
#define XDPWL_CUT6(head)	((head) >> 1)	/* of its last two bytes */
#define XDPWL_CUT6_MOST		25	/* that the size of a field has room for */
#define XDPWL_CUT6_NOBODY	64

#define XDPWL_FIELD6_BITS	6	/* of a part's number */
#define XDPWL_FIELD6_PARTS	(1u << XDPWL_FIELD6_BITS)

/* A key's. Addresses of no field main does not cover. */
struct xdpwl_field6 {
	__u64 first;	/* as of a tile */
	__u32 size;	/* 0: free */
	__u8 asked;	/* others are, about parts that main does not cover */
	__u8 more;	/* XDPWL_FIELD6_*: keys whose hash says that they stand here do not */
	__u8 reserved[2];
	__u64 parts;	/* XDPWL_BIT(part): main covers it */
	__u64 rest;
};

enum { XDPWL_FIELD6_NO_MORE, XDPWL_FIELD6_AROUND, XDPWL_FIELD6_LOST };

#define XDPWL_FIELDS6		131072
#define XDPWL_FIELDS6_AROUND	4	/* number ^ 0, 1, 2, 3 */

/* The one element of tiles6, 4 MiB. */
#define XDPWL_TILES6		262144

struct xdpwl_tiles6 {
	union {
		struct xdpwl_tile6 tile[XDPWL_TILES6];
		struct xdpwl_field6 field[XDPWL_FIELDS6];
	};
};

/* Of the key that leaves away `cut` bits of a word: less than 32. A head's is
 * xdpwl_bloom_hash() of its bits as they stand in a packet. */
static inline __attribute__((always_inline)) __u64
xdpwl_tile6_hash(__u64 high, __u32 cut, __u64 seed)
{
	return (high >> cut) * seed;
}

/* Whether an address is of ::/8 or ff00::/8, by its first byte: not all of these is for rules to
 * judge, so tables leave them to others. */
static inline __attribute__((always_inline)) int xdpwl_is_special6(__u32 first)
{
	return ((first + 1) & 0xff) < 2;
}

/* Offset in bytes of a tile, modulo the size of all and rounded down, with its word of
 * near6.any. */
#define XDPWL_TILE6_OFFSET(hash, word)	(XDPWL_NEAR6_REST(hash) + ((word) >> 32))
/* log2 of the bytes that keys of one word lie in */
#define XDPWL_TILE6_WINDOW	XDPWL_NEAR6_REST_BITS

_Static_assert(sizeof(struct xdpwl_field6) == 32, "field6");
_Static_assert(sizeof(struct xdpwl_tiles6) == 4 * 1024 * 1024, "tiles6");

#endif
