/* SPDX-License-Identifier: GPL-2.0-only */
/* Whole files: what they come to, what they may not say together, and how
 * fast. */
#include "unit.h"
#include "ruleset.h"

static int parse(struct ruleset *ruleset, const char *text, size_t length,
		 struct error *error)
{
	char *copy = exact(text, length);
	int err = ruleset_parse(ruleset, "web.rules", "/etc/xdpwl", copy, length,
				error);

	free(copy);
	return err;
}

static struct ruleset ruleset_of(const char *text)
{
	struct ruleset ruleset;
	struct error error;

	if (parse(&ruleset, text, strlen(text), &error))
		fail_msg("%s: %s", text, error.text);
	return ruleset;
}

static void assert_written(const struct ruleset *ruleset, const char *expected)
{
	char *text;
	size_t length;
	FILE *out = open_memstream(&text, &length);

	assert_int_equal(ruleset_write(ruleset, out, NULL, NULL), 0);
	fclose(out);
	assert_string_equal(text, expected);
	free(text);
}

static const char whole[] =
	"# A web server.\r\n"
	"interface eth0 mode native\r\n"
	"\r\n"
	"allow @cdn 80,443 on eth0 comment \"edge\" # later defined\r\n"
	"set cdn file lists/cdn.txt\n"
	"set office 203.0.113.0/24 2001:db8::/32 203.0.113.0/24\n"
	"allow @office ssh\n"
	"allow 203.0.113.5 22/tcp\n"
	"allow 203.0.113.5/32 22/tcp comment again\n"
	"deny 198.51.100.0/24\n"
	"option ra off\n"
	"option ethertype 0x9100\n"
	"option ethertype 0x88b5\n"
	"option ethertype 0x88b5\n"
	"option class-e off\n"
	"option flows 1024\n"
	"option confirm off\n"
	"interface eth1 audit";

static void test_whole(void **state)
{
	struct ruleset ruleset = ruleset_of(whole);

	(void)state;
	assert_written(&ruleset,
		"option ra off\n"
		"option flows 1024\n"
		"option ethertype 0x88b5\n"
		"option ethertype 0x9100\n"
		"interface eth0 mode native\n"
		"interface eth1 audit\n"
		"set cdn file /etc/xdpwl/lists/cdn.txt\n"
		"set office 203.0.113.0/24 2001:db8::/32\n"
		"allow @cdn 80,443 on eth0 comment edge\n"
		"allow @office 22/tcp\n"
		"allow 203.0.113.5 22/tcp\n"
		"deny 198.51.100.0/24 all\n");
	assert_int_equal(ruleset.n_rules, 4);
	assert_int_equal(ruleset.rules[0].line, 4);
	assert_int_equal(ruleset.rules[2].line, 8);
	assert_int_equal(ruleset.rules[0].hit, 0);
	/* Equal services and equal `on` are the same pointers. */
	assert_ptr_equal(ruleset.rules[1].services, ruleset.rules[2].services);
	assert_ptr_not_equal(ruleset.rules[0].services,
			     ruleset.rules[2].services);
	assert_int_equal(ruleset.options.fragments, 16384);
	assert_false(ruleset.options.class_e);
	assert_int_equal(ruleset_prefixes(&ruleset), 4);
	ruleset_free(&ruleset);
	assert_null(ruleset.rules);
	ruleset_free(&ruleset);
}

static void test_empty(void **state)
{
	static const char *const texts[] = { "", "\n", "# x", "\r\n \n" };
	struct ruleset another = ruleset_of("allow any 1");

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		struct ruleset ruleset = ruleset_of(texts[i]);

		assert_int_equal(ruleset.n_rules, 0);
		assert_int_equal(ruleset_prefixes(&ruleset), 0);
		assert_true(ruleset.options.ra);
		assert_int_equal(ruleset.options.flows, 65536);
		assert_null(ruleset_set(&ruleset, "x"));
		assert_null(ruleset_rule(&ruleset, &another.rules[0]));
		assert_null(ruleset_interface(&ruleset, "x"));
		assert_written(&ruleset, "");
		ruleset_free(&ruleset);
	}
	ruleset_free(&another);
}

