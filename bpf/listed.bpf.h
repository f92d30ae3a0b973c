/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * IPv6 address to the number of its entry, by heads, runs, lines and a hash table
 * (include/exact.h).
 * In: scalars; out, one: listed6() is verified alone.
 */
#ifndef LISTED_BPF_H
#define LISTED_BPF_H

#include "maps.bpf.h"
#include "table4.bpf.h"

/* Lengths of one line that are tried before the trie is asked; the loop must end. */
#define LENGTHS_TRIED 24

/* The number of the only bit that is set, by a sequence in which each run of six bits
 * comes once (de Bruijn): BPF has no instruction for it. */
#define DE_BRUIJN 0x03f79d71b4cb0a89ull
SEC(".rodata.bit") static const __u8 bit_number[64] = {
	0, 1, 48, 2, 57, 49, 28, 3, 61, 58, 50, 42, 38, 29, 17, 4,
	62, 55, 59, 36, 53, 51, 43, 22, 45, 39, 33, 30, 24, 18, 12, 5,
	63, 47, 56, 27, 60, 41, 37, 16, 54, 35, 52, 21, 44, 32, 23, 11,
	46, 26, 40, 15, 34, 20, 31, 10, 25, 14, 19, 9, 13, 8, 7, 6,
};

/* Prefixes of one kind, and what the tables are asked. */
struct sought {
	__u64 seed;
	__u64 head_hash;
	__u64 address;	/* the word that lengths cut off */
	__u64 high;	/* the word before it, or 0 */
	__u32 slot;
	__u32 longest;
};

static __always_inline bool line_has(const struct xdpwl_line *line, __u64 hash)
{
	struct xdpwl_bits bits = xdpwl_bits(hash);

	return (line->word[bits.word] & bits.bits) == bits.bits;
}

static __always_inline const struct xdpwl_line *line_find(const struct sought *sought)
{
	__u32 shift = slot_numbered(sought->slot)->exact6.shift;
	__u64 line = sought->head_hash >> (shift & 63);
	struct xdpwl_lines *lines = block_find(&lines6, sought->slot,
					       line / XDPWL_LINES);

	return lines ? &lines->line[line % XDPWL_LINES] : NULL;
}

/* ---- the hash table ---- */

__noinline __u32 place_find6(__u64 hash, __u64 high, __u64 low, __u32 length,
			     __u32 slot)
{
	struct xdpwl_home home = xdpwl_home(
		hash, slot_numbered(slot)->exact6.blocks, XDPWL_PLACES6);
	struct xdpwl_exact6 *block = block_find(&exact6, slot, home.block);
	__u32 i;

	if (!block)
		return XDPWL_ASK_TRIE;
#pragma clang loop unroll(disable)
	for (i = 0; i < XDPWL_PROBES; i++) {
		__u64 at = home.place + i;
		const struct xdpwl_place6 *place;

		if (at >= XDPWL_PLACES6)
			at -= XDPWL_PLACES6;
		if (at >= XDPWL_PLACES6)
			break;
		place = &block->place[at];
		if (!place->number)
			return XDPWL_UNLISTED;
		if (place->high == high && place->low == low &&
		    place->length == length)
			return place->number;
	}
	return XDPWL_ASK_TRIE;
}

/* ---- lines ---- */

/* One length. */
static __always_inline __u32 length_find(const struct sought *sought,
					 const struct xdpwl_line *line, __u32 bit)
{
	bool wide = sought->longest == 128;
	/* Bits of the word that no length of the kind has: cut apart, as all may go. */
	__u32 unused = wide ? 0 : 64 - sought->longest;
	__u64 address = sought->address >> unused >> bit << bit << unused;
	__u32 length = sought->longest - bit;
	__u64 hash = xdpwl_hash(wide ? sought->head_hash ^ address : address,
				length, sought->seed);

	if (!line_has(line, hash))
		return XDPWL_UNLISTED;
	return place_find6(hash, wide ? sought->high : address,
			   wide ? address : 0, length, sought->slot);
}

/* The longest of the line's prefixes that covers the address. */
static __always_inline __u32 kind_find(const struct sought *sought)
{
	const struct xdpwl_line *line = line_find(sought);
	__u64 lengths, lowest;
	__u32 i, number;

	if (!line)
		return XDPWL_ASK_TRIE;
	if (!line_has(line, sought->head_hash))
		return XDPWL_UNLISTED;
	lengths = line->lengths;
#pragma clang loop unroll(disable)
	for (i = 0; i < LENGTHS_TRIED && lengths; i++) {
		lowest = lengths & -lengths;
		lengths ^= lowest;
		number = length_find(sought, line,
				     bit_number[lowest * DE_BRUIJN >> 58] & 63);
		if (number)
			return number;
	}
	return lengths ? XDPWL_ASK_TRIE : XDPWL_UNLISTED;
}

