/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * IPv4 address to the number of its entry, by direct look-ups (include/table4.h). What
 * cannot be looked up is not said to be unlisted.
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

/* Word `at` of a filter's map: all ones, "perhaps", where it cannot be read. */
static __always_inline __u64 fine_word(void *outer, __u32 slot, __u64 at)
{
	const struct xdpwl_fine *block = block_find(outer, slot, at / XDPWL_FINES);

	return block ? block->word[at % XDPWL_FINES] : ~0ull;
}

/* Whether a prefix may cover some of the /24 of an address in host order. */
static __always_inline bool touched4_has(__u32 addr, __u32 slot)
{
	return bit_of(fine_word(&touched4, slot, addr >> 14), addr >> 8);
}

/* Bit `number` modulo 32 in bit 0. */
static __always_inline __u32 bit_first32(__u32 word, __u32 number)
{
	asm volatile("%0 >>= %1" : "+w"(word) : "w"(number));
	return word;
}

static __always_inline __u64 fine4_word(const struct xdpwl_slot *tables, __u32 slot,
					__u64 at)
{
	return tables->flags & XDPWL_HAS_FINE4 ?
		       fine_word(&fine4, slot, at) :
		       tables->fine4[value_bound(at, XDPWL_FINE_SLOT - 1)];
}

/* Whether a prefix may cover an address in host order, of a /20 that none covers wholly. */
static __always_inline bool fine4_has(__u32 addr, const struct xdpwl_slot *tables,
				      __u32 slot)
{
	__u64 hash = (addr >> (32 - XDPWL_FINE4_LENGTH)) * tables->seed;
	__u64 word = fine4_word(tables, slot, hash >> (tables->fine4_shift & 63));
	__u32 number = XDPWL_ADDRESS4(hash) + (addr & tables->fine4_mask);
	__u32 tags = XDPWL_FINE4_TAGS(word);

	return ((bit_first32(XDPWL_FINE4_ADDRESSES(word), number) &
		 bit_first32(tags, XDPWL_PART4_TAG1(hash)) &
		 bit_first32(tags, XDPWL_PART4_TAG2(hash))) |
		(bit_first32(tags, XDPWL_WHOLE4_TAG1(hash)) &
		 bit_first32(tags, XDPWL_WHOLE4_TAG2(hash)))) & 1;
}

static __always_inline const struct xdpwl_line4 *line4_find(__u32 slot, __u64 number)
{
	const struct xdpwl_lines4 *block = block_find(&lines4, slot,
						      number / XDPWL_LINES4);

	/* Bound there, lest a compiler adds to a pointer that was not compared yet. */
	return block ? &block->line[value_bound(number, XDPWL_LINES4 - 1)] : NULL;
}

/* 1 where a run begins at an address or before it. No branch: half of them would be
 * guessed wrong. */
static __always_inline __u64 run_begun(__u64 first, __u64 addr)
{
	first -= addr + 1;
	asm volatile("%0 >>= 63" : "+r"(first));
	return first;
}

/* How many runs of a line begin at an address or before it. */
static __always_inline __u64 runs_begun(const struct xdpwl_line4 *line, __u64 addr)
{
	return run_begun(line->first[0], addr) + run_begun(line->first[1], addr) +
	       run_begun(line->first[2], addr) + run_begun(line->first[3], addr) +
	       run_begun(line->first[4], addr) + run_begun(line->first[5], addr) +
	       run_begun(line->first[6], addr);
}

/* What a line that sends nobody on says of an address. */
static __always_inline __u32 line4_number(const struct xdpwl_line4 *line, __u32 addr)
{
	__u64 run = runs_begun(line, addr), more;

	if (!run)
		return XDPWL_UNLISTED;
	run = value_bound(run - 1, 7);
	if (addr - line->first[run] > line->behind[run])
		return XDPWL_UNLISTED;
	more = line->more[run];
	return more == XDPWL_MORE4_TRIE ? XDPWL_ASK_TRIE : line->number + more;
}

/* The number of an address in host order, that a prefix may cover. */
__noinline __u32 number_find4(__u32 addr, __u32 slot)
{
	__u32 head = addr >> 16, low = addr & 0xffff, log, at;
	const struct xdpwl_tops4 *tops = block_find(&table4, slot,
						    head / XDPWL_TOPS4);
	const struct xdpwl_line4 *line;

	if (!tops)
		return XDPWL_ASK_TRIE;
	at = tops->top[head % XDPWL_TOPS4];
	log = at & ((1 << XDPWL_TOP4_LOG_BITS) - 1);
	line = line4_find(slot, (at >> XDPWL_TOP4_LOG_BITS) +
					(low << log >> 16));
	if (!line)
		return XDPWL_ASK_TRIE;
	if (line->on - 1 < XDPWL_ON4_SHIFTS) {
		at = addr - line->first[0];
		if (at > line->behind[0])
			return XDPWL_UNLISTED;
		line = line4_find(slot, line->number + (at >> (line->on & 31)));
		if (!line)
			return XDPWL_ASK_TRIE;
	}
	if (line->on && addr >= line->first[XDPWL_RUNS4 - 1]) {
		line = line4_find(slot, line->on);
		if (!line)
			return XDPWL_ASK_TRIE;
	}
	return line4_number(line, addr);
}

/* The number of an address in host order, XDPWL_UNLISTED or XDPWL_ASK_TRIE, by all that
 * the slot has of IPv4. */
static __always_inline __u32 listed4(__u32 addr, const struct xdpwl_slot *tables,
				     __u32 slot)
{
	struct xdpwl_whole4 whole = tables->whole4[addr >> 16];

	if (bit_first32(whole.bits, addr >> 12 & 15) & 1) {
		if (whole.number != XDPWL_NUMBER4_MIXED)
			return whole.number;
	} else if ((tables->flags & XDPWL_HAS_TOUCHED4 && !touched4_has(addr, slot)) ||
		   !fine4_has(addr, tables, slot)) {
		return XDPWL_UNLISTED;
	}
	return number_find4(addr, slot);
}

#endif
