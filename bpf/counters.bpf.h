/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Decision to counters: every packet is counted once under its reason, and once
 * under the rule that decided it. What no rule allows is counted per protocol and
 * port instead of under its reason, which is their sum: one write a packet.
 */
#ifndef COUNTERS_BPF_H
#define COUNTERS_BPF_H

#include "maps.bpf.h"
#include "decide.bpf.h"

static __always_inline void counter_add(struct xdpwl_counter *counter,
					__u32 bytes)
{
	if (!counter)
		return;
	counter->packets++;
	counter->bytes += bytes;
}

static __always_inline struct xdpwl_counter *
odd_counter(const struct decision *decision)
{
	struct xdpwl_odd_port key = { .port = bpf_ntohs(decision->dport),
				      .proto = decision->proto };
	struct xdpwl_counter *counter = bpf_map_lookup_elem(&odd_drops, &key);
	struct xdpwl_counter zero = {};

	if (counter)
		return counter;
	bpf_map_update_elem(&odd_drops, &key, &zero, BPF_NOEXIST);
	return bpf_map_lookup_elem(&odd_drops, &key);
}

static __always_inline __u32 frame_length(struct xdp_md *ctx)
{
	return kernel.frags ? bpf_xdp_get_buff_len(ctx) :
			      ctx->data_end - ctx->data;
}

/* TCP or UDP, not allowed. */
static __always_inline void count_port(__u64 port, __u32 bytes)
{
	__u32 more = (1u << XDPWL_RECENT_SHIFT) + (bytes & XDPWL_RECENT_FRAME);
	__u32 cpu = bpf_get_smp_processor_id(), *recent, sum;
	struct xdpwl_ports *mine = bpf_map_lookup_elem(&ports, &cpu);

	if (!mine)
		return;
	port = value_bound(port, XDPWL_TCP_UDP - 1);
	recent = &mine->recent[port];
	/* One addition that waits for the packet. */
	asm volatile("" : "+r"(more));
	sum = *recent + more;
	if (sum & XDPWL_RECENT_FULL) {
		mine->carried[port].packets += sum >> XDPWL_RECENT_SHIFT;
		mine->carried[port].bytes += sum & XDPWL_RECENT_BYTES;
		sum = 0;
	}
	*recent = sum;
}

static __always_inline void count_not_allowed(const struct decision *decision,
					      __u32 bytes)
{
	struct xdpwl_counter *counter = NULL;
	__u32 key = decision->proto;

	if (key == PROTO_TCP || key == PROTO_UDP) {
		count_port(decision->port, bytes);
		return;
	}
	if (is_odd(decision->proto))
		counter = odd_counter(decision);
	if (!counter)
		counter = bpf_map_lookup_elem(&protocols, &key);
	counter_add(counter, bytes);
}

static __always_inline struct xdpwl_counter *hit_find(__u32 cell)
{
	__u32 chunk = XDPWL_HIT(cell) / XDPWL_HIT_CHUNK;
	__u32 index = XDPWL_HIT(cell) % XDPWL_HIT_CHUNK;
	void *inner = bpf_map_lookup_elem(&hits, &chunk);

	return inner ? bpf_map_lookup_elem(inner, &index) : NULL;
}

static __always_inline void counter_move(struct xdpwl_counter *to, struct xdpwl_counter *from)
{
	if (!to)
		return;
	to->packets += from->packets;
	to->bytes += from->bytes;
}

/* Another cell is main from now on. */
__noinline int main_change(__u32 cell, __u32 family)
{
	__u32 cpu = bpf_get_smp_processor_id() & (XDPWL_MAINS - 1), key = XDPWL_ALLOWED;
	struct xdpwl_main *main = &control.mains[cpu].of[family & 1];

	if (main->cell) {
		counter_move(bpf_map_lookup_elem(&reasons, &key), &main->counter);
		counter_move(hit_find(main->cell), &main->counter);
	}
	main->counter.packets = 0;
	main->counter.bytes = 0;
	main->cell = cell;
	return 0;
}

/* Allowed by the main entry of a family, 0 or 1, of a slot; false: this CPU does not count
 * these. */
static __always_inline bool count_main(const struct xdpwl_slot *slot, __u32 family,
				       __u64 bytes)
{
	__u32 cpu = bpf_get_smp_processor_id();
	struct xdpwl_main *main;

	if (cpu >= XDPWL_MAINS)
		return false;
	main = &control.mains[cpu].of[family];
	asm volatile("" : "+r"(main));
	if (main->cell != slot->main_cell[family])
		main_change(slot->main_cell[family], family);
	main->counter.packets++;
	main->counter.bytes += bytes;
	return true;
}

/* Any reason but not-allowed. */
static __always_inline void count_reason(const struct decision *decision,
					 __u32 bytes)
{
	__u32 key = decision->reason;

	counter_add(bpf_map_lookup_elem(&reasons, &key), bytes);
	if (decision->cell)
		counter_add(hit_find(decision->cell), bytes);
}

/* A decision as a scalar, verified and on the stack alone. */
__noinline int count_decided(__u64 decided, __u32 bytes)
{
	struct decision decision = decision_unpack(decided);

	if (decision.reason == XDPWL_NOT_ALLOWED)
		count_not_allowed(&decision, bytes);
	else
		count_reason(&decision, bytes);
	return 0;
}

#endif
