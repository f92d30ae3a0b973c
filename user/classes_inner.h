/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the makers of classes owe one another, and nobody else: scopes.c names sets
 * of rules, signatures.c names what each port belongs to and numbers it, classes.c
 * makes tables of the numbers.
 */
#ifndef CLASSES_INNER_H
#define CLASSES_INNER_H

#include "classes.h"

#define N_PORT_PROTOS 5
/* Protocols with ports: TCP and UDP first, in the order of `service`. */
extern const uint8_t port_protos[N_PORT_PROTOS];

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

/* Classes by signature. */
struct numbering {
	struct signature *names;	/* open addressing */
	uint32_t *numbers;		/* 0: free */
	uint32_t mask;
};

/* Distinct (services, on) pairs of the rules. -ENOMEM. */
int scopes_collect(struct classes *classes, const struct ruleset *ruleset,
		   uint64_t *random);
/* Groups of devices; scope->groups and tables->interfaces. */
int scopes_group(struct classes *classes, struct tables *tables,
		 const struct device *devices, size_t n, struct error *error);

int numbering_init(struct numbering *numbering);
void numbering_free(struct numbering *numbering);

/* Signatures of one group's services, from all scopes that hold in it. */
void signatures_mark(struct group_names *names, const struct classes *classes,
		     uint32_t group);
/* A class for each: known ones, or new ones (classes->n grows). -ENOSPC: no number is
 * left. */
int signatures_number(struct classes *classes, struct numbering *numbering,
		      struct group_names *names, uint32_t group);

#endif
