/* SPDX-License-Identifier: GPL-2.0-only */
/* Arrays of prefixes as sets, beside set_read() of ruleset.h. */
#ifndef SET_H
#define SET_H

#include <stdbool.h>
#include "prefix.h"

/* Sort, and keep equal ones once. Needs memory for a copy of many; without
 * it the work is slower, not wrong. */
void prefixes_sort(struct prefix *prefixes, size_t *n);

/* In a sorted array: the one that equals `wanted`, or NULL. */
struct prefix *prefixes_find(struct prefix *prefixes, size_t n,
			     const struct prefix *wanted);
/* Whether one of a sorted array covers `inner`. */
bool prefixes_cover(struct prefix *prefixes, size_t n,
		    const struct prefix *inner);
/* Whether `outer` covers one of a sorted array. */
bool prefixes_within(const struct prefix *prefixes, size_t n,
		     const struct prefix *outer);

#endif
