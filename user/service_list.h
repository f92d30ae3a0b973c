/* SPDX-License-Identifier: GPL-2.0-only */
/* A list of services while it grows, between the two halves of service.h. */
#ifndef SERVICE_LIST_H
#define SERVICE_LIST_H

#include "service.h"

struct service_list {
	struct services *services;	/* NULL until the first is added */
	uint32_t capacity;
};

/* Add one, in any order. On failure the list is as it was. */
int service_list_add(struct service_list *list, const struct service *service,
		     struct error *error);
/* The list in the normal form of service.h; the caller's to free(). The list
 * must not be empty. */
struct services *service_list_take(struct service_list *list);
void service_list_free(struct service_list *list);

enum { ICMP = 1, ICMPV6 = 58 };

/* What of a list covers more than ports; and, for each protocol, how far a walk
 * over its ports has come: both lists of a comparison ascend, so that a walk
 * never turns back, and 65,535 ports against as many stay cheap. */
struct outline {
	bool all;
	bool proto[256];
	uint32_t at[256];
};

void outline_find(struct outline *outline, const struct services *services);
/* Whether a service lies within the portless ones of the list. */
bool outline_covers(const struct outline *outline, const struct service *s);

#endif
