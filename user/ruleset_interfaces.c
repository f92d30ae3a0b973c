/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * In: a model and the interfaces that are, or shall be, attached. Out: the same
 * model with `interface` lines of these, found by their names. Memory alone.
 */
#include <stdlib.h>
#include <string.h>
#include "intern.h"
#include "ruleset_interfaces.h"

static int index_names(struct index *index, const struct interface *interfaces,
		       size_t n)
{
	int err = 0;
	size_t i;

	for (i = 0; i < n && !err; i++)
		err = index_add(index, hash_bytes(interfaces[i].name,
						  strlen(interfaces[i].name)),
				i);
	return err;
}

int ruleset_take_interfaces(struct ruleset *ruleset,
			    const struct interface *interfaces, size_t n,
			    struct error *error)
{
	struct interface *copy = calloc(n + 1, sizeof(*copy));
	struct index index = { 0 };

	if (!copy || index_names(&index, interfaces, n)) {
		free(copy);
		free(index.slots);
		return error_memory(error);
	}
	if (n)
		memcpy(copy, interfaces, n * sizeof(*copy));
	free(ruleset->interfaces);
	free(ruleset->intern->by_interface.slots);
	ruleset->interfaces = copy;
	ruleset->n_interfaces = n;
	ruleset->intern->by_interface = index;
	return 0;
}
