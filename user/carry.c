/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * In: the model that runs and the one that shall. Out: the second with the
 * lines, hit numbers and set members of the first where they speak of the same,
 * so that counters outlive every change. Memory alone.
 */
#include <stdlib.h>
#include "carry.h"

void carry_marks(struct ruleset *to, const struct ruleset *from, int what)
{
	size_t i;

	for (i = 0; i < to->n_rules; i++) {
		struct rule *rule = &to->rules[i];
		const struct rule *old = ruleset_rule(from, rule);

		if (what & CARRY_LINES)
			rule->line = old ? old->line : 0;
		if (what & CARRY_HITS)
			rule->hit = old ? old->hit : 0;
	}
}

void carry_members(struct ruleset *to, struct ruleset *from)
{
	struct set *old;
	size_t i;

	for (i = 0; i < to->n_sets; i++) {
		old = ruleset_set(from, to->sets[i].name);
		if (!to->sets[i].path || !old)
			continue;
		if (!to->sets[i].borrowed)
			free(to->sets[i].members);
		to->sets[i].members = old->members;
		to->sets[i].n_members = old->n_members;
		to->sets[i].borrowed = old->borrowed;
		old->members = NULL;
		old->n_members = 0;
	}
}

static uint32_t highest_hit(const struct ruleset *ruleset)
{
	uint32_t highest = 0;
	size_t i;

	for (i = 0; ruleset && i < ruleset->n_rules; i++)
		if (ruleset->rules[i].hit > highest)
			highest = ruleset->rules[i].hit;
	return highest;
}

static void mark_used(bool *used, const struct ruleset *ruleset)
{
	size_t i;

	for (i = 0; ruleset && i < ruleset->n_rules; i++)
		used[ruleset->rules[i].hit] = true;
}

int carry_fresh(struct ruleset *to, const struct ruleset *running,
		uint32_t limit, uint32_t **fresh, size_t *n, uint32_t *last,
		struct error *error)
{
	uint32_t next = 1, old = highest_hit(running);
	size_t i;
	bool *used;

	*last = highest_hit(to);
	used = calloc((size_t)(old > *last ? old : *last) + to->n_rules + 2, 1);
	*fresh = calloc(to->n_rules + 1, sizeof(**fresh));
	*n = 0;
	if (!used || !*fresh) {
		free(used);
		free(*fresh);
		return error_memory(error);
	}
	mark_used(used, running);
	mark_used(used, to);
	for (i = 0; i < to->n_rules; i++) {
		if (to->rules[i].hit)
			continue;
		while (used[next])
			next++;
		to->rules[i].hit = (*fresh)[(*n)++] = next++;
	}
	free(used);
	if (*n && (*fresh)[*n - 1] > *last)
		*last = (*fresh)[*n - 1];
	if (*last < limit)
		return 0;
	free(*fresh);
	return error_set(error, EXIT_FULL,
			 "more than %u rules: that many counters there are not",
			 limit - 1);
}
