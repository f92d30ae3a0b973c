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

static int write_members(struct store *store, const struct ruleset *ruleset)
{
	size_t i, length = 0;
	uint64_t n;
	char *at;

	for (i = 0; i < ruleset->n_sets; i++)
		if (ruleset->sets[i].path)
			length += sizeof(n) + ruleset->sets[i].n_members *
						      sizeof(struct prefix);
	store->members = at = malloc(length + 1);
	if (!at)
		return -ENOMEM;
	store->members_length = length;
	for (i = 0; i < ruleset->n_sets; i++) {
		const struct set *set = &ruleset->sets[i];

		if (!set->path)
			continue;
		n = set->n_members;
		memcpy(at, &n, sizeof(n));
		at += sizeof(n);
		if (n)
			memcpy(at, set->members, n * sizeof(struct prefix));
		at += n * sizeof(struct prefix);
	}
	return 0;
}

static void write_rules(FILE *out, const struct ruleset *ruleset,
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
}

int store_write(struct store *store, const struct ruleset *ruleset,
		const char *origin, bool members, struct error *error)
{
	char *text = NULL, *rules = NULL;
	size_t text_length = 0;
	FILE *out = open_memstream(&text, &text_length);

	memset(store, 0, sizeof(*store));
	if (!out || ruleset_write(ruleset, out, NULL, NULL) | fclose(out))
		goto fail;
	out = open_memstream(&rules, &store->rules_length);
	if (!out)
		goto fail;
	write_rules(out, ruleset, origin ? origin : "", text, text_length);
	if (fclose(out))
		goto fail;
	store->rules = rules;
	rules = NULL;
	if (members && write_members(store, ruleset))
		goto fail;
	free(text);
	return 0;
fail:
	free(text);
	free(rules);
	store_free(store);
	return error_memory(error);
}

void store_free(struct store *store)
{
	free(store->rules);
	free(store->members);
	memset(store, 0, sizeof(*store));
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
	unsigned int bits = prefix->family == AF_INET ? 32 : 128, i;
	unsigned int whole = prefix->len / 8;

	if ((prefix->family != AF_INET && prefix->family != AF_INET6) ||
	    prefix->len > bits)
		return false;
	if (prefix->len % 8 && prefix->addr[whole++] & 0xff >> prefix->len % 8)
		return false;
	for (i = whole; i < sizeof(prefix->addr); i++)
		if (prefix->addr[i])
			return false;
	return true;
}

static int read_members(struct set *set, struct reader *reader)
{
	const void *count = take(reader, 1, sizeof(uint64_t)), *members;
	uint64_t n;

	if (!count)
		return -EINVAL;
	memcpy(&n, count, sizeof(n));
	members = take(reader, n, sizeof(*set->members));
	if (!members)
		return -EINVAL;
	set->members = (struct prefix *)members;
	set->n_members = n;
	set->borrowed = true;
	return 0;
}

static int read_sets(struct ruleset *ruleset, const struct store *store)
{
	struct reader reader = { store->members,
				 (const char *)store->members +
					 store->members_length };
	size_t i;
	int err = 0;

	for (i = 0; i < ruleset->n_sets && !err; i++)
		if (ruleset->sets[i].path)
			err = read_members(&ruleset->sets[i], &reader);
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

static bool members_sound(const struct set *set)
{
	size_t i;

	for (i = 0; i < set->n_members; i++)
		if (!prefix_sound(&set->members[i]) ||
		    (i && prefix_compare(&set->members[i - 1],
					 &set->members[i]) >= 0))
			return false;
	return true;
}

int store_check(const struct ruleset *ruleset, struct error *error)
{
	size_t i;

	for (i = 0; i < ruleset->n_sets; i++)
		if (ruleset->sets[i].borrowed && !members_sound(&ruleset->sets[i]))
			return damaged(error);
	return 0;
}

int store_read(struct ruleset *ruleset, char **origin, const struct store *store,
	       struct error *error)
{
	struct reader reader = { store->rules,
				 (const char *)store->rules +
					 store->rules_length };
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
		err = read_sets(ruleset, store);
	*origin = err ? NULL : strndup(name, header.origin_length);
	if (!err && !*origin)
		err = -ENOMEM;
	if (!err)
		return 0;
	ruleset_free(ruleset);
	return err == -ENOMEM ? error_memory(error) : damaged(error);
}
