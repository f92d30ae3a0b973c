/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Entries of lpm6 to fine6: by as many bits behind the first 32 as there is room for. A
 * prefix that has less of them marks all that it covers, or where these are too many
 * its first 32 alone, and its neighbours pass.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "lines.h"

#define WORDS		(XDPWL_FINE_BLOCKS * XDPWL_FINES)
#define KEYS_MOST	(5ull * WORDS)	/* more of them, and too many pass */
#define KEYS_A_PREFIX	16		/* of a few prefixes: a small filter is faster */
#define KEYS_LEAST	65536
#define KEYS_A_WORD	4

/* Prefixes of this length and longer are known by `bits` first bits. */
struct plan {
	uint32_t bits, first;
	uint64_t keys;
};

/* How many prefixes there are of each length; of those that share `bits` bits with the
 * one before, none. */
static void lengths_count(const struct table *lpm6, uint32_t bits,
			  uint64_t lengths[129])
{
	struct key6 key, last;
	size_t i;

	memset(lengths, 0, 129 * sizeof(*lengths));
	for (i = 0; i < lpm6->n; i++) {
		key = key6_at(lpm6, i);
		if (!i || key.length < bits || !key6_share(&key, &last, bits))
			lengths[key.length]++;
		last = key;
	}
}

static uint64_t keys_count(const uint64_t lengths[129], uint32_t first, uint32_t bits)
{
	struct key6 key = { .length = XDPWL_SHORT6 };
	uint64_t keys = 0;

	for (; key.length <= 128; key.length++)
		keys += lengths[key.length] *
			key6_heads(&key, key.length < first ? 32 : bits);
	return keys;
}

/* The most bits that leave room for all; or else fewer prefixes by the fewest. */
static struct plan plan_choose(const struct table *lpm6)
{
	uint64_t lengths[129], most = KEYS_A_PREFIX * lpm6->n + KEYS_LEAST;
	struct plan plan = { .bits = 52 };

	most = most < KEYS_MOST ? most : KEYS_MOST;
	do {
		plan.bits -= 4;
		plan.first = 33;
		lengths_count(lpm6, plan.bits, lengths);
		plan.keys = keys_count(lengths, plan.first, plan.bits);
	} while (plan.keys > most && plan.bits > 40);
	while (plan.keys > most && plan.first < plan.bits)
		plan.keys = keys_count(lengths, ++plan.first, plan.bits);
	return plan;
}

static void key_mark(struct xdpwl_fine *filter, const struct xdpwl_slot *slot,
		     uint64_t high, bool is_short)
{
	uint64_t next = is_short ? XDPWL_FINE6_SHORT : htonl(high) & slot->fine6_mask;
	uint64_t head = xdpwl_bloom_hash(htonl(high >> 32), slot->seed);
	uint64_t hash = xdpwl_fine6_hash(head, next), at = hash >> slot->fine6_shift;

	filter[at / XDPWL_FINES].word[at % XDPWL_FINES] |=
		1ull << (XDPWL_FINE6_BIT1(hash) & 63) |
		1ull << (XDPWL_FINE6_BIT2(hash) & 63) |
		1ull << (XDPWL_FINE6_BIT3(hash) & 63);
}

static void prefix_mark(struct xdpwl_fine *filter, const struct xdpwl_slot *slot,
			const struct key6 *key, const struct plan *plan)
{
	bool is_short = key->length < plan->first;
	uint32_t bits = is_short ? 32 : plan->bits, i;

	for (i = 0; i < key6_heads(key, bits); i++)
		key_mark(filter, slot, key->high + ((uint64_t)i << (64 - bits)),
			 is_short);
}

int fine6_build(struct tables *tables)
{
	const struct table *lpm6 = &tables->lpm6;
	struct plan plan = plan_choose(lpm6);
	struct xdpwl_slot *slot = tables->slot;
	struct xdpwl_fine *filter;
	uint32_t words = 2;
	size_t i;

	filter = calloc(XDPWL_FINE_BLOCKS, sizeof(*filter));
	if (!filter)
		return -ENOMEM;
	tables->fine6 = (struct blocks){ filter, XDPWL_FINE_BLOCKS };
	while (words < WORDS && words * KEYS_A_WORD < plan.keys)
		words *= 2;
	slot->fine6_shift = 64 - __builtin_ctz(words);
	slot->fine6_mask = htonl(~0u << (64 - plan.bits));
	for (i = 0; i < lpm6->n; i++) {
		struct key6 key = key6_at(lpm6, i);

		if (key.length >= XDPWL_SHORT6)
			prefix_mark(filter, slot, &key, &plan);
	}
	return 0;
}
