/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Connections that are there already: what `attach` needs to know so that those
 * this machine, or one it forwards for, started before it go on.
 *
 *   kern_connections.c  the list
 *   kern_sockets.c      from the sockets of a network namespace
 *   kern_namespaces.c   every network namespace in reach
 *   kern_conntrack.c    from connection tracking, where it is loaded
 *   kern_route.c        which of the latter two leave by an attached interface
 *   kern_netlink.c      questions to the kernel and their answers
 */
#ifndef KERN_CONNECTIONS_H
#define KERN_CONNECTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "error.h"

struct kern_connection {
	uint8_t family;		/* 4 or 6 */
	uint8_t proto;		/* IPPROTO_TCP or IPPROTO_UDP */
	uint8_t remote[16];	/* network order, IPv4 in the first 4, rest zero */
	uint8_t local[16];	/* as the remote sees it: what NAT made of it */
	uint16_t rport, lport;	/* host order */
	bool inbound;		/* somebody else started it */
	bool passing;		/* this namespace may only forward it */
	bool half_open;		/* no answer seen yet: TCP in SYN_SENT, or UDP
				 * that conntrack saw go one way only */
};

/* "ADDRESS:PORT", "[ADDRESS]:PORT" for IPv6 (seed.c). */
#define CONNECTION_TEXT_SIZE 64
void kern_connection_format(const struct kern_connection *connection,
			    char remote[CONNECTION_TEXT_SIZE],
			    char local[CONNECTION_TEXT_SIZE]);

/*
 * TCP and connected UDP sockets of this network namespace whose remote is another
 * machine's; and of what it may forward, the sockets of every other namespace that
 * a process or a name in /run/netns holds and the entries of conntrack, those
 * whose remote it reaches by an interface of `attached` (their numbers), or by
 * what is built on one: its bridge, bond or VLAN.
 *
 * Malloc'ed, sorted, none twice. What cannot be read (capabilities, a kernel
 * without it) counts as not there; errors are those of memory and threads.
 * Nobody tells who started a TCP connection: one whose local port has a
 * listener counts as inbound. UDP never does.
 */
int kern_connections(struct kern_connection **list, size_t *n,
		     const uint32_t *attached, size_t n_attached,
		     struct error *error);

#endif
