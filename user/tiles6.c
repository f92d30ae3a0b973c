/* SPDX-License-Identifier: GPL-2.0-only */
/* Entries of lpm6 to tiles6: prefixes by their heads, and heads to keys with a tile each. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "key6.h"
#include "places6.h"
#include "tiles6.h"

#define HEAD		32	/* bits */
#define PART_BITS	5	/* of a tile's parts */
#define MOST_KEYS	(XDPWL_TILES6 / 4 * 3)	/* of more not all found room */
#define MOST_OF_HEAD	65536
#define ASKED		64	/* so many keys rather than a prefix that others are asked about */

/* A prefix of a head: all of its bits behind 64 are not main's. */
struct item {
	uint64_t high;
	uint32_t length;	/* 32 ... 64 */
	bool main;
};

struct build {
	struct item *item;
	size_t n_items;
	struct key_tiles keys;
	bool full;		/* there are more than MOST_KEYS */
	uint64_t seed;
};

/* ---- prefixes ---- */

static int items_compare(const void *left, const void *right)
{
	const struct item *a = left, *b = right;

	if (a->high != b->high)
		return a->high < b->high ? -1 : 1;
	return a->length < b->length ? -1 : a->length > b->length;
}

static void items_take(struct build *build, const struct key6 *key, bool main)
{
	struct item item = { key->high, key->length, main };
	uint32_t i;

	if (key->length > 64)
		item = (struct item){ key->high, 64, false };
	if (key->length < HEAD)
		item.length = HEAD;
	for (i = 0; i < key6_heads(key, HEAD); i++) {
		build->item[build->n_items++] = item;
		item.high += 1ull << (64 - HEAD);
	}
}

/* What main covers anyway goes. */
static void items_thin(struct build *build)
{
	const struct item *around = NULL;
	size_t kept = 0, i;

	for (i = 0; i < build->n_items; i++) {
		struct item item = build->item[i];

		if (around && item.main && !((item.high ^ around->high) >> (64 - around->length)))
			continue;
		build->item[kept] = item;
		if (item.main)
			around = &build->item[kept];
		kept++;
	}
	build->n_items = kept;
}

/* In the order of their addresses, what is around others in front of these. */
static int items_collect(struct build *build, const struct tables *tables,
			 const uint32_t *numbers)
{
	const struct table *lpm6 = &tables->lpm6;
	bool is_short = false;
	size_t n = 0, i;

	for (i = 0; i < lpm6->n; i++) {
		struct key6 key = key6_at(lpm6, i);

		if (key.length < XDPWL_SHORT6)
			continue;
		n += key6_heads(&key, HEAD);
		is_short |= key.length < HEAD;
	}
	if (n > MOST_KEYS) {
		build->full = true;
		return 0;
	}
	build->item = malloc((n + 1) * sizeof(*build->item));
	if (!build->item)
		return -ENOMEM;
	for (i = 0; i < lpm6->n; i++) {
		struct key6 key = key6_at(lpm6, i);

		if (key.length >= XDPWL_SHORT6)
			items_take(build, &key, !xdpwl_is_special6(key.high >> 56) &&
				   numbers[i] == tables->slot->main_number[1]);
	}
	if (is_short)
		qsort(build->item, n, sizeof(*build->item), items_compare);
	items_thin(build);
	return 0;
}

/* So many from the first on, of n, have the same first 64 - cut bits, and no fewer. */
static size_t items_alike(const struct item *item, size_t n, uint32_t cut)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (64 - item[i].length > cut || (item[i].high ^ item->high) >> cut)
			break;
	return i;
}

/* ---- tiles ---- */

/* Of a head: others are asked, or keys that leave away `cut` bits. */
static struct xdpwl_tile6 head_asked(uint64_t high, uint32_t cut)
{
	return (struct xdpwl_tile6){
		high >> (64 - HEAD) << (64 - HEAD) | XDPWL_TILE6_HEAD(cut), 0, 0,
	};
}

/* Of a key that leaves away `cut` bits: others are asked, until there are parts. */
static struct xdpwl_tile6 key_asked(uint64_t high, uint32_t cut)
{
	return (struct xdpwl_tile6){ high >> cut << cut | (cut - PART_BITS), 0, 0 };
}

static uint64_t item_size(const struct item *item)
{
	return 1ull << (64 - item->length);
}

/* The tile of a head that says all of its prefixes, n of them; false: there is none. */
static bool run_make(struct xdpwl_tile6 *tile, const struct item *item, size_t n)
{
	uint64_t size = 0;
	size_t i;

	for (i = 0; i < n; i++) {
		if (!item[i].main || item[i].high != item->high + size)
			return false;
		size += item_size(&item[i]);
	}
	*tile = (struct xdpwl_tile6){ item->high, size, 0 };
	if (size > XDPWL_TILE6_WHOLE)
		tile->size = XDPWL_TILE6_WHOLE;
	return true;
}

