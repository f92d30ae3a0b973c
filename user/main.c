/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * In: the command line. Out: the exit code, and on stderr the one line of an
 * error and the notes of a success. It takes the options that every command
 * knows, finds the command in the table and runs it; it knows nothing of rules
 * or the kernel.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include "command.h"
#include "heap.h"
#include "options.h"

#define DEFAULT_RULES	"/etc/xdpwl/xdpwl.rules"
#define DEFAULT_PINS	"/sys/fs/bpf/xdpwl"
#define DEFAULT_STATE	"/var/lib/xdpwl"

static const struct command *command_find(const char *name)
{
	const struct command *command;

	for (command = commands; command->name; command++)
		if (!strcmp(command->name, name))
			return command;
	return NULL;
}

static int context_parse(struct context *context, int *argc, char **argv,
			 bool *help, bool *version, struct error *error)
{
	const struct option_spec specs[] = {
		{ .name = "--json", .flag = &context->json },
		{ .name = "--rules", .value = &context->rules },
		{ .name = "--pin-dir", .value = &context->pin_dir },
		{ .name = "--state-dir", .value = &context->state_dir },
		{ .name = "--runtime", .flag = &context->runtime },
		{ .name = "--force", .flag = &context->force },
		{ .name = "-v", .flag = &context->verbose },
		{ .name = "-q", .flag = &context->quiet },
		{ .name = "--help", .flag = help },
		{ .name = "-h", .flag = help },
		{ .name = "--version", .flag = version },
		OPTIONS_END
	};

	return options_parse(specs, false, argc, argv, error);
}

static int command_run(struct context *context, int argc, char **argv,
		       bool help, struct error *error)
{
	char *help_argv[] = { "help", argc > 1 ? argv[1] : NULL, NULL };
	const struct command *command;

	if (help)
		return cmd_help(context, argc > 1 ? 2 : 1, help_argv, error);
	if (argc < 2) {
		error_set(error, EXIT_USAGE,
			  "no command was given; see: xdpwl help");
		return EXIT_USAGE;
	}
	command = command_find(argv[1]);
	if (command)
		return command->run(context, argc - 1, argv + 1, error);
	if (argv[1][0] == '-')
		error_set(error, EXIT_USAGE,
			  "unknown option %s (options of a command stand behind its name); see: xdpwl help",
			  argv[1]);
	else
		error_set(error, EXIT_USAGE,
			  "unknown command %s; see: xdpwl help", argv[1]);
	return EXIT_USAGE;
}

static int output_finish(int code)
{
	bool failed = ferror(stdout);

	if (!fflush(stdout) && !failed)
		return code;
	fprintf(stderr, "xdpwl: cannot write the output: %s\n", strerror(errno));
	return code ? code : EXIT_SYSTEM;
}

int main(int argc, char **argv)
{
	struct context context = {
		.rules = DEFAULT_RULES,
		.pin_dir = DEFAULT_PINS,
		.state_dir = DEFAULT_STATE,
	};
	struct error error = { 0 };
	bool help = false, version = false;
	int code = EXIT_USAGE;
	size_t i;

	signal(SIGPIPE, SIG_DFL);
	heap_prepare();
	if (!context_parse(&context, &argc, argv, &help, &version, &error)) {
		if (version)
			code = printf("xdpwl %s\n", VERSION) < 0;
		else
			code = command_run(&context, argc, argv, help, &error);
	}
	code = output_finish(code);
	for (i = 0; i < context.notes.n && !context.quiet; i++)
		fprintf(stderr, "xdpwl: warning: %s\n",
			context.notes.lines[i]);
	if (code && error.text[0])
		fprintf(stderr, "xdpwl: %s\n", error.text);
	notes_free(&context.notes);
	return code;
}
