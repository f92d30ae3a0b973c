/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Marks what the entries of the tries touch, in the slot (heads, near) always, and
 * where there are more than FEW of them in the coarse tables as well.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "coarse.h"

#define WORDS (XDPWL_BLOCK_BITS / 64)
#define FEW 4096		/* entries: the slot alone turns strangers away */
#define BLOOM_MIN_LEN 24	/* shorter prefixes have too many /32s: marked by /16 */
#define BLOOM_KEYS_A_WORD 2
#define BLOOM_WORDS_MAX (1u << 18)

/* Blocks follow one another without a gap, and so do their words. */
static __u64 *words_of(struct xdpwl_block *blocks)
{
	return (__u64 *)blocks;
}

/* Bits first ... last; whole words at once. */
static void bits_set(__u64 *words, uint32_t first, uint32_t last)
{
	while (first <= last) {
		if (!(first & 63) && last - first >= 63) {
			words[first / 64] = ~0ull;
			first += 64;
		} else {
			words[first / 64] |= 1ull << (first & 63);
			first++;
		}
	}
}

static bool has_all(const struct xdpwl_entry *entry)
{
	return entry->profile & XDPWL_PROFILE_ALL;
}

/* The first 16 bits of addresses whose first 32 are first ... last. */
static void heads_mark(struct tables *tables, int heads, uint32_t first,
		       uint32_t last, const struct xdpwl_entry *entry)
{
	__u64 (*halves)[65536 / 64] = tables->slot->heads.word[heads];
	uint32_t head;
	uint16_t raw;

	for (head = first >> 16; head <= last >> 16; head++) {
		raw = htons(head);
		halves[XDPWL_HALF_ANY][raw / 64] |= 1ull << (raw & 63);
		if (has_all(entry))
			halves[XDPWL_HALF_ALL][raw / 64] |= 1ull << (raw & 63);
	}
}

/* ---- IPv4 ---- */

/* Both halves of a bitmap by the first bits of addresses. */
static void halves_mark4(__u64 *of_all, __u64 *of_any, uint32_t first,
			 uint32_t last, const struct xdpwl_entry *entry)
{
	bits_set(of_any, first, last);
	if (has_all(entry))
		bits_set(of_all, first, last);
}

static void entry_mark4(struct tables *tables, size_t i)
{
	const struct xdpwl_lpm4 *key = (struct xdpwl_lpm4 *)tables->lpm4.keys + i;
	const struct xdpwl_entry *entry =
		(struct xdpwl_entry *)tables->lpm4.values + i;
	__u64 (*near)[XDPWL_NEAR_BITS / 64] = tables->slot->near4.word;
	uint32_t half = tables->slot->coarse4_half, first, last;

	memcpy(&first, key->addr, sizeof(first));
	first = ntohl(first);
	last = key->len ? first | (uint32_t)(0xffffffffull >> key->len) :
			  UINT32_MAX;
	heads_mark(tables, XDPWL_HEADS_4, first, last, entry);
	halves_mark4(near[XDPWL_HALF_ALL], near[XDPWL_HALF_ANY],
		     first >> XDPWL_NEAR4_SHIFT, last >> XDPWL_NEAR4_SHIFT,
		     entry);
	if (half)
		halves_mark4(words_of(tables->coarse4),
			     words_of(tables->coarse4 + half),
			     first >> XDPWL_COARSE4_SHIFT,
			     last >> XDPWL_COARSE4_SHIFT, entry);
}

int coarse_build4(struct tables *tables)
{
	uint32_t half = tables->lpm4.n <= FEW ?
				0 :
				(1u << (32 - XDPWL_COARSE4_SHIFT)) / XDPWL_BLOCK_BITS;
	size_t i;

	tables->coarse4 = calloc(2 * half + 1, sizeof(*tables->coarse4));
	if (!tables->coarse4)
		return -ENOMEM;
	tables->slot->coarse4_half = half;
	for (i = 0; i < tables->lpm4.n; i++)
		entry_mark4(tables, i);
	return 0;
}