/* The same of a key that leaves away `cut` bits. */
static bool parts_make(struct xdpwl_tile6 *tile, const struct item *item, size_t n,
		       uint32_t cut)
{
	uint32_t shift = cut - PART_BITS, bits, part, last;
	size_t i;

	for (i = 0; i < n; i++)
		if (shift > 64 - item[i].length)
			shift = 64 - item[i].length;
	bits = shift + PART_BITS;
	*tile = key_asked(item->high, bits);
	for (i = 0; i < n; i++) {
		if (!item[i].main || 64 - item[i].length > bits ||
		    (item[i].high ^ item->high) >> bits)
			return false;
		part = item[i].high >> shift & (XDPWL_TILE6_PARTS - 1);
		last = part + (item_size(&item[i]) >> shift) - 1;
		for (; part <= last; part++)
			tile->parts |= XDPWL_BIT32(part);
	}
	return true;
}

/* ---- keys ---- */

static void key_add(struct build *build, uint64_t hash, struct xdpwl_tile6 tile)
{
	if (build->keys.n == MOST_KEYS)
		build->full = true;
	else
		build->keys.key[build->keys.n++] = (struct key_tile){ hash, tile };
}

/* What becomes of a head with keys that leave away `cut` bits: keys, and prefixes that others
 * are asked about. */
static uint64_t cut_cost(const struct item *item, size_t n, uint32_t cut)
{
	uint64_t keys = 0, asked = 0;
	struct xdpwl_tile6 tile;
	size_t i, alike;

	for (i = 0; i < n; i += alike) {
		alike = items_alike(item + i, n - i, cut);
		if (!alike) {
			keys += 1ull << (64 - item[i].length - cut);
			asked += !item[i].main;
			alike = 1;
			continue;
		}
		keys++;
		if (!parts_make(&tile, item + i, alike, cut))
			asked += alike;
	}
	return keys > MOST_OF_HEAD || asked == n ? UINT64_MAX : keys + asked * ASKED;
}

/* The best one, or 0. */
static uint32_t cut_choose(const struct item *item, size_t n)
{
	uint64_t least = UINT64_MAX, cost;
	uint32_t cut, best = 0;

	for (cut = 64 - HEAD - 1; cut >= PART_BITS; cut--) {
		cost = cut_cost(item, n, cut);
		if (cost < least) {
			least = cost;
			best = cut;
		}
	}
	return best;
}

/* The key of a tile, from `start` on the last of whose is of the address `last`; what
 * stands there already is all of a key, or what is asked about. */
static void tile_put(struct build *build, size_t start, uint64_t *last, uint64_t high,
		     uint32_t cut, struct xdpwl_tile6 tile)
{
	uint64_t back = (*last >> cut) - (high >> cut);

	if (build->keys.n > start && high >> cut <= *last >> cut) {
		struct key_tile *key = &build->keys.key[build->keys.n - 1 - back];

		if (!tile.parts || !key->tile.parts)
			key->tile = key_asked(high, cut);
		return;
	}
	key_add(build, xdpwl_tile6_hash(high, cut, build->seed), tile);
	*last = high;
}

/* A prefix that has more than one key. */
static void wide_put(struct build *build, size_t start, uint64_t *last,
		     const struct item *item, uint32_t cut)
{
	struct xdpwl_tile6 tile;
	uint64_t high = item->high;
	uint32_t i, n = 1u << (64 - item->length - cut);

	for (i = 0; i < n && !build->full; i++) {
		tile = key_asked(high, cut);
		if (item->main)
			tile.parts = ~0u;
		tile_put(build, start, last, high, cut, tile);
		high += 1ull << cut;
	}
}

static void cut_put(struct build *build, const struct item *item, size_t n, uint32_t cut)
{
	size_t start = build->keys.n, i, alike;
	struct xdpwl_tile6 tile;
	uint64_t last = 0;

	for (i = 0; i < n && !build->full; i += alike) {
		alike = items_alike(item + i, n - i, cut);
		if (alike) {
			if (!parts_make(&tile, item + i, alike, cut))
				tile = key_asked(item[i].high, cut);
			tile_put(build, start, &last, item[i].high, cut, tile);
		} else {
			wide_put(build, start, &last, &item[i], cut);
			alike = 1;
		}
	}
}

/* All prefixes of a head. */
static void head_put(struct build *build, const struct item *item, size_t n)
{
	uint64_t hash = xdpwl_bloom_hash(htonl(item->high >> 32), build->seed);
	struct xdpwl_tile6 tile;
	uint32_t cut = 0;

	if (!run_make(&tile, item, n)) {
		cut = cut_choose(item, n);
		tile = head_asked(item->high, cut);
	}
	key_add(build, hash, tile);
	if (cut)
		cut_put(build, item, n, cut);
}

static int keys_make(struct build *build)
{
	size_t i, alike;

	build->keys.key = malloc(MOST_KEYS * sizeof(*build->keys.key));
	if (!build->keys.key)
		return -ENOMEM;
	for (i = 0; i < build->n_items && !build->full; i += alike) {
		alike = items_alike(build->item + i, build->n_items - i, 64 - HEAD);
		head_put(build, build->item + i, alike);
	}
	return 0;
}

int tiles6_build(struct tables *tables, const uint32_t *numbers)
{
	struct build build = { .seed = tables->slot->seed };
	int err;

	if (!tables->slot->main_number[1] || tables->slot->flags & XDPWL_FULL_NEAR6)
		return 0;
	err = items_collect(&build, tables, numbers);
	if (!err && !build.full)
		err = keys_make(&build);
	if (!err && !build.full && build.keys.n)
		err = places6_build(tables, &build.keys);
	free(build.item);
	free(build.keys.key);
	return err;
}
