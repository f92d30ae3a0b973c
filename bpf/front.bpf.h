/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Source to "no rule speaks of it", or perhaps: the filters in front of the tries
 * (include/front.h), and behind them the tables that know its entry.
 */
#ifndef FRONT_BPF_H
#define FRONT_BPF_H

#include "listed.bpf.h"
#include "maps.bpf.h"
#include "packet.bpf.h"

/* The generation as one packet sees it: read once. */
struct generation {
	const struct xdpwl_slot *slot;
	__u32 number;		/* of the slot */
	__u32 added;		/* set of rows beside its tables, 0: none */
	__u32 group;
};

static __always_inline bool bloom_has(__u64 word, __u64 hash, __u32 shift)
{
	return (bit_first(word, XDPWL_BLOOM_BIT1(hash, shift)) &
		bit_first(word, XDPWL_BLOOM_BIT2(hash, shift))) < 0;
}

/* By as much as the second-level cache holds. */
static __always_inline bool near_hit4(struct packet *packet,
				      const struct generation *gen, __u32 half)
{
	const __u8 *source = (void *)packet->addr;
	__u32 head = *(const __u16 *)source;

	if (half == XDPWL_HALF_ALL)
		return bit_of(gen->slot->near4.all[head / 32],
			      head * 2 + (source[2] >> XDPWL_NEAR4_ALL_SHIFT));
	packet->near = near4_marks(packet->addr, gen->slot);
	return (__s32)packet->near < 0;
}

/* The word of near6.any that a hash chooses. */
static __always_inline __u64 near6_word(const struct xdpwl_near6 *near, __u64 hash)
{
	return word_of(near->any, hash >> (64 - XDPWL_NEAR6_ANY - 3), sizeof(near->any));
}

static __always_inline __u64 source_hash6(const struct packet *packet,
					  const struct generation *gen)
{
	return xdpwl_bloom_hash(*(const volatile __be32 *)packet->addr, gen->slot->seed);
}

/* By cut6, if a list has it: two steps behind the packet. */
static __always_inline bool near_cut6(struct packet *packet, const struct generation *gen)
{
	const __u8 *cuts = gen->slot->cut6;

	asm volatile("" : "+r"(cuts));
	packet->tile = cuts[XDPWL_CUT6(((const volatile __u16 *)packet->addr)[1])];
	asm volatile("" : "+r"(packet->tile));
	return packet->tile != XDPWL_CUT6_NOBODY;
}

static __always_inline bool near_hit6(struct packet *packet,
				      const struct generation *gen, __u32 half)
{
	const struct xdpwl_near6 *near = &gen->slot->near6;
	const __u8 *source = (void *)packet->addr;
	const __u32 all = 64 - XDPWL_NEAR6_ALL;
	__u64 hash = source_hash6(packet, gen);
	const void *words;
	__u32 any;

	if (half == XDPWL_HALF_ALL)
		return bloom_has(word_of(near->all, hash >> (all - 3), sizeof(near->all)),
				 hash, all);
	/* Both halves of the word by loads, and the sum before anything else needs registers. */
	words = near->any;
	asm volatile("" : "+r"(words));
	words += value_bound(hash >> (64 - XDPWL_NEAR6_ANY - 3), sizeof(near->any) - 8);
	packet->tile = XDPWL_NEAR6_REST(hash) + *(const volatile __u32 *)(words + 4);
	asm volatile("" : "+r"(packet->tile));
	any = *(const volatile __u32 *)words;
	return (bit_first32(any, XDPWL_NEAR6_BIT1(((const volatile __u8 *)source)[3])) &
		bit_first32(any, XDPWL_NEAR6_BIT2(hash))) < 0;
}

/* By the first 16 bits alone. */
static __always_inline bool short6_hit(const struct packet *packet,
				       const struct generation *gen, __u32 half)
{
	__u32 number = *(const volatile __be16 *)packet->addr;

	return gen->slot->flags & XDPWL_HAS_SHORT6 &&
	       bit_of(word_of(gen->slot->short6.word[half], number / 8,
			      sizeof(gen->slot->short6.word[half])), number);
}

/* By all that is known of it. */
static __always_inline bool table_hit4(struct packet *packet,
				       const struct generation *gen)
{
	packet->number = listed4(packet->addr, packet->near, gen->slot, gen->number);
	return packet->number != XDPWL_UNLISTED;
}

