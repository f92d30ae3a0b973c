/* SPDX-License-Identifier: GPL-2.0-only */
/* Entries of lpm6 to the lines of their heads. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "lines.h"

#define KEYS_A_LINE	8
#define LINES_MAX	(1u << 16)	/* 4 MiB: what another packet may have left of
					 * a third-level cache */

/* Shorter prefixes than short6 leaves to the tables are of no kind. */
static uint32_t kind_find(uint32_t length)
{
	uint32_t kind = XDPWL_KINDS6 - 1;

	if (length < XDPWL_SHORT6)
		return XDPWL_KINDS6;
	while (length > xdpwl_kind6(kind).longest)
		kind--;
	return kind;
}

struct line_key line_key(const struct tables *tables, size_t i)
{
	const struct xdpwl_lpm6 *from = (struct xdpwl_lpm6 *)tables->lpm6.keys + i;
	struct line_key key = { .length = from->len };
	uint32_t word[4];

	memcpy(word, from->addr, sizeof(word));
	key.high = (uint64_t)ntohl(word[0]) << 32 | ntohl(word[1]);
	key.low = (uint64_t)ntohl(word[2]) << 32 | ntohl(word[3]);
	key.kind = kind_find(key.length);
	return key;
}

static uint64_t line_head(const struct line_key *key, uint64_t seed)
{
	uint32_t bits = xdpwl_kind6(key->kind).head;

	return xdpwl_hash(key->high >> (64 - bits) << (64 - bits),
			  XDPWL_HEAD(bits), seed);
}

uint64_t line_hash(const struct line_key *key, uint64_t seed)
{
	uint64_t address = key->length > 64 ? line_head(key, seed) ^ key->low :
					      key->high;

	return xdpwl_hash(address, key->length, seed);
}

/* How many heads a prefix touches. */
static uint32_t heads_of(const struct line_key *key)
{
	uint32_t bits = xdpwl_kind6(key->kind).head;

	return key->length >= bits ? 1 : 1u << (bits - key->length);
}

static void line_set(struct xdpwl_line *line, uint64_t hash)
{
	struct xdpwl_bits bits = xdpwl_bits(hash);

	line->word[bits.word] |= bits.bits;
}

static void lines_mark(struct xdpwl_lines *lines, const struct xdpwl_exact *exact,
		       const struct line_key *key, uint64_t seed)
{
	struct xdpwl_kind kind = xdpwl_kind6(key->kind);
	uint64_t hash = line_hash(key, seed), head, number;
	struct line_key at = *key;
	struct xdpwl_line *line;
	uint32_t i;

	for (i = 0; i < heads_of(key); i++) {
		head = line_head(&at, seed);
		number = head >> exact->shift;
		line = &lines[number / XDPWL_LINES].line[number % XDPWL_LINES];
		line_set(line, head);
		line_set(line, hash);
		line->lengths |= 1ull << (kind.longest - key->length);
		at.high += 1ull << (64 - kind.head);
	}
}

/* At least an element of them. */
static uint32_t lines_count(const struct tables *tables)
{
	size_t keys = 0, i;
	struct line_key key;
	uint32_t lines = XDPWL_LINES;

	for (i = 0; i < tables->lpm6.n; i++) {
		key = line_key(tables, i);
		if (key.kind < XDPWL_KINDS6)
			keys += 1 + heads_of(&key);
	}
	while (lines < LINES_MAX && (size_t)lines * KEYS_A_LINE < keys)
		lines *= 2;
	return lines;
}

int lines_build(struct tables *tables)
{
	struct blocks *blocks = &tables->lines6;
	struct xdpwl_exact *exact = &tables->slot->exact6;
	uint32_t lines = lines_count(tables);
	struct line_key key;
	size_t i;

	blocks->n = lines / XDPWL_LINES;
	blocks->elements = calloc(blocks->n, sizeof(struct xdpwl_lines));
	if (!blocks->elements)
		return -ENOMEM;
	exact->shift = 64 - __builtin_ctz(lines);
	for (i = 0; i < tables->lpm6.n; i++) {
		key = line_key(tables, i);
		if (key.kind >= XDPWL_KINDS6)
			continue;
		exact->kinds |= 1u << key.kind;
		lines_mark(blocks->elements, exact, &key, tables->slot->seed);
	}
	return 0;
}
