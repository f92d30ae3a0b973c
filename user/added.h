/* SPDX-License-Identifier: GPL-2.0-only */
/* One rule more, beside tables that are not compiled again (include/added.h). */
#ifndef ADDED_H
#define ADDED_H

#include "ruleset.h"
#include "../include/xdpwl.h"

/* Prefixes from which on an edit in place is worth what each packet pays for it: below,
 * compiling anew takes no longer than the rest of a command. Tests want it of few. */
#ifdef XDPWL_FAULTS
#define ADDED_FROM 0
#else
#define ADDED_FROM 8192
#endif

/*
 * The rows of `before` (NULL: none) and of the rule whose hit number is `fresh`; every
 * rule of `ruleset` has its own. False where they cannot say it and a whole generation is to
 * be built: the rule denies, is `on` an interface, for `any` or a set, its prefix is wide
 * or holds a prefix of another rule or set, the rows are full, or the ruleset is
 * small. Members of sets need not be sound. `generation` is left 0.
 */
bool added_build(struct xdpwl_added *added, const struct xdpwl_added *before,
		 const struct ruleset *ruleset, uint32_t fresh);

#endif
