/* SPDX-License-Identifier: GPL-2.0-only */
/* Names of rules, frozen, and when their parts are the same. */
#include "unit.h"
#include "rule.h"

static struct rule rule_of(const char *line)
{
	struct statement statement;
	struct error error;

	if (statement_parse(&statement, line, strlen(line), &error))
		fail_msg("%s: %s", line, error.text);
	assert_int_equal(statement.kind, STATEMENT_RULE);
	return statement.rule;
}

static void rule_free(struct rule *rule)
{
	free(rule->services);
	free(rule->on);
	free(rule->comment);
}

/* Counters and those who keep ids live longer than a version: these never
 * change. They are `printf %s 'allow 203.0.113.5/32 22/tcp,22/udp' |
 * sha256sum`. */
static void test_id_is_frozen(void **state)
{
	static const struct {
		const char *line, *id;
	} rows[] = {
		/* allow 203.0.113.5/32 22/tcp,22/udp */
		{ "allow 203.0.113.5 22", "400deed92a678e62" },
		/* allow 203.0.113.5/32 22/tcp,22/udp on eth0,eth1 */
		{ "allow 203.0.113.5 22 on eth1,eth0", "082ff55e872db5fe" },
		/* deny any all */
		{ "deny any", "5ba67467e0b6b891" },
		/* allow @office 443/tcp,443/udp,ping */
		{ "allow @office ping,443", "b9f314751881e725" },
		/* deny 2001:db8::/32 20-25/tcp,20-25/udp,esp,proto:99 on wg0 */
		{ "deny 2001:DB8::/32 proto:99,esp,20-25 on wg0", "e1e57c38eb3e7f6a" },
		/* allow 0.0.0.0/0 5/sctp */
		{ "allow 0.0.0.0/0 5/sctp", "8d2ce8cc81b4f01c" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct rule rule = rule_of(rows[i].line);
		char id[17];

		snprintf(id, sizeof(id), "%016llx",
			 (unsigned long long)rule_id(&rule));
		assert_string_equal(id, rows[i].id);
		rule_free(&rule);
	}
}

/* However it was typed, the same rule has the same name; another has
 * another. */
static void test_id_is_of_the_meaning(void **state)
{
	static const char *const same[] = {
		"allow 203.0.113.5 22 on eth0,eth1",
		"allow 203.0.113.5/32 22/udp,22/tcp on eth1,eth0,eth0",
		"allow 203.0.113.5/32 22,22/tcp on eth0,eth1 comment x # y",
	};
	static const char *const other[] = {
		"deny 203.0.113.5 22 on eth0,eth1",
		"allow 203.0.113.6 22 on eth0,eth1",
		"allow 203.0.113.4/31 22 on eth0,eth1",
		"allow any 22 on eth0,eth1",
		"allow @203.0.113.5 22 on eth0,eth1",
		"allow 203.0.113.5 22/tcp on eth0,eth1",
		"allow 203.0.113.5 22-23 on eth0,eth1",
		"allow 203.0.113.5 22 on eth0",
		"allow 203.0.113.5 22",
	};
	struct rule first = rule_of(same[0]);

	(void)state;
	for (size_t i = 0; i < COUNT(same); i++) {
		struct rule rule = rule_of(same[i]);

		assert_int_equal(rule_id(&rule), rule_id(&first));
		assert_true(rule_equal(&rule, &first));
		assert_int_equal(rule_hash(&rule), rule_hash(&first));
		assert_true(source_equal(&rule.source, &first.source));
		assert_true(interfaces_equal(rule.on, first.on));
		rule_free(&rule);
	}
	for (size_t i = 0; i < COUNT(other); i++) {
		struct rule rule = rule_of(other[i]);

		assert_int_not_equal(rule_id(&rule), rule_id(&first));
		assert_false(rule_equal(&rule, &first));
		assert_int_not_equal(rule_hash(&rule), rule_hash(&first));
		rule_free(&rule);
	}
	rule_free(&first);
}

static void test_equal(void **state)
{
	struct rule a = rule_of("allow 192.0.2.1 22 on eth0");
	struct rule b = rule_of("allow any 22 on eth0,eth1");
	struct rule c = rule_of("allow @x 22");
	struct rule d = rule_of("allow @y 22");

	(void)state;
	assert_true(source_equal(&b.source, &b.source));
	assert_true(source_equal(&c.source, &c.source));
	assert_false(source_equal(&c.source, &d.source));
	assert_false(source_equal(&a.source, &b.source));
	assert_false(source_equal(&b.source, &c.source));
	assert_true(interfaces_equal(c.on, d.on));
	assert_false(interfaces_equal(a.on, c.on));
	assert_false(interfaces_equal(c.on, a.on));
	assert_false(interfaces_equal(a.on, b.on));
	rule_free(&a);
	rule_free(&b);
	rule_free(&c);
	rule_free(&d);
}

static void test_source_format(void **state)
{
	static const char *const rows[] = {
		"192.0.2.1", "192.0.2.0/24", "2001:db8::/32", "any", "@office",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		char line[100], *text;
		struct rule rule;

		snprintf(line, sizeof(line), "allow %s 22", rows[i]);
		rule = rule_of(line);
		text = source_format(&rule.source);
		assert_string_equal(text, rows[i]);
		free(text);
		rule_free(&rule);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_id_is_frozen),
		cmocka_unit_test(test_id_is_of_the_meaning),
		cmocka_unit_test(test_equal),
		cmocka_unit_test(test_source_format),
	};

	return unit_main(tests);
}
