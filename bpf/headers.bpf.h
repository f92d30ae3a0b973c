/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Headers of varying length between the fixed IP header and the upper layer, and
 * the packet inside an ICMP error. Rare in honest traffic, so the walks are functions
 * of their own, verified once and called: scalars in, one scalar out, offsets
 * from ctx->data. None of them reads beyond `end`. Calls are three deep at most: old
 * kernels count the stack of all, 512 bytes.
 */
#ifndef HEADERS_BPF_H
#define HEADERS_BPF_H

#include "packet.bpf.h"

#define OPTION_END	0
#define OPTION_NOP	1
#define OPTION_LSRR	131
#define OPTION_SSRR	137
#define MAX_OPTIONS	40	/* bytes behind a 20-byte header of 60 */

#define HEADER_HOP	0
#define HEADER_ROUTING	43
#define HEADER_FRAGMENT	44
#define HEADER_NONE	59
#define HEADER_DEST	60
#define MAX_HEADERS	8

/* IPv4 options from off to end: UNDECIDED, XDPWL_MALFORMED or XDPWL_BAD_HEADER. */
__noinline __u32 ipv4_options(struct xdp_md *ctx, __u32 off, __u32 end)
{
	void *data = frame_data(ctx);
	void *data_end = frame_end(ctx);
	int i;

	for (i = 0; i < MAX_OPTIONS && off < end; i++) {
		__u8 *option = bytes_at(data, data_end, off, 1), *size;
		__u32 step = 1;

		if (!option)
			return XDPWL_MALFORMED;
		if (*option == OPTION_END)
			break;
		if (*option != OPTION_NOP) {
			size = bytes_at(data, data_end, off + 1, 1);
			if (!size || off + 2 > end || *size < 2 ||
			    off + *size > end)
				return XDPWL_MALFORMED;
			if (*option == OPTION_LSRR || *option == OPTION_SSRR)
				return XDPWL_BAD_HEADER;
			step = *size;
		}
		/* At most `end`, so idle; but all ways here look alike to the
		 * verifier then, and it follows one of them, not each. */
		off = offset_bound(off + step);
	}
	return UNDECIDED;
}

/* Where a walk over headers stands. */
struct walk {
	__u64 off;
	__u32 proto;
	__u32 fragment;		/* enum fragment */
	__u32 fragment_header;	/* its offset, 0: none */
	__u32 found;		/* UNDECIDED, XDPWL_MALFORMED, _BAD_HEADER */
};

/* In one scalar, which is all that a function verified alone may return. */
static __always_inline __u64 walk_pack(const struct walk *walk)
{
	return (__u64)walk->fragment_header << 48 | walk->off << 32 |
	       walk->proto << 24 | walk->fragment << 16 | walk->found;
}

static __always_inline struct walk walk_unpack(__u64 scalar)
{
	struct walk walk = {
		.off = scalar >> 32 & 0xffff,
		.proto = scalar >> 24 & 0xff,
		.fragment = scalar >> 16 & 0xff,
		.fragment_header = scalar >> 48,
		.found = scalar & 0xff,
	};

	return walk;
}

static __always_inline bool is_extension(__u32 family, __u8 proto)
{
	if (proto == PROTO_AH)
		return true;
	return family == 6 && (proto == HEADER_HOP || proto == HEADER_ROUTING ||
			       proto == HEADER_FRAGMENT || proto == HEADER_DEST);
}

/* Size in bytes of the extension header at `p`; 8 of its bytes may be read. */
static __always_inline __u32 extension_size(__u8 proto, const __u8 *p)
{
	if (proto == HEADER_FRAGMENT)
		return 8;
	if (proto == PROTO_AH)
		return (p[1] + 2) * 4;
	return (p[1] + 1) * 8;
}

/* One extension header: moves the walk on, or says what it found. What no honest
 * packet brings may stand in one that comes back in an error: only its size counts. */
