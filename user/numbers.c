/* SPDX-License-Identifier: GPL-2.0-only */
/* Entries of the tries to numbers, and numbers to entries. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "numbers.h"

#define RECENT 1024	/* entries that are remembered: more than most rules make */

struct numbering {
	struct blocks *entries;
	uint32_t recent[RECENT];	/* number by hash, 0: none */
};

static bool entries_alike(const struct xdpwl_entry *a, const struct xdpwl_entry *b)
{
	return a->common == b->common && a->profile == b->profile &&
	       a->cell == b->cell;
}

static uint32_t entry_number(struct numbering *numbering,
			     const struct xdpwl_entry *entry)
{
	struct xdpwl_entry *entries = numbering->entries->elements;
	uint64_t hash = xdpwl_hash(entry->common ^ entry->profile, entry->cell,
				   XDPWL_GOLDEN);
	uint32_t *recent = &numbering->recent[(hash >> 32) % RECENT];

	if (*recent && entries_alike(entry, &entries[*recent - 1]))
		return *recent;
	entries[numbering->entries->n++] = *entry;
	return *recent = numbering->entries->n;
}

static uint32_t *trie_number(struct numbering *numbering, const struct table *trie)
{
	uint32_t *of = malloc((trie->n + 1) * sizeof(*of));
	size_t i;

	for (i = 0; of && i < trie->n; i++)
		of[i] = entry_number(numbering,
				     (struct xdpwl_entry *)trie->values + i);
	return of;
}

static void numbers_count(uint32_t *uses, const uint32_t *of, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		uses[of[i] - 1]++;
}

/* The entries of the most prefixes, from the most on; returns how many. */
static size_t most_used(uint32_t most[XDPWL_FIRST], const uint32_t *uses, size_t n)
{
	size_t i, kept = 0, at;

	for (i = 0; i < n; i++) {
		if (kept == XDPWL_FIRST && uses[most[kept - 1]] >= uses[i])
			continue;
		if (kept < XDPWL_FIRST)
			kept++;
		for (at = kept - 1; at && uses[most[at - 1]] < uses[i]; at--)
			most[at] = most[at - 1];
		most[at] = i;
	}
	return kept;
}

static void numbers_map(uint32_t *of, size_t n, const uint32_t *place)
{
	size_t i;

	for (i = 0; i < n; i++)
		of[i] = place[of[i] - 1] + 1;
}

/* Entry `i` and the one that is at `to` now change places. `place` is where an entry of old
 * is, `holds` which one a place has. */
static void entry_move(struct xdpwl_entry *entries, uint32_t *place, uint32_t *holds,
		       uint32_t i, uint32_t to)
{
	uint32_t from = place[i], out = holds[to];
	struct xdpwl_entry entry = entries[to];

	entries[to] = entries[from];
	entries[from] = entry;
	place[i] = to;
	place[out] = from;
	holds[to] = i;
	holds[from] = out;
}

/* The most used come first, and into the slot. `work`: room for three times as many numbers
 * as there are entries, zero. */
static void numbers_order(struct numbers *numbers, struct tables *tables, uint32_t *work)
{
	struct xdpwl_entry *entries = tables->entries.elements;
	size_t n = tables->entries.n, n_most, i;
	uint32_t *uses = work, *place = uses + n, *holds = place + n;
	uint32_t most[XDPWL_FIRST];

	numbers_count(uses, numbers->of4, tables->lpm4.n);
	numbers_count(uses, numbers->of6, tables->lpm6.n);
	n_most = most_used(most, uses, n);
	for (i = 0; i < n; i++)
		place[i] = holds[i] = i;
	for (i = 0; i < n_most; i++)
		entry_move(entries, place, holds, most[i], i);
	memcpy(tables->slot->first, entries, n_most * sizeof(*entries));
	numbers_map(numbers->of4, tables->lpm4.n, place);
	numbers_map(numbers->of6, tables->lpm6.n, place);
}

int numbers_build(struct numbers *numbers, struct tables *tables)
{
	size_t most = tables->lpm4.n + tables->lpm6.n;
	struct numbering numbering = { .entries = &tables->entries };
	uint32_t *work;

	*numbers = (struct numbers){ NULL, NULL };
	tables->entries.elements = calloc(most + 1, sizeof(struct xdpwl_entry));
	if (!tables->entries.elements)
		return -ENOMEM;
	numbers->of4 = trie_number(&numbering, &tables->lpm4);
	numbers->of6 = trie_number(&numbering, &tables->lpm6);
	if (!numbers->of4 || !numbers->of6)
		return -ENOMEM;
	work = calloc(3 * tables->entries.n + 1, sizeof(*work));
	if (!work)
		return -ENOMEM;
	numbers_order(numbers, tables, work);
	free(work);
	return 0;
}

void numbers_free(struct numbers *numbers)
{
	free(numbers->of4);
	free(numbers->of6);
}
