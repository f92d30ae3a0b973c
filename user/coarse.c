/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Marks what the entries of the tries touch: in the slot, and where that says too little
 * of many IPv6 prefixes, in the coarse table.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "coarse.h"

#define WORDS (XDPWL_BLOCK_BITS / 64)
#define BLOOM_KEYS_A_WORD 2
#define BLOOM_WORDS_MAX (1u << 18)
#define FINE_KEYS (4u << XDPWL_FINE6_LOG)	/* more of them, and fine6 says little */
#define MOST(bits) ((bits) / 3)	/* set bits: more of them, and a table says little */

/* A half of a coarse table: blocks follow one another without a gap, and so do their
 * words. */
static __u64 *coarse_words(struct blocks *coarse, int half)
{
	return (__u64 *)((struct xdpwl_block *)coarse->elements +
			 half * (coarse->n / XDPWL_HALVES));
}

static int coarse_create(struct blocks *coarse, uint32_t half)
{
	coarse->n = XDPWL_HALVES * half;
	coarse->elements = calloc(coarse->n, sizeof(struct xdpwl_block));
	return coarse->elements ? 0 : -ENOMEM;
}

static bool has_all(const struct xdpwl_entry *entry)
{
	return entry->profile & XDPWL_PROFILE_ALL;
}

/* Half a table of `size` bytes that would say "perhaps" too often says so always, and
 * true is returned. */
static bool saturate(void *half, size_t size)
{
	const __u64 *words = half;
	size_t set = 0, i;

	for (i = 0; i < size / 8; i++)
		set += __builtin_popcountll(words[i]);
	if (set <= MOST(size * 8))
		return false;
	memset(half, 0xff, size);
	return true;
}

/* ---- IPv4 ---- */

/* Addresses first ... last in a half. */
static void near_mark4(struct tables *tables, int half, uint32_t first, uint32_t last)
{
	const int shift = 8 + XDPWL_NEAR4_SHIFT, bits = 16 - shift;
	__u8 *near = tables->slot->near4.bits[half];
	uint32_t i;

	for (i = first >> shift; i <= last >> shift; i++)
		near[htons(i >> bits)] |= 1u << (i & ((1u << bits) - 1));
}

static void entry_mark4(struct tables *tables, size_t i)
{
	const struct xdpwl_lpm4 *key = (struct xdpwl_lpm4 *)tables->lpm4.keys + i;
	const struct xdpwl_entry *entry =
		(struct xdpwl_entry *)tables->lpm4.values + i;
	uint32_t first, last;

	memcpy(&first, key->addr, sizeof(first));
	first = ntohl(first);
	last = key->len ? first | (uint32_t)(0xffffffffull >> key->len) :
			  UINT32_MAX;
	near_mark4(tables, XDPWL_HALF_ANY, first, last);
	if (has_all(entry))
		near_mark4(tables, XDPWL_HALF_ALL, first, last);
}

void coarse_build4(struct tables *tables)
{
	/* Sources that others judge. */
	static const uint32_t never[][2] = {
		{ 0, 0x00ffffff }, { 0x7f000000, 0x7fffffff },
		{ 0xe0000000, 0xffffffff },
	};
	struct xdpwl_near4 *near = &tables->slot->near4;
	int half;
	size_t i;

	for (i = 0; i < tables->lpm4.n; i++)
		entry_mark4(tables, i);
	for (half = 0; half < XDPWL_HALVES; half++) {
		for (i = 0; i < sizeof(never) / sizeof(*never); i++)
			near_mark4(tables, half, never[i][0], never[i][1]);
		saturate(near->bits[half], sizeof(near->bits[half]));
	}
}

/* ---- IPv6 ---- */

static uint32_t head6(const struct xdpwl_lpm6 *key)
{
	uint32_t head;

	memcpy(&head, key->addr, sizeof(head));
	return ntohl(head);
}

/* How many first `head` bits a prefix of at least XDPWL_SHORT6 stands for. */
static uint32_t heads_of(uint32_t length, uint32_t head)
{
	return length >= head ? 1 : 1u << (head - length);
}

