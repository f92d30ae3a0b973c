/* SPDX-License-Identifier: GPL-2.0-only */
/* Options as rows of a table: taken out of argv wherever they stand. */
#ifndef OPTIONS_H
#define OPTIONS_H

#include <stdbool.h>
#include "error.h"

struct option_spec {
	const char *name;	/* "--rules" or "-v" */
	bool *flag;		/* set to true, for an option without a value */
	const char **value;	/* set to the value, for one with */
	bool later;		/* not in this version: refused by name */
};

/* Every table ends with it. */
#define OPTIONS_END { 0 }

/*
 * Take the options of `specs` out of argv[1 ...], as `--name value` or
 * `--name=value`, leaving the other words in their order; *argc is what
 * remains. A word `--` ends the options. With `strict` any other option is an
 * error and the `--` is taken out; without, both stay for the next table.
 */
int options_parse(const struct option_spec *specs, bool strict, int *argc,
		  char **argv, struct error *error);

/* A whole number of at most `limit`, at least 1, for the option `name`. */
int options_number(const char *name, const char *text, unsigned long limit,
		   unsigned long *number, struct error *error);

#endif
