/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One line to one statement. In: a line that anybody may have written; out: a
 * struct statement in normal form, or one line that says what is wrong with it.
 * Knows no file, no other line and no kernel.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "later.h"
#include "statement.h"

enum { MAX_WORDS = 16 };	/* of all but `set`; the longest rule has 9 */

static int refuse_word(const struct word *word, struct error *error)
{
	return error_set(error, EXIT_USAGE, "'%.*s' is not expected there",
			 WORD_SHOWN(word));
}

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

static int parse_set_name(char *name, const char *text, uint32_t length,
			  struct error *error)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyz"
		"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";
	struct word word = { .text = text, .length = length };

	if (length >= RULE_NAME_SIZE)
		return error_set(error, EXIT_USAGE,
				 "set name '%.*s...' is longer than %d bytes",
				 WORD_SHOWN(&word), RULE_NAME_SIZE - 1);
	memcpy(name, text, length);
	name[length] = '\0';
	if (length == 0 || strspn(name, allowed) != length)
		return error_set(error, EXIT_USAGE,
				 "'%s' is no name of a set: letters, digits, '_', '.' and '-'",
				 name);
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
		return parse_set_name(source->set, word->text + 1,
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

int interface_name_parse(char *name, const char *text, size_t length,
			 struct error *error)
{
	struct word word = { .text = text, .length = (uint32_t)length };

	if (length == 0 || length >= IFNAMSIZ)
		return error_set(error, EXIT_USAGE,
				 "interface name '%.*s' has %s", WORD_SHOWN(&word),
				 length ? "more than 15 bytes" : "no bytes");
	memset(name, 0, IFNAMSIZ);
	memcpy(name, text, length);
	if (strpbrk(name, "/: \t\n\v\f\r") || strcmp(name, ".") == 0 ||
	    strcmp(name, "..") == 0)
		return error_set(error, EXIT_USAGE,
				 "'%s' cannot be an interface: names have no blank, '/' or ':'",
				 name);
	return 0;
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

/* The value behind a keyword; NULL and an error: none. */
static const struct word *value_of(const struct word *words, int at, int n,
				   const char *example, struct error *error)
{
	if (at + 1 < n)
		return &words[at + 1];
	error_set(error, EXIT_USAGE, "a value is missing behind '%.*s': %s",
		  WORD_SHOWN(&words[at]), example);
	return NULL;
}

static int parse_comment(char **comment, const struct word *words, int at,
			 int n, struct error *error)
{
	const struct word *value =
		value_of(words, at, n, "comment \"main office\"", error);

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
		value = value_of(words, at, n, "on eth0", error);
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
		value = value_of(words, at, n, "for 2h", error);
		return value ? later_duration("'for'", value, error) : -EINVAL;
	}
	if (at < n && word_is(&words[at], "until")) {
		value = value_of(words, at, n, "until 2030-01-31T18:00:00Z", error);
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
	return at < n ? refuse_word(&words[at], error) : 0;
}

static bool is_clause(const struct word *word)
{
	return word_is(word, "on") || word_is(word, "for") ||
	       word_is(word, "until") || word_is(word, "comment");
}

static int parse_rule(struct statement *statement, const struct word *words,
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
	if (!err)
		rule->id = rule_id(rule);
	return err;
}

static int parse_mode(enum attach_mode *mode, const struct word *word,
		      struct error *error)
{
	for (int i = MODE_AUTO; i <= MODE_GENERIC; i++) {
		if (word_is(word, attach_mode_names[i])) {
			*mode = (enum attach_mode)i;
			return 0;
		}
	}
	return error_set(error, EXIT_USAGE,
			 "mode '%.*s' is none of auto, native, generic",
			 WORD_SHOWN(word));
}

/* "interface" IFNAME [ "mode" MODE ] [ "audit" ] */
static int parse_interface(struct statement *statement,
			   const struct word *words, int n, struct error *error)
{
	struct interface *interface = &statement->interface;
	const struct word *value;
	int at = 2, err;

	statement->kind = STATEMENT_INTERFACE;
	if (n < 2)
		return error_set(error, EXIT_USAGE,
				 "a name is missing: interface eth0");
	err = interface_name_parse(interface->name, words[1].text,
				   words[1].length, error);
	if (!err && at < n && word_is(&words[at], "mode")) {
		value = value_of(words, at, n, "mode native", error);
		err = value ? parse_mode(&interface->mode, value, error) : -EINVAL;
		at += 2;
	}
	if (!err && at < n && word_is(&words[at], "audit")) {
		interface->audit = true;
		at++;
	}
	return !err && at < n ? refuse_word(&words[at], error) : err;
}

/* "file" PATH or "url" URL, behind the set's name; `at` is behind the first. */
static int parse_origin(struct set_line *set, const struct word *kind,
			char *line, uint32_t length, uint32_t at,
			struct error *error)
{
	struct word words[4] = { *kind };
	int n = words_split(line, length, &at, words + 1, 3, error);

	if (n < 0)
		return n;
	n++;
	if (word_is(kind, "url"))
		return later_url(words, n, error);
	if (n < 2 || words[1].length == 0)
		return error_set(error, EXIT_USAGE,
				 "a path is missing: set %s file %s.txt", set->name,
				 set->name);
	if (n > 2 && word_is(&words[2], "jq"))
		return n == 4 ? later_refuse("'jq'", error) :
				error_set(error, EXIT_USAGE,
					  "behind 'jq' stands one string");
	if (n > 2)
		return refuse_word(&words[2], error);
	set->path = word_copy(&words[1]);
	return set->path ? 0 : error_memory(error);
}

static int add_member(struct set_line *set, const struct word *word,
		      struct error *error)
{
	if ((set->n_members & (set->n_members - 1)) == 0) {
		size_t room = set->n_members ? set->n_members * 2 : 1;
		struct prefix *grown = realloc(set->members,
					       room * sizeof(*grown));

		if (!grown)
			return error_memory(error);
		set->members = grown;
	}
	return prefix_parse(&set->members[set->n_members++], word->text,
			    word->length, error);
}

/* Members up to the end of the line, one by one: there may be a million. */
static int parse_members(struct set_line *set, char *line, uint32_t length,
			 uint32_t at, struct error *error)
{
	struct word word;
	int got, err;

	while ((got = word_next(line, length, &at, &word, error)) > 0) {
		if (set->n_members == 0 &&
		    (word_is(&word, "file") || word_is(&word, "url")))
			return parse_origin(set, &word, line, length, at, error);
		err = add_member(set, &word, error);
		if (err)
			return err;
	}
	/* What is left is a comment, which is asked for a NUL alone. */
	return got < 0 ? got : words_split(line, length, &at, &word, 0, error);
}

/* "set" NAME, then members or where they are; `at` is behind "set". */
static int parse_set(struct statement *statement, char *line, uint32_t length,
		     uint32_t at, struct error *error)
{
	struct set_line *set = &statement->set;
	struct word name;
	int err = word_next(line, length, &at, &name, error);

	statement->kind = STATEMENT_SET;
	if (err == 0)
		return error_set(error, EXIT_USAGE,
				 "a name is missing: set office 203.0.113.0/24");
	if (err > 0)
		err = parse_set_name(set->name, name.text, name.length, error);
	return err ? err : parse_members(set, line, length, at, error);
}

static int parse_words(struct statement *statement, char *line, uint32_t length,
		       struct error *error)
{
	struct word words[MAX_WORDS];
	uint32_t at = 0;
	int first = word_next(line, length, &at, &words[0], error);
	int n;

	if (first > 0 && word_is(&words[0], "set"))
		return parse_set(statement, line, length, at, error);
	n = first < 0 ? first : words_split(line, length, &at, words + first,
					    MAX_WORDS - first, error);
	if (n < 0 || first == 0)
		return n;
	n += first;
	if (word_is(&words[0], "allow") || word_is(&words[0], "deny"))
		return parse_rule(statement, words, n, error);
	if (word_is(&words[0], "interface"))
		return parse_interface(statement, words, n, error);
	if (word_is(&words[0], "option"))
		return option_parse(statement, words, n, error);
	return error_set(error, EXIT_USAGE,
			 "'%.*s' begins no statement: allow, deny, set, interface or option",
			 WORD_SHOWN(&words[0]));
}

int statement_parse(struct statement *statement, const char *line, size_t length,
		    struct error *error)
{
	char small[512], *copy = small;
	int err;

	memset(statement, 0, sizeof(*statement));
	if (length > 0 && line[length - 1] == '\r')
		length--;
	if (length > UINT32_MAX / 2)
		return error_set(error, EXIT_USAGE, "a line of %zu bytes is too long",
				 length);
	if (length > sizeof(small))
		copy = malloc(length);
	if (!copy)
		return error_memory(error);
	memcpy(copy, line, length);	/* unquoting writes */
	err = parse_words(statement, copy, (uint32_t)length, error);
	if (copy != small)
		free(copy);
	if (err)
		statement_free(statement);
	return err;
}

void statement_free(struct statement *statement)
{
	if (statement->kind == STATEMENT_RULE) {
		free(statement->rule.services);
		free(statement->rule.on);
		free(statement->rule.comment);
	} else if (statement->kind == STATEMENT_SET) {
		free(statement->set.path);
		free(statement->set.members);
	}
	memset(statement, 0, sizeof(*statement));
}
