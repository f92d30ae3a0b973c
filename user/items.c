/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Rules and sets to one sorted list of prefixes. Sets are sorted already, so they are
 * merged, not sorted again: a million members cost little more than a copy.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "items.h"

static int item_compare(const void *a, const void *b)
{
	const struct item *x = a, *y = b;
	int order = prefix_compare(&x->prefix, &y->prefix);

	return order ? order : (x->owner > y->owner) - (x->owner < y->owner);
}

/* ---- who names what ---- */

int set_rules_build(struct set_rules *of, const struct ruleset *ruleset)
{
	uint32_t *next = calloc(ruleset->n_sets + 2, sizeof(*next));
	size_t i;

	of->first = calloc(ruleset->n_sets + 2, sizeof(*of->first));
	of->rules = calloc(ruleset->n_rules + 1, sizeof(*of->rules));
	if (!of->first || !of->rules || !next) {
		free(next);
		return -ENOMEM;
	}
	for (i = 0; i < ruleset->n_rules; i++)
		if (ruleset->rules[i].source.kind == SOURCE_SET)
			of->first[ruleset_set(ruleset,
					      ruleset->rules[i].source.set) -
				  ruleset->sets + 1]++;
	for (i = 0; i < ruleset->n_sets; i++)
		of->first[i + 1] += of->first[i];
	memcpy(next, of->first, (ruleset->n_sets + 1) * sizeof(*next));
	for (i = 0; i < ruleset->n_rules; i++)
		if (ruleset->rules[i].source.kind == SOURCE_SET)
			of->rules[next[ruleset_set(ruleset,
						   ruleset->rules[i].source.set) -
				       ruleset->sets]++] = i;
	free(next);
	return 0;
}

void set_rules_free(struct set_rules *of)
{
	free(of->first);
	free(of->rules);
}

/* Two sorted runs, side by side in `from`, into one in `to`. */
static void merge_runs(struct item *to, const struct item *from, size_t middle,
		       size_t n)
{
	size_t a = 0, b = middle, i;

	for (i = 0; i < n; i++) {
		if (b == n || (a < middle &&
			       item_compare(&from[a], &from[b]) <= 0))
			to[i] = from[a++];
		else
			to[i] = from[b++];
	}
}

/* Runs that are sorted each, ending at ends[0 ... n_runs - 1], into one. */
static int merge_all(struct items *items, size_t *ends, size_t n_runs)
{
	struct item *other = malloc((items->n + 1) * sizeof(*other)), *swap;

	if (!other)
		return -ENOMEM;
	while (n_runs > 1) {
		size_t i, out = 0, start = 0;

		for (i = 0; i < n_runs; i += 2, out++) {
			size_t end = i + 1 < n_runs ? ends[i + 1] : ends[i];

			merge_runs(other + start, items->item + start,
				   ends[i] - start, end - start);
			ends[out] = start = end;
		}
		n_runs = out;
		swap = items->item;
		items->item = other;
		other = swap;
	}
	free(other);
	return 0;
}

static size_t items_count(const struct ruleset *ruleset,
			  const struct set_rules *of)
{
	size_t n = ruleset->n_rules, i;

	for (i = 0; i < ruleset->n_sets; i++)
		if (of->first[i] != of->first[i + 1])
			n += ruleset->sets[i].n_members;
	return n;
}

/* Every prefix of both families, sorted: those of rules, then those of each set that
 * a rule names, which are sorted already. */
int items_collect(struct items *items, const struct ruleset *ruleset,
		  const struct set_rules *of)
{
	size_t *ends = calloc(ruleset->n_sets + 1, sizeof(*ends)), runs = 1;
	size_t i, k;
	int err;

	items->n = 0;
	items->item = malloc((items_count(ruleset, of) + 1) *
			     sizeof(*items->item));
	if (!items->item || !ends) {
		free(ends);
		return -ENOMEM;
	}
	for (i = 0; i < ruleset->n_rules; i++)
		if (ruleset->rules[i].source.kind == SOURCE_PREFIX)
			items->item[items->n++] = (struct item){
				ruleset->rules[i].source.prefix, i };
	qsort(items->item, items->n, sizeof(*items->item), item_compare);
	ends[0] = items->n;
	for (i = 0; i < ruleset->n_sets; i++) {
		if (of->first[i] == of->first[i + 1])
			continue;
		for (k = 0; k < ruleset->sets[i].n_members; k++)
			items->item[items->n++] = (struct item){
				ruleset->sets[i].members[k],
				ruleset->n_rules + i };
		ends[runs++] = items->n;
	}
	err = merge_all(items, ends, runs);
	free(ends);
	return err;
}
