/* SPDX-License-Identifier: GPL-2.0-only */
/* Edits of a rules text: what changes, and that nothing else does by a byte. */
#include "unit.h"
#include "rulefile.h"

enum { NOTHING = 0, ABSENT = -ENOENT, REFUSED = -EINVAL };

struct row {
	const char *in;
	enum edit_verb verb;
	const char *what;	/* a rule; a set and members; an interface */
	int answer;		/* 1: `out` is the new text; else it is said */
	const char *out;
};

static struct statement statement_of(const char *line)
{
	struct statement statement;
	struct error error;

	if (statement_parse(&statement, line, strlen(line), &error))
		fail_msg("%s: %s", line, error.text);
	return statement;
}

/* The edit that a statement says; it points into the statement. */
static struct edit edit_of(enum edit_verb verb, const struct statement *said)
{
	struct edit edit = { .verb = verb };

	switch (said->kind) {
	case STATEMENT_RULE:
		edit.rule = said->rule;
		/* `deny SOURCE` alone: everything. */
		if (verb != EDIT_DENY && said->services_end == 0)
			edit.rule.services = NULL;
		break;
	case STATEMENT_SET:
		edit.set = said->set.name;
		edit.prefixes = said->set.members;
		edit.n_prefixes = said->set.n_members;
		break;
	default:
		edit.interface = said->interface;
	}
	return edit;
}

static int run(const char *in, size_t length, const struct edit *edit,
	       struct text *out, struct error *error)
{
	struct text text = { exact(in, length), length };
	struct ruleset ruleset;
	int err;

	if (ruleset_parse(&ruleset, "in", "/", text.bytes, length, error))
		fail_msg("'%s': %s", in, error->text);
	err = rulefile_edit(&text, &ruleset, edit, out, error);
	ruleset_free(&ruleset);
	text_free(&text);
	return err;
}

static void check_row(const struct row *row)
{
	struct statement said = statement_of(row->what);
	struct edit edit = edit_of(row->verb, &said);
	struct text out = { 0 };
	struct ruleset ruleset;
	struct error error = { 0 };
	int err = run(row->in, strlen(row->in), &edit, &out, &error);

	if (err != row->answer)
		fail_msg("'%s' %s: %d %s", row->in, row->what, err, error.text);
	if (err == 1) {
		assert_string_equal(out.bytes, row->out);
		assert_int_equal(out.length, strlen(row->out));
		assert_int_equal(ruleset_parse(&ruleset, "out", "/", out.bytes,
					       out.length, &error), 0);
		ruleset_free(&ruleset);
	} else {
		assert_null(out.bytes);
	}
	if (err < 0) {
		assert_int_equal(error.code, err == -ENOENT ? EXIT_ABSENT :
							      EXIT_USAGE);
		assert_says(&error, row->out);
	}
	text_free(&out);
	statement_free(&said);
}

static const struct row add[] = {
	{ "", EDIT_ALLOW, "allow 203.0.113.5 22", 1, "allow 203.0.113.5 22\n" },
	{ "# mine\n", EDIT_ALLOW, "allow any ssh comment \"a b\"", 1,
	  "# mine\nallow any 22/tcp comment \"a b\"\n" },
	{ "# mine", EDIT_ALLOW, "allow any 22", 1, "# mine\nallow any 22\n" },
	{ "# mine\r\n", EDIT_ALLOW, "allow any 22", 1,
	  "# mine\r\nallow any 22\r\n" },
	{ "# a\r\n# mine", EDIT_ALLOW, "allow any 22", 1,
	  "# a\r\n# mine\r\nallow any 22\r\n" },
	{ "\n\nset x\n\n", EDIT_DENY, "deny @x", 1, "\n\nset x\n\ndeny @x all\n" },
	{ "allow any 22\n", EDIT_ALLOW, "allow any 22", NOTHING, "" },
	{ "allow any 22 # x", EDIT_ALLOW, "allow any 22/tcp", NOTHING, "" },
	{ "allow any 22 comment a\n", EDIT_ALLOW, "allow any 22 comment b",
	  NOTHING, "" },
	{ "allow any 22/tcp\nallow any 22/udp\n", EDIT_ALLOW, "allow any 22",
	  NOTHING, "" },
	{ "allow any 20-25\nallow any 26-30\n", EDIT_ALLOW, "allow any 22-28",
	  NOTHING, "" },
	{ "allow any icmp\nallow any ipv6-icmp\n", EDIT_ALLOW, "allow any ping",
	  NOTHING, "" },
	{ "allow any all\n", EDIT_ALLOW, "allow any 22,ping,esp", NOTHING, "" },
	{ "allow any 22/tcp,80/udp\nallow any proto:6\n", EDIT_ALLOW,
	  "allow any proto:6,80/udp", NOTHING, "" },
	{ "allow any 22 on eth1,eth0\n", EDIT_ALLOW, "allow any 22 on eth0,eth1",
	  NOTHING, "" },
	{ "deny any 22\n", EDIT_DENY, "deny any 22", NOTHING, "" },
	{ "deny any\n", EDIT_DENY, "deny any 22", NOTHING, "" },
	/* Another source, interface or action is not the same. */
	{ "allow 10.0.0.0/8 22\n", EDIT_ALLOW, "allow 10.0.0.0/9 22", 1,
	  "allow 10.0.0.0/8 22\nallow 10.0.0.0/9 22\n" },
	{ "allow any 22\n", EDIT_ALLOW, "allow any 22 on eth0", 1,
	  "allow any 22\nallow any 22 on eth0\n" },
	{ "allow any 22 on eth0\n", EDIT_ALLOW, "allow any 22", 1,
	  "allow any 22 on eth0\nallow any 22\n" },
	{ "deny any 22\n", EDIT_ALLOW, "allow any 22", 1,
	  "deny any 22\nallow any 22\n" },
	{ "allow any 22-25\n", EDIT_ALLOW, "allow any 25-26", 1,
	  "allow any 22-25\nallow any 25-26\n" },
};

