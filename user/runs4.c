/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Prefixes, nested, to runs of addresses that follow one another with the same number.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "runs4.h"

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

struct run run4_of(const struct table *lpm4, size_t i, uint32_t number)
{
	const struct xdpwl_lpm4 *key = (struct xdpwl_lpm4 *)lpm4->keys + i;
	struct run run = { .number = number };

	memcpy(&run.first, key->addr, sizeof(run.first));
	run.first = ntohl(run.first);
	run.last = run.first | (uint32_t)(0xffffffffull >> key->len);
	return run;
}

/* A stack of the prefixes around: the innermost has the word. */
int runs4_build(struct runs *runs, const struct table *trie, const uint32_t *numbers)
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
			run = run4_of(trie, i, numbers[i]);
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

void runs4_free(struct runs *runs)
{
	free(runs->run);
}
