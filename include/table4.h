/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * IPv4 source to entry by direct look-ups: a part of xdpwl.h. user/table4.c builds it from
 * the entries of lpm4, and it says of every address what that trie would, or that the
 * trie is to be asked.
 *
 * Prefixes, nested or not, are runs of addresses of which the same entry speaks. Runs
 * stand in order, as many together as a cache line holds: to know all of an address is to
 * find its line, and what a packet costs is the lines of memory that it touches.
 *   whole4    in front, in the slot: which /20s are covered wholly, and whose they are
 *   touched4  of large lists: which /24s are covered in part or wholly
 *   fine4     what is covered beside whole /20s: a Bloom filter; in the slot, or where that
 *             has no room for so much, a map
 *   table4    by the first two bytes: where their lines are, and how many
 *   lines4    the lines, in blocks; one with more runs than it holds sends on to others
 *   entries   number to entry
 * Neighbours of listed prefixes end in front. That has to be few instructions, and loads that
 * do not wait for each other: see bpf/plain.bpf.h.
 */
#ifndef XDPWL_TABLE4_H
#define XDPWL_TABLE4_H

#include <linux/types.h>

/* Of a /16. Bit: first four bits of the third byte. */
struct xdpwl_whole4 {
	__u16 bits;
	__u16 number;		/* of their entry; XDPWL_NUMBER4_MIXED: of several, or larger */
};

#define XDPWL_NUMBER4_MIXED	0xffff

/* touched4, of elements as front.h has them. Bit: first 24 bits, in host order. */

/*
 * A word of fine4 is of all /27s whose hash chooses it, hash >> fine4_shift of the slot: one
 * load answers whatever the list has there, a part of a /27 or all of it. The hash
 * is that number of 27 bits times the slot's seed. Bits are numbered modulo 32:
 *   tags       two of a /27 that is covered in part, two others of one that is covered
 *   addresses  of the former: XDPWL_ADDRESS4(hash) + (address & fine4_mask), where the
 *              mask leaves its last five bits, or the first ones of them
 */
#define XDPWL_FINE4_ADDRESSES(word)	((__u32)(word))
#define XDPWL_FINE4_TAGS(word)		((__u32)((word) >> 32))

#define XDPWL_FINE4_LENGTH	27
#define XDPWL_PART4_TAG1(hash)	((hash) >> 40)
#define XDPWL_PART4_TAG2(hash)	((hash) >> 34)
#define XDPWL_ADDRESS4(hash)	((hash) >> 28)
#define XDPWL_WHOLE4_TAG1(hash)	((hash) >> 22)
#define XDPWL_WHOLE4_TAG2(hash)	((hash) >> 16)

/* Element of table4. The first two bytes of an address, in host order, are
 * element * XDPWL_TOPS4 + index. */
#define XDPWL_TOP_BLOCKS4	4
#define XDPWL_TOPS4		16384

/* The first of 2^log lines << XDPWL_TOP4_LOG_BITS | log: the first `log` of the lower 16 bits
 * of an address say which. Where nothing is listed that is line 0, which is empty; a line
 * may be of several. */
#define XDPWL_TOP4_LOG_BITS	4

struct xdpwl_tops4 {
	__u32 top[XDPWL_TOPS4];
};

/*
 * Runs in order of their first addresses, which are in host order; unused ones begin at
 * XDPWL_NO_RUN4. Addresses behind the first one: a run ends within its /16. The number of
 * its entry is `number` + `more`, unless that is XDPWL_MORE4_TRIE.
 *
 * A line that has no room for all of its runs says with `on` where more is known; not 0:
 *   1 ... 16  it has one run, which is all of theirs; of an address in it, `at` behind the
 *             first, line number + (at >> on) speaks
 *   others    line `on` speaks of those in its last run, and behind that
 * A line that one of the former names may be one of the latter, and no more than that.
 */
#define XDPWL_RUNS4		7
#define XDPWL_NO_RUN4		0xffffffffu	/* a source that is never asked about */
#define XDPWL_MORE4_TRIE	0xffff
#define XDPWL_ON4_SHIFTS	16	/* lines with such numbers are not used, but for 0 */

struct xdpwl_line4 {
	__u32 first[XDPWL_RUNS4];
	__u16 behind[XDPWL_RUNS4];
	__u16 more[XDPWL_RUNS4];
	/* Last: what the verifier knows of an index is rounded up. */
	__u32 number;
	__u32 on;
};

/* Element of lines4. */
#define XDPWL_LINES4		16

struct xdpwl_lines4 {
	struct xdpwl_line4 line[XDPWL_LINES4];
};

/* A number is that of an entry, 1 ..., or: */
#define XDPWL_UNLISTED	0
#define XDPWL_ASK_TRIE	0xffffffffu

_Static_assert(sizeof(struct xdpwl_whole4) == 4, "whole4");
_Static_assert(sizeof(struct xdpwl_tops4) == 64 * 1024, "tops4");
_Static_assert(sizeof(struct xdpwl_line4) == 64, "one cache line");
_Static_assert(sizeof(struct xdpwl_lines4) == 1024, "lines4");

#endif
