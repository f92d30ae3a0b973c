/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * IPv4 source to entry in direct look-ups: a part of xdpwl.h. user/table4.c builds it from
 * the entries of lpm4, and it says of every address what that trie would, or that the
 * trie is to be asked.
 *
 *   table4    by the first two bytes: for each third byte, whether prefixes cover all of
 *             the /24, or some of it
 *   low4      which addresses of such a /24 they cover, in the order of the /24s
 *   number4   blocks of numbers: first one for each /24 in low4, behind them blocks of
 *             256 for what has more than one
 *   entries   number to entry
 * So who is covered by nothing is known after two loads that wait for one another, or
 * three.
 */
#ifndef XDPWL_TABLE4_H
#define XDPWL_TABLE4_H

#include <linux/types.h>

/* Bit `third byte`, of four words. */
struct xdpwl_top4 {
	__u64 word[4];
};

struct xdpwl_mid4 {
	__u32 low[4];	/* for each word of `partial`, the first of its /24s in low4 */
	__u32 number;	/* of the /24s that are covered whole */
	__u32 reserved[3];
};

/* Element of table4. The first two bytes, read as one number as they stand in the packet,
 * are element * XDPWL_TOPS4 + index. */
#define XDPWL_CHUNKS4	64
#define XDPWL_TOPS4	1024

struct xdpwl_chunk4 {
	struct xdpwl_top4 touched[XDPWL_TOPS4];	/* apart: most strangers end there */
	struct xdpwl_top4 partial[XDPWL_TOPS4];	/* of these low4 says all */
	struct xdpwl_mid4 mid[XDPWL_TOPS4];
};

/* Element of low4. */
#define XDPWL_LOWS4	32

struct xdpwl_low4 {
	__u64 covered[4];	/* bit: fourth byte */
};

struct xdpwl_lows4 {
	struct xdpwl_low4 low[XDPWL_LOWS4];
};

/* Element of number4. A number is that of an entry, 1 ..., or: */
#define XDPWL_NUMBERS	256

struct xdpwl_numbers {
	__u32 number[XDPWL_NUMBERS];
};

#define XDPWL_UNLISTED	0
#define XDPWL_ASK_TRIE	0xffffffffu
#define XDPWL_MIXED	0x80000000u	/* | block of number4, by the next byte */

/* How many bits are set: BPF has no instruction for it. */
static inline __attribute__((always_inline)) __u32 xdpwl_popcount(__u64 word)
{
	word -= word >> 1 & 0x5555555555555555ull;
	word = (word & 0x3333333333333333ull) + (word >> 2 & 0x3333333333333333ull);
	word = (word + (word >> 4)) & 0x0f0f0f0f0f0f0f0full;
	return word * 0x0101010101010101ull >> 56;
}

_Static_assert(sizeof(struct xdpwl_top4) == 32, "half a cache line");
_Static_assert(sizeof(struct xdpwl_chunk4) == 96 * 1024, "chunk4");
_Static_assert(sizeof(struct xdpwl_lows4) == 1024, "lows4");
_Static_assert(sizeof(struct xdpwl_numbers) == 1024, "numbers");

#endif
