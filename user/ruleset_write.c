/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Model to rules: the canonical text of a ruleset, which takes itself back
 * through ruleset_parse(). In: a ruleset; out: lines. Options that have their
 * default and comments of the file are not among them.
 */
#include <errno.h>
#include "rule_format.h"
#include "ruleset_options.h"
#include "words.h"

static void write_set(const struct set *set, FILE *out)
{
	char text[PREFIX_TEXT_SIZE];

	fprintf(out, "set %s", set->name);
	if (set->path) {
		fputs(" file ", out);
		word_write(set->path, out);
	}
	for (size_t i = 0; !set->path && i < set->n_members; i++) {
		prefix_format(&set->members[i], false, text);
		putc(' ', out);
		fputs(text, out);
	}
	putc('\n', out);
}

int ruleset_write(const struct ruleset *ruleset, FILE *out,
		  void (*annotate)(const struct rule *, FILE *out,
				   void *context),
		  void *context)
{
	options_write(&ruleset->options, out);
	for (size_t i = 0; i < ruleset->n_interfaces; i++) {
		interface_write(&ruleset->interfaces[i], out);
		putc('\n', out);
	}
	for (size_t i = 0; i < ruleset->n_sets; i++)
		write_set(&ruleset->sets[i], out);
	for (size_t i = 0; i < ruleset->n_rules; i++) {
		if (rule_write(&ruleset->rules[i], out))
			return -ENOMEM;
		if (annotate)
			annotate(&ruleset->rules[i], out, context);
		putc('\n', out);
	}
	return ferror(out) ? -EIO : 0;
}
