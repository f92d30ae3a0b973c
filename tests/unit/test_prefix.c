/* SPDX-License-Identifier: GPL-2.0-only */
/* Prefixes: what is taken, how it prints, and what a refusal says. */
#include <arpa/inet.h>
#include "unit.h"
#include "prefix.h"

static int parse(struct prefix *prefix, const char *text, struct error *error)
{
	char *copy = exact(text, strlen(text));
	int err = prefix_parse(prefix, copy, strlen(text), error);

	free(copy);
	return err;
}

static struct prefix prefix_of(const char *text)
{
	struct prefix prefix;
	struct error error;

	if (parse(&prefix, text, &error))
		fail_msg("%s: %s", text, error.text);
	return prefix;
}

static void test_taken(void **state)
{
	static const struct {
		const char *text, *rule, *json;
	} rows[] = {
		{ "203.0.113.5", "203.0.113.5", "203.0.113.5/32" },
		{ "203.0.113.5/32", "203.0.113.5", "203.0.113.5/32" },
		{ "10.0.0.0/8", "10.0.0.0/8", "10.0.0.0/8" },
		{ "198.51.100.128/25", "198.51.100.128/25", "198.51.100.128/25" },
		{ "0.0.0.0/0", "0.0.0.0/0", "0.0.0.0/0" },
		{ "0.0.0.0", "0.0.0.0", "0.0.0.0/32" },
		{ "255.255.255.255", "255.255.255.255", "255.255.255.255/32" },
		{ "2001:db8::1", "2001:db8::1", "2001:db8::1/128" },
		{ "2001:DB8:0:0:0:0:0:1/128", "2001:db8::1", "2001:db8::1/128" },
		{ "2001:db8::/32", "2001:db8::/32", "2001:db8::/32" },
		{ "2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1",
		  "2001:db8:0:1:1:1:1:1/128" },
		{ "::/0", "::/0", "::/0" },
		{ "::", "::", "::/128" },
		{ "fe80::/10", "fe80::/10", "fe80::/10" },
		{ "2001:db8::/33", "2001:db8::/33", "2001:db8::/33" },
		{ "64:ff9b::192.0.2.1", "64:ff9b::c000:201",
		  "64:ff9b::c000:201/128" },
		{ "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
		  "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
		  "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/128" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct prefix prefix = prefix_of(rows[i].text), again;
		char text[PREFIX_TEXT_SIZE];

		prefix_format(&prefix, false, text);
		assert_string_equal(text, rows[i].rule);
		prefix_format(&prefix, true, text);
		assert_string_equal(text, rows[i].json);
		again = prefix_of(text);
		assert_true(prefix_equal(&prefix, &again));
	}
}

static void test_refused(void **state)
{
	static const struct {
		const char *text, *says;
	} rows[] = {
		{ "10.0.0.1/8", "10.0.0.0/8 was probably meant" },
		{ "203.0.113.5/24", "203.0.113.0/24 was probably meant" },
		{ "203.0.113.5/31", "203.0.113.4/31 was probably meant" },
		{ "1.2.3.4/0", "0.0.0.0/0 was probably meant" },
		{ "2001:db8::1/64", "2001:db8::/64 was probably meant" },
		{ "2001:db8:8000::/32", "2001:db8::/32 was probably meant" },
		{ "::ffff:192.0.2.1", "write 192.0.2.1" },
		{ "::ffff:192.0.2.1/128", "write 192.0.2.1" },
		{ "::ffff:c000:200/120", "write 192.0.2.0/24" },
		{ "::ffff:0:0/96", "write 0.0.0.0/0" },
		{ "fe80::1%eth0", "zone" },
		{ "fe80::1%eth0/64", "zone" },
		{ "010.0.0.1", "leading zero" },
		{ "10.0.0.01", "leading zero" },
		{ "10.00.0.1", "leading zero" },
		{ "10.0.0.0/08", "not a prefix length, 0 to 32" },
		{ "10.0.0.0/33", "prefix length 33 is above 32" },
		{ "10.0.0.0/99999999999999999999", "is above 32" },
		{ "10.0.0.0/256", "is above 32" },
		{ "2001:db8::/129", "prefix length 129 is above 128" },
		{ "10.0.0.0/", "not a prefix length" },
		{ "10.0.0.0/-1", "not a prefix length" },
		{ "10.0.0.0/+8", "not a prefix length" },
		{ "10.0.0.0/8/8", "not a prefix length" },
		{ "10.0.0.0/ 8", "not a prefix length" },
		{ "10.0.0.0/255.0.0.0", "write 10.0.0.0/8" },
		{ "10.0.0.0/255.0.255.0", "not a prefix length" },
		{ "", "not an IPv4 or IPv6 address" },
		{ "/8", "not an IPv4 or IPv6 address" },
		{ "10.0.0", "not an IPv4 or IPv6 address" },
		{ "10.0.0.", "not an IPv4 or IPv6 address" },
		{ "10.0.0.0.", "not an IPv4 or IPv6 address" },
		{ "10.0.0.0.0", "not an IPv4 or IPv6 address" },
		{ ".10.0.0.0", "not an IPv4 or IPv6 address" },
		{ "10..0.0", "not an IPv4 or IPv6 address" },
		{ "10.0.0.256", "not an IPv4 or IPv6 address" },
		{ "10.0.0.1000", "not an IPv4 or IPv6 address" },
		{ "0x0a.0.0.1", "not an IPv4 or IPv6 address" },
		{ "167772161", "not an IPv4 or IPv6 address" },
		{ " 10.0.0.1", "not an IPv4 or IPv6 address" },
		{ "10.0.0.1 ", "not an IPv4 or IPv6 address" },
		{ "-10.0.0.1", "not an IPv4 or IPv6 address" },
		{ "2001:db8", "not an IPv4 or IPv6 address" },
		{ "2001::db8::1", "not an IPv4 or IPv6 address" },
		{ "2001:db8::12345", "not an IPv4 or IPv6 address" },
		{ "[2001:db8::1]", "not an IPv4 or IPv6 address" },
		{ ":::", "not an IPv4 or IPv6 address" },
		{ "example.org", "not an IPv4 or IPv6 address" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct prefix prefix;
		struct error error;

		if (!parse(&prefix, rows[i].text, &error))
			fail_msg("'%s' was taken", rows[i].text);
		assert_int_equal(error.code, EXIT_USAGE);
		assert_says(&error, rows[i].says);
	}
}

/* Neither a NUL nor length hides what stands behind. */
static void test_hostile_bytes(void **state)
{
	static const char nul[] = "10.0.0.1\0/8", nul6[] = "2001:db8::1\0x";
	struct prefix prefix;
	struct error error;
	char *text = malloc(1 << 20);

	(void)state;
	assert_non_null(text);
	assert_true(prefix_parse(&prefix, nul, sizeof(nul) - 1, &error) < 0);
	assert_true(prefix_parse(&prefix, nul6, sizeof(nul6) - 1, &error) < 0);
	memset(text, '1', 1 << 20);
	assert_true(prefix_parse(&prefix, text, 1 << 20, &error) < 0);
	assert_in_range(strlen(error.text), 10, 200);
	memcpy(text, "10.0.0.0/", 9);
	assert_true(prefix_parse(&prefix, text, 1 << 20, &error) < 0);
	assert_in_range(strlen(error.text), 10, 300);
	memset(text, ':', 1 << 20);
	assert_true(prefix_parse(&prefix, text, 1 << 20, &error) < 0);
	free(text);
}

/* The reader written by hand takes what inet_pton(3) takes, and nothing
 * else. */
static void test_as_inet_pton(void **state)
{
	uint64_t seed = random_seed();
	static const char letters[] = "0123456789..:fa%/ ";

	(void)state;
	for (int round = 0; round < 200000; round++) {
		uint32_t length = random_below(&seed, 16);
		struct prefix prefix;
		struct error error;
		uint8_t addr[4];
		char text[16];
		bool taken;

		for (uint32_t i = 0; i < length; i++)
			text[i] = letters[random_below(&seed,
						       i % 4 == 3 ? 12 : 10)];
		if (length > 8)
			text[3] = text[7] = '.';
		text[length] = '\0';
		taken = parse(&prefix, text, &error) == 0;
		if (taken != (inet_pton(AF_INET, text, addr) == 1))
			fail_msg("%s", text);
		if (taken)
			assert_memory_equal(prefix.addr, addr, 4);
	}
}

static void test_covers(void **state)
{
	static const struct {
		const char *outer, *inner;
		bool covers;
	} rows[] = {
		{ "10.0.0.0/8", "10.1.2.3", true },
		{ "10.0.0.0/8", "10.0.0.0/8", true },
		{ "10.0.0.0/8", "10.0.0.0/7", false },
		{ "10.0.0.0/8", "11.0.0.0/8", false },
		{ "0.0.0.0/0", "255.255.255.255", true },
		{ "0.0.0.0/0", "::", false },
		{ "::/0", "0.0.0.0", false },
		{ "192.0.2.128/25", "192.0.2.127", false },
		{ "192.0.2.128/25", "192.0.2.129", true },
		{ "192.0.2.1", "192.0.2.1", true },
		{ "2001:db8::/33", "2001:db8:7fff::1", true },
		{ "2001:db8::/33", "2001:db8:8000::", false },
		{ "2001:db8::1", "2001:db8::1", true },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct prefix outer = prefix_of(rows[i].outer);
		struct prefix inner = prefix_of(rows[i].inner);

		assert_int_equal(prefix_covers(&outer, &inner), rows[i].covers);
	}
}

static void test_order(void **state)
{
	static const char *const sorted[] = {
		"0.0.0.0/0", "10.0.0.0/8", "10.0.0.0/16", "10.0.0.0", "10.0.0.1",
		"10.1.0.0/16", "192.0.2.0/24", "::/0", "::1", "2001:db8::/32",
		"2001:db8::/48", "2001:db8:1::/48",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(sorted); i++) {
		for (size_t j = 0; j < COUNT(sorted); j++) {
			struct prefix a = prefix_of(sorted[i]);
			struct prefix b = prefix_of(sorted[j]);
			int order = prefix_compare(&a, &b);

			assert_int_equal((order > 0) - (order < 0),
					 (i > j) - (i < j));
			assert_int_equal(prefix_equal(&a, &b), i == j);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_taken),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_hostile_bytes),
		cmocka_unit_test(test_as_inet_pton),
		cmocka_unit_test(test_covers),
		cmocka_unit_test(test_order),
	};

	return unit_main(tests);
}
