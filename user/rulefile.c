/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Edits of a rules text. In: a text that parses, its ruleset and one edit; out:
 * a new text in which nothing else has changed by a byte. No I/O; the caller
 * parses the result again. Edits of sets and interfaces are in
 * rulefile_lines.c.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "rulefile_edit.h"

/* Whether a rule is one that an edit speaks of: not what it opens, but for
 * whom. */
static bool is_addressed(const struct rule *rule, const struct rule *wanted,
			 enum rule_action action)
{
	return rule->action == action &&
	       source_equal(&rule->source, &wanted->source) &&
	       interfaces_equal(rule->on, wanted->on);
}

static int add_all(struct service_list *list, const struct services *services,
		   struct error *error)
{
	int err = 0;

	for (uint32_t i = 0; i < services->n && !err; i++)
		err = service_list_add(list, &services->s[i], error);
	return err;
}

/* Whether the rules that speak of the same together name all of its
 * services. */
static int is_said(const struct ruleset *parsed, const struct rule *wanted,
		   struct error *error)
{
	struct service_list said = { 0 };
	struct services *services;
	int answer = 0;

	for (size_t i = 0; i < parsed->n_rules && !answer; i++) {
		const struct rule *rule = &parsed->rules[i];

		if (is_addressed(rule, wanted, wanted->action))
			answer = add_all(&said, rule->services, error);
	}
	if (answer)
		service_list_free(&said);
	if (said.services) {
		services = service_list_take(&said);
		answer = services_cover(services, wanted->services);
		free(services);
	}
	return answer;
}

static int add_rule(struct splices *splices, const struct text *in,
		    const struct ruleset *parsed, const struct rule *wanted,
		    struct error *error)
{
	int said = is_said(parsed, wanted, error);
	char *text;

	if (said)
		return said < 0 ? said : 0;
	text = rule_format(wanted);
	if (!text)
		return error_memory(error);
	return splices_add_line(splices, in, in->length, text, error);
}

/* One item of a list less `take`, as text; "" where nothing is left. NULL:
 * error. */
static char *subtract_item(const char *item, size_t length,
			   const struct services *take, struct error *error)
{
	struct services *from = NULL, *left = NULL;
	char *text = NULL;

	if (services_parse(&from, item, length, error))
		return NULL;
	if (services_subtract(&left, from, take, error) == 0) {
		text = services_equal(from, left) ? strndup(item, length) :
						    services_format(left);
		if (!text)
			error_memory(error);
	}
	free(from);
	free(left);
	return text;
}

/* The list of a rule less `take`, in the owner's words where they still
 * hold. */
static char *subtract_word(const char *word, size_t length,
			   const struct services *take, struct error *error)
{
	const char *end = word + length;
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out) {
		error_memory(error);
		return NULL;
	}
	for (bool first = true; word;) {
		const char *comma = memchr(word, ',', (size_t)(end - word));
		const char *stop = comma ? comma : end;
		char *item = subtract_item(word, (size_t)(stop - word), take,
					   error);

		if (!item) {
			fclose(out);
			free(text);
			return NULL;
		}
		if (*item) {
			fprintf(out, first ? "%s" : ",%s", item);
			first = false;
		}
		free(item);
		word = comma ? comma + 1 : NULL;
	}
	if (fclose(out)) {
		free(text);
		error_memory(error);
		return NULL;
	}
	return text;
}

/* Say what the language cannot, and what closes it all the same. */
static int refuse_rest(const struct line *line, const struct rule *rule,
		       const struct services *take, struct error *error)
{
	struct error why = *error;
	struct rule deny = *rule;
	char *text;

	if (rule->action == RULE_DENY)
		return error_set(error, EXIT_USAGE,
				 "line %u: %s: revoke that deny as a whole, then deny what shall stay denied",
				 line->number, why.text);
	deny.action = RULE_DENY;
	deny.services = (struct services *)take;
	deny.comment = NULL;
	text = rule_format(&deny);
	if (!text)
		return error_memory(error);
	error_set(error, EXIT_USAGE, "line %u: %s: '%s' closes it", line->number,
		  why.text, text);
	free(text);
	return -EINVAL;
}