/* The same of a kind, whose head is of `high`. */
static __always_inline __u32 kind_listed(struct sought *sought,
					 struct xdpwl_kind kind, __u64 high)
{
	__u32 rest = 64 - kind.head;

	sought->head_hash = xdpwl_hash(high >> rest << rest, XDPWL_HEAD(kind.head),
				       sought->seed);
	sought->longest = kind.longest;
	return kind_find(sought);
}

/* ---- runs ---- */

/* 1 where a run does not have an address, else 0. No branch: which of them it is nobody can
 * guess. */
static __always_inline __u64 run_misses(const struct xdpwl_line6 *line, __u32 i,
					__u64 high)
{
	__u64 at = high - line->first[i], within = line->behind[i];

	at = at >> 16 | (within - (at & 0xffff)) >> 63;
	at |= -at;
	asm volatile("%0 >>= 63" : "+r"(at));
	return at;
}

/* Of prefixes of 49 to 64 bits: XDPWL_ASK_LINES where lines6 may know more. */
static __always_inline __u32 runs_find6(const struct sought *sought, __u32 shift,
					__u64 high)
{
	__u64 at = xdpwl_hash(high >> 16 << 16, XDPWL_HEAD(48), sought->seed) >>
		   (shift & 63);
	struct xdpwl_runs6 *runs = block_find(&runs6, sought->slot, at / XDPWL_LINES);
	__u32 number, i, k;

	if (!runs)
		return XDPWL_ASK_LINES;
#pragma clang loop unroll(disable)
	for (k = 0; k < XDPWL_CHAIN6; k++) {
		const struct xdpwl_line6 *line =
			&runs->line[value_bound(at + k, XDPWL_LINES - 1)];

		number = 0;
#pragma unroll
		for (i = 0; i < XDPWL_RUNS6; i++)
			number |= line->number[i] & (run_misses(line, i, high) - 1);
		if (number || !line->on)
			return number;
	}
	return XDPWL_ASK_LINES;
}

/* ---- heads ---- */

/* The number, XDPWL_UNLISTED or XDPWL_ASK_LINES | kinds. */
static __always_inline __u32 head_find(const struct xdpwl_slot *tables, __u32 slot,
				       __u64 high)
{
	__u64 hash = xdpwl_hash(high >> 32 << 32, XDPWL_HEAD(32), tables->seed);
	__u32 at = xdpwl_bucket(hash, tables->exact6.buckets), number, i;
	const struct xdpwl_heads6 *heads = block_find(&heads6, slot,
						      at / XDPWL_BUCKETS6);
	const struct xdpwl_head6 *place;

	if (!heads)
		return XDPWL_ASK_LINES | tables->exact6.kinds;
	place = heads->bucket[at % XDPWL_BUCKETS6].place;
	number = place[XDPWL_PLACES_HEAD6 - 1].number;
	if (number < XDPWL_ASK_LINES)
		number = XDPWL_UNLISTED;
	/* The first has the last word: empty ones look like a head that is 0. */
#pragma unroll
	for (i = XDPWL_PLACES_HEAD6; i-- > 0;)
		if (!((place[i].high ^ high) & (~0ull << 32 | place[i].mask)))
			number = place[i].number;
	return number;
}

/* Number of the entry, XDPWL_UNLISTED or XDPWL_ASK_TRIE. The slot has the tables, and no
 * prefix shorter than XDPWL_SHORT6 covers the address. */
__noinline __u32 listed6(__u64 high, __u64 low, __u32 slot)
{
	const struct xdpwl_slot *tables = slot_numbered(slot);
	struct sought sought = {
		.seed = tables->seed, .slot = slot, .high = high,
	};
	__u32 number = head_find(tables, slot, high), kinds = number, i;

	if (number < XDPWL_ASK_LINES)
		return number;
	number = XDPWL_UNLISTED;
#pragma unroll
	for (i = 0; i < XDPWL_KINDS6; i++) {
		sought.address = i ? high : low;
		if (number || !(kinds >> i & 1))
			continue;
		if (i == 1)
			number = runs_find6(&sought, tables->exact6.runs_shift, high);
		if (i != 1 || number == XDPWL_ASK_LINES)
			number = kind_listed(&sought, xdpwl_kind6(i), high);
	}
	return number;
}

#endif
