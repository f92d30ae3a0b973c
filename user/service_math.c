/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Arithmetic on lists of services: cover, overlap, difference. In: lists in
 * normal form (service.h); out: the same. Knows no text but that of the one
 * refusal: what the language cannot say.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "service_list.h"

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
	if (outline_covers(outline, s))
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

/* The next range of `services` that shares a port with `s`; the walk stays
 * at it. */
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

		if (outline_covers(&outline, s))
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
		if (t->first > s.first &&
		    service_list_add(left, &before, error))
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
