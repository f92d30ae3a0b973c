/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * attach IF...: put the program on interfaces, with the rules file the first
 * time, with what runs afterwards; and renew it in place on those that have it.
 * JSON: outcome.h, and `interfaces`: name, mode (as it runs), audit, attached
 * (by this command); `ended`: inbound connections that no rule covers.
 */
#include <string.h>
#include "change.h"
#include "options.h"
#include "outcome.h"
#include "report.h"
#include "request.h"

struct request {
	const char *mode;	/* NULL: not said */
	bool audit, keep;
	struct interface interfaces[XDPWL_INTERFACES];
	int n;
};

static int mode_parse(enum attach_mode *mode, const char *text,
		      struct error *error)
{
	int i;

	for (i = MODE_AUTO; text && i <= MODE_GENERIC; i++) {
		if (!strcmp(text, attach_mode_names[i])) {
			*mode = i;
			return 0;
		}
	}
	if (!text)
		return 0;
	return error_set(error, EXIT_USAGE,
			 "--mode %s: it is auto, native or generic", text);
}

static int request_parse(struct request *request, int argc, char **argv,
			 struct error *error)
{
	const struct option_spec specs[] = {
		{ .name = "--mode", .value = &request->mode },
		{ .name = "--audit", .flag = &request->audit },
		{ .name = "--keep", .flag = &request->keep },
		{ .name = "--confirm", .later = true },
		OPTIONS_END
	};
	enum attach_mode mode = MODE_AUTO;
	int i, err = options_parse(specs, true, &argc, argv, error);

	if (!err)
		err = mode_parse(&mode, request->mode, error);
	if (!err && argc < 2)
		err = error_set(error, EXIT_USAGE,
				"attach needs an interface, such as eth0");
	if (!err && argc - 1 > XDPWL_INTERFACES)
		err = error_set(error, EXIT_USAGE,
				"attach takes %d interfaces at most",
				XDPWL_INTERFACES);
	for (i = 1; i < argc && !err; i++) {
		struct interface *interface = &request->interfaces[i - 1];

		err = request_interface(interface, argv[i], error);
		interface->mode = mode;
		interface->audit = request->audit;
		request->n = i;
	}
	return err;
}

/* One interface into the plan and into the file; what was not said stays. */
static int interface_plan(struct change *change, const struct request *request,
			  struct interface *interface, struct error *error)
{
	struct link *link = links_find(&change->links, interface->name);
	struct edit edit = { .verb = EDIT_INTERFACE_ADD };
	int err;

	if (link && !request->mode)
		interface->mode = link->interface.mode;
	if (link && link->interface.audit && !interface->audit)
		notes_add(&change->context->notes,
			  "%s is no longer in audit mode: drops are dropped",
			  interface->name);
	if (link && (link->interface.audit != interface->audit ||
		     link->interface.mode != interface->mode))
		change->rebuild = true;
	err = links_want(&change->links, interface, change->context->force,
			 error);
	if (err)
		return err;
	link = links_find(&change->links, interface->name);
	if (link->todo == LINK_REATTACH)
		notes_add(&change->context->notes,
			  "%s is detached for a moment: its mode changes",
			  interface->name);
	if (link->todo != LINK_KEEP)
		change->rebuild = true;
	edit.interface = *interface;
	err = change_edit_file(change, &edit, error);
	return err < 0 ? err : 0;
}

static int rules_take(struct change *change, struct error *error)
{
	int err;

	if (change->running.attached)
		return change_adopt(change, error);
	if (!change->parses) {
		*error = change->refusal;
		return -1;
	}
	err = change_load(change, &change->text, change->context->rules, error);
	if (!err && !change->next.n_rules)
		notes_add(&change->context->notes,
			  "%s allows nothing: nobody gets in from here on",
			  change->context->rules);
	return err;
}

/* Replaced in place, with this binary's program: the way of an upgrade. */
static int program_renew(struct change *change, struct error *error)
{
	int err;

	if (!change->running.attached)
		return 0;
	err = kern_reload(&change->running.kern, error);
	return err ? err : links_update(&change->running, error);
}

static int attach_report(const struct change *change,
			 const struct request *request, struct error *error)
{
	bool quiet = change->context->json || change->context->quiet;
	json_t *list = json_array();
	int i;

	for (i = 0; i < request->n; i++) {
		const struct link *link = links_find(
			&change->links, request->interfaces[i].name);
		const char *mode = attach_mode_names[link->mode];
		bool fresh = link->todo != LINK_KEEP;

		json_array_append_new(list, json_pack("{s:s, s:s, s:b, s:b}",
			"name", link->interface.name, "mode", mode,
			"audit", link->interface.audit, "attached", fresh));
		if (!quiet)
			printf("%s: %s, %s%s\n", link->interface.name,
			       fresh ? "attached" :
				       "already attached, program renewed",
			       mode, link->interface.audit ? ", audit" : "");
	}
	if (!quiet)
		report_ended(stdout, change->ended, change->n_ended);
	if (!change->context->json) {
		json_decref(list);
		return 0;
	}
	return outcome_report(change, "attach",
			      json_pack("{s:o, s:o}", "interfaces", list,
					"ended", json_connections(
						change->ended, change->n_ended)),
			      error);
}

static int attach_run(struct context *context, struct request *request,
		      struct error *error)
{
	struct change change;
	int i, err = change_begin(&change, context, error);

	if (err)
		return err;
	change.guarded = change.rules_first = true;
	change.keep = request->keep;
	err = rules_take(&change, error);
	for (i = 0; i < request->n && !err; i++)
		err = interface_plan(&change, request, &request->interfaces[i],
				     error);
	if (!err)
		change_warn_on(&change, change.next.rules,
			       change.next.n_rules);
	if (!err)
		err = program_renew(&change, error);
	if (!err)
		err = change_commit(&change, error);
	if (!err)
		err = attach_report(&change, request, error);
	change_end(&change);
	return err;
}

int cmd_attach(struct context *context, int argc, char **argv,
	       struct error *error)
{
	struct request request = { 0 };
	int err = request_parse(&request, argc, argv, error);

	if (!err)
		err = kern_privileges(error);
	if (!err)
		err = kern_bpffs(context->pin_dir, error);
	if (!err)
		err = attach_run(context, &request, error);
	return outcome_code(err, EXIT_DONE, error);
}