static uint32_t bloom_words(const struct tables *tables)
{
	const struct xdpwl_lpm6 *keys = tables->lpm6.keys;
	uint64_t heads = 0, words = WORDS;
	size_t i;

	for (i = 0; i < tables->lpm6.n; i++)
		if (keys[i].len >= XDPWL_SHORT6 &&
		    (!i || keys[i].len < 32 ||
		     head6(&keys[i]) != head6(&keys[i - 1])))
			heads += heads_of(keys[i].len, 32);
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

static void bloom_mark(__u64 *words, uint64_t hash, uint32_t shift)
{
	words[XDPWL_BLOOM_WORD(hash, shift)] |=
		1ull << (XDPWL_BLOOM_BIT1(hash, shift) & 63) |
		1ull << (XDPWL_BLOOM_BIT2(hash, shift) & 63);
}

/* Marks a hash in a half. */
typedef void mark6(struct tables *tables, int half, uint64_t hash);

static void near_mark6(struct tables *tables, int half, uint64_t hash)
{
	bloom_mark(tables->slot->near6.word[half], hash, XDPWL_NEAR6_SHIFT);
}

static void coarse_mark6(struct tables *tables, int half, uint64_t hash)
{
	bloom_mark(coarse_words(&tables->coarse6, half), hash,
		   tables->slot->bloom_shift);
}

static void half_mark6(struct tables *tables, int half,
		       const struct xdpwl_lpm6 *key, mark6 *mark)
{
	uint32_t head = head6(key), i;

	for (i = 0; i < heads_of(key->len, 32); i++)
		mark(tables, half,
		     xdpwl_bloom_hash(htonl(head + i), tables->slot->seed));
}

/* The first 16 bits of a short prefix, as they stand in a packet. */
static void short_mark6(__u64 *words, const struct xdpwl_lpm6 *key)
{
	uint32_t head;
	uint16_t raw;

	for (head = head6(key) >> 16; head <= last6(key) >> 16; head++) {
		raw = htons(head);
		words[raw / 64] |= 1ull << (raw & 63);
	}
}

static void entry_mark6(struct tables *tables, size_t i, mark6 *mark)
{
	const struct xdpwl_lpm6 *key = (struct xdpwl_lpm6 *)tables->lpm6.keys + i;
	const struct xdpwl_entry *entry =
		(struct xdpwl_entry *)tables->lpm6.values + i;
	struct xdpwl_slot *slot = tables->slot;

	if (key->len < XDPWL_SHORT6) {
		slot->flags |= XDPWL_HAS_SHORT6;
		short_mark6(slot->short6.word[XDPWL_HALF_ANY], key);
		if (has_all(entry))
			short_mark6(slot->short6.word[XDPWL_HALF_ALL], key);
		return;
	}
	half_mark6(tables, XDPWL_HALF_ANY, key, mark);
	if (has_all(entry))
		half_mark6(tables, XDPWL_HALF_ALL, key, mark);
}

static void entries_mark6(struct tables *tables, mark6 *mark)
{
	size_t i;

	for (i = 0; i < tables->lpm6.n; i++)
		entry_mark6(tables, i, mark);
}

/* ---- IPv6: fine6 ---- */

/* How many prefixes there are of each length; of those that share 48 bits with the one
 * before, none. */
static void lengths_count(const struct table *lpm6, uint64_t lengths[129])
{
	const struct xdpwl_lpm6 *keys = lpm6->keys;
	size_t i;

	for (i = 0; i < lpm6->n; i++)
		if (!i || keys[i].len < 48 ||
		    memcmp(keys[i].addr, keys[i - 1].addr, 6))
			lengths[keys[i].len]++;
}

/* How many keys there are, if those of first 48 bits begin at length `first`. */
static uint64_t keys_count(const uint64_t lengths[129], uint32_t first)
{
	uint64_t keys = 0;
	uint32_t length;

	for (length = XDPWL_SHORT6; length <= 128; length++)
		keys += lengths[length] *
			heads_of(length, length < first ? 32 : 48);
	return keys;
}

/* As many first 48 bits as there is room for, or nothing: of too many prefixes. */
static void fine_build6(struct tables *tables)
{
	const struct xdpwl_lpm6 *keys = tables->lpm6.keys;
	struct xdpwl_slot *slot = tables->slot;
	uint64_t lengths[129] = { 0 };
	uint32_t first = 33, next, j;
	size_t i;

	lengths_count(&tables->lpm6, lengths);
	while (first < 48 && keys_count(lengths, first) > FINE_KEYS)
		first++;
	if (keys_count(lengths, first) > FINE_KEYS)
		return;
	slot->flags |= XDPWL_HAS_FINE6;
	for (i = 0; i < tables->lpm6.n; i++) {
		uint32_t head = head6(&keys[i]), length = keys[i].len;

		next = keys[i].addr[4] << 8 | keys[i].addr[5];
		for (j = 0; length >= first && j < heads_of(length, 48); j++)
			bloom_mark(slot->fine6.word,
				   xdpwl_bloom_hash48(htonl(head), htons(next + j),
						      slot->seed),
				   XDPWL_FINE6_SHIFT);
		for (j = 0; length >= XDPWL_SHORT6 && length < first &&
			    j < heads_of(length, 32); j++)
			bloom_mark(slot->fine6.word,
				   xdpwl_bloom_hash(htonl(head + j), slot->seed),
				   XDPWL_FINE6_SHIFT);
	}
}

int coarse_build6(struct tables *tables)
{
	struct xdpwl_near6 *near = &tables->slot->near6;
	const size_t size = sizeof(near->word[0]);
	uint32_t words;

	fine_build6(tables);
	entries_mark6(tables, near_mark6);
	saturate(near->word[XDPWL_HALF_ALL], size);
	if (!saturate(near->word[XDPWL_HALF_ANY], size))
		return 0;
	words = bloom_words(tables);
	tables->slot->bloom_shift = 64 - __builtin_ctz(words);
	tables->slot->coarse6_half = words / WORDS;
	if (coarse_create(&tables->coarse6, tables->slot->coarse6_half))
		return -ENOMEM;
	entries_mark6(tables, coarse_mark6);
	return 0;
}
