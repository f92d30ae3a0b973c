/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Entries of lpm6 that heads6 has no place for to a hash table: prefix to number. What
 * finds no place there either is left out: who comes there asks the trie.
 */
#include <errno.h>
#include <stdlib.h>
#include "lines.h"

/* Places taken in a block: long searches begin where it is nearly full. */
#define TAKEN (XDPWL_PLACES6 * 5 / 8)
#define SPARE 512	/* places: of few blocks one that is full counts for more */

static void place_take(struct xdpwl_exact6 *blocks, const struct xdpwl_exact *exact,
		   const struct key6 *key, uint64_t hash, uint32_t number)
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

static int places_build(struct tables *tables, const uint32_t *numbers,
			const bool *several)
{
	struct xdpwl_exact *exact = &tables->slot->exact6;
	size_t n = 0, i;

	for (i = 0; i < tables->lpm6.n; i++)
		n += several[i];
	tables->exact6.n = exact->blocks = (n + SPARE) / TAKEN;
	tables->exact6.elements = calloc(exact->blocks, sizeof(struct xdpwl_exact6));
	if (!tables->exact6.elements)
		return -ENOMEM;
	for (i = 0; i < tables->lpm6.n; i++) {
		struct key6 key = key6_at(&tables->lpm6, i);

		if (several[i])
			place_take(tables->exact6.elements, exact, &key,
				   line_hash(&key, tables->slot->seed), numbers[i]);
	}
	return 0;
}

int exact_build(struct tables *tables, const uint32_t *numbers)
{
	bool *several;
	int err;

	if (!tables->lpm6.n)
		return 0;
	several = calloc(tables->lpm6.n, sizeof(*several));
	if (!several)
		return -ENOMEM;
	err = fine6_build(tables);
	if (!err)
		err = heads_build(tables, numbers, several);
	if (!err)
		err = runs6_build(tables, numbers, several);
	if (!err)
		err = lines_build(tables, several);
	if (!err)
		err = places_build(tables, numbers, several);
	free(several);
	return err;
}
