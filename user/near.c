/* SPDX-License-Identifier: GPL-2.0-only */
/* Marks what the entries of the tries touch, in the slot. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "key6.h"
#include "near.h"
#include "runs4.h"

#define MOST(bits) ((bits) / 3)	/* set bits: more of them, and a table says little */

static bool has_all(const struct xdpwl_entry *entry)
{
	return entry->profile & XDPWL_PROFILE_ALL;
}

/* Half a table of `size` bytes, of whose bits `mask` is asked, would say "perhaps" too often:
 * then it says so always. */
static bool saturate(void *half, size_t size, uint64_t mask)
{
	__u64 *words = half;
	size_t set = 0, i;

	for (i = 0; i < size / 8; i++)
		set += __builtin_popcountll(words[i] & mask);
	if (set <= MOST(size / 8 * __builtin_popcountll(mask)))
		return false;
	for (i = 0; i < size / 8; i++)
		words[i] |= mask;
	return true;
}

/* ---- IPv4 ---- */

#define ANY_BITS	(0xffff0000ffff0000ull)	/* of two words; others are of whole /20s */

/* Addresses first ... last. */
static void any_mark4(struct xdpwl_near4 *near, uint32_t first, uint32_t last)
{
	const int shift = 8 + XDPWL_NEAR4_SHIFT, bits = 16 - shift;
	uint32_t i;

	for (i = first >> shift; i <= last >> shift; i++)
		near->any[htons(i >> bits)] |= XDPWL_BIT32(i & ((1u << bits) - 1));
}

static void all_mark4(struct xdpwl_near4 *near, uint32_t first, uint32_t last)
{
	const int shift = 8 + XDPWL_NEAR4_ALL_SHIFT;
	uint32_t i, head;

	for (i = first >> shift; i <= last >> shift; i++) {
		head = htons(i >> 1);
		near->all[head / 32] |= XDPWL_BIT(head * 2 + (i & 1));
	}
}

static void entry_mark4(struct tables *tables, size_t i)
{
	const struct xdpwl_entry *entry =
		(struct xdpwl_entry *)tables->lpm4.values + i;
	struct xdpwl_near4 *near = &tables->slot->near4;
	struct run run = run4_of(&tables->lpm4, i, 0);

	any_mark4(near, run.first, run.last);
	if (has_all(entry))
		all_mark4(near, run.first, run.last);
}

/* What is_never4() says. */
static const struct run never[] = {
	{ 0, 0x00ffffff, 0 }, { 0x7f000000, 0x7fffffff, 0 }, { 0xe0000000, 0xffffffff, 0 },
};

static void never_mark4(struct xdpwl_slot *slot, const struct run *run)
{
	uint32_t at;

	any_mark4(&slot->near4, run->first, run->last);
	all_mark4(&slot->near4, run->first, run->last);
	for (at = run->first >> 16; at <= run->last >> 16; at++) {
		slot->near4.any[htons(at)] |= ~0u >> XDPWL_NEAR4_WHOLE;
		slot->whole4[htons(at)] = XDPWL_WHOLE4_TRIE;
	}
}

static void touched_mark4(struct tables *tables, const struct run *run)
{
	struct xdpwl_rows4 *rows = tables->rows4.elements;
	uint32_t at;

	for (at = run->first >> 8; at <= run->last >> 8; at++)
		rows->touched[at / XDPWL_ROW4] |= XDPWL_BIT(at);
}

int rows4_build(struct tables *tables)
{
	size_t i;

	tables->slot->flags |= XDPWL_HAS_ROWS4;
	tables->rows4.elements = calloc(1, sizeof(struct xdpwl_rows4));
	tables->rows4.n = 1;
	if (!tables->rows4.elements)
		return -ENOMEM;
	for (i = 0; i < tables->lpm4.n; i++) {
		struct run run = run4_of(&tables->lpm4, i, 0);

		touched_mark4(tables, &run);
	}
	for (i = 0; i < sizeof(never) / sizeof(*never); i++)
		touched_mark4(tables, &never[i]);
	return 0;
}

