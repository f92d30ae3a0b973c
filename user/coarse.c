/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Marks what the entries of the tries touch: their first 16 bits always, and where
 * there are more than FEW of them, something finer: for IPv4 a bitmap of the /20s
 * or the /24s, for IPv6 the filter over the /32s.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "coarse.h"

#define WORDS (XDPWL_BLOCK_BITS / 64)
#define FEW 64			/* entries: their heads alone turn strangers away */
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

static void entry_mark4(struct tables *tables, size_t i)
{
	const struct xdpwl_lpm4 *key = (struct xdpwl_lpm4 *)tables->lpm4.keys + i;
	const struct xdpwl_entry *entry =
		(struct xdpwl_entry *)tables->lpm4.values + i;
	uint32_t shift = tables->slot->coarse4_shift;
	uint32_t half = tables->slot->coarse4_half, first, last;

	memcpy(&first, key->addr, sizeof(first));
	first = ntohl(first);
	last = key->len ? first | (uint32_t)(0xffffffffull >> key->len) :
			  UINT32_MAX;
	heads_mark(tables, XDPWL_HEADS_4, first, last, entry);
	if (!half)
		return;
	bits_set(words_of(tables->coarse4 + half), first >> shift,
		 last >> shift);
	if (has_all(entry))
		bits_set(words_of(tables->coarse4), first >> shift,
			 last >> shift);
}

int coarse_build4(struct tables *tables)
{
	uint32_t shift = tables->lpm4.n <= 4096 ? 12 : 8;
	uint32_t half = (1u << (32 - shift)) / XDPWL_BLOCK_BITS;
	size_t i;

	if (tables->lpm4.n <= FEW)
		half = 0;
	tables->coarse4 = calloc(2 * half + 1, sizeof(*tables->coarse4));
	if (!tables->coarse4)
		return -ENOMEM;
	tables->slot->coarse4_shift = shift;
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

static void bloom_mark(const struct tables *tables, struct xdpwl_block *half,
		       const struct xdpwl_lpm6 *key)
{
	uint32_t head = head6(key), i;

	for (i = 0; i < heads_of(key); i++) {
		struct xdpwl_bloom bloom = xdpwl_bloom(
			head + i, tables->slot->bloom_seed,
			tables->slot->bloom_shift);

		half[bloom.word / WORDS]
			.word[bloom.word % WORDS] |= bloom.bits;
	}
}

static void entry_mark6(struct tables *tables, size_t i)
{
	const struct xdpwl_lpm6 *key = (struct xdpwl_lpm6 *)tables->lpm6.keys + i;
	const struct xdpwl_entry *entry =
		(struct xdpwl_entry *)tables->lpm6.values + i;
	uint32_t half = tables->slot->coarse6_half;

	heads_mark(tables, XDPWL_HEADS_6, head6(key), last6(key), entry);
	if (!half)
		return;
	if (key->len < BLOOM_MIN_LEN) {
		tables->slot->flags |= XDPWL_HAS_SHORT6;
		heads_mark(tables, XDPWL_HEADS_SHORT6, head6(key), last6(key),
			   entry);
		return;
	}
	bloom_mark(tables, tables->coarse6 + half, key);
	if (has_all(entry))
		bloom_mark(tables, tables->coarse6, key);
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
