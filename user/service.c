/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * SERVICES to a sorted list. In: one word of a rule, which anybody may have
 * written; out: a list in normal form, or one line that says what is wrong. The
 * way back is in service_format.c, the arithmetic in service_math.c.
 */
#include <ctype.h>
#include <errno.h>
#include <string.h>
#include "service.h"
#include "service_list.h"
#include "service_names.h"

#define SHOWN 48	/* bytes of a wrong text that a message repeats */

struct item {
	const char *text;
	size_t length;
};

static int shown(const struct item *item)
{
	return item->length < SHOWN ? (int)item->length : SHOWN;
}

static bool is(const struct item *item, const char *text)
{
	return strlen(text) == item->length &&
	       memcmp(item->text, text, item->length) == 0;
}

static bool is_number(const struct item *item)
{
	for (size_t i = 0; i < item->length; i++) {
		if (!isdigit((unsigned char)item->text[i]))
			return false;
	}
	return item->length > 0;
}

static bool is_range(const struct item *item, struct item *first,
		     struct item *last)
{
	const char *dash = memchr(item->text, '-', item->length);

	if (!dash)
		return false;
	*first = (struct item){ item->text, (size_t)(dash - item->text) };
	*last = (struct item){ dash + 1, item->length - first->length - 1 };
	return is_number(first) && is_number(last);
}

/* Digits into a number of at most `most`; `what` names it in messages. */
static int parse_number(const struct item *item, const char *what,
			unsigned int most, unsigned int *value,
			struct error *error)
{
	*value = 0;
	if (item->length > 1 && *item->text == '0')
		return error_set(error, EXIT_USAGE, "%s %.*s has a leading zero",
				 what, shown(item), item->text);
	for (size_t i = 0; i < item->length; i++) {
		*value = *value * 10 + (unsigned int)(item->text[i] - '0');
		if (*value > most)
			return error_set(error, EXIT_USAGE, "%s %.*s is above %u",
					 what, shown(item), item->text, most);
	}
	return 0;
}

static int parse_port(const struct item *item, uint16_t *port,
		      struct error *error)
{
	unsigned int value;
	int err = parse_number(item, "port", 65535, &value, error);

	if (err)
		return err;
	if (value == 0)
		return error_set(error, EXIT_USAGE,
				 "port 0 cannot be named: nothing honest uses it, and it never passes");
	*port = (uint16_t)value;
	return 0;
}

/* A range for one protocol, or, where proto is 0, for TCP and for UDP. */
static int add_ports(struct service_list *list, uint16_t first, uint16_t last,
		     uint8_t proto, struct error *error)
{
	struct service service = {
		SERVICE_PORTS, proto ? proto : 6, first, last,
	};
	int err = service_list_add(list, &service, error);

	if (err || proto)
		return err;
	service.proto = 17;
	return service_list_add(list, &service, error);
}

static int parse_range(struct service_list *list, const struct item *first,
		       const struct item *last, uint8_t proto,
		       struct error *error)
{
	uint16_t low = 0, high = 0;
	int err = parse_port(first, &low, error);

	if (!err)
		err = parse_port(last, &high, error);
	if (err)
		return err;
	if (low > high)
		return error_set(error, EXIT_USAGE,
				 "range %u-%u runs backwards: %u-%u was probably meant",
				 low, high, high, low);
	return add_ports(list, low, high, proto, error);
}

/* Say why a word that is no port, no protocol and no keyword is no service. */
static int refuse_name(const struct item *name, struct error *error)
{
	if (is(name, "tcp") || is(name, "udp"))
		return error_set(error, EXIT_USAGE,
				 "%.3s alone is no service: write 1-65535/%.3s for all its ports, or 22/%.3s for one",
				 name->text, name->text, name->text);
	if (is(name, "any"))
		return error_set(error, EXIT_USAGE,
				 "'any' is a source: every service is 'all'");
	return error_set(error, EXIT_USAGE,
			 "'%.*s' is no service: a port, a range, a name of /etc/services, all, ping, or a protocol such as esp or proto:50",
			 shown(name), name->text);
}

