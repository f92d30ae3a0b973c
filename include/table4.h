/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * IPv4 source to entry by direct look-ups: a part of xdpwl.h. user/table4.c builds it from
 * the entries of lpm4, and it says of every address what that trie would, or that the
 * trie is to be asked.
 *
 * Prefixes, nested or not, are runs of addresses of which the same entry speaks. What
 * a packet costs is the lines of memory that it touches one after another, so each of
 * these is found by the address alone.
 *   whole4    whose the /20s are that are covered wholly; near4 says which are
 *   rows4     of large lists: which /24s are covered in part or wholly
 *   spans4    of lists that are not large: what the main entry covers, and which /24s nobody;
 *             most packets ask nothing else
 *   slices4   the same of large ones, by the places that rows4 has
 *   hosts4    of /24s that have more: a bit for each address
 *   fine4     what is covered beside whole /20s: a Bloom filter, where most neighbours of
 *             listed prefixes end
 *   lines4    what else is covered, by a hash of the /24: a cache line of runs; in the
 *             slot, or where that has no room for so many, a map
 *   crowds4   /24s with more runs than a line, all of one entry: a bit for each address
 *   numbers4  numbers by address, for what is denser still
 *   entries   number to entry
 * All but the maps rows4, spans4, slices4, hosts4 and numbers4 are in the slot; fine4 and
 * lines4 of large lists are maps, too.
 */
#ifndef XDPWL_TABLE4_H
#define XDPWL_TABLE4_H

#include <linux/types.h>
#include "exact.h"

/* A number is that of an entry, 1 ..., or: */
#define XDPWL_UNLISTED	0
#define XDPWL_ASK_TRIE	0xffffffffu

/* Of the whole /20s of a /16, by its two bytes as they stand in a packet: the number of their
 * entry, or where they have several, or a larger one, XDPWL_WHOLE4_DENSE | group, or
 * XDPWL_WHOLE4_TRIE. A group is 16 of numbers4, by the next four bits. */
#define XDPWL_WHOLE4_DENSE	0x8000u
#define XDPWL_WHOLE4_TRIE	0xffffu

/* The one element of rows4, by the first 18 bits, in host order. */
#define XDPWL_ROWS4		262144
#define XDPWL_ROW4		64	/* /24s */

struct xdpwl_rows4 {
	__u64 touched[XDPWL_ROWS4];	/* XDPWL_BIT(third byte): something of that /24 is
					 * covered */
	__u32 place[XDPWL_ROWS4];	/* in slices4, modulo their number; the third byte is
					 * added */
};

/*
 * A word of fine4 is of all /27s whose hash chooses it, hash >> fine4_shift of the slot: one
 * load answers whatever the list has there, a part of a /27 or all of it. The hash
 * is that number of 27 bits times the slot's seed. Bits are numbered modulo 32:
 *   tags       the first two of a /27 that is covered in part, the first, the third and the
 *              fourth of one that is covered
 *   addresses  of the former: XDPWL_ADDRESS4(hash) + (address & fine4_mask), where the
 *              mask leaves its last five bits, or the first ones of them
 */
#define XDPWL_FINE4_ADDRESSES(word)	((__u32)(word))
#define XDPWL_FINE4_TAGS(word)		((__u32)((word) >> 32))

#define XDPWL_FINE4_LENGTH	27
#define XDPWL_FINE4_TAG1(hash)	((hash) >> 40)
#define XDPWL_FINE4_TAG2(hash)	((hash) >> 34)
#define XDPWL_FINE4_TAG3(hash)	((hash) >> 22)
#define XDPWL_FINE4_TAG4(hash)	((hash) >> 16)
#define XDPWL_ADDRESS4(hash)	((hash) >> 28)

/*
 * What the /24s have of the main entry (xdpwl.h): one span, and where there is more a crowd, a
 * bit for each address. A /24's is span[from[its first two bytes, as they stand in a packet] +
 * its third]. Those of several /16s lie among one another, so what stands there may be
 * another's, and that a /24 has nothing is told by the address in it.
 *
 * The first 256 spans have nobody, and XDPWL_SPAN4_ASK: they are for sources that others judge,
 * and for /16s that another entry covers. The next 256 have every address: they are shared by
 * /16s of which all that is covered is whole /20s of the main entry, since near4 is asked
 * before. Neither is for any other /16. Entries that are not main have XDPWL_SPAN4_ASK.
 */
#define XDPWL_SPANS4		262144

struct xdpwl_span4 {
	__u32 first;	/* address, in host order */
	__u32 size;	/* so many from there on; 0xffffffff: all */
	__u32 crowd;	/* of others of its /24, or XDPWL_SPAN4_ASK; or 0 */
};

