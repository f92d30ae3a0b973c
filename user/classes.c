/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Rules and devices in; groups, scopes, classes and the tables that are asked by
 * service out. Knows nothing of prefixes but how many there are. Linear in the
 * rules, in the ports of each group and in the classes of each scope, which
 * SCOPE_CLASSES_MAX bounds: nested ranges by the ten thousand are refused, not
 * computed.
 */
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include "classes.h"

#define SCOPE_CLASSES_MAX (1u << 24)

/* Protocols with ports: TCP and UDP first, in the order of `service`. */
static const uint8_t port_protos[] = { IPPROTO_TCP, IPPROTO_UDP, IPPROTO_SCTP,
				       IPPROTO_DCCP, IPPROTO_UDPLITE };
#define N_PORT_PROTOS (sizeof(port_protos) / sizeof(port_protos[0]))

struct signature {
	uint64_t part[2];
};

/* What names one group's services: a signature a port and protocol, then classes. */
struct group_names {
	struct signature port[N_PORT_PROTOS][XDPWL_PORTS + 1];
	struct signature protocol[XDPWL_PROTOCOLS];
	struct signature all;	/* of the `all ... on` scopes that hold here */
	uint32_t port_class[N_PORT_PROTOS][XDPWL_PORTS];
	uint32_t run_end[N_PORT_PROTOS][XDPWL_PORTS];	/* last port of the same class */
	uint32_t protocol_class[XDPWL_PROTOCOLS];
};

struct numbering {
	struct signature *names;	/* open addressing */
	uint32_t *numbers;		/* 0: free */
	uint32_t mask;
};

uint64_t random_next(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15ull;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ z >> 27) * 0x94d049bb133111ebull;
	return z ^ z >> 31;
}

size_t rule_weight(const struct ruleset *ruleset, const struct rule *rule)
{
	if (rule->source.kind == SOURCE_SET)
		return ruleset_set(ruleset, rule->source.set)->n_members;
	return rule->source.kind == SOURCE_PREFIX;
}

static bool on_names(const struct interfaces *on, const char *name)
{
	uint32_t i;

	for (i = 0; i < on->n; i++)
		if (!strcmp(on->name[i], name))
			return true;
	return false;
}

/* ---- scopes ---- */

struct scope_key {
	const struct services *services;
	const struct interfaces *on;
	uint32_t rule;
};

static int scope_key_compare(const void *a, const void *b)
{
	const struct scope_key *x = a, *y = b;

	if (x->services != y->services)
		return x->services < y->services ? -1 : 1;
	if (x->on != y->on)
		return x->on < y->on ? -1 : 1;
	return (x->rule > y->rule) - (x->rule < y->rule);
}

static bool services_are_all(const struct services *services)
{
	uint32_t i;

	for (i = 0; i < services->n; i++)
		if (services->s[i].kind == SERVICE_ALL)
			return true;
	return false;
}

static struct scope *scope_add(struct classes *classes,
			       const struct scope_key *key, uint64_t *random)
{
	struct scope *scope = &classes->scopes[classes->n_scopes++];

	scope->services = key->services;
	scope->on = key->on;
	scope->all = services_are_all(key->services);
	scope->name[0] = random_next(random);
	scope->name[1] = random_next(random);
	return scope;
}

static int scopes_collect(struct classes *classes, const struct ruleset *ruleset,
			  uint64_t *random)
{
	size_t n = ruleset->n_rules, i;
	struct scope_key *keys = calloc(n + 1, sizeof(*keys));

	classes->scopes = calloc(n + 1, sizeof(*classes->scopes));
	classes->scope_of = calloc(n + 1, sizeof(*classes->scope_of));
	if (!keys || !classes->scopes || !classes->scope_of) {
		free(keys);
		return -ENOMEM;
	}
	for (i = 0; i < n; i++) {
		const struct rule *rule = &ruleset->rules[i];

		keys[i] = (struct scope_key){ rule->services, rule->on, i };
	}
	qsort(keys, n, sizeof(*keys), scope_key_compare);
	for (i = 0; i < n; i++) {
		if (!i || keys[i].services != keys[i - 1].services ||
		    keys[i].on != keys[i - 1].on)
			scope_add(classes, &keys[i], random);
		classes->scope_of[keys[i].rule] = classes->n_scopes - 1;
		classes->scopes[classes->n_scopes - 1].weight +=
			rule_weight(ruleset, &ruleset->rules[keys[i].rule]);
	}
	free(keys);
	return 0;
}

