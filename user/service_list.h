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

#endif
