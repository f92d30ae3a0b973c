/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * IPv4 address to the number of its entry, by direct look-ups (include/table4.h). An
 * address is asked as four bytes that stand in a packet, or as a scalar that is
 * read as them. What cannot be looked up is not said to be unlisted.
 */
#ifndef TABLE4_BPF_H
#define TABLE4_BPF_H

#include "maps.bpf.h"
#include "packet.bpf.h"

/* Bit `number` modulo 64 in bit 0: a shift takes no more of it (RFC 9669, 4.1). */
static __always_inline __u64 bit_first(__u64 word, __u64 number)
{
	asm volatile("%0 >>= %1" : "+r"(word) : "r"(number));
	return word;
}

static __always_inline bool bit_of(__u64 word, __u64 number)
{
	return bit_first(word, number) & 1;
}

static __always_inline void *block_find(void *outer, __u32 slot, __u32 block)
{
	void *inner = bpf_map_lookup_elem(outer, &slot);

	return inner ? bpf_map_lookup_elem(inner, &block) : NULL;
}

/* Of the /24 that is bit `third`: its word in number4. */
static __always_inline __u32 low_index(const struct xdpwl_mid4 *mid, __u64 partial,
				       __u32 third)
{
	return mid->low + mid->before[third / 64] +
	       xdpwl_popcount(partial & ((1ull << (third & 63)) - 1));
}

/* Word `at` of a filter: all ones, "perhaps", where it cannot be read. */
static __always_inline __u64 fine_word(void *outer, __u32 slot, __u64 at)
{
	const struct xdpwl_fine *block = block_find(outer, slot, at / XDPWL_FINES);

	return block ? block->word[at % XDPWL_FINES] : ~0ull;
}

static __always_inline bool fine4_has(__be32 addr, __u32 number,
				      const struct xdpwl_slot *slot)
{
	__u64 hash = xdpwl_fine4_hash(addr, slot->fine4_mask, slot->seed);
	__u64 word = fine_word(&fine4, number, hash >> (slot->fine4_shift & 63));

	return bit_first(word, XDPWL_FINE4_BIT1(hash)) &
	       bit_first(word, XDPWL_FINE4_BIT2(hash)) & 1;
}

/* Whether any prefix may cover an address; the slot has the table. Of a /24 that is
 * covered whole, its entry as well. */
static __always_inline bool table4_covers(__be32 addr, __u32 number,
					  const struct xdpwl_slot *slot, __u32 *entry)
{
	const __u8 *byte = (void *)&addr;
	__u32 head = *(const __u16 *)byte, third = byte[2];
	const struct xdpwl_chunk4 *chunk = block_find(&table4, number,
						      head / XDPWL_TOPS4);

	if (!chunk)
		return true;
	head %= XDPWL_TOPS4;
	if (!bit_of(chunk->touched[head].word[third / 64], third))
		return false;
	if (bit_of(chunk->partial[head].word[third / 64], third))
		return fine4_has(addr, number, slot);
	*entry = chunk->mid[head].number;
	return true;
}

static __always_inline __u32 number_at(__u32 slot, __u32 block, __u32 index)
{
	const struct xdpwl_numbers *numbers = block_find(&number4, slot, block);

	return numbers ? numbers->number[index % XDPWL_NUMBERS] : XDPWL_ASK_TRIE;
}

static __always_inline __u32 low_number(__u32 slot, __u32 index, __u32 fourth)
{
	const struct xdpwl_lows4 *block = block_find(&low4, slot,
						     index / XDPWL_LOWS4);
	const struct xdpwl_low4 *low;

	if (!block)
		return XDPWL_ASK_TRIE;
	low = &block->low[index % XDPWL_LOWS4];
	return bit_of(low->covered[fourth / 64], fourth) ? low->number :
							   XDPWL_UNLISTED;
}

/* What the word of a /24 says of its addresses. */
static __always_inline __u32 word_number(__u32 slot, __u32 word, __u32 fourth)
{
	if (word & XDPWL_LOW4)
		return low_number(slot, word & ~XDPWL_LOW4, fourth);
	return XDPWL_RUN4_FIRST(word) <= fourth && fourth <= XDPWL_RUN4_LAST(word) ?
		       XDPWL_RUN4_NUMBER(word) : XDPWL_UNLISTED;
}

/* The number of an address, of four bytes, that a prefix may cover. */
__noinline __u32 number_find4(__u32 addr, __u32 slot)
{
	const __u8 *byte = (void *)&addr;
	__u32 head = *(const __u16 *)byte, third = byte[2], next, number, index;
	const struct xdpwl_chunk4 *chunk = block_find(&table4, slot,
						      head / XDPWL_TOPS4);
	__u64 partial;

	if (!chunk)
		return XDPWL_ASK_TRIE;
	head %= XDPWL_TOPS4;
	partial = chunk->partial[head].word[third / 64];
	if (bit_of(partial, third)) {
		index = low_index(&chunk->mid[head], partial, third);
		next = byte[3];
		number = number_at(slot, index / XDPWL_NUMBERS, index);
		if (number != XDPWL_ASK_TRIE)
			number = word_number(slot, number, next);
	} else {
		next = third;
		number = bit_of(chunk->touched[head].word[third / 64], third) ?
				 chunk->mid[head].number : XDPWL_UNLISTED;
	}
	if (number == XDPWL_ASK_TRIE || !(number & XDPWL_MIXED))
		return number;
	return number_at(slot, number & ~XDPWL_MIXED, next);
}

#endif
