/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * allow, deny, revoke: one rule more or less, in what runs and in the rules
 * file. JSON: outcome.h, and `still_allowed`: the rules (id, text, where) that
 * go on allowing some of what was revoked.
 */
#include <stdlib.h>
#include <string.h>
#include "change.h"
#include "options.h"
#include "outcome.h"
#include "report.h"
#include "request.h"
#include "sources.h"

enum { MAX_NAMED = 10 };	/* rules that a message names one by one */

/* The words behind the command's name as an edit; `what` says it back. */
static int edit_parse(struct edit *edit, struct statement *statement, int argc,
		      char **argv, struct error *error)
{
	bool revoke = !strcmp(argv[0], "revoke");
	bool deny = !strcmp(argv[0], "deny");
	int err, skip = 1;

	if (revoke && argc > 1 && !strcmp(argv[1], "deny")) {
		deny = true;
		skip = 2;
	}
	err = request_rule(statement, deny || revoke ? "deny" : "allow",
			   argc - skip, argv + skip, error);
	if (err)
		return err;
	if (revoke && statement->rule.comment) {
		statement_free(statement);
		return error_set(error, EXIT_USAGE,
				 "revoke takes no comment: source, services and `on` name the rule");
	}
	edit->rule = statement->rule;
	edit->verb = deny ? EDIT_DENY : EDIT_ALLOW;
	if (revoke)
		edit->verb = deny ? EDIT_REVOKE_DENY : EDIT_REVOKE;
	edit->rule.action = deny ? RULE_DENY : RULE_ALLOW;
	if (revoke && !statement->services_end)
		edit->rule.services = NULL;
	return 0;
}

static const struct ruleset *rules_after(const struct change *change)
{
	if (change->has_next)
		return &change->next;
	return change->running.attached ? &change->running.rules :
					  &change->saved;
}

static const char *origin_after(const struct change *change)
{
	if (change->has_next)
		return change->origin;
	return change->running.attached ? change->running.origin :
					  change->rules_path;
}

/* Call `tell` for the rules of `action` that overlap with the edit's; how
 * many. */
static size_t overlaps_tell(struct change *change, const struct edit *edit,
			    enum rule_action action,
			    void (*tell)(struct change *, const struct rule *,
					 const char *text, const char *where,
					 void *context), void *context)
{
	const struct ruleset *rules = rules_after(change);
	char where[PATH_MAX + 16], *text;
	size_t i, n = 0;

	for (i = 0; i < rules->n_rules; i++) {
		const struct rule *rule = &rules->rules[i];

		if (rule->action != action ||
		    !rules_overlap(rules, rule, &edit->rule) ||
		    n++ >= MAX_NAMED)
			continue;
		running_where(origin_after(change), rule, where, sizeof(where));
		text = rule_format(rule);
		tell(change, rule, text ? text : "", where, context);
		free(text);
	}
	return n;
}

static void tell_deny(struct change *change, const struct rule *rule,
		      const char *text, const char *where, void *context)
{
	(void)rule;
	(void)context;
	notes_add(&change->context->notes,
		  "%s (%s) still drops what both cover: a deny always wins",
		  text, where);
}

static void tell_allow(struct change *change, const struct rule *rule,
		       const char *text, const char *where, void *context)
{
	if (change->context->json)
		json_array_append_new(context, json_pack("{s:o, s:s, s:s}",
			"id", json_sprintf("%016llx",
					   (unsigned long long)rule_id(rule)),
			"text", text, "where", where));
	else if (!change->context->quiet)
		printf("still allowed, at least in part, by: %s (%s)\n", text,
		       where);
}

/* What other rules make of it: a deny over an allow, an allow beside a
 * revoke. */
static json_t *others_tell(struct change *change, const struct edit *edit)
{
	json_t *still = NULL;
	size_t n = 0;

	if (edit->verb == EDIT_ALLOW)
		n = overlaps_tell(change, edit, RULE_DENY, tell_deny, NULL);
	if (edit->verb == EDIT_REVOKE) {
		still = json_array();
		n = overlaps_tell(change, edit, RULE_ALLOW, tell_allow, still);
	}
	if (n > MAX_NAMED)
		notes_add(&change->context->notes,
			  "%zu rules more speak of it; see: xdpwl list SOURCE",
			  n - MAX_NAMED);
	return still ? json_pack("{s:o}", "still_allowed", still) : NULL;
}

static char *words_join(int argc, char **argv)
{
	size_t length;
	char *text = NULL;
	FILE *out = open_memstream(&text, &length);
	int i;

	if (!out)
		return NULL;
	for (i = 0; i < argc; i++)
		fprintf(out, "%s%s", i ? " " : "", argv[i]);
	return fclose(out) ? NULL : text;
}

static int edit_run(struct context *context, const struct edit *edit, int argc,
		    char **argv, struct error *error)
{
	struct change change;
	char *what;
	int err = edit->verb == EDIT_ALLOW ?
			  change_begin_allow(&change, context, error) :
			  change_begin(&change, context, error);

	if (err)
		return err;
	change.guarded = edit->verb != EDIT_ALLOW;
	change_warn_unsaved(&change);
	if (change.running.attached && (edit->verb == EDIT_ALLOW ||
					edit->verb == EDIT_DENY))
		change_warn_on(&change, &edit->rule, 1);
	err = change_edit(&change, edit, error);
	if (!err)
		err = change_commit(&change, error);
	if (!err) {
		what = words_join(argc, argv);
		err = outcome_report(&change, what ? what : argv[0],
				     others_tell(&change, edit), error);
		free(what);
	}
	change_end(&change);
	return err;
}

int cmd_edit(struct context *context, int argc, char **argv,
	     struct error *error)
{
	const struct option_spec specs[] = {
		{ .name = "--confirm", .later = true },
		OPTIONS_END
	};
	struct statement statement;
	struct edit edit = { 0 };
	int err = options_parse(specs, true, &argc, argv, error);

	if (!err)
		err = edit_parse(&edit, &statement, argc, argv, error);
	if (!err) {
		err = edit_run(context, &edit, argc, argv, error);
		statement_free(&statement);
	}
	return outcome_code(err, EXIT_DONE, error);
}