static int parse_name(struct service_list *list, const struct item *name,
		      uint8_t proto, struct error *error)
{
	const struct service_names *names = service_names_local();
	const struct service_name *found;
	bool added = false;
	size_t n;
	int err = 0;

	if (!names)
		return error_memory(error);
	n = service_names_find(names, name->text, name->length, &found);
	if (n == 0)
		return refuse_name(name, error);
	for (size_t i = 0; i < n && !err; i++) {
		if (proto && found[i].proto != proto)
			continue;
		added = true;
		err = add_ports(list, found[i].port, found[i].port,
				found[i].proto, error);
	}
	if (!added)
		return error_set(error, EXIT_USAGE,
				 "/etc/services has no %.*s over %s: write %u/%s if that is meant",
				 shown(name), name->text,
				 port_proto_name(proto), found->port,
				 port_proto_name(proto));
	return err;
}

/* What has no port: all, ping and protocols. 1: was one, 0: is something
 * else. */
static int parse_portless(struct service_list *list, const struct item *item,
			  struct error *error)
{
	struct service service = { 0 };
	int number = protocol_number(item->text, item->length);

	if (is(item, "all")) {
		service.kind = SERVICE_ALL;
	} else if (is(item, "ping")) {
		service.kind = SERVICE_PING;
	} else if (number >= 0) {
		service.kind = SERVICE_PROTO;
		service.proto = (uint8_t)number;
	} else if (item->length >= 6 && memcmp(item->text, "proto:", 6) == 0) {
		struct item digits = { item->text + 6, item->length - 6 };
		unsigned int value;

		if (!is_number(&digits))
			return error_set(error, EXIT_USAGE,
					 "'%.*s': behind proto: stands a number, 0 to 255",
					 shown(item), item->text);
		if (parse_number(&digits, "protocol", 255, &value, error))
			return -EINVAL;
		service.kind = SERVICE_PROTO;
		service.proto = (uint8_t)value;
	} else {
		return 0;
	}
	return service_list_add(list, &service, error) ?: 1;
}

/* Split "http/tcp"; *proto is 0 where no protocol is named. */
static int parse_proto(struct item *item, uint8_t *proto, struct error *error)
{
	const char *slash = memchr(item->text, '/', item->length);
	struct item head, tail;

	*proto = 0;
	if (!slash)
		return 0;
	head = (struct item){ item->text, (size_t)(slash - item->text) };
	tail = (struct item){ slash + 1, item->length - head.length - 1 };
	*proto = port_proto_number(tail.text, tail.length);
	if (*proto == 0)
		return error_set(error, EXIT_USAGE,
				 "'%.*s' in '%.*s' has no ports: tcp, udp, sctp, dccp or udplite",
				 shown(&tail), tail.text, shown(item),
				 item->text);
	if (is(&head, "all") || is(&head, "ping") ||
	    protocol_number(head.text, head.length) >= 0 ||
	    (head.length >= 6 && memcmp(head.text, "proto:", 6) == 0))
		return error_set(error, EXIT_USAGE,
				 "'%.*s' has no ports: write it without /%s, or all ports as 1-65535/%s",
				 shown(&head), head.text,
				 port_proto_name(*proto),
				 port_proto_name(*proto));
	*item = head;
	return 0;
}

static int parse_item(struct service_list *list, struct item item,
		      struct error *error)
{
	struct item first, last;
	uint8_t proto;
	int err;

	if (item.length == 0)
		return error_set(error, EXIT_USAGE,
				 "a comma without a service beside it: lists are written 22,80,443");
	err = parse_proto(&item, &proto, error);
	if (err)
		return err;
	if (is_number(&item))
		return parse_range(list, &item, &item, proto, error);
	if (is_range(&item, &first, &last))
		return parse_range(list, &first, &last, proto, error);
	if (!proto) {
		err = parse_portless(list, &item, error);
		if (err)
			return err < 0 ? err : 0;
	}
	return parse_name(list, &item, proto, error);
}

int services_parse(struct services **services, const char *text, size_t length,
		   struct error *error)
{
	struct service_list list = { 0 };
	const char *end = text + length;
	int err;

	do {
		const char *comma = memchr(text, ',', (size_t)(end - text));
		const char *stop = comma ? comma : end;
		struct item item = { text, (size_t)(stop - text) };

		err = parse_item(&list, item, error);
		text = comma ? comma + 1 : NULL;
	} while (!err && text);
	if (err)
		service_list_free(&list);
	else
		*services = service_list_take(&list);
	return err;
}
