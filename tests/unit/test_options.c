/* SPDX-License-Identifier: GPL-2.0-only */
/* Options taken out of a command line: rows of words, what is left, what is
 * set. */
#include "unit.h"
#include "options.h"

struct row {
	const char *words;	/* separated by blanks */
	bool strict;
	const char *left;	/* NULL: refused */
	bool flag;
	const char *value;
};

static int split(char *text, char **argv)
{
	int argc = 0;

	for (char *word = strtok(text, " "); word; word = strtok(NULL, " "))
		argv[argc++] = word;
	argv[argc] = NULL;
	return argc;
}

static void check(const struct row *row)
{
	char *copy = strdup(row->words), *argv[16], left[200] = "";
	const char *value = NULL;
	bool flag = false;
	const struct option_spec specs[] = {
		{ .name = "--flag", .flag = &flag },
		{ .name = "-f", .flag = &flag },
		{ .name = "--value", .value = &value },
		{ .name = "--later", .later = true },
		OPTIONS_END
	};
	int argc = split(copy, argv);
	struct error error;

	if (options_parse(specs, row->strict, &argc, argv, &error)) {
		if (row->left || error.code != EXIT_USAGE)
			fail_msg("%s: %s", row->words, error.text);
		free(copy);
		return;
	}
	assert_null(argv[argc]);
	for (int i = 0; i < argc; i++)
		sprintf(left + strlen(left), "%s%s", i ? " " : "", argv[i]);
	if (!row->left || strcmp(left, row->left) || flag != row->flag ||
	    strcmp(value ? value : "", row->value ? row->value : ""))
		fail_msg("%s: left %s, flag %d, value %s", row->words, left,
			 flag, value ? value : "none");
	free(copy);
}

static void test_rows(void **state)
{
	static const struct row rows[] = {
		{ "x a b", true, "x a b", false, NULL },
		{ "x --flag a", true, "x a", true, NULL },
		{ "x a -f", true, "x a", true, NULL },
		{ "x --value v a", true, "x a", false, "v" },
		{ "x --value=v a", true, "x a", false, "v" },
		{ "x --value=", true, "x", false, "" },
		{ "x --value --flag", true, "x", false, "--flag" },
		{ "x --value one --value two", true, "x", false, "two" },
		{ "x a -- --flag b", true, "x a --flag b", false, NULL },
		{ "x a -- --flag b", false, "x a -- --flag b", false, NULL },
		{ "x --flag --", true, "x", true, NULL },
		{ "x -", true, "x -", false, NULL },
		{ "x --other --flag", false, "x --other", true, NULL },
		{ "x --flagged", false, "x --flagged", false, NULL },
		{ "x --fla", false, "x --fla", false, NULL },
		{ "x --other", true, NULL, false, NULL },
		{ "x --flag=v", true, NULL, false, NULL },
		{ "x -f=v", true, NULL, false, NULL },
		{ "x --value", true, NULL, false, NULL },
		{ "x --later", true, NULL, false, NULL },
		{ "x --later=60s", true, NULL, false, NULL },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		check(&rows[i]);
}

static void test_number(void **state)
{
	static const char *const refused[] = {
		"", "0", "-1", "+1", " 1", "1 ", "1x", "x", "101", "0x10",
		"18446744073709551617",
	};
	unsigned long number;
	struct error error;

	(void)state;
	assert_int_equal(options_number("--n", "1", 100, &number, &error), 0);
	assert_int_equal(number, 1);
	assert_int_equal(options_number("--n", "100", 100, &number, &error), 0);
	assert_int_equal(number, 100);
	for (size_t i = 0; i < COUNT(refused); i++)
		if (!options_number("--n", refused[i], 100, &number, &error))
			fail_msg("\"%s\"", refused[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_number),
	};

	return unit_main(tests);
}
