/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Packet to decision, by the tables of one generation: the class of its service
 * first, then, for those that some rule names, its source: the filters in front
 * (front.bpf.h), the entry (include/table4.h, include/exact.h), the cell. A look-up that
 * fails is "no rule speaks", never "allow".
 */
#ifndef POLICY_BPF_H
#define POLICY_BPF_H

#include "front.bpf.h"

static __always_inline bool is_odd(__u8 proto)
{
	return proto == PROTO_SCTP || proto == PROTO_DCCP ||
	       proto == PROTO_UDPLITE;
}

static __always_inline __u32 protocol_class(__u32 row, __u32 index)
{
	struct xdpwl_protocol *p = bpf_map_lookup_elem(&protocol, &row);

	return p && index < XDPWL_PROTOCOLS ? p->class[index] : 0;
}

static __always_inline __u32 odd_class(const struct packet *packet,
				       const struct generation *gen, __u32 row)
{
	struct xdpwl_odd_port key = { .port = bpf_ntohs(packet->dport),
				      .proto = packet->proto,
				      .group = gen->group };
	__u32 slot = gen->number, *class;
	void *inner = NULL;

	if (gen->slot->flags & XDPWL_HAS_ODD)
		inner = bpf_map_lookup_elem(&odd_ports, &slot);
	class = inner ? bpf_map_lookup_elem(inner, &key) : NULL;
	return class ? *class : protocol_class(row, packet->proto);
}

static __always_inline __u32 port_class(const struct packet *packet,
					const struct generation *gen)
{
	__u32 row = gen->number * XDPWL_GROUPS + gen->group;
	struct xdpwl_service *ports = bpf_map_lookup_elem(&service, &row);

	return ports ? ports->class[value_bound(packet->port,
						XDPWL_TCP_UDP - 1)] : 0;
}

/* Whether a TCP or UDP port has a class. */
static __always_inline bool port_named(const struct packet *packet,
				       const struct generation *gen)
{
	return gen->group ? port_class(packet, gen) :
			    gen->slot->named[value_bound(packet->port,
							 XDPWL_TCP_UDP - 1)];
}

/* The class of a packet's service; of a later fragment, that of its protocol. */
static __always_inline __u32 packet_class(const struct packet *packet,
					  const struct generation *gen)
{
	__u32 row = gen->number * XDPWL_GROUPS + gen->group;

	if (packet->fragment == FRAGMENT_LATER)
		return protocol_class(row, packet->proto);
	if (packet->proto == PROTO_TCP || packet->proto == PROTO_UDP)
		return port_named(packet, gen) ? port_class(packet, gen) : 0;
	if (is_odd(packet->proto))
		return odd_class(packet, gen, row);
	if (packet->family == 4 && packet->proto == PROTO_ICMP &&
	    packet->icmp_type == ICMP4_ECHO)
		return protocol_class(row, XDPWL_ECHO4);
	if (packet->family == 6 && packet->proto == PROTO_ICMPV6 &&
	    packet->icmp_type == ICMP6_ECHO)
		return protocol_class(row, XDPWL_ECHO6);
	return protocol_class(row, packet->proto);
}

static __always_inline const struct xdpwl_entry *
entry_numbered(const struct generation *gen, __u32 number)
{
	__u32 slot = gen->number, index = number - 1;
	void *inner;

	if (index < XDPWL_FIRST)
		return &gen->slot->first[value_bound(index, XDPWL_FIRST - 1)];
	inner = bpf_map_lookup_elem(&entries, &slot);
	return inner ? bpf_map_lookup_elem(inner, &index) : NULL;
}

/* The trie of an address: `parted` is the flag, `byte` what parts them. */
static __always_inline void *trie_of(void *outer, const struct packet *packet,
				     const struct generation *gen, __u32 parted,
				     __u32 byte)
{
	__u32 at = gen->number * XDPWL_PARTS;

	if (gen->slot->flags & parted)
		at += ((const __u8 *)packet->addr)[byte];
	return bpf_map_lookup_elem(outer, &at);
}

static __always_inline const struct xdpwl_entry *
trie_find4(const struct packet *packet, const struct generation *gen)
{
	void *trie = trie_of(&lpm4, packet, gen, XDPWL_PARTED4, XDPWL_PART_BYTE4);
	struct xdpwl_lpm4 key;

	if (!trie)
		return NULL;
	key.len = 32;
	__builtin_memcpy(key.addr, packet->addr, sizeof(key.addr));
	return bpf_map_lookup_elem(trie, &key);
}

