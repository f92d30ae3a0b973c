/* SPDX-License-Identifier: GPL-2.0-only */
/* What runs now, whatever became of the files: pins, links, and their rules. */
#ifndef RUNNING_H
#define RUNNING_H

#include "kern.h"
#include "store.h"

struct running {
	bool attached;		/* some link is pinned: all below is filled */
	bool opened;		/* kern is open */
	bool leftover;		/* pins without a link: a command was killed */
	struct kern kern;
	struct kern_link *links;
	size_t n_links;
	/* The rules; their `interface` lines are those of `links`, one for
	 * each, with the mode that was asked for. Lines count in `origin`.
	 * Read-only but for change.c. */
	struct ruleset rules;
	char *origin;
	struct kern_text text;	/* members of the rules' sets lie in it */
};

/* Open what is pinned. Nothing there: 0 with `attached` false. */
int running_open(struct running *running, const char *pin_dir,
		 struct error *error);
/* The same without store_check() of the rules: for commands that may do without. */
int running_open_quick(struct running *running, const char *pin_dir,
		       struct error *error);
/* The same, for a command that cannot answer without: EXIT_ABSENT. */
int running_require(struct running *running, const char *pin_dir,
		    struct error *error);
void running_close(struct running *running);

/* Counters of all rules, in their order; malloc'ed. */
int running_hits(const struct running *running, struct xdpwl_counter **counts,
		 struct error *error);

/* "ORIGIN:LINE" of a rule that runs, or that no file has it. */
void running_where(const char *origin, const struct rule *rule, char *text,
		   size_t size);

#endif
