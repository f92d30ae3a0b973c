/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Frame to decision: parse, judge what no rule decides, ask the rules. Once for
 * every frame, as a function of its own; and once for plain ones, which most are:
 * no tags, no options, no extension headers, whole, TCP or UDP. There the compiler
 * knows offsets, family and protocol, and leaves out what cannot be. Both are made
 * of the same functions, and whatever the plain way does not decide, the other
 * does.
 */
#ifndef DECIDE_BPF_H
#define DECIDE_BPF_H

#include "essential.bpf.h"
#include "maps.bpf.h"
#include "parse.bpf.h"
#include "policy.bpf.h"

/* What became of a frame, and what its counters need to know of it. */
struct decision {
	enum xdpwl_reason reason;
	__u32 cell;		/* the rule that decided, 0: none */
	__u32 length;		/* of the frame */
	__u16 dport;
	__u8 proto;
};

/* The generation in force, and the interface's part in it; whether it only audits. */
static __always_inline bool generation_read(struct generation *gen,
					    __u32 ifindex)
{
	struct xdpwl_interface_key key = { .ifindex = ifindex };
	struct xdpwl_interface *found = NULL;

	/* One read: a switch between two would mix generations. */
	gen->number = *(volatile __u32 *)&control.current & 3;
	gen->slot = &control.slot[gen->number];
	gen->group = 0;
	key.slot = gen->number;
	if (gen->slot->flags & XDPWL_HAS_INTERFACES)
		found = bpf_map_lookup_elem(&interface, &key);
	if (!found)
		return false;
	gen->group = found->group;
	return found->audit;
}

static __always_inline void packet_init(struct packet *packet,
					struct xdp_md *ctx, __u32 off)
{
	__builtin_memset(packet, 0, sizeof(*packet));
	packet->ctx = ctx;
	packet->data = (void *)(long)ctx->data;
	packet->data_end = (void *)(long)ctx->data_end;
	packet->length = packet->data_end - packet->data;
	packet->off = off;
}

/* Any frame. In one scalar, which is all that a function verified alone may
 * return: see decision_unpack(). */
__noinline __u64 decide_any(struct xdp_md *ctx, __u32 off, __u32 link,
			    __u32 ifindex)
{
	struct generation gen;
	struct packet packet;
	enum xdpwl_reason reason;
	__u32 cell = 0;

	packet_init(&packet, ctx, off);
	generation_read(&gen, ifindex);
	reason = packet_parse(&packet, gen.slot, link);
	if (reason == UNDECIDED)
		reason = essential_reason(&packet, gen.slot);
	if (reason == UNDECIDED)
		reason = policy_reason(&packet, &gen, &cell);
	return (__u64)cell << 32 | (__u64)packet.dport << 16 |
	       (__u64)packet.proto << 8 | reason;
}

static __always_inline void decision_unpack(struct decision *decision,
					    struct xdp_md *ctx, __u64 scalar)
{
	decision->length = have_frags ? bpf_xdp_get_buff_len(ctx) :
					ctx->data_end - ctx->data;
	decision->cell = scalar >> 32;
	decision->dport = scalar >> 16;
	decision->proto = scalar >> 8;
	decision->reason = scalar & 0xff;
}

/* ---- the plain way ---- */

static __always_inline __u32 link_size(__u32 link)
{
	return link == XDPWL_LINK_ETHERNET ? sizeof(struct ethhdr) : 0;
}

/* Family and protocol of what may be a plain packet; family 0: it is none. */
static __always_inline void plain_peek(const struct packet *packet, __u32 link,
				       __u8 *family, __u8 *proto)
{
	__u8 *ip = bytes_at(packet->data, packet->data_end,
			    packet->off + link_size(link), sizeof(struct iphdr));
	__be16 type;

	*family = 0;
	if (!ip)
		return;
	if (link == XDPWL_LINK_ETHERNET) {
		type = ((__be16 *)ip)[-1];
		*family = type == bpf_htons(ETH_P_IP) ? 4 :
			  type == bpf_htons(ETH_P_IPV6) ? 6 : 0;
	} else {
		*family = *ip >> 4;
	}
	if (*family == 4 && (*ip != 0x45 || ((__be16 *)ip)[3] &
						     bpf_htons(0x3fff)))
		*family = 0;
	*proto = *family == 4 ? ip[9] : ip[6];
}

/* Family and protocol are constants where this is called. False: something else than
 * the rules decides. */
static __always_inline bool plain_decide(struct packet *packet,
					 const struct generation *gen,
					 __u32 link, __u8 family, __u8 proto,
					 struct decision *decision)
{
	enum xdpwl_reason reason;

	packet->off += link_size(link);
	reason = family == 4 ? packet_ipv4(packet) : packet_ipv6(packet);
	if (reason != UNDECIDED)
		return false;
	packet->proto = proto;
	packet->fragment = FRAGMENT_NONE;
	packet->bad_header = false;
	if (packet_upper(packet) != UNDECIDED ||
	    essential_reason(packet, gen->slot) != UNDECIDED)
		return false;
	decision->length = packet->length;
	decision->proto = proto;
	decision->dport = packet->dport;
	decision->reason = policy_reason(packet, gen, &decision->cell);
	return true;
}

static __always_inline bool decide_plain(struct packet *packet,
					 const struct generation *gen,
					 __u32 link, struct decision *decision)
{
	__u8 family, proto;

	plain_peek(packet, link, &family, &proto);
	if (family == 4 && proto == PROTO_TCP)
		return plain_decide(packet, gen, link, 4, PROTO_TCP, decision);
	if (family == 4 && proto == PROTO_UDP)
		return plain_decide(packet, gen, link, 4, PROTO_UDP, decision);
	if (family == 6 && proto == PROTO_TCP)
		return plain_decide(packet, gen, link, 6, PROTO_TCP, decision);
	if (family == 6 && proto == PROTO_UDP)
		return plain_decide(packet, gen, link, 6, PROTO_UDP, decision);
	return false;
}

/* `off` and `link` are constants where this is called. Returns whether the interface
 * only audits. */
static __always_inline bool decide(struct xdp_md *ctx, __u32 off, __u32 link,
				   __u32 ifindex, struct decision *decision)
{
	struct generation gen;
	struct packet packet;
	bool audit = generation_read(&gen, ifindex);

	decision->cell = 0;
	packet_init(&packet, ctx, off);
	if (!decide_plain(&packet, &gen, link, decision))
		decision_unpack(decision, ctx,
				decide_any(ctx, off, link, ifindex));
	return audit;
}

#endif
