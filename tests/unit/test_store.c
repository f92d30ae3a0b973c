/* SPDX-License-Identifier: GPL-2.0-only */
/* A generation's bytes: there and back, and such as nobody wrote. */
#include "unit.h"
#include <arpa/inet.h>
#include "store.h"

static const char text[] = "set many file /many.set\nset few 192.0.2.1\n"
			   "allow @many 443\nallow @few 22 comment \"two words\"\n";

static struct ruleset rules;
static struct store written;

static int setup(void **state)
{
	static const struct prefix members[] = {
		{ .family = AF_INET, .len = 24, .addr = { 192, 0, 2 } },
		{ .family = AF_INET, .len = 25, .addr = { 198, 51, 100, 128 } },
		{ .family = AF_INET6, .len = 45, .addr = { 0x20, 0x01, 0x0d, 0xb8, 0, 8 } },
	};
	struct error error;

	(void)state;
	assert_int_equal(ruleset_parse(&rules, "rules", "/", text, strlen(text), &error), 0);
	rules.sets[0].members = malloc(sizeof(members));
	assert_non_null(rules.sets[0].members);
	memcpy(rules.sets[0].members, members, sizeof(members));
	rules.sets[0].n_members = COUNT(members);
	rules.rules[0].hit = 7;
	rules.rules[1].line = 4;
	assert_int_equal(store_write(&written, &rules, "/origin", true, &error), 0);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	store_free(&written);
	ruleset_free(&rules);
	return 0;
}

static void test_back(void **state)
{
	struct ruleset again;
	struct error error;
	char *origin;

	(void)state;
	assert_int_equal(store_read(&again, &origin, &written, &error), 0);
	assert_int_equal(store_check(&again, &error), 0);
	assert_string_equal(origin, "/origin");
	assert_int_equal(again.n_rules, 2);
	for (size_t i = 0; i < again.n_rules; i++) {
		assert_true(rule_equal(&again.rules[i], &rules.rules[i]));
		assert_int_equal(again.rules[i].hit, rules.rules[i].hit);
		assert_int_equal(again.rules[i].line, rules.rules[i].line);
	}
	assert_true(again.sets[0].borrowed);
	assert_false(again.sets[1].borrowed);
	assert_int_equal(again.sets[0].n_members, 3);
	assert_memory_equal(again.sets[0].members, rules.sets[0].members,
			    3 * sizeof(struct prefix));
	free(origin);
	ruleset_free(&again);
}

static void test_without_members(void **state)
{
	struct store store;
	struct error error;

	(void)state;
	assert_int_equal(store_write(&store, &rules, "/origin", false, &error), 0);
	assert_int_equal(store.members_length, 0);
	assert_int_equal(store.rules_length, written.rules_length);
	assert_memory_equal(store.rules, written.rules, store.rules_length);
	store_free(&store);
}

/* Every length but the whole one, of either part. */
static void test_cut(void **state)
{
	struct store cut = written;
	struct ruleset again;
	struct error error;
	char *origin;

	(void)state;
	for (cut.rules_length = 0; cut.rules_length < written.rules_length;
	     cut.rules_length++) {
		cut.rules = exact(written.rules, cut.rules_length);
		assert_int_not_equal(store_read(&again, &origin, &cut, &error), 0);
		assert_says(&error, "damaged");
		free(cut.rules);
	}
	cut = written;
	for (cut.members_length = 0; cut.members_length < written.members_length;
	     cut.members_length++) {
		cut.members = exact(written.members, cut.members_length);
		assert_int_not_equal(store_read(&again, &origin, &cut, &error), 0);
		assert_says(&error, "damaged");
		free(cut.members);
	}
}

/* Members that no list can have are read, and refused by store_check(). */
static void unsound(size_t member, struct prefix instead)
{
	struct store store = written;
	struct ruleset again;
	struct error error;
	char *origin;

	store.members = exact(written.members, written.members_length);
	memcpy((char *)store.members + sizeof(uint64_t) + member * sizeof(instead),
	       &instead, sizeof(instead));
	assert_int_equal(store_read(&again, &origin, &store, &error), 0);
	assert_int_not_equal(store_check(&again, &error), 0);
	assert_says(&error, "damaged");
	free(origin);
	ruleset_free(&again);
	free(store.members);
}

static void test_unsound(void **state)
{
	struct prefix first = rules.sets[0].members[0];

	(void)state;
	unsound(1, first);			/* twice */
	unsound(2, first);			/* not sorted */
	unsound(0, (struct prefix){ .family = AF_INET, .len = 24,
				    .addr = { 192, 0, 2, 1 } });
	unsound(0, (struct prefix){ .family = AF_INET, .len = 23,
				    .addr = { 192, 0, 1 } });
	unsound(0, (struct prefix){ .family = AF_INET, .len = 33,
				    .addr = { 192, 0, 2 } });
	unsound(0, (struct prefix){ .family = AF_INET, .len = 24,
				    .addr = { [0] = 192, [2] = 2, [15] = 1 } });
	unsound(2, (struct prefix){ .family = AF_INET6, .len = 129,
				    .addr = { 0x20, 0x01 } });
	unsound(0, (struct prefix){ .family = 0, .len = 0 });
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_back, setup, teardown),
		cmocka_unit_test_setup_teardown(test_without_members, setup, teardown),
		cmocka_unit_test_setup_teardown(test_cut, setup, teardown),
		cmocka_unit_test_setup_teardown(test_unsound, setup, teardown),
	};

	return unit_main(tests);
}
