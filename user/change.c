/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * In: a command's edits. Out: the rules file and the running rules as they
 * shall be, each edited by itself, in memory. Nothing is written here: commit.c
 * does.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "carry.h"
#include "change.h"
#include "diff.h"
#include "model.h"

/* A file that is missing is an empty one; one that does not parse is kept as
 * it is, for --runtime and apply do not need it. */
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
	change->parses = !model_parse(&change->saved, &change->text,
				     change->context->rules, change->rules_path,
				     &change->refusal);
	return 0;
}

static int begin(struct change *change, struct context *context,
		 int (*open)(struct running *, const char *pin_dir, struct error *),
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
		err = open(&change->running, context->pin_dir, error);
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

int change_begin(struct change *change, struct context *context,
		 struct error *error)
{
	return begin(change, context, running_open, error);
}

int change_begin_allow(struct change *change, struct context *context,
		       struct error *error)
{
	int err = begin(change, context, running_open_quick, error);

	change->adds = !err;
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
	free(change->ended);
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
			  "%s and what runs already differed in %zu place%s, left as they are; see: xdpwl apply --diff",
			  change->context->rules, diff.n,
			  diff.n == 1 ? "" : "s");
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

int change_load(struct change *change, const struct text *text,
		const char *path, struct error *error)
{
	struct ruleset rules;
	int err;

	change->origin = path ? path_absolute(path) : strdup("stdin");
	if (!change->origin)
		return error_memory(error);
	err = model_read(&rules, text, path, error);
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
	int err = model_parse(&rules, text, change->context->rules,
			     change->rules_path, error);

	if (err)
		return err;
	origin = strdup(change->rules_path);
	if (origin)
		err = paths_check(&change->next, &rules,
				  change->context->rules, error);
	else
		err = error_memory(error);
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
