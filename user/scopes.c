/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Rules to scopes, devices to groups. Rules of equal services and equal `on` are one
 * scope, with a random name; devices that the same `on` lists name are one group.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "classes_inner.h"

uint64_t random_next(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15ull;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ z >> 27) * 0x94d049bb133111ebull;
	return z ^ z >> 31;
}

/* Number of prefixes that a rule's source stands for; 0 for `any`. */
static size_t rule_weight(const struct ruleset *ruleset, const struct rule *rule)
{
	if (rule->source.kind == SOURCE_SET)
		return ruleset_set(ruleset, rule->source.set)->n_members;
	return rule->source.kind == SOURCE_PREFIX;
}

static bool on_names(const struct interfaces *on, const char *name)
{
	uint32_t i;

	for (i = 0; i < on->n; i++)
		if (!strcmp(on->name[i], name))
			return true;
	return false;
}

/* ---- scopes ---- */

struct scope_key {
	const struct services *services;
	const struct interfaces *on;
	uint32_t rule;
};

static int scope_key_compare(const void *a, const void *b)
{
	const struct scope_key *x = a, *y = b;

	if (x->services != y->services)
		return x->services < y->services ? -1 : 1;
	if (x->on != y->on)
		return x->on < y->on ? -1 : 1;
	return (x->rule > y->rule) - (x->rule < y->rule);
}

static bool services_are_all(const struct services *services)
{
	uint32_t i;

	for (i = 0; i < services->n; i++)
		if (services->s[i].kind == SERVICE_ALL)
			return true;
	return false;
}

static struct scope *scope_add(struct classes *classes,
			       const struct scope_key *key, uint64_t *random)
{
	struct scope *scope = &classes->scopes[classes->n_scopes++];

	scope->services = key->services;
	scope->on = key->on;
	scope->all = services_are_all(key->services);
	scope->name[0] = random_next(random);
	scope->name[1] = random_next(random);
	return scope;
}

int scopes_collect(struct classes *classes, const struct ruleset *ruleset,
		   uint64_t *random)
{
	size_t n = ruleset->n_rules, i;
	struct scope_key *keys = calloc(n + 1, sizeof(*keys));

	classes->scopes = calloc(n + 1, sizeof(*classes->scopes));
	classes->scope_of = calloc(n + 1, sizeof(*classes->scope_of));
	if (!keys || !classes->scopes || !classes->scope_of) {
		free(keys);
		return -ENOMEM;
	}
	for (i = 0; i < n; i++) {
		const struct rule *rule = &ruleset->rules[i];

		keys[i] = (struct scope_key){ rule->services, rule->on, i };
	}
	qsort(keys, n, sizeof(*keys), scope_key_compare);
	for (i = 0; i < n; i++) {
		if (!i || keys[i].services != keys[i - 1].services ||
		    keys[i].on != keys[i - 1].on)
			scope_add(classes, &keys[i], random);
		classes->scope_of[keys[i].rule] = classes->n_scopes - 1;
		classes->scopes[classes->n_scopes - 1].weight +=
			rule_weight(ruleset, &ruleset->rules[keys[i].rule]);
	}
	free(keys);
	return 0;
}

/* ---- groups ---- */

/* Devices that the same `on` lists name are one group; group 0 is named by none. */
static int device_group(struct classes *classes, struct signature *groups,
			const struct device *device, struct error *error)
{
	struct signature name = { { 0, 0 } };
	uint32_t i, group;

	for (i = 0; i < classes->n_scopes; i++) {
		const struct scope *scope = &classes->scopes[i];

		if (!scope->on || !on_names(scope->on, device->name))
			continue;
		name.part[0] += scope->name[0];
		name.part[1] += scope->name[1];
	}
	for (group = 0; group < classes->n_groups; group++)
		if (!memcmp(&groups[group], &name, sizeof(name)))
			break;
	if (group == XDPWL_GROUPS)
		return error_set(error, EXIT_FULL, "rules tell apart more than "
				 "%d groups of interfaces with `on`: use "
				 "fewer combinations", XDPWL_GROUPS - 1);
	if (group == classes->n_groups)
		groups[classes->n_groups++] = name;
	for (i = 0; i < classes->n_scopes; i++)
		if (classes->scopes[i].on &&
		    on_names(classes->scopes[i].on, device->name))
			classes->scopes[i].groups |= 1u << group;
	return group;
}

int scopes_group(struct classes *classes, struct tables *tables,
		 const struct device *devices, size_t n, struct error *error)
{
	struct signature groups[XDPWL_GROUPS] = { { { 0, 0 } } };
	struct xdpwl_interface *values;
	uint32_t *keys, i;

	classes->n_groups = 1;
	tables->interfaces.keys = keys = calloc(n + 1, sizeof(*keys));
	tables->interfaces.values = values = calloc(n + 1, sizeof(*values));
	if (!keys || !values)
		return error_memory(error);
	for (i = 0; i < n; i++) {
		int group = device_group(classes, groups, &devices[i], error);

		if (group < 0)
			return group;
		keys[i] = devices[i].ifindex;
		values[i].group = group;
		values[i].audit = devices[i].audit;
		if (group || devices[i].audit)
			tables->slot->flags |= XDPWL_HAS_INTERFACES;
	}
	tables->interfaces.n = n;
	for (i = 0; i < classes->n_scopes; i++)
		if (!classes->scopes[i].on)
			classes->scopes[i].groups = (1u << classes->n_groups) - 1;
	return 0;
}