static void test_find(void **state)
{
	struct ruleset ruleset = ruleset_of(whole);
	struct ruleset another = ruleset_of("allow 192.0.2.99 1 on eth9");

	(void)state;
	for (size_t i = 0; i < ruleset.n_rules; i++)
		assert_ptr_equal(ruleset_rule(&ruleset, &ruleset.rules[i]),
				 &ruleset.rules[i]);
	assert_null(ruleset_rule(&ruleset, &another.rules[0]));
	ruleset_free(&another);
	assert_ptr_equal(ruleset_set(&ruleset, "office"), &ruleset.sets[1]);
	assert_null(ruleset_set(&ruleset, "offic"));
	assert_ptr_equal(ruleset_interface(&ruleset, "eth1"),
			 &ruleset.interfaces[1]);
	assert_null(ruleset_interface(&ruleset, "eth2"));
	ruleset_free(&ruleset);
}

static void test_covers(void **state)
{
	static const struct {
		int rule;
		const char *prefix;
		bool covers;
	} rows[] = {
		{ 0, "203.0.113.9", true }, { 0, "203.0.112.0/23", false },
		{ 0, "2001:db8::1", true }, { 0, "198.51.100.1", false },
		{ 1, "198.51.100.1", true }, { 1, "198.51.101.1", false },
		{ 2, "192.0.2.1", true }, { 2, "2001:db8::1", true },
	};
	struct ruleset ruleset = ruleset_of(
		"set office 203.0.113.0/24 2001:db8::/32\n"
		"allow @office 22\nallow 198.51.100.0/24 22\nallow any 22\n");

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct rule *rule = &ruleset.rules[rows[i].rule];
		const char *text = rows[i].prefix;
		struct prefix prefix;
		struct error error;

		assert_int_equal(prefix_parse(&prefix, text, strlen(text),
					      &error), 0);
		assert_int_equal(ruleset_rule_covers(&ruleset, rule, &prefix),
				 rows[i].covers);
	}
	ruleset_free(&ruleset);
}

