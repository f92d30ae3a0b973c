/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * In: sockets and conntrack entries as their readers find them. Out: one list,
 * each connection once. Must not: ask the kernel anything itself.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "kern_connections_inner.h"

int connections_add(struct connections *list,
		    const struct kern_connection *connection)
{
	struct kern_connection *items;
	size_t room;

	if (list->n >= CONNECTIONS_MAX)
		return 0;
	if (list->n == list->room) {
		room = list->room ? 2 * list->room : 256;
		items = realloc(list->items, room * sizeof(*items));
		if (!items)
			return -ENOMEM;
		list->items = items;
		list->room = room;
	}
	list->items[list->n++] = *connection;
	return 0;
}

int connections_compare(const void *a, const void *b)
{
	const struct kern_connection *x = a, *y = b;
	int order;

	if (x->family != y->family)
		return x->family - y->family;
	order = memcmp(x->remote, y->remote, sizeof(x->remote));
	if (!order)
		order = memcmp(x->local, y->local, sizeof(x->local));
	if (order)
		return order;
	if (x->proto != y->proto)
		return x->proto - y->proto;
	return x->rport != y->rport ? x->rport - y->rport :
				      x->lport - y->lport;
}

bool connections_remote(uint8_t family, const uint8_t addr[16])
{
	static const uint8_t zero[15];

	/* 0/8 names nobody else, 224/4 is multicast. */
	if (family == 4)
		return addr[0] && addr[0] != 127 &&
		       (addr[0] & 0xf0) != 0xe0 &&
		       memcmp(addr, "\xff\xff\xff\xff", 4);
	return addr[0] != 0xff && (memcmp(addr, zero, 15) || addr[15] > 1);
}

/* Whoever calls it inbound or answered knows: a listener was seen, an answer
 * was. */
static void duplicates_merge(struct connections *list)
{
	struct kern_connection *last, *next;
	size_t n = 0;

	if (list->n)
		qsort(list->items, list->n, sizeof(*list->items),
		      connections_compare);
	for (size_t i = 0; i < list->n; i++) {
		next = &list->items[i];
		last = n ? &list->items[n - 1] : NULL;
		if (!last || connections_compare(last, next)) {
			list->items[n++] = *next;
			continue;
		}
		last->inbound |= next->inbound;
		last->passing &= next->passing;
		last->half_open &= next->half_open;
	}
	list->n = n;
}

static bool is_same_remote(const struct kern_connection *a,
			   const struct kern_connection *b)
{
	return a->family == b->family &&
	       !memcmp(a->remote, b->remote, sizeof(a->remote));
}

/* Of the list in its order, so that each remote is asked for once. */
static void others_drop(struct connections *list, struct kern_routes *routes)
{
	struct kern_connection asked = { 0 }, *next;
	bool leaves = false;
	size_t n = 0;

	for (size_t i = 0; i < list->n; i++) {
		next = &list->items[i];
		if (next->passing && !is_same_remote(&asked, next)) {
			asked = *next;
			leaves = kern_routes_leave(routes, asked.family,
						   asked.remote);
		}
		if (!next->passing || leaves)
			list->items[n++] = *next;
	}
	list->n = n;
}

int kern_connections(struct kern_connection **list, size_t *n,
		     const uint32_t *attached, size_t n_attached,
		     struct error *error)
{
	struct connections found = { 0 };
	struct kern_routes routes;
	int err;

	*list = NULL;
	*n = 0;
	err = kern_sockets(&found);
	if (!err)
		err = kern_conntrack(&found);
	if (!err) {
		duplicates_merge(&found);
		/* Without the routes, nothing leaves. */
		kern_routes_open(&routes, attached, n_attached);
		others_drop(&found, &routes);
		kern_routes_close(&routes);
	}
	if (err) {
		free(found.items);
		return err == -ENOMEM ?
			       error_memory(error) :
			       error_system(error, -err, EXIT_SYSTEM,
					    "cannot start a thread to look for connections");
	}
	*list = found.items;
	*n = found.n;
	return 0;
}
