/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Services to classes: numbers every set of (group, protocol, port) triples that no
 * rule tells apart. Rules of equal services and equal `on` share one scope; the
 * class of a triple is named by the sum of the random numbers of the scopes that
 * hold it (128 bits: two sets that differ never meet in practice).
 */
#ifndef CLASSES_H
#define CLASSES_H

#include "tables.h"

struct scope {
	const struct services *services;
	const struct interfaces *on;
	uint32_t groups;	/* bit g: it holds in group g */
	bool all;		/* its service is `all` */
	uint64_t name[2];	/* random */
	uint64_t weight;	/* prefixes of its rules, for the numbering */
	uint32_t *classes;	/* sorted, n_classes of them; none for `all` */
	uint32_t n_classes;
};

struct classes {
	struct scope *scopes;
	uint32_t n_scopes;
	uint32_t *scope_of;	/* [n_rules] */
	uint32_t n;		/* class numbers in use, 0 included; the commonest first */
	uint8_t *group_of;	/* [n]: a group of the class; for `all ... on` any will do */
	uint32_t n_groups;
};

/* Fills tables->slot->named (but for mains), ->service, ->protocol, ->odd_ports, ->interfaces as
 * well. */
int classes_build(struct classes *classes, struct tables *tables,
		  const struct ruleset *ruleset, const struct device *devices,
		  size_t n_devices, uint64_t seed, struct error *error);
void classes_free(struct classes *classes);

/* For qsort(): ascending uint32_t. */
int number_compare(const void *a, const void *b);

/* splitmix64: the next of a stream of random numbers. */
uint64_t random_next(uint64_t *state);

#endif
