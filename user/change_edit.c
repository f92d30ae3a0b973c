/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * In: one edit, the rules file's text and what runs. Out: both edited in
 * memory, each by itself: an edit never makes other differences of the file
 * run, nor the other way round.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "carry.h"
#include "change.h"
#include "model.h"

#define RUNNING_NAME "running rules"

/* `set` and rules on a set: what runs must know it, which only apply can
 * teach. */
static int set_check(struct change *change, const struct ruleset *rules,
		     const struct edit *edit, struct error *error)
{
	bool member = edit->verb == EDIT_SET_ADD || edit->verb == EDIT_SET_DEL;
	const char *name = member ? edit->set : edit->rule.source.set;

	if (!member && (edit->rule.source.kind != SOURCE_SET ||
			edit->verb == EDIT_REVOKE ||
			edit->verb == EDIT_REVOKE_DENY))
		return 0;
	if (ruleset_set(rules, name))
		return 0;
	if (change->parses && ruleset_set(&change->saved, name))
		return error_set(error, EXIT_USAGE,
				 "set %s stands in %s but does not run yet: xdpwl apply first",
				 name, change->context->rules);
	return error_set(error, member ? EXIT_ABSENT : EXIT_USAGE,
			 "there is no set %s: define it in %s, then xdpwl apply",
			 name, change->context->rules);
}

static int ruleset_text(const struct ruleset *ruleset, struct text *text,
			struct error *error)
{
	FILE *out = open_memstream(&text->bytes, &text->length);
	int err;

	if (!out)
		return error_memory(error);
	err = ruleset_write(ruleset, out, NULL, NULL);
	if (fclose(out) || err) {
		text_free(text);
		return error_memory(error);
	}
	return 0;
}

static int running_replace(struct change *change, struct ruleset *old,
			   const struct text *text, struct error *error)
{
	struct ruleset rules;
	int err;

	err = ruleset_parse(&rules, RUNNING_NAME, "/", text->bytes,
			    text->length, error);
	if (err)
		return err;
	carry_members(&rules, old);
	carry_marks(&rules, old, CARRY_LINES | CARRY_HITS);
	if (!change->origin)
		change->origin = strdup(change->running.origin);
	if (!change->origin) {
		ruleset_free(&rules);
		return error_memory(error);
	}
	if (change->has_next)
		ruleset_free(&change->next);
	change->next = rules;
	change->has_next = true;
	change->rebuild = true;
	return 0;
}

/* The edit of what runs: of its canonical text, which knows no other
 * difference. */
static int running_edit(struct change *change, const struct edit *edit,
			struct error *error)
{
	struct ruleset *rules = change->has_next ? &change->next :
						   &change->running.rules;
	struct text text = { 0 }, edited = { 0 };
	struct ruleset parsed;
	int err = set_check(change, rules, edit, error);

	if (!err)
		err = ruleset_text(rules, &text, error);
	if (err)
		return err;
	err = ruleset_parse(&parsed, RUNNING_NAME, "/", text.bytes, text.length,
			    error);
	if (!err) {
		err = rulefile_edit(&text, &parsed, edit, &edited, error);
		ruleset_free(&parsed);
	}
	if (err > 0)
		err = running_replace(change, rules, &edited, error);
	text_free(&edited);
	text_free(&text);
	return err;
}

int change_edit_file(struct change *change, const struct edit *edit,
		     struct error *error)
{
	struct text edited = { 0 };
	struct ruleset parsed;
	int err;

	if (change->context->runtime)
		return 0;
	if (!change->parses) {
		*error = change->refusal;
		return -EINVAL;
	}
	err = rulefile_edit(&change->text, &change->saved, edit, &edited,
			    error);
	if (err <= 0)
		return err;
	/* First, so that its memory is used again. */
	ruleset_free(&change->saved);
	change->parses = false;
	err = model_parse(&parsed, &edited, change->context->rules,
			 change->rules_path, error);
	if (err) {
		change->refusal = *error;
		text_free(&edited);
		return err;
	}
	change->parses = true;
	text_free(&change->text);
	change->saved = parsed;
	change->text = edited;
	change->write = true;
	return 0;
}

/* Each of the two may lack what should go, but not both. */
static int judge(struct change *change, int file, int running,
		 struct error *file_error, struct error *running_error,
		 struct error *error)
{
	if (file && file != -ENOENT) {
		*error = *file_error;
		return file;
	}
	if (running && running != -ENOENT) {
		*error = *running_error;
		return running;
	}
	if (file && (running || !change->running.attached)) {
		*error = *file_error;
		return file;
	}
	if (running && (file || change->context->runtime)) {
		*error = *running_error;
		return running;
	}
	if (file)
		notes_add(&change->context->notes,
			  "%s did not have it: only what runs has changed",
			  change->context->rules);
	if (running)
		notes_add(&change->context->notes,
			  "it did not run: only %s has changed",
			  change->context->rules);
	return 0;
}

static int origin_set(struct change *change, struct error *error)
{
	free(change->origin);
	change->origin = strdup(change->rules_path);
	return change->origin ? 0 : error_memory(error);
}

int change_edit(struct change *change, const struct edit *edit,
		struct error *error)
{
	struct error file_error = { 0 }, running_error = { 0 };
	int file, running = 0, err;

	if (change->context->runtime && !change->running.attached)
		return error_set(error, EXIT_ABSENT,
				 "nothing is attached, so nothing runs that --runtime could change");
	if (change->running.attached)
		running = running_edit(change, edit, &running_error);
	file = change_edit_file(change, edit, &file_error);
	err = judge(change, file, running, &file_error, &running_error, error);
	if (err || !change->running.attached || !change->write)
		return err;
	/* The lines of the file have moved: what runs names them. */
	change->rebuild = true;
	err = change_adopt(change, error);
	return err ? err : origin_set(change, error);
}
