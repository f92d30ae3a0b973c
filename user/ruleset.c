/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Rules to model. In: the whole text of a rules file; out: a ruleset that is
 * checked as a whole, or the first line that is wrong and why. Reads no file.
 * Look-ups and the way back to text are in ruleset_find.c and ruleset_write.c.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "intern.h"
#include "ruleset.h"
#include "ruleset_options.h"
#include "set.h"

struct parser {
	struct ruleset *ruleset;
	const char *base;
	uint32_t line;
	struct option_lines options;
};

/* Room for one more in an array that doubles at powers of two. */
static void *grow(void *array, size_t n, size_t size)
{
	if (n & (n - 1))
		return array;
	return realloc(array, (n ? n * 2 : 1) * size);
}

/* Give the rule's parts to the intern. They are gone from the rule on
 * failure. */
static int intern_parts(struct intern *intern, struct rule *rule)
{
	struct services *services = rule->services;
	struct interfaces *on = rule->on;
	char *comment = rule->comment;

	rule->services = intern_bytes(intern, services, sizeof(*services) +
				      services->n * sizeof(services->s[0]));
	if (on)
		rule->on = intern_bytes(intern, on, sizeof(*on) +
					on->n * sizeof(on->name[0]));
	if (comment)
		rule->comment = intern_bytes(intern, comment,
					     strlen(comment) + 1);
	return rule->services && (rule->on || !on) &&
	       (rule->comment || !comment) ? 0 : -ENOMEM;
}

/* Takes over what the statement owns. */
static int add_rule(struct parser *parser, struct statement *statement,
		    struct error *error)
{
	struct ruleset *ruleset = parser->ruleset;
	struct rule *rules = grow(ruleset->rules, ruleset->n_rules,
				  sizeof(*rules));
	struct rule rule = statement->rule;

	if (rules)
		ruleset->rules = rules;
	if (!rules || ruleset_rule(ruleset, &rule)) {
		statement_free(statement);
		return rules ? 0 : error_memory(error);
	}
	rule.line = parser->line;
	if (intern_parts(ruleset->intern, &rule) ||
	    index_add(&ruleset->intern->by_rule, rule_hash(&rule),
		      (uint32_t)ruleset->n_rules))
		return error_memory(error);
	rules[ruleset->n_rules++] = rule;
	return 0;
}

/* The path from the root, so that it means the same from anywhere. */
static char *absolute_path(const char *base, char *path)
{
	size_t length = strlen(base);
	const char *slash = length > 0 && base[length - 1] == '/' ? "" : "/";
	char *whole;

	if (*path == '/')
		return path;
	if (asprintf(&whole, "%s%s%s", base, slash, path) < 0)
		whole = NULL;
	free(path);
	return whole;
}

static int add_set(struct parser *parser, struct statement *statement,
		   struct error *error)
{
	struct ruleset *ruleset = parser->ruleset;
	struct set_line *line = &statement->set;
	struct set *first = ruleset_set(ruleset, line->name);
	struct set *sets, *set;

	if (first)
		return error_set(error, EXIT_USAGE,
				 "set %s is defined in line %u already",
				 line->name, first->line);
	sets = grow(ruleset->sets, ruleset->n_sets, sizeof(*sets));
	if (!sets)
		return error_memory(error);
	ruleset->sets = sets;
	if (line->path) {
		line->path = absolute_path(parser->base, line->path);
		if (!line->path)
			return error_memory(error);
	}
	if (index_add(&ruleset->intern->by_set,
		      hash_bytes(line->name, strlen(line->name)),
		      (uint32_t)ruleset->n_sets))
		return error_memory(error);
	prefixes_sort(line->members, &line->n_members);
	set = &sets[ruleset->n_sets++];
	*set = (struct set){
		.path = line->path, .members = line->members,
		.n_members = line->n_members, .line = parser->line,
	};
	memcpy(set->name, line->name, sizeof(set->name));
	line->path = NULL;
	line->members = NULL;
	return 0;
}

static int add_interface(struct parser *parser, const struct interface *line,
			 struct error *error)
{
	struct ruleset *ruleset = parser->ruleset;
	struct interface *first = ruleset_interface(ruleset, line->name);
	struct interface *interfaces;

