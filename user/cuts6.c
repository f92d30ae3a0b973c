/* SPDX-License-Identifier: GPL-2.0-only */
/* Covers by the elements of cut6 that their heads choose, each to a cut, and to keys. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "cuts6.h"

#define MOST_KEYS	(XDPWL_FIELDS6 / 3)
#define MOST_LOST(keys)	((keys) / 64)
#define SPARSE		4	/* fields for a key: most stand where their hash says */
#define MOST_ASKED(n)	((n) / 32)
#define TRIES		8	/* seeds: some multiply keys that lie in steps to few sums */
#define ASKED		128	/* so many keys rather than a prefix that others are asked about */

/* Of some covers of one element. */
struct cost {
	uint64_t keys, asked;
};

struct cuts {
	struct cover6 *cover;	/* by the elements that they choose */
	size_t *start;		/* of an element's covers; one more */
	struct xdpwl_slot *slot;
	struct xdpwl_tiles6 *tiles;
	uint64_t n_keys, lost;
	uint32_t n_fields;
};

static uint32_t element_of(const struct cover6 *cover)
{
	uint16_t head = htons(cover->high >> (64 - COVER6_HEAD));

	return XDPWL_CUT6(head);
}

/* log2 of the /64s that it covers. */
static uint32_t cover_bits(const struct cover6 *cover)
{
	return 64 - cover->length;
}

/* ---- covers by elements ---- */

static int cuts_sort(struct cuts *cuts, const struct covers6 *covers)
{
	size_t *start, i;

	cuts->cover = malloc((covers->n + 1) * sizeof(*cuts->cover));
	cuts->start = start = calloc(XDPWL_CUTS6 + 2, sizeof(*start));
	if (!cuts->cover || !start)
		return -ENOMEM;
	for (i = 0; i < covers->n; i++)
		start[element_of(&covers->cover[i]) + 2]++;
	for (i = 1; i < XDPWL_CUTS6 + 1; i++)
		start[i + 1] += start[i];
	/* Each moves on to where the next begins. */
	for (i = 0; i < covers->n; i++)
		cuts->cover[start[element_of(&covers->cover[i]) + 1]++] = covers->cover[i];
	return 0;
}

/* ---- cuts ---- */

/* The first of its keys. */
static uint64_t key_of(const struct cover6 *cover, uint32_t cut)
{
	return cover->high >> cut >> XDPWL_FIELD6_BITS;
}

/* So many keys has a cover, or shares one of them with others. */
static uint64_t cover_keys(const struct cover6 *cover, uint32_t cut)
{
	uint32_t bits = cover_bits(cover), key = cut + XDPWL_FIELD6_BITS;

	return bits > key ? 1ull << (bits - key) : 1;
}

/* Whether a field can say that main covers it. */
static bool is_covered(const struct cover6 *cover, uint32_t cut)
{
	return cover->main && cover_bits(cover) >= cut;
}

/* Keys are counted once where one of their covers follows the other. */
static struct cost cut_cost(const struct cover6 *cover, size_t n, uint32_t cut)
{
	struct cost cost = { 0, 0 };
	uint64_t next = 0, first, end;
	size_t i;

	for (i = 0; i < n; i++) {
		first = key_of(&cover[i], cut);
		end = first + cover_keys(&cover[i], cut);
		first = first < next ? next : first;
		if (end > first)
			cost.keys += end - first;
		next = end > next ? end : next;
		cost.asked += cover[i].main && !is_covered(&cover[i], cut);
	}
	return cost;
}

/* The best one. */
static uint32_t cut_choose(const struct cover6 *cover, size_t n, struct cost *total)
{
	struct cost cost, best = cut_cost(cover, n, 0);
	uint32_t cut, chosen = 0;

	for (cut = 1; cut <= XDPWL_CUT6_MOST; cut++) {
		cost = cut_cost(cover, n, cut);
		if (cost.keys + cost.asked * ASKED < best.keys + best.asked * ASKED) {
			best = cost;
			chosen = cut;
		}
	}
	total->keys += best.keys;
	total->asked += best.asked;
	return chosen;
}

/* Whether they are worth it. */
static bool cuts_choose(struct cuts *cuts, size_t n_covers)
{
	struct cost total = { 0, 0 };
	uint32_t i, n_fields = XDPWL_FIELDS6_AROUND;
	size_t n;

	for (i = 0; i < XDPWL_CUTS6; i++) {
		n = cuts->start[i + 1] - cuts->start[i];
		cuts->slot->cut6[i] = n ? cut_choose(cuts->cover + cuts->start[i], n, &total) :
					  XDPWL_CUT6_NOBODY;
	}
	while (n_fields < XDPWL_FIELDS6 && n_fields < total.keys * SPARSE)
		n_fields *= 2;
	cuts->n_keys = total.keys;
	cuts->n_fields = n_fields;
	return total.keys <= MOST_KEYS && total.asked <= MOST_ASKED(n_covers);
}