int near_build4(struct tables *tables)
{
	struct xdpwl_near4 *near = &tables->slot->near4;
	bool full;
	size_t i;

	for (i = 0; i < tables->lpm4.n; i++)
		entry_mark4(tables, i);
	for (i = 0; i < sizeof(never) / sizeof(*never); i++)
		never_mark4(tables->slot, &never[i]);
	full = saturate(near->any, sizeof(near->any), ANY_BITS);
	full |= saturate(near->all, sizeof(near->all), ~0ull);
	return full ? rows4_build(tables) : 0;
}

/* ---- IPv6 ---- */

#define ANY_BITS6	0xffffffffull	/* others are places */

static void any_mark6(__u64 *words, uint64_t hash, uint8_t last)
{
	words[XDPWL_NEAR6_WORD(hash)] |= XDPWL_BIT32(XDPWL_NEAR6_BIT1(last)) |
					 XDPWL_BIT32(XDPWL_NEAR6_BIT2(hash));
}

static void all_mark6(__u64 *words, uint64_t hash)
{
	const uint32_t shift = 64 - XDPWL_NEAR6_ALL;

	words[XDPWL_BLOOM_WORD(hash, shift)] |= XDPWL_BIT(XDPWL_BLOOM_BIT1(hash, shift)) |
						XDPWL_BIT(XDPWL_BLOOM_BIT2(hash, shift));
}

static void near_mark6(struct xdpwl_near6 *near, const struct key6 *key, uint64_t seed, bool all)
{
	uint32_t head = key->high >> 32, i;

	for (i = 0; i < key6_heads(key, 32); i++) {
		uint64_t hash = xdpwl_bloom_hash(htonl(head + i), seed);

		any_mark6(near->any, hash, head + i);
		if (all)
			all_mark6(near->all, hash);
	}
}

void near6_mark(struct xdpwl_slot *slot, uint64_t high)
{
	uint64_t hash = xdpwl_bloom_hash(htonl(high >> 32), slot->seed);

	slot->near6.any[XDPWL_NEAR6_WORD(hash)] |= XDPWL_BIT32(XDPWL_NEAR6_MARK1(hash)) |
						   XDPWL_BIT32(XDPWL_NEAR6_MARK2(hash));
}

/* The first 16 bits of a short prefix, as they stand in a packet. */
static void short_mark6(__u64 *words, const struct key6 *key)
{
	uint32_t head = key->high >> 48, i;

	for (i = 0; i < key6_heads(key, 16); i++) {
		uint16_t raw = htons(head + i);

		words[raw / 64] |= XDPWL_BIT(raw);
	}
}

static void entry_mark6(struct tables *tables, size_t i)
{
	const struct xdpwl_entry *entry =
		(struct xdpwl_entry *)tables->lpm6.values + i;
	struct key6 key = key6_at(&tables->lpm6, i);
	struct xdpwl_slot *slot = tables->slot;

	if (key.length < XDPWL_SHORT6) {
		slot->flags |= XDPWL_HAS_SHORT6;
		short_mark6(slot->short6.word[XDPWL_HALF_ANY], &key);
		if (has_all(entry))
			short_mark6(slot->short6.word[XDPWL_HALF_ALL], &key);
		return;
	}
	near_mark6(&slot->near6, &key, slot->seed, has_all(entry));
}

void near_build6(struct tables *tables)
{
	struct xdpwl_near6 *near = &tables->slot->near6;
	size_t i;

	for (i = 0; i < tables->lpm6.n; i++)
		entry_mark6(tables, i);
	if (saturate(near->any, sizeof(near->any), ANY_BITS6))
		tables->slot->flags |= XDPWL_FULL_NEAR6;
	saturate(near->all, sizeof(near->all), ~0ull);
}
