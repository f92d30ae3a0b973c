/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A new packet out of the one at hand: source, ports and checksum of the next
 * record go into a frame whose other bytes stand. send4 and send6 hand it to a
 * device (live frames of BPF_PROG_TEST_RUN: a generator), cost4 and cost6 to
 * the program in `target` (a run that repeats, each time over another packet).
 * The frame is the one of frame.c: no header is looked at.
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <bpf/bpf_helpers.h>
#include "packets.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, RECORDS);
	__type(key, __u32);
	__type(value, struct record);
} records SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_DEVMAP);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} device SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} target SEC(".maps");

__u32 position;

static __always_inline const struct record *record_next(void)
{
	__u32 key = position++ & (RECORDS - 1);

	return bpf_map_lookup_elem(&records, &key);
}

static __always_inline int packet_rewrite4(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data;
	void *end = (void *)(long)ctx->data_end;
	const struct record *record = record_next();
	struct iphdr *ip = data + ETH_HLEN;

	if (!record || (void *)(ip + 1) + 4 > end)
		return -1;
	ip->check = record->check;
	ip->saddr = record->source[0];
	*(__u32 *)(ip + 1) = *(const __u32 *)&record->source_port;
	return 0;
}

static __always_inline int packet_rewrite6(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data;
	void *end = (void *)(long)ctx->data_end;
	const struct record *record = record_next();
	struct ipv6hdr *ip = data + ETH_HLEN;
	__u32 *source;

	if (!record || (void *)(ip + 1) + 4 > end)
		return -1;
	source = ip->saddr.in6_u.u6_addr32;
	source[0] = record->source[0];
	source[1] = record->source[1];
	source[2] = record->source[2];
	source[3] = record->source[3];
	*(__u32 *)(ip + 1) = *(const __u32 *)&record->source_port;
	return 0;
}

SEC("xdp")
int send4(struct xdp_md *ctx)
{
	if (packet_rewrite4(ctx))
		return XDP_ABORTED;
	return bpf_redirect_map(&device, 0, XDP_ABORTED);
}

SEC("xdp")
int send6(struct xdp_md *ctx)
{
	if (packet_rewrite6(ctx))
		return XDP_ABORTED;
	return bpf_redirect_map(&device, 0, XDP_ABORTED);
}

SEC("xdp")
int cost4(struct xdp_md *ctx)
{
	if (!packet_rewrite4(ctx))
		bpf_tail_call(ctx, &target, 0);
	return XDP_ABORTED;
}

SEC("xdp")
int cost6(struct xdp_md *ctx)
{
	if (!packet_rewrite6(ctx))
		bpf_tail_call(ctx, &target, 0);
	return XDP_ABORTED;
}

char LICENSE[] SEC("license") = "GPL";
