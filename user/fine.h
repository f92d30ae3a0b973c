/* SPDX-License-Identifier: GPL-2.0-only */
/* What fine4 and fine6 have in common: words, of which a filter may use fewer than
 * there are. */
#ifndef FINE_H
#define FINE_H

#include "tables.h"

/* Words, powers of two: as many as a slot has room for, and as the map has. */
struct fine_room {
	uint32_t slot, map;
};

/* A map of so many words, all zero. -ENOMEM. */
int fine_create(struct blocks *map, uint32_t words);
/* For a filter of so many keys: a map, unless there are no more than `most` of them, for which
 * the slot's words are enough. The filter uses the first 2^(64 - shift) words. -ENOMEM. */
int fine_fit(struct blocks *map, uint64_t keys, struct fine_room room, uint64_t most,
	     __u32 *shift);
/* Word `at` of the map; of the slot's where there is none. */
__u64 *fine_word(const struct blocks *map, __u64 *slot, uint64_t at);

#endif
