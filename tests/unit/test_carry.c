/* SPDX-License-Identifier: GPL-2.0-only */
/* What rules keep from one generation to the next: numbers, lines, members. */
#include "unit.h"
#include "carry.h"

static void parse(struct ruleset *rules, const char *text)
{
	struct error error;

	if (ruleset_parse(rules, "rules", "/", text, strlen(text), &error))
		fail_msg("%s: %s", text, error.text);
}

static void test_marks(void **state)
{
	struct ruleset from, to;

	(void)state;
	parse(&from, "allow any 1\nallow any 2\nallow any 3");
	parse(&to, "\n\nallow any 3\nallow any 4\nallow any 1");
	for (size_t i = 0; i < 3; i++)
		from.rules[i].hit = 10 + (uint32_t)i;
	carry_marks(&to, &from, CARRY_HITS);
	assert_int_equal(to.rules[0].hit, 12);
	assert_int_equal(to.rules[1].hit, 0);
	assert_int_equal(to.rules[2].hit, 10);
	assert_int_equal(to.rules[0].line, 3);
	carry_marks(&to, &from, CARRY_LINES);
	assert_int_equal(to.rules[0].line, 3);
	assert_int_equal(to.rules[1].line, 0);
	assert_int_equal(to.rules[2].line, 1);
	assert_int_equal(to.rules[2].hit, 10);
	ruleset_free(&from);
	ruleset_free(&to);
}

static void test_fresh(void **state)
{
	struct ruleset running, to;
	struct error error;
	uint32_t *fresh, last;
	size_t n;

	(void)state;
	parse(&running, "allow any 1\nallow any 2\nallow any 3");
	parse(&to, "allow any 4\nallow any 2\nallow any 5\nallow any 6");
	running.rules[0].hit = 1;
	running.rules[1].hit = 5;
	running.rules[2].hit = 3;
	carry_marks(&to, &running, CARRY_HITS);
	/* 1 and 3 still count for the rules that go. */
	assert_int_equal(carry_fresh(&to, &running, 100, &fresh, &n, &last,
				     &error), 0);
	assert_int_equal(n, 3);
	assert_int_equal(to.rules[0].hit, 2);
	assert_int_equal(to.rules[1].hit, 5);
	assert_int_equal(to.rules[2].hit, 4);
	assert_int_equal(to.rules[3].hit, 6);
	assert_int_equal(fresh[0], 2);
	assert_int_equal(fresh[2], 6);
	assert_int_equal(last, 6);
	free(fresh);
	ruleset_free(&running);
	ruleset_free(&to);
}

static void test_fresh_ends(void **state)
{
	struct ruleset to;
	struct error error;
	uint32_t *fresh, last;
	size_t n;

	(void)state;
	parse(&to, "");
	assert_int_equal(carry_fresh(&to, NULL, 10, &fresh, &n, &last, &error),
			 0);
	assert_int_equal(n, 0);
	assert_int_equal(last, 0);
	free(fresh);
	ruleset_free(&to);
	parse(&to, "allow any 1\nallow any 2");
	assert_int_equal(carry_fresh(&to, NULL, 3, &fresh, &n, &last, &error),
			 0);
	assert_int_equal(last, 2);
	free(fresh);
	to.rules[0].hit = to.rules[1].hit = 0;
	assert_true(carry_fresh(&to, NULL, 2, &fresh, &n, &last, &error) < 0);
	assert_int_equal(error.code, EXIT_FULL);
	ruleset_free(&to);
}

static void test_members(void **state)
{
	struct prefix *members = calloc(2, sizeof(*members));
	struct ruleset from, to;

	(void)state;
	assert_non_null(members);
	parse(&from, "set a file x\nset b 192.0.2.1");
	parse(&to, "set b 192.0.2.2\nset c file y\nset a file x");
	from.sets[0].members = members;
	from.sets[0].n_members = 2;
	carry_members(&to, &from);
	assert_ptr_equal(ruleset_set(&to, "a")->members, members);
	assert_int_equal(ruleset_set(&to, "a")->n_members, 2);
	assert_int_equal(ruleset_set(&to, "b")->members[0].addr[3], 2);
	assert_int_equal(ruleset_set(&to, "c")->n_members, 0);
	ruleset_free(&from);
	ruleset_free(&to);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_marks),
		cmocka_unit_test(test_fresh),
		cmocka_unit_test(test_fresh_ends),
		cmocka_unit_test(test_members),
	};

	return unit_main(tests);
}
