/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Frame to decision: parse, judge what no rule decides, ask the rules, and where they
 * say nothing, what packets left behind. Twice: for plain packets, which most are, and
 * for any frame.
 */
#ifndef DECIDE_BPF_H
#define DECIDE_BPF_H

#include "essential.bpf.h"
#include "judge.bpf.h"
#include "link.bpf.h"
#include "maps.bpf.h"
#include "parse.bpf.h"
#include "rules.bpf.h"

/* What became of a frame, and what its counters need to know of it. */
struct decision {
	enum xdpwl_reason reason;
	bool audit;		/* what would drop passes */
	__u32 cell;		/* the rule that decided, 0: none */
	__u32 port;		/* TCP and UDP: in the numbering of both */
	__be16 dport;		/* where its protocol has ports */
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

static __always_inline bool frame_generation(struct generation *gen,
					     const struct xdp_md *ctx, __u32 off)
{
	return generation_read(gen) & XDPWL_HAS_INTERFACES &&
	       generation_device(gen, frame_ifindex(ctx, off));
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

/* A decision about any frame as a scalar, for functions that are verified alone:
 * cell << 32 | dport << 16 | proto << 8, and these. */
#define DECIDED_AUDIT	0x80
#define DECIDED_NOTED	0x40	/* no reason yet: judge() is to be asked */
#define DECIDED_REASON	0x3f

static __always_inline struct decision decision_unpack(__u64 decided)
{
	struct decision decision = {
		.reason = decided & DECIDED_REASON,
		.audit = decided & DECIDED_AUDIT,
		.cell = decided >> 32, .proto = decided >> 8,
		.dport = decided >> 16,
	};

	decision.port = port_number(decision.proto, decision.dport);
	return decision;
}

/* A plain packet (plain.bpf.h) as a scalar, never below 4: number of its source's entry
 * << 32 | slot where that holds << 24 | offset of its addresses << 16 | protocol << 8 |
 * family. */
static __always_inline __u64 plain_pack(const struct packet *packet,
					const struct generation *gen)
{
	return (__u64)packet->number << 32 | gen->number << 24 |
	       packet_addr(packet) << 16 | packet->proto << 8 | packet->family;
}

static __always_inline __u32 plain_family(__u64 plain)
{
	return plain & 0xff;
}

static __always_inline __u8 plain_proto(__u64 plain)
{
	return plain >> 8;
}

static __always_inline __u32 plain_addr(__u64 plain)
{
	return plain >> 16 & 0xff;
}

/* Where its ports stand: behind both addresses. */
static __always_inline __u32 plain_ports(__u64 plain)
{
	return plain_addr(plain) + (plain_family(plain) == 4 ? 8 : 32);
}

/* The port of such a packet, in the numbering of both protocols. */
static __always_inline __u32 plain_port(struct xdp_md *ctx, __u64 plain)
{
	const __be16 *port = bytes_at(frame_data(ctx), frame_end(ctx),
				      plain_ports(plain) + 2, 2);

	return port ? port_number(plain_proto(plain), *port) : 0;
}

/* Its cell, where that takes few steps: its source's entry is known by number, one rule
 * decides all of that, and nothing stands beside the tables. 0: not so. Most
 * honest traffic ends here. */
static __always_inline __u32 plain_cell(struct xdp_md *ctx, __u64 plain)
{
	__u32 current = *(volatile __u32 *)&control.current;
	__u64 index = (plain >> 32) - 1, class;
	__u32 row = (current & XDPWL_CURRENT_SLOT) * XDPWL_GROUPS;
	const struct xdpwl_entry *entry;
	const struct xdpwl_service *ports;

	if (current != (plain >> 24 & 0xff) || index >= XDPWL_FIRST)
		return 0;
	ports = bpf_map_lookup_elem(&service, &row);
	if (!ports)
		return 0;
	class = ports->class[value_bound(plain_port(ctx, plain), XDPWL_TCP_UDP - 1)];
	entry = &slot_numbered(current)->first[value_bound(index, XDPWL_FIRST - 1)];
	return class < XDPWL_COMMON && entry->profile & XDPWL_PROFILE_UNIFORM &&
			       entry->common >> class & 1 ?
		       entry->cell : 0;
}

/* Such a packet, where rules or flows may speak of it. */
static __always_inline __u64 decide_plain(struct xdp_md *ctx, __u64 plain)
{
	__u32 family = plain_family(plain), addr = plain_addr(plain);
	const __u8 *upper = bytes_at(frame_data(ctx), frame_end(ctx),
				     plain_ports(plain), 20);
	struct packet packet = {
		.proto = plain_proto(plain) == PROTO_TCP ? PROTO_TCP : PROTO_UDP,
	};
	struct generation gen;
	__u32 audit = frame_generation(&gen, ctx, 0) ? DECIDED_AUDIT : 0;
	__u64 answer, flow;

	if (!upper)
		return XDPWL_MALFORMED;
	/* Another generation numbers otherwise. */
	if (gen.number == (plain >> 24 & XDPWL_CURRENT_SLOT))
		packet.number = plain >> 32;
	packet.dport = *(__be16 *)(upper + 2);
	packet.port = port_number(packet.proto, packet.dport);
	flow = flow_pack(family, packet.proto, *(__be16 *)upper, packet.dport,
			 packet.proto == PROTO_TCP ? upper[13] : 0);
	answer = family == 4 ? family_answer(&packet, &gen, ctx, addr, 4) :
			       family_answer(&packet, &gen, ctx, addr, 6);
	if (rules_reason(answer) == XDPWL_NOT_ALLOWED &&
	    flow_answered(ctx, addr, flow))
		answer = XDPWL_REPLY;
	return answer >> 32 << 32 | rules_reason(answer) | audit |
	       packet.proto << 8 | (__u64)packet.dport << 16;
}

/* Any frame, as far as parsing decides it: a decision with no cell, or DECIDED_NOTED in
 * place of its reason. */
__noinline __u64 parse_any(struct xdp_md *ctx, __u32 off, __u32 link)
{
	struct generation gen;
	struct packet packet;
	__u64 reason, audit = frame_generation(&gen, ctx, off) ? DECIDED_AUDIT : 0;

	packet_init(&packet, ctx, off);
	reason = link_parse(&packet, gen.number, link);
	if (reason == UNDECIDED) {
		reason = packet_parse(&packet);
		if (reason == UNDECIDED)
			reason = essential_reason(&packet, gen.slot);
		if ((reason == UNDECIDED ||
		     (packet.fragment == FRAGMENT_FIRST &&
		      reason_passes(reason))) &&
		    note_write(&packet, rules_place(&gen), reason))
			reason = DECIDED_NOTED;
	}
	return reason | audit | (__u64)packet.proto << 8 |
	       (__u64)packet.dport << 16;
}

/* The same, whole. */
static __always_inline __u64 decide_any(struct xdp_md *ctx, __u32 off, __u32 link)
{
	__u64 parsed = parse_any(ctx, off, link);

	if (!(parsed & DECIDED_NOTED))
		return parsed;
	return (parsed & ~(__u64)DECIDED_NOTED) | judge(ctx, off);
}

#endif
