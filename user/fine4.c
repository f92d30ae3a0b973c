/* SPDX-License-Identifier: GPL-2.0-only */
/* Runs to fine4, which stands in front of their lines. */
#include <errno.h>
#include <string.h>
#include "fine.h"
#include "table4.h"

#define LENGTHS		5	/* of an address in a /27: 32 bits down to 28 */
/* Keys are such addresses and /27s. */
#define KEYS_SLOT	(10ull * XDPWL_FINE4_SLOT)
#define KEYS_GOOD	(8ull * XDPWL_FINES4)	/* more, and addresses are cut shorter */
#define KEYS_MOST	(2 * KEYS_GOOD)	/* more, and the filter says nothing */

/* Of a run: as many whole blocks as follow one another, of the largest kind that begins
 * there, within one block of the kind before. */
enum kind { WHOLE20, WHOLE27, ADDRESSES };
static const int kind_bits[] = { 12, 32 - XDPWL_FINE4_LENGTH, 0 };

struct piece {
	uint32_t first, last;
	enum kind kind;
};

/* Walks all pieces, in order, from { runs } on. */
struct pieces {
	const struct runs *runs;
	size_t at;		/* the run of the next one */
	uint64_t from;
};

/* False after the last. */
static bool piece_next(struct pieces *pieces, struct piece *piece)
{
	const struct run *run = &pieces->runs->run[pieces->at];
	uint64_t from = pieces->from, end = run->last + 1ull, n = 0;
	enum kind kind;

	if (pieces->at == pieces->runs->n)
		return false;
	if (from < run->first)
		from = run->first;
	for (kind = WHOLE20;; kind++) {
		uint64_t size = 1ull << kind_bits[kind];

		n = from % size ? 0 : (end - from) / size;
		if (n) {
			end = from + n * size;
			break;
		}
		if (end > from / size * size + size)
			end = from / size * size + size;
	}
	*piece = (struct piece){ from, end - 1, kind };
	pieces->from = end;
	pieces->at += end > run->last;
	return true;
}

/* How many keys there are, by how many last bits those of addresses leave away. */
static void keys_count(uint64_t keys[LENGTHS], const struct runs *runs)
{
	struct pieces pieces = { .runs = runs };
	struct piece piece;
	int left, bits;

	while (piece_next(&pieces, &piece))
		for (left = 0; left < LENGTHS && piece.kind != WHOLE20; left++) {
			bits = piece.kind == WHOLE27 ? kind_bits[WHOLE27] : left;
			keys[left] += (piece.last >> bits) - (piece.first >> bits) + 1;
		}
}

/* ---- marks ---- */

static __u64 *word_find(struct tables *tables, uint64_t hash)
{
	return fine_word(&tables->fine4, tables->slot->fine4,
			 hash >> tables->slot->fine4_shift);
}

static uint64_t tag(uint64_t number)
{
	return XDPWL_BIT(number & 31);
}

static void addresses_mark(struct tables *tables, const struct piece *piece)
{
	uint64_t hash = (piece->first >> kind_bits[WHOLE27]) * tables->slot->seed;
	__u64 *word = word_find(tables, hash);
	uint32_t mask = tables->slot->fine4_mask, at;

	for (at = piece->first & 31; at <= (piece->last & 31); at++)
		*word |= XDPWL_BIT32(XDPWL_ADDRESS4(hash) + (at & mask));
	*word |= tag(XDPWL_FINE4_TAG1(hash)) | tag(XDPWL_FINE4_TAG2(hash));
}

static void whole27_mark(struct tables *tables, const struct piece *piece)
{
	uint64_t at = piece->first >> kind_bits[WHOLE27], hash;

	for (; at <= piece->last >> kind_bits[WHOLE27]; at++) {
		hash = at * tables->slot->seed;
		*word_find(tables, hash) |= tag(XDPWL_FINE4_TAG1(hash)) |
					    tag(XDPWL_FINE4_TAG3(hash)) |
					    tag(XDPWL_FINE4_TAG4(hash));
	}
}

static void pieces_mark(struct tables *tables, const struct runs *runs)
{
	struct pieces pieces = { .runs = runs };
	struct piece piece;

	while (piece_next(&pieces, &piece)) {
		if (piece.kind == WHOLE27)
			whole27_mark(tables, &piece);
		if (piece.kind == ADDRESSES)
			addresses_mark(tables, &piece);
	}
}

int fine4_build(struct tables *tables, const struct runs *runs)
{
	const struct fine_room room = { XDPWL_FINE4_SLOT, XDPWL_FINES4 };
	uint64_t keys[LENGTHS] = { 0 };
	int left = 0;

	keys_count(keys, runs);
	while (left < LENGTHS - 1 && keys[left] > KEYS_GOOD)
		left++;
	tables->slot->fine4_mask = 31u >> left << left;
	if (fine_fit(&tables->fine4, keys[left], room, KEYS_SLOT, &tables->slot->fine4_shift))
		return -ENOMEM;
	if (tables->fine4.n)
		tables->slot->flags |= XDPWL_HAS_FINE4;
	if (keys[left] > KEYS_MOST)
		memset(tables->fine4.elements, 0xff, sizeof(struct xdpwl_fine4));
	else
		pieces_mark(tables, runs);
	return 0;
}
