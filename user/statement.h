/* SPDX-License-Identifier: GPL-2.0-only */
/* Parts of statement_parse() (rule.h) that live in files of their own. */
#ifndef STATEMENT_H
#define STATEMENT_H

#include "words.h"

/* "option" NAME VALUE; the words are those of the whole line. */
int option_parse(struct statement *statement, const struct word *words, int n,
		 struct error *error);

/* Copy a name that Linux would take, filled with NULs, into name[IFNAMSIZ]. */
int interface_name_parse(char *name, const char *text, size_t length,
			 struct error *error);

#endif
