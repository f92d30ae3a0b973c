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

int coarse_build4(struct tables *tables)
{
	const struct xdpwl_entry *entries = tables->lpm4.values;
	const struct xdpwl_lpm4 *keys = tables->lpm4.keys;
	uint32_t shift = tables->lpm4.n <= 4096 ? 12 : 8;
	uint32_t half = (1u << (32 - shift)) / XDPWL_BLOCK_BITS;
	uint32_t first, last;
	size_t i;

	if (tables->lpm4.n <= FEW)
		half = 0;
	tables->coarse4 = calloc(2 * half + 1, sizeof(*tables->coarse4));
	if (!tables->coarse4)
		return -ENOMEM;
	tables->slot.coarse4_shift = shift;
	tables->slot.coarse4_half = half;
	for (i = 0; i < tables->lpm4.n; i++) {
		memcpy(&first, keys[i].addr, sizeof(first));
		first = ntohl(first);
		last = keys[i].len ? first | (uint32_t)(0xffffffffull >> keys[i].len) :
				     UINT32_MAX;
		bits_set(tables->heads->v4[XDPWL_HALF_ANY], first >> 16,
			 last >> 16);
		if (has_all(&entries[i]))
			bits_set(tables->heads->v4[XDPWL_HALF_ALL],
				 first >> 16, last >> 16);
		if (!half)
			continue;
		bits_set(words_of(tables->coarse4 + half), first >> shift,
			 last >> shift);
		if (has_all(&entries[i]))
			bits_set(words_of(tables->coarse4), first >> shift,
				 last >> shift);
	}
	return 0;
}

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

static void mark6(const struct tables *tables, struct xdpwl_block *half,
		  const struct xdpwl_lpm6 *key)
{
	uint32_t head = head6(key), i;

	if (key->len < BLOOM_MIN_LEN) {
		bits_set(words_of(half), head >> 16, last6(key) >> 16);
		return;
	}
	for (i = 0; i < heads_of(key); i++) {
		struct xdpwl_bloom bloom = xdpwl_bloom(
			head + i, tables->slot.bloom_seed,
			tables->slot.bloom_shift);

		half[XDPWL_SHORT_BLOCKS + bloom.word / WORDS]
			.word[bloom.word % WORDS] |= bloom.bits;
	}
}

int coarse_build6(struct tables *tables, uint64_t seed)
{
	const struct xdpwl_entry *entries = tables->lpm6.values;
	const struct xdpwl_lpm6 *keys = tables->lpm6.keys;
	uint32_t words = bloom_words(tables), half;
	size_t i;

	half = tables->lpm6.n <= FEW ? 0 : XDPWL_SHORT_BLOCKS + words / WORDS;
	tables->coarse6 = calloc(2 * half + 1, sizeof(*tables->coarse6));
	if (!tables->coarse6)
		return -ENOMEM;
	tables->slot.coarse6_half = half;
	for (i = 0; i < tables->lpm6.n; i++)
		if (keys[i].len < BLOOM_MIN_LEN)
			tables->slot.flags |= XDPWL_HAS_SHORT6;
	tables->slot.bloom_seed = seed | 1;
	tables->slot.bloom_shift = 64 - __builtin_ctz(words);
	for (i = 0; i < tables->lpm6.n; i++) {
		bits_set(tables->heads->v6[XDPWL_HALF_ANY],
			 head6(&keys[i]) >> 16, last6(&keys[i]) >> 16);
		if (has_all(&entries[i]))
			bits_set(tables->heads->v6[XDPWL_HALF_ALL],
				 head6(&keys[i]) >> 16, last6(&keys[i]) >> 16);
		if (!half)
			continue;
		mark6(tables, tables->coarse6 + half, &keys[i]);
		if (has_all(&entries[i]))
			mark6(tables, tables->coarse6, &keys[i]);
	}
	return 0;
}
