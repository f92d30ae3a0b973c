/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Runs to spans4: a row for each /16, by the spans of its /24s. Rows lie among one another where
 * both have room: a span knows its address. If there is no place for one there are no spans.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "spans4.h"

#define ROW		256	/* spans, by the third byte */
#define WORDS		(ROW / 64)
#define ALL		0xffffffffu
#define TRIES		4096	/* places for a row, before the end of all */

struct row {
	uint64_t used[WORDS];	/* bit: there is a span */
	struct xdpwl_span4 span[ROW];
};

struct build {
	struct xdpwl_spans4 *map;
	uint64_t used[XDPWL_SPANS4 / 64 + 1];	/* one more, which is never used */
	uint32_t next;		/* hardly anything is free before it */
	uint32_t end;
	struct row row;
	uint32_t head;		/* the /16 that is being filled */
	uint32_t main;
	uint32_t whole;		/* where spans are that have all addresses */
	uint32_t crowds;	/* the last used */
	bool full;		/* there is no place for a row */
};

/* ---- places ---- */

static uint64_t used_at(const struct build *build, uint32_t at)
{
	const uint64_t *word = &build->used[at / 64];

	return at % 64 ? word[0] >> at % 64 | word[1] << (64 - at % 64) : word[0];
}

static bool fits(const struct build *build, uint32_t from, const struct row *row)
{
	int k;

	for (k = 0; k < WORDS; k++)
		if (used_at(build, from + 64 * k) & row->used[k])
			return false;
	return true;
}

static void row_write(struct build *build, uint32_t from, const struct row *row)
{
	int i;

	for (i = 0; i < ROW; i++) {
		if (!(row->used[i / 64] >> i % 64 & 1))
			continue;
		build->map->span[from + i] = row->span[i];
		build->used[(from + i) / 64] |= 1ull << (from + i) % 64;
	}
	if (build->end < from + ROW)
		build->end = from + ROW;
}

/* Where it is put. */
static uint32_t row_place(struct build *build, const struct row *row)
{
	uint32_t from = build->next, last = from + TRIES;

	if (last > XDPWL_SPANS4 - ROW)
		last = XDPWL_SPANS4 - ROW;
	while (from <= last && !fits(build, from, row))
		from++;
	/* A full row finds room behind all others if anywhere. */
	if (from > last)
		from = build->end;
	if (from > XDPWL_SPANS4 - ROW) {
		build->full = true;
		return 0;
	}
	row_write(build, from, row);
	if (from - build->next > ROW / 2)
		build->next += ROW / 4;
	return from;
}

/* ---- rows ---- */

static void row_fill(struct row *row, struct xdpwl_span4 span)
{
	uint32_t i;

	memset(row->used, 0xff, sizeof(row->used));
	for (i = 0; i < ROW; i++)
		row->span[i] = span;
}

/* Whether all /20s of which a row has something have all of their /24s. */
static bool row_whole(const struct row *row)
{
	uint32_t i;

	for (i = 0; i < ROW; i++) {
		const struct xdpwl_span4 *span = &row->span[i];

		if (!(row->used[i / 64] >> (i & 48) & 0xffff))
			continue;
		if (span->size != 256)
			return false;
	}
	return true;
}

static void row_end(struct build *build)
{
	struct row *row = &build->row;

	if (row->used[0] | row->used[1] | row->used[2] | row->used[3]) {
		build->map->from[htons(build->head)] =
			row_whole(row) ? build->whole : row_place(build, row);
	}
	memset(row, 0, sizeof(*row));
}

static void crowd_mark(struct build *build, uint32_t number, uint32_t first, uint32_t last)
{
	__u64 *crowd = build->map->crowd[number];
	uint32_t at;

	for (at = first & 255; at <= (last & 255); at++)
		crowd[at / 64] |= XDPWL_BIT(at);
}

/* A piece of a /24 that has a span: both are a crowd. */
static void crowd_add(struct build *build, struct xdpwl_span4 *span, uint32_t first,
		      uint32_t last)
{
	if (!span->crowd) {
		if (build->crowds == XDPWL_SPAN4_CROWDS - 2) {
			span->crowd = XDPWL_SPAN4_ASK;
			return;
		}
		span->crowd = ++build->crowds;
	}
	crowd_mark(build, span->crowd, first, last);
}

/* A piece of a run, within a /24. */
static void piece_add(struct build *build, uint32_t first, uint32_t last, uint32_t number)
{
	struct row *row = &build->row;
	uint32_t at = first >> 8 & 255;
	struct xdpwl_span4 *span = &row->span[at];

	row->used[at / 64] |= 1ull << at % 64;
	if (number != build->main)
		span->crowd = XDPWL_SPAN4_ASK;
	else if (!span->size)
		*span = (struct xdpwl_span4){ first, last - first + 1, span->crowd };
	else if (span->crowd != XDPWL_SPAN4_ASK)
		crowd_add(build, span, first, last);
}

static void run_add(struct build *build, const struct run *run)
{
	uint64_t from, next;

	for (from = run->first; from <= run->last; from = next) {
		if (from >> 16 != build->head) {
			row_end(build);
			build->head = from >> 16;
		}
		next = (from | 0xffff) + 1;
		if (!(from & 0xffff) && next <= run->last + 1ull) {
			build->map->from[htons(build->head)] =
				run->number == build->main ? build->whole : 0;
			continue;
		}
		next = (from | 0xff) + 1;
		piece_add(build, from, next <= run->last ? next - 1 : run->last,
			  run->number);
	}
}

int spans4_build(struct tables *tables, const struct runs *runs)
{
	struct build *build;
	uint32_t i;
	size_t k;

	/* near4 that says nothing has what no span is of. */
	if (!runs->n || tables->slot->flags & XDPWL_HAS_ROWS4)
		return 0;
	build = calloc(1, sizeof(*build));
	tables->spans4.elements = calloc(1, sizeof(struct xdpwl_spans4));
	if (!build || !tables->spans4.elements) {
		free(build);
		return -ENOMEM;
	}
	build->map = tables->spans4.elements;
	build->main = tables->slot->main_number[0];
	row_fill(&build->row, (struct xdpwl_span4){ 0, 0, XDPWL_SPAN4_ASK });
	row_place(build, &build->row);	/* at 0 */
	row_fill(&build->row, (struct xdpwl_span4){ 0, ALL, 0 });
	build->whole = row_place(build, &build->row);
	/* No row reaches into these with a /24 of which it has nothing. */
	build->next = build->end;
	memset(&build->row, 0, sizeof(build->row));
	for (k = 0; k < runs->n && !build->full; k++)
		run_add(build, &runs->run[k]);
	row_end(build);
	for (i = 0; i < 65536; i++)
		if (is_never4(i << 16))
			build->map->from[htons(i)] = 0;
	tables->spans4_used = build->end;
	tables->spans4.n = !build->full;
	if (tables->spans4.n && build->crowds)
		tables->slot->flags |= XDPWL_HAS_CROWDS4;
	free(build);
	return 0;
}
