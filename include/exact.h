/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * IPv6 source to entry in a few steps: a part of xdpwl.h. user/fine6.c, user/heads.c,
 * user/lines.c and user/exact.c build it from the entries of lpm6, and it says of every
 * address what that trie would, or that the trie is to be asked.
 *
 * Whoever has an IPv6 prefix mostly has a /32 of his own, and a list names one part of it:
 *   fine6     a Bloom filter, which most neighbours of listed prefixes do not pass; in the
 *             slot, or where that has no room for so much, a map
 *   heads6    first 32 bits to the one prefix below them, or that there are more
 * Of the others most that have 49 to 64 bits are found in one step:
 *   runs6     first 48 bits to what is listed of them, one cache line
 * What is left is of kinds, by length. Each marks the line of its head, an address prefix
 * of fixed length; one that is shorter than its head marks the lines of all heads that
 * it covers.
 *   lines6    one cache line each: which lengths there are, and a Bloom filter over the
 *             heads and prefixes that share the line
 *   exact6    prefix to number, a hash table, asked for what the filter lets through,
 *             the longest length first
 *   entries   number to entry
 * All but fine6 are arrays of blocks. Addresses here are in host order in two words, `high`
 * and `low`. Bits that a prefix does not have are 0.
 */
#ifndef XDPWL_EXACT_H
#define XDPWL_EXACT_H

#include <linux/types.h>

#define XDPWL_INLINE static inline __attribute__((always_inline))

/* Lengths above the next kind's longest, up to `longest`. Bit n of a line's `lengths`
 * means longest - n. */
struct xdpwl_kind {
	__u32 longest, head;
};

#define XDPWL_KINDS6	3

/* Kind `i`, the longest prefixes first. */
XDPWL_INLINE struct xdpwl_kind xdpwl_kind6(__u32 i)
{
	struct xdpwl_kind kind = { 48, 32 };

	if (i == 0)
		kind = (struct xdpwl_kind){ 128, 64 };
	if (i == 1)
		kind = (struct xdpwl_kind){ 64, 48 };
	return kind;
}

#define XDPWL_GOLDEN	0x9e3779b97f4a7c15ull	/* 2^64 over the golden ratio */

/* Lists have prefixes at even steps, and a product makes even steps of these: what such a
 * hash chooses a place by. Its upper bits are good. */
XDPWL_INLINE __u64 xdpwl_spread(__u64 hash)
{
	return (hash ^ hash >> 32) * XDPWL_GOLDEN;
}

/* The hash of a prefix whose bits are in one word, or of a head, `length` then
 * XDPWL_HEAD of its own; its upper bits are good. A prefix longer than 64 bits is hashed as
 * xdpwl_hash(hash of its head ^ low, length). */
#define XDPWL_HEAD(bits) (128 + (bits))

XDPWL_INLINE __u64 xdpwl_hash(__u64 address, __u32 length, __u64 seed)
{
	return (address + length * XDPWL_GOLDEN) * seed;
}

/* fine6 holds prefixes by their first 32 bits and as many of the next as there is room for
 * (fine6_mask in the slot leaves these of bits 32 to 63, as they stand in a packet). What is
 * shorter, and would have too many of them, is known by its first 32 bits alone: near6
 * marks these (XDPWL_HAS_MARKS6), or if that is full fine6 holds them, too, and all else of
 * a head in the same word (XDPWL_HAS_FINE6_HEADS). `head_hash` is xdpwl_bloom_hash(). The
 * word is hash >> fine6_shift, of the prefix or the head; three bits of it, modulo 64. All
 * set: perhaps. */
#define XDPWL_FINE6_HEAD	(1ull << 32)	/* in place of the next bits */

XDPWL_INLINE __u64 xdpwl_fine6_hash(__u64 head_hash, __u64 next)
{
	return (head_hash + next) * XDPWL_GOLDEN;
}

#define XDPWL_FINE6_BIT1(hash)	((hash) >> 40)
#define XDPWL_FINE6_BIT2(hash)	((hash) >> 34)
#define XDPWL_FINE6_BIT3(hash)	((hash) >> 28)

/* A head of heads6, of 32 bits, in the bucket that its hash chooses of all buckets: there
 * from the first place on. Whom a bucket does not hold nothing covers, unless its last number
 * says XDPWL_ASK_LINES: then lines6 is to be asked. */
struct xdpwl_head6 {
	__u64 high;	/* of the one prefix that has such a head */
	__u32 mask;	/* of the lower half of `high`: its bits */
	__u32 number;	/* 0: empty; XDPWL_ASK_LINES: there are more, mask 0 */
};

