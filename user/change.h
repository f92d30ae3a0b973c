/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The one flow of every change of rules: begin (lock, read), plan (texts and
 * models in memory), commit (everything that can refuse first, the one switch
 * last), end. Until commit nothing has changed, and what commit refuses has
 * changed nothing.
 */
#ifndef CHANGE_H
#define CHANGE_H

#include "command.h"
#include "guard.h"
#include "kern_connections.h"
#include "links.h"

struct change {
	struct context *context;
	struct kern_lock lock;
	struct running running;
	char *rules_path;		/* absolute; origin of saved lines */

	/* The rules file: as it is, later as it shall be. */
	struct text text;
	struct ruleset saved;		/* model of `text`, `file` sets empty */
	bool parses;
	struct error refusal;		/* why it does not parse */
	bool write;			/* `text` is not what the file holds */

	/* What shall run. */
	struct ruleset next;
	bool has_next;
	char *origin;
	bool rebuild;			/* `next` is not what runs */
	struct links links;

	bool keep;			/* inbound connections that no rule covers live on */
	struct kern_connection *ended;	/* those that do not, once committed */
	size_t n_ended;
	bool guarded;			/* ask the lockout guard */
	bool rules_first;		/* new links wait for `next` (attach) */
	bool adds;			/* `next` is what runs and at most one rule more */
};

int change_begin(struct change *change, struct context *context,
		 struct error *error);
/* For one `allow`: members of what runs are not looked at (store_check()) before a whole
 * generation is built of them, which may not be needed. */
int change_begin_allow(struct change *change, struct context *context,
		       struct error *error);
void change_end(struct change *change);

/* Warn where the rules file is ahead of, or behind, what runs. */
void change_warn_unsaved(struct change *change);
/* Warn of names behind `on` that the plan leaves unattached, each once. */
void change_warn_on(struct change *change, const struct rule *rules, size_t n);

/*
 * One edit, of the file (unless --runtime) and of what runs (if anything does),
 * each by itself. 0, or -errno: where neither had what should go, EXIT_ABSENT.
 * What was changed is in `write` and `rebuild`.
 */
int change_edit(struct change *change, const struct edit *edit,
		struct error *error);
/* The same of the file alone. -ENOENT is for the caller to judge. */
int change_edit_file(struct change *change, const struct edit *edit,
		     struct error *error);

/* A rules text becomes what shall run, its sets read from their files.
 * `path` is where it came from; NULL: standard input. */
int change_load(struct change *change, const struct text *text,
		const char *path, struct error *error);

/* The text that was loaded becomes the rules file, too; *text is taken. */
int change_save(struct change *change, struct text *text, struct error *error);

/* Whether what shall run allows a new connection: on the device that holds its server's
 * address, else on any. With `audit`, one that only audits does. If not, *denied as
 * guard_passes() has it. */
bool change_passes(const struct change *change,
		   const struct guard_session *session, bool audit,
		   const struct rule **denied);

/* seed.c: flows that are older than the attach are learned, and who ends is listed. */
int change_seed(struct change *change, struct error *error);

/* EXIT_LOCKOUT where the guard refuses; else all of it, or nothing. */
int change_commit(struct change *change, struct error *error);

/* What runs becomes `next` as it is: for changes of interfaces alone. */
int change_adopt(struct change *change, struct error *error);


#endif
