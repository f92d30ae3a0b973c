/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What was merged before: the state that a parent and a list of rules came to, so
 * that prefixes named alike are worked out once.
 */
#ifndef MEMO_H
#define MEMO_H

#include <stdint.h>

/* What one prefix carries; two states that are equal decide every packet alike. */
struct state {
	uint32_t profile;	/* index in profiles, 0: nothing */
	uint32_t cell;		/* of a uniform profile, else 0 */
};

struct memo_entry {
	uint64_t hash;
	struct state parent;
	uint32_t *rules;	/* NULL: not known yet; ascending, n of them */
	uint32_t n;
	struct state state;
};

struct memo {
	struct memo_entry *entries;	/* open addressing */
	uint32_t size, used;
};

int memo_init(struct memo *memo);
void memo_free(struct memo *memo);

/* The entry of this parent and these rules; one without `rules` is new: fill its state,
 * then memo_keep() it before the next call. -ENOMEM. */
int memo_find(struct memo *memo, struct state parent, const uint32_t *rules,
	      uint32_t n, struct memo_entry **entry);
int memo_keep(struct memo *memo, struct memo_entry *entry,
	      const uint32_t *rules);

#endif
