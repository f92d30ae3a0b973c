/* SPDX-License-Identifier: GPL-2.0-only */
/* What a rule keeps from one generation to the next. */
#ifndef CARRY_H
#define CARRY_H

#include "ruleset.h"

enum { CARRY_LINES = 1, CARRY_HITS = 2 };

/* Lines, hit numbers or both become those of the rule of the same id; 0 where
 * `from` has none. */
void carry_marks(struct ruleset *to, const struct ruleset *from, int what);

/* Members of `file` sets move from one model to the other, by name. */
void carry_members(struct ruleset *to, struct ruleset *from);

/*
 * Number the rules without a hit number: the lowest that neither `to` nor
 * `running` (NULL: nothing runs) uses. *fresh (malloc'ed, *n) are the new ones;
 * *last is the highest number of all. EXIT_FULL beyond `limit`.
 */
int carry_fresh(struct ruleset *to, const struct ruleset *running,
		uint32_t limit, uint32_t **fresh, size_t *n, uint32_t *last,
		struct error *error);

#endif
