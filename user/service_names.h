/* SPDX-License-Identifier: GPL-2.0-only */
/* Names of services as /etc/services gives them (local file, never a
 * network), and of protocols as the rules language gives them. */
#ifndef SERVICE_NAMES_H
#define SERVICE_NAMES_H

#include <stddef.h>
#include <stdint.h>

struct service_name {
	char *name;
	uint16_t port;
	uint8_t proto;
	size_t place;		/* order in the file */
};

/* Sorted by name, then protocol; the first line of the file that gives a
 * name and protocol counts, as for getservbyname(3). Aliases are names. */
struct service_names {
	struct service_name *entries;
	size_t n;
};

/* The protocols that have ports: number by name (0: none) and name by
 * number. */
uint8_t port_proto_number(const char *text, size_t length);
const char *port_proto_name(uint8_t proto);

/* Protocols without ports in the rules language: esp, gre...; -1, NULL:
 * unknown. */
int protocol_number(const char *text, size_t length);
const char *protocol_name(uint8_t number);

/* Read a file such as /etc/services; one that cannot be read gives the built-in
 * names. Returns 0 or -ENOMEM. */
int service_names_read(struct service_names *names, const char *path);
void service_names_free(struct service_names *names);

/* How many entries bear this name; *first points at the first of them. */
size_t service_names_find(const struct service_names *names, const char *text,
			  size_t length, const struct service_name **first);

/* The names of this machine, read once; NULL: no memory. */
const struct service_names *service_names_local(void);

#endif
