/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * IPv4 address to the number of its entry, by direct look-ups (include/table4.h). What
 * cannot be looked up is not said to be unlisted.
 */
#ifndef TABLE4_BPF_H
#define TABLE4_BPF_H

#include "maps.bpf.h"
#include "packet.bpf.h"

/* XDPWL_BIT(number) as the sign: a shift takes no more of it (RFC 9669, 4.1). */
static __always_inline __s64 bit_first(__u64 word, __u64 number)
{
	asm volatile("%0 <<= %1" : "+r"(word) : "r"(number));
	return word;
}

static __always_inline bool bit_of(__u64 word, __u64 number)
{
	return bit_first(word, number) < 0;
}

/* By as much as a shift takes of `by`, modulo 64. */
static __always_inline __u64 shift_right(__u64 value, __u64 by)
{
	asm volatile("%0 >>= %1" : "+r"(value) : "r"(by));
	return value;
}

/* The byte offset, for word_of(), of word hash >> shift. */
static __always_inline __u64 word_offset(__u64 hash, __u32 shift)
{
	return shift_right(hash, shift - 3);
}

/* The word at byte `offset` of a table, as far as its `size`, a power of two, leaves it. The
 * table's address does not wait for the packet, and nothing is added to the sum. */
static __always_inline __u64 word_of(const void *table, __u64 offset, __u64 size)
{
	asm volatile("" : "+r"(table));
	return *(const __u64 *)(table + value_bound(offset, size - sizeof(__u64)));
}

static __always_inline void *block_find(void *outer, __u32 slot, __u32 block)
{
	void *inner = bpf_map_lookup_elem(outer, &slot);

	return inner ? bpf_map_lookup_elem(inner, &block) : NULL;
}

/* The word at byte `offset` of a filter's map, of `size` bytes: all ones, "perhaps", where it
 * cannot be read. */
static __always_inline __u64 fine_word(void *outer, __u32 slot, __u64 offset, __u64 size)
{
	const void *fine = block_find(outer, slot, 0);

	return fine ? word_of(fine, offset, size) : ~0ull;
}

/* Eight times the number of the row of an address as it stands in a packet. */
static __always_inline __u64 row4_offset(const __be32 *source)
{
	return value_bound(bpf_ntohl(*(const volatile __be32 *)source) >> 11,
			   8 * (XDPWL_ROWS4 - 1));
}

/* Whether a prefix may cover some of its /24. */
static __always_inline bool row4_touched(const __be32 *source, __u64 offset,
					 const struct xdpwl_rows4 *rows)
{
	const void *touched = rows->touched;

	asm volatile("" : "+r"(touched));
	return bit_of(*(const __u64 *)(touched + offset), ((const volatile __u8 *)source)[2]);
}

