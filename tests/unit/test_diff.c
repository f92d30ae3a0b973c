/* SPDX-License-Identifier: GPL-2.0-only */
/* Differences of two models: rows of two texts and what is told. */
#include "unit.h"
#include "diff.h"

static void collect(char sign, const char *line, void *context)
{
	fprintf(context, "%c %s\n", sign, line);
}

static void parse(struct ruleset *rules, const char *text)
{
	struct error error;

	if (ruleset_parse(rules, "rules", "/etc", text, strlen(text), &error))
		fail_msg("%s: %s", text, error.text);
}

static void check(const char *from_text, const char *to_text,
		  const char *wanted)
{
	struct diff diff = { .line = collect, .members = true };
	struct ruleset from, to;
	struct error error;
	size_t length, n = 0;
	char *got = NULL;
	FILE *out = open_memstream(&got, &length);

	assert_non_null(out);
	parse(&from, from_text);
	parse(&to, to_text);
	diff.context = out;
	assert_int_equal(diff_rulesets(&diff, &from, &to, &error), 0);
	fclose(out);
	for (const char *at = wanted; *at; at++)
		n += *at == '\n';
	if (strcmp(got, wanted) || diff.n != n)
		fail_msg("%zu:\n%swanted:\n%s", diff.n, got, wanted);
	free(got);
	ruleset_free(&from);
	ruleset_free(&to);
}

static void test_rows(void **state)
{
	static const struct {
		const char *from, *to, *wanted;
	} rows[] = {
		{ "", "", "" },
		{ "allow any 22\ndeny any 23", "deny any 23 # x\nallow any ssh/tcp,22",
		  "" },
		{ "allow any 22", "", "- allow any 22\n" },
		{ "", "allow any 22", "+ allow any 22\n" },
		{ "allow any 22", "allow any 22 on eth0",
		  "- allow any 22\n+ allow any 22 on eth0\n" },
		{ "allow any 22 comment a", "allow any 22 comment b",
		  "- allow any 22 comment a\n+ allow any 22 comment b\n" },
		{ "interface eth0", "interface eth0 audit\ninterface eth1 mode native",
		  "- interface eth0\n+ interface eth0 audit\n"
		  "+ interface eth1 mode native\n" },
		{ "option ra off\noption flows 100", "option class-e on",
		  "- option ra off\n+ option ra on\n- option class-e off\n"
		  "+ option class-e on\n- option flows 100\n"
		  "+ option flows 65536\n" },
		{ "option ethertype 0x8863", "option ethertype 0x8864",
		  "- option ethertype 0x8863\n+ option ethertype 0x8864\n" },
		{ "set a 192.0.2.1 192.0.2.3 192.0.2.5",
		  "set a 192.0.2.0 192.0.2.3 192.0.2.4 192.0.2.9",
		  "+ set a 192.0.2.0\n- set a 192.0.2.1\n+ set a 192.0.2.4\n"
		  "- set a 192.0.2.5\n+ set a 192.0.2.9\n" },
		{ "set a 192.0.2.1", "", "- set a 192.0.2.1\n" },
		{ "", "set a", "+ set a\n" },
		{ "set a", "set a 192.0.2.1", "+ set a 192.0.2.1\n" },
		{ "set a 192.0.2.1", "set a file x",
		  "- set a 192.0.2.1\n+ set a file /etc/x\n" },
		{ "set a file x", "set a file y",
		  "- set a file /etc/x\n+ set a file /etc/y\n" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		check(rows[i].from, rows[i].to, rows[i].wanted);
}

/* Members of a `file` set count only where both sides have read them. */
static void test_members(void **state)
{
	struct prefix *member = calloc(1, sizeof(*member));
	struct diff diff = { .members = false };
	struct ruleset from, to;
	struct error error;

	(void)state;
	assert_non_null(member);
	assert_int_equal(prefix_parse(member, "192.0.2.1", 9, &error), 0);
	parse(&from, "set a file x");
	parse(&to, "set a file x");
	from.sets[0].members = member;
	from.sets[0].n_members = 1;
	assert_int_equal(diff_rulesets(&diff, &from, &to, &error), 0);
	assert_int_equal(diff.n, 0);
	diff.members = true;
	assert_int_equal(diff_rulesets(&diff, &from, &to, &error), 0);
	assert_int_equal(diff.n, 1);
	ruleset_free(&from);
	ruleset_free(&to);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_members),
	};

	return unit_main(tests);
}
