/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Rules that were added to a generation in place: a part of xdpwl.h. Compiling a million
 * prefixes again for one more takes seconds, so a few rules may stand beside the
 * tables, as rows that are compared one after another. user/added.c makes them.
 *
 * control.current names the set of rows in force, 0: none. Another set is filled while no
 * packet reads it, and the write of that word makes both it and the generation's
 * new text (user/store.h) current.
 *
 * Rows only allow, and no prefix of the tables lies within one of theirs: where the
 * tables deny, that stands; where both allow, a row decides, its prefix being longer.
 * They stand in the order of precedence, so the first that covers a packet is the one.
 */
#ifndef XDPWL_ADDED_H
#define XDPWL_ADDED_H

#include <linux/types.h>

#define XDPWL_ADDED_SETS	8	/* 0 is never used; see user/kern_added.c */
#define XDPWL_ADDED_ROWS	32

enum { XDPWL_ADDED_PORTS, XDPWL_ADDED_PROTO, XDPWL_ADDED_PING, XDPWL_ADDED_ALL };

/* A prefix and one service. Addresses in host order in two words; IPv4 has the upper half of
 * the first. */
struct xdpwl_added_row {
	__u64 high, low;
	__u64 high_mask, low_mask;
	__u32 cell;		/* never XDPWL_DENY */
	__u16 first, last;	/* PORTS, host order */
	__u8 family;		/* 4 or 6 */
	__u8 kind;
	__u8 proto;		/* PORTS, PROTO */
	__u8 reserved[5];
};

/* Strangers meet `filter` alone: a bit for each xdpwl_added_bit() of a row. */
#define XDPWL_ADDED_BITS	512

struct xdpwl_added {
	__u64 generation;
	__u64 filter[XDPWL_ADDED_BITS / 64];
	__u32 n;
	__u32 reserved;
	struct xdpwl_added_row row[XDPWL_ADDED_ROWS];
};

/* No row's prefix is shorter than what its bit hangs on: the first 16 bits of an IPv4
 * address, the first 32 of an IPv6 one, as they stand in the packet. */
#define XDPWL_ADDED_LENGTH4	16
#define XDPWL_ADDED_LENGTH6	32

static inline __attribute__((always_inline)) __u32 xdpwl_added_bit(__u32 head)
{
	return head * 0x9e3779b1u >> 23;	/* 2^32 over the golden ratio */
}

_Static_assert(sizeof(struct xdpwl_added_row) == 48, "added_row");
_Static_assert(sizeof(struct xdpwl_added) == 80 + 48 * XDPWL_ADDED_ROWS, "added");

#endif