static __always_inline void extension_step(struct walk *walk, const __u8 *p,
					   __u32 end, bool embedded)
{
	__u8 proto = walk->proto;
	__u32 size = extension_size(proto, p), offset;

	if (walk->off + size > end || walk->off + size > MAX_OFFSET ||
	    (proto == PROTO_AH && size < 12)) {
		walk->found = XDPWL_MALFORMED;
		return;
	}
	if (!embedded &&
	    ((proto == HEADER_ROUTING && (p[2] == 0 || p[3] != 0)) ||
	     (proto == HEADER_FRAGMENT && walk->fragment_header))) {
		walk->found = XDPWL_BAD_HEADER;
		return;
	}
	if (proto == HEADER_FRAGMENT) {
		offset = p[2] << 8 | p[3];
		walk->fragment_header = walk->off;
		if (offset & 0xfff8)
			walk->fragment = FRAGMENT_LATER;
		else if (offset & 1)
			walk->fragment = FRAGMENT_FIRST;
	}
	walk->proto = p[0];
	walk->off = offset_bound(walk->off + size);
}

#define WALK_EMBEDDED (1 << 24)

/* From off to the upper layer; `state` is family << 16 | fragment << 8 | protocol, and
 * WALK_EMBEDDED. */
__noinline __u64 extension_walk(struct xdp_md *ctx, __u32 off, __u32 end,
				__u32 state)
{
	void *data = frame_data(ctx);
	void *data_end = frame_end(ctx);
	struct walk walk = { .off = off, .proto = state & 0xff,
			     .fragment = state >> 8 & 0xff,
			     .found = UNDECIDED };
	__u32 family = state >> 16 & 0xff;
	bool embedded = state & WALK_EMBEDDED;
	int i;

	for (i = 0; i <= MAX_HEADERS; i++) {
		__u8 *p;

		if (family == 6 && !embedded && walk.proto == HEADER_NONE &&
		    walk.fragment != FRAGMENT_LATER)
			walk.found = XDPWL_BAD_HEADER;
		if (walk.found != UNDECIDED ||
		    walk.fragment == FRAGMENT_LATER ||
		    !is_extension(family, walk.proto))
			return walk_pack(&walk);
		if (i == MAX_HEADERS)
			break;
		p = walk.off + 8 > end ? NULL :
					 bytes_at(data, data_end, walk.off, 8);
		if (p)
			extension_step(&walk, p, end, embedded);
		else
			walk.found = XDPWL_MALFORMED;
	}
	walk.found = XDPWL_BAD_HEADER;
	return walk_pack(&walk);
}

static __always_inline enum xdpwl_reason packet_headers(struct packet *packet)
{
	struct walk walk;

	if (packet->fragment == FRAGMENT_LATER ||
	    (!is_extension(packet->family, packet->proto) &&
	     packet->proto != HEADER_NONE))
		return UNDECIDED;
	walk = walk_unpack(extension_walk(packet->ctx, packet->off, packet->end,
					  packet->family << 16 |
						  packet->fragment << 8 |
						  packet->proto));
	packet->off = walk.off;
	packet->proto = walk.proto;
	packet->fragment = walk.fragment;
	packet->fragment_header = walk.fragment_header;
	packet->bad_header = walk.found == XDPWL_BAD_HEADER;
	return walk.found == XDPWL_MALFORMED ? XDPWL_MALFORMED : UNDECIDED;
}

/* Whether the packet inside an ICMP error, from off to end, has its IP header and
 * at least 8 bytes of its upper layer (RFC 792, 4443). */
static __always_inline bool embedded_whole(struct xdp_md *ctx, __u32 off,
					   __u32 end, __u32 family)
{
	void *data = frame_data(ctx);
	void *data_end = frame_end(ctx);
	__u32 fixed = family == 4 ? sizeof(struct iphdr) :
				    sizeof(struct ipv6hdr);
	__u8 *ip = bytes_at(data, data_end, off, sizeof(struct iphdr));
	struct walk walk;

	if (!ip || off + fixed > end || ip[0] >> 4 != family)
		return false;
	if (family == 4)
		return (ip[0] & 15) >= 5 && off + (ip[0] & 15) * 4 + 8 <= end;
	walk = walk_unpack(extension_walk(ctx, off + fixed, end,
					  WALK_EMBEDDED | 6 << 16 | ip[6]));
	return walk.found != XDPWL_MALFORMED && walk.off + 8 <= end;
}

#endif
