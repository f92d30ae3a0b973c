/* SPDX-License-Identifier: GPL-2.0-only */
/* What turns strangers away in front of the tries: a part of xdpwl.h. */
#ifndef XDPWL_FRONT_H
#define XDPWL_FRONT_H

#include <linux/types.h>

/*
 * In front of the tries, from the small to the large: each is asked where the one
 * before it said "perhaps". Each has two halves of equal size: the first is asked for
 * `all` alone (class 0), the second for every class. A clear bit means that no prefix
 * of the trie with such a cell covers the address.
 *
 * heads: a bit for each value of the first 16 bits as they stand in the packet, a part
 * of the slot that stays in the first-level cache.
 * near: as much of the slot as stays in the second-level cache. IPv4: a bit for each
 * /20. IPv6: a bit for each xdpwl_near6() of the first 32 bits.
 * coarse4, coarse6: arrays of blocks, if the slot has them (coarseN_half not 0).
 * IPv4: a bit for each /24. IPv6: a blocked Bloom filter of 64-bit words over the
 * first 32 bits, see xdpwl_bloom().
 *
 * An IPv6 prefix shorter than /24 has too many first 32 bits: it marks heads of its
 * own, HEADS_SHORT6, whose addresses go on to the trie.
 */
#define XDPWL_BLOCK_BITS	8192u

struct xdpwl_block {
	__u64 word[XDPWL_BLOCK_BITS / 64];
};

enum { XDPWL_HALF_ALL, XDPWL_HALF_ANY, XDPWL_HALVES };

enum { XDPWL_HEADS_4, XDPWL_HEADS_6, XDPWL_HEADS_SHORT6, XDPWL_HEADS };

struct xdpwl_heads {
	__u64 word[XDPWL_HEADS][XDPWL_HALVES][65536 / 64];
};

#define XDPWL_NEAR_LOG		20	/* log2 of bits in a half */
#define XDPWL_NEAR_BITS		(1u << XDPWL_NEAR_LOG)
#define XDPWL_NEAR4_SHIFT	(32 - XDPWL_NEAR_LOG)
#define XDPWL_COARSE4_SHIFT	8

struct xdpwl_near {
	__u64 word[XDPWL_HALVES][XDPWL_NEAR_BITS / 64];
};

/* `head`: the first 32 bits of the address in host order; `seed` odd and secret:
 * sources are chosen by strangers. */
static inline __attribute__((always_inline)) __u32
xdpwl_near6(__u32 head, __u64 seed)
{
	return (head + 1ull) * seed >> (64 - XDPWL_NEAR_LOG);
}

struct xdpwl_bloom {
	__u32 word;	/* which 64-bit word of the filter */
	__u64 bits;	/* all of these set: perhaps; else: certainly not */
};

/* `head` and `seed` as in xdpwl_near6(), `shift` 64 minus log2 of the number of
 * words. */
static inline __attribute__((always_inline)) struct xdpwl_bloom
xdpwl_bloom(__u32 head, __u64 seed, __u32 shift)
{
	__u64 hash = (head + 1ull) * seed;
	struct xdpwl_bloom bloom;

	hash ^= hash >> 32;
	bloom.word = hash >> shift;
	bloom.bits = 1ull << (hash & 63) | 1ull << (hash >> 6 & 63) |
		     1ull << (hash >> 12 & 63);
	return bloom;
}

_Static_assert(sizeof(struct xdpwl_block) == 1024, "block");
_Static_assert(sizeof(struct xdpwl_heads) == 48 * 1024, "heads");
_Static_assert(sizeof(struct xdpwl_near) == 256 * 1024, "near");

#endif