static const struct row revoke[] = {
	{ "allow any 22\n", EDIT_REVOKE, "allow any 22", 1, "" },
	{ "allow any 22", EDIT_REVOKE, "deny any", 1, "" },
	{ "# a\nallow any 22 # b\n# c\n", EDIT_REVOKE, "allow any 22", 1,
	  "# a\n# c\n" },
	{ "# a\r\nallow any 22\r\n\r\n", EDIT_REVOKE, "allow any 22", 1,
	  "# a\r\n\r\n" },
	{ "allow any 22\nallow any 80", EDIT_REVOKE, "allow any 80", 1,
	  "allow any 22\n" },
	/* The list is rewritten where it stands, in its owner's words. */
	{ "  allow\tany  22,80,443   on eth0  # x\r\n", EDIT_REVOKE,
	  "allow any 80 on eth0", 1,
	  "  allow\tany  22,443   on eth0  # x\r\n" },
	{ "allow any ssh,domain,8000-8100 comment x\n", EDIT_REVOKE,
	  "allow any 8050/tcp", 1,
	  "allow any ssh,domain,8000-8049/tcp,8000-8100/udp,8051-8100/tcp comment x\n" },
	{ "allow any ssh,domain", EDIT_REVOKE, "allow any 53/tcp", 1,
	  "allow any ssh,53/udp" },
	{ "allow any \"22,80\" # q\n", EDIT_REVOKE, "allow any 80", 1,
	  "allow any 22 # q\n" },
	{ "allow any 20-25\n", EDIT_REVOKE, "allow any 22", 1,
	  "allow any 20-21,23-25\n" },
	{ "allow any 20-25\n", EDIT_REVOKE, "allow any 1-20,25-65535", 1,
	  "allow any 21-24\n" },
	{ "allow any 1-65535\n", EDIT_REVOKE, "allow any 1,65535", 1,
	  "allow any 2-65534\n" },
	{ "allow any 22\n", EDIT_REVOKE, "allow any 22/udp", 1,
	  "allow any 22/tcp\n" },
	{ "allow any 22,esp,ping\n", EDIT_REVOKE, "allow any esp", 1,
	  "allow any 22,ping\n" },
	{ "allow any 22,esp,ping\n", EDIT_REVOKE, "allow any proto:6,ping", 1,
	  "allow any 22/udp,esp\n" },
	{ "allow any all\n", EDIT_REVOKE, "allow any all", 1, "" },
	{ "allow any all\n", EDIT_REVOKE, "deny any", 1, "" },
	{ "allow any 22,ping\n", EDIT_REVOKE, "allow any all", 1, "" },
	/* Every line of that source and `on`, doubles too, and no other. */
	{ "allow any 22\nallow any 22\nallow any 22,80\nallow any 20-30\n",
	  EDIT_REVOKE, "allow any 22", 1, "allow any 80\nallow any 20-21,23-30\n" },
	{ "allow 10.0.0.0/8 22\nallow 10.0.0.0/9 22\nallow any 22\n"
	  "allow 10.0.0.0/8 22 on eth0\ndeny 10.0.0.0/8 22\n", EDIT_REVOKE,
	  "allow 10.0.0.0/8 22", 1,
	  "allow 10.0.0.0/9 22\nallow any 22\nallow 10.0.0.0/8 22 on eth0\n"
	  "deny 10.0.0.0/8 22\n" },
	{ "set x 192.0.2.1\nallow @x 22\nallow @x 80\n", EDIT_REVOKE,
	  "allow @x 22", 1, "set x 192.0.2.1\nallow @x 80\n" },
	{ "\"allow\" any 22\n", EDIT_REVOKE, "allow any 22", 1, "" },
	{ "allow 2001:DB8:0::/32 22 on b,a\n", EDIT_REVOKE,
	  "allow 2001:db8::/32 22 on a,b", 1, "" },
	/* Nothing to take. */
	{ "", EDIT_REVOKE, "allow any 22", ABSENT,
	  "no allow rule of exactly any names 22" },
	{ "allow any 22\n", EDIT_REVOKE, "allow any 23", ABSENT, "names 23" },
	{ "allow any 22\n", EDIT_REVOKE, "allow 10.0.0.0/8 22", ABSENT,
	  "exactly 10.0.0.0/8 names 22" },
	{ "allow any 22\n", EDIT_REVOKE, "allow any 22 on eth0", ABSENT,
	  "exactly any on eth0 names 22" },
	{ "deny any 22\n", EDIT_REVOKE, "allow any 22", ABSENT, "no allow rule" },
	{ "allow any 22\n", EDIT_REVOKE_DENY, "deny any 22", ABSENT,
	  "no deny rule" },
	{ "allow any 22\n", EDIT_REVOKE, "deny 192.0.2.1", ABSENT,
	  "names anything" },
	/* What the language cannot say is refused whole. */
	{ "allow 192.0.2.1 all\n", EDIT_REVOKE, "allow 192.0.2.1 22", REFUSED,
	  "line 1: 22/tcp cannot be taken out of 'all': 'deny 192.0.2.1 22' closes it" },
	{ "allow any 22\n\nallow any all on eth0\nallow any 22 on eth0\n",
	  EDIT_REVOKE, "allow any 22/udp,ping on eth0", REFUSED,
	  "line 3: 22/udp cannot be taken out of 'all': 'deny any 22/udp,ping on eth0' closes it" },
	{ "allow any proto:6\n", EDIT_REVOKE, "allow any 22/tcp", REFUSED,
	  "'deny any 22/tcp' closes it" },
	{ "allow any 22,icmp\n", EDIT_REVOKE, "allow any 22,ping", REFUSED,
	  "ping cannot be taken out of 'icmp'" },
	{ "deny any\n", EDIT_REVOKE_DENY, "deny any 22", REFUSED,
	  "line 1: 22/tcp cannot be taken out of 'all': revoke that deny" },
	/* Taking back a deny. */
	{ "deny any # x\nallow any 22\n", EDIT_REVOKE_DENY, "deny any", 1,
	  "allow any 22\n" },
	{ "deny any\n", EDIT_REVOKE_DENY, "deny any all", 1, "" },
	{ "deny any 22,80 on eth0\n", EDIT_REVOKE_DENY, "deny any 22 on eth0", 1,
	  "deny any 80 on eth0\n" },
};

