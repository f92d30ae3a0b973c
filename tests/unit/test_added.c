/* SPDX-License-Identifier: GPL-2.0-only */
/* Which rules may stand beside a generation, and as which rows. */
#include "unit.h"
#include "added.h"

enum { MEMBERS = 10000 };

static struct ruleset rules;

/* 10.0.0.0/24, 10.0.1.0/24, ... stand in the set `many`; each rule has a hit number, counted
 * from 1. */
static void parse(const char *text, size_t n)
{
	struct prefix *members = calloc(n + 1, sizeof(*members));
	struct error error;
	size_t i;

	assert_non_null(members);
	if (ruleset_parse(&rules, "rules", "/", text, strlen(text), &error))
		fail_msg("%s: %s", text, error.text);
	for (i = 0; i < n; i++)
		members[i] = (struct prefix){ .family = AF_INET, .len = 24, .addr = {
			10 + (i >> 16), i >> 8, i } };
	rules.sets[0].members = members;
	rules.sets[0].n_members = n;
	for (i = 0; i < rules.n_rules; i++)
		rules.rules[i].hit = (uint32_t)i + 1;
}

#define MANY	"set many file /many.set\nallow @many 443\n"

/* Whether the last rule of a text may be added, beside `before`. */
static bool add_last(struct xdpwl_added *added, const struct xdpwl_added *before,
		     const char *text, size_t n)
{
	bool done;

	parse(text, n);
	done = added_build(added, before, &rules, rules.rules[rules.n_rules - 1].hit);
	ruleset_free(&rules);
	return done;
}

static bool adds(const char *line)
{
	struct xdpwl_added added;
	char text[4096];

	snprintf(text, sizeof(text), MANY "%s", line);
	return add_last(&added, NULL, text, MEMBERS);
}

static void test_suits(void **state)
{
	static const char *const good[] = {
		"allow 192.0.2.1 22", "allow 192.0.2.0/24 all", "allow 192.0.0.0/16 ping",
		"allow 2001:db8::1 22", "allow 2001:db8::/32 22,80,8000-8100/udp",
		/* within a member, which is shorter */
		"allow 10.0.5.1 22",
	};
	static const char *const bad[] = {
		"deny 192.0.2.1 22", "allow any 22", "allow @many 22",
		"allow 192.0.2.1 22 on eth0", "allow 192.0.0.0/15 22",
		"allow 2001::/31 22",
		/* a member itself, and what holds members */
		"allow 10.0.5.0/24 22", "allow 10.0.4.0/23 22",
		/* the lines of another rule */
		"allow 192.0.2.7 22\nallow 192.0.2.0/24 80",
		"deny 192.0.2.7 22\nallow 192.0.2.0/24 80",
		"allow 2001:db8::7 22\nallow 2001:db8::/64 80",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(good); i++)
		if (!adds(good[i]))
			fail_msg("not added: %s", good[i]);
	for (size_t i = 0; i < COUNT(bad); i++)
		if (adds(bad[i]))
			fail_msg("added: %s", bad[i]);
}

static void test_large_only(void **state)
{
	struct xdpwl_added added;

	(void)state;
	assert_false(add_last(&added, NULL, MANY "allow 192.0.2.1 22", ADDED_FROM - 3));
	assert_true(add_last(&added, NULL, MANY "allow 192.0.2.1 22", ADDED_FROM - 2));
}

/* Longest first; of one length, the lowest id. */
static void test_order(void **state)
{
	static const uint32_t cells[] = { 4, 3, 2 };
	struct xdpwl_added before = {}, added;

	(void)state;
	before.n = 2;
	before.row[0].cell = 3;
	before.row[1].cell = 2;
	assert_true(add_last(&added, &before,
			     "set many file /many.set\n"
			     "allow @many 443\n"
			     "allow 192.0.2.0/24 22/tcp\n"
			     "allow 192.0.2.0/25 22/tcp\n"
			     "allow 192.0.2.1 22/tcp\n", MEMBERS));
	assert_int_equal(added.n, COUNT(cells));
	for (size_t i = 0; i < COUNT(cells); i++)
		assert_int_equal(added.row[i].cell, cells[i]);
}

static bool near(const struct xdpwl_added *added, const uint8_t *head, size_t n)
{
	uint32_t word = 0, bit;

	memcpy(&word, head, n);
	bit = xdpwl_added_bit(word);
	return added->filter[bit / 64] & XDPWL_BIT(bit);
}

static void test_rows(void **state)
{
	static const uint8_t four[] = { 192, 0 }, six[] = { 0x20, 0x01, 0x0d, 0xb8 };
	struct xdpwl_added added, after;

	(void)state;
	assert_true(add_last(&added, NULL, MANY
			     "allow 192.0.2.128/25 22/tcp,8000-8100/udp,gre,ping", MEMBERS));
	assert_int_equal(added.n, 4);
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(added.row[i].family, 4);
		assert_int_equal(added.row[i].cell, 2);
		assert_int_equal(added.row[i].high, 0xc000028000000000ull);
		assert_int_equal(added.row[i].high_mask, 0xffffff8000000000ull);
		assert_int_equal(added.row[i].low_mask, 0);
	}
	assert_true(near(&added, four, sizeof(four)));
	assert_false(near(&added, six, sizeof(six)));
	assert_true(add_last(&after, NULL, MANY "allow 2001:db8::8000/113 all", MEMBERS));
	assert_int_equal(after.n, 1);
	assert_int_equal(after.row[0].kind, XDPWL_ADDED_ALL);
	assert_int_equal(after.row[0].family, 6);
	assert_int_equal(after.row[0].high, 0x20010db800000000ull);
	assert_int_equal(after.row[0].high_mask, ~0ull);
	assert_int_equal(after.row[0].low, 0x8000);
	assert_int_equal(after.row[0].low_mask, 0xffffffffffff8000ull);
	assert_true(near(&after, six, sizeof(six)));
}

/* As many as there are rows, and no more; what is no row's rule gets none. */
static void test_full(void **state)
{
	struct xdpwl_added one = {}, two;
	char text[8192], *end = text;
	int i;

	(void)state;
	end += sprintf(end, MANY);
	for (i = 0; i < XDPWL_ADDED_ROWS - 1; i++) {
		end += sprintf(end, "allow 192.0.2.%d 22/tcp\n", i);
		one.row[one.n++].cell = (uint32_t)i + 2;
	}
	sprintf(end, "allow 198.51.100.1 22\n");
	assert_false(add_last(&two, &one, text, MEMBERS));
	sprintf(end, "allow 198.51.100.1 22/tcp\n");
	assert_true(add_last(&two, &one, text, MEMBERS));
	assert_int_equal(two.n, XDPWL_ADDED_ROWS);
	end += sprintf(end, "allow 198.51.100.1 22/tcp\n");
	sprintf(end, "allow 198.51.100.2 22/tcp\n");
	assert_false(add_last(&one, &two, text, MEMBERS));
	assert_true(add_last(&one, NULL, text, MEMBERS));
	assert_int_equal(one.n, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_suits), cmocka_unit_test(test_large_only),
		cmocka_unit_test(test_order), cmocka_unit_test(test_rows),
		cmocka_unit_test(test_full),
	};

	return unit_main(tests);
}
