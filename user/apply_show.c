/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * apply --check and --diff: in, a rules file; out, whether it holds and what it
 * would change. Nothing is changed here.
 */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include "apply.h"
#include "diff.h"
#include "model.h"
#include "report.h"
#include "ruleset_interfaces.h"

static int apply_model(struct ruleset *rules, const struct apply *apply,
		       struct error *error)
{
	struct text text;
	int err = apply_read(apply, &text, error);

	if (err)
		return err;
	err = model_read(rules, &text, apply->path, error);
	text_free(&text);
	return err;
}

/* The limits are compile()'s to find, as if all the file's interfaces were
 * there. */
static int limits_check(const struct ruleset *rules, struct error *error)
{
	struct device *devices = calloc(rules->n_interfaces + 1,
					sizeof(*devices));
	struct tables tables;
	size_t i;
	int err;

	if (!devices)
		return error_memory(error);
	for (i = 0; i < rules->n_interfaces; i++) {
		memcpy(devices[i].name, rules->interfaces[i].name, IFNAMSIZ);
		devices[i].ifindex = i + 1;
		devices[i].audit = rules->interfaces[i].audit;
	}
	for (i = 0; i < rules->n_rules; i++)
		rules->rules[i].hit = i + 1;
	err = compile(&tables, rules, devices, rules->n_interfaces, 1, error);
	if (!err)
		tables_free(&tables);
	free(devices);
	return err;
}

static json_t *check_json(const struct ruleset *rules)
{
	json_t *names = json_array();
	size_t i;

	for (i = 0; i < rules->n_interfaces; i++)
		json_array_append_new(names,
				      json_string(rules->interfaces[i].name));
	return json_pack("{s:i, s:b, s:I, s:I, s:o}", "schema", 1, "ok", 1,
			 "rules", (json_int_t)rules->n_rules,
			 "prefixes", (json_int_t)ruleset_prefixes(rules),
			 "interfaces", names);
}

int apply_check(struct context *context, const struct apply *apply,
		struct error *error)
{
	struct ruleset rules;
	int err = apply_model(&rules, apply, error);

	if (err)
		return err;
	err = limits_check(&rules, error);
	if (!err && context->json)
		err = report_document(check_json(&rules), stdout, error);
	else if (!err && !context->quiet)
		printf("%s: %zu rules, %zu prefixes, no fault found\n",
		       apply->path ? apply->path : "stdin", rules.n_rules,
		       ruleset_prefixes(&rules));
	ruleset_free(&rules);
	return err;
}

/* ---- --diff ---- */

struct lines {
	bool json;
	json_t *added, *removed;
};

static void line_tell(char sign, const char *line, void *context)
{
	struct lines *lines = context;

	if (lines->json)
		json_array_append_new(sign == '+' ? lines->added :
						    lines->removed,
				      json_string(line));
	else
		printf("%c %s\n", sign, line);
}

/* A file without interfaces leaves those that are attached as they are. */
static int interfaces_keep(struct ruleset *rules, const struct ruleset *running,
			   struct error *error)
{
	if (rules->n_interfaces)
		return 0;
	return ruleset_take_interfaces(rules, running->interfaces,
				       running->n_interfaces, error);
}

static int diff_print(struct context *context, const struct ruleset *running,
		      const struct ruleset *rules, struct error *error)
{
	struct lines lines = { .json = context->json };
	struct diff diff = { .line = line_tell, .context = &lines,
			     .members = true };
	int err;

	lines.added = json_array();
	lines.removed = json_array();
	err = diff_rulesets(&diff, running, rules, error);
	if (!err && context->json)
		err = report_document(json_pack("{s:i, s:b, s:O, s:O}",
			"schema", 1, "changed", diff.n > 0,
			"added", lines.added, "removed", lines.removed),
			stdout, error);
	json_decref(lines.added);
	json_decref(lines.removed);
	return err ? err : diff.n ? EXIT_DIFFERS : 0;
}

int apply_diff(struct context *context, const struct apply *apply,
	       struct error *error)
{
	struct ruleset rules, empty;
	struct running running;
	int err = apply_model(&rules, apply, error);

	if (err)
		return err;
	err = ruleset_parse(&empty, "", "/", "", 0, error);
	if (err)
		goto out_rules;
	err = running_open(&running, context->pin_dir, error);
	if (err)
		goto out_empty;
	if (running.attached)
		err = interfaces_keep(&rules, &running.rules, error);
	else
		notes_add(&context->notes,
			  "nothing is attached: all of it would be new");
	if (!err)
		err = diff_print(context, running.attached ? &running.rules :
							     &empty,
				 &rules, error);
	running_close(&running);
out_empty:
	ruleset_free(&empty);
out_rules:
	ruleset_free(&rules);
	return err;
}
