/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * No memory, at each allocation in turn: every call says so and leaves nothing
 * behind (a sanitizer sees leaks), and the next call works. The linker puts the
 * functions below in the place of malloc() and its kin.
 */
#include "unit.h"
#include "rulefile.h"

static long countdown = -1;	/* allocations until one fails; below 0: none does */

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *old, size_t size);
FILE *__real_open_memstream(char **text, size_t *length);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *old, size_t size);
FILE *__wrap_open_memstream(char **text, size_t *length);

static bool fails(void)
{
	return countdown >= 0 && countdown-- == 0;
}

void *__wrap_malloc(size_t size)
{
	return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t n, size_t size)
{
	return fails() ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *old, size_t size)
{
	return fails() ? NULL : __real_realloc(old, size);
}

FILE *__wrap_open_memstream(char **text, size_t *length)
{
	return fails() ? NULL : __real_open_memstream(text, length);
}

static const char rules[] =
	"set x 192.0.2.1 192.0.2.2\n"
	"set y file lists/y.txt\n"
	"interface eth0\n"
	"option ra off\n"
	"allow @x 22,80,100-200 on eth0,eth1 comment \"a b\"\n"
	"allow any ssh\n"
	"allow 10.0.0.0/8 22\n";

/* Whether the call met the failure; it must have said so. */
static bool met(int answer, const struct error *error)
{
	bool failed = answer < 0;

	countdown = -1;
	if (failed)
		assert_int_equal(error->code, EXIT_FULL);
	return failed;
}

static void test_parse(void **state)
{
	struct ruleset ruleset;
	struct error error;
	long n = -1;
	int err;

	(void)state;
	do {
		countdown = ++n;
		err = ruleset_parse(&ruleset, "r", "/etc", rules,
				    sizeof(rules) - 1, &error);
	} while (met(err, &error));
	assert_int_equal(ruleset.n_rules, 3);
	assert_true(n > 20);
	ruleset_free(&ruleset);
}

static void test_set(void **state)
{
	static char list[] = "192.0.2.1\n10.0.0.0/8\n";
	struct prefix *members;
	struct error error;
	size_t members_n;
	long n = -1;
	int err;

	(void)state;
	do {
		FILE *file = fmemopen(list, sizeof(list) - 1, "r");

		countdown = ++n;
		err = set_read(&members, &members_n, file, "list.txt", &error);
		countdown = -1;
		fclose(file);
	} while (met(err, &error));
	assert_int_equal(members_n, 2);
	assert_true(n > 1);
	free(members);
}

static void edit_until_done(const struct ruleset *ruleset, enum edit_verb verb,
			    const struct statement *what)
{
	struct text in = { (char *)rules, sizeof(rules) - 1 }, out = { 0 };
	struct edit edit = { .verb = verb };
	struct error error;
	long n = -1;
	int answer;

	if (what->kind == STATEMENT_RULE) {
		edit.rule = what->rule;
	} else if (what->kind == STATEMENT_SET) {
		edit.set = what->set.name;
		edit.prefixes = what->set.members;
		edit.n_prefixes = what->set.n_members;
	} else {
		edit.interface = what->interface;
	}
	do {
		countdown = ++n;
		answer = rulefile_edit(&in, ruleset, &edit, &out, &error);
	} while (met(answer, &error));
	assert_int_equal(answer, 1);
	assert_true(n > 1);
	text_free(&out);
}

static void test_edit(void **state)
{
	static const struct {
		enum edit_verb verb;
		const char *what;
	} rows[] = {
		{ EDIT_ALLOW, "allow any 443" },
		{ EDIT_REVOKE, "allow @x 80 on eth0,eth1" },
		{ EDIT_REVOKE, "allow @x 150 on eth0,eth1" },
		{ EDIT_SET_ADD, "set x 192.0.2.9" },
		{ EDIT_SET_DEL, "set x 192.0.2.1" },
		{ EDIT_INTERFACE_ADD, "interface eth1" },
		{ EDIT_INTERFACE_ADD, "interface eth0 audit" },
		{ EDIT_INTERFACE_DEL, "interface eth0" },
	};
	struct ruleset ruleset;
	struct error error;

	(void)state;
	assert_int_equal(ruleset_parse(&ruleset, "r", "/etc", rules,
				       sizeof(rules) - 1, &error), 0);
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct statement what;

		assert_int_equal(statement_parse(&what, rows[i].what,
						 strlen(rows[i].what), &error),
				 0);
		edit_until_done(&ruleset, rows[i].verb, &what);
		statement_free(&what);
	}
	ruleset_free(&ruleset);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_set),
		cmocka_unit_test(test_edit),
	};

	return unit_main(tests);
}
