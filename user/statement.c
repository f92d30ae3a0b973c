/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One line to one statement. In: a line that anybody may have written; out: a
 * struct statement in normal form, or one line that says what is wrong with it.
 * Knows no file, no other line and no kernel. Rules and options are read in
 * statement_rule.c and statement_option.c.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "later.h"
#include "statement.h"

enum { MAX_WORDS = 16 };	/* of all but `set`; the longest rule has 9 */

int word_refuse(const struct word *word, struct error *error)
{
	return error_set(error, EXIT_USAGE, "'%.*s' is not expected there",
			 WORD_SHOWN(word));
}

/* The value behind a keyword; NULL and an error: none. */
const struct word *word_value(const struct word *words, int at, int n,
			      const char *example, struct error *error)
{
	if (at + 1 < n)
		return &words[at + 1];
	error_set(error, EXIT_USAGE, "a value is missing behind '%.*s': %s",
		  WORD_SHOWN(&words[at]), example);
	return NULL;
}

int set_name_parse(char *name, const char *text, uint32_t length,
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
		value = word_value(words, at, n, "mode native", error);
		err = value ? parse_mode(&interface->mode, value, error) :
			      -EINVAL;
		at += 2;
	}
	if (!err && at < n && word_is(&words[at], "audit")) {
		interface->audit = true;
		at++;
	}
	return !err && at < n ? word_refuse(&words[at], error) : err;
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
		return word_refuse(&words[2], error);
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
			return parse_origin(set, &word, line, length, at,
					    error);
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
		err = set_name_parse(set->name, name.text, name.length, error);
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
		return rule_parse(statement, words, n, error);
	if (word_is(&words[0], "interface"))
		return parse_interface(statement, words, n, error);
	if (word_is(&words[0], "option"))
		return option_parse(statement, words, n, error);
	return error_set(error, EXIT_USAGE,
			 "'%.*s' begins no statement: allow, deny, set, interface or option",
			 WORD_SHOWN(&words[0]));
}

int statement_parse(struct statement *statement, const char *line,
		    size_t length, struct error *error)
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
