/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Rules and devices in; groups, scopes, classes and the tables that are asked by
 * service out. Knows nothing of prefixes but how many there are. SCOPE_CLASSES_MAX
 * bounds the classes of all scopes: nested ranges by the ten thousand are refused,
 * not computed.
 */
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include "classes_inner.h"

#define SCOPE_CLASSES_MAX (1u << 24)

/* ---- which classes a scope holds ---- */

/* Collects each class once: seen[class] is the scope that saw it last, plus one. */
struct collector {
	uint32_t *seen;
	uint32_t *found, n;
	uint32_t scope;
	size_t total;
};

static void collect(struct collector *collector, uint32_t class)
{
	if (!class || collector->seen[class] == collector->scope + 1)
		return;
	collector->seen[class] = collector->scope + 1;
	collector->found[collector->n++] = class;
}

static void collect_service(struct collector *collector,
			    const struct group_names *names,
			    const struct service *service)
{
	bool whole = service->kind == SERVICE_PROTO;
	uint32_t port, first = whole ? 0 : service->first;
	uint32_t last = whole ? XDPWL_PORTS - 1 : service->last;
	size_t i;

	if (whole)
		collect(collector, names->protocol_class[service->proto]);
	if (service->kind == SERVICE_PING ||
	    (whole && service->proto == IPPROTO_ICMP))
		collect(collector, names->protocol_class[XDPWL_ECHO4]);
	if (service->kind == SERVICE_PING ||
	    (whole && service->proto == IPPROTO_ICMPV6))
		collect(collector, names->protocol_class[XDPWL_ECHO6]);
	if (service->kind != SERVICE_PORTS && !whole)
		return;
	for (i = 0; i < N_PORT_PROTOS; i++)
		for (port = first; port_protos[i] == service->proto &&
				   port <= last;
		     port = names->run_end[i][port] + 1)
			collect(collector, names->port_class[i][port]);
}

