/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Option lines: the closed list of names and what each takes. In: the words of
 * a line; out: name and value. What they mean is ruleset.c's business.
 */
#include <stdlib.h>
#include <string.h>
#include "later.h"
#include "statement.h"

enum { MAX_ENTRIES = 1 << 24 };	/* of the tables of flows and fragments */

static int parse_switch(uint32_t *value, const struct word *name,
			const struct word *word, struct error *error)
{
	*value = word_is(word, "on");
	if (*value || word_is(word, "off"))
		return 0;
	return error_set(error, EXIT_USAGE, "option %.*s is 'on' or 'off', not '%.*s'",
			 WORD_SHOWN(name), WORD_SHOWN(word));
}

static int parse_count(uint32_t *value, const struct word *name,
		       const struct word *word, struct error *error)
{
	bool fine = word->length > 0 && word->length <= 8 && *word->text != '0';

	*value = 0;
	for (uint32_t i = 0; fine && i < word->length; i++) {
		fine = word->text[i] >= '0' && word->text[i] <= '9';
		*value = *value * 10 + (uint32_t)(word->text[i] - '0');
	}
	if (fine && *value <= MAX_ENTRIES)
		return 0;
	return error_set(error, EXIT_USAGE,
			 "option %.*s is a number from 1 to %d, not '%.*s'",
			 WORD_SHOWN(name), MAX_ENTRIES, WORD_SHOWN(word));
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* What would let everything pass unread, or never be an EtherType. */
static int check_ethertype(uint32_t value, struct error *error)
{
	switch (value) {
	case 0x0800:
	case 0x86dd:
		return error_set(error, EXIT_USAGE,
				 "ethertype 0x%04x is IP: what passes of it is said by rules",
				 value);
	case 0x8100:
	case 0x88a8:
		return error_set(error, EXIT_USAGE,
				 "ethertype 0x%04x is a VLAN tag: it is read, and what it holds is judged",
				 value);
	}
	if (value < 0x0600)
		return error_set(error, EXIT_USAGE,
				 "ethertype 0x%04x is below 0x0600: it would be a length",
				 value);
	return 0;
}

static int parse_ethertype(uint32_t *value, const struct word *name,
			   const struct word *word, struct error *error)
{
	bool fine = word->length >= 3 && word->length <= 6 &&
		    *word->text == '0' && (word->text[1] | 0x20) == 'x';

	(void)name;
	*value = 0;
	for (uint32_t i = 2; fine && i < word->length; i++) {
		int digit = hex_digit(word->text[i]);

		fine = digit >= 0;
		*value = *value << 4 | (uint32_t)digit;
	}
	if (!fine)
		return error_set(error, EXIT_USAGE,
				 "'%.*s' is no EtherType: four hex digits such as 0x88b5",
				 WORD_SHOWN(word));
	return check_ethertype(*value, error);
}

static int parse_confirm(uint32_t *value, const struct word *name,
			 const struct word *word, struct error *error)
{
	(void)name;
	*value = 0;
	if (word_is(word, "off"))
		return 0;
	return later_duration("option confirm with a duration", word, error);
}

static int parse_open(uint32_t *value, const struct word *name,
		      const struct word *word, struct error *error)
{
	int err = parse_switch(value, name, word, error);

	return !err && *value ? later_refuse("option open-on-stop on", error) : err;
}

static const struct {
	const char *name;
	const char *example;
	int (*parse)(uint32_t *value, const struct word *name,
		     const struct word *word, struct error *error);
} options[] = {
	{ "ra", "off", parse_switch },
	{ "class-e", "on", parse_switch },
	{ "ethertype", "0x88b5", parse_ethertype },
	{ "flows", "65536", parse_count },
	{ "fragments", "16384", parse_count },
	{ "confirm", "off", parse_confirm },
	{ "open-on-stop", "off", parse_open },
};

#define N_OPTIONS (sizeof(options) / sizeof(options[0]))

int option_parse(struct statement *statement, const struct word *words, int n,
		 struct error *error)
{
	struct option_line *option = &statement->option;

	statement->kind = STATEMENT_OPTION;
	if (n < 2)
		return error_set(error, EXIT_USAGE, "a name is missing: option ra off");
	for (size_t i = 0; i < N_OPTIONS; i++) {
		if (!word_is(&words[1], options[i].name))
			continue;
		if (n != 3)
			return error_set(error, EXIT_USAGE,
					 "option %s takes one value: option %s %s",
					 options[i].name, options[i].name,
					 options[i].example);
		option->name = options[i].name;
		return options[i].parse(&option->value, &words[1], &words[2],
					error);
	}
	return error_set(error, EXIT_USAGE,
			 "there is no option '%.*s': ra, class-e, ethertype, flows, fragments, confirm, open-on-stop",
			 WORD_SHOWN(&words[1]));
}
