/* SPDX-License-Identifier: GPL-2.0-only */
/* Entries of lpm6 to what main covers of them: cover6.h. */
#include <errno.h>
#include <stdlib.h>
#include "cover6.h"
#include "key6.h"

static int covers_compare(const void *left, const void *right)
{
	const struct cover6 *a = left, *b = right;

	if (a->high != b->high)
		return a->high < b->high ? -1 : 1;
	return a->length < b->length ? -1 : a->length > b->length;
}

static void covers_take(struct covers6 *covers, const struct key6 *key, bool main)
{
	struct cover6 cover = { key->high, key->length, main };
	uint32_t i;

	if (key->length > 64)
		cover = (struct cover6){ key->high, 64, false };
	if (key->length < COVER6_HEAD)
		cover.length = COVER6_HEAD;
	for (i = 0; i < key6_heads(key, COVER6_HEAD); i++) {
		covers->cover[covers->n++] = cover;
		cover.high += 1ull << (64 - COVER6_HEAD);
	}
}

/* What main covers anyway goes. */
static void covers_thin(struct covers6 *covers)
{
	const struct cover6 *around = NULL;
	size_t kept = 0, i;

	for (i = 0; i < covers->n; i++) {
		struct cover6 cover = covers->cover[i];

		if (around && cover.main && !((cover.high ^ around->high) >> (64 - around->length)))
			continue;
		covers->cover[kept] = cover;
		if (cover.main)
			around = &covers->cover[kept];
		kept++;
	}
	covers->n = kept;
}

int covers6_collect(struct covers6 *covers, const struct tables *tables,
		    const uint32_t *numbers, size_t most)
{
	const struct table *lpm6 = &tables->lpm6;
	bool is_short = false;
	size_t n = 0, i;

	for (i = 0; i < lpm6->n; i++) {
		struct key6 key = key6_at(lpm6, i);

		if (key.length < XDPWL_SHORT6)
			continue;
		n += key6_heads(&key, COVER6_HEAD);
		is_short |= key.length < COVER6_HEAD;
	}
	if (n > most)
		return -ENOSPC;
	*covers = (struct covers6){ malloc((n + 1) * sizeof(*covers->cover)), 0 };
	if (!covers->cover)
		return -ENOMEM;
	for (i = 0; i < lpm6->n; i++) {
		struct key6 key = key6_at(lpm6, i);

		if (key.length >= XDPWL_SHORT6)
			covers_take(covers, &key, !xdpwl_is_special6(key.high >> 56) &&
					    numbers[i] == tables->slot->main_number[1]);
	}
	if (is_short)
		qsort(covers->cover, n, sizeof(*covers->cover), covers_compare);
	covers_thin(covers);
	return 0;
}
