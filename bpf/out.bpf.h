/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What leaves the machine, at tc egress. In: a frame going out. Out: a track, where it
 * starts a flow: a SYN without ACK, an echo request, and UDP, unless a rule lets the
 * answer in. Never a verdict: whoever comes behind decides. Strangers cannot make the
 * machine send any of these of its own; what it forwards, to an open port behind it
 * say, they can, so that lies apart.
 *
 * What is odd is not recorded; then its answer drops.
 */
#ifndef OUT_BPF_H
#define OUT_BPF_H

#include "flow.bpf.h"
#include "headers.bpf.h"
#include "link.bpf.h"
#include "rules.bpf.h"

#define MAX_HEAD 256	/* bytes that are read of a frame */

/* The offset of the IP header; what stands there need not be one. */
static __always_inline __u32 out_link(const struct packet *packet, __u32 link)
{
	__u32 off = sizeof(struct ethhdr);
	__be16 *type;
	int i;

	if (link != XDPWL_LINK_ETHERNET)
		return 0;
	for (i = 0; i < MAX_TAGS; i++) {
		type = bytes_at(packet->data, packet->data_end, off - 2, 2);
		if (!type || !is_tag(*type))
			break;
		off += 4;
	}
	return opaque(off);
}

/* The family of the IP header, 0: there is none. */
static __always_inline __u32 out_family(const struct packet *packet, __u32 link)
{
	__be16 *type;
	__u8 *first;

	if (link != XDPWL_LINK_ETHERNET) {
		first = bytes_at(packet->data, packet->data_end, 0, 1);
		return first ? *first >> 4 : 0;
	}
	type = bytes_at(packet->data, packet->data_end, packet->off - 2, 2);
	return !type ? 0 : *type == bpf_htons(ETH_P_IP) ? 4 :
	       *type == bpf_htons(ETH_P_IPV6) ? 6 : 0;
}

/* Through AH, and in IPv6 the extension headers, from `off`; false: to no upper layer. */
static __always_inline bool out_extensions(struct packet *packet, __u64 off,
					   __u8 family)
{
	__u8 *p;
	int i;

#pragma clang loop unroll(disable)
	for (i = 0; i < MAX_HEADERS && is_extension(family, packet->proto); i++) {
		p = bytes_at(packet->data, packet->data_end, off, 8);
		if (!p || (packet->proto == HEADER_FRAGMENT &&
			   *(__be16 *)(p + 2) & bpf_htons(0xfff8)))
			return false;
		off = offset_bound(off + extension_size(packet->proto, p));
		packet->proto = p[0];
	}
	packet->off = opaque(off);
	return !is_extension(family, packet->proto);
}

/* To the upper layer of what has one: not of a later fragment. Nor to a multicast
 * destination, which never answers as such. */
static __always_inline bool out_ipv4(struct packet *packet)
{
	struct iphdr *ip = bytes_at(packet->data, packet->data_end, packet->off,
				    sizeof(*ip));

	if (!ip || ip->ihl < 5 || ip->frag_off & bpf_htons(0x1fff) ||
	    (*(__u8 *)&ip->daddr & 0xf0) == 0xe0)
		return false;
	packet->addr = &ip->saddr;
	packet->proto = ip->protocol;
	return out_extensions(packet, packet->off + ip->ihl * 4, 4);
}

static __always_inline bool out_ipv6(struct packet *packet)
{
	struct ipv6hdr *ip = bytes_at(packet->data, packet->data_end, packet->off,
				      sizeof(*ip));

	if (!ip || *(__u8 *)&ip->daddr == 0xff)
		return false;
	packet->addr = ip->saddr.in6_u.u6_addr32;
	packet->proto = ip->nexthdr;
	return out_extensions(packet, packet->off + sizeof(*ip), 6);
}

/* Whether a rule lets in what this packet would be the answer to. */
static __always_inline bool out_answers(struct packet *packet, __u32 ifindex)
{
	struct packet asked = {
		.family = packet->family, .proto = packet->proto,
		.port = port_number(packet->proto, packet->sport),
	};
	struct generation gen;
	__u32 class;

	if (generation_read(&gen) & XDPWL_HAS_INTERFACES)
		generation_device(&gen, ifindex);
	asked.addr = packet->addr + (packet->family == 4 ? 1 : 4);
	class = packet_class(&asked, &gen);
	return cell_reason(cell_first(listed_cell(&asked, &gen, class),
				      any_cell(&gen, class))) == XDPWL_ALLOWED;
}

static __always_inline void flow_port_mark(__u32 port)
{
	__u8 *used = &control.flow_port[value_bound(port, XDPWL_TCP_UDP - 1)];

	/* The line is all CPUs'. */
	if (!*used)
		*used = 1;
}

/* What goes out starts a flow, goes on with it, or ends it: `what` is flow_pack()'s, and
 * the addresses stand at offset `addr`. */
__noinline int flow_sent(struct __sk_buff *skb, __u32 addr, __u64 what)
{
	void *data = (void *)(long)skb->data, *data_end = (void *)(long)skb->data_end;
	bool ends = flow_flags(what) & (FLAG_FIN | FLAG_RST);
	struct track_place place;
	struct xdpwl_track track;

	if (!flow_read(&track, data, data_end, addr, what | FLOW_OUTWARD))
		return 0;
	place = flow_place(&track, what & FLOW_FORWARDED);
	if (flow_find_any(&track, place, flow_flags(what), FLOW_REFRESH) || ends)
		return 0;
	flow_put(&track, place, XDPWL_HALF_OPEN, ticks_now(), NO_WAY);
	/* Last: who sees it finds the flow. */
	if (track.proto == PROTO_TCP || track.proto == PROTO_UDP)
		flow_port_mark(port_number(track.proto, track.lport));
	return 0;
}

