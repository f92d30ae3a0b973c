/* SPDX-License-Identifier: GPL-2.0-only */
/* Cuts and insertions in a text, collected first and made at once. */
#ifndef SPLICE_H
#define SPLICE_H

#include "rulefile.h"

struct splice {
	size_t from, to;	/* these bytes go */
	char *insert;		/* this comes instead, owned; NULL: nothing */
};

struct splices {
	struct splice *splice;	/* in the order of the text, not overlapping */
	size_t n;
};

/* Takes over `insert`, also on failure. */
int splices_add(struct splices *splices, size_t from, size_t to, char *insert,
		struct error *error);
int splices_apply(const struct splices *splices, const struct text *in,
		  struct text *out, struct error *error);
void splices_free(struct splices *splices);

/* A line of a text. */
struct line {
	size_t start, length;	/* without CR and newline */
	size_t next;		/* where the next one begins */
	uint32_t number;
};

/* The first line where line->number is 0, else the next; false: no more. */
bool line_next(const struct text *in, struct line *line);

/* Insert `statement` (owned, also on failure) as a line of its own, before
 * offset `at`, where a line begins or the text ends; a missing newline
 * before it is supplied, in the manner of the text. */
int splices_add_line(struct splices *splices, const struct text *in, size_t at,
		     char *statement, struct error *error);

#endif
