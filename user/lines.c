/* SPDX-License-Identifier: GPL-2.0-only */
/* Entries of a trie to the lines of their heads. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "lines.h"

#define KEYS_A_LINE	8
#define LINES_MAX	(1u << 16)	/* 4 MiB: what another packet may have left of
					 * a third-level cache */

static struct xdpwl_kind kind_of(bool four, uint32_t kind)
{
	return four ? xdpwl_kind4(kind) : xdpwl_kind6(kind);
}

/* Shorter IPv6 prefixes than short6 leaves to the tables are of no kind. */
static uint32_t kind_find(bool four, uint32_t length)
{
	uint32_t kind = (four ? XDPWL_KINDS4 : XDPWL_KINDS6) - 1;

	if (!four && length < XDPWL_SHORT6)
		return XDPWL_KINDS6;
	while (length > kind_of(four, kind).longest)
		kind--;
	return kind;
}

struct line_key line_key(const struct tables *tables, bool four, size_t i)
{
	struct line_key key = { 0 };
	uint32_t word[4] = { 0 };

	if (four) {
		const struct xdpwl_lpm4 *from = tables->lpm4.keys;

		memcpy(word, from[i].addr, sizeof(from[i].addr));
		key.length = from[i].len;
	} else {
		const struct xdpwl_lpm6 *from = tables->lpm6.keys;

		memcpy(word, from[i].addr, sizeof(from[i].addr));
		key.length = from[i].len;
	}
	key.high = (uint64_t)ntohl(word[0]) << 32 | ntohl(word[1]);
	key.low = (uint64_t)ntohl(word[2]) << 32 | ntohl(word[3]);
	key.kind = kind_find(four, key.length);
	return key;
}

uint64_t line_head(const struct line_key *key, bool four, uint64_t seed)
{
	uint32_t bits = kind_of(four, key->kind).head;

	return xdpwl_hash(key->high >> (64 - bits) << (64 - bits),
			  XDPWL_HEAD(bits), seed);
}

uint64_t line_hash(const struct line_key *key, bool four, uint64_t seed)
{
	uint64_t address = key->length > 64 ?
				   line_head(key, four, seed) ^ key->low :
				   key->high;

	return xdpwl_hash(address, key->length, seed);
}

/* How many heads a prefix touches. */
static uint32_t heads_of(const struct line_key *key, bool four)
{
	uint32_t bits = kind_of(four, key->kind).head;

	return key->length >= bits ? 1 : 1u << (bits - key->length);
}

static void line_set(struct xdpwl_line *line, uint64_t hash)
{
	struct xdpwl_bits bits = xdpwl_bits(hash);

	line->word[bits.word] |= bits.bits;
}

static void lines_mark(struct xdpwl_lines *lines, const struct xdpwl_exact *exact,
		       const struct line_key *key, bool four, uint64_t seed)
{
	struct xdpwl_kind kind = kind_of(four, key->kind);
	uint64_t hash = line_hash(key, four, seed), head, number;
	struct line_key at = *key;
	struct xdpwl_line *line;
	uint32_t i;

	for (i = 0; i < heads_of(key, four); i++) {
		head = line_head(&at, four, seed);
		number = head >> exact->shift;
		line = &lines[number / XDPWL_LINES].line[number % XDPWL_LINES];
		line_set(line, head);
		line_set(line, hash);
		line->lengths |= 1ull << (kind.longest - key->length);
		at.high += 1ull << (64 - kind.head);
	}
}

/* At least an element of them. */
static uint32_t lines_count(const struct tables *tables, bool four)
{
	size_t n = four ? tables->lpm4.n : tables->lpm6.n, keys = 0, i;
	struct line_key key;
	uint32_t lines = XDPWL_LINES;

	for (i = 0; i < n; i++) {
		key = line_key(tables, four, i);
		if (key.kind < XDPWL_KINDS6)
			keys += 1 + heads_of(&key, four);
	}
	while (lines < LINES_MAX && (size_t)lines * KEYS_A_LINE < keys)
		lines *= 2;
	return lines;
}

int lines_build(struct tables *tables, bool four)
{
	size_t n = four ? tables->lpm4.n : tables->lpm6.n, i;
	struct blocks *blocks = four ? &tables->lines4 : &tables->lines6;
	struct xdpwl_slot *slot = tables->slot;
	struct xdpwl_exact *exact = four ? &slot->exact4 : &slot->exact6;
	uint32_t lines = lines_count(tables, four);
	struct line_key key;

	blocks->n = lines / XDPWL_LINES;
	blocks->elements = calloc(blocks->n, sizeof(struct xdpwl_lines));
	if (!blocks->elements)
		return -ENOMEM;
	exact->shift = 64 - __builtin_ctz(lines);
	for (i = 0; i < n; i++) {
		key = line_key(tables, four, i);
		if (key.kind >= XDPWL_KINDS6)
			continue;
		exact->kinds |= 1u << key.kind;
		lines_mark(blocks->elements, exact, &key, four, slot->seed);
	}
	return 0;
}
