/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A list of services while it grows, and its normal form. In: services in any
 * order; out: a list as service.h wants it. Knows no text.
 */
#include <stdlib.h>
#include <string.h>
#include "service_list.h"

_Static_assert(sizeof(struct service) == 6, "no padding: lists are compared as bytes");

int service_list_add(struct service_list *list, const struct service *service,
		     struct error *error)
{
	uint32_t n = list->services ? list->services->n : 0;

	if (n == list->capacity) {
		uint32_t capacity = n ? n * 2 : 2;
		struct services *grown = realloc(list->services,
			sizeof(*grown) + capacity * sizeof(struct service));

		if (!grown)
			return error_memory(error);
		grown->n = n;
		list->services = grown;
		list->capacity = capacity;
	}
	list->services->s[list->services->n++] = *service;
	return 0;
}

void service_list_free(struct service_list *list)
{
	free(list->services);
	memset(list, 0, sizeof(*list));
}

static int compare(const void *a, const void *b)
{
	const struct service *left = a, *right = b;

	if (left->kind != right->kind)
		return left->kind - right->kind;
	if (left->first != right->first)
		return left->first - right->first;
	if (left->last != right->last)
		return left->last - right->last;
	return left->proto - right->proto;
}

/* Ranges of one protocol together, so that neighbours can be merged. */
static int compare_protos(const void *a, const void *b)
{
	const struct service *left = a, *right = b;

	if (left->kind != right->kind)
		return left->kind - right->kind;
	if (left->proto != right->proto)
		return left->proto - right->proto;
	return compare(a, b);
}

static void sort(struct services *services,
		 int (*order)(const void *, const void *))
{
	struct service *s = services->s;
	uint32_t i = 1;

	while (i < services->n && order(&s[i - 1], &s[i]) <= 0)
		i++;
	if (i < services->n)
		qsort(s, services->n, sizeof(*s), order);
}

/* Of a list sorted by protocol: overlapping ranges become one, doubles go. */
static void merge(struct services *services)
{
	struct service *s = services->s;
	uint32_t kept = 1;

	for (uint32_t i = 1; i < services->n; i++) {
		struct service *last = &s[kept - 1];

		if (s[i].kind != last->kind || s[i].proto != last->proto ||
		    s[i].first > last->last)
			s[kept++] = s[i];
		else if (s[i].last > last->last)
			last->last = s[i].last;
	}
	services->n = kept;
}

void outline_find(struct outline *outline, const struct services *services)
{
	memset(outline, 0, sizeof(*outline));
	for (uint32_t i = 0; i < services->n; i++) {
		if (services->s[i].kind == SERVICE_ALL)
			outline->all = true;
		if (services->s[i].kind == SERVICE_PROTO)
			outline->proto[services->s[i].proto] = true;
	}
}

bool outline_covers(const struct outline *outline, const struct service *s)
{
	switch (s->kind) {
	case SERVICE_PORTS:
		return outline->all || outline->proto[s->proto];
	case SERVICE_PROTO:
		return outline->all;
	case SERVICE_PING:
		return outline->all ||
		       (outline->proto[ICMP] && outline->proto[ICMPV6]);
	default:
		return false;
	}
}

static void drop_within(struct services *services)
{
	struct outline outline;
	uint32_t kept = 0;

	outline_find(&outline, services);
	for (uint32_t i = 0; i < services->n; i++) {
		if (!outline_covers(&outline, &services->s[i]))
			services->s[kept++] = services->s[i];
	}
	services->n = kept;
}

static bool is_simple(const struct services *services)
{
	const struct service *s = services->s;

	return services->n == 1 ||
	       (services->n == 2 && s[0].kind == SERVICE_PORTS &&
		s[1].kind == SERVICE_PORTS && s[0].proto < s[1].proto &&
		s[0].first == s[1].first && s[0].last == s[1].last);
}

struct services *service_list_take(struct service_list *list)
{
	struct services *services = list->services;

	memset(list, 0, sizeof(*list));
	if (is_simple(services))	/* most rules of a long file */
		return services;
	sort(services, compare_protos);
	merge(services);
	drop_within(services);
	sort(services, compare);
	return services;
}
