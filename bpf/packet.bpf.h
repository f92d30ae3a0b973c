/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Bytes to packet: from the first byte of the frame to the ports. Decides only
 * what parsing alone decides (malformed, link control, bad-header found on the
 * way); everything else is left to those who know rules. Never reads beyond the
 * IP length, nor beyond the linear part of a multi-buffer frame: headers are
 * expected there, and one that is not counts as cut short.
 *
 * RFC 791, 8200, 4302 (AH), 9293, 768, 3828, 4340, 9260, 792, 4443; IEEE 802.1Q.
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

#define ICMP4_UNREACHABLE	3
#define ICMP4_REDIRECT		5
#define ICMP4_ECHO		8
#define ICMP4_TIME_EXCEEDED	11
#define ICMP4_PARAMETER		12
#define ICMP6_PARAMETER		4	/* 1-4 are the errors */
#define ICMP6_ECHO		128
#define ICMP6_REDIRECT		137

enum fragment { FRAGMENT_NONE, FRAGMENT_FIRST, FRAGMENT_LATER };

struct packet {
	struct xdp_md *ctx;
	void *data, *data_end;	/* the linear part */
	__u32 length;		/* of the whole frame */
	__u32 off;		/* the next header, from data */
	__u32 end;		/* where the IP packet ends, from data */
	__be32 saddr[4];	/* IPv4: the first word alone */
	__u16 sport, dport;	/* 0 where the protocol has none */
	__u8 family;		/* 4 or 6 */
	__u8 proto;		/* upper layer; of a later fragment, as it claims */
	__u8 hops;		/* TTL or hop limit */
	__u8 fragment;		/* enum fragment */
	bool to_source;		/* destination = source */
	bool to_multicast;	/* IPv4 alone */
	bool fragment_header;	/* IPv6: also on an atomic fragment */
	bool bad_header;	/* parsing stopped at one */
	__u8 tcp_flags;
	__u8 icmp_type, icmp_code;
};

/* Set before loading: the kernel has multi-buffer XDP and its helpers. */
SEC(".rodata.frags") const volatile bool have_frags = false;

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

/* The IP packet reaches to `end`: false if the frame does not. */
static __always_inline bool packet_reaches(struct packet *packet, __u32 end)
{
	if (end > packet->length && have_frags)
		packet->length = bpf_xdp_get_buff_len(packet->ctx);
	packet->end = end;
	return end <= packet->length;
}

#include "link.bpf.h"
#include "headers.bpf.h"

static __always_inline enum xdpwl_reason packet_ipv4(struct packet *packet)
{
	struct iphdr *ip = bytes_at(packet->data, packet->data_end, packet->off,
				    sizeof(*ip));
	__u32 size, total, offset;

	if (!ip || ip->version != 4 || ip->ihl < 5)
		return XDPWL_MALFORMED;
	size = ip->ihl * 4;
	total = bpf_ntohs(ip->tot_len);
	if (total < size || !packet_reaches(packet, packet->off + total))
		return XDPWL_MALFORMED;
	packet->family = 4;
	packet->proto = ip->protocol;
	packet->hops = ip->ttl;
	packet->saddr[0] = ip->saddr;
	packet->to_source = ip->saddr == ip->daddr;
	packet->to_multicast = (ip->daddr & bpf_htonl(0xf0000000)) ==
			       bpf_htonl(0xe0000000);
	offset = bpf_ntohs(ip->frag_off);
	if (offset & 0x1fff)
		packet->fragment = FRAGMENT_LATER;
	else if (offset & 0x2000)
		packet->fragment = FRAGMENT_FIRST;
	if (size > sizeof(*ip)) {
		__u32 found = ipv4_options(packet->ctx,
					   packet->off + sizeof(*ip),
					   packet->off + size);

		if (found == XDPWL_MALFORMED)
			return XDPWL_MALFORMED;
		packet->bad_header = found == XDPWL_BAD_HEADER;
	}
	packet->off += size;
	return UNDECIDED;
}

static __always_inline bool same_address(const struct in6_addr *a,
					 const struct in6_addr *b)
{
	const __be32 *x = a->s6_addr32, *y = b->s6_addr32;

	return x[3] == y[3] && x[2] == y[2] && x[1] == y[1] && x[0] == y[0];
}

static __always_inline enum xdpwl_reason packet_ipv6(struct packet *packet)
{
	struct ipv6hdr *ip = bytes_at(packet->data, packet->data_end,
				      packet->off, sizeof(*ip));

	if (!ip || ip->version != 6)
		return XDPWL_MALFORMED;
	if (!packet_reaches(packet, packet->off + sizeof(*ip) +
					    bpf_ntohs(ip->payload_len)))
		return XDPWL_MALFORMED;
	packet->family = 6;
	packet->proto = ip->nexthdr;
	packet->hops = ip->hop_limit;
	__builtin_memcpy(packet->saddr, &ip->saddr, sizeof(packet->saddr));
	packet->to_source = same_address(&ip->saddr, &ip->daddr);
	packet->off += sizeof(*ip);
	return UNDECIDED;
}

