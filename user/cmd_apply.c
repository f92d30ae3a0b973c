/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * apply [FILE|-]: make what runs equal to a rules file: rules, sets,
 * interfaces. With --check and --diff it only tells (apply_show.c). JSON:
 * outcome.h, and `rules`, `prefixes` and `interfaces` (names).
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "apply.h"
#include "options.h"
#include "outcome.h"

/* Standard input may be a socket, which has no name that kern_file_read()
 * could open. */
static int stdin_read(struct text *text, struct error *error)
{
	FILE *out = open_memstream(&text->bytes, &text->length);
	char block[65536];
	size_t n;

	if (!out)
		return error_memory(error);
	while ((n = fread(block, 1, sizeof(block), stdin)) > 0)
		fwrite(block, 1, n, out);
	if (fclose(out) || ferror(stdin)) {
		text_free(text);
		return error_set(error, EXIT_USAGE, "cannot read standard input");
	}
	return 0;
}

int apply_read(const struct apply *apply, struct text *text,
	       struct error *error)
{
	*text = (struct text){ 0 };
	if (!apply->path)
		return stdin_read(text, error);
	return kern_file_read(apply->path, text, error);
}

static int apply_parse(struct apply *apply, struct context *context, int argc,
		       char **argv, struct error *error)
{
	const struct option_spec specs[] = {
		{ .name = "--check", .flag = &apply->check },
		{ .name = "--diff", .flag = &apply->diff },
		{ .name = "--save", .flag = &apply->save },
		{ .name = "--confirm", .later = true },
		OPTIONS_END
	};
	int err = options_parse(specs, true, &argc, argv, error);

	if (err)
		return err;
	if (argc > 2)
		return error_set(error, EXIT_USAGE, "apply takes one FILE");
	if (apply->check + apply->diff + apply->save > 1)
		return error_set(error, EXIT_USAGE,
				 "--check, --diff and --save exclude each other");
	if (apply->save && context->runtime)
		return error_set(error, EXIT_USAGE,
				 "--save and --runtime exclude each other");
	apply->path = argc == 2 ? argv[1] : context->rules;
	if (!strcmp(apply->path, "-"))
		apply->path = NULL;
	return 0;
}

/* A device that is missing is left for later. `lo` is here by its owner's
 * word. */
static int interfaces_want(struct change *change, struct error *error)
{
	const struct ruleset *next = &change->next;
	struct error why = { 0 };
	size_t i;
	int err;

	for (i = 0; i < next->n_interfaces; i++) {
		err = links_want(&change->links, &next->interfaces[i], true,
				 &why);
		if (err && why.code != EXIT_ABSENT) {
			*error = why;
			return err;
		}
		if (err)
			notes_add(&change->context->notes, "%s", why.text);
	}
	for (i = 0; i < change->links.n; i++) {
		struct link *link = &change->links.link[i];

		if (!ruleset_interface(next, link->interface.name))
			link->todo = LINK_DETACH;
		if (link->todo == LINK_REATTACH)
			notes_add(&change->context->notes,
				  "%s is detached for a moment: its mode changes",
				  link->interface.name);
	}
	return 0;
}

static int interfaces_plan(struct change *change, const struct apply *apply,
			   struct error *error)
{
	const char *name = apply->path ? apply->path : "standard input";
	int err;

	if (!change->next.n_interfaces && !change->running.attached)
		return error_set(error, EXIT_ABSENT,
				 "nothing is attached and %s has no `interface` line: xdpwl attach IF",
				 name);
	if (!change->next.n_interfaces)
		return 0;
	err = interfaces_want(change, error);
	if (err || links_left(&change->links))
		return err;
	if (!change->running.attached)
		return error_set(error, EXIT_ABSENT,
				 "%s: none of its interfaces is there, so nothing is attached",
				 name);
	if (change->context->force)
		return 0;
	return error_set(error, EXIT_USAGE,
			 "%s would detach the last interface; --force does it",
			 name);
}

static int apply_report(const struct change *change, const struct apply *apply,
			struct error *error)
{
	json_t *names = json_array();
	char what[PATH_MAX + 64];
	size_t i;

	if (!links_left(&change->links))
		notes_add(&change->context->notes,
			  "nothing is attached any more");
	for (i = 0; i < change->links.n; i++)
		if (change->links.link[i].todo != LINK_DETACH)
			json_array_append_new(names, json_string(
				change->links.link[i].interface.name));
	snprintf(what, sizeof(what), "%s: %zu rules on %zu interfaces",
		 apply->path ? apply->path : "stdin", change->next.n_rules,
		 json_array_size(names));
	return outcome_report(change, what, json_pack("{s:I, s:I, s:o}",
		"rules", (json_int_t)change->next.n_rules,
		"prefixes", (json_int_t)ruleset_prefixes(&change->next),
		"interfaces", names), error);
}

static int apply_change(struct change *change, const struct apply *apply,
			struct error *error)
{
	struct text text;
	int err = apply_read(apply, &text, error);

	if (err)
		return err;
	err = change_load(change, &text, apply->path, error);
	if (!err)
		err = interfaces_plan(change, apply, error);
	if (!err && apply->save)
		err = change_save(change, &text, error);
	text_free(&text);
	if (err)
		return err;
	change_warn_on(change, change->next.rules, change->next.n_rules);
	return change_commit(change, error);
}

static int apply_run(struct context *context, const struct apply *apply,
		     struct error *error)
{
	struct change change;
	int err = kern_privileges(error);

	if (!err)
		err = kern_bpffs(context->pin_dir, error);
	if (!err)
		err = change_begin(&change, context, error);
	if (err)
		return err;
	change.guarded = true;
	err = apply_change(&change, apply, error);
	if (!err)
		err = apply_report(&change, apply, error);
	change_end(&change);
	return err;
}

int cmd_apply(struct context *context, int argc, char **argv,
	      struct error *error)
{
	struct apply apply = { 0 };
	int err = apply_parse(&apply, context, argc, argv, error);

	if (err)
		return outcome_code(err, EXIT_DONE, error);
	if (apply.check)
		err = apply_check(context, &apply, error);
	else if (apply.diff)
		err = apply_diff(context, &apply, error);
	else
		err = apply_run(context, &apply, error);
	return outcome_code(err, err, error);
}
