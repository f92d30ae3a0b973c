/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The generation in force, and what its rules say of a packet that was parsed: in,
 * scalars; out, one, for decide_rules() is verified alone. What no rule decides
 * is others' business.
 */
#ifndef RULES_BPF_H
#define RULES_BPF_H

#include "added.bpf.h"
#include "maps.bpf.h"
#include "policy.bpf.h"
#include "rules_pack.bpf.h"

/* The generation in force, as part of no `on`. Returns what else stands beside it:
 * generation_device() may know more. */
static __always_inline __u32 generation_read(struct generation *gen)
{
	/* One read: a switch between two would mix generations. */
	__u32 current = *(volatile __u32 *)&control.current;

	gen->number = current & XDPWL_CURRENT_SLOT;
	gen->added = current / XDPWL_CURRENT_ADDED;
	gen->slot = slot_numbered(gen->number);
	/* Once: else it is each time. */
	asm volatile("" : "+r"(gen->slot));
	gen->group = 0;
	return current & ~XDPWL_CURRENT_SLOT;
}

/* The same where nothing stands beside it, and in fewer steps; false: something does. */
static __always_inline bool generation_read_alone(struct generation *gen)
{
	__u32 current = *(volatile __u32 *)&control.current;

	if (current >= XDPWL_SLOTS)
		return false;
	*gen = (struct generation){ .slot = &control.slot[current], .number = current };
	asm volatile("" : "+r"(gen->slot));
	return true;
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
	if (group < XDPWL_GROUPS)
		gen->group = value_bound(group, XDPWL_GROUP_MASK);
	return found->audit;
}

/* The answer: cell << 32, RULES_ANY, reason. */
#define RULES_ANY	0x100	/* a rule for `any` decided */

static __always_inline enum xdpwl_reason rules_reason(__u64 answer)
{
	return answer & 0x7f;
}

/* What the rows beside the tables say, where the tables say `cell`. */
static __always_inline __u32 cell_added(const struct packet *packet,
					const struct generation *gen, __u32 cell)
{
	bool four = packet->family == 4;
	__u64 what = rules_pack(packet->dport, rules_place(gen), packet->icmp_type,
				packet->proto, packet->fragment, packet->family);
	__u32 added;

	if (cell & XDPWL_DENY)
		return cell;
	added = four ? added_cell((__u64)bpf_ntohl(packet->addr[0]) << 32, 0, what) :
		       added_cell(address_half(packet->addr),
				  address_half(packet->addr + 2), what);
	return added ? added : cell;
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
	if (gen->added)
		of_source = cell_added(packet, gen, of_source);
	cell = cell_first(of_source, any_cell(gen, class));
	return (__u64)cell << 32 | (of_source ? 0 : RULES_ANY) |
	       cell_reason(cell);
}

/* A packet whose source stands at offset `addr`. A later fragment is denied by rules,
 * never allowed. */
__noinline __u64 decide_rules(struct xdp_md *ctx, __u32 addr, __u64 what)
{
	struct generation gen = {
		.number = rules_slot(what), .group = rules_group(what),
		.added = rules_added(what),
	};
	struct packet packet = {
		.fragment = rules_fragment(what), .proto = rules_proto(what),
		.icmp_type = rules_icmp_type(what), .dport = rules_dport(what),
	};
	__u64 answer;

	if (gen.group >= XDPWL_GROUPS)
		return XDPWL_NOT_ALLOWED;
	gen.slot = slot_numbered(gen.number);
	packet.port = port_number(packet.proto, packet.dport);
	if (rules_family(what) == 4)
		answer = family_answer(&packet, &gen, ctx, addr, 4);
	else
		answer = family_answer(&packet, &gen, ctx, addr, 6);
	if (packet.fragment == FRAGMENT_LATER &&
	    rules_reason(answer) != XDPWL_DENIED)
		return XDPWL_FRAGMENT;
	return answer;
}

#endif
