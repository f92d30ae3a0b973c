/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the benchmark's packets are made of: the part of a frame that differs
 * from packet to packet, as lists.py writes it to a file, the commands map it
 * and the program in the kernel copies it into the frame. Nothing of xdpwl is
 * known here.
 */
#ifndef PACKETS_H
#define PACKETS_H

#include <linux/types.h>

#define RECORDS 65536 /* a power of two: a mask bounds the index */

struct record {
	__be32 source[4]; /* IPv4: the first alone */
	__be16 source_port;
	__be16 dest_port;
	__sum16 check; /* of the IPv4 header */
	__u16 pad;
};

_Static_assert(sizeof(struct record) == 24, "record");

#endif
