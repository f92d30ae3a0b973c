/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Packet to reason, for any that was parsed: the rules, and where they say nothing,
 * what packets before it left behind. In: what was parsed of it, noted in a map: it is
 * more than one scalar, and on the stack of the function that parsed it would be too
 * deep for old kernels, which sum up all. Out: reason and deciding cell.
 */
#ifndef JUDGE_BPF_H
#define JUDGE_BPF_H

#include "flow.bpf.h"
#include "fragment.bpf.h"
#include "icmp_error.bpf.h"
#include "rules.bpf.h"

/* Of the one packet that a CPU is at. */
struct note {
	__u32 reason;		/* UNDECIDED: the rules are to be asked */
	__u32 place;		/* rules_place() */
	__u32 addr, off, end;	/* from data: addresses, upper layer, end of the packet */
	__be16 sport, dport;
	__u16 fragment_header;
	__u8 family, proto, fragment, tcp_flags, icmp_type;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct note);
} notes SEC(".maps");

static __always_inline struct note *note_find(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&notes, &zero);
}

static __always_inline bool note_write(const struct packet *packet, __u32 place,
				       enum xdpwl_reason reason)
{
	struct note *note = note_find();

	if (!note)
		return false;
	note->reason = reason;
	note->place = place;
	note->addr = packet_addr(packet);
	note->off = packet->off;
	note->end = packet->end;
	note->sport = packet->sport;
	note->dport = packet->dport;
	note->fragment_header = packet->fragment_header;
	note->family = packet->family;
	note->proto = packet->proto;
	note->fragment = packet->fragment;
	note->tcp_flags = packet->tcp_flags;
	note->icmp_type = packet->icmp_type;
	return true;
}

static __always_inline void note_read(const struct note *note,
				      struct packet *packet)
{
	packet->sport = note->sport;
	packet->dport = note->dport;
	packet->fragment_header = note->fragment_header;
	packet->family = note->family;
	packet->proto = note->proto;
	packet->fragment = note->fragment;
	packet->tcp_flags = note->tcp_flags;
	packet->icmp_type = note->icmp_type;
	packet->port = port_number(note->proto, note->dport);
}

/* Whether an ICMP error belongs to what we sent. */
static __always_inline bool error_ours(struct xdp_md *ctx, const struct note *note)
{
	__u64 answer = icmp_error_ours(ctx, note->addr,
				       (__u64)note->off << 32 | note->end,
				       note->family << 16 | note->place);

	if (!(answer & ICMP_ASK))
		return answer == ICMP_OURS;
	return rules_reason(decide_rules(ctx, answer >> ICMP_ADDR_SHIFT & MAX_OFFSET,
					 answer & ((1ull << ICMP_ADDR_SHIFT) - 1))) ==
	       XDPWL_ALLOWED;
}

/* A packet that no rule names: what it belongs to, if anything. */
static __always_inline enum xdpwl_reason unnamed_reason(struct xdp_md *ctx,
							const struct note *note)
{
	struct packet packet;

	packet.ctx = ctx;
	note_read(note, &packet);
	if (packet.proto == PROTO_TCP || packet.proto == PROTO_UDP)
		return flow_answered(ctx, note->addr, packet_flow(&packet)) ?
			       XDPWL_REPLY : XDPWL_NOT_ALLOWED;
	if (echo_reply(&packet, note->addr))
		return XDPWL_REPLY;
	return is_icmp_error(&packet) && error_ours(ctx, note) ?
		       XDPWL_ICMP_ERROR : XDPWL_NOT_ALLOWED;
}

static __always_inline bool note_fragment(struct xdp_md *ctx,
					  const struct note *note, __u32 flags)
{
	return fragment_known(ctx, note->addr, note->fragment_header,
			      note->family << 8 | note->proto | flags);
}

/* The same, where the rules say `answer`. A first fragment that passes is remembered,
 * apart where anyone could have sent it. */
static __always_inline enum xdpwl_reason memory_reason(struct xdp_md *ctx,
						       const struct note *note,
						       __u64 answer)
{
	enum xdpwl_reason reason = rules_reason(answer);
	bool own = !(answer & RULES_ANY);

	if (reason == XDPWL_FRAGMENT)
		return note_fragment(ctx, note, 0) ? XDPWL_ADMITTED :
						     XDPWL_FRAGMENT;
	if (reason == XDPWL_NOT_ALLOWED) {
		reason = unnamed_reason(ctx, note);
		own = reason == XDPWL_REPLY;
	}
	if (note->fragment == FRAGMENT_FIRST && reason_passes(reason))
		note_fragment(ctx, note, FRAGMENT_REMEMBER |
						 own << FRAGMENT_SIDE_SHIFT);
	return reason;
}

/* The packet of the note: cell << 32 | reason. One that is only asked about (not 0) meets
 * the rules alone. */
__noinline __u64 judge(struct xdp_md *ctx, __u32 asked)
{
	struct note *note = note_find();
	__u64 answer;

	if (!note)
		return XDPWL_NOT_ALLOWED;
	answer = note->reason | RULES_ANY;
	if (note->reason == UNDECIDED)
		answer = decide_rules(ctx, note->addr,
				      rules_pack(note->dport, note->place,
						 note->icmp_type, note->proto,
						 note->fragment, note->family));
	if (asked)
		return answer & ~(__u64)RULES_ANY;
	return answer >> 32 << 32 | memory_reason(ctx, note, answer);
}

#endif
