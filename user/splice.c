/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Cuts and insertions in a text. In: a text and what changes where; out: a new
 * text whose other bytes are those of the old one. Knows no rules.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "splice.h"

void text_free(struct text *text)
{
	free(text->bytes);
	memset(text, 0, sizeof(*text));
}

int splices_add(struct splices *splices, size_t from, size_t to, char *insert,
		struct error *error)
{
	if ((splices->n & (splices->n - 1)) == 0) {
		size_t room = splices->n ? splices->n * 2 : 1;
		struct splice *grown = realloc(splices->splice,
					       room * sizeof(*grown));

		if (!grown) {
			free(insert);
			return error_memory(error);
		}
		splices->splice = grown;
	}
	splices->splice[splices->n++] = (struct splice){ from, to, insert };
	return 0;
}

void splices_free(struct splices *splices)
{
	for (size_t i = 0; i < splices->n; i++)
		free(splices->splice[i].insert);
	free(splices->splice);
	memset(splices, 0, sizeof(*splices));
}

static char *put(char *to, const char *bytes, size_t length)
{
	if (length)
		memcpy(to, bytes, length);
	return to + length;
}

int splices_apply(const struct splices *splices, const struct text *in,
		  struct text *out, struct error *error)
{
	size_t room = in->length + 1, from = 0;
	char *to;

	for (size_t i = 0; i < splices->n; i++) {
		if (splices->splice[i].insert)
			room += strlen(splices->splice[i].insert);
	}
	out->bytes = to = malloc(room);
	if (!to)
		return error_memory(error);
	for (size_t i = 0; i < splices->n; i++) {
		const struct splice *splice = &splices->splice[i];

		to = put(to, in->bytes + from, splice->from - from);
		if (splice->insert)
			to = put(to, splice->insert, strlen(splice->insert));
		from = splice->to;
	}
	to = put(to, in->bytes + from, in->length - from);
	*to = '\0';
	out->length = (size_t)(to - out->bytes);
	return 0;
}

bool line_next(const struct text *in, struct line *line)
{
	const char *bytes, *newline;

	line->start = line->number ? line->next : 0;
	if (line->start >= in->length)
		return false;
	bytes = in->bytes + line->start;
	newline = memchr(bytes, '\n', in->length - line->start);
	line->next = newline ? (size_t)(newline - in->bytes) + 1 : in->length;
	line->length = line->next - line->start - (newline != NULL);
	if (line->length > 0 && bytes[line->length - 1] == '\r')
		line->length--;
	line->number++;
	return true;
}

/* How the last line before `at` that has an end ends. */
static const char *newline_before(const struct text *in, size_t at)
{
	const char *newline = at ? memrchr(in->bytes, '\n', at) : NULL;

	return newline && newline > in->bytes && newline[-1] == '\r' ? "\r\n" :
								       "\n";
}

int splices_add_line(struct splices *splices, const struct text *in, size_t at,
		     char *statement, struct error *error)
{
	const char *newline = newline_before(in, at);
	bool open = at > 0 && in->bytes[at - 1] != '\n';
	char *line;
	int length = asprintf(&line, "%s%s%s", open ? newline : "", statement,
			      newline);

	free(statement);
	if (length < 0)
		return error_memory(error);
	return splices_add(splices, at, at, line, error);
}