static const struct row sets[] = {
	{ "set x 192.0.2.1\n", EDIT_SET_ADD, "set x 192.0.2.2", 1,
	  "set x 192.0.2.1 192.0.2.2\n" },
	{ "set x", EDIT_SET_ADD, "set x 192.0.2.2 192.0.2.1", 1,
	  "set x 192.0.2.1 192.0.2.2" },
	{ "set y\n set\tx  192.0.2.1   # c\r\nset z\n", EDIT_SET_ADD,
	  "set x 2001:db8::/32", 1,
	  "set y\n set\tx  192.0.2.1 2001:db8::/32   # c\r\nset z\n" },
	{ "set x 192.0.2.1/32\n", EDIT_SET_ADD, "set x 192.0.2.1", NOTHING, "" },
	{ "set x 192.0.2.1\n", EDIT_SET_ADD, "set x 192.0.2.1 192.0.2.2 192.0.2.2",
	  1, "set x 192.0.2.1 192.0.2.2\n" },
	/* A member within a member is one of its own. */
	{ "set x 192.0.2.0/24\n", EDIT_SET_ADD, "set x 192.0.2.1", 1,
	  "set x 192.0.2.0/24 192.0.2.1\n" },
	{ "set x 192.0.2.1\n", EDIT_SET_ADD, "set y 192.0.2.2", ABSENT,
	  "there is no set y" },
	{ "set x file a/b.txt\n", EDIT_SET_ADD, "set x 192.0.2.2", REFUSED,
	  "kept in a file: edit a/b.txt" },
	{ "set x file a/b.txt\n", EDIT_SET_DEL, "set x 192.0.2.2", REFUSED,
	  "kept in a file: edit a/b.txt" },
	{ "set x 192.0.2.1 192.0.2.2\n", EDIT_SET_DEL, "set x 192.0.2.1", 1,
	  "set x 192.0.2.2\n" },
	{ "set x 192.0.2.1  192.0.2.2 # c", EDIT_SET_DEL, "set x 192.0.2.2", 1,
	  "set x 192.0.2.1 # c" },
	{ "set x 192.0.2.1\r\n", EDIT_SET_DEL, "set x 192.0.2.1", 1,
	  "set x\r\n" },
	{ "set x 10.0.0.0/8 192.0.2.1/32 2001:DB8:0::1 192.0.2.1\n", EDIT_SET_DEL,
	  "set x 192.0.2.1 2001:db8::1 192.0.2.9", 1, "set x 10.0.0.0/8\n" },
	{ "set x 192.0.2.1\n", EDIT_SET_DEL, "set x 192.0.2.2", ABSENT,
	  "set x has no such member" },
	{ "set x 192.0.2.0/24\n", EDIT_SET_DEL, "set x 192.0.2.1", ABSENT,
	  "set x has no such member" },
	{ "allow any 22\n", EDIT_SET_DEL, "set x 192.0.2.2", ABSENT,
	  "there is no set x" },
	{ "set x \"192.0.2.1\" 192.0.2.2\n", EDIT_SET_DEL, "set x 192.0.2.1", 1,
	  "set x 192.0.2.2\n" },
};

