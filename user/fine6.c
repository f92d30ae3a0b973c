/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Entries of lpm6 to fine6: by as many bits behind the first 32 as there is room for, since
 * the neighbours that pass are those which share them. A prefix that has less of them marks
 * all that it covers, or where these are too many its first 32 alone.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include "fine.h"
#include "lines.h"
#include "near.h"

#define KEYS_SLOT	(8ull * XDPWL_FINE6_SLOT)
#define KEYS_MOST	(8ull * XDPWL_FINES)	/* more of them, and too many pass; or */
#define KEYS_MOST_HEADS	(5ull * XDPWL_FINES)	/* where each has two chances */
#define KEYS_FEW(n)	(6 * (uint64_t)(n) + 65536)	/* a small filter is faster */

static const uint32_t plan_bits[] = { 48, 44, 40, 38, 36 };
#define PLANS (sizeof(plan_bits) / sizeof(*plan_bits))

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
			if (!i || key.length < plan_bits[k] ||
			    !key6_share(&key, &last, plan_bits[k]))
				lengths->of[k][key.length]++;
		last = key;
	}
}

static struct plan plan_of(const struct lengths *lengths, uint32_t k,
			   uint32_t first, bool heads)
{
	struct plan plan = { .bits = plan_bits[k], .first = first };
	struct key6 key = { .length = heads ? XDPWL_SHORT6 : first };

	for (; key.length <= 128; key.length++)
		plan.keys += lengths->of[k][key.length] *
			     key6_heads(&key, key.length < first ? 32 : plan.bits);
	return plan;
}

/* For each number of bits, from the most on: as keys, all prefixes, or all that have more than
 * 32; or of few bits, from the shortest length on that leaves room. `few`: room enough for
 * few. `heads`: shorter ones have keys, too. */
static struct plan plan_choose(const struct lengths *lengths, uint64_t few, bool heads)
{
	uint64_t most = heads ? KEYS_MOST_HEADS : KEYS_MOST;
	struct plan plan = { 0 };
	uint32_t k;

	for (k = 0; k < PLANS; k++) {
		plan = plan_of(lengths, k, XDPWL_SHORT6, heads);
		if (plan.keys <= KEYS_MOST && plan.keys <= few)
			return plan;
		plan = plan_of(lengths, k, 33, heads);
		if (plan.keys <= most && plan.keys <= few)
			return plan;
	}
	while (plan.keys > most && plan.first < plan.bits)
		plan = plan_of(lengths, PLANS - 1, plan.first + 1, heads);
	return plan;
}

static void key_mark(struct tables *tables, uint64_t high, uint64_t next)
{
	struct xdpwl_slot *slot = tables->slot;
	uint64_t head = xdpwl_bloom_hash(htonl(high >> 32), slot->seed);
	uint64_t hash = xdpwl_fine6_hash(head, next), at = hash;

	if (slot->flags & XDPWL_HAS_FINE6_HEADS)
		at = xdpwl_fine6_hash(head, XDPWL_FINE6_HEAD);
	*fine_word(&tables->fine6, slot->fine6, at >> slot->fine6_shift) |=
		XDPWL_BIT(XDPWL_FINE6_BIT1(hash)) | XDPWL_BIT(XDPWL_FINE6_BIT2(hash)) |
		XDPWL_BIT(XDPWL_FINE6_BIT3(hash));
}

static void prefix_mark(struct tables *tables, const struct key6 *key, uint32_t bits)
{
	uint64_t high = key->high;
	uint32_t i;

	for (i = 0; i < key6_heads(key, bits); i++) {
		key_mark(tables, high, htonl(high) & tables->slot->fine6_mask);
		high += 1ull << (64 - bits);
	}
}

static void heads_mark(struct tables *tables, const struct key6 *key)
{
	struct xdpwl_slot *slot = tables->slot;
	uint64_t high = key->high;
	uint32_t i;

	for (i = 0; i < key6_heads(key, 32); i++) {
		if (slot->flags & XDPWL_HAS_FINE6_HEADS) {
			key_mark(tables, high, XDPWL_FINE6_HEAD);
		} else {
			near6_mark(slot, high);
			slot->flags |= XDPWL_HAS_MARKS6;
		}
		high += 1ull << 32;
	}
}

int fine6_build(struct tables *tables)
{
	const struct table *lpm6 = &tables->lpm6;
	struct xdpwl_slot *slot = tables->slot;
	const struct fine_room room = { XDPWL_FINE6_SLOT, XDPWL_FINES };
	bool full = slot->flags & XDPWL_FULL_NEAR6;
	struct lengths lengths;
	struct plan plan;
	size_t i;

	lengths_count(&lengths, lpm6);
	plan = plan_choose(&lengths, KEYS_FEW(lpm6->n), full);
	if (fine_fit(&tables->fine6, plan.keys, room, KEYS_SLOT, &slot->fine6_shift))
		return -ENOMEM;
	if (tables->fine6.n)
		slot->flags |= XDPWL_HAS_FINE6;
	if (full && plan.first > XDPWL_SHORT6)
		slot->flags |= XDPWL_HAS_FINE6_HEADS;
	slot->fine6_mask = htonl(~0u << (64 - plan.bits));
	for (i = 0; i < lpm6->n; i++) {
		struct key6 key = key6_at(lpm6, i);

		if (key.length >= plan.first)
			prefix_mark(tables, &key, plan.bits);
		else if (key.length >= XDPWL_SHORT6)
			heads_mark(tables, &key);
	}
	return 0;
}
