/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Entries of lpm6 that share their /32s with others to runs6: those of 49 to 64 bits, all of a
 * /48 or, where their lines have no room for so much, none. Who is not there is left to lines6.
 */
#include <errno.h>
#include <stdlib.h>
#include "lines.h"

#define KIND		1	/* of xdpwl_kind6() */
#define HEAD		48
#define DEPTH		16	/* prefixes of 49 to 64 bits that cover an address */
#define RUNS		(XDPWL_RUNS6 * XDPWL_CHAIN6)
#define NUMBERS		0xffff	/* that a run has room for */
#define LINES(keys)	((keys) * 2 / 5)

/* Addresses of one head, by what stands behind its bits, of which one entry speaks. */
struct span {
	uint32_t first, last, number;
};

/* The runs of one head, in order, as its prefixes come. */
struct head {
	uint64_t high;
	struct span open[DEPTH];	/* that cover what comes next, the longest last */
	uint32_t depth;
	uint32_t from;			/* what no run has yet of them */
	struct span run[RUNS];
	uint32_t n;
	bool full;			/* there are more */
};

static uint64_t head_of(const struct key6 *key)
{
	return key->high >> (64 - HEAD) << (64 - HEAD);
}

/* Up to `end`, which is not in it; perhaps none. */
static void run_add(struct head *head, uint32_t end, uint32_t number)
{
	struct span *last = head->n ? &head->run[head->n - 1] : NULL;

	if (head->from >= end)
		return;
	if (last && last->number == number && last->last + 1 == head->from)
		last->last = end - 1;
	else if (head->n == RUNS || number >= NUMBERS)
		head->full = true;
	else
		head->run[head->n++] = (struct span){ head->from, end - 1, number };
	head->from = end;
}

/* Of what covers no address from `next` on. */
static void spans_close(struct head *head, uint32_t next)
{
	const struct span *open;

	while (head->depth) {
		open = &head->open[head->depth - 1];
		if (open->last >= next)
			break;
		run_add(head, open->last + 1, open->number);
		head->depth--;
	}
}

/* Prefixes come by address, then length. */
static void prefix_add(struct head *head, const struct key6 *key, uint32_t number)
{
	uint32_t first = key->high & ((1u << (64 - HEAD)) - 1);

	spans_close(head, first);
	if (head->depth)
		run_add(head, first, head->open[head->depth - 1].number);
	head->from = first;
	head->open[head->depth++] = (struct span){
		first, first + (1u << (64 - key->length)) - 1, number,
	};
}

/* Line k of those that a head may have. */
static struct xdpwl_line6 *line_at(const struct tables *tables, const struct head *head,
				   uint32_t k)
{
	uint64_t hash = xdpwl_hash(head->high, XDPWL_HEAD(HEAD), tables->slot->seed);
	uint64_t at = hash >> tables->slot->exact6.runs_shift;
	struct xdpwl_runs6 *blocks = tables->runs6.elements;

	return &blocks[at / XDPWL_LINES].line[(at + k) % XDPWL_LINES];
}

static uint32_t line_used(const struct xdpwl_line6 *line)
{
	uint32_t used = 0;

	while (used < XDPWL_RUNS6 && line->number[used])
		used++;
	return used;
}

/* Whether its lines have taken it. Those that are passed send on. */
static bool head_place(const struct tables *tables, struct head *head)
{
	uint32_t room = 0, k, i = 0, at;
	struct xdpwl_line6 *line;
	bool fits;

	spans_close(head, UINT32_MAX);
	for (k = 0; k < XDPWL_CHAIN6; k++)
		room += XDPWL_RUNS6 - line_used(line_at(tables, head, k));
	fits = !head->full && head->n <= room;
	for (k = 0; k < XDPWL_CHAIN6 && (!fits || i < head->n); k++) {
		line = line_at(tables, head, k);
		for (at = line_used(line); fits && at < XDPWL_RUNS6 && i < head->n; at++) {
			line->first[at] = head->high + head->run[i].first;
			line->behind[at] = head->run[i].last - head->run[i].first;
			line->number[at] = head->run[i++].number;
		}
		line->on |= !fits || i < head->n;
	}
	return fits;
}

static int lines_create(struct tables *tables, size_t keys)
{
	uint32_t lines = XDPWL_LINES;

	while (lines < LINES(keys))
		lines *= 2;
	tables->slot->exact6.runs_shift = 64 - __builtin_ctz(lines);
	tables->runs6.n = lines / XDPWL_LINES;
	tables->runs6.elements = calloc(tables->runs6.n, sizeof(struct xdpwl_runs6));
	return tables->runs6.elements ? 0 : -ENOMEM;
}

static bool is_ours(const struct key6 *key, bool several)
{
	return several && line_kind(key->length) == KIND;
}

/* All of the head that prefix i is of; returns the next that is of none of them. */
static size_t head_build(struct tables *tables, const uint32_t *numbers, bool *several,
			 size_t i)
{
	struct key6 key = key6_at(&tables->lpm6, i);
	struct head head = { .high = head_of(&key) };
	size_t first = i;
	bool placed;

	for (; i < tables->lpm6.n; i++) {
		key = key6_at(&tables->lpm6, i);
		if (head_of(&key) != head.high)
			break;
		if (is_ours(&key, several[i]))
			prefix_add(&head, &key, numbers[i]);
	}
	placed = head_place(tables, &head);
	for (; first < i; first++) {
		key = key6_at(&tables->lpm6, first);
		if (is_ours(&key, several[first]))
			several[first] = !placed;
	}
	return i;
}

int runs6_build(struct tables *tables, const uint32_t *numbers, bool *several)
{
	size_t keys = 0, i;

	for (i = 0; i < tables->lpm6.n; i++) {
		struct key6 key = key6_at(&tables->lpm6, i);

		keys += is_ours(&key, several[i]);
	}
	if (!keys)
		return 0;
	if (lines_create(tables, keys))
		return -ENOMEM;
	tables->slot->exact6.kinds |= 1u << KIND;
	for (i = 0; i < tables->lpm6.n;) {
		struct key6 key = key6_at(&tables->lpm6, i);

		i = is_ours(&key, several[i]) ?
			    head_build(tables, numbers, several, i) : i + 1;
	}
	return 0;
}
