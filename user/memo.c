/* SPDX-License-Identifier: GPL-2.0-only */
/* A hash table of states by parent and rules, grown by doubling, never shrunk. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "classes.h"
#include "memo.h"

int memo_init(struct memo *memo)
{
	memo->size = 1024;
	memo->used = 0;
	memo->entries = calloc(memo->size, sizeof(*memo->entries));
	return memo->entries ? 0 : -ENOMEM;
}

void memo_free(struct memo *memo)
{
	uint32_t i;

	for (i = 0; memo->entries && i < memo->size; i++)
		free(memo->entries[i].rules);
	free(memo->entries);
	memo->entries = NULL;
}

static uint64_t memo_hash(struct state parent, const uint32_t *rules, uint32_t n)
{
	uint64_t seed = (uint64_t)parent.profile << 32 | parent.cell;
	uint64_t hash = random_next(&seed);
	uint32_t i;

	for (i = 0; i < n; i++) {
		hash ^= rules[i];
		hash = random_next(&hash);
	}
	return hash;
}

static struct memo_entry *entry_at(const struct memo *memo, uint64_t hash,
				   struct state parent, const uint32_t *rules,
				   uint32_t n)
{
	uint32_t at;

	for (at = hash & (memo->size - 1); memo->entries[at].rules;
	     at = (at + 1) & (memo->size - 1)) {
		const struct memo_entry *entry = &memo->entries[at];

		if (entry->hash == hash && entry->n == n &&
		    entry->parent.profile == parent.profile &&
		    entry->parent.cell == parent.cell &&
		    !memcmp(entry->rules, rules, n * sizeof(*rules)))
			break;
	}
	return &memo->entries[at];
}

static int memo_grow(struct memo *memo)
{
	struct memo old = *memo;
	uint32_t i;

	memo->size = old.size * 2;
	memo->entries = calloc(memo->size, sizeof(*memo->entries));
	if (!memo->entries) {
		*memo = old;
		return -ENOMEM;
	}
	for (i = 0; i < old.size; i++) {
		const struct memo_entry *entry = &old.entries[i];

		if (entry->rules)
			*entry_at(memo, entry->hash, entry->parent,
				  entry->rules, entry->n) = *entry;
	}
	free(old.entries);
	return 0;
}

int memo_find(struct memo *memo, struct state parent, const uint32_t *rules,
	      uint32_t n, struct memo_entry **entry)
{
	uint64_t hash = memo_hash(parent, rules, n);

	if (memo->used * 2 >= memo->size && memo_grow(memo))
		return -ENOMEM;
	*entry = entry_at(memo, hash, parent, rules, n);
	if (!(*entry)->rules) {
		(*entry)->hash = hash;
		(*entry)->parent = parent;
		(*entry)->n = n;
	}
	return 0;
}

int memo_keep(struct memo *memo, struct memo_entry *entry,
	      const uint32_t *rules)
{
	entry->rules = malloc((entry->n + 1) * sizeof(*rules));
	if (!entry->rules)
		return -ENOMEM;
	memcpy(entry->rules, rules, entry->n * sizeof(*rules));
	memo->used++;
	return 0;
}
