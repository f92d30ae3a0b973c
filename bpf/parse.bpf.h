/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Bytes to packet: from the first byte of the IP header to the ports. Decides only
 * what parsing alone decides (malformed, link control, bad-header found on the
 * way); everything else is left to those who know rules.
 *
 * RFC 791, 8200, 4302 (AH), 9293, 768, 3828, 4340, 9260, 792, 4443; IEEE 802.1Q.
 */
#ifndef PARSE_BPF_H
#define PARSE_BPF_H

#include "headers.bpf.h"
#include "maps.bpf.h"

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
	packet->addr = &ip->saddr;
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
	packet->addr = ip->saddr.in6_u.u6_addr32;
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
	packet->sport = *(__be16 *)tcp;
	packet->dport = *(__be16 *)(tcp + 2);
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
	packet->sport = ports[0];
	packet->dport = ports[1];
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
	packet->sport = *(__be16 *)(icmp + 4);
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

/* The IP packet at packet->off, of packet->family. */
static __always_inline enum xdpwl_reason packet_parse(struct packet *packet)
{
	enum xdpwl_reason reason = packet->family == 4 ? packet_ipv4(packet) :
							 packet_ipv6(packet);

	if (reason != UNDECIDED || packet->bad_header)
		return reason;
	if (packet->family == 6 || packet->proto == PROTO_AH)
		reason = packet_headers(packet);
	if (reason != UNDECIDED || packet->bad_header)
		return reason;
	packet->off = opaque(packet->off);
	packet->end = opaque(packet->end);
	return packet_upper(packet);
}

#endif