static void test_refused(void **state)
{
	static const struct {
		const char *text, *says;
	} rows[] = {
		{ "allow any 22\n\nallow any 70000\n",
		  "web.rules:3: port 70000 is above 65535" },
		{ "allow any 22\r\nallow any\r\n", "web.rules:2: services are" },
		{ "allow @x 22\nset y 192.0.2.1\nallow @y 1\nallow @z 1\n",
		  "web.rules:1: there is no set x" },
		{ "set x 192.0.2.1\n#\nset x file y\n",
		  "web.rules:3: set x is defined in line 1 already" },
		{ "interface eth0\ninterface eth1\ninterface eth0 audit\n",
		  "web.rules:3: interface eth0 stands in line 1 already" },
		{ "option ra on\noption ra on\n",
		  "web.rules:2: option ra stands in line 1 already" },
		{ "\noption flows 5\noption fragments 6\noption flows 5",
		  "web.rules:4: option flows stands in line 2 already" },
		{ "option confirm off\noption confirm off",
		  "web.rules:2: option confirm stands in line 1 already" },
		{ "option open-on-stop off\noption open-on-stop off",
		  "web.rules:2: option open-on-stop stands" },
		{ "option class-e off\noption class-e on",
		  "web.rules:2: option class-e stands" },
		{ "allow any 22 for 2h\n", "web.rules:1: 'for' is not in this" },
		{ "\xef\xbb\xbf" "allow any 22\n", "web.rules:1: a byte order mark" },
		{ "allow any 22\n\"", "web.rules:2: the quote in column 1" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct ruleset ruleset;
		struct error error;

		if (!parse(&ruleset, rows[i].text, strlen(rows[i].text),
			   &error))
			fail_msg("'%s' was taken", rows[i].text);
		assert_int_equal(error.code, EXIT_USAGE);
		assert_says(&error, rows[i].says);
		assert_null(ruleset.rules);
		assert_null(ruleset.intern);
	}
}

static void test_ethertypes(void **state)
{
	char text[1000], *at = text;
	struct ruleset ruleset;
	struct error error;

	(void)state;
	for (int i = 0; i < 17; i++)
		at += sprintf(at, "option ethertype 0x%x\n", 0x9000 - i % 16);
	ruleset = ruleset_of(text);
	assert_int_equal(ruleset.options.n_ethertypes, 16);
	for (int i = 0; i < 16; i++)
		assert_int_equal(ruleset.options.ethertypes[i], 0x8ff1 + i);
	ruleset_free(&ruleset);
	sprintf(at, "option ethertype 0x9001\n");
	assert_true(parse(&ruleset, text, strlen(text), &error) < 0);
	assert_says(&error, "web.rules:18: more than 16 ethertypes");
}

static void annotate(const struct rule *rule, FILE *out, void *context)
{
	fprintf(out, "%s%u", (const char *)context, rule->line);
}

static void test_annotate(void **state)
{
	struct ruleset ruleset = ruleset_of("\nallow any 22\nset x\ndeny @x\n");
	char text[100] = "";
	FILE *out = fmemopen(text, sizeof(text), "w");
	char context[] = " # line ";

	(void)state;
	assert_int_equal(ruleset_write(&ruleset, out, annotate, context), 0);
	fclose(out);
	assert_string_equal(text, "set x\nallow any 22 # line 2\n"
				  "deny @x all # line 4\n");
	ruleset_free(&ruleset);
}

static void test_write_fails(void **state)
{
	struct ruleset ruleset = ruleset_of(whole);
	FILE *full = fopen("/dev/full", "w");

	(void)state;
	assert_non_null(full);
	setvbuf(full, NULL, _IONBF, 0);
	assert_true(ruleset_write(&ruleset, full, NULL, NULL) < 0);
	fclose(full);
	ruleset_free(&ruleset);
}

/* n lines of what a stranger would write to make a parser slow. */
static double time_lines(const char *format, int n, size_t *rules)
{
	size_t room = (size_t)n * (strlen(format) + 64), length = 0;
	char *text = malloc(room);
	struct ruleset ruleset;
	struct error error;
	double start;

	assert_non_null(text);
	for (int i = 0; i < n; i++)
		length += (size_t)snprintf(text + length, room - length, format,
					   i % 223 + 1, i >> 16 & 255,
					   i >> 8 & 255, i & 255, i + 1);
	start = seconds();
	if (parse(&ruleset, text, length, &error))
		fail_msg("%s", error.text);
	start = seconds() - start;
	*rules = ruleset.n_rules;
	ruleset_free(&ruleset);
	free(text);
	return start;
}

static void test_fast(void **state)
{
	static const struct {
		const char *format;
		int lines;
		double most;
	} rows[] = {
		{ "allow %d.%d.%d.%d 22/tcp\n", 100000, 0.1 },
		{ "allow %d.%d.%d.%d ssh,https,8000-8100\n", 100000, 0.15 },
		{ "allow %d.%d.%d.%d %d/tcp on eth0,eth1\n", 60000, 0.1 },
		{ "allow %d.%d.%d.%d 22/tcp comment c%d\n", 100000, 0.15 },
		{ "set s%1$d.%2$d.%3$d.%4$d.%5$d\n", 100000, 0.1 },
		{ "interface i%5$d\n", 100000, 0.1 },
		{ "deny %d.%d.%d.%d # %d\n", 1000000, 1 },
	};
	size_t rules;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		double took = time_lines(rows[i].format, rows[i].lines, &rules);

		printf("# %d lines: %.3f s: %s", rows[i].lines, took,
		       rows[i].format);
		assert_true(took < rows[i].most * SLOW);
	}
	assert_int_equal(rules, 1000000);
}

/* A million lines with one bad one change nothing and name that line. */
static void test_million_with_one_bad(void **state)
{
	enum { LINES = 1000000, BAD = 987654 };
	char *text = malloc((size_t)LINES * 24), *at = text;
	struct ruleset ruleset;
	struct error error;

	(void)state;
	assert_non_null(text);
	for (int i = 1; i <= LINES; i++)
		at = stpcpy(at, i == BAD ? "allow 192.0.2.1 22,\n" :
					   "allow 192.0.2.1 22\n");
	assert_true(parse(&ruleset, text, (size_t)(at - text), &error) < 0);
	assert_says(&error, "web.rules:987654: a comma without");
	assert_null(ruleset.rules);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole),
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_covers),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_ethertypes),
		cmocka_unit_test(test_annotate),
		cmocka_unit_test(test_write_fails),
		cmocka_unit_test(test_fast),
		cmocka_unit_test(test_million_with_one_bad),
	};

	return unit_main(tests);
}
