/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * In: the rules as they would become, and where the caller sits. Out: whether a
 * new TCP connection from there would pass. The kernel is not asked: these
 * rules do not run yet. Where the caller sits is caller.c's business.
 */
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include "guard.h"
#include "sources.h"

static bool address_parse(struct prefix *prefix, const char *text)
{
	struct error ignored;

	return !prefix_parse(prefix, text, strcspn(text, "%"), &ignored) &&
	       prefix->len == (prefix->family == AF_INET ? 32 : 128);
}

bool guard_parse(struct guard_session *session, const char *text)
{
	char client[64], server[64];
	unsigned int client_port, port;

	if (sscanf(text, "%63s %5u %63s %5u", client, &client_port, server,
		   &port) != 4 || !port || port > 65535)
		return false;
	session->port = port;
	session->client_port = client_port;
	session->proto = IPPROTO_TCP;
	return address_parse(&session->client, client) &&
	       address_parse(&session->server, server);
}

static bool services_name(const struct services *services, uint8_t proto,
			  uint16_t port)
{
	union {
		struct services list;
		char room[sizeof(struct services) + sizeof(struct service)];
	} one = { .list.n = 1 };

	one.list.s[0] = (struct service){
		.kind = SERVICE_PORTS, .proto = proto,
		.first = port, .last = port,
	};
	return services_cover(services, &one.list);
}

bool guard_passes(const struct ruleset *ruleset,
		  const struct guard_session *session, const char *interface,
		  const struct rule **denied)
{
	bool allowed = false;
	size_t i;

	*denied = NULL;
	for (i = 0; i < ruleset->n_rules; i++) {
		const struct rule *rule = &ruleset->rules[i];

		if (!interfaces_name(rule->on, interface) ||
		    !services_name(rule->services, session->proto,
				   session->port) ||
		    !ruleset_rule_covers(ruleset, rule, &session->client))
			continue;
		if (rule->action == RULE_DENY) {
			*denied = rule;
			return false;
		}
		allowed = true;
	}
	return allowed;
}
