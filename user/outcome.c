/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * In: a change that was committed. Out: one line or one document that says what
 * it has done to what runs and to the rules file.
 */
#include "outcome.h"
#include "report.h"

static bool links_changed(const struct change *change)
{
	size_t i;

	for (i = 0; i < change->links.n; i++)
		if (change->links.link[i].todo != LINK_KEEP)
			return true;
	return false;
}

static const char *outcome_text(const struct change *change, bool running)
{
	if (running)
		return change->write ? "running and saved" : "running";
	if (!change->write)
		return "already so";
	return change->running.attached ? "saved" :
		"saved; it runs once an interface is attached";
}

static void outcome_details(const struct change *change)
{
	const struct ruleset *rules = &change->next;

	if (change->has_next && change->rebuild)
		printf("generation %llu: %zu rules, %zu prefixes, %zu interfaces\n",
		       (unsigned long long)kern_generation(
			       &change->running.kern),
		       rules->n_rules, ruleset_prefixes(rules),
		       rules->n_interfaces);
	if (change->write)
		printf("%s: %zu bytes\n", change->context->rules,
		       change->text.length);
}

int outcome_report(const struct change *change, const char *what,
		   json_t *extra, struct error *error)
{
	bool running = change->rebuild || links_changed(change);
	json_t *document;
	int err;

	if (!change->context->json) {
		json_decref(extra);
		if (!change->context->quiet)
			printf("%s: %s\n", what,
			       outcome_text(change, running));
		if (change->context->verbose)
			outcome_details(change);
		return 0;
	}
	document = json_pack("{s:i, s:b, s:b, s:b}", "schema", 1,
			     "changed", running || change->write,
			     "running", running, "saved", change->write);
	err = extra ? json_object_update(document, extra) : 0;
	json_decref(extra);
	return err ? error_memory(error) :
		     report_document(document, stdout, error);
}

int outcome_code(int err, int done, struct error *error)
{
	if (err >= 0)
		return done;
	if (!error->text[0])
		error_memory(error);
	return error->code;
}
