/* SPDX-License-Identifier: GPL-2.0-only */
/* What turns strangers away in front of the tries: a part of xdpwl.h. */
#ifndef XDPWL_FRONT_H
#define XDPWL_FRONT_H

#include <linux/types.h>

/* Bit `number` of a word, modulo its width, from the top on: a shift to the left by the number
 * makes it the sign, which packets ask for in one instruction. */
#define XDPWL_BIT(number)	(1ull << 63 >> ((number) & 63))
#define XDPWL_BIT32(number)	(1u << 31 >> ((number) & 31))

/*
 * In front of the tries, from the small to the large: each is asked where the one
 * before it said "perhaps". A clear bit means that no prefix of the trie covers the
 * address.
 *
 * near4, near6: as much of the slot as stays in the second-level cache, in two halves: the
 * first is asked for every class, the second, which holds prefixes with such a cell
 * alone, for `all` (class 0). IPv4: for each first two bytes, as they stand in the
 * packet, a bit for each first four bits of the third, or first one; the former are in one
 * word with those that say which of these /20s are covered wholly. Of 0.0.0.0/8,
 * 127.0.0.0/8 and 224.0.0.0/3 all are always set: no rule is asked about them, but others
 * judge them.
 * IPv6: a blocked Bloom filter over the first 32 bits; in the same words of the first half, marks
 * of what fine6 leaves away, and above these, places of tiles (tiles6.h). A half is all ones
 * where most of it would be: what answers at random is a branch that no CPU foresees.
 * rows4, fine4, fine6: larger ones, for every class at once, behind which little but
 * listed sources comes. table4.h describes the first two, exact.h fine6.
 *
 * An IPv6 prefix shorter than XDPWL_SHORT6 has too many first 32 bits: it marks its first 16, in
 * short6, by the number that they are as they stand in the packet.
 */
/* The one element of fine6, and of fine4; of the filters a slot uses a power of
 * two of the words. */
#define XDPWL_FINES		262144
#define XDPWL_FINES4		(2 * XDPWL_FINES)

/* Words that a slot has room for; the map takes their place where it is there. */
#define XDPWL_FINE4_SLOT	16384
#define XDPWL_FINE6_SLOT	16384

struct xdpwl_fine {
	__u64 word[XDPWL_FINES];
};

struct xdpwl_fine4 {
	__u64 word[XDPWL_FINES4];
};

enum { XDPWL_HALF_ANY, XDPWL_HALF_ALL, XDPWL_HALVES };

#define XDPWL_SHORT6	24

struct xdpwl_short6 {
	__u64 word[XDPWL_HALVES][65536 / 64];
};

#define XDPWL_NEAR4_SHIFT	4
#define XDPWL_NEAR4_WHOLE	16	/* + bit: all of it is covered */
#define XDPWL_NEAR4_ALL_SHIFT	7

struct xdpwl_near4 {
	__u32 any[65536];	/* bit third byte >> XDPWL_NEAR4_SHIFT */
	__u64 all[65536 / 32];	/* bit bytes % 32 * 2 + (third byte >> XDPWL_NEAR4_ALL_SHIFT)
				 * of word bytes / 32 */
};

/* log2 of words */
#define XDPWL_NEAR6_ANY		15
#define XDPWL_NEAR6_ALL		11

struct xdpwl_near6 {
	__u64 any[1 << XDPWL_NEAR6_ANY];	/* tiles6.h has the upper halves */
	__u64 all[1 << XDPWL_NEAR6_ALL];
};

/* Of the first 32 bits of an address, as they stand there; `seed` odd and secret: sources
 * are chosen by strangers. */
static inline __attribute__((always_inline)) __u64
xdpwl_bloom_hash(__be32 head, __u64 seed)
{
	return head * seed;
}

/* A filter of 2^n words, shift = 64 - n: the word, and two bits of it. Both set: perhaps. */
#define XDPWL_BLOOM_WORD(hash, shift)	((hash) >> (shift))
#define XDPWL_BLOOM_BIT1(hash, shift)	((hash) >> ((shift) - 6))
#define XDPWL_BLOOM_BIT2(hash, shift)	((hash) >> ((shift) - 12))

/* Of near6.any the word, and bits of its lower half: one by the last byte of the head, which a
 * packet has for a load; the other by what places of tiles are added to. Two more of a mark. */
#define XDPWL_NEAR6_WORD(hash)		((hash) >> (64 - XDPWL_NEAR6_ANY))
#define XDPWL_NEAR6_REST_BITS		15	/* behind those of the word */
#define XDPWL_NEAR6_REST(hash)		((hash) >> (64 - XDPWL_NEAR6_ANY - XDPWL_NEAR6_REST_BITS))
#define XDPWL_NEAR6_BIT1(last)		(last)
#define XDPWL_NEAR6_BIT2(hash)		XDPWL_NEAR6_REST(hash)
#define XDPWL_NEAR6_MARK1(hash)		((hash) >> 28)
#define XDPWL_NEAR6_MARK2(hash)		((hash) >> 22)

_Static_assert(sizeof(struct xdpwl_short6) == 16 * 1024, "short6");
_Static_assert(sizeof(struct xdpwl_near4) == 272 * 1024, "near4");
_Static_assert(sizeof(struct xdpwl_near6) == 272 * 1024, "near6");
_Static_assert(sizeof(struct xdpwl_fine) == 2 * 1024 * 1024, "fine");
/* More than which Linux 5.10 has no room for in one. */
_Static_assert(sizeof(struct xdpwl_fine4) == 4 * 1024 * 1024, "fine4");

#endif
