/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The language as a whole: random rulesets go out and in and out without
 * change; random damage to valid files never crashes, and either parses or is
 * refused with the line; random edits do to a text what they say. The seed is
 * printed, XDPWL_SEED repeats a run.
 */
#include "unit.h"
#include "rulefile.h"
#include "service_list.h"

enum { ROUNDS = 2000, MUTATIONS = 20000, EDITS = 5000 };

static uint64_t seed;

static uint32_t below(uint32_t n)
{
	return random_below(&seed, n);
}

static const char *one_of(const char *const *words, uint32_t n)
{
	return words[below(n)];
}

#define ONE_OF(words) one_of(words, COUNT(words))

/* ---- random statements ---- */

static void put_prefix(FILE *out)
{
	struct prefix prefix = { .family = below(2) ? 2 : 10 };
	uint32_t bytes = prefix.family == 2 ? 4 : 16;
	char text[PREFIX_TEXT_SIZE];

	prefix.len = (uint8_t)below(bytes * 8 + 1);
	for (uint32_t bit = 0; bit < prefix.len; bit++) {
		if (below(bit < 20 ? 4 : 2) == 0)
			prefix.addr[bit / 8] |= (uint8_t)(0x80 >> bit % 8);
	}
	/* Within ::ffff:0:0/96 an IPv6 prefix is refused. */
	prefix.addr[0] |= prefix.len >= 96 && bytes == 16 ? 0x20 : 0;
	prefix_format(&prefix, below(2), text);
	fputs(text, out);
}

static void put_services(FILE *out)
{
	static const char *const words[] = {
		"all", "ping", "esp", "gre", "icmp", "ipv6-icmp", "sctp",
		"proto:6", "proto:99", "ssh", "domain", "domain/udp",
	};
	static const char *const protos[] = {
		"", "", "", "/tcp", "/udp", "/sctp", "/dccp", "/udplite",
	};
	uint32_t n = below(5) + 1;

	for (uint32_t i = 0; i < n; i++) {
		uint32_t first = below(65535) + 1;

		if (below(4) == 0)
			fputs(ONE_OF(words), out);
		else if (below(2))
			fprintf(out, "%u%s", below(30) + 1, ONE_OF(protos));
		else
			fprintf(out, "%u-%u%s", first,
				first + below(65536 - first), ONE_OF(protos));
		if (i + 1 < n)
			putc(',', out);
	}
}

static const char *const names[] = { "eth0", "eth1", "wg0", "br-lan", "a.b" };
static const char *const set_names[] = { "office", "cdn", "A-b_c.9", "x" };
static const char *const comments[] = {
	"", " comment x", " comment \"main office\"", " comment \"a \\\"b\\\" \\\\\"",
	" comment \"#1\" # not this", " # \xff", "\t comment caf\xc3\xa9",
};

static void put_rule(FILE *out)
{
	uint32_t kind = below(8);

	fputs(below(3) ? "allow " : "deny ", out);
	if (kind == 0)
		fputs("any", out);
	else if (kind == 1)
		fprintf(out, "@%s", ONE_OF(set_names));
	else
		put_prefix(out);
	putc(' ', out);
	put_services(out);
	if (below(3) == 0) {
		fprintf(out, " on %s", ONE_OF(names));
		if (below(2))
			fprintf(out, ",%s", ONE_OF(names));
	}
	fputs(ONE_OF(comments), out);
}

static void put_set(FILE *out, const char *name)
{
	uint32_t n = below(5);

	fprintf(out, "set %s", name);
	if (n == 4)
		fputs(" file \"lists/my list.txt\"", out);
	for (uint32_t i = 0; n < 4 && i < n; i++) {
		putc(' ', out);
		put_prefix(out);
	}
}

/* The rest of a file, around its rules: what may stand once. */
static void put_settings(FILE *out, const char *newline)
{
	static const char *const options[] = {
		"option ra off", "option class-e on", "option flows 4096",
		"option fragments 77", "option confirm off",
		"option ethertype 0x88b5", "option ethertype 0xabcd",
	};
	static const char *const modes[] = {
		"", " mode native", " mode generic audit", " audit",
	};

	for (size_t i = 0; i < COUNT(options); i++) {
		if (below(3) == 0)
			fprintf(out, "%s%s", options[i], newline);
	}
	for (size_t i = 0; i < COUNT(names); i++) {
		if (below(3) == 0)
			fprintf(out, "interface %s%s%s", names[i],
				ONE_OF(modes), newline);
	}
	for (size_t i = 0; i < COUNT(set_names); i++) {
		put_set(out, set_names[i]);
		fputs(newline, out);
	}
}

static struct text random_text(void)
{
	const char *newline = below(4) ? "\n" : "\r\n";
	struct text text;
	FILE *out = open_memstream(&text.bytes, &text.length);
	uint32_t rules = below(20);

	assert_non_null(out);
	put_settings(out, newline);
	for (uint32_t i = 0; i < rules; i++) {
		put_rule(out);
		if (i + 1 < rules || below(2))
			fputs(newline, out);
		if (below(5) == 0)
			fprintf(out, "  # a comment%s", newline);
	}
	fclose(out);
	return text;
}

