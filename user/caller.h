/* SPDX-License-Identifier: GPL-2.0-only */
/* Where the caller of this command sits. */
#ifndef CALLER_H
#define CALLER_H

#include "guard.h"

/* True where this process, or the nearest ancestor that says so, runs in a
 * session on SSH. sudo drops the variable from the environment, hence the
 * ancestors. */
bool caller_session(struct guard_session *session);

#endif
