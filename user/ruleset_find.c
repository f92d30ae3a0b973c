/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Questions to a ruleset: what bears a name, what covers a prefix, how many
 * there are. In: a ruleset as ruleset_parse() left it; changes nothing of it.
 */
#include <stdlib.h>
#include <string.h>
#include "intern.h"
#include "ruleset.h"
#include "set.h"

struct set *ruleset_set(const struct ruleset *ruleset, const char *name)
{
	uint32_t hash = hash_bytes(name, strlen(name));
	const struct index *index;
	size_t at = 0;
	long i;

	if (!ruleset->intern)
		return NULL;
	index = &ruleset->intern->by_set;
	while ((i = index_next(index, hash, &at)) >= 0) {
		if (strcmp(ruleset->sets[i].name, name) == 0)
			return &ruleset->sets[i];
	}
	return NULL;
}

struct interface *ruleset_interface(const struct ruleset *ruleset,
				    const char *name)
{
	uint32_t hash = hash_bytes(name, strlen(name));
	const struct index *index;
	size_t at = 0;
	long i;

	if (!ruleset->intern)
		return NULL;
	index = &ruleset->intern->by_interface;
	while ((i = index_next(index, hash, &at)) >= 0) {
		if (strcmp(ruleset->interfaces[i].name, name) == 0)
			return &ruleset->interfaces[i];
	}
	return NULL;
}

struct rule *ruleset_rule(const struct ruleset *ruleset, const struct rule *like)
{
	uint32_t hash = rule_hash(like);
	const struct index *index;
	size_t at = 0;
	long i;

	if (!ruleset->intern)
		return NULL;
	index = &ruleset->intern->by_rule;
	while ((i = index_next(index, hash, &at)) >= 0) {
		if (rule_equal(&ruleset->rules[i], like))
			return &ruleset->rules[i];
	}
	return NULL;
}

bool ruleset_rule_covers(const struct ruleset *ruleset, const struct rule *rule,
			 const struct prefix *prefix)
{
	const struct set *set;

	switch (rule->source.kind) {
	case SOURCE_PREFIX:
		return prefix_covers(&rule->source.prefix, prefix);
	case SOURCE_ANY:
		return true;
	case SOURCE_SET:
		set = ruleset_set(ruleset, rule->source.set);
		return set && prefixes_cover(set->members, set->n_members,
					     prefix);
	}
	return false;
}

size_t ruleset_prefixes(const struct ruleset *ruleset)
{
	struct prefix *all;
	size_t room = ruleset->n_rules, n = 0;

	for (size_t i = 0; i < ruleset->n_sets; i++)
		room += ruleset->sets[i].n_members;
	all = malloc(room * sizeof(*all) + 1);
	if (!all)
		return room;	/* for people: too high is better than none */
	for (size_t i = 0; i < ruleset->n_rules; i++) {
		if (ruleset->rules[i].source.kind == SOURCE_PREFIX)
			all[n++] = ruleset->rules[i].source.prefix;
	}
	for (size_t i = 0; i < ruleset->n_sets; i++) {
		const struct set *set = &ruleset->sets[i];

		if (set->n_members)
			memcpy(&all[n], set->members,
			       set->n_members * sizeof(*all));
		n += set->n_members;
	}
	prefixes_sort(all, &n);
	free(all);
	return n;
}
