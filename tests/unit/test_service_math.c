/* SPDX-License-Identifier: GPL-2.0-only */
/* Arithmetic on lists of services: by examples, and against a plain reading. */
#include "unit.h"
#include "service.h"

static struct services *list(const char *text)
{
	struct services *services;
	struct error error;

	if (!*text) {
		services = calloc(1, sizeof(*services));
		assert_non_null(services);
		return services;
	}
	if (services_parse(&services, text, strlen(text), &error))
		fail_msg("%s: %s", text, error.text);
	return services;
}

static void test_cover(void **state)
{
	static const struct {
		const char *outer, *inner;
		bool cover, overlap;
	} rows[] = {
		{ "22", "22", true, true },
		{ "22", "22/tcp", true, true },
		{ "22/tcp", "22", false, true },
		{ "20-25", "22-23", true, true },
		{ "20-25", "22-26", false, true },
		{ "20-25,26-30", "22-28", true, true },
		{ "20-25,27-30", "22-28", false, true },
		{ "20-25/tcp,26-30/udp", "22-28/tcp", false, true },
		{ "22/tcp", "22/udp", false, false },
		{ "22", "23", false, false },
		{ "all", "22,ping,esp", true, true },
		{ "all", "all", true, true },
		{ "1-65535,ping", "all", false, true },
		{ "proto:6", "22/tcp", true, true },
		{ "proto:6", "22", false, true },
		{ "proto:6", "22/udp", false, false },
		{ "1-65535/tcp", "proto:6", false, true },
		{ "sctp", "5/sctp,7/sctp", true, true },
		{ "esp", "esp", true, true },
		{ "esp", "ah", false, false },
		{ "esp", "22", false, false },
		{ "ping", "ping", true, true },
		{ "icmp", "ping", false, true },
		{ "ipv6-icmp", "ping", false, true },
		{ "icmp,ipv6-icmp", "ping", true, true },
		{ "ping", "icmp", false, true },
		{ "ping", "esp", false, false },
		{ "ping", "22", false, false },
		{ "", "22", false, false },
		{ "22", "", true, false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct services *outer = list(rows[i].outer);
		struct services *inner = list(rows[i].inner);

		if (services_cover(outer, inner) != rows[i].cover ||
		    services_overlap(outer, inner) != rows[i].overlap ||
		    services_overlap(inner, outer) != rows[i].overlap)
			fail_msg("'%s' '%s'", rows[i].outer, rows[i].inner);
		free(outer);
		free(inner);
	}
}

static void test_subtract(void **state)
{
	static const struct {
		const char *from, *take, *left, *says;
	} rows[] = {
		{ "22", "22", "", NULL },
		{ "22", "22/tcp", "22/udp", NULL },
		{ "22", "23", "22", NULL },
		{ "20-25", "22", "20-21,23-25", NULL },
		{ "20-25", "20", "21-25", NULL },
		{ "20-25", "25", "20-24", NULL },
		{ "20-25", "22/tcp", "20-21/tcp,20-25/udp,23-25/tcp", NULL },
		{ "20-25", "1-22", "23-25", NULL },
		{ "20-25", "24-65535", "20-23", NULL },
		{ "20-25", "1-65535", "", NULL },
		{ "1-65535", "1,65535", "2-65534", NULL },
		{ "20-30,40-50", "25-45", "20-24,46-50", NULL },
		{ "20-25,26-30", "24-27", "20-23,28-30", NULL },
		{ "20-30", "22,24,26-28", "20-21,23,25,29-30", NULL },
		{ "22,80,443", "80", "22,443", NULL },
		{ "22,ping,esp", "all", "", NULL },
		{ "22,ping,esp", "ping", "22,esp", NULL },
		{ "22,ping,esp", "esp", "22,ping", NULL },
		{ "22,ping,esp", "proto:6", "22/udp,esp,ping", NULL },
		{ "5/sctp,7/sctp", "sctp", "", NULL },
		{ "sctp", "sctp", "", NULL },
		{ "all", "all", "", NULL },
		{ "ping", "icmp,ipv6-icmp", "", NULL },
		{ "ping", "22", "ping", NULL },
		{ "esp", "22", "esp", NULL },
		{ "", "22", "", NULL },
		{ "all", "22", NULL, "22/tcp cannot be taken out of 'all'" },
		{ "all", "ping", NULL, "ping cannot be taken out of 'all'" },
		{ "proto:6", "22", NULL, "22/tcp cannot be taken out of 'proto:6'" },
		{ "sctp", "5/sctp", NULL, "5/sctp cannot be taken out of 'sctp'" },
		{ "icmp", "ping", NULL, "ping cannot be taken out of 'icmp'" },
		{ "ping", "icmp", NULL, "icmp cannot be taken out of 'ping'" },
		{ "80,ping", "80,ipv6-icmp", NULL,
		  "ipv6-icmp cannot be taken out of 'ping'" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct services *from = list(rows[i].from);
		struct services *take = list(rows[i].take), *left = NULL;
		struct error error;
		int err = services_subtract(&left, from, take, &error);

		if (rows[i].left) {
			char *text;

			if (err)
				fail_msg("%s: %s", rows[i].from, error.text);
			text = services_format(left);
			assert_string_equal(text, rows[i].left);
			free(text);
		} else {
			assert_int_equal(err, -EINVAL);
			assert_int_equal(error.code, EXIT_USAGE);
			assert_says(&error, rows[i].says);
		}
		free(left);
		free(from);
		free(take);
	}
}

/* A world of 3 protocols with 24 ports each, as bits. */
enum { WORLD = 24 };

struct world {
	bool named[3][WORLD + 1];
};

static const char *const world_protos[] = { "tcp", "udp", "sctp" };

static struct services *random_list(uint64_t *seed, struct world *world)
{
	struct services *services;
	char text[1000], *at = text;
	uint32_t n = random_below(seed, 8) + 1;

	memset(world, 0, sizeof(*world));
	for (uint32_t i = 0; i < n; i++) {
		uint32_t proto = random_below(seed, 3);
		uint32_t first = random_below(seed, WORLD) + 1;
		uint32_t last = first + random_below(seed, WORLD - first + 1);

		at += sprintf(at, "%s%u-%u/%s", i ? "," : "", first, last,
			      world_protos[proto]);
		for (uint32_t port = first; port <= last; port++)
			world->named[proto][port] = true;
	}
	services = list(text);
	return services;
}

static void list_world(struct world *world, const struct services *services)
{
	memset(world, 0, sizeof(*world));
	for (uint32_t i = 0; i < services->n; i++) {
		const struct service *s = &services->s[i];
		int proto = s->proto == 6 ? 0 : s->proto == 17 ? 1 : 2;

		assert_int_equal(s->kind, SERVICE_PORTS);
		assert_in_range(s->last, s->first, WORLD);
		for (int port = s->first; port <= s->last; port++) {
			assert_false(world->named[proto][port]);
			world->named[proto][port] = true;
		}
	}
}

static void test_against_bits(void **state)
{
	uint64_t seed = random_seed();

	(void)state;
	for (int round = 0; round < 20000; round++) {
		struct world a, b, got;
		struct services *from = random_list(&seed, &a);
		struct services *take = random_list(&seed, &b), *left;
		bool cover = true, overlap = false;
		struct error error;

		list_world(&got, from);
		assert_memory_equal(&got, &a, sizeof(a));
		assert_int_equal(services_subtract(&left, from, take, &error),
				 0);
		for (int i = 0; i < 3; i++) {
			for (int port = 1; port <= WORLD; port++) {
				bool in = a.named[i][port];
				bool out = b.named[i][port];

				cover = cover && (in || !out);
				overlap = overlap || (in && out);
				a.named[i][port] = in && !out;
			}
		}
		assert_int_equal(services_cover(from, take), cover);
		assert_int_equal(services_overlap(from, take), overlap);
		list_world(&got, left);
		assert_memory_equal(&got, &a, sizeof(a));
		free(from);
		free(take);
		free(left);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cover),
		cmocka_unit_test(test_subtract),
		cmocka_unit_test(test_against_bits),
	};

	return unit_main(tests);
}
