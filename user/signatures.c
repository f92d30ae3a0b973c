/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What each port and protocol of a group belongs to: the sum of the random names of
 * the scopes that hold it, and a number for each sum. Linear in the ports and in the
 * services of the scopes.
 */
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include "classes_inner.h"

const uint8_t port_protos[N_PORT_PROTOS] = { IPPROTO_TCP, IPPROTO_UDP,
					     IPPROTO_SCTP, IPPROTO_DCCP,
					     IPPROTO_UDPLITE };

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

void signatures_mark(struct group_names *names, const struct classes *classes,
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

int numbering_init(struct numbering *numbering)
{
	uint32_t size = 4 * XDPWL_CLASSES;

	numbering->mask = size - 1;
	numbering->names = calloc(size, sizeof(*numbering->names));
	numbering->numbers = calloc(size, sizeof(*numbering->numbers));
	return numbering->names && numbering->numbers ? 0 : -ENOMEM;
}

void numbering_free(struct numbering *numbering)
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

int signatures_number(struct classes *classes, struct numbering *numbering,
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
