/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Prefixes, nested, to runs of addresses that follow one another with the same number;
 * runs to the bits of /24s and of what they cover in part. Where a /16 or a /24
 * has more than one number, a second pass over the runs writes them out, as far
 * as memory allows.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "table4.h"

#define FEW		256	/* entries: a trie of so few is as fast, and small */
#define MIXED_LEAST	64	/* blocks of numbers written out, of 1 KiB, and */
#define MIXED_SHARE	4	/* one more for each so many entries */

struct run {
	uint32_t first, last, number;
};

struct runs {
	struct run *run;
	size_t n;
};

struct build {
	struct runs runs;
	struct xdpwl_chunk4 *chunks;
	struct xdpwl_low4 *lows;
	uint32_t *low_numbers;	/* while it is counted: a number, or XDPWL_MIXED */
	uint32_t n_lows, capacity;
	uint32_t last24;	/* the /24 of the last low */
	uint32_t n_mixed;
	struct xdpwl_numbers *numbers;
};

/* ---- runs ---- */

/* Both ends included; up to `last`, which may lie before `first`. */
static void run_add(struct runs *runs, uint64_t first, int64_t last, uint32_t number)
{
	struct run *before = runs->n ? &runs->run[runs->n - 1] : NULL;

	if (last < (int64_t)first)
		return;
	if (before && before->number == number && before->last + 1ull == first)
		before->last = last;
	else
		runs->run[runs->n++] = (struct run){ first, last, number };
}

static struct run key_run(const struct xdpwl_lpm4 *key, uint32_t number)
{
	struct run run = { .number = number };

	memcpy(&run.first, key->addr, sizeof(run.first));
	run.first = ntohl(run.first);
	run.last = run.first | (uint32_t)(0xffffffffull >> key->len);
	return run;
}

/* A stack of the prefixes around: the innermost has the word. */
static int runs_build(struct runs *runs, const struct table *trie,
		      const uint32_t *numbers)
{
	struct run stack[33];
	uint64_t next = 0;	/* the first address that no run has */
	int depth = 0;
	size_t i;

	runs->run = malloc((2 * trie->n + 1) * sizeof(*runs->run));
	if (!runs->run)
		return -ENOMEM;
	for (i = 0; i <= trie->n; i++) {
		struct run run = { 0 };

		if (i < trie->n)
			run = key_run((struct xdpwl_lpm4 *)trie->keys + i,
				      numbers[i]);
		while (depth && (i == trie->n || stack[depth - 1].last < run.first)) {
			depth--;
			run_add(runs, next, stack[depth].last, stack[depth].number);
			next = stack[depth].last + 1ull;
		}
		if (i == trie->n)
			break;
		if (depth)
			run_add(runs, next, (int64_t)run.first - 1,
				stack[depth - 1].number);
		next = run.first;
		stack[depth++] = run;
	}
	return 0;
}

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

/* Of one /16, whole /24s. */
static void whole_mark(struct build *build, uint32_t first24, uint32_t last24,
		       uint32_t number)
{
	uint32_t index;
	struct xdpwl_chunk4 *chunk = chunk_of(build, first24, &index);

	bits_set(chunk->touched[index].word, first24 & 255, last24 & 255);
	number_join(&chunk->mid[index].number, number);
}

static int lows_grow(struct build *build)
{
	uint32_t capacity = build->capacity * 2 + 1024;
	void *lows = realloc(build->lows, capacity * sizeof(*build->lows));
	void *numbers;

	if (lows)
		build->lows = lows;
	numbers = realloc(build->low_numbers, capacity * sizeof(uint32_t));
	if (numbers)
		build->low_numbers = numbers;
	if (!lows || !numbers)
		return -ENOMEM;
	build->capacity = capacity;
	return 0;
}

static int low_begin(struct build *build, uint32_t at24)
{
	uint32_t index, word = (at24 & 255) / 64;
	struct xdpwl_chunk4 *chunk = chunk_of(build, at24, &index);

	if (build->n_lows == build->capacity && lows_grow(build))
		return -ENOMEM;
	if (!chunk->partial[index].word[word])
		chunk->mid[index].low[word] = build->n_lows;
	chunk->touched[index].word[word] |= 1ull << (at24 & 63);
	chunk->partial[index].word[word] |= 1ull << (at24 & 63);
	memset(&build->lows[build->n_lows], 0, sizeof(*build->lows));
	build->low_numbers[build->n_lows++] = 0;
	build->last24 = at24;
	return 0;
}

