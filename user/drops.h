/* SPDX-License-Identifier: GPL-2.0-only */
/* Counters of what no rule allowed, as rows. */
#ifndef DROPS_H
#define DROPS_H

#include "kern.h"

struct drops_row {
	uint8_t proto;
	bool has_port;
	uint16_t port;
	struct xdpwl_counter count;
};

/* All that are not zero, most packets first; malloc'ed. NULL: no memory. */
struct drops_row *drops_rows(const struct kern_counters *counters, size_t *n);

/* Drops of every reason together. */
struct xdpwl_counter drops_total(const struct kern_counters *counters);

/* "tcp", "esp", "proto:99": as rules have it. */
#define PROTO_TEXT_SIZE 24
void drops_proto(const struct drops_row *row, char *text);

#endif
