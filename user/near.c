/* SPDX-License-Identifier: GPL-2.0-only */
/* Marks what the entries of the tries touch, in the slot. */
#include <arpa/inet.h>
#include <string.h>
#include "key6.h"
#include "near.h"

#define MOST(bits) ((bits) / 3)	/* set bits: more of them, and a table says little */

static bool has_all(const struct xdpwl_entry *entry)
{
	return entry->profile & XDPWL_PROFILE_ALL;
}

/* Half a table of `size` bytes that would say "perhaps" too often says so always. */
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

void near_build4(struct tables *tables)
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
		if (saturate(near->bits[half], sizeof(near->bits[half])))
			tables->slot->flags |= XDPWL_HAS_TOUCHED4;
	}
}

/* ---- IPv6 ---- */

static void near_mark6(__u64 *words, const struct key6 *key, uint64_t seed)
{
	uint32_t head = key->high >> 32, i;

	for (i = 0; i < key6_heads(key, 32); i++) {
		uint64_t hash = xdpwl_bloom_hash(htonl(head + i), seed);

		words[XDPWL_BLOOM_WORD(hash, XDPWL_NEAR6_SHIFT)] |=
			1ull << (XDPWL_BLOOM_BIT1(hash, XDPWL_NEAR6_SHIFT) & 63) |
			1ull << (XDPWL_BLOOM_BIT2(hash, XDPWL_NEAR6_SHIFT) & 63);
	}
}

void near6_mark(struct xdpwl_slot *slot, uint64_t high)
{
	uint64_t hash = xdpwl_bloom_hash(htonl(high >> 32), slot->seed);

	slot->near6.word[XDPWL_HALF_ANY][XDPWL_BLOOM_WORD(hash, XDPWL_NEAR6_SHIFT)] |=
		1ull << (XDPWL_BLOOM_MARK1(hash, XDPWL_NEAR6_SHIFT) & 63) |
		1ull << (XDPWL_BLOOM_MARK2(hash, XDPWL_NEAR6_SHIFT) & 63);
}

bool near6_is_full(const struct xdpwl_slot *slot)
{
	const __u64 *word = slot->near6.word[XDPWL_HALF_ANY];
	size_t n = sizeof(slot->near6.word[XDPWL_HALF_ANY]) / sizeof(*word), i;

	for (i = 0; i < n; i++)
		if (~word[i])
			return false;
	return true;
}

/* The first 16 bits of a short prefix, as they stand in a packet. */
static void short_mark6(__u64 *words, const struct key6 *key)
{
	uint32_t head = key->high >> 48, i;

	for (i = 0; i < key6_heads(key, 16); i++) {
		uint16_t raw = htons(head + i);

		words[raw / 64] |= 1ull << (raw & 63);
	}
}

static void entry_mark6(struct tables *tables, size_t i)
{
	const struct xdpwl_entry *entry =
		(struct xdpwl_entry *)tables->lpm6.values + i;
	struct key6 key = key6_at(&tables->lpm6, i);
	struct xdpwl_slot *slot = tables->slot;
	int half, halves = has_all(entry) ? XDPWL_HALVES : 1;

	if (key.length < XDPWL_SHORT6)
		slot->flags |= XDPWL_HAS_SHORT6;
	for (half = 0; half < halves; half++) {
		if (key.length < XDPWL_SHORT6)
			short_mark6(slot->short6.word[half], &key);
		else
			near_mark6(slot->near6.word[half], &key, slot->seed);
	}
}

void near_build6(struct tables *tables)
{
	struct xdpwl_near6 *near = &tables->slot->near6;
	int half;
	size_t i;

	for (i = 0; i < tables->lpm6.n; i++)
		entry_mark6(tables, i);
	for (half = 0; half < XDPWL_HALVES; half++)
		saturate(near->word[half], sizeof(near->word[half]));
}
