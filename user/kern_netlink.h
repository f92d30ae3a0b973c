/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Questions to the kernel over netlink, and their answers taken apart. Nothing
 * in an answer is believed: every message and attribute is held against the
 * bytes that came.
 */
#ifndef KERN_NETLINK_H
#define KERN_NETLINK_H

#include <linux/netlink.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct kern_netlink {
	int fd;			/* -1: closed */
	uint32_t sequence;
	void *buffer;		/* for answers, malloc'ed */
};

/* A run of attributes, inside the message that brought it. */
struct kern_attrs {
	const uint8_t *at;
	size_t length;
};

/* 0 or -errno; what failed needs no close. The socket speaks for the network
 * namespace in which the caller is now. */
int kern_netlink_open(struct kern_netlink *netlink, int protocol);
void kern_netlink_close(struct kern_netlink *netlink);

/*
 * Send `request` (its nlmsg_len is right, its flags say NLM_F_DUMP or not; the
 * sequence is filled in) and call `each` for every message of the answer until
 * one returns other than 0, which is returned. -errno is the kernel's, or
 * -EBADMSG for an answer that makes no sense, -EAGAIN for one that does not
 * come. After an error a dump's socket is good for kern_netlink_close() alone.
 */
typedef int kern_netlink_each(const struct nlmsghdr *message, void *context);
int kern_netlink_ask(struct kern_netlink *netlink, struct nlmsghdr *request,
		     kern_netlink_each *each, void *context);

/* The header of `size` bytes that begins a message, and the attributes behind
 * it; NULL for a message too short. */
const void *kern_netlink_body(const struct nlmsghdr *message, size_t size,
			      struct kern_attrs *attrs);
/* What the first attribute of a type holds; nothing where there is none. */
struct kern_attrs kern_netlink_find(struct kern_attrs attrs, uint16_t type);
/* Copy its first `size` bytes; false, and nothing done, where it has fewer. */
bool kern_netlink_copy(struct kern_attrs attrs, uint16_t type, void *value,
		       size_t size);

#endif
