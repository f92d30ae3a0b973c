/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The program: a frame in, a verdict out. Three entries from one source: for
 * devices with Ethernet headers, for those without, and `xdpwl_test`, which
 * answers a question in front of the frame and counts nothing. Policy is read,
 * counters are written, and nothing that was not parsed to its ports passes.
 */
#include "maps.bpf.h"
#include "packet.bpf.h"
#include "essential.bpf.h"
#include "policy.bpf.h"
#include "counters.bpf.h"

char _license[] SEC("license") = "GPL";

struct decision {
	enum xdpwl_reason reason;
	__u32 cell;		/* the rule that decided, 0: none */
	bool audit;
};

static __always_inline bool reason_passes(enum xdpwl_reason reason)
{
#define PASSES(symbol, key, passes, sentence) | (passes) << XDPWL_##symbol
	return (0 XDPWL_REASONS(PASSES)) >> reason & 1;
#undef PASSES
}

/* The slot in force; which group of interfaces this one is in; and audit. */
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

static __always_inline void decide(struct packet *packet, __u32 link,
				   __u32 ifindex, struct decision *decision)
{
	struct generation gen;
	enum xdpwl_reason reason;

	decision->cell = 0;
	decision->audit = generation_read(&gen, ifindex);
	reason = packet_parse(packet, gen.slot, link);
	if (reason == UNDECIDED)
		reason = essential_reason(packet, gen.slot);
	if (reason == UNDECIDED)
		reason = policy_reason(packet, &gen, &decision->cell);
	decision->reason = reason;
}

static __always_inline int filter(struct xdp_md *ctx, __u32 link)
{
	struct packet packet = {
		.ctx = ctx,
		.data = (void *)(long)ctx->data,
		.data_end = (void *)(long)ctx->data_end,
	};
	struct decision decision;

	packet.length = packet.data_end - packet.data;
	decide(&packet, link, ctx->ingress_ifindex, &decision);
	count(&packet, decision.reason, decision.cell);
	return decision.audit || reason_passes(decision.reason) ? XDP_PASS :
								   XDP_DROP;
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
	struct packet packet = {
		.ctx = ctx,
		.data = (void *)(long)ctx->data,
		.data_end = (void *)(long)ctx->data_end,
		.off = sizeof(struct xdpwl_query),
	};
	struct xdpwl_query *query = packet.data;
	struct decision decision;

	if (packet.data + sizeof(*query) > packet.data_end)
		return XDP_ABORTED;
	packet.length = packet.data_end - packet.data;
	decide(&packet, query->link, query->ifindex, &decision);
	query->reason = decision.reason;
	query->cell = decision.cell;
	return reason_passes(decision.reason) ? XDP_PASS : XDP_DROP;
}
