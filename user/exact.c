/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Entries of the tries to tables that hold the same by hash: prefix to number,
 * number to entry. What finds no place is left out: who comes there asks the trie.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "lines.h"

#define FEW 1024	/* entries: a trie of so few is faster */

/* Places taken, of 8: long searches begin where a block is nearly full. */
#define TAKEN4 4
#define TAKEN6 5

/* ---- numbers: entries that are alike share one, most of the time ---- */

#define RECENT 1024

struct numbering {
	struct xdpwl_entry *entries;
	uint32_t n;
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
	uint64_t hash = xdpwl_hash(entry->common ^ entry->profile, entry->cell,
				   XDPWL_GOLDEN);
	uint32_t *recent = &numbering->recent[(hash >> 32) % RECENT];

	if (*recent && entries_alike(entry, &numbering->entries[*recent - 1]))
		return *recent;
	numbering->entries[numbering->n++] = *entry;
	return *recent = numbering->n;
}

/* ---- places ---- */

static void place4(struct xdpwl_exact4 *blocks, const struct xdpwl_exact *exact,
		   const struct line_key *key, uint64_t hash, uint32_t number)
{
	struct xdpwl_home home = xdpwl_home(hash, exact->blocks, XDPWL_PLACES4);
	__u64 *place;
	uint32_t i;

	for (i = 0; i < XDPWL_PROBES; i++) {
		place = &blocks[home.block]
				 .place[(home.place + i) % XDPWL_PLACES4];
		if (!*place) {
			*place = key->high | (uint64_t)key->length << 26 | number;
			return;
		}
	}
}

static void place6(struct xdpwl_exact6 *blocks, const struct xdpwl_exact *exact,
		   const struct line_key *key, uint64_t hash, uint32_t number)
{
	struct xdpwl_home home = xdpwl_home(hash, exact->blocks, XDPWL_PLACES6);
	struct xdpwl_place6 *place;
	uint32_t i;

	for (i = 0; i < XDPWL_PROBES; i++) {
		place = &blocks[home.block]
				 .place[(home.place + i) % XDPWL_PLACES6];
		if (!place->number) {
			*place = (struct xdpwl_place6){ key->high, key->low,
							key->length, number };
			return;
		}
	}
}

static int places_fill(struct tables *tables, struct numbering *numbering,
		       bool four)
{
	const struct table *trie = four ? &tables->lpm4 : &tables->lpm6;
	struct xdpwl_slot *slot = tables->slot;
	struct xdpwl_exact *exact = four ? &slot->exact4 : &slot->exact6;
	uint32_t a_block = four ? XDPWL_PLACES4 * TAKEN4 / 8 :
				  XDPWL_PLACES6 * TAKEN6 / 8;
	uint32_t blocks = trie->n / a_block + 1, number;
	struct blocks *table = four ? &tables->exact4 : &tables->exact6;
	size_t i;

	table->elements = calloc(blocks, sizeof(struct xdpwl_exact4));
	if (!table->elements)
		return -ENOMEM;
	table->n = exact->blocks = blocks;
	for (i = 0; i < trie->n; i++) {
		struct line_key key = line_key(tables, four, i);
		uint64_t hash = line_hash(&key, four, slot->seed);

		number = entry_number(numbering,
				      (struct xdpwl_entry *)trie->values + i);
		if (key.kind >= XDPWL_KINDS6)
			continue;
		if (four)
			place4(table->elements, exact, &key, hash, number);
		else
			place6(table->elements, exact, &key, hash, number);
	}
	return 0;
}

/* One family. */
static int family_build(struct tables *tables, struct numbering *numbering, bool four)
{
	size_t n = four ? tables->lpm4.n : tables->lpm6.n;
	int err;

	if (n <= FEW)
		return 0;
	err = lines_build(tables, four);
	return err ? err : places_fill(tables, numbering, four);
}

int exact_build(struct tables *tables)
{
	size_t most = tables->lpm4.n + tables->lpm6.n;
	struct numbering *numbering = calloc(1, sizeof(*numbering));
	int err = -ENOMEM;

	/* A number must fit a place: the tries alone hold so many. */
	if (!most || most > XDPWL_NUMBER4) {
		free(numbering);
		return 0;
	}
	if (numbering)
		numbering->entries = calloc(most, sizeof(*numbering->entries));
	if (numbering && numbering->entries) {
		err = family_build(tables, numbering, true);
		if (!err)
			err = family_build(tables, numbering, false);
		tables->entries.elements = numbering->entries;
		tables->entries.n = numbering->n;
	}
	free(numbering);
	return err;
}
