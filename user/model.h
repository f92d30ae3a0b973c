/* SPDX-License-Identifier: GPL-2.0-only */
/* A rules text as a model: ruleset.h, with names and paths sorted out. */
#ifndef MODEL_H
#define MODEL_H

#include "rulefile.h"

/* `name` is for messages; paths of sets start where `path` (absolute) lies.
 * Their files are not read. */
int model_parse(struct ruleset *ruleset, const struct text *text,
		const char *name, const char *path, struct error *error);

/* The same with the files of sets read, and `path` as the user gave it; NULL:
 * standard input. */
int model_read(struct ruleset *ruleset, const struct text *text,
	       const char *path, struct error *error);

/* A path that every directory takes, malloc'ed. NULL: no memory. */
char *path_absolute(const char *path);

#endif
