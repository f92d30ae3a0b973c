/* SPDX-License-Identifier: GPL-2.0-only */
/* Entries of lpm6 that share their /32s with others to the lines of their heads. */
#include <errno.h>
#include <stdlib.h>
#include "lines.h"

#define KEYS_A_LINE	8
#define LINES_MAX	(1u << 16)	/* 4 MiB: what another packet may have left of
					 * a third-level cache */

uint32_t line_kind(uint32_t length)
{
	uint32_t kind = XDPWL_KINDS6 - 1;

	while (length > xdpwl_kind6(kind).longest)
		kind--;
	return kind;
}

static struct xdpwl_kind kind_of(const struct key6 *key)
{
	return xdpwl_kind6(line_kind(key->length));
}

static uint64_t line_head(const struct key6 *key, uint64_t seed)
{
	uint32_t bits = kind_of(key).head;

	return xdpwl_hash(key->high >> (64 - bits) << (64 - bits),
			  XDPWL_HEAD(bits), seed);
}

uint64_t line_hash(const struct key6 *key, uint64_t seed)
{
	uint64_t address = key->length > 64 ? line_head(key, seed) ^ key->low :
					      key->high;

	return xdpwl_hash(address, key->length, seed);
}

static void line_set(struct xdpwl_line *line, uint64_t hash)
{
	struct xdpwl_bits bits = xdpwl_bits(hash);

	line->word[bits.word] |= bits.bits;
}

static void lines_mark(struct xdpwl_lines *lines, const struct xdpwl_exact *exact,
		       const struct key6 *key, uint64_t seed)
{
	struct xdpwl_kind kind = kind_of(key);
	uint64_t hash = line_hash(key, seed), head, number;
	struct key6 at = *key;
	struct xdpwl_line *line;
	uint32_t i;

	for (i = 0; i < key6_heads(key, kind.head); i++) {
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
static uint32_t lines_count(const struct table *lpm6, const bool *several)
{
	uint32_t lines = XDPWL_LINES;
	size_t keys = 0, i;

	for (i = 0; i < lpm6->n; i++) {
		struct key6 key = key6_at(lpm6, i);

		if (several[i])
			keys += 1 + key6_heads(&key, kind_of(&key).head);
	}
	while (lines < LINES_MAX && (size_t)lines * KEYS_A_LINE < keys)
		lines *= 2;
	return lines;
}

int lines_build(struct tables *tables, const bool *several)
{
	struct blocks *blocks = &tables->lines6;
	struct xdpwl_exact *exact = &tables->slot->exact6;
	uint32_t lines = lines_count(&tables->lpm6, several);
	size_t i;

	blocks->n = lines / XDPWL_LINES;
	blocks->elements = calloc(blocks->n, sizeof(struct xdpwl_lines));
	if (!blocks->elements)
		return -ENOMEM;
	exact->shift = 64 - __builtin_ctz(lines);
	for (i = 0; i < tables->lpm6.n; i++) {
		struct key6 key = key6_at(&tables->lpm6, i);

		if (!several[i])
			continue;
		exact->kinds |= 1u << line_kind(key.length);
		lines_mark(blocks->elements, exact, &key, tables->slot->seed);
	}
	return 0;
}