static const struct row interfaces[] = {
	{ "", EDIT_INTERFACE_ADD, "interface eth0", 1, "interface eth0\n" },
	{ "allow any 22", EDIT_INTERFACE_ADD, "interface eth0 audit", 1,
	  "allow any 22\ninterface eth0 audit\n" },
	{ "interface eth0\n\nallow any 22\n", EDIT_INTERFACE_ADD,
	  "interface eth1 mode generic", 1,
	  "interface eth0\ninterface eth1 mode generic\n\nallow any 22\n" },
	{ "# a\r\ninterface eth0", EDIT_INTERFACE_ADD, "interface eth1", 1,
	  "# a\r\ninterface eth0\r\ninterface eth1\r\n" },
	{ "interface eth0\n", EDIT_INTERFACE_ADD, "interface eth0", NOTHING, "" },
	{ "interface eth0 mode auto\n", EDIT_INTERFACE_ADD, "interface eth0",
	  NOTHING, "" },
	{ "interface eth1\n \tinterface eth0 mode native  # c\r\n# d\n",
	  EDIT_INTERFACE_ADD, "interface eth0 audit", 1,
	  "interface eth1\n \tinterface eth0 audit  # c\r\n# d\n" },
	{ "interface eth0 # c\ninterface eth1\n", EDIT_INTERFACE_DEL,
	  "interface eth0", 1, "interface eth1\n" },
	{ "interface eth0 audit", EDIT_INTERFACE_DEL, "interface eth0", 1, "" },
	{ "# interface eth1\ninterface eth0\n", EDIT_INTERFACE_DEL,
	  "interface eth1", ABSENT, "there is no line 'interface eth1'" },
};

static void check_rows(const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++)
		check_row(&rows[i]);
}

static void test_add(void **state)
{
	(void)state;
	check_rows(add, COUNT(add));
}

static void test_revoke(void **state)
{
	(void)state;
	check_rows(revoke, COUNT(revoke));
}

static void test_sets(void **state)
{
	(void)state;
	check_rows(sets, COUNT(sets));
}

static void test_interfaces(void **state)
{
	(void)state;
	check_rows(interfaces, COUNT(interfaces));
}

