/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * `help [COMMAND]`, printed from the table of commands alone, and the refusal
 * of the commands that this version does not have yet.
 */
#include <jansson.h>
#include <string.h>
#include "command.h"
#include "report.h"

static const char global_options[] =
	"Options of every command:\n"
	"  --json           one JSON document instead of text\n"
	"  --rules FILE     the rules file (/etc/xdpwl/xdpwl.rules)\n"
	"  --pin-dir DIR    the running state (/sys/fs/bpf/xdpwl)\n"
	"  --state-dir DIR  what outlives a boot (/var/lib/xdpwl)\n"
	"  -v, -q           say more, say only errors\n"
	"  --help, --version\n";

static int help_json(const struct command *only, struct error *error)
{
	const struct command *command;
	json_t *list = json_array();

	for (command = commands; command->name; command++)
		if (command->summary && (!only || only == command))
			json_array_append_new(list, json_pack("{s:s, s:s, s:s}",
				"name", command->name,
				"arguments", command->arguments,
				"summary", command->summary));
	return report_document(json_pack("{s:i, s:s, s:o}", "schema", 1,
					 "version", VERSION, "commands", list),
			       stdout, error);
}

static void help_list(void)
{
	const struct command *command;

	printf("usage: xdpwl COMMAND [ARGUMENTS] [OPTIONS]\n\n");
	for (command = commands; command->name; command++)
		if (command->summary)
			printf("  %-8s %s\n", command->name, command->summary);
	printf("\n%s", global_options);
}

static void help_command(const struct command *command)
{
	printf("usage: xdpwl %s %s\n\n%s\n", command->name, command->arguments,
	       command->summary);
	if (command->details)
		printf("\n%s\n", command->details);
	printf("\n%s", global_options);
}

int cmd_help(struct context *context, int argc, char **argv,
	     struct error *error)
{
	const struct command *command = NULL;

	if (argc > 2) {
		error_set(error, EXIT_USAGE, "help takes one command");
		return EXIT_USAGE;
	}
	if (argc == 2) {
		for (command = commands; command->name; command++)
			if (!strcmp(command->name, argv[1]))
				break;
		if (!command->name) {
			error_set(error, EXIT_USAGE,
				  "unknown command %s; see: xdpwl help",
				  argv[1]);
			return EXIT_USAGE;
		}
		if (!command->summary)
			return command->run(context, 1, argv + 1, error);
	}
	if (context->json)
		return help_json(command, error) ? error->code : EXIT_DONE;
	if (command)
		help_command(command);
	else
		help_list();
	return EXIT_DONE;
}

int cmd_later(struct context *context, int argc, char **argv,
	      struct error *error)
{
	(void)context;
	(void)argc;
	error_set(error, EXIT_USAGE, "%s is not in this version of xdpwl yet",
		  argv[0]);
	return EXIT_USAGE;
}
