/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Model to bytes and back: what a generation keeps of its own rules, members of
 * sets, lines and hit numbers, so that commands speak of what packets meet
 * whatever became of the files.
 */
#ifndef STORE_H
#define STORE_H

#include "ruleset.h"

/* *bytes is malloc'ed. `origin` is the file whose lines rule->line counts. */
int store_write(void **bytes, size_t *length, const struct ruleset *ruleset,
		const char *origin, struct error *error);
/* Bytes are not trusted. *origin is malloc'ed. The ruleset is as ruleset_parse()
 * and ruleset_read_sets() leave it, with lines and hit numbers. */
int store_read(struct ruleset *ruleset, char **origin, const void *bytes,
	       size_t length, struct error *error);

#endif
