/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * IPv4 source to entry in direct look-ups: a part of xdpwl.h. user/table4.c builds it from
 * the entries of lpm4, and it says of every address what that trie would, or that the
 * trie is to be asked.
 *
 *   table4    by the first two bytes: for each third byte, whether prefixes cover all of
 *             the /24, or some of it
 *   fine4     which addresses of such /24s they cover, a Bloom filter
 *   number4   blocks of words: first one for each of those /24s, in their
 *             order, behind them blocks of 256 numbers for what has more than one
 *   low4      which addresses of a /24 they cover, where that is more than a run
 *   entries   number to entry
 * So most of whom nothing covers are known after one load, or two beside each other:
 * while it waits for the packet, a CPU has room for few instructions (bpf/plain.bpf.h),
 * and a look-up that counts bits, or is a call, costs several times its own time.
 */
#ifndef XDPWL_TABLE4_H
#define XDPWL_TABLE4_H

#include <linux/types.h>

/* Bit `third byte`, of four words. */
struct xdpwl_top4 {
	__u64 word[4];
};

struct xdpwl_mid4 {
	__u32 low;		/* of the first /24 in `partial`: its word in number4 */
	__u8 before[4];		/* how many come before each word of `partial` */
	__u32 number;		/* of the /24s that are covered whole */
	__u32 reserved;
};

/* Element of table4. The first two bytes, read as one number as they stand in the packet,
 * are element * XDPWL_TOPS4 + index. */
#define XDPWL_CHUNKS4	64
#define XDPWL_TOPS4	1024

struct xdpwl_chunk4 {
	struct xdpwl_top4 touched[XDPWL_TOPS4];	/* apart: most strangers end there */
	struct xdpwl_top4 partial[XDPWL_TOPS4];	/* of these fine4 knows more */
	struct xdpwl_mid4 mid[XDPWL_TOPS4];
};

/* fine4 holds addresses, or as many first bits of them as there is room for: in the slot,
 * fine4_mask leaves these of an address as it stands in a packet. The word is
 * hash >> fine4_shift; two bits of it, modulo 64. Both set: perhaps. */

static inline __attribute__((always_inline)) __u64
xdpwl_fine4_hash(__be32 addr, __be32 mask, __u64 seed)
{
	return (addr & mask) * seed;
}

#define XDPWL_FINE4_BIT1(hash)	((hash) >> 40)
#define XDPWL_FINE4_BIT2(hash)	((hash) >> 34)

/* A /24 of which more than a run is covered, or whose number is too large. */
struct xdpwl_low4 {
	__u64 covered[4];	/* bit: fourth byte */
	__u32 number;
	__u32 reserved[7];	/* one cache line */
};

/* Element of low4. */
#define XDPWL_LOWS4	16

struct xdpwl_lows4 {
	struct xdpwl_low4 low[XDPWL_LOWS4];
};

/* Element of number4. */
#define XDPWL_NUMBERS	256

struct xdpwl_numbers {
	__u32 number[XDPWL_NUMBERS];
};

/* A number is that of an entry, 1 ..., or: */
#define XDPWL_UNLISTED	0
#define XDPWL_ASK_TRIE	0xffffffffu
#define XDPWL_MIXED	0x80000000u	/* | block of number4, by the next byte */

/* The word of a /24 is XDPWL_LOW4 | its place in low4, or says it all: the number, and
 * which fourth bytes, from the first to the last. */
#define XDPWL_LOW4		0x80000000u
#define XDPWL_RUN4_NUMBERS	0x8000u		/* numbers below it */
#define XDPWL_RUN4(number, first, last)	((number) << 16 | (first) << 8 | (last))
#define XDPWL_RUN4_NUMBER(word)		((word) >> 16)
#define XDPWL_RUN4_FIRST(word)		((word) >> 8 & 0xff)
#define XDPWL_RUN4_LAST(word)		((word) & 0xff)

/* How many bits are set: BPF has no instruction for it. */
static inline __attribute__((always_inline)) __u32 xdpwl_popcount(__u64 word)
{
	word -= word >> 1 & 0x5555555555555555ull;
	word = (word & 0x3333333333333333ull) + (word >> 2 & 0x3333333333333333ull);
	word = (word + (word >> 4)) & 0x0f0f0f0f0f0f0f0full;
	return word * 0x0101010101010101ull >> 56;
}

_Static_assert(sizeof(struct xdpwl_top4) == 32, "half a cache line");
_Static_assert(sizeof(struct xdpwl_chunk4) == 80 * 1024, "chunk4");
_Static_assert(sizeof(struct xdpwl_lows4) == 1024, "lows4");
_Static_assert(sizeof(struct xdpwl_numbers) == 1024, "numbers");

#endif
