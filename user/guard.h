/* SPDX-License-Identifier: GPL-2.0-only */
/* The lockout guard: would the caller of this command still get in? */
#ifndef GUARD_H
#define GUARD_H

#include "ruleset.h"

/* A session on SSH, as SSH_CONNECTION tells: the question that the guard
 * asks. */
struct guard_session {
	struct prefix client, server;	/* addresses */
	uint16_t port;			/* of the server */
};

/* "CLIENT PORT SERVER PORT", zone ids dropped. False: not of that form. */
bool guard_parse(struct guard_session *session, const char *text);

/* Whether a new connection of that session passes these rules on an
 * interface. If not, *denied is the deny that drops it, or NULL where no
 * rule allows it. */
bool guard_passes(const struct ruleset *ruleset,
		  const struct guard_session *session, const char *interface,
		  const struct rule **denied);

#endif
