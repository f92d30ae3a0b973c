/* SPDX-License-Identifier: GPL-2.0-only */
/* Whether two rules can speak of the same packet. */
#ifndef SOURCES_H
#define SOURCES_H

#include "ruleset.h"

/* Whether some address lies in both. Sets are those of `ruleset`, sorted. */
bool sources_overlap(const struct ruleset *ruleset, const struct source *a,
		     const struct source *b);

/* Whether some interface is named by both; NULL names them all. */
bool interfaces_overlap(const struct interfaces *a, const struct interfaces *b);
bool interfaces_name(const struct interfaces *on, const char *name);

/* Source, interface and service in one; services NULL in `question`: any. */
bool rules_overlap(const struct ruleset *ruleset, const struct rule *rule,
		   const struct rule *question);

#endif
