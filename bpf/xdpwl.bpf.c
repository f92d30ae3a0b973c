/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The program: a frame in, a verdict out. Three entries from one source: for
 * devices with Ethernet headers, for those without, and `xdpwl_test`, which
 * answers a question in front of the frame and counts nothing. Policy is read,
 * counters are written, and nothing that was not parsed to its ports passes.
 */
#include "decide.bpf.h"
#include "counters.bpf.h"

char _license[] SEC("license") = "GPL";

static __always_inline int verdict(const struct decision *decision)
{
#define PASSES(symbol, key, passes, sentence) | (passes) << XDPWL_##symbol
	bool passes = (0 XDPWL_REASONS(PASSES)) >> decision->reason & 1;
#undef PASSES

	return passes || decision->audit ? XDP_PASS : XDP_DROP;
}

__noinline int filter_any(struct xdp_md *ctx, __u32 link)
{
	struct decision decision;

	decision_unpack(&decision, decide_any(ctx, 0, link));
	count_any(&decision, frame_length(ctx));
	return verdict(&decision);
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
	return verdict(&decision);
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

static __always_inline void answer(struct xdp_md *ctx, __u32 link,
				   struct decision *decision)
{
	__u32 off = sizeof(struct xdpwl_query);

	if (!decide_plain(ctx, off, link, decision))
		decision_unpack(decision, decide_any(ctx, off, link));
	decision->audit = false;
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
	return verdict(&decision);
}
