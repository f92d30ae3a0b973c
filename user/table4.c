/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Runs to the bits of /24s and of what they cover in part. Once that is counted, the runs
 * are gone through again: where a /16 or a /24 has more than one number, to write these
 * out, as far as memory allows.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "table4.h"

#define FEW		256	/* entries: a trie of so few is as fast, and small */
#define MIXED_LEAST	64	/* blocks of numbers written out, of 1 KiB, and */
#define MIXED_SHARE	4	/* one more for each so many entries */

struct build {
	struct runs runs;
	struct xdpwl_chunk4 *chunks;
	uint32_t *words;	/* of /24s that are covered in part */
	uint32_t n_words, words_room;
	struct xdpwl_low4 *lows;	/* number: while it is counted, or XDPWL_MIXED */
	uint32_t n_lows, lows_room;
	uint32_t last24;	/* the /24 of the last word */
	struct xdpwl_numbers *numbers;
};

/* ---- the /16 and the /24 ---- */

static struct xdpwl_chunk4 *chunk_of(const struct build *build, uint32_t at24,
				     uint32_t *index)
{
	uint16_t raw = htons(at24 >> 8);

	*index = raw % XDPWL_TOPS4;
	return &build->chunks[raw / XDPWL_TOPS4];
}

static void number_join(uint32_t *number, uint32_t another)
{
	if (!*number)
		*number = another;
	else if (*number != another)
		*number = XDPWL_MIXED;
}

static void bits_set(__u64 *words, uint32_t first, uint32_t last)
{
	uint32_t i;

	for (i = first; i <= last; i++)
		words[i / 64] |= 1ull << (i & 63);
}

static void whole_mark(struct build *build, const struct part *part)
{
	uint32_t index;
	struct xdpwl_chunk4 *chunk = chunk_of(build, part->first >> 8, &index);

	bits_set(chunk->touched[index].word, part->first >> 8 & 255,
		 part->last >> 8 & 255);
	number_join(&chunk->mid[index].number, part->number);
}

/* Room for one more of `n`. */
static int room_make(void **array, uint32_t n, uint32_t *room, size_t size)
{
	void *more;

	if (n < *room)
		return 0;
	more = realloc(*array, (*room * 2 + 1024) * size);
	if (!more)
		return -ENOMEM;
	*array = more;
	*room = *room * 2 + 1024;
	return 0;
}

/* A /24 of more runs than the last word can tell: from now on its low4 does. */
static int word_spread(struct build *build)
{
	uint32_t *word = &build->words[build->n_words - 1];
	struct xdpwl_low4 *low;

	if (*word & XDPWL_LOW4)
		return 0;
	if (room_make((void **)&build->lows, build->n_lows, &build->lows_room,
		      sizeof(*build->lows)))
		return -ENOMEM;
	low = &build->lows[build->n_lows];
	*low = (struct xdpwl_low4){ .number = XDPWL_RUN4_NUMBER(*word) };
	if (low->number)
		bits_set(low->covered, XDPWL_RUN4_FIRST(*word),
			 XDPWL_RUN4_LAST(*word));
	*word = XDPWL_LOW4 | build->n_lows++;
	return 0;
}

/* The first part of a /24. Returns whether its word says it all. */
static bool word_begin(struct build *build, const struct part *part)
{
	uint32_t at24 = part->first >> 8, index, word = (at24 & 255) / 64;
	struct xdpwl_chunk4 *chunk = chunk_of(build, at24, &index);
	bool fits = part->number < XDPWL_RUN4_NUMBERS;

	chunk->touched[index].word[word] |= 1ull << (at24 & 63);
	chunk->partial[index].word[word] |= 1ull << (at24 & 63);
	build->words[build->n_words++] =
		fits ? XDPWL_RUN4(part->number, part->first & 255,
				  part->last & 255) : 0;
	build->last24 = at24;
	return fits;
}

/* Of one /24, a part. */
static int low_mark(struct build *build, const struct part *part)
{
	struct xdpwl_low4 *low;

	if (!build->n_words || build->last24 != part->first >> 8) {
		if (room_make((void **)&build->words, build->n_words,
			      &build->words_room, sizeof(*build->words)))
			return -ENOMEM;
		if (word_begin(build, part))
			return 0;
	}
	if (word_spread(build))
		return -ENOMEM;
	low = &build->lows[build->n_lows - 1];
	bits_set(low->covered, part->first & 255, part->last & 255);
	number_join(&low->number, part->number);
	return 0;
}

/* Of each /16, where the words of its /24s begin. */
static void ranks_write(struct build *build)
{
	uint32_t n = 0, at16, index, i;

	for (at16 = 0; at16 < XDPWL_CHUNKS4 * XDPWL_TOPS4; at16++) {
		struct xdpwl_chunk4 *chunk = chunk_of(build, at16 << 8, &index);
		struct xdpwl_mid4 *mid = &chunk->mid[index];
		uint32_t before = 0;

		mid->low = n;
		for (i = 0; i < 4; i++) {
			mid->before[i] = before;
			before += xdpwl_popcount(chunk->partial[index].word[i]);
		}
		n += before;
	}
}

