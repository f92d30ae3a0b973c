/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * drops [--by port|reason|rule] [--top N] [--watch] [--reset]: what was
 * dropped. JSON: report.h, one document a second with --watch.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "command.h"
#include "options.h"
#include "outcome.h"
#include "report.h"

enum by { BY_PORT, BY_REASON, BY_RULE };

struct request {
	enum by by;
	unsigned long top;
	bool watch, reset;
};

static int request_parse(struct request *request, bool json, int argc,
			 char **argv, struct error *error)
{
	const char *by = "port", *top = NULL;
	const struct option_spec specs[] = {
		{ .name = "--by", .value = &by },
		{ .name = "--top", .value = &top },
		{ .name = "--watch", .flag = &request->watch },
		{ .name = "--reset", .flag = &request->reset },
		OPTIONS_END
	};
	int err = options_parse(specs, true, &argc, argv, error);

	if (err)
		return err;
	if (argc > 1)
		return error_set(error, EXIT_USAGE, "drops takes no argument");
	if (request->watch && request->reset)
		return error_set(error, EXIT_USAGE,
				 "--watch and --reset exclude each other");
	request->top = json ? ~0ul : 20;
	if (top)
		err = options_number("--top", top, 1000000, &request->top,
				     error);
	if (err)
		return err;
	if (!strcmp(by, "source"))
		return error_set(error, EXIT_USAGE,
				 "--by source is not in this version of xdpwl yet");
	if (strcmp(by, "port") && strcmp(by, "reason") && strcmp(by, "rule"))
		return error_set(error, EXIT_USAGE,
				 "--by %s: it is port, reason or rule", by);
	request->by = by[0] == 'p' ? BY_PORT : by[1] == 'e' ? BY_REASON :
							      BY_RULE;
	return 0;
}

/* "eth0, eth1", malloc'ed; NULL: none is in audit mode. */
static char *audit_names(const struct running *running)
{
	char *text = NULL;
	size_t length, i, n = 0;
	FILE *out = open_memstream(&text, &length);

	for (i = 0; out && i < running->rules.n_interfaces; i++)
		if (running->rules.interfaces[i].audit)
			fprintf(out, "%s%s", n++ ? ", " : "",
				running->rules.interfaces[i].name);
	if (out && !fclose(out) && n)
		return text;
	free(text);
	return NULL;
}

static int drops_write(const struct drops *drops, const struct request *request,
		       bool json, struct error *error)
{
	if (json)
		return report_document(json_drops(drops), stdout, error);
	if (request->by == BY_REASON)
		report_drops_reasons(stdout, drops);
	else if (request->by == BY_RULE)
		return report_drops_rules(stdout, drops);
	else
		report_drops_ports(stdout, drops);
	return 0;
}

static int drops_print(const struct running *running,
		       const struct request *request, bool json,
		       struct error *error)
{
	struct xdpwl_counter *counts = NULL;
	struct kern_counters counters;
	struct drops drops = {
		.counters = &counters, .top = request->top,
		.since = running->kern.control->since,
	};
	struct drops_row *rows;
	char *audit;
	int err = kern_counters_read(&running->kern, &counters, error);

	if (err)
		return err;
	if (request->by == BY_RULE) {
		err = running_hits(running, &counts, error);
		drops.rules = &running->rules;
		drops.counts = counts;
	}
	rows = drops_rows(&counters, &drops.n_rows);
	drops.rows = rows;
	drops.audit = audit = audit_names(running);
	if (!err)
		err = rows ? drops_write(&drops, request, json, error) :
			     error_memory(error);
	free(audit);
	free(rows);
	free(counts);
	kern_counters_free(&counters);
	return err;
}

/* Rules may change meanwhile: each round opens the pins anew. Ends by a
 * signal, or when nobody reads. */
static int drops_watch(const struct context *context,
		       const struct request *request, struct error *error)
{
	const struct timespec second = { .tv_sec = 1 };
	bool terminal = isatty(STDOUT_FILENO);
	struct running running;
	int err;

	for (;;) {
		err = running_require(&running, context->pin_dir, error);
		if (err)
			return err;
		if (!context->json && terminal)
			fputs("\033[H\033[2J", stdout);
		err = drops_print(&running, request, context->json, error);
		running_close(&running);
		if (err)
			return err;
		if (fflush(stdout))
			return 0;
		nanosleep(&second, NULL);
	}
}

static int drops_reset(struct context *context, struct error *error)
{
	struct kern_lock lock;
	struct running running;
	int err = kern_lock(&lock, context->rules, context->pin_dir, error);

	if (err)
		return err;
	err = running_require(&running, context->pin_dir, error);
	if (!err) {
		err = kern_counters_reset(&running.kern, error);
		running_close(&running);
	}
	kern_unlock(&lock);
	if (err)
		return err;
	if (context->json)
		return report_document(json_pack("{s:i, s:b}", "schema", 1,
						 "changed", 1), stdout, error);
	if (!context->quiet)
		puts("counters of drops are zero");
	return 0;
}

int cmd_drops(struct context *context, int argc, char **argv,
	      struct error *error)
{
	struct request request = { 0 };
	struct running running;
	int err = request_parse(&request, context->json, argc, argv, error);

	if (!err && request.reset) {
		err = drops_reset(context, error);
	} else if (!err && request.watch) {
		err = drops_watch(context, &request, error);
	} else if (!err) {
		err = running_require(&running, context->pin_dir, error);
		if (!err) {
			err = drops_print(&running, &request, context->json,
					  error);
			running_close(&running);
		}
	}
	return outcome_code(err, EXIT_DONE, error);
}