static __always_inline const struct xdpwl_entry *
trie_find6(const struct packet *packet, const struct generation *gen)
{
	void *trie = trie_of(&lpm6, packet, gen, XDPWL_PARTED6, XDPWL_PART_BYTE6);
	struct xdpwl_lpm6 key;

	if (!trie)
		return NULL;
	/* No initialiser: of a table in .rodata Linux 5.10 refuses the BTF. */
	key.len = 128;
	__builtin_memcpy(key.addr, packet->addr, sizeof(key.addr));
	return bpf_map_lookup_elem(trie, &key);
}

static __always_inline const struct xdpwl_entry *
entry_find4(const struct packet *packet, const struct generation *gen)
{
	__u32 number = packet->number;

	if (!number)
		number = number_find4(bpf_ntohl(packet->addr[0]), gen->number);
	if (number == XDPWL_ASK_TRIE)
		return trie_find4(packet, gen);
	return number ? entry_numbered(gen, number) : NULL;
}

static __always_inline const struct xdpwl_entry *
entry_find6(const struct packet *packet, const struct generation *gen)
{
	__u32 number = packet->number;

	if (!number)
		number = has_exact6(packet, gen) ? number_find6(packet, gen) :
						   XDPWL_ASK_TRIE;
	if (number == XDPWL_ASK_TRIE)
		return trie_find6(packet, gen);
	return number ? entry_numbered(gen, number) : NULL;
}

static __always_inline __u32 cell_find(const struct generation *gen,
				       __u32 profile, __u32 class)
{
	struct xdpwl_cell_key key = { .profile = profile & XDPWL_PROFILE_NUMBER,
				      .class = class };
	__u32 slot = gen->number, *cell = NULL;
	void *inner = bpf_map_lookup_elem(&cells, &slot);

	if (inner)
		cell = bpf_map_lookup_elem(inner, &key);
	return cell ? *cell : 0;
}

/* What the entry of a source says of a class, `all` included. */
static __always_inline __u32 entry_cell(const struct xdpwl_entry *entry,
					const struct generation *gen,
					__u32 class)
{
	bool uniform = entry->profile & XDPWL_PROFILE_UNIFORM;
	bool common = class < XDPWL_COMMON && entry->common >> (class & 63) & 1;
	__u32 cell = 0;

	if (common && uniform)
		return entry->cell;
	if (common || (class >= XDPWL_COMMON &&
		       entry->profile & XDPWL_PROFILE_RARE))
		cell = cell_find(gen, entry->profile, class);
	if (!cell && entry->profile & XDPWL_PROFILE_ALL)
		cell = cell_find(gen, entry->profile,
				 XDPWL_CLASS_ALL + gen->group);
	return cell && uniform ? entry->cell : cell;
}

/* Past source_near(). */
static __always_inline __u32 source_cell(const struct packet *packet,
					 const struct generation *gen,
					 __u32 class)
{
	const struct xdpwl_entry *entry = packet->family == 4 ?
						  entry_find4(packet, gen) :
						  entry_find6(packet, gen);

	return entry ? entry_cell(entry, gen, class) : 0;
}

static __always_inline __u32 any_cell(const struct generation *gen, __u32 class)
{
	__u32 slot = gen->number;
	struct any_cells *cells_of_any;

	if (!(gen->slot->flags & XDPWL_HAS_ANY))
		return 0;
	cells_of_any = bpf_map_lookup_elem(&any, &slot);
	if (!cells_of_any)
		return 0;
	if (!class)
		class = XDPWL_CLASS_ALL + (gen->group & XDPWL_GROUP_MASK);
	else
		class &= XDPWL_CLASSES - 1;
	return cells_of_any->cell[class];
}

/* The deciding cell of two: deny over allow, the source's own over `any`. */
static __always_inline __u32 cell_first(__u32 of_source, __u32 of_any)
{
	if (!of_source || (of_any & XDPWL_DENY && !(of_source & XDPWL_DENY)))
		return of_any;
	return of_source;
}

/* What the source's own entry says of a class. 0: nothing. */
static __always_inline __u32 listed_cell(struct packet *packet,
					 const struct generation *gen,
					 __u32 class)
{
	__u32 half = class ? XDPWL_HALF_ANY : XDPWL_HALF_ALL;

	return source_near(packet, gen, half) ? source_cell(packet, gen, class) : 0;
}

/* What a cell means for a packet that is no later fragment. */
static __always_inline enum xdpwl_reason cell_reason(__u32 cell)
{
	return cell & XDPWL_DENY ? XDPWL_DENIED :
	       cell ? XDPWL_ALLOWED : XDPWL_NOT_ALLOWED;
}

#endif
