/* SPDX-License-Identifier: GPL-2.0-only */
/* Lines to statements: what each says, and what a refusal says. */
#include "unit.h"
#include "rule.h"

static int parse(struct statement *statement, const char *line, size_t length,
		 struct error *error)
{
	char *copy = exact(line, length);
	int err = statement_parse(statement, copy, length, error);

	free(copy);
	return err;
}

static struct statement statement_of(const char *line)
{
	struct statement statement;
	struct error error;

	if (parse(&statement, line, strlen(line), &error))
		fail_msg("%s: %s", line, error.text);
	return statement;
}

static void test_rules(void **state)
{
	static const struct {
		const char *line, *canonical;
	} rows[] = {
		{ "allow 203.0.113.5 22", "allow 203.0.113.5 22" },
		{ "allow 203.0.113.5/32 22\r", "allow 203.0.113.5 22" },
		{ "  allow\tany  ssh # anybody", "allow any 22/tcp" },
		{ "allow @office all", "allow @office all" },
		{ "allow @A.b-c_9 ping", "allow @A.b-c_9 ping" },
		{ "deny 192.0.2.0/24", "deny 192.0.2.0/24 all" },
		{ "deny any 22 on eth0", "deny any 22 on eth0" },
		{ "deny any on eth0", "deny any all on eth0" },
		{ "deny any comment x", "deny any all comment x" },
		{ "allow any 22 on eth1,eth0,eth1", "allow any 22 on eth0,eth1" },
		{ "allow any 22 comment \"main office\"",
		  "allow any 22 comment \"main office\"" },
		{ "allow any 22 comment office", "allow any 22 comment office" },
		{ "allow any 22 comment \"\"", "allow any 22" },
		{ "allow any 22 comment on", "allow any 22 comment on" },
		{ "allow any 22 on on comment comment",
		  "allow any 22 on on comment comment" },
		{ "allow 2001:DB8::/32 443/udp on wg0 comment \"a \\\"b\\\" \\\\\"",
		  "allow 2001:db8::/32 443/udp on wg0 comment \"a \\\"b\\\" \\\\\"" },
		{ "\"allow\" \"any\" \"22,80\"", "allow any 22,80" },
		{ "allow any 22 on \"#if\"", "allow any 22 on \"#if\"" },
		{ "allow any 22 on a\\b", "allow any 22 on a\\b" },
		{ "allow any 22 on 123456789012345",
		  "allow any 22 on 123456789012345" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct statement one = statement_of(rows[i].line), two;
		char *text;

		assert_int_equal(one.kind, STATEMENT_RULE);
		text = rule_format(&one.rule);
		assert_string_equal(text, rows[i].canonical);
		two = statement_of(text);
		assert_int_equal(rule_id(&one.rule), rule_id(&two.rule));
		assert_true(rule_equal(&one.rule, &two.rule));
		assert_true(source_equal(&one.rule.source, &two.rule.source));
		assert_true(interfaces_equal(one.rule.on, two.rule.on));
		assert_true(services_equal(one.rule.services,
					   two.rule.services));
		free(text);
		statement_free(&one);
		statement_free(&two);
	}
}

static void test_places(void **state)
{
	static const struct {
		const char *line;
		uint32_t start, end;
	} rows[] = {
		{ "allow any 22,80 on eth0", 10, 15 },
		{ "\tallow  @x  \"22\" # c", 12, 16 },
		{ "deny any", 0, 0 },
		{ "deny any on eth0", 0, 0 },
		{ "deny any all", 9, 12 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct statement statement = statement_of(rows[i].line);

		assert_int_equal(statement.services_start, rows[i].start);
		assert_int_equal(statement.services_end, rows[i].end);
		statement_free(&statement);
	}
}

static void test_interfaces(void **state)
{
	static const struct {
		const char *line, *name;
		enum attach_mode mode;
		bool audit;
	} rows[] = {
		{ "interface eth0", "eth0", MODE_AUTO, false },
		{ "interface eth0.10 mode auto", "eth0.10", MODE_AUTO, false },
		{ "interface br-lan mode native", "br-lan", MODE_NATIVE, false },
		{ "interface wg0 mode generic audit # x", "wg0", MODE_GENERIC, true },
		{ "interface mode audit", "mode", MODE_AUTO, true },
		{ "interface audit", "audit", MODE_AUTO, false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct statement statement = statement_of(rows[i].line);

		assert_int_equal(statement.kind, STATEMENT_INTERFACE);
		assert_string_equal(statement.interface.name, rows[i].name);
		assert_int_equal(statement.interface.mode, rows[i].mode);
		assert_int_equal(statement.interface.audit, rows[i].audit);
		statement_free(&statement);
	}
}

static void test_sets(void **state)
{
	struct statement statement;

	(void)state;
	statement = statement_of("set office 203.0.113.0/24 2001:db8::/32 # two");
	assert_int_equal(statement.kind, STATEMENT_SET);
	assert_string_equal(statement.set.name, "office");
	assert_null(statement.set.path);
	assert_int_equal(statement.set.n_members, 2);
	assert_int_equal(statement.set.members[1].len, 32);
	statement_free(&statement);

	statement = statement_of("set none");
	assert_int_equal(statement.set.n_members, 0);
	statement_free(&statement);

	statement = statement_of("set cdn file \"lists/my cdn.txt\"  # x");
	assert_string_equal(statement.set.path, "lists/my cdn.txt");
	statement_free(&statement);

	statement = statement_of("set file file file");
	assert_string_equal(statement.set.name, "file");
	assert_string_equal(statement.set.path, "file");
	statement_free(&statement);
}

static void test_options(void **state)
{
	static const struct {
		const char *line, *name;
		uint32_t value;
	} rows[] = {
		{ "option ra off", "ra", 0 },
		{ "option ra on", "ra", 1 },
		{ "option class-e on", "class-e", 1 },
		{ "option ethertype 0x88b5", "ethertype", 0x88b5 },
		{ "option ethertype 0X88B5", "ethertype", 0x88b5 },
		{ "option ethertype 0x9100", "ethertype", 0x9100 },
		{ "option ethertype 0x600", "ethertype", 0x600 },
		{ "option ethertype 0xffff", "ethertype", 0xffff },
		{ "option flows 1", "flows", 1 },
		{ "option flows 16777216", "flows", 16777216 },
		{ "option fragments 65536 # x", "fragments", 65536 },
		{ "option confirm off", "confirm", 0 },
		{ "option open-on-stop off", "open-on-stop", 0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct statement statement = statement_of(rows[i].line);

		assert_int_equal(statement.kind, STATEMENT_OPTION);
		assert_string_equal(statement.option.name, rows[i].name);
		assert_int_equal(statement.option.value, rows[i].value);
		statement_free(&statement);
	}
}

static void test_empty(void **state)
{
	static const char *const lines[] = { "", " ", "\r", "# x", " \t# \"x\r" };

	(void)state;
	for (size_t i = 0; i < COUNT(lines); i++) {
		struct statement statement = statement_of(lines[i]);

		assert_int_equal(statement.kind, STATEMENT_EMPTY);
		statement_free(&statement);
	}
}

/* Each line is one mistake, or one thing of a later version. */
static const struct {
	const char *line, *says;
} refused[] = {
	{ "alow any 22", "'alow' begins no statement" },
	{ "ALLOW any 22", "'ALLOW' begins no statement" },
	{ "revoke any 22", "'revoke' begins no statement" },
	{ "allow", "a source is missing" },
	{ "deny", "a source is missing" },
	{ "deny # any", "a source is missing" },
	{ "allow any", "services are missing" },
	{ "allow any on eth0", "services are missing" },
	{ "allow any comment x", "services are missing" },
	{ "allow all 22", "every source is 'any'" },
	{ "allow 10.0.0.1/8 22", "10.0.0.0/8 was probably meant" },
	{ "allow 22 10.0.0.1", "'22' is not an IPv4 or IPv6 address" },
	{ "allow @ 22", "no name of a set" },
	{ "allow @a/b 22", "'a/b' is no name of a set" },
	{ "allow @a@b 22", "no name of a set" },
	{ "allow any 70000", "port 70000 is above 65535" },
	{ "allow any 22 80", "'80' is not expected there" },
	{ "allow any 22, 80", "'22, 80': a list has no blanks" },
	{ "allow any 22 ,80", "'22 ,80': a list has no blanks" },
	{ "allow any 22 on eth0, eth1", "'eth0, eth1': a list has no blanks" },
	{ "allow any 22 on eth0 ,eth1", "a list has no blanks" },
	{ "allow 10.0.0.1, 10.0.0.2 22", "a list has no blanks" },
	{ "allow any 22 on", "a value is missing behind 'on'" },
	{ "allow any 22 on eth0,", "interface name '' has no bytes" },
	{ "allow any 22 on \"\"", "has no bytes" },
	{ "allow any 22 on eth/0", "cannot be an interface" },
	{ "allow any 22 on eth0:1", "cannot be an interface" },
	{ "allow any 22 on ..", "cannot be an interface" },
	{ "allow any 22 on \"eth 0\"", "cannot be an interface" },
	{ "allow any 22 on 1234567890123456", "more than 15 bytes" },
	{ "allow any 22 comment", "a value is missing behind 'comment'" },
	{ "allow any 22 comment main office", "stands in quotes" },
	{ "allow any 22 comment x on eth0", "and last" },
	{ "allow any 22 on eth0 on eth1", "'on' is not expected there" },
	{ "interface", "a name is missing" },
	{ "interface .", "cannot be an interface" },
	{ "interface eth0 mode", "a value is missing behind 'mode'" },
	{ "interface eth0 mode fast", "none of auto, native, generic" },
	{ "interface eth0 audit mode native", "'mode' is not expected there" },
	{ "interface eth0 eth1", "'eth1' is not expected there" },
	{ "set", "a name is missing" },
	{ "set @office 192.0.2.1", "no name of a set" },
	{ "set \"\" 192.0.2.1", "no name of a set" },
	{ "set office 192.0.2.1/24", "192.0.2.0/24 was probably meant" },
	{ "set office 192.0.2.1,192.0.2.2", "not an IPv4 or IPv6 address" },
	{ "set office 192.0.2.1 file x", "'file' is not an IPv4" },
	{ "set office @other", "'@other' is not an IPv4" },
	{ "set cdn file", "a path is missing" },
	{ "set cdn file \"\"", "a path is missing" },
	{ "set cdn file a b", "'b' is not expected there" },
	{ "option", "a name is missing" },
	{ "option speed 1", "there is no option 'speed'" },
	{ "option ra", "option ra takes one value" },
	{ "option ra on off", "option ra takes one value" },
	{ "option ra yes", "option ra is 'on' or 'off', not 'yes'" },
	{ "option flows 0", "a number from 1 to 16777216" },
	{ "option flows 16777217", "a number from 1 to 16777216" },
	{ "option flows 99999999999", "a number from 1 to 16777216" },
	{ "option flows 010", "a number from 1 to 16777216" },
	{ "option flows -1", "a number from 1 to 16777216" },
	{ "option fragments 1k", "a number from 1 to 16777216" },
	{ "option ethertype 88b5", "no EtherType" },
	{ "option ethertype 0x", "no EtherType" },
	{ "option ethertype 0x88b5x", "no EtherType" },
	{ "option ethertype 0x188b5", "no EtherType" },
	{ "option ethertype 0xgggg", "no EtherType" },
	{ "option ethertype 0x0800", "is IP" },
	{ "option ethertype 0x86DD", "is IP" },
	{ "option ethertype 0x8100", "VLAN" },
	{ "option ethertype 0x88a8", "VLAN" },
	{ "option ethertype 0x05ff", "below 0x0600" },
	{ "option confirm soon", "'soon' is no duration" },
	{ "option open-on-stop yes", "'on' or 'off'" },
	{ "allow any 22 for", "a value is missing behind 'for'" },
	{ "allow any 22 for 2", "'2' is no duration" },
	{ "allow any 22 for 2w", "'2w' is no duration" },
	{ "allow any 22 for h", "'h' is no duration" },
	{ "allow any 22 for 99999999999999999999h", "is no duration" },
	{ "allow any 22 until tomorrow", "no timestamp of RFC 3339" },
	{ "allow any 22 until 2030-01-31T18:00:00", "no timestamp of RFC 3339" },
	{ "allow any 22 until 2030-01-31", "no timestamp of RFC 3339" },
	{ "allow host:-x 22", "names no host" },
	{ "allow host: 22", "names no host" },
	{ "allow host:a..b 22", "names no host" },
	{ "set x url", "stands an address" },
	{ "set x url ftp://192.0.2.1/x", "stands an address" },
	{ "set x url https://www.example.org/ yq .", "nothing, or jq" },
	{ "set x file y jq", "behind 'jq' stands one string" },
}, later[] = {
	{ "allow any 22 for 2h", "'for' is not in this version" },
	{ "allow any 22 on eth0 for 1h30m comment x", "'for' is not in this" },
	{ "deny any for 90s", "'for' is not in this version" },
	{ "allow any 22 until 2030-01-31T18:00:00Z", "'until' is not in this" },
	{ "allow any 22 until 2030-01-31t18:00:00.25+01:00", "'until' is not" },
	{ "allow any 22 until \"2030-01-31 18:00:00z\"", "'until' is not in" },
	{ "allow host:www.example.org 22", "'host:' is not in this version" },
	{ "set cdn url https://www.example.org/list.txt", "'url' is not in" },
	{ "set cdn url https://www.example.org/x jq .a", "'url' is not in" },
	{ "set cdn file x.json jq \".prefixes[].ip\"", "'jq' is not in this" },
	{ "option confirm 60s", "option confirm with a duration is not in" },
	{ "option open-on-stop on", "option open-on-stop on is not in this" },
};

static void test_refused(void **state)
{
	struct statement statement;
	struct error error;

	(void)state;
	for (size_t i = 0; i < COUNT(refused); i++) {
		if (!parse(&statement, refused[i].line, strlen(refused[i].line),
			   &error))
			fail_msg("'%s' was taken", refused[i].line);
		assert_int_equal(error.code, EXIT_USAGE);
		assert_says(&error, refused[i].says);
		assert_null(strstr(error.text, "this version"));
	}
}

static void test_later(void **state)
{
	struct statement statement;
	struct error error;

	(void)state;
	for (size_t i = 0; i < COUNT(later); i++) {
		if (!parse(&statement, later[i].line, strlen(later[i].line),
			   &error))
			fail_msg("'%s' was taken", later[i].line);
		assert_int_equal(error.code, EXIT_USAGE);
		assert_says(&error, later[i].says);
	}
}

/* `head`, then `fill` over and over, a megabyte in all. */
static int parse_long(struct statement *statement, const char *head,
		      const char *fill, struct error *error)
{
	enum { LENGTH = 1 << 20 };
	char *line = malloc(LENGTH);
	size_t at = strlen(head);
	int err;

	assert_non_null(line);
	memcpy(line, head, at);
	for (size_t i = 0; at < LENGTH; at++, i++)
		line[at] = fill[i % strlen(fill)];
	err = parse(statement, line, LENGTH, error);
	free(line);
	return err;
}

static void test_long(void **state)
{
	static const struct {
		const char *head, *fill, *says;
	} rows[] = {
		{ "", "a", "begins no statement" },
		{ "allow ", "1", "not an IPv4 or IPv6 address" },
		{ "allow @", "a", "longer than 63 bytes" },
		{ "allow any ", "1", "is above 65535" },
		{ "allow any ", "22-", "is no service" },
		{ "allow any 22 on ", "a", "more than 15 bytes" },
		{ "allow any 22 on ", "a,", "has no bytes" },
		{ "allow any 22 ", "a ", "too many words" },
		{ "allow any \"22 ", "#", "not closed" },
		{ "allow any 22 for ", "1", "no duration" },
		{ "allow any 22 until 2030-01-31T18:00:00.", "1", "no timestamp" },
		{ "allow host:", "a.", "names no host" },
		{ "set ", "a", "longer than 63 bytes" },
		{ "set x ", "192.0.2.1,", "not an IPv4 or IPv6 address" },
		{ "set x url ", "a", "stands an address" },
		{ "interface ", "a", "more than 15 bytes" },
		{ "interface eth0 mode ", "a", "none of auto" },
		{ "option ", "a", "there is no option" },
		{ "option flows ", "1", "a number from 1" },
		{ "option ethertype 0x", "1", "no EtherType" },
	};
	struct statement statement;
	struct error error;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		if (!parse_long(&statement, rows[i].head, rows[i].fill, &error))
			fail_msg("%s was taken", rows[i].head);
		assert_says(&error, rows[i].says);
	}
	assert_int_equal(parse_long(&statement, "allow any 22 comment ", "a",
				    &error), 0);
	assert_int_equal(strlen(statement.rule.comment), (1 << 20) - 21);
	statement_free(&statement);
	assert_int_equal(parse_long(&statement, "allow any 22 # ", "\xff\x01",
				    &error), 0);
	statement_free(&statement);
}

/* A set of a million members on one line takes less than a second. */
static void test_long_set(void **state)
{
	enum { MEMBERS = 1000000 };
	struct statement statement;
	struct error error;
	char *line = malloc(MEMBERS * 16 + 8), *at = stpcpy(line, "set x");
	double start;

	(void)state;
	for (int i = 0; i < MEMBERS; i++)
		at += sprintf(at, " 10.%d.%d.%d", i >> 16, i >> 8 & 255, i & 255);
	start = seconds();
	assert_int_equal(parse(&statement, line, (size_t)(at - line), &error),
			 0);
	assert_true(seconds() - start < 0.3 * SLOW);
	assert_int_equal(statement.set.n_members, MEMBERS);
	statement_free(&statement);
	free(line);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rules),
		cmocka_unit_test(test_places),
		cmocka_unit_test(test_interfaces),
		cmocka_unit_test(test_sets),
		cmocka_unit_test(test_options),
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_later),
		cmocka_unit_test(test_long),
		cmocka_unit_test(test_long_set),
	};

	return unit_main(tests);
}
