/* SPDX-License-Identifier: GPL-2.0-only */
/* Words of a command line as rules: they are rule lines without a file. */
#ifndef REQUEST_H
#define REQUEST_H

#include "rule.h"

/* What `verb` ("allow", "deny") and n words say; free with statement_free(). */
int request_rule(struct statement *statement, const char *verb, int n,
		 char **words, struct error *error);
/* SOURCE alone. */
int request_source(struct source *source, char *word, struct error *error);
/* An interface's name, alone. */
int request_interface(struct interface *interface, char *word,
		      struct error *error);

#endif