static int parts_mark(struct build *build)
{
	struct parts parts = { .runs = &build->runs };
	struct part part;
	int err = 0;

	while (!err && part_next(&parts, &part)) {
		if (part.whole)
			whole_mark(build, &part);
		else
			err = low_mark(build, &part);
	}
	return err;
}

/* ---- numbers that are mixed ---- */

static void mixed_name(uint32_t *number, uint32_t block, uint32_t *used,
		       uint32_t most)
{
	if (*number != XDPWL_MIXED)
		return;
	*number = *used < most ? XDPWL_MIXED | (block + *used) : XDPWL_ASK_TRIE;
	*used += *used < most;
}

/* A block for each that is mixed, while there are some; returns how many there are. */
static uint32_t mixed_place(struct build *build, uint32_t first_block, uint32_t most)
{
	uint32_t used = 0, i;

	for (i = 0; i < XDPWL_CHUNKS4 * XDPWL_TOPS4; i++)
		mixed_name(&build->chunks[i / XDPWL_TOPS4].mid[i % XDPWL_TOPS4].number,
			   first_block, &used, most);
	for (i = 0; i < build->n_lows; i++)
		mixed_name(&build->lows[i].number, first_block, &used, most);
	return used;
}

static uint32_t *mixed_block(const struct build *build, uint32_t number)
{
	if (number == XDPWL_ASK_TRIE || !(number & XDPWL_MIXED))
		return NULL;
	return build->numbers[number & ~XDPWL_MIXED].number;
}

/* The number of the /24 of a word; one run has but one. */
static uint32_t word_number(const struct build *build, uint32_t word)
{
	return word & XDPWL_LOW4 ? build->lows[word & ~XDPWL_LOW4].number :
				   XDPWL_RUN4_NUMBER(word);
}

/* Into the block that `name` names, if it does: at places that are bytes of addresses. */
static void block_write(const struct build *build, uint32_t name,
			const struct part *part, int shift)
{
	uint32_t *block = mixed_block(build, name), i;

	for (i = part->first >> shift & 255; block && i <= (part->last >> shift & 255);
	     i++)
		block[i] = part->number;
}

/* Once more: words are met in the order in which they were made. */
static void mixed_write(const struct build *build)
{
	struct parts parts = { .runs = &build->runs };
	const uint32_t *word = build->words;
	uint32_t index, last24 = UINT32_MAX;	/* none */
	struct part part;

	while (part_next(&parts, &part)) {
		uint32_t at24 = part.first >> 8;

		if (part.whole) {
			block_write(build, chunk_of(build, at24, &index)->mid[index].number,
				    &part, 8);
			continue;
		}
		word += last24 != UINT32_MAX && last24 != at24;
		last24 = at24;
		block_write(build, word_number(build, *word), &part, 0);
	}
}

/* ---- to blocks ---- */

static int numbers_write(struct build *build, size_t entries, struct blocks *blocks)
{
	uint32_t first = (build->n_words + XDPWL_NUMBERS - 1) / XDPWL_NUMBERS;
	uint32_t mixed = mixed_place(build, first,
				     MIXED_LEAST + entries / MIXED_SHARE);

	blocks->n = first + mixed;
	blocks->elements = calloc(blocks->n + 1, sizeof(struct xdpwl_numbers));
	build->numbers = blocks->elements;
	if (!build->numbers)
		return -ENOMEM;
	if (build->n_words)
		memcpy(build->numbers, build->words,
		       build->n_words * sizeof(uint32_t));
	if (mixed)
		mixed_write(build);
	return 0;
}

static int lows_write(const struct build *build, struct blocks *blocks)
{
	struct xdpwl_lows4 *lows;
	uint32_t i;

	blocks->n = (build->n_lows + XDPWL_LOWS4 - 1) / XDPWL_LOWS4;
	lows = blocks->elements = calloc(blocks->n + 1, sizeof(*lows));
	if (!lows)
		return -ENOMEM;
	for (i = 0; i < build->n_lows; i++)
		lows[i / XDPWL_LOWS4].low[i % XDPWL_LOWS4] = build->lows[i];
	return 0;
}

static int build_run(struct build *build, struct tables *tables,
		     const uint32_t *numbers)
{
	int err = runs4_build(&build->runs, &tables->lpm4, numbers);

	if (!err)
		err = parts_mark(build);
	if (err)
		return err;
	ranks_write(build);
	err = fine4_build(tables, &build->runs);
	if (!err)
		err = numbers_write(build, tables->lpm4.n, &tables->number4);
	return err ? err : lows_write(build, &tables->low4);
}

int table4_build(struct tables *tables, const uint32_t *numbers)
{
	struct build build = { 0 };
	int err;

	if (tables->lpm4.n <= FEW)
		return 0;
	build.chunks = calloc(XDPWL_CHUNKS4, sizeof(*build.chunks));
	if (!build.chunks)
		return -ENOMEM;
	tables->table4 = (struct blocks){ build.chunks, XDPWL_CHUNKS4 };
	tables->slot->flags |= XDPWL_HAS_TABLE4;
	err = build_run(&build, tables, numbers);
	runs4_free(&build.runs);
	free(build.words);
	free(build.lows);
	return err;
}
