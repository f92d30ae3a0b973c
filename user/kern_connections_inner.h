/* SPDX-License-Identifier: GPL-2.0-only */
/* What the readers of connections owe one another, and nobody else. */
#ifndef KERN_CONNECTIONS_INNER_H
#define KERN_CONNECTIONS_INNER_H

#include "kern_connections.h"
#include "kern_netlink.h"

/* More than any flow table holds; who opens sockets without end is cut short. */
#define CONNECTIONS_MAX (1u << 20)

struct connections {
	struct kern_connection *items;	/* malloc'ed */
	size_t n, room;
};

/* 0 or -ENOMEM; beyond CONNECTIONS_MAX it is dropped in silence. */
int connections_add(struct connections *list,
		    const struct kern_connection *connection);
/* Order by family and remote, then all that tells two connections apart. */
int connections_compare(const void *a, const void *b);
/* Whether the address may be that of another machine and of one alone: neither
 * unspecified nor loopback, multicast or IPv4 broadcast. */
bool connections_remote(uint8_t family, const uint8_t addr[16]);

/* Append to the list; 0, -ENOMEM, or -errno of a thread that did not start. */
int kern_sockets(struct connections *list);
int kern_conntrack(struct connections *list);

/*
 * Call `visit` in every network namespace that can be entered, this one first,
 * from a thread of its own: the caller's never leaves. Until one returns other
 * than 0, which is returned; -errno where no thread could be had.
 */
int kern_namespaces_each(int (*visit)(void *context), void *context);

/* ---- kern_route.c ---- */

struct kern_routes {
	struct kern_netlink netlink;
	uint32_t *through;	/* interfaces; malloc'ed, sorted */
	size_t n;
};

/* 0 or -errno; close in any case. */
int kern_routes_open(struct kern_routes *routes, const uint32_t *attached,
		     size_t n_attached);
void kern_routes_close(struct kern_routes *routes);
/* Whether packets for the address leave this machine through one of them. */
bool kern_routes_leave(struct kern_routes *routes, uint8_t family,
		       const uint8_t remote[16]);

#endif
