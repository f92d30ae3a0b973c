/* SPDX-License-Identifier: GPL-2.0-only */
/* What a change has changed, told. */
#ifndef OUTCOME_H
#define OUTCOME_H

#include <jansson.h>
#include "change.h"

/*
 * JSON: {"schema":1,"changed":BOOL,"running":BOOL,"saved":BOOL} and `extra`
 * (taken; may be NULL): whether anything was, what runs was, the rules file
 * was. Text: one line, beginning with `what`. Returns 0 or -errno.
 */
int outcome_report(const struct change *change, const char *what,
		   json_t *extra, struct error *error);

/* The exit code of a command: `err` with its error, or `done`. */
int outcome_code(int err, int done, struct error *error);

#endif
