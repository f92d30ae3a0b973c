/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Model to tables. Services become classes (classes.c); then every prefix that a
 * rule or a set names is visited in address order, carrying a stack of those
 * around it, and gets the profile of all rules that cover it (profiles.c). Makes
 * no system call.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "classes.h"
#include "coarse.h"
#include "profiles.h"

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

static int item_compare(const void *a, const void *b)
{
	const struct item *x = a, *y = b;
	int order = prefix_compare(&x->prefix, &y->prefix);

	return order ? order : (x->owner > y->owner) - (x->owner < y->owner);
}

/* ---- who names what ---- */

static int set_rules_build(struct set_rules *of, const struct ruleset *ruleset)
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
static int items_collect(struct items *items, const struct ruleset *ruleset,
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

/* ---- prefixes to entries ---- */

struct cover {
	struct prefix prefix;
	struct state state;
};

struct walk {
	const struct ruleset *ruleset;
	const struct set_rules *set_rules;
	struct profiles profiles;
	struct tables *tables;
	struct cover stack[130];	/* /0 ... /128 and the bottom */
	int depth;
	uint32_t *rules;		/* of the prefix at hand */
	uint32_t n_rules;
};

static int number_compare(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* Rules that name exactly the prefix of items[0 ... n - 1], ascending, each once. */
static void walk_rules(struct walk *walk, const struct item *items, size_t n)
{
	const struct set_rules *of = walk->set_rules;
	uint32_t k;
	size_t i;

	walk->n_rules = 0;
	for (i = 0; i < n; i++) {
		uint32_t owner = items[i].owner;

		if (owner < walk->ruleset->n_rules) {
			walk->rules[walk->n_rules++] = owner;
			continue;
		}
		owner -= walk->ruleset->n_rules;
		for (k = of->first[owner]; k < of->first[owner + 1]; k++)
			walk->rules[walk->n_rules++] = of->rules[k];
	}
	if (n > 1)
		qsort(walk->rules, walk->n_rules, sizeof(uint32_t),
		      number_compare);
}

static int entry_add(struct tables *tables, const struct prefix *prefix,
		     struct xdpwl_entry entry)
{
	bool four = prefix->family == AF_INET;
	struct table *table = four ? &tables->lpm4 : &tables->lpm6;
	size_t key = four ? sizeof(struct xdpwl_lpm4) :
			    sizeof(struct xdpwl_lpm6);
	uint32_t len = prefix->len;
	char *at;

	if (table->n == table->capacity) {
		size_t capacity = table->capacity * 2 + 64;
		void *keys = realloc(table->keys, capacity * key);
		void *values;

		table->keys = keys ? keys : table->keys;
		values = realloc(table->values, capacity * sizeof(entry));
		table->values = values ? values : table->values;
		if (!keys || !values)
			return -ENOMEM;
		table->capacity = capacity;
	}
	at = (char *)table->keys + table->n * key;
	memcpy(at, &len, sizeof(len));
	memcpy(at + sizeof(len), prefix->addr, key - sizeof(len));
	((struct xdpwl_entry *)table->values)[table->n++] = entry;
	return 0;
}

static int walk_prefix(struct walk *walk, const struct item *items, size_t n)
{
	const struct prefix *prefix = &items[0].prefix;
	struct state parent, state;
	int err;

	while (walk->depth &&
	       !prefix_covers(&walk->stack[walk->depth].prefix, prefix))
		walk->depth--;
	parent = walk->stack[walk->depth].state;
	walk_rules(walk, items, n);
	err = profiles_state(&walk->profiles, parent, walk->rules,
			     walk->n_rules, &state);
	if (err)
		return err;
	walk->depth++;
	walk->stack[walk->depth] = (struct cover){ *prefix, state };
	/* What the covering prefix says already needs no entry. */
	if (state.profile == parent.profile && state.cell == parent.cell)
		return 0;
	return entry_add(walk->tables, prefix,
			 profiles_entry(&walk->profiles, state));
}

static int walk_items(struct walk *walk, const struct items *items)
{
	size_t i, n;
	int err;

	for (i = 0; i < items->n; i += n) {
		const struct item *item = &items->item[i];

		for (n = 1; i + n < items->n; n++)
			if (!prefix_equal(&item->prefix, &item[n].prefix))
				break;
		err = walk_prefix(walk, item, n);
		if (err)
			return err;
	}
	return 0;
}

/* ---- the rest of the tables ---- */

/* Cells of profiles that an entry's bits do not answer. */
static int cells_emit(struct tables *tables, const struct profiles *profiles)
{
	struct xdpwl_cell_key *keys = calloc(profiles->n_cells + 1,
					     sizeof(*keys));
	uint32_t *values = calloc(profiles->n_cells + 1, sizeof(*values)), i, k;

	tables->cells.keys = keys;
	tables->cells.values = values;
	if (!keys || !values)
		return -ENOMEM;
	for (i = 1; i < profiles->n; i++) {
		const struct profile *profile = &profiles->all[i];

		for (k = 0; k < profile->n; k++) {
			if (profile->uniform &&
			    profile->keys[k].class < XDPWL_COMMON)
				continue;
			keys[tables->cells.n] = profile->keys[k];
			values[tables->cells.n++] = profile->cells[k];
		}
	}
	return 0;
}

static int any_emit(struct walk *walk)
{
	struct tables *tables = walk->tables;
	size_t i;

	walk->n_rules = 0;
	tables->any = calloc(XDPWL_ANY_CELLS, sizeof(*tables->any));
	if (!tables->any)
		return -ENOMEM;
	for (i = 0; i < walk->ruleset->n_rules; i++)
		if (walk->ruleset->rules[i].source.kind == SOURCE_ANY)
			walk->rules[walk->n_rules++] = i;
	if (walk->n_rules)
		tables->slot.flags |= XDPWL_HAS_ANY;
	profiles_any(&walk->profiles, walk->rules, walk->n_rules, tables->any);
	return 0;
}

static void options_emit(struct xdpwl_slot *slot, const struct options *options)
{
	uint32_t i;

	if (options->ra)
		slot->flags |= XDPWL_RA;
	if (options->class_e)
		slot->flags |= XDPWL_CLASS_E;
	slot->n_ethertypes = options->n_ethertypes;
	for (i = 0; i < options->n_ethertypes && i < XDPWL_ETHERTYPES; i++)
		slot->ethertypes[i] = htons(options->ethertypes[i]);
}

static int coarse_emit(struct tables *tables, uint64_t seed)
{
	int err = 0;

	tables->heads = calloc(1, sizeof(*tables->heads));
	if (!tables->heads)
		return -ENOMEM;
	if (tables->lpm4.n) {
		tables->slot.flags |= XDPWL_HAS_4;
		err = coarse_build4(tables);
	}
	if (!err && tables->lpm6.n) {
		tables->slot.flags |= XDPWL_HAS_6;
		err = coarse_build6(tables, seed);
	}
	return err;
}

static int prefixes_build(struct walk *walk, struct items *items,
			  struct set_rules *of, uint64_t seed)
{
	int err = set_rules_build(of, walk->ruleset);

	walk->set_rules = of;
	walk->rules = calloc(walk->ruleset->n_rules + 1, sizeof(uint32_t));
	if (!err)
		err = walk->rules ? 0 : -ENOMEM;
	if (!err)
		err = items_collect(items, walk->ruleset, of);
	if (!err)
		err = walk_items(walk, items);
	if (!err)
		err = any_emit(walk);
	if (!err)
		err = cells_emit(walk->tables, &walk->profiles);
	if (!err)
		err = coarse_emit(walk->tables, seed);
	return err;
}

int compile(struct tables *tables, const struct ruleset *ruleset,
	    const struct device *devices, size_t n_devices, uint64_t seed,
	    struct error *error)
{
	struct walk *walk = calloc(1, sizeof(*walk));
	struct items items = { NULL, 0 };
	struct set_rules of = { NULL, NULL };
	struct classes classes = { 0 };
	int err;

	memset(tables, 0, sizeof(*tables));
	if (!walk)
		return error_memory(error);
	options_emit(&tables->slot, &ruleset->options);
	err = classes_build(&classes, tables, ruleset, devices, n_devices,
			    random_next(&seed), error);
	if (err)
		goto out;
	walk->ruleset = ruleset;
	walk->tables = tables;
	err = profiles_init(&walk->profiles, ruleset, &classes);
	if (!err)
		err = prefixes_build(walk, &items, &of, random_next(&seed));
	if (err == -ENOSPC)
		error_set(error, EXIT_FULL, "rules overlap so often that their "
			  "combinations do not fit: use sets and fewer "
			  "distinct services for overlapping prefixes");
	else if (err)
		error_memory(error);
	profiles_free(&walk->profiles);
out:
	free(items.item);
	free(of.first);
	free(of.rules);
	classes_free(&classes);
	free(walk->rules);
	free(walk);
	if (err)
		tables_free(tables);
	return err;
}

static void table_free(struct table *table)
{
	free(table->keys);
	free(table->values);
}

void tables_free(struct tables *tables)
{
	free(tables->service);
	free(tables->protocol);
	free(tables->any);
	table_free(&tables->odd_ports);
	table_free(&tables->lpm4);
	table_free(&tables->lpm6);
	table_free(&tables->cells);
	table_free(&tables->interfaces);
	free(tables->heads);
	free(tables->coarse4);
	free(tables->coarse6);
	memset(tables, 0, sizeof(*tables));
}
