/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Entries of lpm6 to a table that holds the same by hash: prefix to number. What finds no
 * place is left out: who comes there asks the trie.
 */
#include <errno.h>
#include <stdlib.h>
#include "lines.h"

#define FEW 256	/* entries: a trie of so few is as fast, and small */

/* Places taken in a block: long searches begin where it is nearly full. */
#define TAKEN (XDPWL_PLACES6 * 5 / 8)

static void place_take(struct xdpwl_exact6 *blocks, const struct xdpwl_exact *exact,
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

int exact_build(struct tables *tables, const uint32_t *numbers)
{
	struct xdpwl_exact *exact = &tables->slot->exact6;
	uint32_t blocks = tables->lpm6.n / TAKEN + 1;
	uint64_t seed = tables->slot->seed;
	size_t i;
	int err;

	if (tables->lpm6.n <= FEW)
		return 0;
	err = lines_build(tables);
	if (err)
		return err;
	tables->exact6.elements = calloc(blocks, sizeof(struct xdpwl_exact6));
	if (!tables->exact6.elements)
		return -ENOMEM;
	tables->exact6.n = exact->blocks = blocks;
	for (i = 0; i < tables->lpm6.n; i++) {
		struct line_key key = line_key(tables, i);

		if (key.kind < XDPWL_KINDS6)
			place_take(tables->exact6.elements, exact, &key,
				   line_hash(&key, seed), numbers[i]);
	}
	return 0;
}
