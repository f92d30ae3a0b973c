/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The frame that every packet of the benchmark is a copy of, and the object
 * that makes the copies differ (packets.bpf.c). Any failure ends the process
 * with one line: these are tools of bench.py, which stops there too.
 */
#ifndef FRAME_H
#define FRAME_H

#include <stddef.h>
#include <bpf/libbpf.h>
#include "packets.h"

struct frame {
	unsigned char bytes[80];
	unsigned int length;
	int family; /* 4 or 6 */
};

/* `kind` is tcp4, udp4, tcp6 or udp6: a SYN, or a datagram without checksum,
 * from 02:00:00:00:00:01 to 02:00:00:00:00:02, to 198.18.0.1 or 2001:db8::1. */
void frame_build(struct frame *frame, const char *kind);

/* Open packets.bpf.o, load its program `name` ("send" or "cost", of the frame's
 * family) with `flags`, and fill `records` from a file. *program is its fd. */
struct bpf_object *packets_load(const char *path, const char *name,
				const struct frame *frame, unsigned int flags,
				const char *records_path, int *program);

__attribute__((noreturn, format(printf, 1, 2))) void fail(const char *format,
							  ...);

#endif
