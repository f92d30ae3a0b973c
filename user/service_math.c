/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Arithmetic on lists of services: normal form, cover, overlap, difference. In:
 * lists in normal form (service.h); out: the same. Knows no text but that of the
 * one refusal: what the language cannot say.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "service_list.h"

enum { ICMP = 1, ICMPV6 = 58 };

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

/* What of a list covers more than ports; and, for each protocol, how far a walk
 * over its ports has come: both lists of a comparison ascend, so that a walk
 * never turns back, and 65,535 ports against as many stay cheap. */
struct outline {
	bool all;
	bool proto[256];
	uint32_t at[256];
};

static void outline_find(struct outline *outline,
			 const struct services *services)
{
	memset(outline, 0, sizeof(*outline));
	for (uint32_t i = 0; i < services->n; i++) {
		if (services->s[i].kind == SERVICE_ALL)
			outline->all = true;
		if (services->s[i].kind == SERVICE_PROTO)
			outline->proto[services->s[i].proto] = true;
	}
}

/* Whether a service lies within the portless ones of a list. */
static bool is_within(const struct service *s,
		      const struct outline *outline)
{
	switch (s->kind) {
	case SERVICE_PORTS:
		return outline->all || outline->proto[s->proto];
	case SERVICE_PROTO:
		return outline->all;
	case SERVICE_PING:
		return outline->all || (outline->proto[ICMP] && outline->proto[ICMPV6]);
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
		if (!is_within(&services->s[i], &outline))
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

bool services_equal(const struct services *a, const struct services *b)
{
	return a->n == b->n && memcmp(a->s, b->s, a->n * sizeof(*a->s)) == 0;
}

/* Whether the ranges of `outer`, sorted by their start, leave no gap in `s`. */
static bool covers_ports(const struct services *outer, uint32_t *at,
			 const struct service *s)
{
	uint32_t next = s->first;

	for (; *at < outer->n && outer->s[*at].kind == SERVICE_PORTS; ++*at) {
		const struct service *o = &outer->s[*at];

		if (o->proto != s->proto || o->last < next)
			continue;
		if (o->first > next)
			return false;
		if (o->last >= s->last)
			return true;
		next = o->last + 1u;
	}
	return false;
}

static bool has_ping(const struct services *services)
{
	for (uint32_t i = 0; i < services->n; i++) {
		if (services->s[i].kind == SERVICE_PING)
			return true;
	}
	return false;
}

static bool covers(const struct services *outer, struct outline *outline,
		   const struct service *s)
{
	if (is_within(s, outline))
		return true;
	switch (s->kind) {
	case SERVICE_PORTS:
		return covers_ports(outer, &outline->at[s->proto], s);
	case SERVICE_PROTO:
		return outline->proto[s->proto];
	case SERVICE_PING:
		return has_ping(outer);
	default:
		return outline->all;
	}
}

bool services_cover(const struct services *outer, const struct services *inner)
{
	struct outline outline;

	outline_find(&outline, outer);
	for (uint32_t i = 0; i < inner->n; i++) {
		if (!covers(outer, &outline, &inner->s[i]))
			return false;
	}
	return true;
}

static bool is_icmp(const struct service *s)
{
	return s->kind == SERVICE_PROTO &&
	       (s->proto == ICMP || s->proto == ICMPV6);
}

static bool overlap(const struct service *a, const struct service *b)
{
	if (a->kind == SERVICE_ALL || b->kind == SERVICE_ALL)
		return true;
	if (a->kind == SERVICE_PING || b->kind == SERVICE_PING)
		return a->kind == b->kind || is_icmp(a) || is_icmp(b);
	if (a->proto != b->proto)
		return false;
	return a->kind == SERVICE_PROTO || b->kind == SERVICE_PROTO ||
	       (a->first <= b->last && b->first <= a->last);
}

/* The next range of `services` that shares a port with `s`; the walk stays at it. */
static const struct service *next_shared(const struct services *services,
					 uint32_t *at, const struct service *s)
{
	for (; *at < services->n; ++*at) {
		const struct service *t = &services->s[*at];

		if (t->kind != SERVICE_PORTS)
			return NULL;
		if (t->proto == s->proto && t->last >= s->first)
			return t->first <= s->last ? t : NULL;
	}
	return NULL;
}

/* What a portless service shares with a list, or NULL. */
static const struct service *find_shared(const struct services *services,
					 const struct service *s)
{
	for (uint32_t i = 0; i < services->n; i++) {
		if (overlap(s, &services->s[i]))
			return &services->s[i];
	}
	return NULL;
}

bool services_overlap(const struct services *a, const struct services *b)
{
	struct outline outline;

	outline_find(&outline, b);
	for (uint32_t i = 0; i < a->n; i++) {
		const struct service *s = &a->s[i];

		if (is_within(s, &outline))
			return true;
		if (s->kind != SERVICE_PORTS ? find_shared(b, s) :
		    next_shared(b, &outline.at[s->proto], s))
			return true;
	}
	return false;
}

static int refuse_split(const struct service *whole, const struct service *part,
			struct error *error)
{
	char outer[SERVICE_TEXT_SIZE], inner[SERVICE_TEXT_SIZE];

	service_format(whole, outer);
	service_format(part, inner);
	return error_set(error, EXIT_USAGE, "%s cannot be taken out of '%s'",
			 inner, outer);
}

/* What `take` leaves of one range, into the list. */
static int subtract_ports(struct service_list *left, struct service s,
			  const struct services *take, uint32_t *at,
			  struct error *error)
{
	const struct service *t;

	while ((t = next_shared(take, at, &s))) {
		struct service before = s;

		before.last = t->first - 1;
		if (t->first > s.first && service_list_add(left, &before, error))
			return -ENOMEM;
		if (t->last >= s.last)
			return 0;
		s.first = t->last + 1;
	}
	return service_list_add(left, &s, error);
}

/* What has no ports stays whole, or is refused. */
static int subtract_portless(struct service_list *left, const struct service *s,
			     const struct services *take, struct error *error)
{
	const struct service *shared = find_shared(take, s);

	if (shared)
		return refuse_split(s, shared, error);
	return service_list_add(left, s, error);
}

int services_subtract(struct services **left, const struct services *from,
		      const struct services *take, struct error *error)
{
	struct service_list list = { 0 };
	struct outline covering, cutting;
	int err = 0;

	outline_find(&covering, take);
	outline_find(&cutting, take);
	for (uint32_t i = 0; i < from->n && !err; i++) {
		const struct service *s = &from->s[i];

		if (covers(take, &covering, s))
			continue;
		if (s->kind == SERVICE_PORTS)
			err = subtract_ports(&list, *s, take,
					     &cutting.at[s->proto], error);
		else
			err = subtract_portless(&list, s, take, error);
	}
	if (err) {
		service_list_free(&list);
		return err;
	}
	if (list.services) {
		*left = service_list_take(&list);
		return 0;
	}
	*left = calloc(1, sizeof(**left));
	return *left ? 0 : error_memory(error);
}
