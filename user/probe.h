/* SPDX-License-Identifier: GPL-2.0-only */
/* The packet that `test` asks about. */
#ifndef PROBE_H
#define PROBE_H

#include <stddef.h>
#include "prefix.h"
#include "service.h"

#define PROBE_SIZE	256		/* room for any of them */
#define PROBE_PORT	40000		/* source port */

/*
 * An IP packet (no link header) from one address to another, for one service: a
 * TCP SYN, a UDP datagram, an SCTP INIT, a DCCP request, UDP-Lite, an echo
 * request, or 64 bytes of nothing for other protocols. Lengths and checksums
 * are right. Both addresses are of one family. Returns its length.
 */
size_t probe_build(uint8_t frame[PROBE_SIZE], const struct prefix *source,
		   const struct prefix *destination,
		   const struct service *service);

/*
 * The one service that `text` names: without a protocol TCP, or what the
 * services file gives the name. Refuses lists, ranges, `all`, and protocols
 * with ports that lack one.
 */
int probe_service(struct service *service, const char *text,
		  struct error *error);

#endif
