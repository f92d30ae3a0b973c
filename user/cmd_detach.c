/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * detach IF... | --all: take the program off interfaces; with the last one all
 * that runs goes. JSON: outcome.h, and `interfaces`: the names.
 */
#include <errno.h>
#include "change.h"
#include "options.h"
#include "outcome.h"

static int interface_drop(struct change *change, const char *name,
			  struct error *error)
{
	struct link *link = links_find(&change->links, name);
	struct edit edit = { .verb = EDIT_INTERFACE_DEL };
	int err;

	if (!link)
		return error_set(error, EXIT_ABSENT, "%s is not attached",
				 name);
	link->todo = LINK_DETACH;
	edit.interface = link->interface;
	err = change_edit_file(change, &edit, error);
	return err < 0 && err != -ENOENT ? err : 0;
}

static int detach_report(const struct change *change, struct error *error)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < change->links.n; i++) {
		const struct link *link = &change->links.link[i];

		if (link->todo != LINK_DETACH)
			continue;
		json_array_append_new(list,
				      json_string(link->interface.name));
		if (!change->context->json && !change->context->quiet)
			printf("%s: detached\n", link->interface.name);
	}
	if (!change->context->json) {
		json_decref(list);
		return 0;
	}
	return outcome_report(change, "detach",
			      json_pack("{s:o}", "interfaces", list), error);
}

static int detach_run(struct change *change, bool all, int n, char **names,
		      struct error *error)
{
	size_t j;
	int i, err = 0;

	if (!change->running.attached) {
		if (change->running.leftover)
			err = kern_remove(change->context->pin_dir, error);
		return err ? err : error_set(error, EXIT_ABSENT,
					     "nothing is attached (%s)",
					     change->context->pin_dir);
	}
	for (i = 0; i < n && !err; i++)
		err = interface_drop(change, names[i], error);
	for (j = 0; all && j < change->links.n && !err; j++)
		err = interface_drop(change,
				     change->links.link[j].interface.name,
				     error);
	if (!err)
		err = change_commit(change, error);
	return err ? err : detach_report(change, error);
}

int cmd_detach(struct context *context, int argc, char **argv,
	       struct error *error)
{
	bool all = false;
	const struct option_spec specs[] = {
		{ .name = "--all", .flag = &all },
		{ .name = "--confirm", .later = true },
		OPTIONS_END
	};
	struct change change;
	int err = options_parse(specs, true, &argc, argv, error);

	if (!err && (argc > 1) == all)
		err = error_set(error, EXIT_USAGE,
				"detach takes interfaces, or --all");
	if (err)
		return outcome_code(err, EXIT_DONE, error);
	err = change_begin(&change, context, error);
	if (err && all && context->force) {
		/* Pins that cannot be read can still be removed. */
		notes_add(&context->notes, "%s", error->text);
		err = kern_remove(context->pin_dir, error);
	} else if (!err) {
		err = detach_run(&change, all, argc - 1, argv + 1, error);
		change_end(&change);
	}
	return outcome_code(err, EXIT_DONE, error);
}
