/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Edits of `set` and `interface` lines. In: a text that parses and one edit;
 * out: the splices that make it. Leaves the layout of the line and its comment
 * alone.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "rule_format.h"
#include "rulefile_edit.h"
#include "set.h"
#include "words.h"

/* The one line that defines a set; the caller frees the statement. */
static int find_set(struct statement *statement, const struct text *in,
		    struct line *line, const char *name, struct error *error)
{
	memset(line, 0, sizeof(*line));
	while (line_next(in, line)) {
		int err = line_parse(statement, in, line, "set", error);

		if (err)
			return err;
		if (statement->kind == STATEMENT_SET &&
		    strcmp(statement->set.name, name) == 0)
			return 0;
		statement_free(statement);
	}
	error_set(error, EXIT_ABSENT,
		  "there is no set %s: a line 'set %s ...' in the rules file defines it",
		  name, name);
	return -ENOENT;
}

/* Where the last word of a line ends, as an offset in the line. */
static int find_end(const struct text *in, const struct line *line,
		    uint32_t *end, struct error *error)
{
	char *copy = malloc(line->length + 1);
	struct word word;
	uint32_t at = 0;
	int got;

	if (!copy)
		return error_memory(error);
	memcpy(copy, in->bytes + line->start, line->length);
	*end = 0;
	while ((got = word_next(copy, (uint32_t)line->length, &at, &word,
				error)) > 0)
		*end = word.end;
	free(copy);
	return got;
}

/* " PREFIX" for each that is no member yet; NULL: no memory. */
static char *format_new(const struct set_line *set,
			const struct prefix *prefixes, size_t n)
{
	char *text = malloc(n * (PREFIX_TEXT_SIZE + 1) + 1), *at = text;

	if (!text)
		return NULL;
	*at = '\0';
	for (size_t i = 0; i < n; i++) {
		if (prefixes_find(set->members, set->n_members, &prefixes[i]))
			continue;
		*at++ = ' ';
		prefix_format(&prefixes[i], false, at);
		at += strlen(at);
	}
	return text;
}

static int set_add(struct splices *splices, const struct text *in,
		   const struct line *line, struct set_line *set,
		   const struct prefix *prefixes, size_t n, struct error *error)
{
	uint32_t end;
	char *text;
	int err;

	prefixes_sort(set->members, &set->n_members);
	text = format_new(set, prefixes, n);
	if (!text)
		return error_memory(error);
	if (!*text) {
		free(text);
		return 0;
	}
	err = find_end(in, line, &end, error);
	if (err) {
		free(text);
		return err;
	}
	return splices_add(splices, line->start + end, line->start + end, text,
			   error);
}

/* Members go with the blanks before them. */
static int cut_members(struct splices *splices, const struct line *line,
		       char *copy, struct prefix *prefixes, size_t n,
		       struct error *error)
{
	uint32_t at = 0, before = 0;
	struct word word;
	int got, index = 0, err;

	while ((got = word_next(copy, (uint32_t)line->length, &at, &word,
				error)) > 0) {
		struct prefix member;

		if (index++ >= 2) {	/* behind "set" and the name */
			err = prefix_parse(&member, word.text, word.length,
					   error);
			if (!err && prefixes_find(prefixes, n, &member))
				err = splices_add(splices, line->start + before,
						  line->start + word.end, NULL,
						  error);
			if (err)
				return err;
		}
		before = word.end;
	}
	return got;
}

static int set_delete(struct splices *splices, const struct text *in,
		      const struct line *line, const struct set_line *set,
		      struct prefix *prefixes, size_t n, struct error *error)
{
	char *copy = malloc(line->length + 1);
	int err;

	if (!copy)
		return error_memory(error);
	memcpy(copy, in->bytes + line->start, line->length);
	err = cut_members(splices, line, copy, prefixes, n, error);
	free(copy);
	if (!err && splices->n == 0) {
		error_set(error, EXIT_ABSENT, "set %s has no such member",
			  set->name);
		return -ENOENT;
	}
	return err;
}

int edit_set(struct splices *splices, const struct text *in,
	     const struct edit *edit, struct error *error)
{
	size_t n = edit->n_prefixes;
	struct prefix *sorted = malloc(n * sizeof(*sorted) + 1);
	struct statement statement;
	struct line line;
	int err;

	if (!sorted)
		return error_memory(error);
	if (n)
		memcpy(sorted, edit->prefixes, n * sizeof(*sorted));
	prefixes_sort(sorted, &n);
	err = find_set(&statement, in, &line, edit->set, error);
	if (err) {
		free(sorted);
		return err;
	}
	if (statement.set.path)
		err = error_set(error, EXIT_USAGE,
				"set %s is kept in a file: edit %s, then 'xdpwl apply'",
				edit->set, statement.set.path);
	else if (edit->verb == EDIT_SET_ADD)
		err = set_add(splices, in, &line, &statement.set, sorted, n,
			      error);
	else
		err = set_delete(splices, in, &line, &statement.set, sorted, n,
				 error);
	statement_free(&statement);
	free(sorted);
	return err;
}

/* The line of an interface, with what it says now. Returns 1, 0 (none: *line
 * is the last line of any interface, number 0 where there is none) or
 * -errno. */
static int find_interface(struct interface *found, const struct text *in,
			  struct line *line, const char *name,
			  struct error *error)
{
	struct statement statement;
	struct line at = { 0 };

	memset(line, 0, sizeof(*line));
	while (line_next(in, &at)) {
		int err = line_parse(&statement, in, &at, "interface", error);

		if (err)
			return err;
		if (statement.kind == STATEMENT_INTERFACE) {
			*line = at;
			*found = statement.interface;
			if (strcmp(found->name, name) == 0)
				return 1;
		}
		statement_free(&statement);
	}
	return 0;
}

static char *format_interface(const struct interface *interface)
{
	char *text = NULL;
	size_t length;
	FILE *out = open_memstream(&text, &length);

	if (!out)
		return NULL;
	interface_write(interface, out);
	if (fclose(out)) {
		free(text);
		return NULL;
	}
	return text;
}

int interface_add(struct splices *splices, const struct text *in,
		  const struct interface *wanted, struct error *error)
{
	struct interface found;
	struct line line;
	int got = find_interface(&found, in, &line, wanted->name, error);
	uint32_t start = 0, end;
	char *text;

	if (got < 0 || (got > 0 && found.mode == wanted->mode &&
			found.audit == wanted->audit))
		return got < 0 ? got : 0;
	text = format_interface(wanted);
	if (!text)
		return error_memory(error);
	if (got == 0)
		return splices_add_line(splices, in,
					line.number ? line.next : in->length,
					text, error);
	if (find_end(in, &line, &end, error)) {
		free(text);
		return -EINVAL;
	}
	while (strchr(" \t", in->bytes[line.start + start]))
		start++;
	return splices_add(splices, line.start + start, line.start + end, text,
			   error);
}

int interface_delete(struct splices *splices, const struct text *in,
		     const struct interface *wanted, struct error *error)
{
	struct interface found;
	struct line line;
	int got = find_interface(&found, in, &line, wanted->name, error);

	if (got < 0)
		return got;
	if (got == 0) {
		error_set(error, EXIT_ABSENT, "there is no line 'interface %s'",
			  wanted->name);
		return -ENOENT;
	}
	return splices_add(splices, line.start, line.next, NULL, error);
}
