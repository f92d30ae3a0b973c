/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * status: interfaces, sizes, and whether what runs is what the rules file says.
 * JSON: report.h. Exit 3 while nothing is attached, with the document all the
 * same.
 */
#include <string.h>
#include "change.h"
#include "diff.h"
#include "model.h"
#include "options.h"
#include "outcome.h"
#include "report.h"

/* A file that is missing says nothing. */
static int differences(struct status *status, const struct running *running,
		       struct error *why)
{
	struct diff diff = { .members = true };
	struct ruleset rules;
	struct text text;
	int err = kern_file_read(status->file, &text, why);

	if (!err) {
		err = model_read(&rules, &text, status->file, why);
		text_free(&text);
	}
	if (err)
		return err;
	err = diff_rulesets(&diff, &running->rules, &rules, why);
	ruleset_free(&rules);
	status->differences = diff.n;
	return err;
}

int cmd_status(struct context *context, int argc, char **argv,
	       struct error *error)
{
	const struct option_spec specs[] = { OPTIONS_END };
	struct status status = { .file = context->rules };
	struct kern_counters counters;
	struct running running;
	struct error why;
	int err = options_parse(specs, true, &argc, argv, error);

	if (!err && argc > 1)
		err = error_set(error, EXIT_USAGE, "status takes no argument");
	if (!err)
		err = running_open(&running, context->pin_dir, error);
	if (err)
		return outcome_code(err, EXIT_DONE, error);
	if (running.attached) {
		status.links = running.links;
		status.n_links = running.n_links;
		status.rules = &running.rules;
		status.generation = kern_generation(&running.kern);
		if (!kern_counters_read(&running.kern, &counters, &why)) {
			memcpy(status.evictions, counters.evictions,
			       sizeof(status.evictions));
			kern_counters_free(&counters);
		}
		if (differences(&status, &running, &why))
			status.unreadable = why.text;
	} else {
		status.unreadable = "nothing is attached";
	}
	if (context->json)
		err = report_document(json_status(&status), stdout, error);
	else
		report_status(stdout, &status);
	if (!err && !running.attached)
		err = error_set(error, EXIT_ABSENT,
				"nothing is attached (%s); xdpwl attach IF starts",
				context->pin_dir);
	running_close(&running);
	return outcome_code(err, EXIT_DONE, error);
}