	if (first)
		return error_set(error, EXIT_USAGE,
				 "interface %s stands in line %u already",
				 line->name, first->line);
	interfaces = grow(ruleset->interfaces, ruleset->n_interfaces,
			  sizeof(*interfaces));
	if (!interfaces)
		return error_memory(error);
	ruleset->interfaces = interfaces;
	if (index_add(&ruleset->intern->by_interface,
		      hash_bytes(line->name, strlen(line->name)),
		      (uint32_t)ruleset->n_interfaces))
		return error_memory(error);
	interfaces[ruleset->n_interfaces] = *line;
	interfaces[ruleset->n_interfaces++].line = parser->line;
	return 0;
}

static int add_statement(struct parser *parser, struct statement *statement,
			 struct error *error)
{
	int err = 0;

	switch (statement->kind) {
	case STATEMENT_EMPTY:
		return 0;
	case STATEMENT_RULE:
		return add_rule(parser, statement, error);
	case STATEMENT_INTERFACE:
		return add_interface(parser, &statement->interface, error);
	case STATEMENT_OPTION:
		return options_add(&parser->ruleset->options, &parser->options,
				   &statement->option, parser->line, error);
	case STATEMENT_SET:
		err = add_set(parser, statement, error);
		statement_free(statement);
		return err;
	}
	return err;
}

static int parse_lines(struct parser *parser, const char *text, size_t length,
		       struct error *error)
{
	const char *end = text + length;
	struct statement statement;
	int err = 0;

	while (text < end && !err) {
		const char *newline = memchr(text, '\n', (size_t)(end - text));
		const char *stop = newline ? newline : end;

		parser->line++;
		err = statement_parse(&statement, text, (size_t)(stop - text),
				      error);
		if (!err)
			err = add_statement(parser, &statement, error);
		text = stop + 1;
	}
	return err;
}

/* Sets may be defined below their use, so that this comes last. */
static int check_sets(struct parser *parser, struct error *error)
{
	const struct ruleset *ruleset = parser->ruleset;

	for (size_t i = 0; i < ruleset->n_rules; i++) {
		const struct source *source = &ruleset->rules[i].source;

		if (source->kind != SOURCE_SET ||
		    ruleset_set(ruleset, source->set))
			continue;
		parser->line = ruleset->rules[i].line;
		return error_set(error, EXIT_USAGE,
				 "there is no set %s: define it by a line 'set %s ...'",
				 source->set, source->set);
	}
	return 0;
}

static int refuse_line(const struct parser *parser, const char *name, int err,
		       struct error *error)
{
	struct error why = *error;

	if (err != -ENOMEM)
		error_set(error, why.code, "%s:%u: %s", name, parser->line,
			  why.text);
	return err;
}

/* A table that never moves; most lines are rules. */
static int reserve(struct ruleset *ruleset, const char *text, size_t length)
{
	const char *end = text + length;
	size_t lines = 1;

	for (; text < end; text++) {
		text = memchr(text, '\n', (size_t)(end - text));
		if (!text)
			break;
		lines++;
	}
	return index_reserve(&ruleset->intern->by_rule, lines);
}

int ruleset_parse(struct ruleset *ruleset, const char *name, const char *base,
		  const char *text, size_t length, struct error *error)
{
	struct parser parser = { .ruleset = ruleset, .base = base };
	int err;

	memset(ruleset, 0, sizeof(*ruleset));
	ruleset->options = options_default;
	ruleset->intern = intern_new();
	if (!ruleset->intern || reserve(ruleset, text, length)) {
		ruleset_free(ruleset);
		return error_memory(error);
	}
	err = parse_lines(&parser, text, length, error);
	if (!err)
		err = check_sets(&parser, error);
	if (!err)
		return 0;
	ruleset_free(ruleset);
	return refuse_line(&parser, name, err, error);
}

void ruleset_free(struct ruleset *ruleset)
{
	for (size_t i = 0; i < ruleset->n_sets; i++) {
		free(ruleset->sets[i].path);
		if (!ruleset->sets[i].borrowed)
			free(ruleset->sets[i].members);
	}
	free(ruleset->sets);
	free(ruleset->rules);
	free(ruleset->interfaces);
	intern_free(ruleset->intern);
	memset(ruleset, 0, sizeof(*ruleset));
}