/* ---- keys ---- */

/* The one that has a key, or a free one; NULL: there is none, and others are asked about it. */
static struct xdpwl_field6 *field_find(struct cuts *cuts, uint64_t key, uint64_t first)
{
	uint64_t offset = key * cuts->slot->tiles6_seed >> cuts->slot->tiles6_shift;
	uint32_t home = offset / sizeof(struct xdpwl_field6), i;
	struct xdpwl_field6 *field = cuts->tiles->field, *found;

	for (i = 0; i < XDPWL_FIELDS6_AROUND; i++) {
		found = &field[home ^ i];
		if (!found->size || found->first == first)
			break;
		found = NULL;
	}
	if (i && field[home].more < XDPWL_FIELD6_LOST)
		field[home].more = found ? XDPWL_FIELD6_AROUND : XDPWL_FIELD6_LOST;
	cuts->lost += !found;
	return found;
}

/* The parts that a cover touches of a key that it begins, or all of it. Others are asked about
 * what no field can say. */
static void parts_set(struct xdpwl_field6 *field, const struct cover6 *cover, uint32_t cut)
{
	uint32_t bits = cover_bits(cover), part = 0, n = XDPWL_FIELD6_PARTS;
	uint64_t touched = 0;

	if (bits < cut + XDPWL_FIELD6_BITS) {
		part = cover->high >> cut & (XDPWL_FIELD6_PARTS - 1);
		n = bits < cut ? 1 : 1u << (bits - cut);
	}
	while (n--)
		touched |= XDPWL_BIT(part++);
	field->parts = is_covered(cover, cut) ? field->parts | touched : field->parts & ~touched;
	field->asked |= !is_covered(cover, cut);
}

static void cover_put(struct cuts *cuts, const struct cover6 *cover, uint32_t cut)
{
	uint64_t key = key_of(cover, cut), end = key + cover_keys(cover, cut);

	for (; key < end; key++) {
		uint64_t first = key << XDPWL_FIELD6_BITS << cut;
		struct xdpwl_field6 *field = field_find(cuts, key, first);

		if (!field)
			continue;
		field->first = first;
		field->size = XDPWL_FIELD6_PARTS << cut;
		parts_set(field, cover, cut);
	}
}

/* Those of one key first: they are what most keys are wanted for, and stand where their hash
 * says. Those that take away of others last. */
enum phase { NARROW, WIDE, ASKED_ABOUT, PHASES };

static enum phase phase_of(const struct cover6 *cover, uint32_t cut)
{
	if (!is_covered(cover, cut))
		return ASKED_ABOUT;
	return cover_keys(cover, cut) > 1 ? WIDE : NARROW;
}

static void covers_put(struct cuts *cuts, enum phase phase)
{
	uint32_t i, cut;
	size_t k;

	for (i = 0; i < XDPWL_CUTS6; i++) {
		cut = cuts->slot->cut6[i];
		for (k = cuts->start[i]; k < cuts->start[i + 1]; k++)
			if (phase_of(&cuts->cover[k], cut) == phase)
				cover_put(cuts, &cuts->cover[k], cut);
	}
}

/* Whether few keys found no room. */
static bool cuts_put(struct cuts *cuts)
{
	enum phase phase;

	memset(cuts->tiles, 0, cuts->n_fields * sizeof(*cuts->tiles->field));
	cuts->lost = 0;
	for (phase = NARROW; phase < PHASES; phase++)
		covers_put(cuts, phase);
	return cuts->lost <= MOST_LOST(cuts->n_keys);
}

static int tiles_make(struct cuts *cuts, struct tables *tables)
{
	struct xdpwl_slot *slot = cuts->slot;
	uint64_t seed = slot->seed;
	int try;

	cuts->tiles = tables->tiles6.elements = malloc(sizeof(*cuts->tiles));
	if (!cuts->tiles)
		return -ENOMEM;
	tables->tiles6_used = cuts->n_fields * sizeof(struct xdpwl_field6);
	slot->tiles6_shift = 64 - __builtin_ctz(tables->tiles6_used);
	for (try = 0; try < TRIES && !tables->tiles6.n; try++) {
		slot->tiles6_seed = seed | 1;
		tables->tiles6.n = cuts_put(cuts);
		seed = xdpwl_spread(seed * slot->seed);
	}
	if (tables->tiles6.n) {
		slot->flags |= XDPWL_HAS_CUTS6;
	} else {
		free(cuts->tiles);
		tables->tiles6.elements = NULL;
	}
	return 0;
}

int cuts6_build(struct tables *tables, const struct covers6 *covers)
{
	struct cuts cuts = { .slot = tables->slot };
	int err;

	if (covers->n > MOST_KEYS)
		return 0;
	err = cuts_sort(&cuts, covers);
	if (!err && cuts_choose(&cuts, covers->n))
		err = tiles_make(&cuts, tables);
	free(cuts.cover);
	free(cuts.start);
	return err;
}
