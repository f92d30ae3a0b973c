/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Edits of a rules text that leave the owner's comments, order and layout alone:
 * the same functions edit the rules file and the text of what runs. Text in, text
 * out; no I/O.
 */
#ifndef RULEFILE_H
#define RULEFILE_H

#include "ruleset.h"

struct text {
	char *bytes;		/* malloc'ed, NUL behind the last byte, may be NULL when empty */
	size_t length;
};

void text_free(struct text *text);

enum edit_verb {
	EDIT_ALLOW, EDIT_DENY,		/* rule: the rule to add */
	EDIT_REVOKE, EDIT_REVOKE_DENY,	/* rule: source, on; services NULL: all */
	EDIT_SET_ADD, EDIT_SET_DEL,	/* set, prefixes */
	EDIT_INTERFACE_ADD,		/* interface: added, or its line replaced */
	EDIT_INTERFACE_DEL,		/* interface: its line removed */
};

struct edit {
	enum edit_verb verb;
	struct rule rule;
	const char *set;
	const struct prefix *prefixes;
	size_t n_prefixes;
	struct interface interface;
};

/*
 * Apply one edit. `in` must parse as a ruleset; `parsed` is that ruleset. Returns 1
 * and a new text, or 0 when there is nothing to change (*out untouched), or
 * -errno: -ENOENT with EXIT_ABSENT where revoke, `set del` or EDIT_INTERFACE_DEL
 * finds nothing to take; -EINVAL with EXIT_USAGE where the language cannot say the
 * rest, with the deny line that does it; EXIT_USAGE for `set add` to a file set,
 * naming the file to edit instead.
 *
 * ALLOW, DENY: nothing to do when rules of the same action, exactly this source
 * and `on` together name all the services; else the canonical line is appended
 * (a missing final newline is supplied).
 * REVOKE: in every line of that action, exactly that source and `on`, the services
 * taken are removed: the services word is rewritten in place, or the whole line
 * goes when none are left.
 */
int rulefile_edit(const struct text *in, const struct ruleset *parsed,
		  const struct edit *edit, struct text *out,
		  struct error *error);

#endif
