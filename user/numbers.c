/* SPDX-License-Identifier: GPL-2.0-only */
/* Entries of the tries to numbers, and numbers to entries. */
#include <errno.h>
#include <stdlib.h>
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

int numbers_build(struct numbers *numbers, struct tables *tables)
{
	size_t most = tables->lpm4.n + tables->lpm6.n;
	struct numbering numbering = { .entries = &tables->entries };

	*numbers = (struct numbers){ NULL, NULL };
	tables->entries.elements = calloc(most + 1, sizeof(struct xdpwl_entry));
	if (!tables->entries.elements)
		return -ENOMEM;
	numbers->of4 = trie_number(&numbering, &tables->lpm4);
	numbers->of6 = trie_number(&numbering, &tables->lpm6);
	return numbers->of4 && numbers->of6 ? 0 : -ENOMEM;
}

void numbers_free(struct numbers *numbers)
{
	free(numbers->of4);
	free(numbers->of6);
}
