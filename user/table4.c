/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Runs to lines. Each /16 gets as many lines as it takes for no part of it to have more
 * runs than a line holds, while they are not too many for its runs; a part that still
 * has more is cut once more, between its first address and its last, which are
 * close where runs are. What is crowded even then is left to the trie.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "table4.h"

#define FEW		64	/* entries: a trie of so few is as fast, and small */
#define LINES_LEAST	2	/* what a line with too many runs may become */
#define RUNS_GOOD	4	/* in a line: few of its kind have too many, and little is empty */

struct build {
	struct xdpwl_tops4 *tops;
	struct xdpwl_line4 *lines;
	uint32_t n_lines, room;
	uint32_t open;		/* line of the /16s before this one, which has room; or 0 */
	uint32_t open_runs;
};

/* Addresses, and the runs that lie among them, in part or wholly. */
struct stretch {
	uint32_t first, last;
	const struct run *run;
	size_t n;
};

/* ---- a line ---- */

/* `n` more, all empty: *first is the number of the first. */
static int lines_add(struct build *build, uint32_t n, uint32_t *first)
{
	uint32_t i, room = build->room;
	struct xdpwl_line4 *line;

	if (build->n_lines + n > room) {
		room = room * 2 + n + XDPWL_LINES4;
		line = realloc(build->lines, (size_t)room * sizeof(*line));
		if (!line)
			return -ENOMEM;
		build->lines = line;
		build->room = room;
	}
	*first = build->n_lines;
	build->n_lines += n;
	for (i = *first; i < build->n_lines; i++) {
		line = &build->lines[i];
		*line = (struct xdpwl_line4){ .number = 0 };
		memset(line->first, 0xff, sizeof(line->first));
		memset(line->more, 0xff, sizeof(line->more));
	}
	return 0;
}

/* All numbers of a line count from its least. */
static void line_rebase(struct xdpwl_line4 *line, uint32_t runs, uint32_t number)
{
	uint32_t i, more;

	for (i = 0; i < runs; i++) {
		more = line->more[i] + line->number - number;
		if (line->more[i] != XDPWL_MORE4_TRIE)
			line->more[i] = more < XDPWL_MORE4_TRIE ? more :
								  XDPWL_MORE4_TRIE;
	}
	line->number = number;
}

/* Run `at` of a line: what of it lies in a stretch. */
static void line_write(struct xdpwl_line4 *line, uint32_t at, const struct run *run,
		       const struct stretch *in)
{
	uint32_t first = run->first > in->first ? run->first : in->first;
	uint32_t last = run->last < in->last ? run->last : in->last, more;

	if (!at || run->number < line->number)
		line_rebase(line, at, run->number);
	more = run->number - line->number;
	line->first[at] = first;
	line->behind[at] = last - first;
	line->more[at] = more < XDPWL_MORE4_TRIE ? more : XDPWL_MORE4_TRIE;
}

/* ---- many ---- */

/* Whether no part of 2^shift addresses has more runs than a line. */
static bool parts_fit(const struct stretch *all, int shift)
{
	uint32_t part = 0, runs = 0, from, to;
	size_t i;

	for (i = 0; i < all->n; i++) {
		from = all->run[i].first > all->first ?
			       (all->run[i].first - all->first) >> shift : 0;
		to = (all->run[i].last < all->last ? all->run[i].last - all->first :
						     all->last - all->first) >> shift;
		runs = from == part ? runs + 1 : 1;
		if (runs > XDPWL_RUNS4)
			return false;
		if (to > from)
			runs = 1;
		part = to;
	}
	return true;
}

/* The largest parts that fit, or the smallest that are not more than `most`. */
static int shift_choose(const struct stretch *all, size_t most)
{
	int shift = 16;

	while (shift > 1 && !parts_fit(all, shift) &&
	       ((all->last - all->first) >> (shift - 1)) < most)
		shift--;
	return shift;
}

/* One after another: each is sought from where the last one began. */
static void part_next(struct stretch *part, const struct stretch *all, int shift)
{
	const struct run *end = all->run + all->n;
	uint32_t size = (1u << shift) - 1;

	while (part->run < end && part->run->last < part->first)
		part->run++;
	part->last = all->last - part->first > size ? part->first + size : all->last;
	for (part->n = 0; part->run + part->n < end &&
			  part->run[part->n].first <= part->last;)
		part->n++;
}

static int line_cut(struct build *build, uint32_t at, struct stretch part);

static void runs_write(struct xdpwl_line4 *line, const struct stretch *part)
{
	uint32_t i;

	for (i = 0; i < part->n; i++)
		line_write(line, i, &part->run[i], part);
}

/* Its first runs, and from the last of these on another line. */
static int line_prolong(struct build *build, uint32_t at, const struct stretch *part)
{
	struct stretch begin = *part, rest = *part;
	uint32_t next;
	int err = lines_add(build, 1, &next);

	if (err)
		return err;
	begin.n = XDPWL_RUNS4;
	rest.run += XDPWL_RUNS4 - 1;
	rest.n -= XDPWL_RUNS4 - 1;
	runs_write(&build->lines[at], &begin);
	runs_write(&build->lines[next], &rest);
	build->lines[at].on = next;
	return 0;
}