/* Bytes that are no text stand in comments, and stay. */
static void test_any_bytes(void **state)
{
	static const char in[] = "# \xff\x01\x1b\nallow any 22,80 # \xfe\r\n#\r";
	static const char expected[] = "# \xff\x01\x1b\nallow any 80 # \xfe\r\n#\r";
	struct statement said = statement_of("allow any 22");
	struct edit edit = edit_of(EDIT_REVOKE, &said);
	struct text out = { 0 };
	struct error error;

	(void)state;
	assert_int_equal(run(in, sizeof(in) - 1, &edit, &out, &error), 1);
	assert_int_equal(out.length, sizeof(expected) - 1);
	assert_memory_equal(out.bytes, expected, sizeof(expected));
	text_free(&out);
	statement_free(&said);
}

/* Every line but the one that is meant keeps its bytes, in 10,000 of all
 * kinds. */
static void test_many_lines(void **state)
{
	enum { LINES = 10000, MIDDLE = 5000 };
	struct statement said = statement_of("allow 10.0.19.136 22");
	struct edit edit = edit_of(EDIT_REVOKE, &said);
	char *in = malloc(LINES * 80), *at = in, *cut = NULL;
	struct text text, out = { 0 };
	struct ruleset ruleset;
	struct error error;
	double start;

	(void)state;
	for (int i = 0; i < LINES; i++) {
		if (i == MIDDLE)
			cut = at;
		at += sprintf(at, "%sallow 10.0.%d.%d %s22%s%s", i % 3 ? "" : "\t",
			      i >> 8, i & 255, i == MIDDLE ? "" : "21-",
			      i % 5 ? "" : " # comment", i % 7 ? "\n" : "\r\n");
	}
	text = (struct text){ in, (size_t)(at - in) };
	assert_int_equal(ruleset_parse(&ruleset, "in", "/", in, text.length,
				       &error), 0);
	start = seconds();
	assert_int_equal(rulefile_edit(&text, &ruleset, &edit, &out, &error),
			 1);
	printf("# 10,000 lines: %.4f s\n", seconds() - start);
	assert_true(seconds() - start < 0.02 * SLOW);
	at = strchr(cut, '\n') + 1;
	assert_int_equal(out.length, text.length - (size_t)(at - cut));
	assert_memory_equal(out.bytes, in, (size_t)(cut - in));
	assert_string_equal(out.bytes + (cut - in), at);
	text_free(&out);
	ruleset_free(&ruleset);
	statement_free(&said);
	free(in);
}

/* 100,000 members in, every second out again. */
static void test_many_members(void **state)
{
	enum { MEMBERS = 100000 };
	struct prefix *prefixes = calloc(MEMBERS, sizeof(*prefixes));
	struct edit edit = { .verb = EDIT_SET_ADD, .set = "x" };
	struct text full = { 0 }, half = { 0 };
	struct ruleset ruleset;
	struct error error;
	double start = seconds();

	(void)state;
	for (int i = 0; i < MEMBERS; i++) {
		prefixes[i] = (struct prefix){ .family = 2, .len = 32 };
		prefixes[i].addr[0] = 10;
		prefixes[i].addr[1] = (uint8_t)(i >> 16);
		prefixes[i].addr[2] = (uint8_t)(i >> 8);
		prefixes[i].addr[3] = (uint8_t)i;
	}
	edit.prefixes = prefixes;
	edit.n_prefixes = MEMBERS;
	assert_int_equal(run("set x # c\n", 10, &edit, &full, &error), 1);
	for (int i = 0; i < MEMBERS / 2; i++)
		prefixes[i] = prefixes[2 * i];
	edit.n_prefixes = MEMBERS / 2;
	edit.verb = EDIT_SET_DEL;
	assert_int_equal(run(full.bytes, full.length, &edit, &half, &error), 1);
	assert_true(seconds() - start < 0.3 * SLOW);
	assert_int_equal(ruleset_parse(&ruleset, "in", "/", half.bytes,
				       half.length, &error), 0);
	assert_int_equal(ruleset.sets[0].n_members, MEMBERS / 2);
	for (int i = 0; i < MEMBERS / 2; i++)
		assert_int_equal(ruleset.sets[0].members[i].addr[3],
				 (2 * i + 1) & 255);
	assert_string_equal(half.bytes + half.length - 5, " # c\n");
	ruleset_free(&ruleset);
	text_free(&full);
	text_free(&half);
	free(prefixes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_add),
		cmocka_unit_test(test_revoke),
		cmocka_unit_test(test_sets),
		cmocka_unit_test(test_interfaces),
		cmocka_unit_test(test_any_bytes),
		cmocka_unit_test(test_many_lines),
		cmocka_unit_test(test_many_members),
	};

	return unit_main(tests);
}
