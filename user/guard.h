/* SPDX-License-Identifier: GPL-2.0-only */
/* The lockout guard: would the caller of this command still get in? */
#ifndef GUARD_H
#define GUARD_H

#include "ruleset.h"

/* A session on SSH, as SSH_CONNECTION tells, or any other connection: the question
 * that the guard asks. */
struct guard_session {
	struct prefix client, server;	/* addresses */
	uint16_t client_port, port;	/* port: of the server */
	uint8_t proto;			/* IPPROTO_TCP or IPPROTO_UDP */
};

/* "CLIENT PORT SERVER PORT", zone ids dropped. False: not of that form. */
bool guard_parse(struct guard_session *session, const char *text);

/* Whether these rules, audit or not, allow a new connection of that session on an
 * interface. If not, *denied is the deny that drops it, or NULL where no
 * rule allows it. */
bool guard_passes(const struct ruleset *ruleset,
		  const struct guard_session *session, const char *interface,
		  const struct rule **denied);

#endif
