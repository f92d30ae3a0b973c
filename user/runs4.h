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

/* In order; one that follows its neighbour has another number. */
struct runs {
	struct run *run;
	size_t n;
};

/* From the trie's keys, sorted; numbers[i] is that of entry i. -ENOMEM. */
int runs4_build(struct runs *runs, const struct table *lpm4, const uint32_t *numbers);
void runs4_free(struct runs *runs);

/* A run cut up: whole /24s of one /16, or a part of one /24. */
struct part {
	uint32_t first, last;
	uint32_t number;
	bool whole;
};

/* Walks all parts of some runs, in order, from { runs } on. */
struct parts {
	const struct runs *runs;
	size_t at;		/* the run of the next part */
	uint64_t from;
};

/* False after the last. */
bool part_next(struct parts *parts, struct part *part);

#endif
