/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Runs to slices4: first the slices of each /18, then a place for all of them, where others leave
 * room. Rows with the most slices come first: what is left between these is for those
 * with fewer.
 */
#include <errno.h>
#include <stdlib.h>
#include "near.h"
#include "slices4.h"

#define ROW		XDPWL_ROW4	/* /24s: bits of a word */
#define ROW_SIZE	(ROW << 8)	/* addresses */
#define AGAIN		64		/* goes through all places, beside one for each size */

/* Where rows are that have no slices of their own, by the third byte: of whom others are
 * asked, and of whom main has all. */
#define ASKED		0
#define EVERYONE	256
#define FIRST_PLACE	512

static const struct xdpwl_slice4 asked = { 255, 0 };
static const struct xdpwl_slice4 everyone = { 0, 255 };

/* A row with slices of its own. */
struct row {
	uint32_t at;		/* in rows4 */
	uint32_t slice;		/* its first one */
	uint64_t used;		/* bit: there is a slice */
};

struct build {
	__u32 *place;		/* of rows4 */
	struct xdpwl_slice4 *slices4;
	struct xdpwl_hosts4 *hosts4;
	struct row *row;	/* in the order of their addresses */
	size_t n_rows;
	struct xdpwl_slice4 *slice;
	size_t n_slices;
	bool full;		/* there are more than slices4 has room for */
	uint32_t main;
	struct xdpwl_slice4 hosts;	/* the next of hosts4 */
	uint64_t used[XDPWL_SLICES4 / ROW + 1];	/* one more, which is never used */
	uint32_t next;		/* where room is sought */
	uint32_t again;		/* so often from the first place on */
};

/* ---- slices ---- */

static void hosts_mark(struct build *build, struct xdpwl_slice4 hosts, struct xdpwl_slice4 of)
{
	__u64 *bits = build->hosts4->bits[XDPWL_SLICE4_NUMBER(hosts.first, hosts.last)];
	uint32_t at;

	for (at = of.first; at <= of.last; at++)
		bits[at / 64] |= XDPWL_BIT(at);
}

/* The next one that is no slice. */
static void hosts_next(struct xdpwl_slice4 *hosts)
{
	if (++hosts->last >= hosts->first)
		*hosts = (struct xdpwl_slice4){ hosts->first + 1, 0 };
}

/* A piece of a /24 that has a slice. */
static void hosts_add(struct build *build, struct xdpwl_slice4 *slice, struct xdpwl_slice4 more)
{
	struct xdpwl_slice4 was = *slice;

	if (was.first <= was.last) {
		*slice = build->hosts;
		if (build->hosts.first != asked.first) {
			hosts_mark(build, *slice, was);
			hosts_next(&build->hosts);
		}
	}
	if (slice->first != asked.first)
		hosts_mark(build, *slice, more);
}

/* The row of an address, which is in the last one or behind it. */
static struct row *row_of(struct build *build, uint32_t first)
{
	uint32_t at = first / ROW_SIZE;

	if (!build->n_rows || build->row[build->n_rows - 1].at != at)
		build->row[build->n_rows++] = (struct row){ at, build->n_slices, 0 };
	return &build->row[build->n_rows - 1];
}

/* A piece of a run, within a /24. */
static void piece_add(struct build *build, uint32_t first, uint32_t last, uint32_t number)
{
	struct row *row = row_of(build, first);
	uint64_t bit = 1ull << first / 256 % ROW;
	struct xdpwl_slice4 slice = { first & 255, last & 255 };

	if (number != build->main)
		slice = asked;
	if (row->used & bit) {
		if (number == build->main)
			hosts_add(build, &build->slice[build->n_slices - 1], slice);
		else
			build->slice[build->n_slices - 1] = asked;
	} else if (build->n_slices == XDPWL_SLICES4) {
		build->full = true;
	} else {
		row->used |= bit;
		build->slice[build->n_slices++] = slice;
	}
}

