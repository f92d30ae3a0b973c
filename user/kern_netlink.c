/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * In: a question in netlink's form. Out: each message of the answer, and
 * attributes out of it. Must not: read beyond what came, wait without end, or
 * take an answer from anyone but the kernel.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>
#include "kern_netlink.h"

/* The kernel fills 32 KiB at a time where the reader has as much room. */
#define BUFFER		(32u * 1024)
#define SECONDS		10	/* for one of those; a busy machine takes one */
#define ANSWERS_MAX	(1u << 20)	/* of those to one question */

int kern_netlink_open(struct kern_netlink *netlink, int protocol)
{
	const struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	const struct timeval patience = { .tv_sec = SECONDS };
	int err;

	netlink->sequence = 0;
	netlink->fd = -1;
	netlink->buffer = malloc(BUFFER);
	if (!netlink->buffer)
		return -ENOMEM;
	netlink->fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);
	if (netlink->fd >= 0 &&
	    !setsockopt(netlink->fd, SOL_SOCKET, SO_RCVTIMEO, &patience,
			sizeof(patience)) &&
	    !connect(netlink->fd, (const struct sockaddr *)&kernel,
		     sizeof(kernel)))
		return 0;
	err = -errno;
	kern_netlink_close(netlink);
	return err;
}

void kern_netlink_close(struct kern_netlink *netlink)
{
	if (netlink->fd >= 0)
		close(netlink->fd);
	free(netlink->buffer);
	netlink->fd = -1;
	netlink->buffer = NULL;
}

static int question_send(struct kern_netlink *netlink, struct nlmsghdr *request)
{
	ssize_t sent;

	request->nlmsg_seq = ++netlink->sequence;
	request->nlmsg_flags |= NLM_F_REQUEST;
	do
		sent = send(netlink->fd, request, request->nlmsg_len, 0);
	while (sent < 0 && errno == EINTR);
	return sent < 0 ? -errno : 0;
}

/* Bytes of one datagram from the kernel, or -errno. */
static ssize_t answer_receive(struct kern_netlink *netlink)
{
	struct sockaddr_nl from = { 0 };
	struct iovec room = { netlink->buffer, BUFFER };
	struct msghdr header = {
		.msg_name = &from,
		.msg_namelen = sizeof(from),
		.msg_iov = &room,
		.msg_iovlen = 1,
	};
	ssize_t n;

	do
		n = recvmsg(netlink->fd, &header, 0);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	/* Connected, and still: another process may have sent before that. */
	if (!n || from.nl_pid || header.msg_flags & MSG_TRUNC)
		return -EBADMSG;
	return n;
}

/* What the kernel says at the end: an int, 0 or -errno. */
static int verdict(const struct nlmsghdr *message)
{
	int err;

	if (message->nlmsg_len < NLMSG_HDRLEN + sizeof(err))
		return message->nlmsg_type == NLMSG_DONE ? 0 : -EBADMSG;
	memcpy(&err, NLMSG_DATA(message), sizeof(err));
	return err > 0 || err < -4095 ? -EBADMSG : err;
}

/* One datagram of messages. *done once nothing more will come. */
static int answer_read(const struct kern_netlink *netlink, size_t length,
		       bool dump, bool *done, kern_netlink_each *each,
		       void *context)
{
	const struct nlmsghdr *message;
	size_t at = 0;
	int err = 0;

	while (!err && !*done && length - at >= NLMSG_HDRLEN) {
		message = (const void *)((const char *)netlink->buffer + at);
		if (message->nlmsg_len < NLMSG_HDRLEN ||
		    message->nlmsg_len > length - at)
			return -EBADMSG;
		at += NLMSG_ALIGN(message->nlmsg_len);
		if (at > length)
			at = length;
		if (message->nlmsg_seq != netlink->sequence)
			continue;
		*done = message->nlmsg_type == NLMSG_DONE ||
			message->nlmsg_type == NLMSG_ERROR;
		if (*done)
			err = verdict(message);
		else if (message->nlmsg_type >= NLMSG_MIN_TYPE)
			err = each(message, context);
		*done |= !dump;
	}
	return err;
}

int kern_netlink_ask(struct kern_netlink *netlink, struct nlmsghdr *request,
		     kern_netlink_each *each, void *context)
{
	bool dump = (request->nlmsg_flags & NLM_F_DUMP) == NLM_F_DUMP;
	bool done = false;
	ssize_t length;
	int err;

	err = question_send(netlink, request);
	for (uint32_t i = 0; i < ANSWERS_MAX && !err && !done; i++) {
		length = answer_receive(netlink);
		err = length < 0 ? length :
				   answer_read(netlink, length, dump, &done,
					       each, context);
	}
	return err ? err : done ? 0 : -EBADMSG;
}

const void *kern_netlink_body(const struct nlmsghdr *message, size_t size,
			      struct kern_attrs *attrs)
{
	size_t length = message->nlmsg_len - NLMSG_HDRLEN;

	if (length < size)
		return NULL;
	size = NLMSG_ALIGN(size);
	attrs->at = (const uint8_t *)NLMSG_DATA(message) + size;
	attrs->length = length > size ? length - size : 0;
	return NLMSG_DATA(message);
}

struct kern_attrs kern_netlink_find(struct kern_attrs attrs, uint16_t type)
{
	struct nlattr head;
	size_t step;

	while (attrs.length >= NLA_HDRLEN) {
		memcpy(&head, attrs.at, sizeof(head));
		if (head.nla_len < NLA_HDRLEN || head.nla_len > attrs.length)
			break;
		if ((head.nla_type & NLA_TYPE_MASK) == type)
			return (struct kern_attrs){ attrs.at + NLA_HDRLEN,
						    head.nla_len - NLA_HDRLEN };
		step = NLA_ALIGN(head.nla_len);
		if (step > attrs.length)
			break;
		attrs.at += step;
		attrs.length -= step;
	}
	return (struct kern_attrs){ NULL, 0 };
}

bool kern_netlink_copy(struct kern_attrs attrs, uint16_t type, void *value,
		       size_t size)
{
	struct kern_attrs found = kern_netlink_find(attrs, type);

	if (!found.at || found.length < size)
		return false;
	memcpy(value, found.at, size);
	return true;
}
