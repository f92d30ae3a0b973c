/* SPDX-License-Identifier: GPL-2.0-only */
/* The two halves of `apply`: what changes, and what only tells. */
#ifndef APPLY_H
#define APPLY_H

#include "change.h"

struct apply {
	const char *path;	/* NULL: standard input */
	bool check, diff, save;
};

/* The text that is to be applied. */
int apply_read(const struct apply *apply, struct text *text,
	       struct error *error);

/* Whether it could be applied, without asking the kernel. JSON:
 * {"schema":1,"ok":true, "rules":N,"prefixes":N,"interfaces":[NAME...]}. */
int apply_check(struct context *context, const struct apply *apply,
		struct error *error);
/* What applying it would change. EXIT_DIFFERS or 0, or -errno. JSON:
 * {"schema":1, "changed":BOOL,"added":[LINE...],"removed":[LINE...]}. */
int apply_diff(struct context *context, const struct apply *apply,
	       struct error *error);

#endif
