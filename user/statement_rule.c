/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Rule lines. In: the words of a line that begins with `allow` or `deny`; out:
 * a struct rule in normal form, or one line that says what is wrong with them.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "later.h"
#include "statement.h"

/* "22, 80" is two words: say it before the parts make no sense. */
static int check_list(const struct word *words, int at, int n,
		      struct error *error)
{
	const struct word *word = &words[at];

	if (at + 1 < n && word->length > 0 && words[at + 1].length > 0 &&
	    (word->text[word->length - 1] == ',' || *words[at + 1].text == ','))
		return error_set(error, EXIT_USAGE,
				 "'%.*s %.*s': a list has no blanks around its commas",
				 WORD_SHOWN(word), WORD_SHOWN(&words[at + 1]));
	return 0;
}

static int parse_source(struct source *source, const struct word *word,
			struct error *error)
{
	if (word_is(word, "any")) {
		source->kind = SOURCE_ANY;
		return 0;
	}
	if (word->length > 0 && *word->text == '@') {
		source->kind = SOURCE_SET;
		return set_name_parse(source->set, word->text + 1,
				      word->length - 1, error);
	}
	if (word->length >= 5 && memcmp(word->text, "host:", 5) == 0)
		return later_host(word, error);
	if (word_is(word, "all"))
		return error_set(error, EXIT_USAGE,
				 "'all' is a service: every source is 'any'");
	source->kind = SOURCE_PREFIX;
	return prefix_parse(&source->prefix, word->text, word->length, error);
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(a, b);
}

static void sort_interfaces(struct interfaces *on)
{
	uint32_t kept = 1;

	qsort(on->name, on->n, IFNAMSIZ, compare_names);
	for (uint32_t i = 1; i < on->n; i++) {
		if (strcmp(on->name[kept - 1], on->name[i]) != 0)
			memmove(on->name[kept++], on->name[i], IFNAMSIZ);
	}
	on->n = kept;
}

static int parse_on(struct interfaces **on, const struct word *word,
		    struct error *error)
{
	const char *text = word->text, *end = text + word->length;
	uint32_t n = 1;

	for (uint32_t i = 0; i < word->length; i++)
		n += text[i] == ',';
	*on = calloc(1, sizeof(**on) + (size_t)n * IFNAMSIZ);
	if (!*on)
		return error_memory(error);
	for (; (*on)->n < n; (*on)->n++) {
		const char *comma = memchr(text, ',', (size_t)(end - text));
		const char *stop = comma ? comma : end;
		int err = interface_name_parse((*on)->name[(*on)->n], text,
					       (size_t)(stop - text), error);

		if (err)
			return err;
		text = stop + 1;
	}
	sort_interfaces(*on);
	return 0;
}

static int parse_comment(char **comment, const struct word *words, int at,
			 int n, struct error *error)
{
	const struct word *value =
		word_value(words, at, n, "comment \"main office\"", error);

	if (!value)
		return -EINVAL;
	if (value->length == 0)
		return 0;
	*comment = word_copy(value);
	return *comment ? 0 : error_memory(error);
}

/* `on`, `for` or `until`, `comment`: in this order. */
static int parse_clauses(struct rule *rule, const struct word *words, int at,
			 int n, struct error *error)
{
	const struct word *value;
	int err;

	if (at < n && word_is(&words[at], "on")) {
		value = word_value(words, at, n, "on eth0", error);
		if (!value)
			return -EINVAL;
		err = check_list(words, at + 1, n, error);
		if (!err)
			err = parse_on(&rule->on, value, error);
		if (err)
			return err;
		at += 2;
	}
	if (at < n && word_is(&words[at], "for")) {
		value = word_value(words, at, n, "for 2h", error);
		return value ? later_duration("'for'", value, error) : -EINVAL;
	}
	if (at < n && word_is(&words[at], "until")) {
		value = word_value(words, at, n, "until 2030-01-31T18:00:00Z", error);
		return value ? later_timestamp("'until'", value, error) : -EINVAL;
	}
	if (at < n && word_is(&words[at], "comment")) {
		err = parse_comment(&rule->comment, words, at, n, error);
		if (err)
			return err;
		at += 2;
		if (at < n)
			return error_set(error, EXIT_USAGE,
					 "'%.*s' behind the comment: a comment of several words stands in quotes, and last",
					 WORD_SHOWN(&words[at]));
	}
	return at < n ? word_refuse(&words[at], error) : 0;
}

static bool is_clause(const struct word *word)
{
	return word_is(word, "on") || word_is(word, "for") ||
	       word_is(word, "until") || word_is(word, "comment");
}

int rule_parse(struct statement *statement, const struct word *words,
	       int n, struct error *error)
{
	struct rule *rule = &statement->rule;
	int at = 2, err;

	statement->kind = STATEMENT_RULE;
	rule->action = word_is(&words[0], "allow") ? RULE_ALLOW : RULE_DENY;
	if (n < 2)
		return error_set(error, EXIT_USAGE,
				 "a source is missing: %.*s 203.0.113.5 22",
				 WORD_SHOWN(&words[0]));
	err = check_list(words, 1, n, error);
	if (!err)
		err = parse_source(&rule->source, &words[1], error);
	if (err)
		return err;
	if (at < n && !is_clause(&words[at])) {
		err = check_list(words, at, n, error);
		if (!err)
			err = services_parse(&rule->services, words[at].text,
					     words[at].length, error);
		statement->services_start = words[at].start;
		statement->services_end = words[at].end;
		at++;
	} else if (rule->action == RULE_ALLOW) {
		err = error_set(error, EXIT_USAGE,
				"services are missing behind the source: allow %.*s 22,443 (or all)",
				WORD_SHOWN(&words[1]));
	} else {
		err = services_parse(&rule->services, "all", 3, error);
	}
	if (!err)
		err = parse_clauses(rule, words, at, n, error);
	return err;
}
