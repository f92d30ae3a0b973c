/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * In: the sockets of network namespaces, by sock_diag. Out: those with a remote,
 * and whether somebody else began. Must not: fail where the kernel is silent.
 */
#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <arpa/inet.h>
#include "kern_connections_inner.h"

#define STATE(state)	(1u << (state))
#define OPEN_STATES                                                            \
	(STATE(TCP_ESTABLISHED) | STATE(TCP_SYN_SENT) | STATE(TCP_SYN_RECV) |  \
	 STATE(TCP_FIN_WAIT1) | STATE(TCP_FIN_WAIT2) |                         \
	 STATE(TCP_CLOSE_WAIT) | STATE(TCP_LAST_ACK) | STATE(TCP_CLOSING))

static const struct {
	uint8_t family, proto;
	uint32_t states;
} questions[] = {
	{ AF_INET, IPPROTO_TCP, OPEN_STATES | STATE(TCP_LISTEN) },
	{ AF_INET6, IPPROTO_TCP, OPEN_STATES | STATE(TCP_LISTEN) },
	/* A connected UDP socket is "established", all others are "closed". */
	{ AF_INET, IPPROTO_UDP, STATE(TCP_ESTABLISHED) },
	{ AF_INET6, IPPROTO_UDP, STATE(TCP_ESTABLISHED) },
};

struct reading {
	struct connections *found;
	bool passing;
	/* Where somebody listens, in one namespace: no remote. */
	struct connections listeners;
	uint8_t proto;
};

static bool is_mapped(const uint8_t addr[16])
{
	static const uint8_t prefix[12] = { [10] = 0xff, [11] = 0xff };

	return !memcmp(addr, prefix, sizeof(prefix));
}

/* Addresses of one family, in our form: IPv4 inside IPv6 is IPv4. `listens`:
 * there is no remote that could say so. */
static void addresses_copy(struct kern_connection *to,
			   const struct inet_diag_msg *from, bool listens)
{
	size_t skip = 0, size = 4;

	to->family = 4;
	if (from->idiag_family == AF_INET6) {
		if (is_mapped((const uint8_t *)from->id.idiag_src) &&
		    (listens || is_mapped((const uint8_t *)from->id.idiag_dst))) {
			skip = 12;
		} else {
			to->family = 6;
			size = 16;
		}
	}
	memcpy(to->local, (const uint8_t *)from->id.idiag_src + skip, size);
	if (!listens)
		memcpy(to->remote, (const uint8_t *)from->id.idiag_dst + skip,
		       size);
	to->lport = ntohs(from->id.idiag_sport);
	if (!listens)
		to->rport = ntohs(from->id.idiag_dport);
}

static int listener_add(struct reading *reading,
			const struct inet_diag_msg *socket,
			struct kern_attrs attrs)
{
	static const uint8_t unspecified[16];
	struct kern_connection listener = { 0 };
	uint8_t v6only = 0;
	int err;

	addresses_copy(&listener, socket, true);
	err = connections_add(&reading->listeners, &listener);
	kern_netlink_copy(attrs, INET_DIAG_SKV6ONLY, &v6only, 1);
	if (err || listener.family == 4 || v6only ||
	    memcmp(listener.local, unspecified, 16))
		return err;
	/* [::] takes IPv4 as well. */
	listener.family = 4;
	return connections_add(&reading->listeners, &listener);
}

static int socket_read(const struct nlmsghdr *message, void *context)
{
	struct reading *reading = context;
	struct kern_connection connection = { .proto = reading->proto,
					      .passing = reading->passing };
	const struct inet_diag_msg *socket;
	struct kern_attrs attrs;

	socket = kern_netlink_body(message, sizeof(*socket), &attrs);
	if (!socket || message->nlmsg_type != SOCK_DIAG_BY_FAMILY ||
	    (socket->idiag_family != AF_INET &&
	     socket->idiag_family != AF_INET6))
		return 0;
	if (reading->proto == IPPROTO_TCP &&
	    socket->idiag_state == TCP_LISTEN)
		return listener_add(reading, socket, attrs);
	addresses_copy(&connection, socket, false);
	connection.half_open = socket->idiag_state == TCP_SYN_SENT;
	/* What talks to its own address never leaves the machine. */
	if (!connection.rport || !connection.lport ||
	    !connections_remote(connection.family, connection.remote) ||
	    !memcmp(connection.remote, connection.local, 16))
		return 0;
	return connections_add(reading->found, &connection);
}

static bool has_listener(const struct connections *listeners,
			 const struct kern_connection *connection)
{
	struct kern_connection listener = { 0 };

	if (!listeners->n)
		return false;
	listener.family = connection->family;
	listener.lport = connection->lport;
	if (bsearch(&listener, listeners->items, listeners->n,
		    sizeof(listener), connections_compare))
		return true;
	memcpy(listener.local, connection->local, sizeof(listener.local));
	return bsearch(&listener, listeners->items, listeners->n,
		       sizeof(listener), connections_compare);
}

/* Once all listeners of the namespace are known: one of IPv6 may have taken a
 * connection of IPv4. */
static void inbound_mark(struct reading *reading, size_t first)
{
	struct kern_connection *connection;

	if (reading->listeners.n)
		qsort(reading->listeners.items, reading->listeners.n,
		      sizeof(struct kern_connection), connections_compare);
	for (size_t i = first; i < reading->found->n; i++) {
		connection = &reading->found->items[i];
		if (connection->proto == IPPROTO_TCP)
			connection->inbound = has_listener(&reading->listeners,
							   connection);
	}
}

static int question_ask(struct reading *reading, size_t which)
{
	struct {
		struct nlmsghdr header;
		struct inet_diag_req_v2 body;
	} request = {
		.header = {
			.nlmsg_len = sizeof(request),
			.nlmsg_type = SOCK_DIAG_BY_FAMILY,
			.nlmsg_flags = NLM_F_DUMP,
		},
		.body = {
			.sdiag_family = questions[which].family,
			.sdiag_protocol = questions[which].proto,
			.idiag_states = questions[which].states,
		},
	};
	struct kern_netlink netlink;
	int err;

	err = kern_netlink_open(&netlink, NETLINK_SOCK_DIAG);
	if (err)
		return err;
	reading->proto = questions[which].proto;
	err = kern_netlink_ask(&netlink, &request.header, socket_read, reading);
	kern_netlink_close(&netlink);
	return err;
}

struct visits {
	struct connections *found;
	size_t n;
};

static int namespace_read(void *context)
{
	struct visits *visits = context;
	struct reading reading = { .found = visits->found,
				   .passing = visits->n++ > 0 };
	size_t first = reading.found->n;
	int err = 0;

	for (size_t i = 0; i < sizeof(questions) / sizeof(*questions); i++)
		if (err != -ENOMEM)
			err = question_ask(&reading, i);
	inbound_mark(&reading, first);
	free(reading.listeners.items);
	return err == -ENOMEM ? err : 0;
}

int kern_sockets(struct connections *list)
{
	struct visits visits = { .found = list };

	return kern_namespaces_each(namespace_read, &visits);
}
