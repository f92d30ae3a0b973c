/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Packet to cell, by the rules that were added to a generation in place (include/added.h).
 * In: scalars; out, one: added_cell() is verified alone.
 */
#ifndef ADDED_BPF_H
#define ADDED_BPF_H

#include "policy.bpf.h"
#include "rules_pack.bpf.h"

static __always_inline const struct xdpwl_added *added_set(__u32 slot, __u32 set)
{
	return &control.added[slot & XDPWL_CURRENT_SLOT][set & (XDPWL_ADDED_SETS - 1)];
}

/* Whether a row may name a source. */
static __always_inline bool added_near(const struct packet *packet,
				       const struct generation *gen)
{
	__u32 bit = xdpwl_added_bit(packet->family == 4 ?
					    *(const __be16 *)packet->addr :
					    packet->addr[0]);

	return bit_of(added_set(gen->number, gen->added)->filter[bit / 64], bit);
}

static __always_inline bool row_serves(const struct xdpwl_added_row *row, __u64 what)
{
	__u8 proto = rules_proto(what), icmp = rules_icmp_type(what);
	__u32 port = bpf_ntohs(rules_dport(what));

	if (row->kind == XDPWL_ADDED_PORTS)
		return row->proto == proto && row->first <= port &&
		       port <= row->last;
	if (row->kind == XDPWL_ADDED_PROTO)
		return row->proto == proto;
	if (row->kind == XDPWL_ADDED_PING)
		return rules_family(what) == 4 ?
			       proto == PROTO_ICMP && icmp == ICMP4_ECHO :
			       proto == PROTO_ICMPV6 && icmp == ICMP6_ECHO;
	return row->kind == XDPWL_ADDED_ALL;
}

/* The cell of a packet of rules_pack() from an address, in two words as rows have it; 0
 * for none, and for a later fragment, which rules never allow. */
__noinline __u32 added_cell(__u64 high, __u64 low, __u64 what)
{
	const struct xdpwl_added *added = added_set(rules_slot(what),
						    rules_added(what));
	__u32 i;

	if (rules_fragment(what) == FRAGMENT_LATER)
		return 0;
#pragma clang loop unroll(disable)
	for (i = 0; i < XDPWL_ADDED_ROWS && i < added->n; i++) {
		const struct xdpwl_added_row *row = &added->row[i];

		if (((high ^ row->high) & row->high_mask) |
		    ((low ^ row->low) & row->low_mask))
			continue;
		if (row->family == rules_family(what) && row_serves(row, what))
			return row->cell & ~XDPWL_DENY;
	}
	return 0;
}

#endif