/* What one line says. Of a crowd in what was cut already, that it asks the trie. */
static int line_fill(struct build *build, uint32_t at, const struct stretch *part,
		     bool cut)
{
	struct run crowd = { part->first, part->last, XDPWL_ASK_TRIE };

	if (part->n >= 2 * XDPWL_RUNS4 && !cut)
		return line_cut(build, at, *part);
	if (part->n >= 2 * XDPWL_RUNS4) {
		line_write(&build->lines[at], 0, &crowd, part);
		build->lines[at].more[0] = XDPWL_MORE4_TRIE;
		return 0;
	}
	if (part->n > XDPWL_RUNS4)
		return line_prolong(build, at, part);
	runs_write(&build->lines[at], part);
	return 0;
}

/* A line for each part; *first is the number of the first. */
static int lines_fill(struct build *build, const struct stretch *all, int shift,
		      bool cut, uint32_t *first)
{
	uint32_t n = ((all->last - all->first) >> shift) + 1, i;
	struct stretch part = *all;
	int err = lines_add(build, n, first);

	for (i = 0; i < n && !err; i++) {
		part.first = all->first + (i << shift);
		part_next(&part, all, shift);
		err = line_fill(build, *first + i, &part, cut);
	}
	return err;
}

/* A line that sends on to others. */
static int line_cut(struct build *build, uint32_t at, struct stretch part)
{
	const struct run *last = &part.run[part.n - 1];
	struct xdpwl_line4 *line;
	uint32_t first;
	int shift, err;

	if (part.first < part.run->first)
		part.first = part.run->first;
	if (part.last > last->last)
		part.last = last->last;
	shift = shift_choose(&part, part.n);
	err = lines_fill(build, &part, shift, true, &first);
	line = &build->lines[at];
	line->first[0] = part.first;
	line->behind[0] = part.last - part.first;
	line->number = first;
	line->on = shift;
	return err;
}

/* ---- the /16 ---- */

/* The few runs of a /16 share a line with those of the ones before it. */
static int open_fill(struct build *build, const struct stretch *all)
{
	size_t i;
	int err = 0;

	if (!build->open || build->open_runs + all->n > XDPWL_RUNS4) {
		err = lines_add(build, 1, &build->open);
		build->open_runs = 0;
	}
	for (i = 0; i < all->n && !err; i++)
		line_write(&build->lines[build->open], build->open_runs++,
			   &all->run[i], all);
	return err;
}

static int top_fill(struct build *build, const struct stretch *all)
{
	size_t most = all->n / RUNS_GOOD > LINES_LEAST ? all->n / RUNS_GOOD :
							 LINES_LEAST;
	uint32_t at16 = all->first >> 16, first = 0;
	int shift = 16, err = 0;

	if (all->n > XDPWL_RUNS4) {
		shift = shift_choose(all, most);
		err = lines_fill(build, all, shift, false, &first);
	} else if (all->n) {
		err = open_fill(build, all);
		first = build->open;
	}
	build->tops[at16 / XDPWL_TOPS4].top[at16 % XDPWL_TOPS4] =
		first << XDPWL_TOP4_LOG_BITS | (16 - shift);
	return err;
}

static int tops_fill(struct build *build, const struct runs *runs)
{
	const struct stretch every = { 0, UINT32_MAX, runs->run, runs->n };
	struct stretch part = every;
	uint32_t unused, at16;
	int err = lines_add(build, XDPWL_ON4_SHIFTS + 1, &unused);

	for (at16 = 0; at16 < XDPWL_TOP_BLOCKS4 * XDPWL_TOPS4 && !err; at16++) {
		part.first = at16 << 16;
		part_next(&part, &every, 16);
		err = top_fill(build, &part);
	}
	return err;
}

/* ---- all ---- */

/* The lines, up to the end of the last block. */
static int blocks_fill(struct build *build, struct blocks *blocks)
{
	uint32_t rest = -build->n_lines % XDPWL_LINES4, first;
	int err = lines_add(build, rest, &first);

	blocks->elements = build->lines;
	blocks->n = build->n_lines / XDPWL_LINES4;
	return err;
}

int table4_build(struct tables *tables, const uint32_t *numbers)
{
	struct build build = { 0 };
	struct runs runs = { NULL, 0 };
	int err;

	if (tables->lpm4.n <= FEW)
		return 0;
	tables->slot->flags |= XDPWL_HAS_TABLE4;
	build.tops = calloc(XDPWL_TOP_BLOCKS4, sizeof(*build.tops));
	tables->table4 = (struct blocks){ build.tops, XDPWL_TOP_BLOCKS4 };
	err = build.tops ? runs4_build(&runs, &tables->lpm4, numbers) : -ENOMEM;
	if (!err)
		err = tops_fill(&build, &runs);
	if (!err)
		err = blocks_fill(&build, &tables->lines4);
	else
		free(build.lines);
	if (!err)
		err = touched4_build(tables, &runs);
	if (!err)
		err = fine4_build(tables, &runs);
	runs4_free(&runs);
	return err;
}
