/* SPDX-License-Identifier: GPL-2.0-only */
/* Every prefix that rules and sets name, in address order, with who names it. */
#ifndef ITEMS_H
#define ITEMS_H

#include "ruleset.h"

/* A prefix and who names it: a rule, or (owner - n_rules) a set. */
struct item {
	struct prefix prefix;
	uint32_t owner;
};

struct items {
	struct item *item;
	size_t n;
};

/* Rules by the set they name: of set s, rules[first[s]] ... rules[first[s + 1] - 1]. */
struct set_rules {
	uint32_t *first, *rules;
};

/* -ENOMEM. */
int set_rules_build(struct set_rules *of, const struct ruleset *ruleset);
void set_rules_free(struct set_rules *of);

/* Both families, sorted; free items->item. -ENOMEM. */
int items_collect(struct items *items, const struct ruleset *ruleset,
		  const struct set_rules *of);

#endif
