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
	struct xdpwl_odd_port key = { .port = decision->dport,
				      .proto = decision->proto };
	struct xdpwl_counter *counter = bpf_map_lookup_elem(&odd_drops, &key);
	struct xdpwl_counter zero = {};

	if (counter)
		return counter;
	bpf_map_update_elem(&odd_drops, &key, &zero, BPF_NOEXIST);
	return bpf_map_lookup_elem(&odd_drops, &key);
}

static __always_inline void count_not_allowed(const struct decision *decision)
{
	__u32 bytes = decision->length;
	bool tcp = decision->proto == PROTO_TCP;
	struct xdpwl_counter *counter = NULL;
	struct xdpwl_ports *mine;
	__u32 key;

	if (tcp || decision->proto == PROTO_UDP) {
		key = bpf_get_smp_processor_id();
		mine = bpf_map_lookup_elem(&ports, &key);
		if (mine)
			counter_add(&mine->port[tcp ? XDPWL_TCP : XDPWL_UDP]
					       [value_bound(decision->dport,
							    0xffff)], bytes);
		return;
	}
	if (is_odd(decision->proto))
		counter = odd_counter(decision);
	key = decision->proto;
	if (!counter)
		counter = bpf_map_lookup_elem(&protocols, &key);
	counter_add(counter, bytes);
}

static __always_inline void count_hit(__u32 cell, __u32 bytes)
{
	__u32 chunk = XDPWL_HIT(cell) / XDPWL_HIT_CHUNK;
	__u32 index = XDPWL_HIT(cell) % XDPWL_HIT_CHUNK;
	void *inner = bpf_map_lookup_elem(&hits, &chunk);

	if (inner)
		counter_add(bpf_map_lookup_elem(inner, &index), bytes);
}

static __always_inline void count(const struct decision *decision)
{
	__u32 key = decision->reason, bytes = decision->length;

	if (decision->reason == XDPWL_NOT_ALLOWED)
		count_not_allowed(decision);
	else
		counter_add(bpf_map_lookup_elem(&reasons, &key), bytes);
	if (decision->cell)
		count_hit(decision->cell, bytes);
}

#endif
