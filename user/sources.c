/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * In: rules and the sets of their model. Out: whether some packet is named by
 * both, for warnings and answers. It decides nothing that packets meet:
 * compile.c does.
 */
#include <string.h>
#include "set.h"
#include "sources.h"

/* Never written through; prefixes_cover() takes it so. */
struct list {
	struct prefix *prefixes;
	size_t n;
};

static struct list source_list(const struct ruleset *ruleset,
			       const struct source *source)
{
	const struct set *set;

	if (source->kind == SOURCE_PREFIX)
		return (struct list){ (struct prefix *)&source->prefix, 1 };
	set = ruleset_set(ruleset, source->set);
	return set ? (struct list){ set->members, set->n_members } :
		     (struct list){ NULL, 0 };
}

static bool either_covers(const struct prefix *a, const struct prefix *b)
{
	return prefix_covers(a, b) || prefix_covers(b, a);
}

static bool list_touches(struct list list, const struct prefix *prefix)
{
	return prefixes_within(list.prefixes, list.n, prefix) ||
	       prefixes_cover(list.prefixes, list.n, prefix);
}

/* Both are sorted, so what comes first and overlaps nothing never will. */
static bool lists_overlap(struct list a, struct list b)
{
	size_t i = 0, j = 0;

	if (a.n == 1)
		return list_touches(b, a.prefixes);
	if (b.n == 1)
		return list_touches(a, b.prefixes);
	while (i < a.n && j < b.n) {
		if (either_covers(&a.prefixes[i], &b.prefixes[j]))
			return true;
		if (prefix_compare(&a.prefixes[i], &b.prefixes[j]) < 0)
			i++;
		else
			j++;
	}
	return false;
}

bool sources_overlap(const struct ruleset *ruleset, const struct source *a,
		     const struct source *b)
{
	if (a->kind == SOURCE_ANY || b->kind == SOURCE_ANY)
		return true;
	if (a->kind == SOURCE_SET && source_equal(a, b))
		return true;
	return lists_overlap(source_list(ruleset, a), source_list(ruleset, b));
}

bool interfaces_name(const struct interfaces *on, const char *name)
{
	uint32_t i;

	if (!on)
		return true;
	for (i = 0; i < on->n; i++)
		if (!strcmp(on->name[i], name))
			return true;
	return false;
}

bool interfaces_overlap(const struct interfaces *a, const struct interfaces *b)
{
	uint32_t i;

	if (!a || !b)
		return true;
	for (i = 0; i < a->n; i++)
		if (interfaces_name(b, a->name[i]))
			return true;
	return false;
}

bool rules_overlap(const struct ruleset *ruleset, const struct rule *rule,
		   const struct rule *question)
{
	if (question->services &&
	    !services_overlap(rule->services, question->services))
		return false;
	return interfaces_overlap(rule->on, question->on) &&
	       sources_overlap(ruleset, &rule->source, &question->source);
}