static void run_add(struct build *build, const struct run *run)
{
	uint64_t from, next;

	for (from = run->first; from <= run->last && !build->full; from = next) {
		next = (from | (ROW_SIZE - 1)) + 1;
		if (!(from % ROW_SIZE) && next <= run->last + 1ull) {
			build->place[from / ROW_SIZE] =
				run->number == build->main ? EVERYONE : ASKED;
			continue;
		}
		next = (from | 0xff) + 1;
		piece_add(build, from, next <= run->last ? next - 1 : run->last,
			  run->number);
	}
}

/* ---- places ---- */

static bool fits(const struct build *build, uint32_t at, uint64_t used)
{
	const uint64_t *word = &build->used[at / ROW];
	uint64_t there = at % ROW ? word[0] >> at % ROW | word[1] << (ROW - at % ROW) : word[0];

	return !(there & used);
}

static void row_write(struct build *build, uint32_t at, const struct row *row)
{
	const struct xdpwl_slice4 *slice = build->slice + row->slice;
	uint64_t left;

	for (left = row->used; left; left &= left - 1)
		build->slices4[at + __builtin_ctzll(left)] = *slice++;
	/* The third byte has two bits more than the slices of a row. */
	build->place[row->at] = at - row->at * ROW % 256;
	build->used[at / ROW] |= row->used << at % ROW;
	if (at % ROW)
		build->used[at / ROW + 1] |= row->used >> (ROW - at % ROW);
}

/* Where there is room from `next` on, or nowhere. */
static void row_place(struct build *build, const struct row *row)
{
	uint32_t at = build->next;

	for (;;) {
		while (at <= XDPWL_SLICES4 - ROW && !fits(build, at, row->used))
			at++;
		if (at <= XDPWL_SLICES4 - ROW)
			break;
		if (!build->again)
			return;
		build->again--;
		at = FIRST_PLACE;
	}
	row_write(build, at, row);
	build->next = at;
}

static int row_size(const struct row *row)
{
	return __builtin_popcountll(row->used);
}

static void rows_place(struct build *build)
{
	size_t of_size[ROW + 1] = { 0 }, i;
	int size;

	for (i = 0; i < 256; i++) {
		build->slices4[ASKED + i] = asked;
		build->slices4[EVERYONE + i] = everyone;
	}
	for (i = 0; i < build->n_rows; i++)
		of_size[row_size(&build->row[i])]++;
	for (size = ROW; size; size--) {
		build->next = FIRST_PLACE;
		for (i = 0; of_size[size] && i < build->n_rows; i++)
			if (row_size(&build->row[i]) == size)
				row_place(build, &build->row[i]);
	}
}

static void never_place(struct build *build)
{
	uint32_t at;

	for (at = 0; at < XDPWL_ROWS4; at++)
		if (is_never4(at * ROW_SIZE))
			build->place[at] = ASKED;
}

static int slices_make(struct build *build, struct tables *tables, const struct runs *runs)
{
	struct xdpwl_slices4 *slices = calloc(1, sizeof(*slices));
	size_t k;

	tables->slices4.elements = slices;
	tables->hosts4.elements = build->hosts4 = calloc(1, sizeof(*build->hosts4));
	build->row = malloc(XDPWL_ROWS4 * sizeof(*build->row));
	build->slice = malloc(XDPWL_SLICES4 * sizeof(*build->slice));
	if (!slices || !build->hosts4 || !build->row || !build->slice)
		return -ENOMEM;
	build->slices4 = slices->slice;
	for (k = 0; k < runs->n && !build->full; k++)
		run_add(build, &runs->run[k]);
	if (build->full)
		return 0;
	rows_place(build);
	never_place(build);
	tables->slices4.n = tables->hosts4.n = 1;
	return 0;
}

int slices4_build(struct tables *tables, const struct runs *runs)
{
	struct xdpwl_rows4 *rows;
	struct build *build;
	int err;

	if (!runs->n || tables->spans4.n || !tables->slot->main_number[0])
		return 0;
	if (!tables->rows4.n && rows4_build(tables))
		return -ENOMEM;
	build = calloc(1, sizeof(*build));
	if (!build)
		return -ENOMEM;
	rows = tables->rows4.elements;
	build->place = rows->place;
	build->main = tables->slot->main_number[0];
	build->hosts.first = 1;
	build->again = AGAIN;
	err = slices_make(build, tables, runs);
	free(build->row);
	free(build->slice);
	free(build);
	return err;
}
