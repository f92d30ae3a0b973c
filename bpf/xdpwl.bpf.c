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

char _license[] SEC("license") = "GPL";

static __always_inline int verdict(enum xdpwl_reason reason, bool audit)
{
	return reason_passes(reason) || audit ? XDP_PASS : XDP_DROP;
}

__noinline int filter_any(struct xdp_md *ctx, __u32 link)
{
	__u64 decided = decide_any(ctx, 0, link);

	count_any(ctx, decided);
	return verdict(decided & DECIDED_REASON, decided & DECIDED_AUDIT);
}

static __always_inline int filter(struct xdp_md *ctx, __u32 link)
{
	struct decision decision;

	if (!decide_plain(ctx, 0, link, &decision))
		return filter_any(ctx, link);
	if (decision.reason == XDPWL_NOT_ALLOWED) {
		count_port(decision.port, ctx->data_end - ctx->data);
		return decision.audit ? XDP_PASS : XDP_DROP;
	}
	count_reason(&decision, ctx->data_end - ctx->data);
	return verdict(decision.reason, decision.audit);
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

static __always_inline void answer(struct xdp_md *ctx, __u32 link,
				   struct decision *decision)
{
	__u32 off = sizeof(struct xdpwl_query);

	if (!decide_plain(ctx, off, link, decision))
		*decision = decision_unpack(decide_any(ctx, off, link));
}

SEC("xdp")
int xdpwl_test(struct xdp_md *ctx)
{
	struct xdpwl_query *query = frame_data(ctx);
	struct decision decision;

	if ((void *)(query + 1) > frame_end(ctx))
		return XDP_ABORTED;
	if (query->link == XDPWL_LINK_ETHERNET)
		answer(ctx, XDPWL_LINK_ETHERNET, &decision);
	else
		answer(ctx, XDPWL_LINK_NONE, &decision);
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
	place = track_place(&track, control.flow_buckets);
	flow_put(&track, place, XDPWL_ESTABLISHED, ticks_now(), NO_WAY);
	if (track.proto == PROTO_TCP || track.proto == PROTO_UDP)
		flow_port_mark((track.proto == PROTO_UDP ? XDPWL_UDP : 0) |
			       bpf_ntohs(track.lport));
	return XDP_DROP;
}
