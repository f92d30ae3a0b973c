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
	const struct xdpwl_named *named;	/* ports of the group */
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

/* Whether a TCP or UDP port has a class. */
static __always_inline bool port_named(const struct packet *packet,
				       const struct generation *gen)
{
	__u64 port = value_bound(packet->port, XDPWL_TCP_UDP - 1);

	return gen->named->word[port / 64] >> (port & 63) & 1;
}

static __always_inline __u32 port_class(const struct packet *packet,
					const struct generation *gen)
{
	__u32 row = gen->number * XDPWL_GROUPS + gen->group;
	struct xdpwl_service *ports = bpf_map_lookup_elem(&service, &row);

	return ports ? ports->class[value_bound(packet->port,
						XDPWL_TCP_UDP - 1)] : 0;
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

/*
 * Whether a source may be listed at all: what follows, to coarse_hit(), says "no" or
 * "perhaps", from the cheap to the dear. `named`: for a class, else for `all` alone.
 */

static __always_inline bool bit_of(const __u64 *words, __u32 bit)
{
	return words[bit / 64] >> (bit & 63) & 1;
}

/* By the first 16 bits. */
static __always_inline bool head_hit(const struct packet *packet,
				     const struct generation *gen, __u32 heads,
				     bool named)
{
	__u32 half = named ? XDPWL_HALF_ANY : XDPWL_HALF_ALL;

	return bit_of(gen->slot->heads.word[heads][half], source_raw(packet));
}

/* By as much as the second-level cache holds. */
static __always_inline bool near_hit(const struct packet *packet,
				     const struct generation *gen, bool named)
{
	const struct xdpwl_near *near = packet->family == 4 ? &gen->slot->near4 :
							      &gen->slot->near6;
	__u32 head = source_head(packet);
	__u32 bit = packet->family == 4 ?
			    head >> XDPWL_NEAR4_SHIFT :
			    xdpwl_near6(head, gen->slot->bloom_seed);
	__u32 half = named ? XDPWL_HALF_ANY : XDPWL_HALF_ALL;

	return bit_of(near->word[half], bit & (XDPWL_NEAR_BITS - 1));
}

/* By word `word` of half a coarse map, whose bits `bits` are set where perhaps. */
static __always_inline bool block_hit(void *outer, const struct generation *gen,
				      __u32 first, __u32 word, __u64 bits)
{
	__u32 slot = gen->number, index;
	struct xdpwl_block *block;
	void *inner = bpf_map_lookup_elem(outer, &slot);

	if (!inner)
		return false;
	index = first + word / (XDPWL_BLOCK_BITS / 64);
	block = bpf_map_lookup_elem(inner, &index);
	return block && (block->word[word % (XDPWL_BLOCK_BITS / 64)] & bits) ==
				bits;
}

static __always_inline bool coarse_hit4(const struct packet *packet,
					const struct generation *gen, bool named)
{
	__u32 half = gen->slot->coarse4_half;
	__u32 bit = source_head(packet) >> XDPWL_COARSE4_SHIFT;

	return !half || block_hit(&coarse4, gen, named ? half : 0, bit / 64,
				  1ull << (bit & 63));
}

static __always_inline bool coarse_hit6(const struct packet *packet,
					const struct generation *gen, bool named)
{
	__u32 half = gen->slot->coarse6_half;
	struct xdpwl_bloom bloom;

	if (!half)
		return true;
	bloom = xdpwl_bloom(source_head(packet), gen->slot->bloom_seed,
			    gen->slot->bloom_shift & 63);
	return block_hit(&coarse6, gen, named ? half : 0, bloom.word,
			 bloom.bits);
}

static __always_inline bool coarse_hit(const struct packet *packet,
				       const struct generation *gen, bool named)
{
	if (packet->family == 4)
		return head_hit(packet, gen, XDPWL_HEADS_4, named) &&
		       near_hit(packet, gen, named) &&
		       coarse_hit4(packet, gen, named);
	if (!head_hit(packet, gen, XDPWL_HEADS_6, named))
		return false;
	if (gen->slot->flags & XDPWL_HAS_SHORT6 &&
	    head_hit(packet, gen, XDPWL_HEADS_SHORT6, named))
		return true;
	return near_hit(packet, gen, named) && coarse_hit6(packet, gen, named);
}

static __always_inline struct xdpwl_entry *entry_find4(const struct packet *packet,
						       const struct generation *gen)
{
	__u32 slot = gen->number;
	void *trie = bpf_map_lookup_elem(&lpm4, &slot);
	struct xdpwl_lpm4 key;

	if (!trie)
		return NULL;
	key.len = 32;
	__builtin_memcpy(key.addr, packet->addr, sizeof(key.addr));
	return bpf_map_lookup_elem(trie, &key);
}

static __always_inline struct xdpwl_entry *entry_find6(const struct packet *packet,
						       const struct generation *gen)
{
	__u32 slot = gen->number;
	void *trie = bpf_map_lookup_elem(&lpm6, &slot);
	struct xdpwl_lpm6 key;

	if (!trie)
		return NULL;
	/* No initialiser: of a table in .rodata Linux 5.10 refuses the BTF. */
	key.len = 128;
	__builtin_memcpy(key.addr, packet->addr, sizeof(key.addr));
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

/* Past coarse_hit(). */
static __always_inline __u32 source_cell(const struct packet *packet,
					 const struct generation *gen,
					 __u32 class)
{
	struct xdpwl_entry *entry = packet->family == 4 ?
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

/* The deciding cell of a class. 0: none. */
static __always_inline __u32 class_cell(const struct packet *packet,
					const struct generation *gen,
					__u32 class)
{
	__u32 of_source = coarse_hit(packet, gen, class) ?
				  source_cell(packet, gen, class) : 0;

	return cell_first(of_source, any_cell(gen, class));
}

/* The same for a packet with TCP or UDP ports. Most are strangers to every rule, and
 * it takes no class to know that. */
static __always_inline __u32 port_cell(const struct packet *packet,
				       const struct generation *gen)
{
	bool named = port_named(packet, gen);
	bool listed = coarse_hit(packet, gen, named);
	__u32 class;

	if (!listed && !(gen->slot->flags & XDPWL_HAS_ANY))
		return 0;
	class = named ? port_class(packet, gen) : 0;
	return cell_first(listed ? source_cell(packet, gen, class) : 0,
			  any_cell(gen, class));
}

/* What a cell means for a packet that is no later fragment. */
static __always_inline enum xdpwl_reason cell_reason(__u32 cell)
{
	return cell & XDPWL_DENY ? XDPWL_DENIED :
	       cell ? XDPWL_ALLOWED : XDPWL_NOT_ALLOWED;
}

#endif
