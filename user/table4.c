/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Runs to tables. What covers whole /20s goes to whole4, the rest by /24s to the line that
 * their hash chooses. A /24 of more runs than a line holds is one run there, whose number
 * leads to a crowd, or to numbers by address.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "numbers4.h"
#include "slices4.h"
#include "spans4.h"
#include "table4.h"

/* Runs a line, on average: as few as the slot has room for, and no more than the second, of
 * which few go on in another line. */
#define RUNS_GOOD	3
#define RUNS_MOST	4

/* Runs of a /24, in order; in all /20s that none covers wholly. */
struct group {
	struct run run[256];
	uint32_t n;
};

struct build {
	struct tables *tables;
	struct numbers4 numbers;
	uint32_t alone;		/* a /24 of more runs is no crowd's */
	uint32_t crowds;	/* the last used */
};

/* ---- lines ---- */

static uint64_t home_of(const struct build *build, uint32_t at24)
{
	const struct xdpwl_slot *slot = build->tables->slot;

	return xdpwl_line4_home(at24, slot->seed, slot->lines4_shift);
}

/* Line k of those where a /24 may stand. */
static struct xdpwl_line4 *line_at(const struct build *build, uint64_t home, uint32_t k)
{
	struct xdpwl_lines4 *map = build->tables->lines4.elements;
	uint32_t in_block = (home + k) % XDPWL_LINES4;

	if (map)
		return &map[home / XDPWL_LINES4].line[in_block];
	return &build->tables->slot->lines4[home / XDPWL_LINES4 * XDPWL_LINES4 + in_block];
}

static uint32_t line_used(const struct xdpwl_line4 *line)
{
	uint32_t used = 0;

	while (used < XDPWL_RUNS4 && line->first[used] != XDPWL_NO_RUN4)
		used++;
	return used;
}

/* To the first line that has room, false if none has; those before it send on. */
static bool runs_put(const struct build *build, const struct run *run, uint32_t n)
{
	uint64_t home = home_of(build, run->first >> 8);
	struct xdpwl_line4 *line;
	uint32_t used, k, i;

	for (k = 0; k < XDPWL_CHAIN4; k++) {
		line = line_at(build, home, k);
		used = line_used(line);
		if (used + n <= XDPWL_RUNS4)
			break;
		line->on = 1;
	}
	for (i = 0; i < n && k < XDPWL_CHAIN4; i++) {
		line->first[used + i] = run[i].first;
		line->behind[used + i] = run[i].last - run[i].first;
		line->number[used + i] = run[i].number;
	}
	return k < XDPWL_CHAIN4;
}

/* ---- more of a /24 than a line holds ---- */

static bool group_is_alike(const struct group *group)
{
	uint32_t i;

	for (i = 1; i < group->n; i++)
		if (group->run[i].number != group->run[0].number)
			return false;
	return true;
}

static uint32_t crowd_add(struct build *build, const struct group *group)
{
	struct xdpwl_crowds4 *crowds = &build->tables->slot->crowds4;
	uint32_t crowd = ++build->crowds, i, at;

	crowds->number[crowd] = group->run[0].number;
	for (i = 0; i < group->n; i++)
		for (at = group->run[i].first & 255; at <= (group->run[i].last & 255); at++)
			crowds->bits[crowd][at / 64] |= XDPWL_BIT(at);
	return XDPWL_LINE4_CROWD | crowd;
}

static int dense_add(struct build *build, const struct group *group, uint32_t *number)
{
	uint32_t block, i, at;
	int err = numbers4_add(&build->numbers, &block);

	for (i = 0; i < group->n && !err; i++)
		for (at = group->run[i].first & 255; at <= (group->run[i].last & 255); at++)
			numbers4_of(&build->numbers, block)[at] = group->run[i].number;
	*number = XDPWL_LINE4_DENSE | block;
	return err;
}

static int group_place(struct build *build, const struct group *group)
{
	struct run all = { group->run[0].first & ~255u, group->run[0].first | 255, 0 };
	int err = 0;

	if (group->n > build->alone && build->crowds < XDPWL_CROWDS4 - 1 &&
	    group_is_alike(group))
		all.number = crowd_add(build, group);
	else if (group->n <= XDPWL_RUNS4 && runs_put(build, group->run, group->n))
		return 0;
	else
		err = dense_add(build, group, &all.number);
	/* Where there is no room for one, all lines send on, to the trie at last. */
	if (!err)
		runs_put(build, &all, 1);
	return err;
}

/* ---- all runs ---- */

