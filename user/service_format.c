/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A list of services to text. In: a list in normal form; out: words that take
 * themselves back through services_parse(), ports always as numbers. Decides
 * nothing.
 */
#include <stdlib.h>
#include <string.h>
#include "service.h"
#include "service_names.h"

/* Decimal digits; every rule's name is made of them, hence not by printf. */
static char *put_number(char *text, unsigned int number)
{
	char digits[10];
	int n = 0;

	do {
		digits[n++] = (char)('0' + number % 10);
		number /= 10;
	} while (number);
	while (n > 0)
		*text++ = digits[--n];
	return text;
}

/* The port or ports alone, "22" or "20-25"; returns behind the last
 * character. */
static char *put_ports(char *text, const struct service *service)
{
	text = put_number(text, service->first);
	if (service->first == service->last)
		return text;
	*text++ = '-';
	return put_number(text, service->last);
}

static char *put_service(char *text, const struct service *service)
{
	switch (service->kind) {
	case SERVICE_PORTS:
		text = put_ports(text, service);
		*text++ = '/';
		return stpcpy(text, port_proto_name(service->proto));
	case SERVICE_PROTO:
		if (protocol_name(service->proto))
			return stpcpy(text, protocol_name(service->proto));
		text = put_number(stpcpy(text, "proto:"), service->proto);
		*text = '\0';
		return text;
	case SERVICE_PING:
		return stpcpy(text, "ping");
	default:
		return stpcpy(text, "all");
	}
}

void service_format(const struct service *service, char *text)
{
	put_service(text, service);
}

/* TCP and UDP of one range are neighbours in the order of the list. */
static bool is_both(const struct services *services, uint32_t i)
{
	const struct service *s = &services->s[i];

	return i + 1 < services->n && s->kind == SERVICE_PORTS &&
	       s[1].kind == SERVICE_PORTS && s->proto == 6 &&
	       s[1].proto == 17 && s->first == s[1].first &&
	       s->last == s[1].last;
}

char *services_format(const struct services *services)
{
	char *text = malloc((size_t)services->n * SERVICE_TEXT_SIZE + 1);
	char *at = text;

	if (!text)
		return NULL;
	for (uint32_t i = 0; i < services->n; i++) {
		if (i > 0)
			*at++ = ',';
		if (is_both(services, i))
			at = put_ports(at, &services->s[i++]);
		else
			at = put_service(at, &services->s[i]);
	}
	*at = '\0';
	return text;
}
