/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * In: a table of options and the words of a command line. Out: the options'
 * values, and the words that are none. It knows no command and prints nothing.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "options.h"

/* Whether `word` is the option `name`; *value is what stands behind its '='. */
static bool word_matches(const char *word, const char *name, const char **value)
{
	size_t length = strlen(name);

	*value = NULL;
	if (strncmp(word, name, length))
		return false;
	if (word[length] == '=' && name[1] == '-')
		*value = word + length + 1;
	return !word[length] || *value;
}

static const struct option_spec *spec_find(const struct option_spec *specs,
					   const char *word, const char **value)
{
	for (; specs->name; specs++)
		if (word_matches(word, specs->name, value))
			return specs;
	return NULL;
}

/* Take the option at argv[*i]; *i moves on to its value where that stands
 * behind. */
static int spec_take(const struct option_spec *spec, const char *value,
		     int argc, char **argv, int *i, struct error *error)
{
	if (spec->later)
		return error_set(error, EXIT_USAGE,
				 "%s is not in this version of xdpwl yet",
				 spec->name);
	if (spec->flag) {
		if (value)
			return error_set(error, EXIT_USAGE,
					 "option %s takes no value", spec->name);
		*spec->flag = true;
		return 0;
	}
	if (!value) {
		if (*i + 1 == argc)
			return error_set(error, EXIT_USAGE,
					 "option %s needs a value", spec->name);
		value = argv[++*i];
	}
	*spec->value = value;
	return 0;
}

int options_parse(const struct option_spec *specs, bool strict, int *argc,
		  char **argv, struct error *error)
{
	const struct option_spec *spec;
	const char *value;
	int i, kept = 1, err;

	for (i = 1; i < *argc; i++) {
		if (!strcmp(argv[i], "--"))
			break;
		spec = spec_find(specs, argv[i], &value);
		if (spec) {
			err = spec_take(spec, value, *argc, argv, &i, error);
			if (err)
				return err;
			continue;
		}
		if (strict && argv[i][0] == '-' && argv[i][1])
			return error_set(error, EXIT_USAGE,
					 "unknown option %s; see: xdpwl help %s",
					 argv[i], argv[0]);
		argv[kept++] = argv[i];
	}
	if (strict && i < *argc)
		i++;
	while (i < *argc)
		argv[kept++] = argv[i++];
	argv[kept] = NULL;
	*argc = kept;
	return 0;
}

int options_number(const char *name, const char *text, unsigned long limit,
		   unsigned long *number, struct error *error)
{
	char *end;

	errno = 0;
	*number = strtoul(text, &end, 10);
	if (text[0] < '0' || text[0] > '9' || *end || errno || !*number ||
	    *number > limit)
		return error_set(error, EXIT_USAGE,
				 "%s %s is not a number from 1 to %lu", name,
				 text, limit);
	return 0;
}
