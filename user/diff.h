/* SPDX-License-Identifier: GPL-2.0-only */
/* What one model says and another does not, as lines of the rules language. */
#ifndef DIFF_H
#define DIFF_H

#include "ruleset.h"

struct diff {
	/* Called for each difference, '-' for what only `from` says; may be
	 * NULL. */
	void (*line)(char sign, const char *line, void *context);
	void *context;
	bool members;	/* compare members of `file` sets, which were read */
	size_t n;	/* out: how many differences */
};

/* 0 or -errno. Linear. */
int diff_rulesets(struct diff *diff, const struct ruleset *from,
		  const struct ruleset *to, struct error *error);

#endif
