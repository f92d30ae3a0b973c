/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The programs: a frame in, a verdict out. For devices with Ethernet headers, for
 * those without, and `xdpwl_test`, which answers a question in front of the frame
 * and counts nothing. Policy is read, counters are written, and nothing that was not
 * parsed to its ports passes. At tc egress, twice again, what this machine starts
 * is recorded; `xdpwl_learn` records what it started before.
 */
#include "decide.bpf.h"
#include "counters.bpf.h"
#include "out.bpf.h"
#include "plain.bpf.h"

char _license[] SEC("license") = "GPL";

static __always_inline int verdict(enum xdpwl_reason reason, bool audit)
{
	return reason_passes(reason) || audit ? XDP_PASS : XDP_DROP;
}

static __always_inline int decided_apply(__u64 decided, __u32 bytes)
{
	count_decided(decided, bytes);
	return verdict(decided & DECIDED_REASON, decided & DECIDED_AUDIT);
}

__noinline int filter_any(struct xdp_md *ctx, __u32 link)
{
	return decided_apply(decide_any(ctx, 0, link), frame_length(ctx));
}

/* What is to be done with a frame next: nothing more, filter_any(), or with a plain packet
 * filter_plain(), which takes what plain_pack() made. */
#define NEXT_DROP	0
#define NEXT_ANY	1
#define NEXT_PASS	2

/* A plain packet, which lies in the linear part. */
__noinline int filter_plain(struct xdp_md *ctx, __u64 next)
{
	__u32 cell = plain_cell(ctx, next);

	if (cell)
		return decided_apply((__u64)cell << 32 | cell_reason(cell),
				     ctx->data_end - ctx->data);
	return decided_apply(decide_plain(ctx, next),
			     ctx->data_end - ctx->data);
}

/* Allowed by the main entry of a family, 0 or 1. */
static __always_inline __u64 main_apply(const struct packet *packet,
					const struct generation *gen, __u32 family)
{
	return count_main(gen->slot, family, packet->data_end - packet->data) ? NEXT_PASS :
										NEXT_ANY;
}

/* Under a generation of `flags`, which knows the device. */
static __always_inline __u64 next_known(struct xdp_md *ctx,
					const struct generation *gen, __u32 link,
					__u32 flags)
{
	struct packet packet = { .data = frame_data(ctx),
				 .data_end = frame_end(ctx) };

	switch (plain_parse(&packet, gen, link, flags)) {
	case PLAIN_STRANGER:
		count_port(packet.port, ctx->data_end - ctx->data);
		return NEXT_DROP;
	case PLAIN_ALLOWED4:
		return main_apply(&packet, gen, 0);
	case PLAIN_ALLOWED6:
		return main_apply(&packet, gen, 1);
	case PLAIN:
		return plain_pack(&packet, gen);
	default:
		return NEXT_ANY;
	}
}

/* Where devices differ, or rules speak of anyone. */
__noinline __u64 next_long(struct xdp_md *ctx, __u32 link)
{
	struct generation gen;
	__u32 flags;

	if (frame_generation(&gen, ctx, 0))
		return NEXT_ANY;
	flags = gen.slot->flags | gen.added * XDPWL_CURRENT_ADDED | PLAIN_LONG;
	return link == XDPWL_LINK_ETHERNET ?
		       next_known(ctx, &gen, XDPWL_LINK_ETHERNET, flags) :
		       next_known(ctx, &gen, XDPWL_LINK_NONE, flags);
}

static __always_inline int filter(struct xdp_md *ctx, __u32 link)
{
	struct generation gen;
	__u64 next;

	next = generation_read_alone(&gen) ? next_known(ctx, &gen, link, 0) :
					     next_long(ctx, link);
	if (next == NEXT_DROP)
		return XDP_DROP;
	if (next == NEXT_PASS)
		return XDP_PASS;
	return next == NEXT_ANY ? filter_any(ctx, link) : filter_plain(ctx, next);
}

SEC("xdp")
int xdpwl_ethernet(struct xdp_md *ctx)
{
	return filter(ctx, XDPWL_LINK_ETHERNET);
}

SEC("xdp")
int xdpwl_no_link(struct xdp_md *ctx)
{
	return filter(ctx, XDPWL_LINK_NONE);
}

/* The same for generic mode, loaded without leave for multi-buffer frames: with it, the
 * kernel (6.18 at least) copies a frame and forgets how long its link header was,
 * and bridges no longer hear spanning tree. */
SEC("xdp")
int xdpwl_generic(struct xdp_md *ctx)
{
	return filter(ctx, XDPWL_LINK_ETHERNET);
}

SEC("xdp")
int xdpwl_generic_no_link(struct xdp_md *ctx)
{
	return filter(ctx, XDPWL_LINK_NONE);
}

SEC("xdp")
int xdpwl_test(struct xdp_md *ctx)
{
	struct xdpwl_query *query = frame_data(ctx);
	struct decision decision;

	if ((void *)(query + 1) > frame_end(ctx))
		return XDP_ABORTED;
	decision = decision_unpack(decide_any(ctx, sizeof(*query), query->link));
	query = frame_data(ctx);
	if ((void *)(query + 1) > frame_end(ctx))
		return XDP_ABORTED;
	query->reason = decision.reason;
	query->cell = decision.cell;
	return verdict(decision.reason, false);
}

/* TC_ACT_UNSPEC and TCX_NEXT: whoever stands behind decides. */
#define OUT_NEXT (-1)

SEC("tc")
int xdpwl_out_ethernet(struct __sk_buff *skb)
{
	out_frame(skb, XDPWL_LINK_ETHERNET);
	return OUT_NEXT;
}

SEC("tc")
int xdpwl_out_no_link(struct __sk_buff *skb)
{
	out_frame(skb, XDPWL_LINK_NONE);
	return OUT_NEXT;
}

/* One struct xdpwl_track instead of a frame: a flow that was there before us. */
SEC("xdp")
int xdpwl_learn(struct xdp_md *ctx)
{
	const struct xdpwl_track *asked = frame_data(ctx);
	struct track_place place;
	struct xdpwl_track track;

	if ((void *)(asked + 1) > frame_end(ctx))
		return XDP_ABORTED;
	__builtin_memcpy(&track, asked, sizeof(track));
	place = flow_place(&track, false);
	if (!flow_find_any(&track, place, 0, FLOW_LEARN))
		flow_put(&track, place, XDPWL_ESTABLISHED, ticks_now(), NO_WAY);
	if (track.proto == PROTO_TCP || track.proto == PROTO_UDP)
		flow_port_mark(port_number(track.proto, track.lport));
	return XDP_DROP;
}
