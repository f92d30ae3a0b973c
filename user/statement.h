/* SPDX-License-Identifier: GPL-2.0-only */
/* Parts of statement_parse() (rule.h) that live in files of their own. */
#ifndef STATEMENT_H
#define STATEMENT_H

#include "words.h"

/* "allow" or "deny", then SOURCE [SERVICES] ...; the words are those of the
 * line. */
int rule_parse(struct statement *statement, const struct word *words, int n,
	       struct error *error);

/* "option" NAME VALUE; the words are those of the whole line. */
int option_parse(struct statement *statement, const struct word *words, int n,
		 struct error *error);

/* Copy a name that Linux would take, filled with NULs, into name[IFNAMSIZ]. */
int interface_name_parse(char *name, const char *text, size_t length,
			 struct error *error);

int set_name_parse(char *name, const char *text, uint32_t length,
		   struct error *error);

/* Refuse a word that has no meaning where it stands. Always -EINVAL. */
int word_refuse(const struct word *word, struct error *error);
/* The value behind the keyword words[at]; NULL and an error: none. */
const struct word *word_value(const struct word *words, int at, int n,
			      const char *example, struct error *error);

#endif