/* ---- groups ---- */

/* Devices that the same `on` lists name are one group; group 0 is named by none. */
static int device_group(struct classes *classes, struct signature *groups,
			const struct device *device, struct error *error)
{
	struct signature name = { { 0, 0 } };
	uint32_t i, group;

	for (i = 0; i < classes->n_scopes; i++) {
		const struct scope *scope = &classes->scopes[i];

		if (!scope->on || !on_names(scope->on, device->name))
			continue;
		name.part[0] += scope->name[0];
		name.part[1] += scope->name[1];
	}
	for (group = 0; group < classes->n_groups; group++)
		if (!memcmp(&groups[group], &name, sizeof(name)))
			break;
	if (group == XDPWL_GROUPS)
		return error_set(error, EXIT_FULL, "rules tell apart more than "
				 "%d groups of interfaces with `on`: use "
				 "fewer combinations", XDPWL_GROUPS - 1);
	if (group == classes->n_groups)
		groups[classes->n_groups++] = name;
	for (i = 0; i < classes->n_scopes; i++)
		if (classes->scopes[i].on &&
		    on_names(classes->scopes[i].on, device->name))
			classes->scopes[i].groups |= 1u << group;
	return group;
}

static int groups_build(struct classes *classes, struct tables *tables,
			const struct device *devices, size_t n,
			struct error *error)
{
	struct signature groups[XDPWL_GROUPS] = { { { 0, 0 } } };
	struct xdpwl_interface *values;
	uint32_t *keys, i;

	classes->n_groups = 1;
	tables->interfaces.keys = keys = calloc(n + 1, sizeof(*keys));
	tables->interfaces.values = values = calloc(n + 1, sizeof(*values));
	if (!keys || !values)
		return error_memory(error);
	for (i = 0; i < n; i++) {
		int group = device_group(classes, groups, &devices[i], error);

		if (group < 0)
			return group;
		keys[i] = devices[i].ifindex;
		values[i].group = group;
		values[i].audit = devices[i].audit;
		if (group || devices[i].audit)
			tables->slot.flags |= XDPWL_HAS_INTERFACES;
	}
	tables->interfaces.n = n;
	for (i = 0; i < classes->n_scopes; i++)
		if (!classes->scopes[i].on)
			classes->scopes[i].groups = (1u << classes->n_groups) - 1;
	return 0;
}

/* ---- signatures ---- */

static void signature_add(struct signature *signature, const struct scope *scope)
{
	signature->part[0] += scope->name[0];
	signature->part[1] += scope->name[1];
}

static void signature_take(struct signature *signature,
			   const struct scope *scope)
{
	signature->part[0] -= scope->name[0];
	signature->part[1] -= scope->name[1];
}

static bool signature_empty(const struct signature *signature)
{
	return !signature->part[0] && !signature->part[1];
}

/* Ports are first marked where a scope starts and behind where it ends. */
static void mark_service(struct group_names *names, const struct scope *scope,
			 const struct service *service)
{
	uint32_t first = service->first, last = service->last;
	size_t i;

	if (service->kind == SERVICE_PING) {
		signature_add(&names->protocol[XDPWL_ECHO4], scope);
		signature_add(&names->protocol[XDPWL_ECHO6], scope);
		return;
	}
	if (service->kind == SERVICE_PROTO) {
		first = 0;
		last = XDPWL_PORTS - 1;
		signature_add(&names->protocol[service->proto], scope);
		if (service->proto == IPPROTO_ICMP)
			signature_add(&names->protocol[XDPWL_ECHO4], scope);
		if (service->proto == IPPROTO_ICMPV6)
			signature_add(&names->protocol[XDPWL_ECHO6], scope);
	}
	for (i = 0; i < N_PORT_PROTOS; i++) {
		if (port_protos[i] != service->proto)
			continue;
		signature_add(&names->port[i][first], scope);
		signature_take(&names->port[i][last + 1], scope);
	}
}

static void group_mark(struct group_names *names, const struct classes *classes,
		       uint32_t group)
{
	uint32_t i, k;

	memset(names, 0, sizeof(*names));
	for (i = 0; i < classes->n_scopes; i++) {
		const struct scope *scope = &classes->scopes[i];

		if (!(scope->groups >> group & 1))
			continue;
		if (scope->all && scope->on)
			signature_add(&names->all, scope);
		for (k = 0; k < scope->services->n && !scope->all; k++)
			mark_service(names, scope, &scope->services->s[k]);
	}
}

