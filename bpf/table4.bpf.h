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

/* Where in low4 a /24 stands that is bit `third` of the word. */
static __always_inline __u32 low_index(__u32 first, __u64 word, __u32 third)
{
	return first + xdpwl_popcount(word & ((1ull << (third & 63)) - 1));
}

static __always_inline bool low_covers(__u32 slot, __u32 index, __u32 fourth)
{
	const struct xdpwl_lows4 *block = block_find(&low4, slot,
						     index / XDPWL_LOWS4);

	return !block || bit_of(block->low[index % XDPWL_LOWS4]
					.covered[fourth / 64], fourth);
}

/* Whether any prefix may cover an address; the slot has the table. */
static __always_inline bool table4_covers(const __u8 *addr, __u32 slot)
{
	__u32 head = *(const __u16 *)addr, third = addr[2];
	const struct xdpwl_chunk4 *chunk = block_find(&table4, slot,
						      head / XDPWL_TOPS4);
	__u64 partial;

	if (!chunk)
		return true;
	head %= XDPWL_TOPS4;
	if (!bit_of(chunk->touched[head].word[third / 64], third))
		return false;
	partial = chunk->partial[head].word[third / 64];
	if (!bit_of(partial, third))
		return true;
	return low_covers(slot, low_index(chunk->mid[head].low[third / 64], partial,
					  third), addr[3]);
}

static __always_inline __u32 number_at(__u32 slot, __u32 block, __u32 index)
{
	const struct xdpwl_numbers *numbers = block_find(&number4, slot, block);

	return numbers ? numbers->number[index % XDPWL_NUMBERS] : XDPWL_ASK_TRIE;
}

/* The number of an address, of four bytes, that a prefix covers. */
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
		index = low_index(chunk->mid[head].low[third / 64], partial, third);
		next = byte[3];
		number = low_covers(slot, index, next) ?
				 number_at(slot, index / XDPWL_NUMBERS, index) :
				 XDPWL_UNLISTED;
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