/* XDPWL_BIT32(number) as the sign. */
static __always_inline __s32 bit_first32(__u32 word, __u32 number)
{
	asm volatile("%0 <<= %1" : "+w"(word) : "w"(number));
	return word;
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

/* The number in a line's run that an address is in, or 0: without a branch, too. */
static __always_inline __u32 run_number(const struct xdpwl_line4 *line, __u32 addr)
{
	/* The last that begins. Of none, what the eighth would be is read, and not used. */
	__u64 none = runs_begun(line, addr) - 1, run = value_bound(none, 7);
	__u64 within = addr - line->first[run];

	none |= line->behind[run] - within;
	asm volatile("%0 s>>= 63" : "+r"(none));
	return line->number[run] & ~none;
}

/* What a line says of an address: XDPWL_UNLISTED, the number of an entry, or that and
 * XDPWL_LINE4_DENSE. One branch: strangers go one way, whatever /24 they come from. */
static __always_inline __u32 line4_number(const struct xdpwl_line4 *line, __u32 addr,
					  const struct xdpwl_crowds4 *crowds)
{
	__u32 number = run_number(line, addr), is_crowd = -(number >> 31);
	__u64 crowd;
	__s64 has;

	asm volatile("" : "+r"(is_crowd));
	crowd = value_bound(number & is_crowd, XDPWL_CROWDS4 - 1);
	has = bit_first(crowds->bits[crowd][addr >> 6 & 3], addr);
	asm volatile("%0 s>>= 63" : "+r"(has));
	if (!(number & has))
		return XDPWL_UNLISTED;
	return (number & ~is_crowd) | (crowds->number[crowd] & is_crowd);
}

static __always_inline __u64 fine4_hash(__u32 addr, const struct xdpwl_slot *tables)
{
	return (addr >> (32 - XDPWL_FINE4_LENGTH)) * tables->seed;
}

/* Whether a word of fine4 says that a prefix may cover an address, of that hash and of
 * those last bits. */
static __always_inline bool fine4_has(__u64 word, __u64 hash, __u32 last)
{
	__u32 tags = XDPWL_FINE4_TAGS(word);

	return (bit_first32(tags, XDPWL_FINE4_TAG1(hash)) &
		((bit_first32(tags, XDPWL_FINE4_TAG2(hash)) &
		  bit_first32(XDPWL_FINE4_ADDRESSES(word), XDPWL_ADDRESS4(hash) + last)) |
		 (bit_first32(tags, XDPWL_FINE4_TAG3(hash)) &
		  bit_first32(tags, XDPWL_FINE4_TAG4(hash))))) < 0;
}

static __always_inline __u64 line4_home(__u32 addr, const struct xdpwl_slot *tables)
{
	return xdpwl_line4_home(addr >> 8, tables->seed, tables->lines4_shift);
}

static __always_inline __u32 number_dense(__u32 slot, __u32 block, __u32 at)
{
	const struct xdpwl_numbers4 *numbers = block_find(&numbers4, slot, block);

	return numbers ? numbers->number[value_bound(at, XDPWL_NUMBERS4 - 1)] :
			 XDPWL_ASK_TRIE;
}

/* Of an address in a /20 that is covered wholly. */
static __always_inline __u32 whole4_number(__u32 addr, __u32 slot, __u32 whole)
{
	__u32 group = whole & ~XDPWL_WHOLE4_DENSE;

	if (!(whole & XDPWL_WHOLE4_DENSE))
		return whole;
	if (whole == XDPWL_WHOLE4_TRIE)
		return XDPWL_ASK_TRIE;
	return number_dense(slot, group / (XDPWL_NUMBERS4 / XDPWL_GROUP4),
			    group * XDPWL_GROUP4 + (addr >> 12 & 15));
}

static __always_inline __u32 lines4_number(__u32 addr, const struct xdpwl_slot *tables,
					   __u32 slot)
{
	__u64 home = line4_home(addr, tables), at;
	const struct xdpwl_lines4 *lines = NULL;
	__u32 number, k;

	if (tables->flags & XDPWL_HAS_LINES4) {
		lines = block_find(&lines4, slot, home / XDPWL_LINES4);
		if (!lines)
			return XDPWL_ASK_TRIE;
	}
#pragma clang loop unroll(disable)
	for (k = 0; k < XDPWL_CHAIN4; k++) {
		const struct xdpwl_line4 *line;

		at = (home + k) % XDPWL_LINES4;
		if (lines)
			line = &lines->line[value_bound(at, XDPWL_LINES4 - 1)];
		else
			line = &tables->lines4[value_bound(home - home % XDPWL_LINES4 + at,
							   XDPWL_LINES4_SLOT - 1)];
		number = line4_number(line, addr, &tables->crowds4);
		if (number & XDPWL_LINE4_DENSE)
			return number_dense(slot, number & ~XDPWL_LINE4_DENSE, addr & 255);
		if (number || !line->on)
			return number;
	}
	return XDPWL_ASK_TRIE;
}

static __always_inline bool whole4_has(__u32 near, __u32 addr)
{
	return bit_first32(near, (addr >> 12 & 15) + XDPWL_NEAR4_WHOLE) < 0;
}

/* What near4 has of the /20 of an address as it stands in a packet, by XDPWL_BIT32(): 0, a
 * prefix covers some of it; XDPWL_NEAR4_WHOLE, all. */
static __always_inline __s32 near4_marks(const __be32 *addr, const struct xdpwl_slot *tables)
{
	/* Loads wait in another queue than shifts. */
	const volatile __u8 *bytes = (const void *)addr;
	const __u32 *any = tables->near4.any;

	asm volatile("" : "+r"(any));
	return bit_first32(any[*(const volatile __u16 *)bytes],
			   bytes[2] >> XDPWL_NEAR4_SHIFT);
}

/* The number of an address in host order, XDPWL_UNLISTED or XDPWL_ASK_TRIE, by all that
 * knows numbers of IPv4. */
__noinline __u32 number_find4(__u32 addr, __u32 slot)
{
	const struct xdpwl_slot *tables = slot_numbered(slot);
	/* Linux 5.10 does not know what swapped bytes can be. */
	__u64 head = value_bound(bpf_htons(addr >> 16), 0xffff);

	if (whole4_has(tables->near4.any[head], addr))
		return whole4_number(addr, slot, tables->whole4[head]);
	return lines4_number(addr, tables, slot);
}

/* Whether one of crowds, of which there are mask + 1, has an address, by its last byte: in the
 * sign. */
static __always_inline __s64 crowd_bit(const __u64 (*crowds)[4], __u64 crowd, __u64 mask,
				       __u8 last)
{
	const void *words = crowds;

	asm volatile("" : "+r"(words));
	words += value_bound(crowd, mask) * sizeof(*crowds);
	return bit_first(*(const __u64 *)(words + (last >> 3 & 24)), last);
}

/* Whether the main entry covers an address, or nothing does, or others know. */
enum cover { COVER_NOBODY, COVER_MAIN, COVER_ASK };

/* Whether a span has an address, or its crowd. No branch: which of both it is nobody can guess.
 * What stands there may be another /24's. */
static __always_inline bool span_or_crowd_has(const struct xdpwl_spans4 *spans,
					      const struct xdpwl_span4 *span, __u32 addr)
{
	__s64 in_span = (__u64)(addr - span->first) - span->size;
	__s64 in_crowd = crowd_bit(spans->crowd, span->crowd, XDPWL_SPAN4_CROWDS - 1, addr);

	return (in_span | (in_crowd & ((__s64)(addr ^ span->first) - 256))) < 0;
}

/* Of an address, as it stands in a packet. All is read again from there: what goes over the
 * stack waits twice. */
static __always_inline enum cover cover_find4(const __be32 *source,
					       const struct xdpwl_spans4 *spans,
					       bool has_crowds)
{
	const volatile __u8 *bytes = (const void *)source;
	const __u32 *from = spans->from;
	const void *at = spans->span;
	const struct xdpwl_span4 *span;
	__u64 index;
	__u32 addr;

	asm volatile("" : "+r"(from));
	asm volatile("" : "+r"(at));
	index = from[*(const volatile __u16 *)bytes];
	index = value_bound(index + bytes[2], XDPWL_SPANS4 - 1);
	span = at + index * sizeof(*span);
	addr = bpf_ntohl(*(const volatile __be32 *)source);
	if (has_crowds ? span_or_crowd_has(spans, span, addr) : addr - span->first < span->size)
		return COVER_MAIN;
	return span->crowd == XDPWL_SPAN4_ASK ? COVER_ASK : COVER_NOBODY;
}

/* The same of large lists. Slices are behind a bit of what is touched: a smaller table, which
 * most strangers ask nothing but. `slices` NULL: there are none. */
static __always_inline enum cover cover_find_large4(const __be32 *source,
						     const struct xdpwl_rows4 *rows,
						     const struct xdpwl_slices4 *slices,
						     __u32 slot)
{
	__u64 offset = row4_offset(source);
	const volatile __u8 *bytes = (const void *)source;
	const struct xdpwl_hosts4 *hosts;
	const struct xdpwl_slice4 *slice;
	const void *start, *places = rows->place;
	__u64 at;
	__s64 within;

	if (!row4_touched(source, offset, rows))
		return COVER_NOBODY;
	if (!slices)
		return COVER_ASK;
	start = slices->slice;
	asm volatile("" : "+r"(start));
	asm volatile("" : "+r"(places));
	at = *(const __u32 *)(places + (offset >> 1));
	at = value_bound(at + bytes[2], XDPWL_SLICES4 - 1);
	slice = start + at * sizeof(*slice);
	within = ((__s64)slice->last - bytes[3]) | ((__s64)bytes[3] - slice->first);
	if (within >= 0)
		return COVER_MAIN;
	if (slice->first <= slice->last)
		return COVER_NOBODY;
	at = XDPWL_SLICE4_NUMBER(slice->first, slice->last);
	hosts = block_find(&hosts4, slot, 0);
	if (at >= XDPWL_SLICE4_ASK || !hosts)
		return COVER_ASK;
	return crowd_bit(hosts->bits, at, 0xffff, bytes[3]) < 0 ? COVER_MAIN : COVER_NOBODY;
}

/* The same behind the filters, as far as the slot goes without a call. `source` is the address
 * as it stands in a packet, `near` what near4_marks() has of it. */
static __always_inline __u32 listed4(const __be32 *source, __u32 near,
				     const struct xdpwl_slot *tables, __u32 slot)
{
	__u32 addr = bpf_ntohl(*source), number;
	__u64 hash = fine4_hash(addr, tables), offset, word;

	if (tables->flags & XDPWL_HAS_ROWS4) {
		const struct xdpwl_rows4 *rows = block_find(&rows4, slot, 0);

		if (rows && !row4_touched(source, row4_offset(source), rows))
			return XDPWL_UNLISTED;
	}
	if (near & XDPWL_BIT32(XDPWL_NEAR4_WHOLE)) {
		number = tables->whole4[*(const __u16 *)source];
		return number & XDPWL_WHOLE4_DENSE ? number_find4(addr, slot) : number;
	}
	offset = word_offset(hash, tables->fine4_shift);
	word = tables->flags & XDPWL_HAS_FINE4 ?
		       fine_word(&fine4, slot, offset, sizeof(struct xdpwl_fine4)) :
		       word_of(tables->fine4, offset, sizeof(tables->fine4));
	if (!fine4_has(word, hash, addr & tables->fine4_mask))
		return XDPWL_UNLISTED;
	return number_find4(addr, slot);
}

#endif
