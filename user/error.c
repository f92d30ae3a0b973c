/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Failures and notes as text. In: formats and values that may hold anything a
 * stranger wrote; out: one printable line each. Prints nothing itself.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "error.h"

/* Drop a UTF-8 sequence that the end of the buffer cut in two. */
static void cut_partial(char *text, size_t length)
{
	size_t lead = length;

	while (lead > 0 && length - lead < 3 && (text[lead - 1] & 0xc0) == 0x80)
		lead--;
	if (lead > 0 && (text[lead - 1] & 0xc0) == 0xc0)
		text[lead - 1] = '\0';
}

/* One line that cannot steer a terminal. */
static void make_printable(char *text, size_t size, int wanted)
{
	if (wanted >= 0 && (size_t)wanted >= size)
		cut_partial(text, strlen(text));
	for (; *text; text++) {
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			*text = '?';
	}
}

__attribute__((format(printf, 3, 0)))
static void fill(struct error *error, enum exit_code code, const char *format,
		 va_list arguments)
{
	int wanted;

	error->code = code;
	wanted = vsnprintf(error->text, sizeof(error->text), format, arguments);
	make_printable(error->text, sizeof(error->text), wanted);
}

int error_set(struct error *error, enum exit_code code, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	fill(error, code, format, arguments);
	va_end(arguments);
	return -EINVAL;
}

static enum exit_code code_of(int errnum, enum exit_code otherwise)
{
	switch (errnum) {
	case EPERM:
	case EACCES:
		return EXIT_PERMISSION;
	case ENOSPC:
	case ENOMEM:
	case EDQUOT:
	case E2BIG:
		return EXIT_FULL;
	default:
		return otherwise;
	}
}

int error_system(struct error *error, int errnum, enum exit_code code,
		 const char *format, ...)
{
	va_list arguments;
	size_t length;

	va_start(arguments, format);
	fill(error, code_of(errnum, code), format, arguments);
	va_end(arguments);
	length = strlen(error->text);
	snprintf(error->text + length, sizeof(error->text) - length, ": %s",
		 strerror(errnum));
	return -errnum;
}

int error_memory(struct error *error)
{
	error_set(error, EXIT_FULL, "out of memory");
	return -ENOMEM;
}

/* A note that finds no memory is lost: it was only a remark. */
void notes_add(struct notes *notes, const char *format, ...)
{
	va_list arguments;
	char **lines;
	char *line;
	int length;

	va_start(arguments, format);
	length = vasprintf(&line, format, arguments);
	va_end(arguments);
	if (length < 0)
		return;
	lines = realloc(notes->lines, (notes->n + 1) * sizeof(*lines));
	if (!lines) {
		free(line);
		return;
	}
	make_printable(line, (size_t)length + 1, length);
	notes->lines = lines;
	notes->lines[notes->n++] = line;
}

void notes_free(struct notes *notes)
{
	for (size_t i = 0; i < notes->n; i++)
		free(notes->lines[i]);
	free(notes->lines);
	memset(notes, 0, sizeof(*notes));
}
