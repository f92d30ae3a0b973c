/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * In: connections that are open before the first packet is judged, and the rules that
 * shall run. Out: flows for those that this machine started, for the session that
 * the command was typed in, and with --keep for all; and a list of the others that
 * no rule covers. One that a rule covers lives by the rule.
 */
#include <arpa/inet.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include "caller.h"
#include "change.h"

void kern_connection_format(const struct kern_connection *connection,
			    char remote[CONNECTION_TEXT_SIZE],
			    char local[CONNECTION_TEXT_SIZE])
{
	int family = connection->family == 4 ? AF_INET : AF_INET6;
	const char *form = connection->family == 4 ? "%s:%u" : "[%s]:%u";
	char text[INET6_ADDRSTRLEN];

	inet_ntop(family, connection->remote, text, sizeof(text));
	snprintf(remote, CONNECTION_TEXT_SIZE, form, text, connection->rport);
	inet_ntop(family, connection->local, text, sizeof(text));
	snprintf(local, CONNECTION_TEXT_SIZE, form, text, connection->lport);
}

static struct prefix address(uint8_t family, const uint8_t bytes[16])
{
	struct prefix prefix = {
		.family = family == 4 ? AF_INET : AF_INET6,
		.len = family == 4 ? 32 : 128,
	};

	memcpy(prefix.addr, bytes, family == 4 ? 4 : 16);
	return prefix;
}

static bool same_address(const struct prefix *a, const struct prefix *b)
{
	return a->family == b->family && !memcmp(a->addr, b->addr, 16);
}

struct seed {
	struct change *change;
	struct guard_session caller;
	bool has_caller;
	struct ifaddrs *interfaces;	/* NULL: not known */
	struct xdpwl_track *flows;
	size_t n_flows;
};

/* The address of an interface, as much of it as a connection's has. */
static const void *interface_address(const struct ifaddrs *interface, int family)
{
	if (!interface->ifa_addr || interface->ifa_addr->sa_family != family)
		return NULL;
	return family == AF_INET ?
	       (void *)&((struct sockaddr_in *)interface->ifa_addr)->sin_addr :
	       (void *)&((struct sockaddr_in6 *)interface->ifa_addr)->sin6_addr;
}

/* Whether the local address is that of an interface which will not be filtered. */
static bool is_elsewhere(const struct seed *seed,
			 const struct kern_connection *connection)
{
	size_t size = connection->family == 4 ? 4 : 16;
	int family = connection->family == 4 ? AF_INET : AF_INET6;
	const struct ifaddrs *one;
	const void *own;

	for (one = seed->interfaces; one; one = one->ifa_next) {
		own = interface_address(one, family);
		if (own && !memcmp(own, connection->local, size) &&
		    !links_find(&seed->change->links, one->ifa_name))
			return true;
	}
	return false;
}

static bool is_callers(const struct seed *seed, const struct guard_session *session)
{
	return seed->has_caller && session->proto == IPPROTO_TCP &&
	       session->port == seed->caller.port &&
	       session->client_port == seed->caller.client_port &&
	       same_address(&session->client, &seed->caller.client);
}

static void seed_learn(struct seed *seed, const struct kern_connection *from)
{
	struct xdpwl_track *flow = &seed->flows[seed->n_flows++];

	memset(flow, 0, sizeof(*flow));
	memcpy(flow->remote, from->remote, sizeof(flow->remote));
	memcpy(flow->local, from->local, sizeof(flow->local));
	flow->rport = htons(from->rport);
	flow->lport = htons(from->lport);
	flow->family = from->family;
	flow->proto = from->proto;
}

static void seed_one(struct seed *seed, const struct kern_connection *connection)
{
	const struct guard_session session = {
		.client = address(connection->family, connection->remote),
		.server = address(connection->family, connection->local),
		.client_port = connection->rport, .port = connection->lport,
		.proto = connection->proto,
	};
	struct change *change = seed->change;
	const struct rule *denied;

	if (change_passes(change, &session, false, &denied))
		return;
	if (!connection->inbound || change->keep || is_callers(seed, &session))
		seed_learn(seed, connection);
	else if (!change_passes(change, &session, true, &denied) &&
		 !is_elsewhere(seed, connection))
		change->ended[change->n_ended++] = *connection;
}

static int seed_all(struct change *change, const struct kern_connection *list,
		    size_t n, struct error *error)
{
	struct seed seed = { .change = change };
	size_t i;
	int err;

	change->ended = calloc(n + 1, sizeof(*change->ended));
	seed.flows = calloc(n + 1, sizeof(*seed.flows));
	if (!change->ended || !seed.flows) {
		free(seed.flows);
		return error_memory(error);
	}
	seed.has_caller = caller_session(&seed.caller);
	if (getifaddrs(&seed.interfaces) < 0)
		seed.interfaces = NULL;
	for (i = 0; i < n; i++)
		seed_one(&seed, &list[i]);
	err = kern_flows_learn(&change->running.kern, seed.flows, seed.n_flows,
			       error);
	freeifaddrs(seed.interfaces);
	free(seed.flows);
	return err;
}

int change_seed(struct change *change, struct error *error)
{
	uint32_t attached[XDPWL_INTERFACES];
	struct kern_connection *list;
	size_t n_attached = 0, n, i;
	bool fresh = false;
	int err;

	for (i = 0; i < change->links.n; i++) {
		const struct link *link = &change->links.link[i];

		fresh |= link->todo == LINK_ATTACH;
		if (link->todo != LINK_DETACH && link->ifindex)
			attached[n_attached++] = link->ifindex;
	}
	if (!fresh)
		return 0;
	err = kern_connections(&list, &n, attached, n_attached, error);
	if (err)
		return err;
	err = seed_all(change, list, n, error);
	free(list);
	return err;
}
