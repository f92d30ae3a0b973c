/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Packet to decision, by the tables of one generation: the class of its service
 * first, then, for those that some rule names, its source: the coarse bitmap, the
 * trie, the cell. A look-up that fails is "no rule speaks", never "allow".
 */
#ifndef POLICY_BPF_H
#define POLICY_BPF_H

#include "maps.bpf.h"
#include "packet.bpf.h"

/* The generation as one packet sees it: read once. */
struct generation {
	const struct xdpwl_slot *slot;
	__u32 number;		/* of the slot */
	__u32 group;
};

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
	struct xdpwl_odd_port key = { .port = packet->dport,
				      .proto = packet->proto,
				      .group = gen->group };
	__u32 slot = gen->number, *class;
	void *inner = NULL;

	if (gen->slot->flags & XDPWL_HAS_ODD)
		inner = bpf_map_lookup_elem(&odd_ports, &slot);
	class = inner ? bpf_map_lookup_elem(inner, &key) : NULL;
	return class ? *class : protocol_class(row, packet->proto);
}

static __always_inline __u32 port_class(const struct xdpwl_service *ports,
					__u32 table, __u16 dport)
{
	__u64 port = value_bound(dport, 0xffff);

	if (!(ports->named[table][port / 64] >> (port & 63) & 1))
		return 0;
	return ports->class[table][port];
}

/* The class of a packet's service; of a later fragment, that of its protocol. */
static __always_inline __u32 packet_class(const struct packet *packet,
					  const struct generation *gen)
{
	__u32 row = gen->number * XDPWL_GROUPS + gen->group;
	bool tcp = packet->proto == PROTO_TCP;
	struct xdpwl_service *ports;

	if (packet->fragment == FRAGMENT_LATER)
		return protocol_class(row, packet->proto);
	if (tcp || packet->proto == PROTO_UDP) {
		ports = bpf_map_lookup_elem(&service, &row);
		return ports ? port_class(ports, tcp ? XDPWL_TCP : XDPWL_UDP,
					  packet->dport) : 0;
	}
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

/* Whether bit `bit` of the blocks from `first` on is set. */
static __always_inline bool block_bit(void *inner, __u32 first, __u32 bit)
{
	__u32 index = first + (bit >> XDPWL_BLOCK_SHIFT);
	struct xdpwl_block *block = bpf_map_lookup_elem(inner, &index);

	return block && block->word[bit / 64 % (XDPWL_BLOCK_BITS / 64)] >>
				(bit & 63) & 1;
}

/* Whether something that the first 16 bits do not exclude may be listed. */
static __always_inline bool head_hit(const struct packet *packet,
				     const struct generation *gen, bool all)
{
	const struct xdpwl_heads *heads = &control.heads[gen->number & 3];
	__u32 head = bpf_ntohl(packet->saddr[0]) >> 16;
	__u32 half = all ? XDPWL_HALF_ALL : XDPWL_HALF_ANY;
	__u64 word = packet->family == 4 ? heads->v4[half][head / 64] :
					   heads->v6[half][head / 64];

	return word >> (head & 63) & 1;
}

static __always_inline bool coarse_hit4(const struct packet *packet,
					const struct generation *gen, bool all)
{
	__u32 first = all ? 0 : gen->slot->coarse4_half;
	__u32 slot = gen->number;
	void *inner;

	if (!gen->slot->coarse4_half)
		return true;
	inner = bpf_map_lookup_elem(&coarse4, &slot);
	return inner && block_bit(inner, first,
				  bpf_ntohl(packet->saddr[0]) >>
					  (gen->slot->coarse4_shift & 31));
}

static __always_inline bool coarse_hit6(const struct packet *packet,
					const struct generation *gen, bool all)
{
	__u32 slot = gen->number, head = bpf_ntohl(packet->saddr[0]), index;
	__u32 first = all ? 0 : gen->slot->coarse6_half;
	struct xdpwl_block *block;
	struct xdpwl_bloom bloom;
	void *inner;

	if (!gen->slot->coarse6_half)
		return true;
	inner = bpf_map_lookup_elem(&coarse6, &slot);
	if (!inner)
		return false;
	if (gen->slot->flags & XDPWL_HAS_SHORT6 &&
	    block_bit(inner, first, head >> 16))
		return true;
	bloom = xdpwl_bloom(head, gen->slot->bloom_seed,
			    gen->slot->bloom_shift & 63);
	index = first + XDPWL_SHORT_BLOCKS +
		bloom.word / (XDPWL_BLOCK_BITS / 64);
	block = bpf_map_lookup_elem(inner, &index);
	return block && (block->word[bloom.word % (XDPWL_BLOCK_BITS / 64)] &
			 bloom.bits) == bloom.bits;
}

static __always_inline struct xdpwl_entry *entry_find4(const struct packet *packet,
						       const struct generation *gen)
{
	__u32 slot = gen->number;
	void *trie = bpf_map_lookup_elem(&lpm4, &slot);
	struct xdpwl_lpm4 key = { .len = 32 };

	if (!trie)
		return NULL;
	__builtin_memcpy(key.addr, packet->saddr, sizeof(key.addr));
	return bpf_map_lookup_elem(trie, &key);
}

static __always_inline struct xdpwl_entry *entry_find6(const struct packet *packet,
						       const struct generation *gen)
{
	__u32 slot = gen->number;
	void *trie = bpf_map_lookup_elem(&lpm6, &slot);
	struct xdpwl_lpm6 key = { .len = 128 };

	if (!trie)
		return NULL;
	__builtin_memcpy(key.addr, packet->saddr, sizeof(key.addr));
	return bpf_map_lookup_elem(trie, &key);
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

static __always_inline __u32 source_cell(const struct packet *packet,
					 const struct generation *gen,
					 __u32 class)
{
	__u32 has = packet->family == 4 ? XDPWL_HAS_4 : XDPWL_HAS_6;
	struct xdpwl_entry *entry;

	if (!(gen->slot->flags & has) || !head_hit(packet, gen, !class))
		return 0;
	if (packet->family == 4)
		entry = coarse_hit4(packet, gen, !class) ?
				entry_find4(packet, gen) : NULL;
	else
		entry = coarse_hit6(packet, gen, !class) ?
				entry_find6(packet, gen) : NULL;
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

/* The deciding cell: deny over allow, the source's own over `any`. 0: none. */
static __always_inline __u32 policy_cell(const struct packet *packet,
					 const struct generation *gen)
{
	__u32 class = packet_class(packet, gen);
	__u32 of_any = any_cell(gen, class);
	__u32 of_source = source_cell(packet, gen, class);

	if (!of_source || (of_any & XDPWL_DENY && !(of_source & XDPWL_DENY)))
		return of_any;
	return of_source;
}

static __always_inline enum xdpwl_reason
policy_reason(const struct packet *packet, const struct generation *gen,
	      __u32 *cell)
{
	__u32 found = policy_cell(packet, gen);

	*cell = found;
	if (found & XDPWL_DENY)
		return XDPWL_DENIED;
	if (packet->fragment != FRAGMENT_LATER && found)
		return XDPWL_ALLOWED;
	*cell = 0;
	return packet->fragment == FRAGMENT_LATER ? XDPWL_FRAGMENT :
						    XDPWL_NOT_ALLOWED;
}

#endif
