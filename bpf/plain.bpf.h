/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Frame to packet, for the plain ones that floods and honest traffic are made of:
 * whole TCP and UDP, no tags, no options, no extension headers. It asks in one go
 * what parse.bpf.h and essential.bpf.h ask in steps, and knows only two kinds of
 * answer: what those would find, or that this packet is theirs.
 */
#ifndef PLAIN_BPF_H
#define PLAIN_BPF_H

#include "essential.bpf.h"
#include "packet.bpf.h"

#define NOT_PLAIN (UNDECIDED + 1)

/* TCP, `size` bytes of it within the IP packet, of which 20 may be read. */
static __always_inline enum xdpwl_reason
plain_tcp(struct packet *packet, const __u8 *tcp, __u32 size)
{
	__u32 header = (tcp[12] >> 4) * 4;

	if (header < 20 || header > size)
		return NOT_PLAIN;
	packet->port = packet->dport;
	packet->tcp_flags = tcp[13] & 0x3f;
	return bad_flags(packet) ? XDPWL_BAD_FLAGS : UNDECIDED;
}

static __always_inline enum xdpwl_reason
plain_udp(struct packet *packet, const __u8 *udp, __u32 size)
{
	__u32 length = bpf_ntohs(*(__be16 *)(udp + 4));

	if (length < 8 || length > size)
		return NOT_PLAIN;
	packet->port = XDPWL_UDP | packet->dport;
	return is_dhcp(packet) ? XDPWL_DHCP : UNDECIDED;
}

static __always_inline enum xdpwl_reason
plain_upper(struct packet *packet, const __u8 *upper, __u32 size)
{
	packet->sport = bpf_ntohs(*(__be16 *)upper);
	packet->dport = bpf_ntohs(*(__be16 *)(upper + 2));
	if (!packet->dport)
		return NOT_PLAIN;
	if (packet->proto == PROTO_TCP)
		return plain_tcp(packet, upper, size);
	if (packet->proto == PROTO_UDP)
		return plain_udp(packet, upper, size);
	return NOT_PLAIN;
}

/* The same where the source is impossible, if only the packet is sound. */
static __always_inline enum xdpwl_reason
plain_never(struct packet *packet, const __u8 *upper, __u32 size)
{
	return plain_upper(packet, upper, size) == NOT_PLAIN ?
		       NOT_PLAIN : XDPWL_BAD_SOURCE;
}

/* 40 bytes may be read at `bytes`. */
static __always_inline enum xdpwl_reason
plain_ipv4(struct packet *packet, const __u8 *bytes,
	   const struct xdpwl_slot *slot)
{
	const struct iphdr *ip = (void *)bytes;
	const __u8 *upper = bytes + sizeof(*ip);
	/* Up to Linux 6.4 the verifier forgets how narrow what it swaps is. */
	__u32 total = value_bound(bpf_ntohs(ip->tot_len), 0xffff);

	if (*bytes != 0x45 || ip->frag_off & bpf_htons(0x3fff) ||
	    total < sizeof(*ip) + 8 || (void *)bytes + total > packet->data_end)
		return NOT_PLAIN;
	packet->family = 4;
	packet->proto = ip->protocol;
	packet->addr = &ip->saddr;
	if (!(ip->saddr & bpf_htonl(0xff000000)))
		return NOT_PLAIN;
	if (never_source4(packet, slot))
		return plain_never(packet, upper, total - sizeof(*ip));
	return plain_upper(packet, upper, total - sizeof(*ip));
}

/* 60 bytes may be read at `bytes`. */
static __always_inline enum xdpwl_reason
plain_ipv6(struct packet *packet, const __u8 *bytes)
{
	const struct ipv6hdr *ip = (void *)bytes;
	const __u8 *upper = bytes + sizeof(*ip);
	__u32 size = value_bound(bpf_ntohs(ip->payload_len), 0xffff);

	if (*bytes >> 4 != 6 || (void *)upper + size > packet->data_end)
		return NOT_PLAIN;
	packet->family = 6;
	packet->proto = ip->nexthdr;
	packet->addr = ip->saddr.in6_u.u6_addr32;
	if (!(packet->addr[0] | packet->addr[1]))
		return NOT_PLAIN;
	if (never_source6(packet))
		return plain_never(packet, upper, size);
	return plain_upper(packet, upper, size);
}

/* 4 or 6, or anything else where it is neither for sure. */
static __always_inline __u32 plain_family(const __u8 *ip, __u32 link)
{
	__be16 type;

	if (link != XDPWL_LINK_ETHERNET)
		return *ip >> 4;
	type = ((__be16 *)ip)[-1];
	return type == bpf_htons(ETH_P_IP) ? 4 :
	       type == bpf_htons(ETH_P_IPV6) ? 6 : 0;
}

static __always_inline enum xdpwl_reason
plain_reason(struct packet *packet, const struct xdpwl_slot *slot, __u32 link)
{
	__u8 *ip = packet->data + packet->off +
		   (link == XDPWL_LINK_ETHERNET ? sizeof(struct ethhdr) : 0);
	__u32 family;

	if ((void *)ip + sizeof(struct iphdr) + 20 > packet->data_end)
		return NOT_PLAIN;
	family = plain_family(ip, link);
	if (family == 4)
		return plain_ipv4(packet, ip, slot);
	if (family != 6 ||
	    (void *)ip + sizeof(struct ipv6hdr) + 20 > packet->data_end)
		return NOT_PLAIN;
	return plain_ipv6(packet, ip);
}

#endif
