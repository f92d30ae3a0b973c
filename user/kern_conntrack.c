/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * In: the connection tracking of this namespace, by ctnetlink. Out: what it
 * tells of, as the remote sees it. Must not: load it where it is
 * not there.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nf_conntrack_tcp.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "kern_connections_inner.h"

/* Asking about it would load it. The first where it is part of the kernel. */
static bool is_loaded(void)
{
	return !access("/proc/sys/net/netfilter/nf_conntrack_max", F_OK) ||
	       !access("/sys/module/nf_conntrack", F_OK);
}

/* The tuple of what comes back: its source is the remote. */
static bool tuple_read(struct kern_connection *connection,
		       struct kern_attrs tuple)
{
	struct kern_attrs ip = kern_netlink_find(tuple, CTA_TUPLE_IP);
	struct kern_attrs proto = kern_netlink_find(tuple, CTA_TUPLE_PROTO);
	uint16_t rport, lport;

	if (kern_netlink_copy(ip, CTA_IP_V4_SRC, connection->remote, 4) &&
	    kern_netlink_copy(ip, CTA_IP_V4_DST, connection->local, 4))
		connection->family = 4;
	else if (kern_netlink_copy(ip, CTA_IP_V6_SRC, connection->remote, 16) &&
		 kern_netlink_copy(ip, CTA_IP_V6_DST, connection->local, 16))
		connection->family = 6;
	else
		return false;
	if (!kern_netlink_copy(proto, CTA_PROTO_NUM, &connection->proto, 1) ||
	    !kern_netlink_copy(proto, CTA_PROTO_SRC_PORT, &rport, 2) ||
	    !kern_netlink_copy(proto, CTA_PROTO_DST_PORT, &lport, 2))
		return false;
	connection->rport = ntohs(rport);
	connection->lport = ntohs(lport);
	return true;
}

static bool udp_read(struct kern_connection *connection,
		     struct kern_attrs attrs)
{
	uint32_t status;	/* big endian */

	connection->half_open =
		kern_netlink_copy(attrs, CTA_STATUS, &status, sizeof(status)) &&
		!(ntohl(status) & IPS_SEEN_REPLY);
	return true;
}

/* False for one that is over. */
static bool tcp_read(struct kern_connection *connection,
		     struct kern_attrs attrs)
{
	struct kern_attrs info = kern_netlink_find(attrs, CTA_PROTOINFO);
	uint8_t state = TCP_CONNTRACK_NONE;

	info = kern_netlink_find(info, CTA_PROTOINFO_TCP);
	kern_netlink_copy(info, CTA_PROTOINFO_TCP_STATE, &state, sizeof(state));
	connection->half_open = state == TCP_CONNTRACK_SYN_SENT ||
				state == TCP_CONNTRACK_SYN_SENT2;
	return state != TCP_CONNTRACK_NONE &&
	       state != TCP_CONNTRACK_TIME_WAIT && state != TCP_CONNTRACK_CLOSE;
}

static bool state_read(struct kern_connection *connection,
		       struct kern_attrs attrs)
{
	return connection->proto == IPPROTO_TCP ? tcp_read(connection, attrs) :
	       connection->proto == IPPROTO_UDP ? udp_read(connection, attrs) :
						  false;
}

static int entry_read(const struct nlmsghdr *message, void *context)
{
	struct kern_connection connection = { .passing = true };
	struct kern_attrs attrs;

	if (message->nlmsg_type !=
		    (NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_NEW) ||
	    !kern_netlink_body(message, sizeof(struct nfgenmsg), &attrs) ||
	    !tuple_read(&connection,
			kern_netlink_find(attrs, CTA_TUPLE_REPLY)) ||
	    !state_read(&connection, attrs) ||
	    !connections_remote(connection.family, connection.remote))
		return 0;
	return connections_add(context, &connection);
}

static int entries_read(struct connections *list)
{
	struct {
		struct nlmsghdr header;
		struct nfgenmsg body;
	} request = {
		.header = {
			.nlmsg_len = sizeof(request),
			.nlmsg_type =
				NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_GET,
			.nlmsg_flags = NLM_F_DUMP,
		},
		.body = { .nfgen_family = AF_UNSPEC },
	};
	struct kern_netlink netlink;
	int err;

	err = kern_netlink_open(&netlink, NETLINK_NETFILTER);
	if (err)
		return err;
	err = kern_netlink_ask(&netlink, &request.header, entry_read, list);
	kern_netlink_close(&netlink);
	return err;
}

int kern_conntrack(struct connections *list)
{
	/* A dump that breaks off has told some. */
	return is_loaded() && entries_read(list) == -ENOMEM ? -ENOMEM : 0;
}
