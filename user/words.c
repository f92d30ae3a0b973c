/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A line to words and a word to text. In: bytes that anybody may have written;
 * out: words of printable UTF-8, so that no later stage needs to ask again.
 * Knows nothing of what the words mean.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "words.h"

char *word_copy(const struct word *word)
{
	char *copy = malloc((size_t)word->length + 1);

	if (!copy)
		return NULL;
	memcpy(copy, word->text, word->length);
	copy[word->length] = '\0';
	return copy;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* What most words are made of: nothing to ask about it. */
static bool is_plain(char c)
{
	return c > ' ' && c < 0x7f;
}

static bool is_control(unsigned char c)
{
	return c < ' ' || c == 0x7f;
}

/* Length of the UTF-8 sequence (RFC 3629) at `text` that is no control
 * character of the second kind (U+0080 ... U+009F, which terminals obey); 0:
 * none. */
static uint32_t utf8_length(const unsigned char *text, uint32_t left)
{
	static const uint32_t least[] = { 0, 0, 0xa0, 0x800, 0x10000 };
	uint32_t n = *text >= 0xf0 ? 4 : *text >= 0xe0 ? 3 : 2;
	uint32_t code = *text & (0xffu >> (n + 1));

	if (*text < 0xc2 || *text > 0xf4 || n > left)
		return 0;
	for (uint32_t i = 1; i < n; i++) {
		if ((text[i] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | (text[i] & 0x3f);
	}
	if (code < least[n] || code > 0x10ffff ||
	    (code >= 0xd800 && code <= 0xdfff))
		return 0;
	return n;
}

static int refuse_byte(const char *line, uint32_t length, uint32_t at,
		       struct error *error)
{
	unsigned char c = (unsigned char)line[at];

	if (at == 0 && length >= 3 && memcmp(line, "\xef\xbb\xbf", 3) == 0)
		return error_set(error, EXIT_USAGE,
				 "a byte order mark in front: save the file as UTF-8 without one");
	if (c == 0)
		return error_set(error, EXIT_USAGE,
				 "a NUL byte in column %u: rules are UTF-8 text (UTF-16 is not)",
				 at + 1);
	if (is_control(c))
		return error_set(error, EXIT_USAGE,
				 "control character 0x%02x in column %u", c, at + 1);
	return error_set(error, EXIT_USAGE,
			 "byte 0x%02x in column %u is not UTF-8 text", c, at + 1);
}

/* How many bytes the character at `at` has; 0 and an error: none that may
 * stand. */
static uint32_t character(const char *line, uint32_t length, uint32_t at,
			  struct error *error)
{
	unsigned char c = (unsigned char)line[at];
	uint32_t n = 1;

	if (c >= 0x80)
		n = utf8_length((const unsigned char *)line + at, length - at);
	else if (is_control(c) && c != '\t')
		n = 0;
	if (n == 0 || (at == 0 && n == 3 && memcmp(line, "\xef\xbb\xbf", 3) == 0)) {
		refuse_byte(line, length, at, error);
		return 0;
	}
	return n;
}

/* A word without quotes: up to the next blank. */
static int bare_word(char *line, uint32_t length, uint32_t *at,
		     struct word *word, struct error *error)
{
	uint32_t i = *at;

	while (i < length && !is_blank(line[i])) {
		uint32_t n = is_plain(line[i]) ? 1 :
			     character(line, length, i, error);

		if (n == 0)
			return -EINVAL;
		if (line[i] == '"')
			return error_set(error, EXIT_USAGE,
					 "a quote within a word in column %u: put the whole word into quotes, and \\\" inside",
					 i + 1);
		i += n;
	}
	*word = (struct word){ line + *at, i - *at, *at, i };
	*at = i;
	return 1;
}

/* A word in quotes, moved together over its backslashes. */
static int quoted_word(char *line, uint32_t length, uint32_t *at,
		       struct word *word, struct error *error)
{
	uint32_t start = *at, i = start + 1, to = i, n;

	for (; i < length && line[i] != '"'; i += n, to += n) {
		if (line[i] == '\\') {
			i++;
			if (i == length || (line[i] != '"' && line[i] != '\\'))
				return error_set(error, EXIT_USAGE,
						 "a backslash in quotes in column %u stands before \" or \\ alone",
						 i);
		}
		n = character(line, length, i, error);
		if (n == 0)
			return -EINVAL;
		memmove(line + to, line + i, n);
	}
	if (i == length)
		return error_set(error, EXIT_USAGE,
				 "the quote in column %u is not closed", start + 1);
	i++;
	if (i < length && !is_blank(line[i]))
		return error_set(error, EXIT_USAGE,
				 "a blank is missing behind the quote in column %u",
				 i);
	*word = (struct word){ line + start + 1, to - start - 1, start, i };
	*at = i;
	return 1;
}

int word_next(char *line, uint32_t length, uint32_t *at, struct word *word,
	      struct error *error)
{
	while (*at < length && is_blank(line[*at]))
		++*at;
	if (*at == length || line[*at] == '#')
		return 0;
	if (line[*at] == '"')
		return quoted_word(line, length, at, word, error);
	return bare_word(line, length, at, word, error);
}

int words_split(char *line, uint32_t length, uint32_t *at, struct word *words,
		int max, struct error *error)
{
	struct word word;
	int n = 0;

	for (;;) {
		int got = word_next(line, length, at, &word, error);

		if (got < 0)
			return got;
		if (got == 0)
			break;
		if (n == max)
			return error_set(error, EXIT_USAGE,
					 "too many words at '%.*s': a comment of several words stands in quotes, a list has no blanks",
					 WORD_SHOWN(&word));
		words[n++] = word;
	}
	if (memchr(line + *at, '\0', length - *at))
		return error_set(error, EXIT_USAGE,
				 "a NUL byte in a comment: rules are UTF-8 text (UTF-16 is not)");
	return n;
}

int line_split(char *line, uint32_t length, struct word *words, int max,
	       uint32_t *comment, struct error *error)
{
	*comment = 0;
	return words_split(line, length, comment, words, max, error);
}

static bool must_quote(const char *text)
{
	return !*text || *text == '#' || strpbrk(text, " \t\"");
}

void word_write(const char *text, FILE *out)
{
	if (!must_quote(text)) {
		fputs(text, out);
		return;
	}
	putc('"', out);
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			putc('\\', out);
		putc(*text, out);
	}
	putc('"', out);
}
