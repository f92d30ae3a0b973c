/* SPDX-License-Identifier: GPL-2.0-only */
/* The table of commands, and what each is given. */
#ifndef COMMAND_H
#define COMMAND_H

#include <stdbool.h>
#include <stdio.h>
#include "error.h"

/* Global options, the same for every command. */
struct context {
	const char *rules;	/* --rules */
	const char *pin_dir;	/* --pin-dir */
	const char *state_dir;	/* --state-dir */
	bool json, runtime, force, verbose, quiet;
	struct notes notes;	/* printed to stderr by main, "xdpwl: warning: ..." */
};

struct command {
	const char *name;
	const char *arguments;	/* "SOURCE SERVICES [on IF] ..." */
	const char *summary;	/* one line of help */
	const char *details;	/* further lines of `help NAME`, may be NULL */
	/* argv[0] is the command's name. Returns the exit code (error filled unless it
	 * is one of the answers EXIT_DIFFERS, EXIT_DROPPED). */
	int (*run)(struct context *context, int argc, char **argv,
		   struct error *error);
};

extern const struct command commands[];		/* ends with a NULL name */

int cmd_attach(struct context *, int, char **, struct error *);
int cmd_detach(struct context *, int, char **, struct error *);
int cmd_edit(struct context *, int, char **, struct error *);	/* allow, deny, revoke */
int cmd_set(struct context *, int, char **, struct error *);
int cmd_list(struct context *, int, char **, struct error *);
int cmd_apply(struct context *, int, char **, struct error *);
int cmd_test(struct context *, int, char **, struct error *);
int cmd_drops(struct context *, int, char **, struct error *);
int cmd_status(struct context *, int, char **, struct error *);
int cmd_help(struct context *, int, char **, struct error *);
int cmd_later(struct context *, int, char **, struct error *);

#endif
