/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * SERVICES of the rules language: text to a sorted list of services and back, and
 * the arithmetic on such lists that `allow` and `revoke` need.
 */
#ifndef SERVICE_H
#define SERVICE_H

#include <stdbool.h>
#include <stdint.h>
#include "error.h"

enum service_kind {
	SERVICE_PORTS,		/* first ... last of proto */
	SERVICE_PROTO,		/* a protocol by number, any port: esp, gre, proto:N */
	SERVICE_PING,
	SERVICE_ALL,
};

struct service {
	uint8_t kind;		/* enum service_kind */
	uint8_t proto;		/* IP protocol number; 0 for PING and ALL */
	uint16_t first, last;	/* ports, 1 ... 65535; 0 unless SERVICE_PORTS */
};

/*
 * Sorted by kind (as above), first, last, proto; no service lies within another
 * of the list, overlapping ranges of one protocol are merged, adjacent ones are
 * not (they print as they were typed). `22` is two services, 22/tcp and 22/udp.
 */
struct services {
	uint32_t n;
	struct service s[];
};

/* Parse a comma-separated list; *services is malloc'ed, free it with free(). */
int services_parse(struct services **services, const char *text, size_t length,
		   struct error *error);

/* Canonical text, malloc'ed: tcp and udp of the same range print without "/proto",
 * protocols by name where this file has one, ports always as numbers. NULL: no memory. */
char *services_format(const struct services *services);
/* One service, as JSON has it: "22/tcp", "20-25/udp", "ping", "all", "esp", "proto:99". */
#define SERVICE_TEXT_SIZE 24
void service_format(const struct service *service, char *text);

bool services_equal(const struct services *a, const struct services *b);
/* Whether `outer` names all that `inner` names (all names everything, proto:6 every
 * TCP port, proto:1 and proto:58 together ping). */
bool services_cover(const struct services *outer, const struct services *inner);
/* Whether some packet is named by both. */
bool services_overlap(const struct services *a, const struct services *b);

/*
 * *left = from - take, malloc'ed, perhaps with n 0. Ranges are split. What the
 * language cannot say (22 out of `all` or of proto:6, ping out of proto:1) is
 * -EINVAL with EXIT_USAGE and a message that says which service cannot be split;
 * the caller adds the deny line. Nothing in common: *left equals from.
 */
int services_subtract(struct services **left, const struct services *from,
		      const struct services *take, struct error *error);

#endif