/* In the sign. */
static __always_inline __s64 fine6_bit(__u64 word, __u64 hash)
{
	return bit_first(word, XDPWL_FINE6_BIT1(hash)) &
	       bit_first(word, XDPWL_FINE6_BIT2(hash)) &
	       bit_first(word, XDPWL_FINE6_BIT3(hash));
}

/* Whether near6 marks a source, in the sign. */
static __always_inline __s64 near6_marked(__u64 hash, const struct generation *gen)
{
	__u32 word = near6_word(&gen->slot->near6, hash);

	return bit_first32(word, XDPWL_NEAR6_MARK1(hash)) &
	       bit_first32(word, XDPWL_NEAR6_MARK2(hash));
}

/* What fine6 of a list of many says, in the sign: of its map, or by heads. */
static __always_inline __s64 fine6_many(const struct xdpwl_slot *tables, __u32 slot,
					__u64 head, __u64 next)
{
	bool heads = tables->flags & XDPWL_HAS_FINE6_HEADS;
	__u64 hash = xdpwl_fine6_hash(head, next);
	__u64 at = heads ? xdpwl_fine6_hash(head, XDPWL_FINE6_HEAD) : hash;
	__u64 offset = word_offset(at, tables->fine6_shift);
	__u64 word = tables->flags & XDPWL_HAS_FINE6 ?
			     fine_word(&fine6, slot, offset, sizeof(struct xdpwl_fine)) :
			     word_of(tables->fine6, offset, sizeof(tables->fine6));
	__s64 found = fine6_bit(word, hash);

	/* Which of two it is differs between listed ones, and is no branch. */
	return heads ? found | fine6_bit(word, at) : found;
}

__noinline __s64 fine6_large(__u64 head, __u64 next, __u32 slot)
{
	return fine6_many(slot_numbered(slot), slot, head, next);
}

/* By its first 32 bits, alone or with the next. Past near_hit6(). */
static __always_inline bool fine_hit6(const struct packet *packet,
				      const struct generation *gen)
{
	__be32 next = packet->addr[1] & gen->slot->fine6_mask;
	__u64 head = source_hash6(packet, gen), hash, offset;
	__s64 found;

	if (gen->slot->flags & (XDPWL_HAS_FINE6 | XDPWL_HAS_FINE6_HEADS)) {
		found = fine6_large(head, next, gen->number);
	} else {
		hash = xdpwl_fine6_hash(head, next);
		offset = word_offset(hash, gen->slot->fine6_shift);
		found = fine6_bit(word_of(gen->slot->fine6, offset,
					  sizeof(gen->slot->fine6)), hash);
	}
	if (gen->slot->flags & XDPWL_HAS_MARKS6)
		found |= near6_marked(head, gen);
	return found < 0;
}

/* Whether exact6 knows of a source. */
static __always_inline bool has_exact6(const struct packet *packet,
				       const struct generation *gen)
{
	return gen->slot->exact6.blocks && !short6_hit(packet, gen, XDPWL_HALF_ANY);
}

static __always_inline __u32 number_find6(const struct packet *packet,
					  const struct generation *gen)
{
	return listed6(address_half(packet->addr), address_half(packet->addr + 2),
		       gen->number);
}

/* Whether any rule may name a source: the cheapest question. */
static __always_inline bool source_near(struct packet *packet,
					const struct generation *gen, __u32 half)
{
	if (packet->family == 4)
		return near_hit4(packet, gen, half);
	if (half == XDPWL_HALF_ANY && gen->slot->flags & XDPWL_HAS_CUTS6)
		return near_cut6(packet, gen) || short6_hit(packet, gen, half);
	return near_hit6(packet, gen, half) || short6_hit(packet, gen, half);
}

/* The same for those that it names for a class, or else for `all` alone; further, where
 * there are tables for it. Never "no" of one that is listed. Past source_near() of any. */
static __always_inline bool source_listed(struct packet *packet,
					  const struct generation *gen, bool named)
{
	if (packet->family == 4)
		return (named || near_hit4(packet, gen, XDPWL_HALF_ALL)) &&
		       table_hit4(packet, gen);
	if (named ? short6_hit(packet, gen, XDPWL_HALF_ANY) :
		    short6_hit(packet, gen, XDPWL_HALF_ALL))
		return true;
	if (!(named || near_hit6(packet, gen, XDPWL_HALF_ALL)) ||
	    !fine_hit6(packet, gen))
		return false;
	return !has_exact6(packet, gen) ||
	       (packet->number = number_find6(packet, gen)) != XDPWL_UNLISTED;
}

#endif
