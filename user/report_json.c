/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * In: models and counters. Out: the JSON documents that others build on
 * (behaviour.md section 4). Sees no descriptor and asks nobody.
 */
#include <netinet/in.h>
#include <stdlib.h>
#include "report.h"

int report_document(json_t *document, FILE *out, struct error *error)
{
	int err;

	if (!document)
		return error_memory(error);
	err = json_dumpf(document, out, JSON_COMPACT | JSON_ENSURE_ASCII);
	json_decref(document);
	if (err)
		return error_memory(error);
	fputc('\n', out);
	return 0;
}

static json_t *json_id(const struct rule *rule)
{
	return json_sprintf("%016llx", (unsigned long long)rule_id(rule));
}

static json_t *json_prefix(const struct prefix *prefix)
{
	char text[PREFIX_TEXT_SIZE];

	prefix_format(prefix, true, text);
	return json_string(text);
}

static json_t *json_source(const struct source *source)
{
	if (source->kind == SOURCE_ANY)
		return json_string("any");
	if (source->kind == SOURCE_SET)
		return json_sprintf("@%s", source->set);
	return json_prefix(&source->prefix);
}

static json_t *json_services(const struct services *services)
{
	json_t *list = json_array();
	char text[SERVICE_TEXT_SIZE];
	uint32_t i;

	for (i = 0; i < services->n; i++) {
		service_format(&services->s[i], text);
		json_array_append_new(list, json_string(text));
	}
	return list;
}

static json_t *json_on(const struct interfaces *on)
{
	json_t *list;
	uint32_t i;

	if (!on)
		return json_null();
	list = json_array();
	for (i = 0; i < on->n; i++)
		json_array_append_new(list, json_string(on->name[i]));
	return list;
}

static json_t *json_count(json_t *object, const struct xdpwl_counter *count)
{
	json_object_set_new(object, "packets", json_integer(count->packets));
	json_object_set_new(object, "bytes", json_integer(count->bytes));
	return object;
}

static json_t *json_rule(const struct rule *rule,
			 const struct xdpwl_counter *count)
{
	json_t *object = json_pack("{s:o, s:s, s:o, s:o, s:o, s:n, s:s}",
		"id", json_id(rule),
		"action", rule->action == RULE_ALLOW ? "allow" : "deny",
		"source", json_source(&rule->source),
		"services", json_services(rule->services),
		"on", json_on(rule->on), "until",
		"comment", rule->comment ? rule->comment : "");

	return json_count(object, count);
}

json_t *json_set(const struct set *set)
{
	json_t *prefixes = json_array();
	size_t i;

	for (i = 0; i < set->n_members; i++)
		json_array_append_new(prefixes, json_prefix(&set->members[i]));
	return json_pack("{s:s, s:s, s:s?, s:o, s:n, s:b}", "name", set->name,
			 "from", set->path ? "file" : "inline",
			 "path", set->path, "prefixes", prefixes, "fetched",
			 "stale", 0);
}

static json_t *json_interfaces(const struct ruleset *rules)
{
	json_t *interfaces = json_array();
	size_t i;

	for (i = 0; i < rules->n_interfaces; i++)
		json_array_append_new(interfaces, json_pack("{s:s, s:s, s:b}",
			"name", rules->interfaces[i].name,
			"mode", attach_mode_names[rules->interfaces[i].mode],
			"audit", rules->interfaces[i].audit));
	return interfaces;
}

json_t *json_list(const struct ruleset *rules,
		  const struct xdpwl_counter *counts, const struct source *only)
{
	json_t *list = json_array(), *sets = json_array();
	size_t i;

	for (i = 0; i < rules->n_rules; i++)
		if (report_wants(rules, &rules->rules[i], only))
			json_array_append_new(list, json_rule(&rules->rules[i],
							      &counts[i]));
	for (i = 0; i < rules->n_sets && !only; i++)
		json_array_append_new(sets, json_set(&rules->sets[i]));
	return json_pack("{s:i, s:o, s:o, s:o}", "schema", 1, "rules", list,
			 "sets", sets, "interfaces",
			 only ? json_array() : json_interfaces(rules));
}

static json_t *json_decider(const struct answer *answer)
{
	json_t *object;
	char *text;

	if (!answer->rule)
		return json_null();
	text = rule_format(answer->rule);
	object = text ? json_pack("{s:o, s:s, s:s}", "id",
				  json_id(answer->rule), "text", text,
				  "where", answer->where) : NULL;
	free(text);
	return object;
}

json_t *json_test(const struct answer *answers, size_t n)
{
	const struct answer *first = &answers[0];
	json_t *interfaces = json_array();
	size_t i;

	for (i = 0; i < n; i++) {
		const struct answer *answer = &answers[i];

		if (answer->drop && !first->drop)
			first = answer;
		json_array_append_new(interfaces,
			json_pack("{s:s, s:s, s:s, s:o}",
				  "name", answer->interface,
				  "verdict", answer->drop ? "drop" : "pass",
				  "reason", reasons[answer->reason].key,
				  "rule", json_decider(answer)));
	}
	return json_pack("{s:i, s:s, s:s, s:o, s:o}", "schema", 1,
			 "verdict", first->drop ? "drop" : "pass",
			 "reason", reasons[first->reason].key,
			 "rule", json_decider(first),
			 "interfaces", interfaces);
}

