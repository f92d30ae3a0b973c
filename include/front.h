/* SPDX-License-Identifier: GPL-2.0-only */
/* What turns strangers away in front of the tries: a part of xdpwl.h. */
#ifndef XDPWL_FRONT_H
#define XDPWL_FRONT_H

#include <linux/types.h>

/*
 * In front of the tries, from the small to the large: each is asked where the one
 * before it said "perhaps". Each has two halves of equal size: the first is asked for
 * every class, the second for `all` alone (class 0). A clear bit means that no prefix
 * of the trie with such a cell covers the address.
 *
 * near4, near6: as much of the slot as stays in the second-level cache. IPv4: for each
 * first two bytes, as they stand in the packet, a bit for each first three bits of
 * the third. Those of 0.0.0.0/8, 127.0.0.0/8 and 224.0.0.0/3 are always set: no rule is
 * asked about them, but others judge them. IPv6: a blocked Bloom filter over the
 * first 32 bits.
 * coarse6: an array of blocks, where near6 was too small (coarse6_half not 0): a larger
 * filter of the same kind. For IPv4 table4.h knows more.
 * fine6: where few prefixes allow it (XDPWL_HAS_FINE6), one more such filter in the slot, for
 * every class at once: of the first 32 bits of short prefixes and the first 48 of the
 * others. Most neighbours of listed prefixes end there. An address is asked for both;
 * from which length on it is 48 the compiler chooses.
 * near and coarse are all ones where most of it would be: what answers at random is a branch
 * that no CPU foresees.
 *
 * An IPv6 prefix shorter than XDPWL_SHORT6 has too many first 32 bits: it marks its first 16, in
 * short6, by the number that they are as they stand in the packet.
 */
#define XDPWL_BLOCK_BITS	8192u

struct xdpwl_block {
	__u64 word[XDPWL_BLOCK_BITS / 64];
};

enum { XDPWL_HALF_ANY, XDPWL_HALF_ALL, XDPWL_HALVES };

#define XDPWL_SHORT6	24

struct xdpwl_short6 {
	__u64 word[XDPWL_HALVES][65536 / 64];
};

#define XDPWL_NEAR4_SHIFT	5

struct xdpwl_near4 {
	__u8 bits[XDPWL_HALVES][65536];	/* bit third byte >> XDPWL_NEAR4_SHIFT */
};

#define XDPWL_NEAR6_LOG		14	/* log2 of words in a half */
#define XDPWL_NEAR6_SHIFT	(64 - XDPWL_NEAR6_LOG)

struct xdpwl_near6 {
	__u64 word[XDPWL_HALVES][1 << XDPWL_NEAR6_LOG];
};

#define XDPWL_FINE6_LOG		14
#define XDPWL_FINE6_SHIFT	(64 - XDPWL_FINE6_LOG)

struct xdpwl_fine6 {
	__u64 word[1 << XDPWL_FINE6_LOG];
};

/* Of the first 32 bits of an address, as they stand there; `seed` odd and secret: sources
 * are chosen by strangers. */
static inline __attribute__((always_inline)) __u64
xdpwl_bloom_hash(__be32 head, __u64 seed)
{
	return head * seed;
}

/* The same of the first 48, `next` being bits 32 to 47; never a key of the former. */
static inline __attribute__((always_inline)) __u64
xdpwl_bloom_hash48(__be32 head, __be16 next, __u64 seed)
{
	return (1ull << 48 | (__u64)next << 32 | head) * seed;
}

/* A filter of 2^n words, shift = 64 - n: the word, and two bits of it, modulo 64. Both
 * set: perhaps. */
#define XDPWL_BLOOM_WORD(hash, shift)	((hash) >> (shift))
#define XDPWL_BLOOM_BIT1(hash, shift)	((hash) >> ((shift) - 6))
#define XDPWL_BLOOM_BIT2(hash, shift)	((hash) >> ((shift) - 12))

_Static_assert(sizeof(struct xdpwl_block) == 1024, "block");
_Static_assert(sizeof(struct xdpwl_short6) == 16 * 1024, "short6");
_Static_assert(sizeof(struct xdpwl_near4) == 128 * 1024, "near4");
_Static_assert(sizeof(struct xdpwl_near6) == 256 * 1024, "near6");
_Static_assert(sizeof(struct xdpwl_fine6) == 128 * 1024, "fine6");

#endif
