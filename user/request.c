/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * In: arguments of a command. Out: the statement that the same words make in a
 * rules file, through the same parser, so that there is one language. Memory
 * alone.
 */
#include <stdlib.h>
#include "request.h"
#include "words.h"

static int request_statement(struct statement *statement, const char *verb,
			     int n, char **words, struct error *error)
{
	size_t length = 0;
	char *line = NULL;
	FILE *out = open_memstream(&line, &length);
	int i, err;

	if (!out)
		return error_memory(error);
	fputs(verb, out);
	for (i = 0; i < n; i++) {
		fputc(' ', out);
		word_write(words[i], out);
	}
	if (fclose(out)) {
		free(line);
		return error_memory(error);
	}
	err = statement_parse(statement, line, length, error);
	free(line);
	return err;
}

int request_rule(struct statement *statement, const char *verb, int n,
		 char **words, struct error *error)
{
	return request_statement(statement, verb, n, words, error);
}

int request_source(struct source *source, char *word, struct error *error)
{
	struct statement statement;
	int err = request_statement(&statement, "deny", 1, &word, error);

	if (err)
		return err;
	*source = statement.rule.source;
	statement_free(&statement);
	return 0;
}

int request_interface(struct interface *interface, char *word,
		      struct error *error)
{
	struct statement statement;
	int err = request_statement(&statement, "interface", 1, &word, error);

	if (err)
		return err;
	*interface = statement.interface;
	statement_free(&statement);
	return 0;
}
