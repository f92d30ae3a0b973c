/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A model as bytes: a header, the canonical rules text, the line and hit number of
 * each rule in the order of the text, the origin's name, and the members of each
 * `file` set in the order of the text. Text, because the language outlives
 * layouts; every length is checked on the way back, and members are checked as if
 * a stranger had written them.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "store.h"
#include "../include/xdpwl.h"

#define STORE_MAGIC 0x3177706478ull	/* "xdpw1" */

struct store_header {
	uint64_t magic;
	uint64_t text_length;
	uint64_t n_rules;
	uint64_t origin_length;
};

struct store_rule {
	uint32_t line, hit;
};

/* ---- to bytes ---- */

static void write_members(FILE *out, const struct ruleset *ruleset)
{
	size_t i;
	uint64_t n;

	for (i = 0; i < ruleset->n_sets; i++) {
		const struct set *set = &ruleset->sets[i];

		if (!set->path)
			continue;
		n = set->n_members;
		fwrite(&n, sizeof(n), 1, out);
		fwrite(set->members, sizeof(*set->members), n, out);
	}
}

static void write_all(FILE *out, const struct ruleset *ruleset,
		      const char *origin, const char *text, size_t length)
{
	struct store_header header = {
		.magic = STORE_MAGIC,
		.text_length = length,
		.n_rules = ruleset->n_rules,
		.origin_length = strlen(origin),
	};
	size_t i;

	fwrite(&header, sizeof(header), 1, out);
	fwrite(text, 1, length, out);
	for (i = 0; i < ruleset->n_rules; i++) {
		struct store_rule rule = { ruleset->rules[i].line,
					   ruleset->rules[i].hit };

		fwrite(&rule, sizeof(rule), 1, out);
	}
	fwrite(origin, 1, header.origin_length, out);
	write_members(out, ruleset);
}

int store_write(void **bytes, size_t *length, const struct ruleset *ruleset,
		const char *origin, struct error *error)
{
	char *text = NULL, *result = NULL;
	size_t text_length = 0;
	FILE *out = open_memstream(&text, &text_length);

	if (!out || ruleset_write(ruleset, out, NULL, NULL) | fclose(out))
		goto fail;
	out = open_memstream(&result, length);
	if (!out)
		goto fail;
	write_all(out, ruleset, origin ? origin : "", text, text_length);
	if (fclose(out))
		goto fail;
	free(text);
	*bytes = result;
	return 0;
fail:
	free(text);
	free(result);
	return error_memory(error);
}

/* ---- and back ---- */

struct reader {
	const char *at, *end;
};

/* The next n elements of `size` bytes, or NULL: not that many are there. */
static const void *take(struct reader *reader, uint64_t n, size_t size)
{
	const char *at = reader->at;

	if (n > (uint64_t)(reader->end - at) / size)
		return NULL;
	reader->at += n * size;
	return at;
}

static bool prefix_sound(const struct prefix *prefix)
{
	struct prefix network = *prefix;
	unsigned int bits = prefix->family == AF_INET ? 32 : 128, i;

	if ((prefix->family != AF_INET && prefix->family != AF_INET6) ||
	    prefix->len > bits)
		return false;
	for (i = prefix->len; i < 128; i++)
		network.addr[i / 8] &= ~(0x80 >> i % 8);
	return !memcmp(&network, prefix, sizeof(network));
}

static int read_members(struct set *set, struct reader *reader)
{
	const void *count = take(reader, 1, sizeof(uint64_t)), *members;
	uint64_t n, i;

	if (!count)
		return -EINVAL;
	memcpy(&n, count, sizeof(n));
	members = take(reader, n, sizeof(*set->members));
	if (!members)
		return -EINVAL;
	set->members = malloc(n * sizeof(*set->members) + 1);
	if (!set->members)
		return -ENOMEM;
	memcpy(set->members, members, n * sizeof(*set->members));
	set->n_members = n;
	for (i = 0; i < n; i++)
		if (!prefix_sound(&set->members[i]) ||
		    (i && prefix_compare(&set->members[i - 1],
					 &set->members[i]) >= 0))
			return -EINVAL;
	return 0;
}

static int read_sets(struct ruleset *ruleset, struct reader *reader)
{
	size_t i;
	int err = 0;

	for (i = 0; i < ruleset->n_sets && !err; i++)
		if (ruleset->sets[i].path)
			err = read_members(&ruleset->sets[i], reader);
	return err;
}

static int read_rules(struct ruleset *ruleset, const char *at)
{
	size_t i;

	for (i = 0; i < ruleset->n_rules; i++) {
		struct store_rule rule;

		memcpy(&rule, at + i * sizeof(rule), sizeof(rule));
		if (rule.hit >= XDPWL_HIT_CHUNK * XDPWL_HIT_CHUNKS)
			return -EINVAL;
		ruleset->rules[i].line = rule.line;
		ruleset->rules[i].hit = rule.hit;
	}
	return 0;
}

static int damaged(struct error *error)
{
	return error_set(error, EXIT_SYSTEM, "the running rules in the pins are "
			 "damaged: `xdpwl apply` loads the rules file again");
}

int store_read(struct ruleset *ruleset, char **origin, const void *bytes,
	       size_t length, struct error *error)
{
	struct reader reader = { bytes, (const char *)bytes + length };
	const char *text, *rules, *name;
	struct store_header header;
	const void *head = take(&reader, 1, sizeof(header));
	int err;

	if (!head)
		return damaged(error);
	memcpy(&header, head, sizeof(header));
	if (header.magic != STORE_MAGIC)
		return damaged(error);
	text = take(&reader, header.text_length, 1);
	rules = text ? take(&reader, header.n_rules,
			    sizeof(struct store_rule)) : NULL;
	name = rules ? take(&reader, header.origin_length, 1) : NULL;
	if (!name)
		return damaged(error);
	err = ruleset_parse(ruleset, "running rules", "/", text,
			    header.text_length, error);
	if (err)
		return err;
	err = ruleset->n_rules == header.n_rules ? read_rules(ruleset, rules) :
						   -EINVAL;
	if (!err)
		err = read_sets(ruleset, &reader);
	*origin = err ? NULL : strndup(name, header.origin_length);
	if (!err && !*origin)
		err = -ENOMEM;
	if (!err)
		return 0;
	ruleset_free(ruleset);
	return err == -ENOMEM ? error_memory(error) : damaged(error);
}
