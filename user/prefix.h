/* SPDX-License-Identifier: GPL-2.0-only */
/* Text to address prefix and back: IPv4 (RFC 4632) and IPv6 (RFC 4291, 5952). */
#ifndef PREFIX_H
#define PREFIX_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include "error.h"

struct prefix {
	uint8_t addr[16];	/* network order; IPv4 in the first 4, rest zero; host bits zero */
	uint8_t len;		/* 0 ... 32 or 128 */
	uint8_t family;		/* AF_INET or AF_INET6 */
};

#define PREFIX_TEXT_SIZE 52	/* with the final NUL */

/* Parse `text` (length bytes, no NUL needed): an address or a prefix. Refuses host
 * bits (the message gives the prefix that was probably meant), ::ffff:a.b.c.d (the
 * message gives the IPv4 form), zone ids, and anything inet_pton does not take. */
int prefix_parse(struct prefix *prefix, const char *text, size_t length,
		 struct error *error);

/* Canonical text into `text` (PREFIX_TEXT_SIZE): an address alone where the length
 * is full and `always_length` is false, as in rules; with it, as in JSON. */
void prefix_format(const struct prefix *prefix, bool always_length, char *text);

bool prefix_equal(const struct prefix *a, const struct prefix *b);
/* Whether `outer` holds every address of `inner`. */
bool prefix_covers(const struct prefix *outer, const struct prefix *inner);
/* Order by family, address, length: a covering prefix comes before what it covers. */
int prefix_compare(const void *a, const void *b);

#endif
