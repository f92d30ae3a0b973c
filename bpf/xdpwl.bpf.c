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

static __always_inline bool reason_passes(enum xdpwl_reason reason)
{
#define PASSES(symbol, key, passes, sentence) | (passes) << XDPWL_##symbol
	return (0 XDPWL_REASONS(PASSES)) >> reason & 1;
#undef PASSES
}

static __always_inline int filter(struct xdp_md *ctx, __u32 link)
{
	struct decision decision;
	bool audit = decide(ctx, 0, link, ctx->ingress_ifindex, &decision);

	count(&decision);
	return audit || reason_passes(decision.reason) ? XDP_PASS : XDP_DROP;
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

SEC("xdp")
int xdpwl_test(struct xdp_md *ctx)
{
	struct xdpwl_query *query = (void *)(long)ctx->data;
	void *data_end = (void *)(long)ctx->data_end;
	__u32 off = sizeof(*query), ifindex;
	struct decision decision;

	if ((void *)(query + 1) > data_end)
		return XDP_ABORTED;
	ifindex = query->ifindex;
	if (query->link == XDPWL_LINK_ETHERNET)
		decide(ctx, off, XDPWL_LINK_ETHERNET, ifindex, &decision);
	else
		decide(ctx, off, XDPWL_LINK_NONE, ifindex, &decision);
	query->reason = decision.reason;
	query->cell = decision.cell;
	return reason_passes(decision.reason) ? XDP_PASS : XDP_DROP;
}