/* Once it counts what lines will have, and marks whole /20s, then it fills lines. */
struct walk {
	struct build *build;
	bool counts;
	uint64_t runs;				/* of all /24s, as far as lines hold them */
	uint64_t alike[XDPWL_RUNS4 + 2];	/* /24s of one entry, by their runs; the
						 * last those of more */
	struct group group;
};

static void group_count(struct walk *walk)
{
	bool crowded = walk->group.n > XDPWL_RUNS4;

	walk->runs += crowded ? 1 : walk->group.n;
	walk->alike[crowded ? XDPWL_RUNS4 + 1 : walk->group.n] +=
		group_is_alike(&walk->group);
}

static int group_end(struct walk *walk)
{
	int err = 0;

	if (walk->counts)
		group_count(walk);
	else if (walk->group.n)
		err = group_place(walk->build, &walk->group);
	walk->group.n = 0;
	return err;
}

static int group_add(struct walk *walk, struct run piece)
{
	struct group *group = &walk->group;
	int err = 0;

	if (group->n && (group->run[0].first ^ piece.first) >> 8)
		err = group_end(walk);
	group->run[group->n++] = piece;
	return err;
}

/* A run by pieces: whole /20s, and what is left of each /24. */
static int run_walk(struct walk *walk, const struct run *run)
{
	struct run piece = { .number = run->number };
	uint64_t from, next;
	int err = 0;

	for (from = run->first; from <= run->last && !err; from = next) {
		next = (from | 0xfff) + 1;
		if (!(from & 0xfff) && next <= run->last + 1ull) {
			if (walk->counts)
				err = whole4_mark(&walk->build->numbers, from >> 12,
						  run->number);
			continue;
		}
		next = (from | 0xff) + 1;
		piece.first = from;
		piece.last = next <= run->last ? next - 1 : run->last;
		err = group_add(walk, piece);
	}
	return err;
}

static int runs_walk(struct walk *walk, const struct runs *runs)
{
	size_t i;
	int err = 0;

	for (i = 0; i < runs->n && !err; i++)
		err = run_walk(walk, &runs->run[i]);
	return err ? err : group_end(walk);
}

/* As many crowds as there is room for, those of the most runs first: where /24s have one or
 * two lines hardly overflow. How many runs that leaves for lines. */
static uint64_t crowds_plan(struct build *build, const struct walk *count)
{
	const uint64_t *alike = count->alike;
	uint64_t crowds = alike[XDPWL_RUNS4 + 1], runs = count->runs;

	build->alone = XDPWL_RUNS4;
	while (build->alone > 1 && crowds + alike[build->alone] < XDPWL_CROWDS4) {
		crowds += alike[build->alone];
		runs -= alike[build->alone] * (build->alone - 1);
		build->alone--;
	}
	return runs;
}

/* All empty, for so many runs. */
static int lines_create(struct build *build, uint64_t runs)
{
	struct tables *tables = build->tables;
	uint64_t lines = XDPWL_LINES4, i;

	while (lines * RUNS_GOOD < runs && lines < XDPWL_LINES4_SLOT)
		lines *= 2;
	while (lines * RUNS_MOST < runs)
		lines *= 2;
	tables->slot->lines4_shift = 64 - __builtin_ctzll(lines);
	if (lines > XDPWL_LINES4_SLOT) {
		tables->slot->flags |= XDPWL_HAS_LINES4;
		tables->lines4.n = lines / XDPWL_LINES4;
		tables->lines4.elements = calloc(lines, sizeof(struct xdpwl_line4));
		if (!tables->lines4.elements)
			return -ENOMEM;
	}
	for (i = 0; i < lines; i++) {
		struct xdpwl_line4 *line = line_at(build, i, 0);

		memset(line->first, 0xff, sizeof(line->first));
	}
	return 0;
}

int table4_build(struct tables *tables, const uint32_t *numbers)
{
	struct build build = { .tables = tables, .numbers = { .tables = tables } };
	struct walk count = { .build = &build, .counts = true };
	struct walk place = { .build = &build };
	struct runs runs = { NULL, 0 };
	int err = runs4_build(&runs, &tables->lpm4, numbers);

	memset(tables->slot->crowds4.bits[0], 0xff, sizeof(tables->slot->crowds4.bits[0]));
	if (!err)
		err = runs_walk(&count, &runs);
	if (!err)
		err = lines_create(&build, crowds_plan(&build, &count));
	if (!err)
		err = runs_walk(&place, &runs);
	if (!err)
		err = fine4_build(tables, &runs);
	if (!err)
		err = spans4_build(tables, &runs);
	if (!err)
		err = slices4_build(tables, &runs);
	runs4_free(&runs);
	return err;
}