/* Append the classes of one group to a scope's list. */
static int scope_collect(struct scope *scope, struct collector *collector,
			 const struct group_names *names)
{
	uint32_t i, *grown;

	collector->n = 0;
	for (i = 0; i < scope->n_classes; i++)
		collector->seen[scope->classes[i]] = collector->scope + 1;
	for (i = 0; i < scope->services->n; i++)
		collect_service(collector, names, &scope->services->s[i]);
	collector->total += collector->n;
	if (collector->total > SCOPE_CLASSES_MAX)
		return -ENOSPC;
	grown = realloc(scope->classes, (scope->n_classes + collector->n + 1) *
						sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	scope->classes = grown;
	memcpy(grown + scope->n_classes, collector->found,
	       collector->n * sizeof(*grown));
	scope->n_classes += collector->n;
	return 0;
}

static int group_collect(struct classes *classes, struct collector *collector,
			 const struct group_names *names, uint32_t group)
{
	uint32_t i;
	int err;

	for (i = 0; i < classes->n_scopes; i++) {
		struct scope *scope = &classes->scopes[i];

		if (scope->all || !(scope->groups >> group & 1))
			continue;
		collector->scope = i;
		err = scope_collect(scope, collector, names);
		if (err)
			return err;
	}
	return 0;
}

/* ---- the tables asked by service, still in provisional numbers ---- */

static int odd_ports_add(struct table *table, const struct group_names *names,
			 uint32_t group, size_t proto)
{
	uint32_t whole = names->protocol_class[port_protos[proto]], port;

	for (port = 1; port < XDPWL_PORTS; port++) {
		struct xdpwl_odd_port *keys = table->keys;
		uint32_t *values = table->values;

		if (names->port_class[proto][port] == whole)
			continue;
		if (table->n == table->capacity) {
			table->capacity = table->capacity * 2 + 1024;
			keys = realloc(keys, table->capacity * sizeof(*keys));
			table->keys = keys ? keys : table->keys;
			values = realloc(values,
					 table->capacity * sizeof(*values));
			table->values = values ? values : table->values;
			if (!keys || !values)
				return -ENOMEM;
		}
		keys[table->n] = (struct xdpwl_odd_port){
			.port = port, .proto = port_protos[proto],
			.group = group };
		values[table->n++] = names->port_class[proto][port];
	}
	return 0;
}

static int group_emit(struct tables *tables, const struct group_names *names,
		      uint32_t group)
{
	size_t i, k;
	int err;

	for (i = 0; i < XDPWL_TCP_UDP; i++)
		tables->service[group].class[i] =
			names->port_class[i / XDPWL_PORTS][ntohs(i % XDPWL_PORTS)];
	for (k = 0; k < XDPWL_PROTOCOLS; k++)
		tables->protocol[group].class[k] = names->protocol_class[k];
	for (i = XDPWL_TCP_UDP / XDPWL_PORTS; i < N_PORT_PROTOS; i++) {
		err = odd_ports_add(&tables->odd_ports, names, group, i);
		if (err)
			return err;
	}
	return 0;
}

/* ---- final numbers: the commonest classes first ---- */

struct class_weight {
	uint64_t weight;
	uint32_t class;
};

static int class_weight_compare(const void *a, const void *b)
{
	const struct class_weight *x = a, *y = b;

	if (x->weight != y->weight)
		return x->weight > y->weight ? -1 : 1;
	return (x->class > y->class) - (x->class < y->class);
}

int number_compare(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* final[provisional], malloc'ed */
static uint32_t *numbers_final(const struct classes *classes)
{
	struct class_weight *weights = calloc(classes->n, sizeof(*weights));
	uint32_t *final = calloc(classes->n, sizeof(*final)), i, k;

	if (!weights || !final) {
		free(weights);
		free(final);
		return NULL;
	}
	for (i = 0; i < classes->n; i++)
		weights[i].class = i;
	for (i = 0; i < classes->n_scopes; i++)
		for (k = 0; k < classes->scopes[i].n_classes; k++)
			weights[classes->scopes[i].classes[k]].weight +=
				classes->scopes[i].weight;
	qsort(weights + 1, classes->n - 1, sizeof(*weights),
	      class_weight_compare);
	for (i = 1; i < classes->n; i++)
		final[weights[i].class] = i;
	free(weights);
	return final;
}

static int renumber(struct classes *classes, struct tables *tables)
{
	uint32_t *final = numbers_final(classes), i, k;
	uint8_t *group_of = calloc(classes->n, 1);
	uint16_t *ports;

	if (!final || !group_of) {
		free(final);
		free(group_of);
		return -ENOMEM;
	}
	for (i = 0; i < classes->n; i++)
		group_of[final[i]] = classes->group_of[i];
	free(classes->group_of);
	classes->group_of = group_of;
	for (i = 0; i < classes->n_scopes; i++) {
		struct scope *scope = &classes->scopes[i];

		for (k = 0; k < scope->n_classes; k++)
			scope->classes[k] = final[scope->classes[k]];
		if (scope->n_classes)
			qsort(scope->classes, scope->n_classes,
			      sizeof(uint32_t), number_compare);
	}
	for (i = 0; i < classes->n_groups; i++) {
		ports = tables->service[i].class;
		for (k = 0; k < XDPWL_TCP_UDP; k++) {
			ports[k] = final[ports[k]];
			if (!i && ports[k])
				tables->slot->named[k] = XDPWL_NAMED;
		}
		for (k = 0; k < XDPWL_PROTOCOLS; k++)
			tables->protocol[i].class[k] =
				final[tables->protocol[i].class[k]];
	}
	for (i = 0; i < tables->odd_ports.n; i++) {
		uint32_t *class = (uint32_t *)tables->odd_ports.values + i;

		*class = final[*class];
	}
	free(final);
	return 0;
}

/* ---- the whole ---- */

static int classes_fill(struct classes *classes, struct tables *tables,
			struct group_names *names, struct numbering *numbering,
			struct collector *collector)
{
	uint32_t group;
	int err;

	for (group = 0; group < classes->n_groups; group++) {
		signatures_mark(names, classes, group);
		err = signatures_number(classes, numbering, names, group);
		if (!err)
			err = group_collect(classes, collector, names, group);
		if (!err)
			err = group_emit(tables, names, group);
		if (err)
			return err;
	}
	return renumber(classes, tables);
}

static int classes_number(struct classes *classes, struct tables *tables,
			  struct error *error)
{
	struct group_names *names = malloc(sizeof(*names));
	struct collector collector = {
		.seen = calloc(XDPWL_CLASSES, sizeof(uint32_t)),
		.found = calloc(XDPWL_CLASSES, sizeof(uint32_t)),
	};
	struct numbering numbering;
	int err = numbering_init(&numbering);

	tables->n_groups = classes->n_groups;
	tables->service = calloc(classes->n_groups, sizeof(*tables->service));
	tables->protocol = calloc(classes->n_groups, sizeof(*tables->protocol));
	classes->group_of = calloc(XDPWL_CLASSES, 1);
	classes->n = 1;
	if (err || !names || !collector.seen || !collector.found ||
	    !tables->service || !tables->protocol ||
	    !classes->group_of)
		err = -ENOMEM;
	else
		err = classes_fill(classes, tables, names, &numbering,
				   &collector);
	free(names);
	free(collector.seen);
	free(collector.found);
	numbering_free(&numbering);
	if (err == -ENOSPC)
		return error_set(error, EXIT_FULL, "rules tell apart more than "
				 "%d services, or overlap too often: use "
				 "fewer distinct ports and ranges",
				 XDPWL_CLASSES - 1);
	if (tables->odd_ports.n)
		tables->slot->flags |= XDPWL_HAS_ODD;
	return err ? error_memory(error) : 0;
}

int classes_build(struct classes *classes, struct tables *tables,
		  const struct ruleset *ruleset, const struct device *devices,
		  size_t n_devices, uint64_t seed, struct error *error)
{
	int err;

	memset(classes, 0, sizeof(*classes));
	if (scopes_collect(classes, ruleset, &seed))
		return error_memory(error);
	err = scopes_group(classes, tables, devices, n_devices, error);
	return err ? err : classes_number(classes, tables, error);
}

void classes_free(struct classes *classes)
{
	uint32_t i;

	for (i = 0; i < classes->n_scopes; i++)
		free(classes->scopes[i].classes);
	free(classes->scopes);
	free(classes->scope_of);
	free(classes->group_of);
	memset(classes, 0, sizeof(*classes));
}
