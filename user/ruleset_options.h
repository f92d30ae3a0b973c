/* SPDX-License-Identifier: GPL-2.0-only */
/* What option lines come to together, and the way back to lines. */
#ifndef RULESET_OPTIONS_H
#define RULESET_OPTIONS_H

#include "ruleset.h"

/* Options that may stand once. */
enum { RA, CLASS_E, FLOWS, FRAGMENTS, CONFIRM, OPEN_ON_STOP, N_SINGLE };

/* Where they stood; 0: nowhere yet. */
struct option_lines {
	uint32_t line[N_SINGLE];
};

extern const struct options options_default;

/* Enter what line `number` says. Refuses what stood before and may not
 * again. */
int options_add(struct options *options, struct option_lines *lines,
		const struct option_line *option, uint32_t number,
		struct error *error);

/* Lines for all that differs from the defaults. */
void options_write(const struct options *options, FILE *out);

#endif
