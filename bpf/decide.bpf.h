/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Frame to decision: parse, judge what no rule decides, ask the rules. Twice: for
 * plain frames, which most are, in line; and for any, as a function of its own. What
 * the plain way does not decide, the other does.
 */
#ifndef DECIDE_BPF_H
#define DECIDE_BPF_H

#include "essential.bpf.h"
#include "link.bpf.h"
#include "maps.bpf.h"
#include "parse.bpf.h"
#include "plain.bpf.h"
#include "policy.bpf.h"

/* What became of a frame, and what its counters need to know of it. */
struct decision {
	enum xdpwl_reason reason;
	bool audit;		/* what would drop passes */
	__u32 cell;		/* the rule that decided, 0: none */
	__u32 port;		/* of a plain frame: TCP and UDP in one numbering */
	__u16 dport;		/* of any other: where its protocol has ports */
	__u8 proto;
};

/* The device that a frame came in on, or is asked about by the question that stands
 * in front of it, which has a size. */
static __always_inline __u32 frame_ifindex(const struct xdp_md *ctx, __u32 off)
{
	const struct xdpwl_query *query = frame_data(ctx);
	__u32 ifindex = 0;

	if (!off) {
		ifindex = ctx->ingress_ifindex;
		/* Two loads stay two: of one that chooses between packet and
		 * context the verifier will hear nothing. */
		asm volatile("" : "+r"(ifindex));
	} else if ((void *)(query + 1) <= frame_end(ctx)) {
		ifindex = query->ifindex;
	}
	return ifindex;
}

/* The generation in force, and the interface's part in it; whether it only audits. */
static __always_inline bool generation_read(struct generation *gen,
					    const struct xdp_md *ctx, __u32 off)
{
	struct xdpwl_interface *found;
	struct xdpwl_interface_key key;
	__u64 group;

	/* One read: a switch between two would mix generations. */
	gen->number = *(volatile __u32 *)&control.current & 3;
	gen->slot = &control.slot[gen->number];
	gen->group = 0;
	gen->named = &gen->slot->named[0];
	if (!(gen->slot->flags & XDPWL_HAS_INTERFACES))
		return false;
	key.slot = gen->number;
	key.ifindex = frame_ifindex(ctx, off);
	found = bpf_map_lookup_elem(&interface, &key);
	if (!found)
		return false;
	group = found->group;
	if (group < XDPWL_GROUPS) {
		gen->group = value_bound(group, XDPWL_GROUP_MASK);
		gen->named = &gen->slot->named[gen->group];
	}
	return found->audit;
}

static __always_inline void packet_init(struct packet *packet,
					struct xdp_md *ctx, __u32 off)
{
	__builtin_memset(packet, 0, sizeof(*packet));
	packet->ctx = ctx;
	packet->data = frame_data(ctx);
	packet->data_end = frame_end(ctx);
	packet->length = packet->data_end - packet->data;
	packet->off = off;
}

/* `off` and `link` are constants where this is called; the frame starts at `off`. False:
 * it is not plain. */
static __always_inline bool decide_plain(struct xdp_md *ctx, __u32 off,
					 __u32 link, struct decision *decision)
{
	struct generation gen;
	struct packet packet;

	decision->audit = generation_read(&gen, ctx, off);
	packet_init(&packet, ctx, off);
	decision->reason = plain_reason(&packet, gen.slot, link);
	decision->cell = 0;
	decision->port = packet.port;
	if (decision->reason == UNDECIDED) {
		decision->cell = port_cell(&packet, &gen);
		decision->reason = cell_reason(decision->cell);
	}
	return decision->reason != NOT_PLAIN;
}

/* A packet that was parsed, as scalars: what the rules ask of it. */
#define RULES_PACK(packet, gen)                                                \
	((__u64)(packet)->dport << 32 | (gen)->group << 26 |                   \
	 (gen)->number << 24 | (packet)->icmp_type << 16 |                     \
	 (packet)->proto << 8 | (packet)->fragment << 4 | (packet)->family)

/* The cell of a packet of a family that the compiler knows: what may be read at `addr`
 * hangs on it. */
static __always_inline __u32 family_cell(struct packet *packet,
					 const struct generation *gen,
					 struct xdp_md *ctx, __u32 addr,
					 __u8 family)
{
	packet->family = family;
	packet->addr = bytes_at(frame_data(ctx), frame_end(ctx), addr,
				family == 4 ? 8 : 32);
	return packet->addr ? class_cell(packet, gen,
					 packet_class(packet, gen)) : 0;
}

/*
 * Cell and reason of a packet that only the rules decide; its addresses stand at
 * offset `addr`. A later fragment is denied by them, never allowed. Like all
 * functions here that the verifier follows alone, it takes and returns scalars.
 */
__noinline __u64 decide_rules(struct xdp_md *ctx, __u32 addr, __u64 what)
{
	struct generation gen = {
		.number = what >> 24 & 3, .group = what >> 26 & XDPWL_GROUP_MASK,
	};
	struct packet packet = {
		.fragment = what >> 4 & 15, .proto = what >> 8,
		.icmp_type = what >> 16, .dport = what >> 32,
	};
	__u32 cell;

	if (gen.group >= XDPWL_GROUPS)
		return XDPWL_NOT_ALLOWED;
	gen.slot = &control.slot[gen.number];
	gen.named = &gen.slot->named[gen.group];
	packet.port = (packet.proto == PROTO_TCP ? 0 : XDPWL_UDP) | packet.dport;
	if ((what & 15) == 4)
		cell = family_cell(&packet, &gen, ctx, addr, 4);
	else
		cell = family_cell(&packet, &gen, ctx, addr, 6);
	if (packet.fragment == FRAGMENT_LATER && !(cell & XDPWL_DENY))
		return XDPWL_FRAGMENT;
	return (__u64)cell << 32 | cell_reason(cell);
}

/* The reason of an IP packet that parsing has not come to yet, and its cell above. */
static __always_inline __u64 packet_reason(struct packet *packet,
					   const struct generation *gen)
{
	enum xdpwl_reason reason = packet_parse(packet);

	if (reason != UNDECIDED)
		return reason;
	reason = essential_reason(packet, gen->slot);
	if (reason != UNDECIDED)
		return reason;
	return decide_rules(packet->ctx, (void *)packet->addr - packet->data,
			    RULES_PACK(packet, gen));
}

/* Any frame: cell << 32 | dport << 16 | proto << 8 | audit << 7 | reason. */
__noinline __u64 decide_any(struct xdp_md *ctx, __u32 off, __u32 link)
{
	struct generation gen;
	struct packet packet;
	__u64 reason, audit = generation_read(&gen, ctx, off);

	packet_init(&packet, ctx, off);
	reason = link_parse(&packet, gen.number, link);
	if (reason == UNDECIDED)
		reason = packet_reason(&packet, &gen);
	return reason | audit << 7 | (__u64)packet.proto << 8 |
	       (__u64)packet.dport << 16;
}

static __always_inline void decision_unpack(struct decision *decision,
					    __u64 scalar)
{
	decision->cell = scalar >> 32;
	decision->dport = scalar >> 16;
	decision->proto = scalar >> 8;
	decision->audit = scalar >> 7 & 1;
	decision->reason = scalar & 0x7f;
	decision->port = (decision->proto == PROTO_TCP ? 0 : XDPWL_UDP) |
			 decision->dport;
}

#endif