static int parse(struct ruleset *ruleset, const struct text *text,
		 struct error *error)
{
	char *copy = exact(text->bytes, text->length);
	int err = ruleset_parse(ruleset, "x.rules", "/etc/xdpwl", copy,
				text->length, error);

	free(copy);
	return err;
}

static struct ruleset ruleset_of(const struct text *text)
{
	struct ruleset ruleset;
	struct error error;

	if (parse(&ruleset, text, &error))
		fail_msg("%s\n%s", error.text, text->bytes);
	return ruleset;
}

static struct text written(const struct ruleset *ruleset)
{
	struct text text;
	FILE *out = open_memstream(&text.bytes, &text.length);

	assert_int_equal(ruleset_write(ruleset, out, NULL, NULL), 0);
	fclose(out);
	return text;
}

/* ---- the properties ---- */

static void test_round_trip(void **state)
{
	(void)state;
	for (int round = 0; round < ROUNDS; round++) {
		struct text text = random_text(), one, two;
		struct ruleset first = ruleset_of(&text), second;

		one = written(&first);
		second = ruleset_of(&one);
		two = written(&second);
		assert_string_equal(one.bytes, two.bytes);
		assert_int_equal(first.n_rules, second.n_rules);
		for (size_t i = 0; i < first.n_rules; i++) {
			const struct rule *a = &first.rules[i];
			const struct rule *b = &second.rules[i];

			assert_true(rule_equal(a, b));
			assert_true(services_equal(a->services, b->services));
			assert_int_equal(!a->comment, !b->comment);
			if (a->comment)
				assert_string_equal(a->comment, b->comment);
		}
		ruleset_free(&first);
		ruleset_free(&second);
		text_free(&text);
		text_free(&one);
		text_free(&two);
	}
}

static void mutate(struct text *text)
{
	static const char *const pieces[] = {
		"\n", "\r", "\"", "\\", "#", ",", "/", "-", ":", "@", " on ",
		" for 2h", " comment ", "set ", "allow ", "99999999999", "0", "%",
		"::ffff:", "\xff", "\xef\xbb\xbf", "host:", " file ", "proto:",
	};
	uint32_t n = below(8) ? 1 : 4;

	for (uint32_t i = 0; i < n; i++) {
		uint32_t at = below((uint32_t)text->length + 1);
		uint32_t left = (uint32_t)text->length - at;
		uint32_t cut = below(4) ? 0 : below(left < 40 ? left + 1 : 40);
		const char *piece = below(3) ? ONE_OF(pieces) : "";
		size_t length = strlen(piece);
		char *bytes = malloc(text->length + length + 1);

		memcpy(bytes, text->bytes, at);
		memcpy(bytes + at, piece, length);
		memcpy(bytes + at + length, text->bytes + at + cut, left - cut);
		free(text->bytes);
		text->bytes = bytes;
		text->length += length - cut;
		if (text->length > 0 && below(4) == 0)
			bytes[below((uint32_t)text->length)] = (char)below(256);
		bytes[text->length] = '\0';
	}
}

/* A refusal is one line: x.rules, a number of a line that is there, a
 * reason. */
static void check_refusal(const struct error *error, const struct text *text)
{
	unsigned long line, lines = 1;
	char *end;

	assert_int_equal(error->code, EXIT_USAGE);
	assert_int_equal(strncmp(error->text, "x.rules:", 8), 0);
	line = strtoul(error->text + 8, &end, 10);
	for (size_t i = 0; i < text->length; i++)
		lines += text->bytes[i] == '\n';
	assert_in_range(line, 1, lines);
	assert_int_equal(strncmp(end, ": ", 2), 0);
	assert_true(strlen(end) > 5);
	for (const char *c = error->text; *c; c++)
		assert_true((unsigned char)*c >= ' ' && *c != 0x7f);
}

static void test_damage(void **state)
{
	struct text original = random_text();
	int refused = 0;

	(void)state;
	for (int round = 0; round < MUTATIONS; round++) {
		struct text text = original;
		struct ruleset ruleset;
		struct error error = { 0 };

		text.bytes = exact(original.bytes, original.length + 1);
		mutate(&text);
		if (parse(&ruleset, &text, &error)) {
			check_refusal(&error, &text);
			assert_null(ruleset.rules);
			refused++;
		} else {
			/* What was taken can be written and taken again. */
			struct text out = written(&ruleset);
			struct ruleset again = ruleset_of(&out);

			assert_int_equal(again.n_rules, ruleset.n_rules);
			ruleset_free(&again);
			text_free(&out);
		}
		ruleset_free(&ruleset);
		text_free(&text);
		if (round % 100 == 0) {
			text_free(&original);
			original = random_text();
		}
	}
	text_free(&original);
	printf("# %d of %d refused\n", refused, MUTATIONS);
	assert_in_range(refused, MUTATIONS / 10, MUTATIONS - MUTATIONS / 10);
}

/* Which of the probes a list names, as bits. */
static const char *const probes[] = {
	"22/tcp", "25/udp", "1000/tcp", "ping", "esp", "7/sctp",
};