/* The first crowd and the last have nobody: of a span without one, and, modulo their number, of
 * XDPWL_SPAN4_ASK, so that a crowd can be asked for whatever a span says. */
#define XDPWL_SPAN4_CROWDS	16384
#define XDPWL_SPAN4_ASK		0xffffffffu	/* no more is known here */

struct xdpwl_spans4 {
	__u32 from[65536];
	__u64 crowd[XDPWL_SPAN4_CROWDS][4];	/* by the last 8 bits */
	struct xdpwl_span4 span[XDPWL_SPANS4];
};

/*
 * The same of large lists: a slice for each /24 that has something, at the place of the row of
 * its /18 + its third byte. Rows lie among one another: whoever finds a /24 touched finds its
 * slice, and nobody else's. /24s of which main has more than one slice have hosts. Rows that
 * found no place, or whom others judge, and /24s of which entries that are not main have
 * something, have XDPWL_SLICE4_ASK.
 */
#define XDPWL_SLICES4		1048576

/* Last 8 bits of addresses; first > last: both are the number of hosts, or XDPWL_SLICE4_ASK. */
struct xdpwl_slice4 {
	__u8 first, last;
};

#define XDPWL_SLICE4_NUMBER(first, last)	((first) << 8 | (last))
#define XDPWL_SLICE4_ASK			0xff00

/* The one element of slices4, and of hosts4. */
struct xdpwl_slices4 {
	struct xdpwl_slice4 slice[XDPWL_SLICES4];
};

struct xdpwl_hosts4 {
	__u64 bits[65536][4];	/* by the last 8 bits */
};

/* The line of a /24, of 2^(64 - shift), by its number of 24 bits. */
XDPWL_INLINE __u64 xdpwl_line4_home(__u64 at24, __u64 seed, __u32 shift)
{
	return xdpwl_spread(at24 * seed) >> (shift & 63);
}

/*
 * Runs of the /24s whose home is the line, by lines4_shift of the slot. In order of their
 * first addresses, which are in host order; unused ones begin at XDPWL_NO_RUN4. All of a /24
 * stand in one line. Where `on` is not 0, some of those that belong there may stand in the
 * next of the 16 lines around, in a circle, up to XDPWL_CHAIN4 lines; behind the last of
 * these the trie is to be asked.
 */
#define XDPWL_RUNS4		7
#define XDPWL_CHAIN4		4
#define XDPWL_NO_RUN4		0xffffffffu	/* a source that is never asked about */

struct xdpwl_line4 {
	__u32 first[XDPWL_RUNS4];
	__u32 number[XDPWL_RUNS4];
	__u8 behind[XDPWL_RUNS4];	/* addresses behind the first one: a run ends within
					 * its /24 */
	__u8 on;
};

/* In place of the number of a run that is a whole /24, where it does not say all: */
#define XDPWL_LINE4_CROWD	0x80000000u	/* | number of a crowd */
#define XDPWL_LINE4_DENSE	0x40000000u	/* | block of numbers4, by the last 8 bits */

/* Element of lines4. */
#define XDPWL_LINES4		16

struct xdpwl_lines4 {
	struct xdpwl_line4 line[XDPWL_LINES4];
};

#define XDPWL_LINES4_SLOT	2048	/* lines that the slot has room for */

/* The first crowd is none: all bits are set, so that each number can be asked for one. */
#define XDPWL_CROWDS4		1024

struct xdpwl_crowds4 {
	__u64 bits[XDPWL_CROWDS4][4];	/* by the last 8 bits of an address */
	__u32 number[XDPWL_CROWDS4];
};

/* Element of numbers4. */
#define XDPWL_NUMBERS4		256
#define XDPWL_GROUP4		16

struct xdpwl_numbers4 {
	__u32 number[XDPWL_NUMBERS4];
};

_Static_assert(sizeof(struct xdpwl_spans4) == (256 + 512 + 3072) * 1024, "spans4");
_Static_assert(sizeof(struct xdpwl_rows4) == 3 * 1024 * 1024, "rows4");
_Static_assert(sizeof(struct xdpwl_slices4) == 2 * 1024 * 1024, "slices4");
_Static_assert(sizeof(struct xdpwl_line4) == 64, "one cache line");
_Static_assert(sizeof(struct xdpwl_lines4) == 1024, "lines4");
_Static_assert(sizeof(struct xdpwl_crowds4) == 36 * 1024, "crowds4");
_Static_assert(sizeof(struct xdpwl_numbers4) == 1024, "numbers4");

#endif
