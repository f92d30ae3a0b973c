/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Options of a ruleset. In: option lines, one by one; out: what they come to,
 * and lines again. Each option has a default, which here alone is written down.
 */
#include <string.h>
#include "ruleset_options.h"

const struct options options_default = {
	.ra = true, .flows = 65536, .fragments = 16384,
};

static const char *const single_options[N_SINGLE] = {
	[RA] = "ra", [CLASS_E] = "class-e", [FLOWS] = "flows",
	[FRAGMENTS] = "fragments", [CONFIRM] = "confirm",
	[OPEN_ON_STOP] = "open-on-stop",
};

/* In its place among the sorted ones. */
static int add_ethertype(struct options *options, uint16_t ethertype,
			 struct error *error)
{
	const uint32_t most = sizeof(options->ethertypes) /
			      sizeof(options->ethertypes[0]);
	uint32_t i = 0;

	while (i < options->n_ethertypes && options->ethertypes[i] < ethertype)
		i++;
	if (i < options->n_ethertypes && options->ethertypes[i] == ethertype)
		return 0;
	if (options->n_ethertypes == most)
		return error_set(error, EXIT_USAGE,
				 "more than %u ethertypes are opened", most);
	memmove(&options->ethertypes[i + 1], &options->ethertypes[i],
		(options->n_ethertypes - i) * sizeof(options->ethertypes[0]));
	options->ethertypes[i] = ethertype;
	options->n_ethertypes++;
	return 0;
}

static void set_single(struct options *options, int which, uint32_t value)
{
	if (which == RA)
		options->ra = value;
	else if (which == CLASS_E)
		options->class_e = value;
	else if (which == FLOWS)
		options->flows = value;
	else if (which == FRAGMENTS)
		options->fragments = value;
}

int options_add(struct options *options, struct option_lines *lines,
		const struct option_line *option, uint32_t number,
		struct error *error)
{
	int which = 0;

	while (which < N_SINGLE && strcmp(option->name, single_options[which]))
		which++;
	if (which == N_SINGLE)
		return add_ethertype(options, (uint16_t)option->value, error);
	if (lines->line[which])
		return error_set(error, EXIT_USAGE,
				 "option %s stands in line %u already",
				 option->name, lines->line[which]);
	lines->line[which] = number;
	set_single(options, which, option->value);
	return 0;
}

static const char *switch_text(bool on)
{
	return on ? "on" : "off";
}

void options_write(const struct options *options, FILE *out)
{
	if (options->ra != options_default.ra)
		fprintf(out, "option ra %s\n", switch_text(options->ra));
	if (options->class_e != options_default.class_e)
		fprintf(out, "option class-e %s\n",
			switch_text(options->class_e));
	if (options->flows != options_default.flows)
		fprintf(out, "option flows %u\n", options->flows);
	if (options->fragments != options_default.fragments)
		fprintf(out, "option fragments %u\n", options->fragments);
	for (uint32_t i = 0; i < options->n_ethertypes; i++)
		fprintf(out, "option ethertype 0x%04x\n",
			options->ethertypes[i]);
}
