/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * In: a rules text and where it came from. Out: its model, with the members of
 * sets read from their files or left for later. It writes nothing and asks no
 * kernel.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "model.h"

static char *path_directory(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (!slash)
		return strdup(".");
	return strndup(path, slash == path ? 1 : (size_t)(slash - path));
}

char *path_absolute(const char *path)
{
	const char *slash = strrchr(path, '/');
	char *directory = path_directory(path), *real, *absolute = NULL;

	if (!directory)
		return NULL;
	/* One name for one place, however it is spelled. */
	real = realpath(directory, NULL);
	if (asprintf(&absolute, "%s/%s",
		     !real ? directory : strcmp(real, "/") ? real : "",
		     slash ? slash + 1 : path) < 0)
		absolute = NULL;
	free(real);
	free(directory);
	return absolute;
}

/* Messages call the file as the user does; its sets' paths need an absolute
 * base. */
int model_parse(struct ruleset *ruleset, const struct text *text,
		const char *name, const char *path, struct error *error)
{
	char *base = path_directory(path);
	int err;

	if (!base)
		return error_memory(error);
	err = ruleset_parse(ruleset, name, base,
			    text->bytes ? text->bytes : "", text->length,
			    error);
	free(base);
	return err;
}

int model_read(struct ruleset *ruleset, const struct text *text,
	       const char *path, struct error *error)
{
	char *absolute = path_absolute(path ? path : "stdin");
	int err;

	if (!absolute)
		return error_memory(error);
	err = model_parse(ruleset, text, path ? path : "stdin", absolute,
			  error);
	free(absolute);
	if (err)
		return err;
	err = ruleset_read_sets(ruleset, error);
	if (err)
		ruleset_free(ruleset);
	return err;
}
