/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Errors about packets that we sent. In: an ICMP error whose embedded packet is
 * whole (embedded_whole()). Out: whether that packet was ours: from the address
 * that the error goes to, and either of a known flow, or to a source that the
 * rules let reach the port which it came from. The error itself may come from any
 * router, so its source says nothing.
 *
 * RFC 792, 4443, 1191, 8201.
 */
#ifndef ICMP_ERROR_BPF_H
#define ICMP_ERROR_BPF_H

#include "flow.bpf.h"
#include "headers.bpf.h"
#include "rules.bpf.h"

static __always_inline bool is_icmp_error(const struct packet *packet)
{
	__u8 type = packet->icmp_type;

	if (packet->fragment == FRAGMENT_LATER)
		return false;
	if (packet->family == 4)
		return packet->proto == PROTO_ICMP &&
		       (type == ICMP4_UNREACHABLE ||
			type == ICMP4_TIME_EXCEEDED || type == ICMP4_PARAMETER);
	return packet->proto == PROTO_ICMPV6 && type >= 1 &&
	       type <= ICMP6_PARAMETER;
}

/* What an embedded packet is, by its upper layer. */
struct embedded {
	__u32 addr;		/* offset of its addresses */
	__u32 upper;		/* of its upper layer */
	__u8 proto;
};

/* Where the headers behind the IP header at `off` begin << 32 | family << 16 | which is the
 * first. 0: not the first part of a packet from the address at `to`, which the error
 * went to. */
static __always_inline __u64 embedded_read4(void *data, void *end, __u32 off,
					    __u32 to)
{
	struct iphdr *ip = bytes_at(data, end, off, sizeof(*ip));
	__be32 *ours = bytes_at(data, end, to, 4);

	if (!ip || !ours || ip->saddr != *ours ||
	    ip->frag_off & bpf_htons(0x1fff))
		return 0;
	return (__u64)(off + ip->ihl * 4) << 32 | 4 << 16 | ip->protocol;
}

static __always_inline __u64 embedded_read6(void *data, void *end, __u32 off,
					    __u32 to)
{
	struct ipv6hdr *ip = bytes_at(data, end, off, sizeof(*ip));
	__be32 *ours = bytes_at(data, end, to, 16), *from;

	if (!ip || !ours)
		return 0;
	from = ip->saddr.in6_u.u6_addr32;
	if ((from[0] ^ ours[0]) | (from[1] ^ ours[1]) | (from[2] ^ ours[2]) |
	    (from[3] ^ ours[3]))
		return 0;
	return (__u64)(off + sizeof(*ip)) << 32 | 6 << 16 | ip->nexthdr;
}

/* Answers of icmp_error_ours(): no, yes, or if the rules allow rules_pack()'s lower 48
 * bits from the address at the offset above them. */
#define ICMP_NOT_OURS	0
#define ICMP_OURS	1
#define ICMP_ASK	(1ull << 63)
#define ICMP_ADDR_SHIFT	48

static __always_inline bool has_ports(__u8 proto)
{
	return proto == PROTO_TCP || proto == PROTO_UDP || is_odd(proto);
}

static __always_inline bool embedded_flow(struct xdp_md *ctx,
					  const struct embedded *embedded,
					  const __u8 *upper, __u32 family)
{
	const __be16 *field = (const __be16 *)upper;
	__be16 rport = field[1], lport = field[0];

	if (embedded->proto == (family == 4 ? PROTO_ICMP : PROTO_ICMPV6)) {
		if (upper[0] != (family == 4 ? ICMP4_ECHO : ICMP6_ECHO))
			return false;
		rport = 0;
		lport = field[2];
	} else if (embedded->proto != PROTO_TCP && embedded->proto != PROTO_UDP) {
		return false;
	}
	return flow_known(ctx, embedded->addr,
			  flow_pack(family, embedded->proto, rport, lport, 0) |
				  FLOW_OUTWARD);
}

/* What the rules are asked of a packet that we sent to it: would it have been the answer
 * to what some rule allows? Never of an echo request. */
static __always_inline __u64 embedded_question(const struct embedded *embedded,
					       const __u8 *upper, __u32 family,
					       __u32 place)
{
	__u32 icmp = 0, daddr = embedded->addr + (family == 4 ? 4 : 16);
	__be16 port = 0;

	if (has_ports(embedded->proto)) {
		port = *(__be16 *)upper;
	} else if (embedded->proto == (family == 4 ? PROTO_ICMP : PROTO_ICMPV6)) {
		icmp = upper[0];
		if (icmp == (family == 4 ? ICMP4_ECHO : ICMP6_ECHO))
			return ICMP_NOT_OURS;
		if (icmp == (family == 4 ? ICMP4_ECHO_REPLY : ICMP6_ECHO_REPLY))
			icmp = family == 4 ? ICMP4_ECHO : ICMP6_ECHO;
	}
	return ICMP_ASK | (__u64)daddr << ICMP_ADDR_SHIFT |
	       rules_pack(port, place, icmp, embedded->proto, FRAGMENT_NONE, family);
}

/* Whether the error answers what we sent: whose addresses stand at `addr`, its ICMP
 * header at off >> 32, and its end at the rest of off; `place` is rules_pack()'s, and
 * the family above. ICMP_*. The rules are asked by who asks this: a function less on the
 * way, and stacks add up. */
__noinline __u64 icmp_error_ours(struct xdp_md *ctx, __u32 addr, __u64 off,
				 __u32 place)
{
	void *data = frame_data(ctx), *end = frame_end(ctx);
	__u32 family = place >> 16, inner = (off >> 32) + 8;
	struct embedded embedded;
	struct walk walk;
	__u64 headers;
	__u8 *upper;

	headers = family == 4 ? embedded_read4(data, end, inner, addr + 4) :
				embedded_read6(data, end, inner, addr + 16);
	if (!headers)
		return ICMP_NOT_OURS;
	walk = walk_unpack(extension_walk(ctx, headers >> 32, off,
					  WALK_EMBEDDED | (__u32)headers));
	if (walk.found == XDPWL_MALFORMED || walk.fragment == FRAGMENT_LATER)
		return ICMP_NOT_OURS;
	embedded.addr = inner + (family == 4 ? 12 : 8);
	embedded.upper = walk.off;
	embedded.proto = walk.proto;
	upper = bytes_at(data, end, embedded.upper, 8);
	if (!upper)
		return ICMP_NOT_OURS;
	if (embedded_flow(ctx, &embedded, upper, family))
		return ICMP_OURS;
	/* Read again: a call stands between. */
	upper = bytes_at(frame_data(ctx), frame_end(ctx), embedded.upper, 8);
	return upper ? embedded_question(&embedded, upper, family, place & 0xffff) :
		       ICMP_NOT_OURS;
}

#endif