/* ---- numbers ---- */

static int numbering_init(struct numbering *numbering)
{
	uint32_t size = 4 * XDPWL_CLASSES;

	numbering->mask = size - 1;
	numbering->names = calloc(size, sizeof(*numbering->names));
	numbering->numbers = calloc(size, sizeof(*numbering->numbers));
	return numbering->names && numbering->numbers ? 0 : -ENOMEM;
}

static void numbering_free(struct numbering *numbering)
{
	free(numbering->names);
	free(numbering->numbers);
}

/* The class of a signature, 0 for the empty one; a new one if need be. */
static int class_number(struct classes *classes, struct numbering *numbering,
			struct signature name, const struct group_names *names,
			uint32_t group, uint32_t *class)
{
	uint32_t at;

	*class = 0;
	if (signature_empty(&name))
		return 0;
	/* Where `all` holds in some groups only, their classes are their own. */
	name.part[0] += names->all.part[0];
	name.part[1] += names->all.part[1];
	for (at = name.part[0] & numbering->mask; numbering->numbers[at];
	     at = (at + 1) & numbering->mask)
		if (!memcmp(&numbering->names[at], &name, sizeof(name)))
			break;
	if (!numbering->numbers[at]) {
		if (classes->n == XDPWL_CLASSES)
			return -ENOSPC;
		classes->group_of[classes->n] = group;
		numbering->names[at] = name;
		numbering->numbers[at] = classes->n++;
	}
	*class = numbering->numbers[at];
	return 0;
}

static int ports_number(struct classes *classes, struct numbering *numbering,
			struct group_names *names, uint32_t group, size_t proto)
{
	uint32_t *class = names->port_class[proto];
	uint32_t *run_end = names->run_end[proto];
	struct signature sum = { { 0, 0 } }, *mark = names->port[proto];
	uint32_t port;
	int err;

	for (port = 0; port < XDPWL_PORTS; port++) {
		sum.part[0] += mark[port].part[0];
		sum.part[1] += mark[port].part[1];
		if (port && signature_empty(&mark[port])) {
			class[port] = class[port - 1];
			continue;
		}
		err = class_number(classes, numbering, sum, names, group,
				   &class[port]);
		if (err)
			return err;
	}
	for (port = XDPWL_PORTS; port-- > 0;)
		run_end[port] = port + 1 < XDPWL_PORTS &&
				class[port] == class[port + 1] ?
					run_end[port + 1] : port;
	return 0;
}

static int group_number(struct classes *classes, struct numbering *numbering,
			struct group_names *names, uint32_t group)
{
	size_t i;
	int err;

	for (i = 0; i < N_PORT_PROTOS; i++) {
		err = ports_number(classes, numbering, names, group, i);
		if (err)
			return err;
	}
	for (i = 0; i < XDPWL_PROTOCOLS; i++) {
		err = class_number(classes, numbering, names->protocol[i],
				   names, group, &names->protocol_class[i]);
		if (err)
			return err;
	}
	return 0;
}

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

	for (i = 0; i < XDPWL_SERVICE_PROTOS; i++)
		for (k = 0; k < XDPWL_PORTS; k++)
			tables->service[group].class[i][k] =
				names->port_class[i][k];
	for (k = 0; k < XDPWL_PROTOCOLS; k++)
		tables->protocol[group].class[k] = names->protocol_class[k];
	for (i = XDPWL_SERVICE_PROTOS; i < N_PORT_PROTOS; i++) {
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

static int number_compare(const void *a, const void *b)
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
	__u64 *named;

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
		ports = &tables->service[i].class[0][0];
		named = &tables->service[i].named[0][0];
		for (k = 0; k < XDPWL_SERVICE_PROTOS * XDPWL_PORTS; k++) {
			ports[k] = final[ports[k]];
			if (ports[k])
				named[k / 64] |= 1ull << (k & 63);
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
		group_mark(names, classes, group);
		err = group_number(classes, numbering, names, group);
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
	    !tables->service || !tables->protocol || !classes->group_of)
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
		tables->slot.flags |= XDPWL_HAS_ODD;
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
	err = groups_build(classes, tables, devices, n_devices, error);
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