/* ---- IPv6 ---- */

static uint32_t head6(const struct xdpwl_lpm6 *key)
{
	uint32_t head;

	memcpy(&head, key->addr, sizeof(head));
	return ntohl(head);
}

/* How many first 32 bits a prefix of at least BLOOM_MIN_LEN stands for. */
static uint32_t heads_of(const struct xdpwl_lpm6 *key)
{
	return key->len >= 32 ? 1 : 1u << (32 - key->len);
}

static uint32_t bloom_words(const struct tables *tables)
{
	const struct xdpwl_lpm6 *keys = tables->lpm6.keys;
	uint64_t heads = 0, words = WORDS;
	size_t i;

	for (i = 0; i < tables->lpm6.n; i++)
		if (keys[i].len >= BLOOM_MIN_LEN &&
		    (!i || keys[i].len < 32 ||
		     head6(&keys[i]) != head6(&keys[i - 1])))
			heads += heads_of(&keys[i]);
	while (words * BLOOM_KEYS_A_WORD < heads && words < BLOOM_WORDS_MAX)
		words *= 2;
	return words;
}

/* The last /32 of a prefix. */
static uint32_t last6(const struct xdpwl_lpm6 *key)
{
	if (key->len >= 32)
		return head6(key);
	return key->len ? head6(key) | 0xffffffffu >> key->len : UINT32_MAX;
}

/* `coarse`: half a filter, or NULL. */
static void half_mark6(const struct xdpwl_slot *slot, __u64 *near, __u64 *coarse,
		       const struct xdpwl_lpm6 *key)
{
	uint32_t head = head6(key), i, bit;
	struct xdpwl_bloom bloom;

	for (i = 0; i < heads_of(key); i++) {
		bit = xdpwl_near6(head + i, slot->bloom_seed);
		near[bit / 64] |= 1ull << (bit & 63);
		if (!coarse)
			continue;
		bloom = xdpwl_bloom(head + i, slot->bloom_seed,
				    slot->bloom_shift);
		coarse[bloom.word] |= bloom.bits;
	}
}

static void entry_mark6(struct tables *tables, size_t i)
{
	const struct xdpwl_lpm6 *key = (struct xdpwl_lpm6 *)tables->lpm6.keys + i;
	const struct xdpwl_entry *entry =
		(struct xdpwl_entry *)tables->lpm6.values + i;
	struct xdpwl_slot *slot = tables->slot;
	uint32_t half = slot->coarse6_half;

	heads_mark(tables, XDPWL_HEADS_6, head6(key), last6(key), entry);
	if (key->len < BLOOM_MIN_LEN) {
		slot->flags |= XDPWL_HAS_SHORT6;
		heads_mark(tables, XDPWL_HEADS_SHORT6, head6(key), last6(key),
			   entry);
		return;
	}
	half_mark6(slot, slot->near6.word[XDPWL_HALF_ANY],
		   half ? words_of(tables->coarse6 + half) : NULL, key);
	if (has_all(entry))
		half_mark6(slot, slot->near6.word[XDPWL_HALF_ALL],
			   half ? words_of(tables->coarse6) : NULL, key);
}

int coarse_build6(struct tables *tables, uint64_t seed)
{
	uint32_t words = bloom_words(tables);
	uint32_t half = tables->lpm6.n <= FEW ? 0 : words / WORDS;
	size_t i;

	tables->coarse6 = calloc(2 * half + 1, sizeof(*tables->coarse6));
	if (!tables->coarse6)
		return -ENOMEM;
	tables->slot->coarse6_half = half;
	tables->slot->bloom_seed = seed | 1;
	tables->slot->bloom_shift = 64 - __builtin_ctz(words);
	for (i = 0; i < tables->lpm6.n; i++)
		entry_mark6(tables, i);
	return 0;
}
