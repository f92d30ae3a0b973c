/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What later versions of xdpwl bring. In: the words that belong to it; out: a
 * refusal that tells a mistake from a feature that is not there yet, so that
 * nobody mistakes a missing feature for one that works. Keeps nothing.
 */
#include <ctype.h>
#include <string.h>
#include "later.h"

int later_refuse(const char *what, struct error *error)
{
	return error_set(error, EXIT_USAGE,
			 "%s is not in this version of xdpwl yet: it comes with a later one",
			 what);
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* INTEGER ( "s" | "m" | "h" | "d" ), joined. */
static bool is_duration(const struct word *word)
{
	uint32_t i = 0;

	while (i < word->length) {
		uint32_t start = i;

		while (i < word->length && is_digit(word->text[i]))
			i++;
		if (i == start || i - start > 9 || i == word->length ||
		    !strchr("smhd", word->text[i]))
			return false;
		i++;
	}
	return word->length > 0;
}

int later_duration(const char *what, const struct word *word,
		   struct error *error)
{
	if (!is_duration(word))
		return error_set(error, EXIT_USAGE,
				 "'%.*s' is no duration: 90s, 2h or 1h30m",
				 WORD_SHOWN(word));
	return later_refuse(what, error);
}

/* Whether `text` has the shape: 0 stands for a digit, T for T, t or a blank. */
static bool has_shape(const char *text, uint32_t length, const char *shape)
{
	for (uint32_t i = 0; i < strlen(shape); i++) {
		if (i >= length)
			return false;
		if (shape[i] == '0' ? !is_digit(text[i]) :
		    shape[i] == 'T' ? !memchr("Tt ", text[i], 3) :
				      text[i] != shape[i])
			return false;
	}
	return true;
}

/* RFC 3339 date-time, with its zone. */
static bool is_timestamp(const struct word *word)
{
	static const char shape[] = "0000-00-00T00:00:00";
	const char *text = word->text + sizeof(shape) - 1;
	uint32_t left = word->length - (uint32_t)(sizeof(shape) - 1);

	if (word->length < sizeof(shape) ||
	    !has_shape(word->text, word->length, shape))
		return false;
	if (*text == '.') {
		do {
			text++;
			left--;
		} while (left > 0 && is_digit(*text));
	}
	if (left == 1)
		return *text == 'Z' || *text == 'z';
	return left == 6 && (has_shape(text, left, "+00:00") ||
			     has_shape(text, left, "-00:00"));
}

int later_timestamp(const char *what, const struct word *word,
		    struct error *error)
{
	if (!is_timestamp(word))
		return error_set(error, EXIT_USAGE,
				 "'%.*s' is no timestamp of RFC 3339 with a zone: 2030-01-31T18:00:00Z",
				 WORD_SHOWN(word));
	return later_refuse(what, error);
}

static bool is_hostname(const char *text, uint32_t length)
{
	uint32_t label = 0;

	for (uint32_t i = 0; i < length; i++) {
		char c = text[i];

		if (c == '.' && label > 0)
			label = 0;
		else if (isalnum((unsigned char)c) || c == '_' ||
			 (c == '-' && label > 0))
			label++;
		else
			return false;
		if (label > 63)
			return false;
	}
	return length > 0 && length <= 253;
}

int later_host(const struct word *word, struct error *error)
{
	const uint32_t prefix = sizeof("host:") - 1;

	if (!is_hostname(word->text + prefix, word->length - prefix))
		return error_set(error, EXIT_USAGE,
				 "'%.*s' names no host: host:www.example.org",
				 WORD_SHOWN(word));
	return later_refuse("'host:'", error);
}

static bool is_url(const struct word *word)
{
	static const char *const schemes[] = { "https://", "http://", "file://" };

	for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
		size_t length = strlen(schemes[i]);

		if (word->length > length &&
		    memcmp(word->text, schemes[i], length) == 0)
			return true;
	}
	return false;
}

int later_url(const struct word *words, int n, struct error *error)
{
	if (n < 2 || !is_url(&words[1]))
		return error_set(error, EXIT_USAGE,
				 "behind 'url' stands an address: set NAME url https://www.example.org/list.txt");
	if (n > 2 && (n != 4 || !word_is(&words[2], "jq")))
		return error_set(error, EXIT_USAGE,
				 "behind the URL stands nothing, or jq and one string");
	return later_refuse("'url'", error);
}
