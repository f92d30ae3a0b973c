/* SPDX-License-Identifier: GPL-2.0-only */
/* Entries of lpm4, nested, to runs of addresses, in host order. */
#ifndef RUNS4_H
#define RUNS4_H

#include "tables.h"

/* Addresses that the same entry covers, the last included. */
struct run {
	uint32_t first, last;
	uint32_t number;	/* of the entry */
};

/* What entry i of lpm4 covers, as a run of that number. */
struct run run4_of(const struct table *lpm4, size_t i, uint32_t number);

/* Of an address: sources that others judge. None of the tables may say that these are not
 * listed. */
static inline bool is_never4(uint32_t address)
{
	uint32_t net = address >> 24;

	return !net || net == 127 || net >= 224;
}

/* In order; one that follows its neighbour has another number. */
struct runs {
	struct run *run;
	size_t n;
};

/* From the trie's keys, sorted; numbers[i] is that of entry i. -ENOMEM. */
int runs4_build(struct runs *runs, const struct table *lpm4, const uint32_t *numbers);
void runs4_free(struct runs *runs);

#endif