static __always_inline enum xdpwl_reason packet_tcp(struct packet *packet)
{
	bool first = packet->fragment == FRAGMENT_FIRST;
	__u8 *tcp = packet_header(packet, 20);
	__u32 size;

	if (!tcp) {
		packet->bad_header = first && packet->off + 20 > packet->end;
		return packet->bad_header ? UNDECIDED : XDPWL_MALFORMED;
	}
	size = (tcp[12] >> 4) * 4;
	if (size < 20)
		return XDPWL_MALFORMED;
	if (packet->off + size > packet->end) {
		packet->bad_header = first;
		return first ? UNDECIDED : XDPWL_MALFORMED;
	}
	packet->sport = bpf_ntohs(*(__be16 *)tcp);
	packet->dport = bpf_ntohs(*(__be16 *)(tcp + 2));
	packet->bad_header = !packet->dport;
	packet->tcp_flags = tcp[13] & 0x3f;
	return UNDECIDED;
}

/* UDP, UDP-Lite, SCTP, DCCP: ports in the first four of `size` bytes. A first
 * fragment need not hold the rest of the header, but of UDP's, whose length is judged. */
static __always_inline enum xdpwl_reason packet_ports(struct packet *packet,
						      __u32 size)
{
	bool first = packet->fragment == FRAGMENT_FIRST;
	__be16 *ports;

	if (first && packet->off + 4 > packet->end) {
		packet->bad_header = true;
		return UNDECIDED;
	}
	ports = packet_header(packet, first && packet->proto != PROTO_UDP ?
					      4 : size);
	if (!ports)
		return XDPWL_MALFORMED;
	packet->sport = bpf_ntohs(ports[0]);
	packet->dport = bpf_ntohs(ports[1]);
	packet->bad_header = !packet->dport;
	return UNDECIDED;
}

static __always_inline enum xdpwl_reason packet_udp(struct packet *packet)
{
	enum xdpwl_reason reason = packet_ports(packet, 8);
	__be16 *udp = packet_header(packet, 8);
	__u32 length;

	if (reason != UNDECIDED || !udp)
		return reason;
	length = bpf_ntohs(udp[2]);
	if (length < 8 || (packet->fragment == FRAGMENT_NONE &&
			   packet->off + length > packet->end))
		return XDPWL_MALFORMED;
	return UNDECIDED;
}

static __always_inline enum xdpwl_reason packet_icmp(struct packet *packet)
{
	__u8 *icmp = packet_header(packet, 8);
	bool error;

	if (!icmp)
		return XDPWL_MALFORMED;
	packet->icmp_type = icmp[0];
	packet->icmp_code = icmp[1];
	if (packet->family == 4) {
		packet->bad_header = icmp[0] == ICMP4_REDIRECT;
		error = icmp[0] == ICMP4_UNREACHABLE ||
			icmp[0] == ICMP4_TIME_EXCEEDED ||
			icmp[0] == ICMP4_PARAMETER;
	} else {
		packet->bad_header = icmp[0] == ICMP6_REDIRECT;
		error = icmp[0] >= 1 && icmp[0] <= ICMP6_PARAMETER;
	}
	if (error && !embedded_whole(packet->ctx, packet->off + 8, packet->end,
				     packet->family))
		return XDPWL_MALFORMED;
	return UNDECIDED;
}

static __always_inline enum xdpwl_reason packet_upper(struct packet *packet)
{
	if (packet->fragment == FRAGMENT_LATER)
		return UNDECIDED;
	if (packet->proto == PROTO_TCP)
		return packet_tcp(packet);
	if (packet->proto == PROTO_UDP)
		return packet_udp(packet);
	if (packet->proto == (packet->family == 4 ? PROTO_ICMP : PROTO_ICMPV6))
		return packet_icmp(packet);
	if (packet->proto == PROTO_SCTP || packet->proto == PROTO_DCCP)
		return packet_ports(packet, 12);
	if (packet->proto == PROTO_UDPLITE)
		return packet_ports(packet, 8);
	return UNDECIDED;
}

/* The whole of a frame that starts at packet->off with a header of kind `link`. */
static __always_inline enum xdpwl_reason packet_parse(struct packet *packet,
						      const struct xdpwl_slot *slot,
						      __u32 link)
{
	enum xdpwl_reason reason = link_parse(packet, slot, link);

	if (reason != UNDECIDED)
		return reason;
	reason = packet->family == 4 ? packet_ipv4(packet) :
				       packet_ipv6(packet);
	if (reason != UNDECIDED || packet->bad_header)
		return reason;
	if (packet->family == 6 || packet->proto == PROTO_AH)
		reason = packet_headers(packet);
	if (reason != UNDECIDED || packet->bad_header)
		return reason;
	return packet_upper(packet);
}

#endif
