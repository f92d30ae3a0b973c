/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * set NAME [show | add PREFIX... | del PREFIX...]: the members that packets
 * meet, and changes of those that stand in the rules file. JSON: report.h for
 * what is shown, outcome.h for a change.
 */
#include <stdlib.h>
#include <string.h>
#include "change.h"
#include "options.h"
#include "outcome.h"
#include "report.h"

static int set_show(struct context *context, const char *name,
		    struct error *error)
{
	struct running running;
	const struct set *set;
	json_t *document;
	int err = running_require(&running, context->pin_dir, error);

	if (err)
		return err;
	set = ruleset_set(&running.rules, name);
	if (!set) {
		err = error_set(error, EXIT_ABSENT, "no set %s runs", name);
	} else if (context->json) {
		document = json_set(set);
		json_object_set_new(document, "schema", json_integer(1));
		err = report_document(document, stdout, error);
	} else {
		report_set(stdout, set);
	}
	running_close(&running);
	return err;
}

static int set_change(struct context *context, const struct edit *edit,
		      struct error *error)
{
	struct change change;
	char what[RULE_NAME_SIZE + 8];
	int err = change_begin(&change, context, error);

	if (err)
		return err;
	change.guarded = edit->verb == EDIT_SET_DEL;
	change_warn_unsaved(&change);
	err = change_edit(&change, edit, error);
	if (!err)
		err = change_commit(&change, error);
	if (!err) {
		snprintf(what, sizeof(what), "set %s", edit->set);
		err = outcome_report(&change, what, NULL, error);
	}
	change_end(&change);
	return err;
}

static int set_edit(struct context *context, struct edit *edit, int n,
		    char **words, struct error *error)
{
	struct prefix *prefixes = calloc(n, sizeof(*prefixes));
	int i, err = prefixes ? 0 : error_memory(error);

	for (i = 0; i < n && !err; i++)
		err = prefix_parse(&prefixes[i], words[i], strlen(words[i]),
				   error);
	edit->prefixes = prefixes;
	edit->n_prefixes = n;
	if (!err)
		err = set_change(context, edit, error);
	free(prefixes);
	return err;
}

int cmd_set(struct context *context, int argc, char **argv,
	    struct error *error)
{
	const struct option_spec specs[] = {
		{ .name = "--confirm", .later = true },
		OPTIONS_END
	};
	struct edit edit = { 0 };
	int err = options_parse(specs, true, &argc, argv, error);

	if (err)
		return outcome_code(err, EXIT_DONE, error);
	if (argc > 1)
		edit.set = argv[1][0] == '@' ? argv[1] + 1 : argv[1];
	if (argc == 2 || (argc == 3 && !strcmp(argv[2], "show"))) {
		err = set_show(context, edit.set, error);
	} else if (argc > 3 && (!strcmp(argv[2], "add") ||
				!strcmp(argv[2], "del"))) {
		edit.verb = argv[2][0] == 'a' ? EDIT_SET_ADD : EDIT_SET_DEL;
		err = set_edit(context, &edit, argc - 3, argv + 3, error);
	} else {
		err = error_set(error, EXIT_USAGE,
				"set takes NAME, NAME show, NAME add PREFIX... or NAME del PREFIX...");
	}
	return outcome_code(err, EXIT_DONE, error);
}
