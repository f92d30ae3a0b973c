/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Entries of lpm6 to heads6: a head that has one prefix has its number, and one that has
 * several, or finds no place, says that lines6 knows. They all come to their buckets
 * twice: first to take places, then to see who had to share one.
 */
#include <errno.h>
#include <stdlib.h>
#include "lines.h"

/* Buckets have four places. Of five heads in eight buckets one in fifty finds none. */
#define BUCKETS(heads) ((heads) * 5 / 8 + 1)

/* Short prefixes have many heads: more than so many for all are too many. */
#define HEADS_MOST(n) (4 * (n) + 65536)

struct heads {
	struct xdpwl_bucket6 *bucket;
	uint32_t n;
	uint64_t seed;
};

static struct xdpwl_bucket6 *bucket_of(const struct heads *heads, uint64_t high)
{
	uint64_t hash = xdpwl_hash(high >> 32 << 32, XDPWL_HEAD(32), heads->seed);

	return &heads->bucket[xdpwl_bucket(hash, heads->n)];
}

/* Where a head is, or may be: NULL where all places are others'. */
static struct xdpwl_head6 *place_find(struct xdpwl_bucket6 *bucket, uint64_t high)
{
	int i;

	for (i = 0; i < XDPWL_PLACES_HEAD6; i++)
		if (!bucket->place[i].number ||
		    bucket->place[i].high >> 32 == high >> 32)
			return &bucket->place[i];
	return NULL;
}

/* The kinds of what a place stands for. */
static uint32_t kinds_of(const struct xdpwl_head6 *place)
{
	if (place->number >= XDPWL_ASK_LINES)
		return place->number;
	return 1u << line_kind(32 + __builtin_popcount(place->mask));
}

/* One head of a prefix, of which this is all: `mask` of the 32 bits behind it. Its place
 * may be another's, who then shares it, or is the last of others, who know nothing of it. */
static void head_take(const struct heads *heads, struct xdpwl_head6 head)
{
	struct xdpwl_bucket6 *bucket = bucket_of(heads, head.high);
	struct xdpwl_head6 *place = place_find(bucket, head.high);

	if (place && !place->number) {
		*place = head;
		return;
	}
	if (!place)
		place = &bucket->place[XDPWL_PLACES_HEAD6 - 1];
	place->number = XDPWL_ASK_LINES | kinds_of(place) | kinds_of(&head);
	place->mask = 0;
}

/* Longer prefixes have no place, as a head has two words for it. */
static void key_take(const struct heads *heads, const struct key6 *key,
		     uint32_t number)
{
	struct xdpwl_head6 head = { .high = key->high, .number = number };
	uint32_t i;

	if (key->length > 64)
		head.number = XDPWL_ASK_LINES | 1u << line_kind(key->length);
	else if (key->length > 32)
		head.mask = ~0u << (64 - key->length);
	for (i = 0; i < key6_heads(key, 32); i++) {
		head_take(heads, head);
		head.high += 1ull << 32;
	}
}

/* Whether all heads of a prefix have it and none else. */
static bool key_holds(const struct heads *heads, const struct key6 *key)
{
	uint64_t high = key->high;
	uint32_t i;

	for (i = 0; i < key6_heads(key, 32); i++) {
		const struct xdpwl_head6 *place =
			place_find(bucket_of(heads, high), high);

		if (!place || place->number >= XDPWL_ASK_LINES)
			return false;
		high += 1ull << 32;
	}
	return true;
}

static size_t heads_count(const struct table *lpm6)
{
	struct key6 key, last;
	size_t heads = 0, i;

	for (i = 0; i < lpm6->n; i++) {
		key = key6_at(lpm6, i);
		if (key.length >= XDPWL_SHORT6 &&
		    (!i || key.length < 32 || !key6_share(&key, &last, 32)))
			heads += key6_heads(&key, 32);
		last = key;
	}
	return heads;
}

static int heads_create(struct heads *heads, struct tables *tables)
{
	size_t n = heads_count(&tables->lpm6);
	struct blocks *blocks = &tables->heads6;

	if (n > HEADS_MOST(tables->lpm6.n))
		return 0;
	heads->n = tables->slot->exact6.buckets = BUCKETS(n);
	heads->seed = tables->slot->seed;
	blocks->n = (heads->n + XDPWL_BUCKETS6 - 1) / XDPWL_BUCKETS6;
	blocks->elements = calloc(blocks->n, sizeof(struct xdpwl_heads6));
	heads->bucket = blocks->elements;
	return heads->bucket ? 0 : -ENOMEM;
}

int heads_build(struct tables *tables, const uint32_t *numbers, bool *several)
{
	const struct table *lpm6 = &tables->lpm6;
	struct heads heads = { 0 };
	struct key6 key;
	int err = heads_create(&heads, tables);
	size_t i;

	if (err)
		return err;
	for (i = 0; heads.n && i < lpm6->n; i++) {
		key = key6_at(lpm6, i);
		if (key.length >= XDPWL_SHORT6)
			key_take(&heads, &key, numbers[i]);
	}
	for (i = 0; i < lpm6->n; i++) {
		key = key6_at(lpm6, i);
		several[i] = key.length >= XDPWL_SHORT6 &&
			     !(heads.n && key_holds(&heads, &key));
	}
	return 0;
}