/* Whether TCP flags start a flow, or end one that may be there. */
static __always_inline bool out_tcp_matters(__u8 flags, __be16 lport)
{
	if (flags & (FLAG_FIN | FLAG_RST))
		return flow_port(port_number(PROTO_TCP, lport));
	return (flags & (FLAG_SYN | FLAG_ACK)) == FLAG_SYN;
}

/* The flags of a TCP header that stands there, 0: none. */
static __always_inline __u8 out_tcp_flags(const struct packet *packet)
{
	__u8 *tcp = bytes_at(packet->data, packet->data_end, packet->off, 14);

	return tcp ? tcp[13] : 0;
}

/* Whether a rule decides on its answers: on those of UDP that itself is one, and of what is
 * forwarded, which a stranger may have sent to an open port behind us. */
static __always_inline bool out_by_rule(struct packet *packet,
					const struct __sk_buff *skb)
{
	return (packet->proto == PROTO_UDP ||
		(packet->proto == PROTO_TCP && skb->ingress_ifindex)) &&
	       out_answers(packet, skb->ifindex);
}

/* flow_pack() of a packet that matters to flows; of any other 0. */
static __always_inline __u64 out_upper(struct packet *packet,
				       const struct __sk_buff *skb)
{
	__be16 *upper = bytes_at(packet->data, packet->data_end, packet->off, 8);
	__u8 echo = packet->family == 4 ? ICMP4_ECHO : ICMP6_ECHO, flags = 0;
	__be16 lport, rport, identifier;

	if (!upper)
		return 0;
	lport = upper[0];
	rport = upper[1];
	identifier = upper[2];
	packet->sport = lport;
	if (packet->proto == PROTO_TCP) {
		flags = out_tcp_flags(packet);
		if (!out_tcp_matters(flags, lport))
			return 0;
	} else if (packet->proto == (packet->family == 4 ? PROTO_ICMP : PROTO_ICMPV6) &&
		   *(__u8 *)upper == echo) {
		lport = identifier;
		rport = 0;
	} else if (packet->proto != PROTO_UDP) {
		return 0;
	}
	if (out_by_rule(packet, skb))
		return 0;
	return flow_pack(packet->family, packet->proto, rport, lport, flags) |
	       (skb->ingress_ifindex ? FLOW_FORWARDED : 0);
}

/* The same of a packet of a family that the compiler knows. */
static __always_inline __u64 out_packet(struct packet *packet,
					const struct __sk_buff *skb, __u8 family)
{
	packet->family = family;
	if (family == 4 ? !out_ipv4(packet) : !out_ipv6(packet))
		return 0;
	return out_upper(packet, skb);
}

/* Any frame: first what of it is read comes into the linear part. */
__noinline int out_any(struct __sk_buff *skb, __u32 link)
{
	struct packet packet = {};
	__u32 head = skb->len < MAX_HEAD ? skb->len : MAX_HEAD;
	__u32 family;
	__u64 what = 0;

	if (skb->data_end - skb->data < head)
		bpf_skb_pull_data(skb, head);
	packet.data = (void *)(long)skb->data;
	packet.data_end = (void *)(long)skb->data_end;
	packet.off = out_link(&packet, link);
	family = out_family(&packet, link);
	if (family == 4)
		what = out_packet(&packet, skb, 4);
	else if (family == 6)
		what = out_packet(&packet, skb, 6);
	if (what)
		flow_sent(skb, packet_addr(&packet), opaque(what));
	return 0;
}

/* The offset of the upper layer in a packet of TCP without tags, extension headers
 * and fragments; 0: it is none. */
static __always_inline __u32 out_tcp_offset(const struct packet *packet, __u32 family)
{
	__u8 *ip = bytes_at(packet->data, packet->data_end, packet->off,
			    sizeof(struct iphdr));
	bool offset;

	if (!ip || !family)
		return 0;
	if (family == 6)
		return ip[6] == PROTO_TCP ? packet->off + sizeof(struct ipv6hdr) : 0;
	offset = *(__be16 *)(ip + 6) & bpf_htons(0x1fff);
	return ip[9] == PROTO_TCP && !offset && (ip[0] & 15) >= 5 ?
		       packet->off + (ip[0] & 15) * 4 : 0;
}

/* Most of what is sent is TCP that neither starts nor ends anything: seen to be that
 * in a few cache lines of code, and where it stands, as to pull copies. */
static __always_inline void out_frame(struct __sk_buff *skb, __u32 link)
{
	struct packet packet = {
		.data = (void *)(long)skb->data,
		.data_end = (void *)(long)skb->data_end,
		.off = link == XDPWL_LINK_ETHERNET ? sizeof(struct ethhdr) : 0,
	};
	__u32 family = out_family(&packet, link), off;
	__be16 *port;
	__u8 flags;

	off = out_tcp_offset(&packet, family);
	port = off ? bytes_at(packet.data, packet.data_end, off, 14) : NULL;
	if (!port) {
		out_any(skb, link);
		return;
	}
	flags = ((__u8 *)port)[13];
	if (!out_tcp_matters(flags, port[0]))
		return;
	if (skb->ingress_ifindex)
		out_any(skb, link);
	else
		flow_sent(skb, packet.off + (family == 4 ? 12 : 8),
			  flow_pack(family, PROTO_TCP, port[1], port[0], flags));
}

#endif
