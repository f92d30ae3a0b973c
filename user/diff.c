/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * In: two models. Out: their differences, one statement a line, what goes
 * before what comes. Order and layout are no difference; comments of rules are,
 * for they are part of what `list` gives back.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "diff.h"

static void report(struct diff *diff, char sign, const char *line)
{
	diff->n++;
	if (diff->line)
		diff->line(sign, line, diff->context);
}

__attribute__((format(printf, 3, 4)))
static int reportf(struct diff *diff, char sign, const char *format, ...)
{
	va_list arguments;
	char *line;
	int length;

	va_start(arguments, format);
	length = vasprintf(&line, format, arguments);
	va_end(arguments);
	if (length < 0)
		return -1;
	report(diff, sign, line);
	free(line);
	return 0;
}

/* ---- options ---- */

static int ethertypes_missing(struct diff *diff, char sign,
			      const struct options *here,
			      const struct options *there)
{
	uint32_t i, j;
	int err = 0;

	for (i = 0; i < here->n_ethertypes; i++) {
		for (j = 0; j < there->n_ethertypes; j++)
			if (here->ethertypes[i] == there->ethertypes[j])
				break;
		if (j == there->n_ethertypes)
			err |= reportf(diff, sign, "option ethertype 0x%04x",
				       here->ethertypes[i]);
	}
	return err;
}

static int diff_switch(struct diff *diff, const char *name, bool from, bool to)
{
	if (from == to)
		return 0;
	return reportf(diff, '-', "option %s %s", name, from ? "on" : "off") |
	       reportf(diff, '+', "option %s %s", name, to ? "on" : "off");
}

static int diff_number(struct diff *diff, const char *name, uint32_t from,
		       uint32_t to)
{
	if (from == to)
		return 0;
	return reportf(diff, '-', "option %s %u", name, from) |
	       reportf(diff, '+', "option %s %u", name, to);
}

static int diff_options(struct diff *diff, const struct options *from,
			const struct options *to)
{
	return diff_switch(diff, "ra", from->ra, to->ra) |
	       diff_switch(diff, "class-e", from->class_e, to->class_e) |
	       diff_number(diff, "flows", from->flows, to->flows) |
	       diff_number(diff, "fragments", from->fragments, to->fragments) |
	       ethertypes_missing(diff, '-', from, to) |
	       ethertypes_missing(diff, '+', to, from);
}

/* ---- interfaces ---- */

static int interfaces_missing(struct diff *diff, char sign,
			      const struct ruleset *here,
			      const struct ruleset *there)
{
	const struct interface *a, *b;
	int err = 0;
	size_t i;

	for (i = 0; i < here->n_interfaces; i++) {
		a = &here->interfaces[i];
		b = ruleset_interface(there, a->name);
		if (b && a->mode == b->mode && a->audit == b->audit)
			continue;
		err |= reportf(diff, sign, "interface %s%s%s%s", a->name,
			       a->mode == MODE_AUTO ? "" : " mode ",
			       a->mode == MODE_AUTO ? "" :
						attach_mode_names[a->mode],
			       a->audit ? " audit" : "");
	}
	return err;
}

/* ---- sets ---- */

static bool sets_alike(const struct set *a, const struct set *b)
{
	if (!a->path || !b->path)
		return !a->path && !b->path;
	return !strcmp(a->path, b->path);
}

/* The line that defines a set, with the members that stand in it. */
static int report_definition(struct diff *diff, char sign,
			     const struct set *set)
{
	char text[PREFIX_TEXT_SIZE], *line = NULL;
	size_t length, i;
	FILE *out = open_memstream(&line, &length);

	if (!out)
		return -1;
	fprintf(out, "set %s%s%s", set->name, set->path ? " file " : "",
		set->path ? set->path : "");
	for (i = 0; !set->path && i < set->n_members; i++) {
		prefix_format(&set->members[i], false, text);
		fprintf(out, " %s", text);
	}
	if (fclose(out)) {
		free(line);
		return -1;
	}
	report(diff, sign, line);
	free(line);
	return 0;
}

static int definitions_missing(struct diff *diff, char sign,
			       const struct ruleset *here,
			       const struct ruleset *there)
{
	const struct set *other;
	int err = 0;
	size_t i;

	for (i = 0; i < here->n_sets; i++) {
		other = ruleset_set(there, here->sets[i].name);
		if (!other || !sets_alike(&here->sets[i], other))
			err |= report_definition(diff, sign, &here->sets[i]);
	}
	return err;
}

static int report_member(struct diff *diff, char sign, const struct set *set,
			 const struct prefix *prefix)
{
	char text[PREFIX_TEXT_SIZE];

	prefix_format(prefix, false, text);
	return reportf(diff, sign, "set %s %s", set->name, text);
}

/* Both are sorted. */
static int diff_members(struct diff *diff, const struct set *from,
			const struct set *to)
{
	size_t i = 0, j = 0;
	int err = 0, order;

	while ((i < from->n_members || j < to->n_members) && !err) {
		if (i == from->n_members || j == to->n_members)
			order = i == from->n_members ? 1 : -1;
		else
			order = prefix_compare(&from->members[i],
					       &to->members[j]);
		if (order < 0)
			err = report_member(diff, '-', from, &from->members[i]);
		else if (order > 0)
			err = report_member(diff, '+', to, &to->members[j]);
		i += order <= 0;
		j += order >= 0;
	}
	return err;
}

static int diff_sets(struct diff *diff, const struct ruleset *from,
		     const struct ruleset *to)
{
	int err = definitions_missing(diff, '-', from, to) |
		  definitions_missing(diff, '+', to, from);
	const struct set *set, *other;
	size_t i;

	for (i = 0; i < from->n_sets; i++) {
		set = &from->sets[i];
		other = ruleset_set(to, set->name);
		if (other && sets_alike(set, other) &&
		    (!set->path || diff->members))
			err |= diff_members(diff, set, other);
	}
	return err;
}

/* ---- rules ---- */

static bool comments_equal(const struct rule *a, const struct rule *b)
{
	return !strcmp(a->comment ? a->comment : "",
		       b->comment ? b->comment : "");
}

static int rules_missing(struct diff *diff, char sign,
			 const struct ruleset *here,
			 const struct ruleset *there)
{
	const struct rule *rule, *other;
	char *line;
	size_t i;

	for (i = 0; i < here->n_rules; i++) {
		rule = &here->rules[i];
		other = ruleset_rule(there, rule);
		if (other && comments_equal(other, rule))
			continue;
		line = rule_format(rule);
		if (!line)
			return -1;
		report(diff, sign, line);
		free(line);
	}
	return 0;
}

int diff_rulesets(struct diff *diff, const struct ruleset *from,
		  const struct ruleset *to, struct error *error)
{
	int err;

	diff->n = 0;
	err = diff_options(diff, &from->options, &to->options) |
	      interfaces_missing(diff, '-', from, to) |
	      interfaces_missing(diff, '+', to, from) |
	      diff_sets(diff, from, to) |
	      rules_missing(diff, '-', from, to) |
	      rules_missing(diff, '+', to, from);
	return err ? error_memory(error) : 0;
}