/* Of one /24, a part. */
static int low_mark(struct build *build, uint32_t first, uint32_t last,
		    uint32_t number)
{
	uint32_t at24 = first >> 8;

	if ((!build->n_lows || build->last24 != at24) && low_begin(build, at24))
		return -ENOMEM;
	bits_set(build->lows[build->n_lows - 1].covered, first & 255, last & 255);
	number_join(&build->low_numbers[build->n_lows - 1], number);
	return 0;
}

/* A run, cut into parts of a /24 and whole ones of a /16. */
struct part {
	uint32_t first, last;
	bool whole;
};

static struct part part_next(const struct run *run, uint64_t from)
{
	uint64_t end24 = from | 0xff, end16 = from | 0xffff;
	struct part part = { .first = from };

	part.whole = !(from & 0xff) && end24 <= run->last;
	if (part.whole)
		part.last = end16 <= run->last ? end16 :
						 (run->last + 1ull) / 256 * 256 - 1;
	else
		part.last = end24 <= run->last ? end24 : run->last;
	return part;
}

static int run_mark(struct build *build, const struct run *run)
{
	uint64_t from = run->first;
	int err = 0;

	while (from <= run->last && !err) {
		struct part part = part_next(run, from);

		if (part.whole)
			whole_mark(build, part.first >> 8, part.last >> 8,
				   run->number);
		else
			err = low_mark(build, part.first, part.last, run->number);
		from = part.last + 1ull;
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
		mixed_name(&build->low_numbers[i], first_block, &used, most);
	return used;
}

static uint32_t *mixed_block(const struct build *build, uint32_t number)
{
	if (number == XDPWL_ASK_TRIE || !(number & XDPWL_MIXED))
		return NULL;
	return build->numbers[number & ~XDPWL_MIXED].number;
}

static void part_write(const struct build *build, const struct part *part,
		       uint32_t low, uint32_t number)
{
	uint32_t index, *block, i;
	const struct xdpwl_chunk4 *chunk = chunk_of(build, part->first >> 8, &index);
	int shift = part->whole ? 8 : 0;

	block = mixed_block(build, part->whole ? chunk->mid[index].number :
						 build->low_numbers[low]);
	/* Places in the block: of addresses, none comes after the last. */
	for (i = part->first >> shift & 255; block && i <= (part->last >> shift & 255);
	     i++)
		block[i] = number;
}

/* The runs once more: lows are met in the order in which they were made. */
static void mixed_write(const struct build *build)
{
	uint32_t low = 0, last24 = 0;
	bool began = false;
	size_t i;

	for (i = 0; i < build->runs.n; i++) {
		const struct run *run = &build->runs.run[i];
		uint64_t from = run->first;

		while (from <= run->last) {
			struct part part = part_next(run, from);

			if (!part.whole) {
				low += began && last24 != part.first >> 8;
				last24 = part.first >> 8;
				began = true;
			}
			part_write(build, &part, low, run->number);
			from = part.last + 1ull;
		}
	}
}

static int numbers_write(struct build *build, size_t entries, struct blocks *blocks)
{
	uint32_t first = (build->n_lows + XDPWL_NUMBERS - 1) / XDPWL_NUMBERS;
	uint32_t mixed = mixed_place(build, first,
				     MIXED_LEAST + entries / MIXED_SHARE);

	blocks->n = first + mixed;
	blocks->elements = calloc(blocks->n + 1, sizeof(struct xdpwl_numbers));
	build->numbers = blocks->elements;
	if (!build->numbers)
		return -ENOMEM;
	if (build->n_lows)
		memcpy(build->numbers, build->low_numbers,
		       build->n_lows * sizeof(uint32_t));
	if (mixed)
		mixed_write(build);
	return 0;
}

/* Whole blocks of them. */
static int lows_write(const struct build *build, struct blocks *blocks)
{
	blocks->n = (build->n_lows + XDPWL_LOWS4 - 1) / XDPWL_LOWS4;
	blocks->elements = calloc(blocks->n + 1, sizeof(struct xdpwl_lows4));
	if (!blocks->elements)
		return -ENOMEM;
	if (build->n_lows)
		memcpy(blocks->elements, build->lows,
		       build->n_lows * sizeof(*build->lows));
	return 0;
}

static int build_run(struct build *build, struct tables *tables,
		     const uint32_t *numbers)
{
	int err = runs_build(&build->runs, &tables->lpm4, numbers);
	size_t i;

	for (i = 0; i < build->runs.n && !err; i++)
		err = run_mark(build, &build->runs.run[i]);
	if (!err)
		err = lows_write(build, &tables->low4);
	return err ? err : numbers_write(build, tables->lpm4.n, &tables->number4);
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
	free(build.runs.run);
	free(build.lows);
	free(build.low_numbers);
	return err;
}