/* Take services out of one rule line: its services word, or all of it, goes. */
static int revoke_line(struct splices *splices, const struct text *in,
		       const struct line *line,
		       const struct statement *statement,
		       const struct services *take, struct error *error)
{
	const struct rule *rule = &statement->rule;
	size_t start = line->start + statement->services_start;
	size_t end = line->start + statement->services_end;
	struct services *left;
	char *text;
	int err;

	if (!take || services_cover(take, rule->services))
		return splices_add(splices, line->start, line->next, NULL,
				   error);
	if (!services_overlap(take, rule->services))
		return 0;
	err = services_subtract(&left, rule->services, take, error);
	if (err == -EINVAL)
		return refuse_rest(line, rule, take, error);
	if (err)
		return err;
	/* A quoted word is written anew: item by item it cannot be read. */
	text = in->bytes[start] == '"' ? services_format(left) :
		subtract_word(in->bytes + start, end - start, take, error);
	free(left);
	if (!text)
		return error_memory(error);
	return splices_add(splices, start, end, text, error);
}

static int refuse_absent(const struct rule *wanted, enum rule_action action,
			 struct error *error)
{
	char *source = source_format(&wanted->source);
	char *services = wanted->services ? services_format(wanted->services) :
					    strdup("anything");

	if (source && services)
		error_set(error, EXIT_ABSENT,
			  "no %s rule of exactly %s%s%s%s names %s",
			  action == RULE_ALLOW ? "allow" : "deny", source,
			  wanted->on ? " on " : "",
			  wanted->on ? wanted->on->name[0] : "",
			  wanted->on && wanted->on->n > 1 ? ",..." : "",
			  services);
	else
		error_memory(error);
	free(source);
	free(services);
	return -ENOENT;
}

static int revoke(struct splices *splices, const struct text *in,
		  const struct rule *wanted, enum rule_action action,
		  struct error *error)
{
	const char *keyword = action == RULE_ALLOW ? "allow" : "deny";
	struct statement statement;
	struct line line = { 0 };
	int err = 0;

	while (!err && line_next(in, &line)) {
		err = line_parse(&statement, in, &line, keyword, error);
		if (err || statement.kind != STATEMENT_RULE)
			continue;
		if (is_addressed(&statement.rule, wanted, action))
			err = revoke_line(splices, in, &line, &statement,
					  wanted->services, error);
		statement_free(&statement);
	}
	if (!err && splices->n == 0)
		err = refuse_absent(wanted, action, error);
	return err;
}

int line_parse(struct statement *statement, const struct text *in,
	       const struct line *line, const char *keyword,
	       struct error *error)
{
	const char *text = in->bytes + line->start, *end = text + line->length;
	const char *first = text;
	size_t length = strlen(keyword);
	bool begins;

	while (first < end && (*first == ' ' || *first == '\t'))
		first++;
	begins = (size_t)(end - first) >= length &&
		 memcmp(first, keyword, length) == 0;
	/* A quoted keyword is one, too. */
	if (begins || (first < end && *first == '"'))
		return statement_parse(statement, text, line->length, error);
	memset(statement, 0, sizeof(*statement));
	return 0;
}

static int collect(struct splices *splices, const struct text *in,
		   const struct ruleset *parsed, const struct edit *edit,
		   struct error *error)
{
	switch (edit->verb) {
	case EDIT_ALLOW:
	case EDIT_DENY:
		return add_rule(splices, in, parsed, &edit->rule, error);
	case EDIT_REVOKE:
		return revoke(splices, in, &edit->rule, RULE_ALLOW, error);
	case EDIT_REVOKE_DENY:
		return revoke(splices, in, &edit->rule, RULE_DENY, error);
	case EDIT_SET_ADD:
	case EDIT_SET_DEL:
		return edit_set(splices, in, edit, error);
	case EDIT_INTERFACE_ADD:
		return interface_add(splices, in, &edit->interface, error);
	case EDIT_INTERFACE_DEL:
		return interface_delete(splices, in, &edit->interface, error);
	}
	return error_set(error, EXIT_USAGE, "unknown edit");
}

int rulefile_edit(const struct text *in, const struct ruleset *parsed,
		  const struct edit *edit, struct text *out,
		  struct error *error)
{
	struct splices splices = { 0 };
	int err = collect(&splices, in, parsed, edit, error);

	if (!err && splices.n > 0) {
		err = splices_apply(&splices, in, out, error);
		if (!err)
			err = 1;
	}
	splices_free(&splices);
	return err;
}
