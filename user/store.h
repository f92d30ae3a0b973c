/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Model to bytes and back: what a generation keeps of its own rules, members of
 * sets, lines and hit numbers, so that commands speak of what packets meet
 * whatever became of the files.
 */
#ifndef STORE_H
#define STORE_H

#include "ruleset.h"

/* Rules apart from members of sets: small edits keep the latter as they are. */
struct store {
	void *rules, *members;
	size_t rules_length, members_length;
};

/* Both malloc'ed; without `members` that part is empty. `origin` is the file whose
 * lines rule->line counts. */
int store_write(struct store *store, const struct ruleset *ruleset,
		const char *origin, bool members, struct error *error);
void store_free(struct store *store);
/*
 * Bytes are not trusted. *origin is malloc'ed. The ruleset is as ruleset_parse() and
 * ruleset_read_sets() leave it, with lines and hit numbers; the members of its
 * sets are those of `store`, borrowed, and store_check() is to say whether they are
 * prefixes, sorted, without repetition: of a million that takes a while.
 */
int store_read(struct ruleset *ruleset, char **origin, const struct store *store,
	       struct error *error);
int store_check(const struct ruleset *ruleset, struct error *error);

#endif
