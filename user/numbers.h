/* SPDX-License-Identifier: GPL-2.0-only */
/* Entries that are alike share a number: tables->entries holds them by it. */
#ifndef NUMBERS_H
#define NUMBERS_H

#include "tables.h"

/* For each entry of a trie its number, 1 ...; free both. */
struct numbers {
	uint32_t *of4, *of6;
};

/* Fill tables->entries, and the slot's first, from both tries. -ENOMEM. */
int numbers_build(struct numbers *numbers, struct tables *tables);
void numbers_free(struct numbers *numbers);

#endif
