/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * In: a command's edits. Out: the rules file and the running rules as they shall be,
 * each edited by itself, in memory. Nothing is written here: commit.c does.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "carry.h"
#include "change.h"
#include "diff.h"
#include "sources.h"

#define RUNNING_NAME "running rules"

char *path_directory(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (!slash)
		return strdup(".");
	return strndup(path, slash == path ? 1 : (size_t)(slash - path));
}

/* Messages call the file as the user does; its sets' paths need an absolute base. */
static int text_parse(struct ruleset *ruleset, const struct text *text,
		      const char *name, const char *path, struct error *error)
{
	char *base = path_directory(path);
	int err;

	if (!base)
		return error_memory(error);
	err = ruleset_parse(ruleset, name, base,
			    text->bytes ? text->bytes : "", text->length,
			    error);
	free(base);
	return err;
}

char *path_absolute(const char *path)
{
	char *directory, *absolute = NULL;

	if (path[0] == '/')
		return strdup(path);
	directory = getcwd(NULL, 0);
	if (!directory)
		return strdup(path);
	if (asprintf(&absolute, "%s/%s", directory, path) < 0)
		absolute = NULL;
	free(directory);
	return absolute;
}

int text_model(struct ruleset *ruleset, const struct text *text,
	       const char *path, struct error *error)
{
	char *absolute = path_absolute(path ? path : "stdin");
	int err;

	if (!absolute)
		return error_memory(error);
	err = text_parse(ruleset, text, path ? path : "stdin", absolute, error);
	free(absolute);
	if (err)
		return err;
	err = ruleset_read_sets(ruleset, error);
	if (err)
		ruleset_free(ruleset);
	return err;
}

/* A file that is missing is an empty one; one that does not parse is kept as it is,
 * for --runtime and apply do not need it. */
static int file_read(struct change *change, struct error *error)
{
	struct error missing;
	int err;

	change->rules_path = path_absolute(change->context->rules);
	if (!change->rules_path)
		return error_memory(error);
	err = kern_file_read(change->context->rules, &change->text, &missing);
	if (err && err != -ENOENT) {
		change->refusal = missing;
		return 0;
	}
	change->parses = !text_parse(&change->saved, &change->text,
				     change->context->rules, change->rules_path,
				     &change->refusal);
	return 0;
}

int change_begin(struct change *change, struct context *context,
		 struct error *error)
{
	int err;

	memset(change, 0, sizeof(*change));
	change->context = context;
	change->lock.fd[0] = change->lock.fd[1] = -1;
	err = kern_lock(&change->lock, context->rules, context->pin_dir, error);
	if (!err)
		err = file_read(change, error);
	if (!err)
		err = running_open(&change->running, context->pin_dir, error);
	if (!err && change->running.attached)
		err = kern_privileges(error);
	if (!err && change->running.attached && change->running.kern.readonly)
		err = error_set(error, EXIT_SYSTEM,
				"%s lies on a read-only file system: nothing can be changed; remount it writable",
				context->pin_dir);
	if (!err)
		err = links_begin(&change->links, &change->running, error);
	if (err)
		change_end(change);
	return err;
}

void change_end(struct change *change)
{
	links_free(&change->links);
	if (change->has_next)
		ruleset_free(&change->next);
	if (change->parses)
		ruleset_free(&change->saved);
	text_free(&change->text);
	running_close(&change->running);
	kern_unlock(&change->lock);
	free(change->rules_path);
	free(change->origin);
	memset(change, 0, sizeof(*change));
}

void change_warn_unsaved(struct change *change)
{
	struct diff diff = { .members = false };
	struct error ignored;

	if (!change->running.attached || !change->parses ||
	    change->context->runtime)
		return;
	if (!diff_rulesets(&diff, &change->running.rules, &change->saved,
			   &ignored) && diff.n)
		notes_add(&change->context->notes,
			  "%s and what runs already differed in %zu lines, which stay as they are; see: xdpwl apply --diff",
			  change->context->rules, diff.n);
}

enum { MAX_WARNED = 16 };

static bool name_seen(const char **seen, size_t n, const char *name)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (!strcmp(seen[i], name))
			return true;
	return n == MAX_WARNED;
}

void change_warn_on(struct change *change, const struct rule *rules, size_t n)
{
	const char *seen[MAX_WARNED];
	size_t n_seen = 0, i;
	uint32_t j;

	for (i = 0; i < n; i++) {
		for (j = 0; rules[i].on && j < rules[i].on->n; j++) {
			const char *name = rules[i].on->name[j];
			const struct link *link =
				links_find(&change->links, name);

			if ((link && link->todo != LINK_DETACH) ||
			    name_seen(seen, n_seen, name))
				continue;
			seen[n_seen++] = name;
			notes_add(&change->context->notes,
				  "%s is not attached: rules on it wait until it is",
				  name);
		}
	}
}

int change_adopt(struct change *change, struct error *error)
{
	if (change->has_next)
		return 0;
	change->origin = strdup(change->running.origin);
	if (!change->origin)
		return error_memory(error);
	change->next = change->running.rules;
	memset(&change->running.rules, 0, sizeof(change->running.rules));
	change->has_next = true;
	return 0;
}

/* `set` and rules on a set: what runs must know it, which only apply can teach. */
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

/* The edit of what runs: of its canonical text, which knows no other difference. */
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
	err = text_parse(&parsed, &edited, change->context->rules,
			 change->rules_path, error);
	if (err) {
		text_free(&edited);
		return err;
	}
	ruleset_free(&change->saved);
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
	return change_adopt(change, error);
}

int change_load(struct change *change, const struct text *text,
		const char *path, struct error *error)
{
	struct ruleset rules;
	int err;

	change->origin = path ? path_absolute(path) : strdup("stdin");
	if (!change->origin)
		return error_memory(error);
	err = text_model(&rules, text, path, error);
	if (err)
		return err;
	if (change->running.attached)
		carry_marks(&rules, &change->running.rules, CARRY_HITS);
	change->next = rules;
	change->has_next = change->rebuild = true;
	return 0;
}

/* A path that the text means from its own directory would mean another one. */
static int paths_check(const struct ruleset *here, const struct ruleset *there,
		       const char *rules, struct error *error)
{
	const struct set *set;
	size_t i;

	for (i = 0; i < here->n_sets; i++) {
		set = ruleset_set(there, here->sets[i].name);
		if (here->sets[i].path && set && set->path &&
		    strcmp(here->sets[i].path, set->path))
			return error_set(error, EXIT_USAGE,
					 "set %s would be another file when read from %s: give its whole path, %s",
					 set->name, rules, here->sets[i].path);
	}
	return 0;
}

int change_save(struct change *change, struct text *text, struct error *error)
{
	struct ruleset rules;
	char *origin;
	int err = text_parse(&rules, text, change->context->rules,
			     change->rules_path, error);

	if (err)
		return err;
	origin = strdup(change->rules_path);
	err = origin ? paths_check(&change->next, &rules, change->context->rules,
				   error) : error_memory(error);
	if (err) {
		free(origin);
		ruleset_free(&rules);
		return err;
	}
	if (change->parses)
		ruleset_free(&change->saved);
	text_free(&change->text);
	free(change->origin);
	change->saved = rules;
	change->text = *text;
	change->origin = origin;
	change->parses = change->write = true;
	*text = (struct text){ 0 };
	return 0;
}
