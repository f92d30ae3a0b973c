/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Statements to canonical text: what goes out takes itself back through
 * statement_parse(). Decides nothing.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "rule_format.h"
#include "words.h"

static void source_write(const struct source *source, FILE *out)
{
	char text[PREFIX_TEXT_SIZE];

	switch (source->kind) {
	case SOURCE_PREFIX:
		prefix_format(&source->prefix, false, text);
		fputs(text, out);
		break;
	case SOURCE_ANY:
		fputs("any", out);
		break;
	case SOURCE_SET:
		putc('@', out);
		fputs(source->set, out);
		break;
	}
}

/* A list is one word: quoted as a whole where one of its names needs it. */
static int on_write(const struct interfaces *on, FILE *out)
{
	char *text = malloc((size_t)on->n * IFNAMSIZ + 1), *at = text;

	if (!text)
		return -ENOMEM;
	*at = '\0';
	for (uint32_t i = 0; i < on->n; i++) {
		if (i > 0)
			*at++ = ',';
		at = stpcpy(at, on->name[i]);
	}
	fputs(" on ", out);
	word_write(text, out);
	free(text);
	return 0;
}

int rule_write(const struct rule *rule, FILE *out)
{
	char *services = services_format(rule->services);

	if (!services)
		return -ENOMEM;
	fputs(rule->action == RULE_ALLOW ? "allow " : "deny ", out);
	source_write(&rule->source, out);
	putc(' ', out);
	fputs(services, out);
	free(services);
	if (rule->on && on_write(rule->on, out))
		return -ENOMEM;
	if (rule->comment) {
		fputs(" comment ", out);
		word_write(rule->comment, out);
	}
	return 0;
}

void interface_write(const struct interface *interface, FILE *out)
{
	fputs("interface ", out);
	word_write(interface->name, out);
	if (interface->mode != MODE_AUTO)
		fprintf(out, " mode %s", attach_mode_names[interface->mode]);
	if (interface->audit)
		fputs(" audit", out);
}

char *rule_format(const struct rule *rule)
{
	char *text = NULL;
	size_t length;
	FILE *out = open_memstream(&text, &length);
	int err;

	if (!out)
		return NULL;
	err = rule_write(rule, out);
	if (fclose(out) || err) {
		free(text);
		return NULL;
	}
	return text;
}

char *source_format(const struct source *source)
{
	char *text = NULL;
	size_t length;
	FILE *out = open_memstream(&text, &length);

	if (!out)
		return NULL;
	source_write(source, out);
	if (fclose(out)) {
		free(text);
		return NULL;
	}
	return text;
}
