/* SPDX-License-Identifier: GPL-2.0-only */
/* Entries of lpm6 to tiles6: by cuts, or by their heads, and heads to keys with a tile each. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include "cuts6.h"
#include "places6.h"
#include "tiles6.h"

#define PART_BITS	5	/* of a tile's parts */
#define MOST_KEYS	(XDPWL_TILES6 / 4 * 3)	/* of more not all found room */
#define MOST_OF_HEAD	65536
#define ASKED		64	/* so many keys rather than a prefix that others are asked about */

struct build {
	struct key_tiles keys;
	bool full;		/* there are more than MOST_KEYS */
	uint64_t seed;
};

/* ---- prefixes ---- */

/* So many from the first on, of n, have the same first 64 - cut bits, and no fewer. */
static size_t covers_alike(const struct cover6 *cover, size_t n, uint32_t cut)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (64 - cover[i].length > cut || (cover[i].high ^ cover->high) >> cut)
			break;
	return i;
}

/* ---- tiles ---- */

/* Of a head: others are asked, or keys that leave away `cut` bits. */
static struct xdpwl_tile6 head_asked(uint64_t high, uint32_t cut)
{
	return (struct xdpwl_tile6){
		high >> (64 - COVER6_HEAD) << (64 - COVER6_HEAD) | XDPWL_TILE6_HEAD(cut), 0, 0,
	};
}

/* Of a key that leaves away `cut` bits: others are asked, until there are parts. */
static struct xdpwl_tile6 key_asked(uint64_t high, uint32_t cut)
{
	return (struct xdpwl_tile6){ high >> cut << cut | (cut - PART_BITS), 0, 0 };
}

static uint64_t cover_size(const struct cover6 *cover)
{
	return 1ull << (64 - cover->length);
}

/* The tile of a head that says all of its prefixes, n of them; false: there is none. */
static bool run_make(struct xdpwl_tile6 *tile, const struct cover6 *cover, size_t n)
{
	uint64_t size = 0;
	size_t i;

	for (i = 0; i < n; i++) {
		if (!cover[i].main || cover[i].high != cover->high + size)
			return false;
		size += cover_size(&cover[i]);
	}
	*tile = (struct xdpwl_tile6){ cover->high, size, 0 };
	if (size > XDPWL_TILE6_WHOLE)
		tile->size = XDPWL_TILE6_WHOLE;
	return true;
}

/* The same of a key that leaves away `cut` bits. */
static bool parts_make(struct xdpwl_tile6 *tile, const struct cover6 *cover, size_t n,
		       uint32_t cut)
{
	uint32_t shift = cut - PART_BITS, bits, part, last;
	size_t i;

	for (i = 0; i < n; i++)
		if (shift > 64 - cover[i].length)
			shift = 64 - cover[i].length;
	bits = shift + PART_BITS;
	*tile = key_asked(cover->high, bits);
	for (i = 0; i < n; i++) {
		if (!cover[i].main || 64 - cover[i].length > bits ||
		    (cover[i].high ^ cover->high) >> bits)
			return false;
		part = cover[i].high >> shift & (XDPWL_TILE6_PARTS - 1);
		last = part + (cover_size(&cover[i]) >> shift) - 1;
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
static uint64_t cut_cost(const struct cover6 *cover, size_t n, uint32_t cut)
{
	uint64_t keys = 0, asked = 0;
	struct xdpwl_tile6 tile;
	size_t i, alike;

	for (i = 0; i < n; i += alike) {
		alike = covers_alike(cover + i, n - i, cut);
		if (!alike) {
			keys += 1ull << (64 - cover[i].length - cut);
			asked += !cover[i].main;
			alike = 1;
			continue;
		}
		keys++;
		if (!parts_make(&tile, cover + i, alike, cut))
			asked += alike;
	}
	return keys > MOST_OF_HEAD || asked == n ? UINT64_MAX : keys + asked * ASKED;
}

/* The best one, or 0. */
static uint32_t cut_choose(const struct cover6 *cover, size_t n)
{
	uint64_t least = UINT64_MAX, cost;
	uint32_t cut, best = 0;

	for (cut = 64 - COVER6_HEAD - 1; cut >= PART_BITS; cut--) {
		cost = cut_cost(cover, n, cut);
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
		     const struct cover6 *cover, uint32_t cut)
{
	struct xdpwl_tile6 tile;
	uint64_t high = cover->high;
	uint32_t i, n = 1u << (64 - cover->length - cut);

	for (i = 0; i < n && !build->full; i++) {
		tile = key_asked(high, cut);
		if (cover->main)
			tile.parts = ~0u;
		tile_put(build, start, last, high, cut, tile);
		high += 1ull << cut;
	}
}

static void cut_put(struct build *build, const struct cover6 *cover, size_t n, uint32_t cut)
{
	size_t start = build->keys.n, i, alike;
	struct xdpwl_tile6 tile;
	uint64_t last = 0;

	for (i = 0; i < n && !build->full; i += alike) {
		alike = covers_alike(cover + i, n - i, cut);
		if (alike) {
			if (!parts_make(&tile, cover + i, alike, cut))
				tile = key_asked(cover[i].high, cut);
			tile_put(build, start, &last, cover[i].high, cut, tile);
		} else {
			wide_put(build, start, &last, &cover[i], cut);
			alike = 1;
		}
	}
}

/* All prefixes of a head. */
static void head_put(struct build *build, const struct cover6 *cover, size_t n)
{
	uint64_t hash = xdpwl_bloom_hash(htonl(cover->high >> 32), build->seed);
	struct xdpwl_tile6 tile;
	uint32_t cut = 0;

	if (!run_make(&tile, cover, n)) {
		cut = cut_choose(cover, n);
		tile = head_asked(cover->high, cut);
	}
	key_add(build, hash, tile);
	if (cut)
		cut_put(build, cover, n, cut);
}

static int keys_make(struct build *build, const struct covers6 *covers)
{
	size_t i, alike;

	build->keys.key = malloc(MOST_KEYS * sizeof(*build->keys.key));
	if (!build->keys.key)
		return -ENOMEM;
	for (i = 0; i < covers->n && !build->full; i += alike) {
		alike = covers_alike(covers->cover + i, covers->n - i, 64 - COVER6_HEAD);
		head_put(build, covers->cover + i, alike);
	}
	return 0;
}

int tiles6_build(struct tables *tables, const uint32_t *numbers, bool cuts)
{
	struct build build = { .seed = tables->slot->seed };
	struct covers6 covers = { NULL, 0 };
	int err;

	if (!tables->slot->main_number[1] || tables->slot->flags & XDPWL_FULL_NEAR6)
		return 0;
	err = covers6_collect(&covers, tables, numbers, MOST_KEYS);
	if (!err && covers.n && cuts)
		err = cuts6_build(tables, &covers);
	if (!err && !tables->tiles6.n)
		err = keys_make(&build, &covers);
	if (!err && !build.full && build.keys.n)
		err = places6_build(tables, &build.keys);
	free(covers.cover);
	free(build.keys.key);
	return err == -ENOSPC ? 0 : err;
}
