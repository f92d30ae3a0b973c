/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What no rule decides: sources and flags that nothing honest sends, and the
 * packets without which the link itself dies. Packet in, reason out; asks no map.
 *
 * RFC 1122, 4291, 4193 (sources); 4861, 6980 (neighbours); 2710, 3810, 3376
 * (membership); 2131, 8415 (DHCP).
 */
#ifndef ESSENTIAL_BPF_H
#define ESSENTIAL_BPF_H

#include "packet.bpf.h"

#define ND_RS 133
#define ND_RA 134
#define ND_NS 135
#define ND_NA 136
#define MLD_QUERY 130
#define MLD_REPORT 131
#define MLD_DONE 132
#define MLD2_REPORT 143

#define FLAG_FIN 0x01
#define FLAG_SYN 0x02
#define FLAG_RST 0x04
#define FLAG_PSH 0x08
#define FLAG_ACK 0x10
#define FLAG_URG 0x20

static __always_inline bool is_link_local(const struct packet *packet)
{
	return packet->family == 6 &&
	       (packet->addr[0] & bpf_htonl(0xffc00000)) ==
		       bpf_htonl(0xfe800000);
}

static __always_inline bool is_unspecified(const struct packet *packet)
{
	return !(packet->addr[0] | packet->addr[1] | packet->addr[2] |
		 packet->addr[3]);
}

/* The type of an ICMPv6 message whose header was read, else 0. */
static __always_inline __u8 icmp6_type(const struct packet *packet)
{
	return packet->family == 6 && packet->proto == PROTO_ICMPV6 ?
		       packet->icmp_type : 0;
}

static __always_inline bool is_mld(const struct packet *packet)
{
	__u8 type = icmp6_type(packet);

	return (type >= MLD_QUERY && type <= MLD_DONE) || type == MLD2_REPORT;
}

/* A UDP packet between these ports: parsing gave both, else they are 0. */
static __always_inline bool is_udp(const struct packet *packet, __u16 sport,
				   __u16 dport)
{
	return packet->proto == PROTO_UDP && packet->sport == bpf_htons(sport) &&
	       packet->dport == bpf_htons(dport);
}

/* What no packet at all may come from. 0.0.0.0/8 is bad_source4()'s business. */
static __always_inline bool never_source4(const struct packet *packet,
					  const struct xdpwl_slot *slot)
{
	__u32 source = source_head(packet);
	__u8 net = source >> 24;

	if (net >= 224 && !(net >= 240 && slot->flags & XDPWL_CLASS_E &&
			    source != 0xffffffff))
		return true;
	return net == 127 || is_to_source(packet);
}

static __always_inline bool bad_source4(const struct packet *packet,
					const struct xdpwl_slot *slot)
{
	__u32 source = source_head(packet);

	if (source >> 24 == 0 && !is_to_source(packet))
		return source || (!is_udp(packet, 68, 67) &&
				  packet->proto != PROTO_IGMP);
	return never_source4(packet, slot);
}

/* The same; ::/64 is bad_source6()'s business. */
static __always_inline bool never_source6(const struct packet *packet)
{
	return *(const __u8 *)packet->addr == 0xff || is_to_source(packet);
}

static __always_inline bool bad_source6(const struct packet *packet)
{
	const __be32 *s = packet->addr;
	__u8 type = icmp6_type(packet);

	if (s[0] | s[1] || is_to_source(packet))
		return never_source6(packet);
	if (s[2] == bpf_htonl(0xffff))			/* ::ffff:0:0/96 */
		return true;
	if (s[2])
		return false;
	if (s[3] == bpf_htonl(1))
		return true;
	return !s[3] && type != ND_NS && type != ND_RS && !is_mld(packet);
}

/* SYN+FIN, SYN+RST, FIN+PSH+URG without ACK, or none of the six. */
static __always_inline bool flags_are_bad(__u8 flags)
{
	__u8 xmas = FLAG_FIN | FLAG_PSH | FLAG_URG;

	return !flags || (flags & (FLAG_SYN | FLAG_FIN)) == (FLAG_SYN | FLAG_FIN) ||
	       (flags & (FLAG_SYN | FLAG_RST)) == (FLAG_SYN | FLAG_RST) ||
	       (flags & (xmas | FLAG_ACK)) == xmas;
}

/* A bit for each of the 64 sets of flags: a constant to the compiler. */
static __always_inline __u64 flags_bad(void)
{
	__u64 bad = 0;
	int flags;

#pragma unroll
	for (flags = 0; flags < 64; flags++)
		bad |= (__u64)flags_are_bad(flags) << flags;
	return bad;
}

static __always_inline bool bad_flags(const struct packet *packet)
{
	return packet->proto == PROTO_TCP &&
	       packet->fragment != FRAGMENT_LATER &&
	       flags_bad() >> (packet->tcp_flags & 63) & 1;
}

static __always_inline bool is_neighbour(const struct packet *packet,
					 const struct xdpwl_slot *slot)
{
	__u8 type = icmp6_type(packet);

	if (type < ND_RS || type > ND_NA || packet->hops != 255 ||
	    packet->icmp_code || packet->fragment_header)
		return false;
	return type != ND_RA ||
	       (is_link_local(packet) && slot->flags & XDPWL_RA);
}

static __always_inline bool is_multicast(const struct packet *packet)
{
	if (packet->hops != 1 || packet->fragment == FRAGMENT_LATER)
		return false;
	if (packet->family == 4)
		return packet->proto == PROTO_IGMP &&
		       (packet->addr[1] & bpf_htonl(0xf0000000)) ==
			       bpf_htonl(0xe0000000);
	return is_mld(packet) &&
	       (is_link_local(packet) || is_unspecified(packet));
}

static __always_inline bool is_dhcp(const struct packet *packet)
{
	if (packet->family == 4)
		return is_udp(packet, 67, 68);
	return is_udp(packet, 547, 546) && is_link_local(packet);
}

static __always_inline enum xdpwl_reason
essential_reason(const struct packet *packet, const struct xdpwl_slot *slot)
{
	if (packet->family == 4 ? bad_source4(packet, slot) :
				  bad_source6(packet))
		return XDPWL_BAD_SOURCE;
	if (packet->bad_header)
		return XDPWL_BAD_HEADER;
	if (bad_flags(packet))
		return XDPWL_BAD_FLAGS;
	if (is_neighbour(packet, slot))
		return XDPWL_NEIGHBOUR;
	if (is_multicast(packet))
		return XDPWL_MULTICAST;
	if (is_dhcp(packet))
		return XDPWL_DHCP;
	return UNDECIDED;
}

#endif
