/* SPDX-License-Identifier: GPL-2.0-only */
/* SERVICES: text to a list in normal form and back. */
#include "unit.h"
#include "service.h"
#include "service_names.h"

static struct services *parse(const char *text, struct error *error)
{
	char *copy = exact(text, strlen(text));
	struct services *services = NULL;
	int err = services_parse(&services, copy, strlen(text), error);

	free(copy);
	if (err)
		assert_null(services);
	return services;
}

/* As JSON has it: each service alone, joined by blanks. */
static void spell(char *out, const struct services *services)
{
	*out = '\0';
	for (uint32_t i = 0; i < services->n; i++) {
		if (i > 0)
			out = stpcpy(out, " ");
		service_format(&services->s[i], out);
		out += strlen(out);
	}
}

static void test_taken(void **state)
{
	static const struct {
		const char *text, *canonical, *each;
	} rows[] = {
		{ "22", "22", "22/tcp 22/udp" },
		{ "22/tcp", "22/tcp", "22/tcp" },
		{ "22/udp,22/tcp", "22", "22/tcp 22/udp" },
		{ "22,22,22/tcp", "22", "22/tcp 22/udp" },
		{ "443,80", "80,443", "80/tcp 80/udp 443/tcp 443/udp" },
		{ "1-65535", "1-65535", "1-65535/tcp 1-65535/udp" },
		{ "65535/sctp", "65535/sctp", "65535/sctp" },
		{ "22-22", "22", "22/tcp 22/udp" },
		{ "20-25,22", "20-25", "20-25/tcp 20-25/udp" },
		{ "20-25/tcp,23-30/tcp", "20-30/tcp", "20-30/tcp" },
		{ "20-25/tcp,25-30/tcp", "20-30/tcp", "20-30/tcp" },
		/* Adjacent ranges print as they were typed. */
		{ "20-25,26-30", "20-25,26-30",
		  "20-25/tcp 20-25/udp 26-30/tcp 26-30/udp" },
		{ "20-25/tcp,22", "20-25/tcp,22/udp", "20-25/tcp 22/udp" },
		{ "5/dccp,5/udplite,5/sctp,5", "5,5/dccp,5/sctp,5/udplite",
		  "5/tcp 5/udp 5/dccp 5/sctp 5/udplite" },
		{ "ping", "ping", "ping" },
		{ "all", "all", "all" },
		{ "22,ping,all,esp", "all", "all" },
		{ "ping,22", "22,ping", "22/tcp 22/udp ping" },
		{ "esp,gre,ah", "gre,esp,ah", "gre esp ah" },
		{ "proto:50", "esp", "esp" },
		{ "proto:0", "proto:0", "proto:0" },
		{ "proto:255,proto:99", "proto:99,proto:255",
		  "proto:99 proto:255" },
		{ "proto:6,22", "22/udp,proto:6", "22/udp proto:6" },
		{ "proto:17,22,5/sctp,sctp", "22/tcp,proto:17,sctp",
		  "22/tcp proto:17 sctp" },
		{ "icmp,ipv6-icmp,ping", "icmp,ipv6-icmp", "icmp ipv6-icmp" },
		{ "icmp,ping", "icmp,ping", "icmp ping" },
		{ "icmpv6", "ipv6-icmp", "ipv6-icmp" },
		{ "ipip,ipv6,igmp,ospf,pim,vrrp,dccp,sctp,udplite",
		  "igmp,ipip,dccp,ipv6,ospf,pim,vrrp,sctp,udplite",
		  "igmp ipip dccp ipv6 ospf pim vrrp sctp udplite" },
		/* These two are the same in every /etc/services. */
		{ "ssh", "22/tcp", "22/tcp" },
		{ "domain", "53", "53/tcp 53/udp" },
		{ "domain/udp", "53/udp", "53/udp" },
		{ "domain/udp,ssh,80", "22/tcp,53/udp,80",
		  "22/tcp 53/udp 80/tcp 80/udp" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct services *services, *again;
		struct error error;
		char *text, each[200];

		services = parse(rows[i].text, &error);
		if (!services)
			fail_msg("%s: %s", rows[i].text, error.text);
		text = services_format(services);
		assert_string_equal(text, rows[i].canonical);
		spell(each, services);
		assert_string_equal(each, rows[i].each);
		again = parse(text, &error);
		assert_true(services_equal(services, again));
		free(again);
		free(text);
		free(services);
	}
}

static void test_refused(void **state)
{
	static const struct {
		const char *text, *says;
	} rows[] = {
		{ "70000", "port 70000 is above 65535" },
		{ "65536", "port 65536 is above 65535" },
		{ "99999999999999999999999/tcp", "is above 65535" },
		{ "4294967318", "is above 65535" },
		{ "0", "port 0 cannot be named" },
		{ "0-100", "port 0 cannot be named" },
		{ "0/udp", "port 0 cannot be named" },
		{ "022", "port 022 has a leading zero" },
		{ "1-022", "port 022 has a leading zero" },
		{ "25-20", "20-25 was probably meant" },
		{ "1-70000", "port 70000 is above 65535" },
		{ "1-2-3", "'1-2-3' is no service" },
		{ "-5", "'-5' is no service" },
		{ "5-", "'5-' is no service" },
		{ "-", "'-' is no service" },
		{ "", "a comma without a service" },
		{ ",", "a comma without a service" },
		{ "22,", "a comma without a service" },
		{ ",22", "a comma without a service" },
		{ "22,,23", "a comma without a service" },
		{ "22/", "'' in '22/' has no ports" },
		{ "22/icmp", "'icmp' in '22/icmp' has no ports" },
		{ "22/tcp/udp", "has no ports" },
		{ "22/TCP", "has no ports" },
		{ "/tcp", "is no service" },
		{ "tcp", "1-65535/tcp" },
		{ "udp", "1-65535/udp" },
		{ "any", "'any' is a source" },
		{ "all/tcp", "1-65535/tcp" },
		{ "ping/udp", "'ping' has no ports" },
		{ "esp/udp", "'esp' has no ports" },
		{ "proto:50/udp", "'proto:50' has no ports" },
		{ "proto:256", "protocol 256 is above 255" },
		{ "proto:", "behind proto: stands a number" },
		{ "proto:tcp", "behind proto: stands a number" },
		{ "proto:-1", "behind proto: stands a number" },
		{ "proto:01", "protocol 01 has a leading zero" },
		{ "no-such-service", "'no-such-service' is no service" },
		{ "no-such-service/tcp", "'no-such-service' is no service" },
		{ "22;23", "'22;23' is no service" },
		{ "22:23", "'22:23' is no service" },
		{ "ssh/udp", "write 22/udp if that is meant" },
		{ "SSH", "'SSH' is no service" },
		{ "2 2", "is no service" },
		{ "+22", "is no service" },
		{ "0x16", "is no service" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct services *services;
		struct error error;

		services = parse(rows[i].text, &error);
		if (services)
			fail_msg("'%s' was taken", rows[i].text);
		assert_int_equal(error.code, EXIT_USAGE);
		assert_says(&error, rows[i].says);
	}
}

static void test_hostile_bytes(void **state)
{
	static const char nul[] = "22\0,23", name[] = "ssh\0";
	struct services *services;
	struct error error;
	char *text = malloc(1 << 20);

	(void)state;
	assert_non_null(text);
	assert_true(services_parse(&services, nul, sizeof(nul) - 1,
				   &error) < 0);
	assert_true(services_parse(&services, name, sizeof(name) - 1,
				   &error) < 0);
	for (int i = 0; i < 1 << 20; i++)
		text[i] = (char)i;
	assert_true(services_parse(&services, text, 1 << 20, &error) < 0);
	memset(text, 'x', 1 << 20);
	assert_true(services_parse(&services, text, 1 << 20, &error) < 0);
	assert_in_range(strlen(error.text), 10, 300);
	free(text);
}

/* Every second port of both protocols, in the wrong order: no limit, no
 * square. */
static void test_many(void **state)
{
	struct services *services, *again;
	struct error error;
	char *text = malloc(1 << 20), *at = text, *canonical;
	double start = seconds();

	(void)state;
	assert_non_null(text);
	for (int port = 65535; port > 0; port -= 2)
		at += sprintf(at, port > 1 ? "%d," : "%d", port);
	assert_int_equal(services_parse(&services, text, (size_t)(at - text),
					&error), 0);
	assert_int_equal(services->n, 65536);
	canonical = services_format(services);
	assert_int_equal(services_parse(&again, canonical, strlen(canonical),
					&error), 0);
	assert_true(services_equal(services, again));
	assert_true(services_cover(services, again));
	assert_true(services_overlap(services, again));
	assert_true(seconds() - start < 0.1 * SLOW);
	free(services);
	free(again);
	free(canonical);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_taken),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_hostile_bytes),
		cmocka_unit_test(test_many),
	};

	return unit_main(tests);
}
