/* SPDX-License-Identifier: GPL-2.0-only */
/* The lockout guard's question, and which rules can speak of the same
 * packet. */
#include "unit.h"
#include "guard.h"
#include "sources.h"

static void parse(struct ruleset *rules, const char *text)
{
	struct error error;

	if (ruleset_parse(rules, "rules", "/", text, strlen(text), &error))
		fail_msg("%s: %s", text, error.text);
}

static void test_session(void **state)
{
	static const struct {
		const char *text;
		bool good;
	} rows[] = {
		{ "192.0.2.9 50000 192.0.2.1 22", true },
		{ "2001:db8::9 50000 2001:db8::1 2222", true },
		{ "fe80::9%eth0 50000 fe80::1%eth0 22", true },
		{ "192.0.2.9 50000 192.0.2.1 65535", true },
		{ "192.0.2.9 50000 192.0.2.1 65536", false },
		{ "192.0.2.9 50000 192.0.2.1 0", false },
		{ "192.0.2.9 50000 192.0.2.1", false },
		{ "192.0.2.0/24 50000 192.0.2.1 22", false },
		{ "UNKNOWN 65535 UNKNOWN 65535", false },
		{ "", false },
	};
	struct guard_session session;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		if (guard_parse(&session, rows[i].text) != rows[i].good)
			fail_msg("%s", rows[i].text);
}

/* From 192.0.2.9 to port 22, through eth0. */
static void test_passes(void **state)
{
	static const struct {
		const char *text;
		bool passes;
		bool denied;
	} rows[] = {
		{ "", false, false },
		{ "allow 192.0.2.9 22", true, false },
		{ "allow 192.0.2.0/24 20-25/tcp", true, false },
		{ "allow any all", true, false },
		{ "allow 192.0.2.9 proto:6", true, false },
		{ "allow 192.0.2.9 22/udp", false, false },
		{ "allow 192.0.2.9 23", false, false },
		{ "allow 192.0.2.8 22", false, false },
		{ "allow 192.0.2.9 22 on eth0,eth1", true, false },
		{ "allow 192.0.2.9 22 on eth1", false, false },
		{ "set a 192.0.2.8/31\nallow @a 22", true, false },
		{ "set a 192.0.2.0/29\nallow @a 22", false, false },
		{ "allow any 22\ndeny 192.0.2.0/24", false, true },
		{ "deny 192.0.2.0/24 22/tcp\nallow 192.0.2.9 all", false, true },
		{ "allow any 22\ndeny any 22 on eth1", true, false },
		{ "allow any 22\ndeny 192.0.2.9 22/udp", true, false },
		/* Whoever asks knows what audit means to him. */
		{ "interface eth0 audit", false, false },
		{ "interface eth0 audit\ndeny any", false, true },
	};
	struct guard_session session;

	(void)state;
	assert_true(guard_parse(&session, "192.0.2.9 50000 192.0.2.1 22"));
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct rule *denied;
		struct ruleset rules;
		bool passes;

		parse(&rules, rows[i].text);
		passes = guard_passes(&rules, &session, "eth0", &denied);
		if (passes != rows[i].passes || !denied == rows[i].denied)
			fail_msg("%s", rows[i].text);
		ruleset_free(&rules);
	}
}

/* Whether the first two rules of a text overlap, asked both ways. */
static void test_overlap(void **state)
{
	static const struct {
		const char *text;
		bool overlap;
	} rows[] = {
		{ "allow 192.0.2.0/24 22\ndeny 192.0.2.9 20-30", true },
		{ "allow 192.0.2.0/24 22\ndeny 192.0.3.0/24 22", false },
		{ "allow 192.0.2.0/24 22\ndeny 192.0.2.9 23", false },
		{ "allow 192.0.2.0/24 22\ndeny any 22", true },
		{ "allow 192.0.2.0/24 22\ndeny 2001:db8::/32 22", false },
		{ "allow any 22 on eth0\ndeny any 22 on eth1", false },
		{ "allow any 22 on eth0,eth1\ndeny any 22 on eth1,eth2", true },
		{ "allow any 22 on eth0\ndeny any", true },
		{ "set a 192.0.2.1 198.51.100.0/24\n"
		  "allow @a 22\ndeny 198.51.100.7 22", true },
		{ "set a 192.0.2.1 198.51.100.0/24\n"
		  "allow @a 22\ndeny 198.51.0.0/16 22", true },
		{ "set a 192.0.2.1 198.51.100.0/24\n"
		  "allow @a 22\ndeny 203.0.113.0/24 22", false },
		{ "set a 192.0.2.0/25 198.51.100.1\n"
		  "set b 192.0.1.0/24 192.0.2.128/25 198.51.100.0/30\n"
		  "allow @a 22\ndeny @b 22", true },
		{ "set a 192.0.2.0/25 198.51.100.4\n"
		  "set b 192.0.1.0/24 192.0.2.128/25 198.51.100.0/30\n"
		  "allow @a 22\ndeny @b 22", false },
		{ "set a\nallow @a 22\ndeny @a 22", true },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct rule *a, *b;
		struct ruleset rules;

		parse(&rules, rows[i].text);
		a = &rules.rules[0];
		b = &rules.rules[1];
		if (rules_overlap(&rules, a, b) != rows[i].overlap ||
		    rules_overlap(&rules, b, a) != rows[i].overlap)
			fail_msg("%s", rows[i].text);
		ruleset_free(&rules);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_session),
		cmocka_unit_test(test_passes),
		cmocka_unit_test(test_overlap),
	};

	return unit_main(tests);
}
