/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Entries of lpm6 to fine6: by as many bits behind the first 32 as there is room for. A
 * prefix that has less of them marks all that it covers, or where these are too many
 * its first 32 alone, and its neighbours pass.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include "fine.h"
#include "lines.h"

#define KEYS_MOST	(8ull * FINE_WORDS)	/* more of them, and too many pass; or */
#define KEYS_MOST_SHORT	(5ull * FINE_WORDS)	/* where each is asked for twice */
#define KEYS_FEW(n)	(20 * (uint64_t)(n) + 65536)	/* a small filter is faster */
#define PLANS		3		/* 48, 44 and 40 bits */
#define PLAN_BITS(k)	(48u - 4 * (k))

/* Prefixes of this length and longer are known by `bits` first bits. */
struct plan {
	uint32_t bits, first;
	uint64_t keys;
};

/* How many prefixes there are of each length, for each number of bits; of those that share
 * as many bits with the one before, none. */
struct lengths {
	uint64_t of[PLANS][129];
};

static void lengths_count(struct lengths *lengths, const struct table *lpm6)
{
	struct key6 key, last;
	uint32_t k;
	size_t i;

	memset(lengths, 0, sizeof(*lengths));
	for (i = 0; i < lpm6->n; i++) {
		key = key6_at(lpm6, i);
		for (k = 0; k < PLANS; k++)
			if (!i || key.length < PLAN_BITS(k) ||
			    !key6_share(&key, &last, PLAN_BITS(k)))
				lengths->of[k][key.length]++;
		last = key;
	}
}

static struct plan plan_of(const struct lengths *lengths, uint32_t k,
			   uint32_t first)
{
	struct plan plan = { .bits = PLAN_BITS(k), .first = first };
	struct key6 key = { .length = XDPWL_SHORT6 };

	for (; key.length <= 128; key.length++)
		plan.keys += lengths->of[k][key.length] *
			     key6_heads(&key, key.length < first ? 32 : plan.bits);
	return plan;
}

/* As many bits as leave room for all prefixes; or for all that have more than 32; or of
 * few bits, from the shortest length on that leaves room. `few`: room enough for few. */
static struct plan plan_choose(const struct lengths *lengths, uint64_t few)
{
	static const struct {
		uint32_t first;
		uint64_t keys;
	} most[] = { { XDPWL_SHORT6, KEYS_MOST }, { 33, KEYS_MOST_SHORT } };
	struct plan plan = { 0 };
	uint32_t i, k;

	for (i = 0; i < 2; i++)
		for (k = 0; k < PLANS; k++) {
			plan = plan_of(lengths, k, most[i].first);
			if (plan.keys <= most[i].keys && plan.keys <= few)
				return plan;
		}
	while (plan.keys > KEYS_MOST_SHORT && plan.first < plan.bits)
		plan = plan_of(lengths, PLANS - 1, plan.first + 1);
	return plan;
}

static void key_mark(const struct blocks *fine, const struct xdpwl_slot *slot,
		     uint64_t high, bool is_short)
{
	uint64_t next = is_short ? XDPWL_FINE6_SHORT : htonl(high) & slot->fine6_mask;
	uint64_t head = xdpwl_bloom_hash(htonl(high >> 32), slot->seed);
	uint64_t hash = xdpwl_fine6_hash(head, next);

	*fine_word(fine, hash >> slot->fine6_shift) |=
		1ull << (XDPWL_FINE6_BIT1(hash) & 63) |
		1ull << (XDPWL_FINE6_BIT2(hash) & 63) |
		1ull << (XDPWL_FINE6_BIT3(hash) & 63);
}

static void prefix_mark(const struct blocks *fine, const struct xdpwl_slot *slot,
			const struct key6 *key, const struct plan *plan)
{
	bool is_short = key->length < plan->first;
	uint32_t bits = is_short ? 32 : plan->bits, i;

	for (i = 0; i < key6_heads(key, bits); i++)
		key_mark(fine, slot, key->high + ((uint64_t)i << (64 - bits)),
			 is_short);
}

int fine6_build(struct tables *tables)
{
	const struct table *lpm6 = &tables->lpm6;
	struct xdpwl_slot *slot = tables->slot;
	struct lengths lengths;
	struct plan plan;
	size_t i;

	lengths_count(&lengths, lpm6);
	plan = plan_choose(&lengths, KEYS_FEW(lpm6->n));
	if (fine_create(&tables->fine6))
		return -ENOMEM;
	slot->fine6_shift = fine_shift(plan.keys, FINE_WORDS);
	slot->fine6_mask = htonl(~0u << (64 - plan.bits));
	if (plan.first > XDPWL_SHORT6)
		slot->flags |= XDPWL_HAS_FINE6_SHORT;
	for (i = 0; i < lpm6->n; i++) {
		struct key6 key = key6_at(lpm6, i);

		if (key.length >= XDPWL_SHORT6)
			prefix_mark(&tables->fine6, slot, &key, &plan);
	}
	return 0;
}
