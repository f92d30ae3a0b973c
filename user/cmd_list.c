/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * list [SOURCE]: the running rules as a rules file, with the packets that each
 * has decided in a comment. JSON: report.h.
 */
#include <stdlib.h>
#include "command.h"
#include "options.h"
#include "outcome.h"
#include "report.h"
#include "request.h"

static int list_print(struct context *context, const struct running *running,
		      const struct source *only, struct error *error)
{
	struct xdpwl_counter *counts;
	int err = running_hits(running, &counts, error);

	if (err)
		return err;
	if (context->json)
		err = report_document(json_list(&running->rules, counts, only),
				      stdout, error);
	else
		err = report_list(stdout, &running->rules, counts, only);
	free(counts);
	return err;
}

int cmd_list(struct context *context, int argc, char **argv,
	     struct error *error)
{
	const struct option_spec specs[] = { OPTIONS_END };
	struct running running;
	struct source only;
	int err = options_parse(specs, true, &argc, argv, error);

	if (!err && argc > 2)
		err = error_set(error, EXIT_USAGE, "list takes one SOURCE");
	if (!err && argc == 2)
		err = request_source(&only, argv[1], error);
	if (!err)
		err = running_require(&running, context->pin_dir, error);
	if (!err) {
		err = list_print(context, &running, argc == 2 ? &only : NULL,
				 error);
		running_close(&running);
	}
	return outcome_code(err, EXIT_DONE, error);
}
