/* SPDX-License-Identifier: GPL-2.0-only */
/* Words of a line, beside line_split() of rule.h: what they are made of. */
#ifndef WORDS_H
#define WORDS_H

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include "rule.h"

/* How many bytes of a word a message repeats: printf("%.*s", WORD_SHOWN(w)). */
#define WORD_SHOWN(word) \
	(int)((word)->length < 48 ? (word)->length : 48), (word)->text

/* Inline, so that the length of a keyword costs nothing. */
static inline bool word_is(const struct word *word, const char *text)
{
	return strlen(text) == word->length &&
	       memcmp(word->text, text, word->length) == 0;
}

/* A copy with a final NUL; NULL: no memory. */
char *word_copy(const struct word *word);

/* The next word at or behind *at, which moves on. Returns 1, or 0 at the end
 * or at a comment (then *at is where it starts), or -errno. */
int word_next(char *line, uint32_t length, uint32_t *at, struct word *word,
	      struct error *error);

/* line_split() from *at on, which ends where the comment or the line does. */
int words_split(char *line, uint32_t length, uint32_t *at, struct word *words,
		int max, struct error *error);

/* Write a text as one word, quoted where it must be. */
void word_write(const char *text, FILE *out);

#endif