#define XDPWL_PLACES_HEAD6	4

struct xdpwl_bucket6 {
	struct xdpwl_head6 place[XDPWL_PLACES_HEAD6];	/* one cache line */
};

/* Element of heads6. */
#define XDPWL_BUCKETS6	16

struct xdpwl_heads6 {
	struct xdpwl_bucket6 bucket[XDPWL_BUCKETS6];
};

/* Which of all buckets, by the hash of a head. */
XDPWL_INLINE __u32 xdpwl_bucket(__u64 hash, __u32 buckets)
{
	return (hash >> 32) * buckets >> 32;
}

/*
 * The line that the hash of the first 48 bits chooses, hash >> runs_shift: runs of addresses,
 * by their upper words, that no longer prefix of the kind covers. Where `on` is not 0 there
 * may be more in the next line of the element, in a circle, up to XDPWL_CHAIN6 lines. Behind
 * the last of these lines6 is to be asked: there are all of a head, or here. A number is
 * less than 0xffff; unused ones are 0.
 */
#define XDPWL_RUNS6	5
#define XDPWL_CHAIN6	4

struct xdpwl_line6 {
	__u64 first[XDPWL_RUNS6];
	__u16 behind[XDPWL_RUNS6];	/* addresses behind the first one */
	__u16 number[XDPWL_RUNS6];
	/* Last: what the verifier knows of an index is rounded up. */
	__u32 on;
};

struct xdpwl_line {
	__u64 word[7];
	__u64 lengths;	/* behind: what the verifier knows of an index is rounded up */
};

#define XDPWL_LINES	16

/* Element of lines6. A head's line is number hash >> shift, counted through
 * all elements. */
struct xdpwl_lines {
	struct xdpwl_line line[XDPWL_LINES];
};

/* Element of runs6. */
struct xdpwl_runs6 {
	struct xdpwl_line6 line[XDPWL_LINES];
};

/* What a hash sets in its line: bits of one word. */
struct xdpwl_bits {
	__u32 word;
	__u64 bits;
};

XDPWL_INLINE struct xdpwl_bits xdpwl_bits(__u64 hash)
{
	struct xdpwl_bits bits;

	hash *= XDPWL_GOLDEN;	/* its upper bits have chosen the line */
	bits.word = (hash >> 38 & 0xff) * 7 >> 8;
	bits.bits = 1ull << (hash >> 58) | 1ull << (hash >> 52 & 63) |
		    1ull << (hash >> 46 & 63);
	return bits;
}

/*
 * An element of a hash table, and in it the place where a prefix is sought first; it goes
 * on in a circle until it is found, a place is empty, or XDPWL_PROBES places have been
 * others'.
 */
#define XDPWL_PROBES	16

struct xdpwl_home {
	__u32 block, place;
};

XDPWL_INLINE struct xdpwl_home xdpwl_home(__u64 hash, __u32 blocks, __u32 places)
{
	__u64 at = (xdpwl_spread(hash) >> 32) * blocks;
	struct xdpwl_home home = { at >> 32, (at & 0xffffffff) * places >> 32 };

	return home;
}

/* Element of exact6. */
#define XDPWL_PLACES6	42

struct xdpwl_place6 {
	__u64 high, low;
	__u32 length;
	__u32 number;	/* 0: empty */
};

struct xdpwl_exact6 {
	struct xdpwl_place6 place[XDPWL_PLACES6];
	__u64 unused[2];
};

/* A slot's tables. A number is as in table4.h. */
struct xdpwl_exact {
	__u32 shift;	/* 64 minus log2 of the number of lines */
	__u32 blocks;	/* of the hash table; 0: there is none, ask the trie */
	__u32 kinds;	/* bit i: there are prefixes of kind i */
	__u32 buckets;	/* of heads6 */
	__u32 runs_shift;
	__u32 reserved;
};

/* In place of a number, | bits as in `kinds`: of what kinds they may be. No place
 * says XDPWL_ASK_TRIE. */
#define XDPWL_ASK_LINES	0xfffffff0u

_Static_assert(sizeof(struct xdpwl_heads6) == 1024, "heads6");
_Static_assert(sizeof(struct xdpwl_lines) == 1024, "lines");
_Static_assert(sizeof(struct xdpwl_runs6) == 1024, "runs6");
_Static_assert(sizeof(struct xdpwl_exact6) == 1024, "exact6");

#endif
