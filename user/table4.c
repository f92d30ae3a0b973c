/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Prefixes, nested, to runs of addresses that follow one another with the same number;
 * runs to the bits of /24s and of what they cover in part. Once that is counted, the runs
 * are gone through again: for the filter, and where a /16 or a /24 has more than one
 * number, to write these out, as far as memory allows.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "table4.h"

#define FEW		256	/* entries: a trie of so few is as fast, and small */
#define MIXED_LEAST	64	/* blocks of numbers written out, of 1 KiB, and */
#define MIXED_SHARE	4	/* one more for each so many entries */

#define FINE_LENGTHS	5	/* of a key of fine4: 32 bits down to 28 */
#define FINE_BITS	16	/* for a key, where there is room */
#define FINE_WORDS	(XDPWL_FINE_BLOCKS * XDPWL_FINES)

struct run {
	uint32_t first, last, number;
};

struct runs {
	struct run *run;
	size_t n;
};

struct build {
	struct runs runs;
	struct xdpwl_slot *slot;
	struct xdpwl_chunk4 *chunks;
	uint64_t fine[FINE_LENGTHS];	/* keys of fine4, by how long they are */
	struct xdpwl_fine *filter;
	uint32_t *words;	/* of /24s that are covered in part */
	uint32_t n_words, words_room;
	struct xdpwl_low4 *lows;	/* number: while it is counted, or XDPWL_MIXED */
	uint32_t n_lows, lows_room;
	uint32_t last24;	/* the /24 of the last word */
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

/* By so many last bits that fine4 leaves away. */
static void fine_count(struct build *build, uint32_t first, uint32_t last)
{
	int left;

	for (left = 0; left < FINE_LENGTHS; left++)
		build->fine[left] += (last >> left) - (first >> left) + 1;
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

/* The first run of a /24. Returns whether its word says it all. */
static bool word_begin(struct build *build, uint32_t first, uint32_t last,
		       uint32_t number)
{
	uint32_t at24 = first >> 8, index, word = (at24 & 255) / 64;
	struct xdpwl_chunk4 *chunk = chunk_of(build, at24, &index);
	bool fits = number < XDPWL_RUN4_NUMBERS;

	chunk->touched[index].word[word] |= 1ull << (at24 & 63);
	chunk->partial[index].word[word] |= 1ull << (at24 & 63);
	build->words[build->n_words++] =
		fits ? XDPWL_RUN4(number, first & 255, last & 255) : 0;
	build->last24 = at24;
	return fits;
}

/* Of one /24, a part. */
static int low_mark(struct build *build, uint32_t first, uint32_t last,
		    uint32_t number)
{
	struct xdpwl_low4 *low;

	fine_count(build, first, last);
	if (!build->n_words || build->last24 != first >> 8) {
		if (room_make((void **)&build->words, build->n_words,
			      &build->words_room, sizeof(*build->words)))
			return -ENOMEM;
		if (word_begin(build, first, last, number))
			return 0;
	}
	if (word_spread(build))
		return -ENOMEM;
	low = &build->lows[build->n_lows - 1];
	bits_set(low->covered, first & 255, last & 255);
	number_join(&low->number, number);
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

/* ---- the filter ---- */

static void fine_mark(struct build *build, const struct part *part, int left)
{
	const struct xdpwl_slot *slot = build->slot;
	uint64_t key;	/* behind the last address none follows in 32 bits */

	for (key = part->first >> left; key <= part->last >> left; key++) {
		__u64 hash = xdpwl_fine4_hash(htonl(key << left), slot->fine4_mask,
					      slot->seed);
		__u64 at = hash >> slot->fine4_shift;

		build->filter[at / XDPWL_FINES].word[at % XDPWL_FINES] |=
			1ull << (XDPWL_FINE4_BIT1(hash) & 63) |
			1ull << (XDPWL_FINE4_BIT2(hash) & 63);
	}
}

/* The longest keys that leave FINE_BITS to each, or half of it. */
static int fine_left(const struct build *build)
{
	int left = 0;

	while (left < FINE_LENGTHS - 1 &&
	       build->fine[left] * (FINE_BITS / 2) > FINE_WORDS * 64ull)
		left++;
	return left;
}

static int fine_write(struct build *build, struct blocks *blocks)
{
	int left = fine_left(build);
	size_t words = 2, i;

	build->filter = calloc(XDPWL_FINE_BLOCKS, sizeof(*build->filter));
	if (!build->filter)
		return -ENOMEM;
	*blocks = (struct blocks){ build->filter, XDPWL_FINE_BLOCKS };
	while (words < FINE_WORDS && words * 64 < build->fine[left] * FINE_BITS)
		words *= 2;
	build->slot->fine4_shift = 64 - __builtin_ctzl(words);
	build->slot->fine4_mask = htonl(~0u << left);
	for (i = 0; i < build->runs.n; i++) {
		const struct run *run = &build->runs.run[i];
		uint64_t from = run->first;

		while (from <= run->last) {
			struct part part = part_next(run, from);

			if (!part.whole)
				fine_mark(build, &part, left);
			from = part.last + 1ull;
		}
	}
	return 0;
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

/* The number of the /24 whose word is given; one run has but one. */
static uint32_t low_number(const struct build *build, uint32_t word)
{
	return word & XDPWL_LOW4 ? build->lows[word & ~XDPWL_LOW4].number :
				   XDPWL_RUN4_NUMBER(word);
}

static void part_write(const struct build *build, const struct part *part,
		       uint32_t word, uint32_t number)
{
	uint32_t index, *block, i;
	const struct xdpwl_chunk4 *chunk = chunk_of(build, part->first >> 8, &index);
	int shift = part->whole ? 8 : 0;

	block = mixed_block(build, part->whole ? chunk->mid[index].number :
						 low_number(build, word));
	/* Places in the block: of addresses, none comes after the last. */
	for (i = part->first >> shift & 255; block && i <= (part->last >> shift & 255);
	     i++)
		block[i] = number;
}

/* The runs once more: words are met in the order in which they were made. */
static void mixed_write(const struct build *build)
{
	uint32_t at = 0, last24 = 0;
	bool began = false;
	size_t i;

	for (i = 0; i < build->runs.n; i++) {
		const struct run *run = &build->runs.run[i];
		uint64_t from = run->first;

		while (from <= run->last) {
			struct part part = part_next(run, from);

			if (!part.whole) {
				at += began && last24 != part.first >> 8;
				last24 = part.first >> 8;
				began = true;
			}
			part_write(build, &part, began ? build->words[at] : 0,
				   run->number);
			from = part.last + 1ull;
		}
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
	int err = runs_build(&build->runs, &tables->lpm4, numbers);
	size_t i;

	for (i = 0; i < build->runs.n && !err; i++)
		err = run_mark(build, &build->runs.run[i]);
	if (err)
		return err;
	ranks_write(build);
	err = fine_write(build, &tables->fine4);
	if (!err)
		err = numbers_write(build, tables->lpm4.n, &tables->number4);
	return err ? err : lows_write(build, &tables->low4);
}

int table4_build(struct tables *tables, const uint32_t *numbers)
{
	struct build build = { .slot = tables->slot };
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
	free(build.words);
	free(build.lows);
	return err;
}
