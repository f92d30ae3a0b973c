/* SPDX-License-Identifier: GPL-2.0-only */
/* The one change of a parsed model: its interfaces become those attached. */
#ifndef RULESET_INTERFACES_H
#define RULESET_INTERFACES_H

#include "ruleset.h"

/* Names are distinct. On error the model is as it was. */
int ruleset_take_interfaces(struct ruleset *ruleset,
			    const struct interface *interfaces, size_t n,
			    struct error *error);

#endif
