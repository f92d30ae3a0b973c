/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Model to tables. Services become classes (classes.c); then every prefix that a
 * rule or a set names is visited in address order (items.c), carrying a stack of
 * those around it, and gets the profile of all rules that cover it (profiles.c).
 * Makes no system call.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "classes.h"
#include "lines.h"
#include "items.h"
#include "mains.h"
#include "near.h"
#include "numbers.h"
#include "profiles.h"
#include "table4.h"
#include "tiles6.h"

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
		tables->slot->flags |= XDPWL_HAS_ANY;
	profiles_any(&walk->profiles, walk->rules, walk->n_rules, tables->any);
	for (i = XDPWL_CLASS_ALL; i < XDPWL_ANY_CELLS; i++)
		if (tables->any[i])
			tables->slot->flags |= XDPWL_ANY_ALL;
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

/* All that stands in front of the tries. */
static int front_emit(struct tables *tables, uint64_t seed)
{
	struct numbers numbers = { 0 };
	int err;

	tables->slot->seed = seed | 1;
	if (tables->lpm4.n)
		tables->slot->flags |= XDPWL_HAS_4;
	if (tables->lpm6.n)
		tables->slot->flags |= XDPWL_HAS_6;
	near_build6(tables);
	err = near_build4(tables);
	if (!err)
		err = numbers_build(&numbers, tables);
	if (!err)
		err = main_build(tables, numbers.of4, true);
	if (!err)
		err = main_build(tables, numbers.of6, false);
	if (!err)
		err = table4_build(tables, numbers.of4);
	if (!err)
		err = tiles6_build(tables, numbers.of6, true);
	if (!err)
		err = exact_build(tables, numbers.of6);
	numbers_free(&numbers);
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
		err = front_emit(walk->tables, seed);
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
	tables->slot = calloc(1, sizeof(*tables->slot));
	if (!walk || !tables->slot) {
		free(walk);
		tables_free(tables);
		return error_memory(error);
	}
	options_emit(tables->slot, &ruleset->options);
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
	set_rules_free(&of);
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
	free(tables->slot);
	free(tables->fine4.elements);
	free(tables->spans4.elements);
	free(tables->rows4.elements);
	free(tables->slices4.elements);
	free(tables->hosts4.elements);
	free(tables->lines4.elements);
	free(tables->numbers4.elements);
	free(tables->tiles6.elements);
	free(tables->fine6.elements);
	free(tables->heads6.elements);
	free(tables->lines6.elements);
	free(tables->runs6.elements);
	free(tables->exact6.elements);
	free(tables->entries.elements);
	memset(tables, 0, sizeof(*tables));
}
