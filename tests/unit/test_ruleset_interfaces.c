/* SPDX-License-Identifier: GPL-2.0-only */
/* Interfaces of a model replaced: more, fewer, in another order, and found. */
#include "unit.h"
#include "ruleset_interfaces.h"

static void take(struct ruleset *rules, const char *const *names, size_t n)
{
	struct interface interfaces[8] = { 0 };
	struct error error;

	for (size_t i = 0; i < n; i++) {
		strcpy(interfaces[i].name, names[i]);
		interfaces[i].audit = i & 1;
	}
	assert_int_equal(ruleset_take_interfaces(rules, interfaces, n, &error),
			 0);
	assert_int_equal(rules->n_interfaces, n);
	for (size_t i = 0; i < n; i++)
		assert_ptr_equal(ruleset_interface(rules, names[i]),
				 &rules->interfaces[i]);
}

static void test_replaced(void **state)
{
	static const char *const more[] = { "d", "c", "b", "a", "e" };
	static const char *const fewer[] = { "c" };
	static const char text[] = "interface a\ninterface b\ninterface c audit";
	struct ruleset rules;
	struct error error;

	(void)state;
	assert_int_equal(ruleset_parse(&rules, "rules", "/", text, strlen(text),
				       &error), 0);
	take(&rules, more, COUNT(more));
	assert_true(ruleset_interface(&rules, "c")->audit);
	assert_false(ruleset_interface(&rules, "b")->audit);
	take(&rules, fewer, COUNT(fewer));
	assert_null(ruleset_interface(&rules, "a"));
	assert_null(ruleset_interface(&rules, "e"));
	take(&rules, NULL, 0);
	assert_null(ruleset_interface(&rules, "c"));
	take(&rules, more, COUNT(more));
	ruleset_free(&rules);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_replaced),
	};

	return unit_main(tests);
}
