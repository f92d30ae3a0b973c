/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What xdpwl is measured against: `bare`, the limit of the path in front of any
 * program, and `parse`, which reads a packet up to its ports, as every filter
 * must, and drops it. Both drop everything but what cannot come. `pass` lets
 * everything in: what comes from a socket to a veth is copied for any program.
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

/* The answer depends on source and ports, or the compiler would not read them:
 * a source of zero with ports of zero is never sent. */
static __always_inline int ports_drop(__u64 source, const __be16 *ports,
				      void *end)
{
	if ((void *)(ports + 2) > end)
		return XDP_DROP;
	return source || ports[0] || ports[1] ? XDP_DROP : XDP_ABORTED;
}

static __always_inline int parse4(const struct iphdr *ip, void *end)
{
	__u32 length;

	if ((void *)(ip + 1) > end)
		return XDP_DROP;
	length = ip->ihl * 4;
	if (ip->version != 4 || length < sizeof(*ip) ||
	    bpf_ntohs(ip->tot_len) < length || ip->frag_off & bpf_htons(0x1fff))
		return XDP_DROP;
	if (ip->protocol != IPPROTO_TCP && ip->protocol != IPPROTO_UDP)
		return XDP_DROP;
	return ports_drop(ip->saddr, (const void *)ip + length, end);
}

static __always_inline int parse6(const struct ipv6hdr *ip, void *end)
{
	const __be32 *source = ip->saddr.in6_u.u6_addr32;

	if ((void *)(ip + 1) > end)
		return XDP_DROP;
	if (ip->version != 6)
		return XDP_DROP;
	if (ip->nexthdr != IPPROTO_TCP && ip->nexthdr != IPPROTO_UDP)
		return XDP_DROP;
	return ports_drop(source[0] | source[1] | source[2] | source[3],
			  (const void *)(ip + 1), end);
}

SEC("xdp")
int bare(struct xdp_md *ctx __attribute__((unused)))
{
	return XDP_DROP;
}

SEC("xdp")
int pass(struct xdp_md *ctx __attribute__((unused)))
{
	return XDP_PASS;
}

SEC("xdp")
int parse(struct xdp_md *ctx)
{
	void *end = (void *)(long)ctx->data_end;
	const struct ethhdr *eth = (void *)(long)ctx->data;

	if ((void *)(eth + 1) > end)
		return XDP_DROP;
	if (eth->h_proto == bpf_htons(ETH_P_IP))
		return parse4((const void *)(eth + 1), end);
	if (eth->h_proto == bpf_htons(ETH_P_IPV6))
		return parse6((const void *)(eth + 1), end);
	return XDP_DROP;
}

char LICENSE[] SEC("license") = "GPL";
