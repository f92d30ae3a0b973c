/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * In: interfaces that xdpwl is attached to, and remotes. Out: whether packets to
 * a remote leave by one of them, as the routes of this namespace are now. Must
 * not: change any.
 */
#include <errno.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include "kern_connections_inner.h"

#define LINKS_MAX	65536
#define LAYERS_MAX	8	/* a VLAN on a bridge over a bond is three */

/* An interface, and what it is part of or built upon. */
struct layer {
	uint32_t index, master, lower;	/* 0: none */
};

struct layers {
	struct layer *items;	/* malloc'ed */
	size_t n;
};

static int number_compare(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static bool has(const uint32_t *numbers, size_t n, uint32_t number)
{
	return bsearch(&number, numbers, n, sizeof(number), number_compare);
}

/* Those whose packets the interface below carries as they are, but for a VLAN's
 * tag; a tunnel wraps them, so its flows are not the lower's. */
static bool passes_through(struct kern_attrs attrs)
{
	static const char *const kinds[] = { "vlan", "macvlan", "ipvlan" };
	struct kern_attrs info = kern_netlink_find(attrs, IFLA_LINKINFO);
	struct kern_attrs kind = kern_netlink_find(info, IFLA_INFO_KIND);

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (kind.length >= strlen(kinds[i]) &&
		    kind.length <= strlen(kinds[i]) + 1 &&
		    !memcmp(kind.at, kinds[i], strlen(kinds[i])))
			return true;
	return false;
}

static int layer_read(const struct nlmsghdr *message, void *context)
{
	struct layers *layers = context;
	struct layer layer = { 0 }, *items;
	const struct ifinfomsg *link;
	struct kern_attrs attrs;

	link = kern_netlink_body(message, sizeof(*link), &attrs);
	if (!link || message->nlmsg_type != RTM_NEWLINK ||
	    layers->n >= LINKS_MAX)
		return 0;
	layer.index = link->ifi_index;
	kern_netlink_copy(attrs, IFLA_MASTER, &layer.master, 4);
	/* With this attribute, the one below is another namespace's. */
	if (!kern_netlink_find(attrs, IFLA_LINK_NETNSID).at &&
	    passes_through(attrs))
		kern_netlink_copy(attrs, IFLA_LINK, &layer.lower, 4);
	if (!layer.master && !layer.lower)
		return 0;
	items = realloc(layers->items, (layers->n + 1) * sizeof(*items));
	if (!items)
		return -ENOMEM;
	layers->items = items;
	items[layers->n++] = layer;
	return 0;
}

/* One step up: masters of what is there, and what is built on it. */
static size_t layer_climb(const struct layers *layers, uint32_t *numbers,
			  size_t n)
{
	size_t all = n;
	uint32_t upper;

	for (size_t i = 0; i < layers->n; i++) {
		const struct layer *layer = &layers->items[i];

		upper = has(numbers, n, layer->lower) ? layer->index :
			has(numbers, n, layer->index) ? layer->master : 0;
		if (upper && !has(numbers, n, upper))
			numbers[all++] = upper;
	}
	qsort(numbers, all, sizeof(*numbers), number_compare);
	return all;
}

static int routes_climb(struct kern_routes *routes, const struct layers *layers)
{
	uint32_t *numbers;
	size_t before = 0;

	for (int i = 0; i < LAYERS_MAX && routes->n > before; i++) {
		before = routes->n;
		numbers = realloc(routes->through, (before + layers->n) *
							   sizeof(*numbers));
		if (!numbers)
			return -ENOMEM;
		routes->through = numbers;
		routes->n = layer_climb(layers, numbers, before);
	}
	return 0;
}

int kern_routes_open(struct kern_routes *routes, const uint32_t *attached,
		     size_t n_attached)
{
	struct {
		struct nlmsghdr header;
		struct ifinfomsg body;
	} request = { .header = { .nlmsg_len = sizeof(request),
				  .nlmsg_type = RTM_GETLINK,
				  .nlmsg_flags = NLM_F_DUMP } };
	struct layers layers = { 0 };
	int err;

	*routes = (struct kern_routes){ .netlink.fd = -1 };
	routes->through = malloc((n_attached + 1) * sizeof(*attached));
	if (!routes->through)
		return -ENOMEM;
	routes->n = n_attached;
	if (n_attached)
		memcpy(routes->through, attached, n_attached * sizeof(*attached));
	qsort(routes->through, routes->n, sizeof(*attached), number_compare);
	err = kern_netlink_open(&routes->netlink, NETLINK_ROUTE);
	if (!err)
		err = kern_netlink_ask(&routes->netlink, &request.header,
				       layer_read, &layers);
	if (!err)
		err = routes_climb(routes, &layers);
	free(layers.items);
	return err;
}

void kern_routes_close(struct kern_routes *routes)
{
	kern_netlink_close(&routes->netlink);
	free(routes->through);
}

static int route_read(const struct nlmsghdr *message, void *context)
{
	const struct rtmsg *route;
	struct kern_attrs attrs;
	uint32_t *out = context;

	route = kern_netlink_body(message, sizeof(*route), &attrs);
	if (route && message->nlmsg_type == RTM_NEWROUTE &&
	    route->rtm_type == RTN_UNICAST)
		kern_netlink_copy(attrs, RTA_OIF, out, sizeof(*out));
	return 0;
}

bool kern_routes_leave(struct kern_routes *routes, uint8_t family,
		       const uint8_t remote[16])
{
	size_t size = family == 4 ? 4 : 16;
	struct {
		struct nlmsghdr header;
		struct rtmsg body;
		struct rtattr attr;
		uint8_t destination[16];
	} request = {
		.header = { .nlmsg_type = RTM_GETROUTE },
		.body = { .rtm_family = family == 4 ? AF_INET : AF_INET6,
			  .rtm_dst_len = size * 8 },
		.attr = { .rta_len = RTA_LENGTH(size), .rta_type = RTA_DST },
	};
	uint32_t out = 0;

	request.header.nlmsg_len =
		offsetof(typeof(request), destination) + size;
	memcpy(request.destination, remote, size);
	/* No route, no connection that could go on. */
	return !kern_netlink_ask(&routes->netlink, &request.header, route_read,
				 &out) &&
	       out && has(routes->through, routes->n, out);
}
