/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The generation in force, and what its rules say of a packet that was parsed: in,
 * scalars; out, one, for decide_rules() is verified alone. What no rule decides
 * is others' business.
 */
#ifndef RULES_BPF_H
#define RULES_BPF_H

#include "maps.bpf.h"
#include "policy.bpf.h"

/* The generation in force, as part of no `on`. Returns its XDPWL_CURRENT_FLAGS:
 * generation_device() may know more. */
static __always_inline __u32 generation_read(struct generation *gen)
{
	/* One read: a switch between two would mix generations. */
	__u32 current = *(volatile __u32 *)&control.current;

	gen->number = current & XDPWL_CURRENT_SLOT;
	gen->slot = &control.slot[gen->number];
	gen->group = 0;
	gen->named = &gen->slot->named[0];
	return current & XDPWL_CURRENT_FLAGS;
}

/* The device's part in it; whether it only audits. */
static __always_inline bool generation_device(struct generation *gen,
					      __u32 ifindex)
{
	struct xdpwl_interface_key key = {
		.slot = gen->number, .ifindex = ifindex,
	};
	struct xdpwl_interface *found = bpf_map_lookup_elem(&interface, &key);
	__u64 group;

	if (!found)
		return false;
	group = found->group;
	if (group < XDPWL_GROUPS) {
		gen->group = value_bound(group, XDPWL_GROUP_MASK);
		gen->named = &gen->slot->named[gen->group];
	}
	return found->audit;
}

/* Where in the tables a device's rules stand: slot and group. */
static __always_inline __u32 rules_place(const struct generation *gen)
{
	return gen->group << 2 | gen->number;
}

/* A packet that was parsed, as a scalar: what the rules ask of it. */
static __always_inline __u64 rules_pack(__be16 dport, __u32 place, __u32 icmp_type,
					__u32 proto, __u32 fragment,
					__u32 family)
{
	return (__u64)dport << 32 | place << 24 | icmp_type << 16 | proto << 8 |
	       fragment << 4 | family;
}

/* The answer: cell << 32, RULES_ANY, reason. */
#define RULES_ANY	0x100	/* a rule for `any` decided */

static __always_inline enum xdpwl_reason rules_reason(__u64 answer)
{
	return answer & 0x7f;
}

/* The cell of a packet of a family that the compiler knows: what may be read at `addr`
 * hangs on it. */
static __always_inline __u64 family_answer(struct packet *packet,
					   const struct generation *gen,
					   struct xdp_md *ctx, __u32 addr,
					   __u8 family)
{
	__u32 class, of_source, cell;

	packet->family = family;
	packet->addr = bytes_at(frame_data(ctx), frame_end(ctx), addr,
				family == 4 ? 4 : 16);
	if (!packet->addr)
		return XDPWL_NOT_ALLOWED;
	class = packet_class(packet, gen);
	of_source = listed_cell(packet, gen, class);
	cell = cell_first(of_source, any_cell(gen, class));
	return (__u64)cell << 32 | (of_source ? 0 : RULES_ANY) |
	       cell_reason(cell);
}

/* A packet whose source stands at offset `addr`. A later fragment is denied by rules,
 * never allowed. */
__noinline __u64 decide_rules(struct xdp_md *ctx, __u32 addr, __u64 what)
{
	struct generation gen = {
		.number = what >> 24 & 3, .group = what >> 26 & XDPWL_GROUP_MASK,
	};
	struct packet packet = {
		.fragment = what >> 4 & 15, .proto = what >> 8,
		.icmp_type = what >> 16, .dport = what >> 32,
	};
	__u64 answer;

	if (gen.group >= XDPWL_GROUPS)
		return XDPWL_NOT_ALLOWED;
	gen.slot = &control.slot[gen.number];
	gen.named = &gen.slot->named[gen.group];
	packet.port = port_number(packet.proto, packet.dport);
	if ((what & 15) == 4)
		answer = family_answer(&packet, &gen, ctx, addr, 4);
	else
		answer = family_answer(&packet, &gen, ctx, addr, 6);
	if (packet.fragment == FRAGMENT_LATER &&
	    rules_reason(answer) != XDPWL_DENIED)
		return XDPWL_FRAGMENT;
	return answer;
}

#endif