static uint32_t bits_of(const struct services *services,
			bool (*holds)(const struct services *,
				      const struct services *))
{
	uint32_t bits = 0;

	for (size_t i = 0; i < COUNT(probes); i++) {
		struct services *probe;
		struct error error;

		assert_int_equal(services_parse(&probe, probes[i],
						strlen(probes[i]), &error), 0);
		if (holds(services, probe))
			bits |= 1u << i;
		free(probe);
	}
	return bits;
}

static uint32_t named(const struct services *services)
{
	return bits_of(services, services_cover);
}

/* icmp without ipv6-icmp is half of ping: neither all of it nor nothing. */
static uint32_t halved(const struct services *services)
{
	return bits_of(services, services_overlap) & ~named(services);
}

/* The same for what rules of one action, exactly a source and `on` say
 * together. */
static uint32_t said(const struct ruleset *ruleset, const struct rule *about,
		     enum rule_action action)
{
	struct service_list list = { 0 };
	struct services *services;
	struct error error;
	uint32_t bits;

	for (size_t i = 0; i < ruleset->n_rules; i++) {
		const struct rule *rule = &ruleset->rules[i];

		if (rule->action != action ||
		    !source_equal(&rule->source, &about->source) ||
		    !interfaces_equal(rule->on, about->on))
			continue;
		for (uint32_t j = 0; j < rule->services->n; j++)
			assert_int_equal(service_list_add(&list,
							  &rule->services->s[j],
							  &error), 0);
	}
	if (!list.services)
		return 0;
	services = service_list_take(&list);
	bits = named(services);
	free(services);
	return bits;
}

/* A rule from the text, or one of its own, whose services are cut at random. */
static struct statement random_edit(const struct ruleset *ruleset)
{
	struct statement statement;
	struct error error;
	struct text line;
	FILE *out = open_memstream(&line.bytes, &line.length);

	if (ruleset->n_rules && below(4)) {
		const struct rule *rule =
			&ruleset->rules[below((uint32_t)ruleset->n_rules)];
		struct rule like = *rule;
		char *text;

		like.comment = NULL;
		text = rule_format(&like);
		fputs(text, out);
		free(text);
	} else {
		put_rule(out);
	}
	fclose(out);
	if (statement_parse(&statement, line.bytes, line.length, &error))
		fail_msg("%s: %s", line.bytes, error.text);
	text_free(&line);
	if (below(2)) {
		struct services *services;

		out = open_memstream(&line.bytes, &line.length);
		put_services(out);
		fclose(out);
		assert_int_equal(services_parse(&services, line.bytes,
						line.length, &error), 0);
		text_free(&line);
		free(statement.rule.services);
		statement.rule.services = services;
	}
	return statement;
}

static void check_edit(const struct text *in, const struct ruleset *before,
		       const struct edit *edit, int answer, struct text *out)
{
	bool adds = edit->verb == EDIT_ALLOW;
	uint32_t had = said(before, &edit->rule, RULE_ALLOW);
	uint32_t names_it = named(edit->rule.services);
	struct ruleset after;

	if (answer == 0) {
		assert_true(adds);
		assert_int_equal(had & names_it, names_it);
	}
	if (answer != 1)
		return;
	after = ruleset_of(out);
	if (adds) {
		assert_true((said(&after, &edit->rule, RULE_ALLOW) &
			     (had | names_it)) == (had | names_it));
		assert_memory_equal(out->bytes, in->bytes, in->length);
	} else {
		uint32_t half = halved(edit->rule.services);

		assert_int_equal(said(&after, &edit->rule, RULE_ALLOW) & ~half,
				 had & ~names_it & ~half);
	}
	assert_int_equal(said(&after, &edit->rule, RULE_DENY),
			 said(before, &edit->rule, RULE_DENY));
	ruleset_free(&after);
}

static void test_edits(void **state)
{
	int answers[3] = { 0 };

	(void)state;
	for (int round = 0; round < EDITS; round++) {
		struct text in = random_text(), out = { 0 };
		struct ruleset before = ruleset_of(&in);
		struct statement statement = random_edit(&before);
		struct edit edit = {
			.verb = below(2) ? EDIT_ALLOW : EDIT_REVOKE,
			.rule = statement.rule,
		};
		struct error error = { 0 };
		int answer;

		edit.rule.action = RULE_ALLOW;
		answer = rulefile_edit(&in, &before, &edit, &out, &error);
		answers[answer < 0 ? 2 : answer]++;
		if (answer < 0)
			assert_true(*error.text);
		check_edit(&in, &before, &edit, answer, &out);
		text_free(&in);
		text_free(&out);
		ruleset_free(&before);
		statement_free(&statement);
	}
	printf("# nothing to do %d, edited %d, refused %d\n", answers[0],
	       answers[1], answers[2]);
	for (int i = 0; i < 3; i++)
		assert_true(answers[i] > EDITS / 50);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_damage),
		cmocka_unit_test(test_edits),
	};

	seed = random_seed();
	return unit_main(tests);
}
