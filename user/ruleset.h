/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Rules to model: everything that a rules file says, parsed and checked as a whole.
 * A ruleset is read-only once parsed, but for the hit numbers that store.c assigns;
 * edits are edits of the text (rulefile.h), which is then parsed again.
 */
#ifndef RULESET_H
#define RULESET_H

#include <stddef.h>
#include <stdio.h>
#include "rule.h"

struct set {
	char name[RULE_NAME_SIZE];
	char *path;			/* absolute path of a `file` set, NULL: inline */
	struct prefix *members;		/* sorted, without repetition */
	size_t n_members;
	bool borrowed;			/* members are another's, read-only; else owned */
	uint32_t line;
};

struct options {
	bool ra;			/* default on */
	bool class_e;			/* default off */
	uint32_t flows, fragments;	/* defaults 65536, 16384 */
	uint16_t ethertypes[16];	/* host order, sorted */
	uint32_t n_ethertypes;
};

/* Rules of equal services and equal `on` share the same pointers, so that a
 * comparison of pointers tells whether they name the same service. Rules that say
 * the same (equal id) are kept once, the first. */
struct ruleset {
	struct rule *rules;
	size_t n_rules;
	struct set *sets;
	size_t n_sets;
	struct interface *interfaces;
	size_t n_interfaces;
	struct options options;
	struct intern *intern;		/* owns services, on, comments */
};

/*
 * Parse a whole text. `name` is the file's name for messages ("web.rules:12: ...");
 * paths of set files that are not absolute are taken from directory `base`. Reads
 * no file: members of `file` sets stay empty. A set may be defined below its use;
 * an unknown set, a second definition or a second `interface` line of one name is
 * an error. On error the ruleset is empty and needs no free.
 */
int ruleset_parse(struct ruleset *ruleset, const char *name, const char *base,
		  const char *text, size_t length, struct error *error);
/* Read the members of every `file` set from its file. */
int ruleset_read_sets(struct ruleset *ruleset, struct error *error);
void ruleset_free(struct ruleset *ruleset);

/* One prefix a line, or the first field of a comma-separated line (RFC 8805);
 * # comments, blank lines, CRLF. Messages name `name` and the line. Returns 0;
 * *members is malloc'ed, sorted, without repetition. */
int set_read(struct prefix **members, size_t *n, FILE *file, const char *name,
	     struct error *error);

struct set *ruleset_set(const struct ruleset *ruleset, const char *name);
/* The rule that says the same, whatever its comment. */
struct rule *ruleset_rule(const struct ruleset *ruleset, const struct rule *like);
struct interface *ruleset_interface(const struct ruleset *ruleset,
				    const char *name);
/* Whether some prefix of the rule's source covers `prefix`. */
bool ruleset_rule_covers(const struct ruleset *ruleset, const struct rule *rule,
			 const struct prefix *prefix);
/* Number of distinct prefixes that rules and sets name. */
size_t ruleset_prefixes(const struct ruleset *ruleset);

/* The canonical rules file of a model: options, interfaces, sets, rules, one
 * statement a line, in that order, taking itself back through ruleset_parse().
 * Calls `annotate` (may be NULL) behind each rule to append to the line. */
int ruleset_write(const struct ruleset *ruleset, FILE *out,
		  void (*annotate)(const struct rule *, FILE *out, void *context),
		  void *context);

#endif