static json_t *json_ports(const struct drops *drops)
{
	json_t *ports = json_array();
	char proto[PROTO_TEXT_SIZE];
	size_t i;

	for (i = 0; i < drops->n_rows && i < drops->top; i++) {
		const struct drops_row *row = &drops->rows[i];

		drops_proto(row, proto);
		json_array_append_new(ports, json_count(
			json_pack("{s:s, s:o, s:n}", "proto", proto, "port",
				  row->has_port ? json_integer(row->port) :
						  json_null(), "sources"),
			&row->count));
	}
	return ports;
}

static json_t *json_reasons(const struct drops *drops)
{
	const struct xdpwl_counter *counts = drops->counters->reasons;
	json_t *list = json_array();
	int i;

	for (i = 0; i < XDPWL_N_REASONS; i++) {
		struct xdpwl_counter sum = counts[i];
		json_t *reason;

		/* Under one key for those who read this: it drops or passes. */
		if (i == XDPWL_ADMITTED)
			continue;
		if (i == XDPWL_FRAGMENT) {
			sum.packets += counts[XDPWL_ADMITTED].packets;
			sum.bytes += counts[XDPWL_ADMITTED].bytes;
		}
		if (!sum.packets)
			continue;
		reason = json_count(json_pack("{s:s}", "reason",
					      reasons[i].key), &sum);
		if (i == XDPWL_FRAGMENT)
			json_object_set_new(reason, "passed", json_integer(
				counts[XDPWL_ADMITTED].packets));
		json_array_append_new(list, reason);
	}
	return list;
}

static json_t *json_denies(const struct drops *drops)
{
	json_t *rules = json_array();
	size_t i;

	for (i = 0; i < drops->rules->n_rules; i++) {
		const struct rule *rule = &drops->rules->rules[i];
		char *text;

		if (rule->action != RULE_DENY)
			continue;
		text = rule_format(rule);
		json_array_append_new(rules, json_count(
			json_pack("{s:o, s:s}", "id", json_id(rule), "text",
				  text ? text : ""), &drops->counts[i]));
		free(text);
	}
	return rules;
}

json_t *json_drops(const struct drops *drops)
{
	struct xdpwl_counter total = drops_total(drops->counters);
	char since[TIME_TEXT_SIZE];
	json_t *document;

	time_format(drops->since, since);
	document = json_pack("{s:i, s:s, s:b, s:o, s:o}", "schema", 1,
			     "since", since, "audit", drops->audit != NULL,
			     "ports", json_ports(drops),
			     "reasons", json_reasons(drops));
	if (document && drops->rules)
		json_object_set_new(document, "rules", json_denies(drops));
	return json_count(document, &total);
}

static json_t *json_link(const struct status *status,
			 const struct kern_link *link)
{
	const struct interface *interface =
		ruleset_interface(status->rules, link->name);

	return json_pack("{s:s, s:s, s:b, s:b, s:s?}", "name", link->name,
			 "mode", attach_mode_names[link->mode],
			 "audit", interface && interface->audit,
			 "present", link->ifindex != 0,
			 "egress", kern_hook_names[link->hook]);
}

static json_t *json_evictions(const uint64_t *evictions)
{
	return json_pack("{s:I, s:I, s:I, s:I, s:I}",
		"half_open", (json_int_t)evictions[XDPWL_EVICT_HALF_OPEN],
		"established", (json_int_t)evictions[XDPWL_EVICT_ESTABLISHED],
		"forwarded", (json_int_t)evictions[XDPWL_EVICT_FORWARDED],
		"fragments_any", (json_int_t)evictions[XDPWL_EVICT_FIRST_ANY],
		"fragments_own", (json_int_t)evictions[XDPWL_EVICT_FIRST_OWN]);
}

json_t *json_status(const struct status *status)
{
	json_t *links = json_array();
	json_int_t rules = 0, prefixes = 0;
	size_t i;

	for (i = 0; i < status->n_links; i++)
		json_array_append_new(links,
				      json_link(status, &status->links[i]));
	if (status->rules) {
		rules = status->rules->n_rules;
		prefixes = ruleset_prefixes(status->rules);
	}
	return json_pack("{s:i, s:o, s:I, s:I, s:I, s:n, s:b, s:o}", "schema", 1,
			 "interfaces", links, "rules", rules,
			 "prefixes", prefixes,
			 "generation", (json_int_t)status->generation,
			 "pending_confirm", "saved",
			 !status->differences && !status->unreadable,
			 "evictions", json_evictions(status->evictions));
}

json_t *json_connections(const struct kern_connection *list, size_t n)
{
	char remote[CONNECTION_TEXT_SIZE], local[CONNECTION_TEXT_SIZE];
	json_t *connections = json_array();
	size_t i;

	for (i = 0; i < n; i++) {
		kern_connection_format(&list[i], remote, local);
		json_array_append_new(connections, json_pack(
			"{s:s, s:s, s:s}", "proto",
			list[i].proto == IPPROTO_TCP ? "tcp" : "udp",
			"remote", remote, "local", local));
	}
	return connections;
}
