/* SPDX-License-Identifier: GPL-2.0-only */
/* The list of reasons as tables, by enum xdpwl_reason. */
#ifndef REASON_H
#define REASON_H

#include <stdbool.h>
#include "../include/reasons.h"

struct reason {
	const char *key, *sentence;
	bool passes;
};

extern const struct reason reasons[XDPWL_N_REASONS];

#endif
