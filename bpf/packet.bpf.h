/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A packet, as far as parsing has come, and the one way to its bytes: within the IP
 * length, and within the linear part of a multi-buffer frame: headers are expected
 * there, and one that is not counts as cut short.
 */
#ifndef PACKET_BPF_H
#define PACKET_BPF_H

#include <stdbool.h>
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include "../include/xdpwl.h"

/* What a stage returns when it has not decided. */
#define UNDECIDED XDPWL_N_REASONS

static __always_inline bool reason_passes(enum xdpwl_reason reason)
{
#define PASSES(symbol, key, passes, sentence) | (passes) << XDPWL_##symbol
	return (0 XDPWL_REASONS(PASSES)) >> reason & 1;
#undef PASSES
}

/* In linux/in.h as an enum only, and not all of them. */
#define PROTO_ICMP	1
#define PROTO_IGMP	2
#define PROTO_TCP	6
#define PROTO_UDP	17
#define PROTO_DCCP	33
#define PROTO_AH	51
#define PROTO_ICMPV6	58
#define PROTO_SCTP	132
#define PROTO_UDPLITE	136

#define ICMP4_ECHO_REPLY	0
#define ICMP4_UNREACHABLE	3
#define ICMP4_REDIRECT		5
#define ICMP4_ECHO		8
#define ICMP4_TIME_EXCEEDED	11
#define ICMP4_PARAMETER		12
#define ICMP6_PARAMETER		4	/* 1-4 are the errors */
#define ICMP6_ECHO		128
#define ICMP6_ECHO_REPLY	129
#define ICMP6_REDIRECT		137

enum fragment { FRAGMENT_NONE, FRAGMENT_FIRST, FRAGMENT_LATER };

struct packet {
	struct xdp_md *ctx;
	void *data, *data_end;	/* the linear part */
	__u32 length;		/* of the whole frame */
	__u32 off;		/* the next header, from data */
	__u32 end;		/* where the IP packet ends, from data */
	const __be32 *addr;	/* source, then destination, where they stand */
	__be16 sport, dport;	/* 0 where the protocol has none; sport of an ICMP
				 * echo is its identifier */
	__u32 port;		/* TCP and UDP: dport in the numbering of both */
	__u32 near;		/* near4_marks() of an IPv4 source */
	__u64 tile;		/* of an IPv6 source: XDPWL_TILE6_OFFSET(), or its cut6 */
	__u32 number;		/* of its source's entry, or what table4.h and exact.h have instead;
				 * 0: not sought */
	__u8 family;		/* 4 or 6 */
	__u8 proto;		/* upper layer; of a later fragment, as it claims */
	__u8 hops;		/* TTL or hop limit */
	__u8 fragment;		/* enum fragment */
	__u16 fragment_header;	/* IPv6: its offset, also of an atomic one's; 0: none */
	bool bad_header;	/* parsing stopped at one */
	__u8 tcp_flags;
	__u8 icmp_type, icmp_code;
};

/* Constants when it is loaded: what hangs on them is not there. */
SEC(".rodata.kernel") const volatile struct xdpwl_kernel kernel = {};

/* Both ends of the linear part. As they are to the compiler, 32 bits: a copy of
 * half a register is no pointer to the verifier. */
static __always_inline void *frame_data(const struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data;

	asm volatile("" : "+r"(data));
	return data;
}

static __always_inline void *frame_end(const struct xdp_md *ctx)
{
	void *end = (void *)(long)ctx->data_end;

	asm volatile("" : "+r"(end));
	return end;
}

/* Offsets above this are not read: eight extension headers of full length fit, and
 * the verifier wants packet offsets well below 65,535. A power of two, less one. */
#define MAX_OFFSET 0x7fff

/* A value that is at most `mask` already, and that the verifier knows to be: it
 * forgets a comparison when the compiler keeps the value twice, and up to Linux
 * 6.12 at least the bounds of a narrow one that went over the stack. */
static __always_inline __u64 value_bound(__u64 value, __u64 mask)
{
	asm volatile("%0 &= %1" : "+r"(value) : "ri"(mask));
	return value;
}

/* An offset that was compared with MAX_OFFSET. */
static __always_inline __u64 offset_bound(__u64 off)
{
	return value_bound(off, MAX_OFFSET);
}

/* `size` bytes at offset `off` of the linear part, or NULL. */
static __always_inline void *bytes_at(void *data, void *data_end, __u32 off,
				      __u32 size)
{
	void *p = data + off;

	if (!__builtin_constant_p(off)) {
		if (off > MAX_OFFSET)
			return NULL;
		p = data + offset_bound(off);
	}
	if (p + size > data_end)
		return NULL;
	return p;
}

/* The next header, `size` bytes of it, within the IP packet; does not move on. */
static __always_inline void *packet_header(const struct packet *packet,
					   __u32 size)
{
	if (packet->off + size > packet->end)
		return NULL;
	return bytes_at(packet->data, packet->data_end, packet->off, size);
}

/* Half an IPv6 address, from two of its words. */
static __always_inline __u64 address_half(const __be32 *words)
{
	return (__u64)bpf_ntohl(words[0]) << 32 | bpf_ntohl(words[1]);
}

/* TCP and UDP ports in the numbering of both. */
static __always_inline __u32 port_number(__u8 proto, __be16 port)
{
	return (proto == PROTO_TCP ? 0 : XDPWL_UDP) | port;
}

/* Where the addresses stand, from data. */
static __always_inline __u32 packet_addr(const struct packet *packet)
{
	return (void *)packet->addr - packet->data;
}

/* Whether the destination is the source. */
static __always_inline bool is_to_source(const struct packet *packet)
{
	const __be32 *a = packet->addr;

	if (packet->family == 4)
		return a[0] == a[1];
	return a[3] == a[7] && a[2] == a[6] && a[1] == a[5] && a[0] == a[4];
}

/* The first 32 bits of the source. */
static __always_inline __u32 source_head(const struct packet *packet)
{
	return bpf_ntohl(packet->addr[0]);
}

/* The IP packet reaches to `end`: false if the frame does not. */
static __always_inline bool packet_reaches(struct packet *packet, __u32 end)
{
	if (end > packet->length && kernel.frags)
		packet->length = bpf_xdp_get_buff_len(packet->ctx);
	packet->end = end;
	return end <= packet->length;
}

#endif
