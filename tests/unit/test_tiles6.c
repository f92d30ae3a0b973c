/* SPDX-License-Identifier: GPL-2.0-only */
/* tiles6 against lpm6, as include/tiles6.h says that a packet asks. */
#include <arpa/inet.h>
#include "front.h"

static int by_cuts;	/* tables that have tiles found by these */

static const struct xdpwl_tile6 *tile_find(const struct tables *tables, uint64_t hash)
{
	const struct xdpwl_tiles6 *tiles = tables->tiles6.elements;
	uint64_t word = tables->slot->near6.any[XDPWL_NEAR6_WORD(hash)];
	uint64_t offset = XDPWL_TILE6_OFFSET(hash, word);

	return &tiles->tile[offset % sizeof(*tiles) / sizeof(*tiles->tile)];
}

/* The number of the main entry, XDPWL_UNLISTED, or XDPWL_ASK_TRIE. */
static uint32_t parts_say(const struct xdpwl_tile6 *tile, uint64_t high)
{
	uint64_t part = (high ^ tile->first) >> XDPWL_TILE6_SHIFT(tile->first);

	if (part < XDPWL_TILE6_PARTS && tile->parts & XDPWL_BIT32(part))
		return main_number;
	if (tile->first == XDPWL_TILE6_EVERYONE)
		return XDPWL_ASK_TRIE;
	return part < XDPWL_TILE6_PARTS && !tile->parts ? XDPWL_ASK_TRIE : XDPWL_UNLISTED;
}

static uint32_t listed_by_place(const struct tables *tables, struct address address)
{
	uint64_t hash = xdpwl_bloom_hash(htonl(address.high >> 32), tables->slot->seed);
	const struct xdpwl_tile6 *tile = tile_find(tables, hash);
	uint32_t cut = XDPWL_TILE6_CUT(tile->first);

	if (address.high - tile->first < tile->size)
		return main_number;
	if (tile->first == XDPWL_TILE6_EVERYONE)
		return XDPWL_ASK_TRIE;
	if ((tile->first ^ address.high) >> 32)
		return XDPWL_UNLISTED;
	if (tile->size)
		return tile->size == XDPWL_TILE6_WHOLE ? XDPWL_ASK_TRIE : XDPWL_UNLISTED;
	if (!cut)
		return XDPWL_ASK_TRIE;
	hash = xdpwl_tile6_hash(address.high, cut, tables->slot->seed);
	return parts_say(tile_find(tables, hash), address.high);
}

static uint32_t listed_by_cut(const struct tables *tables, struct address address)
{
	const struct xdpwl_slot *slot = tables->slot;
	const struct xdpwl_tiles6 *tiles = tables->tiles6.elements;
	uint16_t head = htons(address.high >> 32);
	uint32_t cut = slot->cut6[XDPWL_CUT6(head)], home, more, i;
	uint64_t offset;

	if (cut == XDPWL_CUT6_NOBODY)
		return XDPWL_UNLISTED;
	offset = (address.high >> cut >> XDPWL_FIELD6_BITS) * slot->tiles6_seed >>
		 slot->tiles6_shift;
	home = offset / sizeof(*tiles->field);
	more = tiles->field[home].more;
	for (i = 0; i < (more ? XDPWL_FIELDS6_AROUND : 1); i++) {
		const struct xdpwl_field6 *field = &tiles->field[home ^ i];

		if (address.high - field->first >= field->size)
			continue;
		if (field->parts & XDPWL_BIT(address.high >> cut))
			return main_number;
		return field->asked ? XDPWL_ASK_TRIE : XDPWL_UNLISTED;
	}
	return more == XDPWL_FIELD6_LOST ? XDPWL_ASK_TRIE : XDPWL_UNLISTED;
}

static uint32_t listed(const struct tables *tables, struct address address)
{
	return tables->slot->flags & XDPWL_HAS_CUTS6 ? listed_by_cut(tables, address) :
						       listed_by_place(tables, address);
}

/* Tables that have tiles: of these prefixes, one of whose entries is main; by cuts and by places,
 * in turn. */
static void tiles_of(struct tables *tables, const struct address *prefixes, size_t n)
{
	cuts = !cuts;
	for (;;) {
		tables_of(tables, prefixes, n, false);
		if (main_number && !(tables->slot->flags & XDPWL_FULL_NEAR6))
			break;
		tables_free(tables);
	}
	assert_int_equal(tables->tiles6.n, 1);
	assert_true(cuts || !(tables->slot->flags & XDPWL_HAS_CUTS6));
	by_cuts += !!(tables->slot->flags & XDPWL_HAS_CUTS6);
}

/* How many questions of a hundred had an answer. */
static int percent_answered(const struct address *prefixes, size_t n)
{
	struct tables tables;
	int i, answered = 0;

	tiles_of(&tables, prefixes, n);
	for (i = 0; i < QUESTIONS; i++)
		answered += question_ask(&tables, false, prefixes, n);
	tables_free(&tables);
	return answered * 100 / QUESTIONS;
}

/* Any prefixes, by chance. */
static void randoms_check(int rounds, size_t least, size_t more)
{
	struct address *prefixes = calloc(least + more, sizeof(*prefixes));

	assert_non_null(prefixes);
	while (rounds--) {
		size_t n = prefixes_random(prefixes, least + below(more), false);

		distinct = below(2) ? 4 : 1000;
		alike = rounds & 1;
		percent_answered(prefixes, n);
	}
	alike = false;
	free(prefixes);
}

/* Heads with one prefix each, as most have: of any length up to 64, all main's. */
static void test_single(void **state)
{
	static const size_t sizes[] = { 1, 10, 1000, 100000, 150000 };
	struct address *prefixes = calloc(150000, sizeof(*prefixes));
	size_t n, i, k;

	(void)state;
	assert_non_null(prefixes);
	distinct = 1;
	alike = true;
	for (k = 0; k < 10; k++) {
		uint64_t step = 1 + below(3);

		n = sizes[k / 2];
		by_cuts = 0;
		for (i = 0; i < n; i++)
			prefixes[i] = cut((struct address){
				0x2a00000000000000 + (i * step << 32) +
				(random_next(&seed) >> 32), 0, 0 }, 32 + below(33));
		/* Of so many keys in steps a seed may multiply some to the same. */
		assert_in_range(percent_answered(prefixes, n), n == sizes[4] ? 50 : 99, 100);
		/* Of many heads several choose one cut. */
		if (n != 1000)
			assert_int_equal(by_cuts, cuts && n < 1000);
	}
	alike = false;
	free(prefixes);
}

/* Thousands in one head, that tiles can tell: of 52 to 64 bits, nested too. */
static void test_crowd(void **state)
{
	struct address prefixes[5000];
	size_t n, kept, i;
	int round, percent, answered = 0;

	(void)state;
	distinct = 1;
	alike = true;
	for (round = 0; round < 8; round++) {
		n = 2 + below(4999);
		for (i = 0; i < n; i++)
			prefixes[i] = cut((struct address){
				0x2a0226f700000000 + (random_next(&seed) >> 34), 0, 0 },
				below(4) ? 64 - below(5) : 52 + below(12));
		kept = prefixes_sort(prefixes, n);
		/* By places keys in steps may lie together, as a seed multiplies them. */
		percent = percent_answered(prefixes, kept);
		if (cuts)
			assert_in_range(percent, 99, 100);
		answered += percent;
	}
	assert_true(answered >= 8 * 95);
	alike = false;
}

/* So many keys that some find no room. */
static void test_full(void **state)
{
	struct address *prefixes = calloc(40000, sizeof(*prefixes));
	int round, i, percent;

	(void)state;
	assert_non_null(prefixes);
	distinct = 1;
	alike = true;
	by_cuts = 0;
	for (round = 0; round < 2; round++) {
		for (i = 0; i < 40000; i++)
			prefixes[i] = (struct address){ 0x2a0226f700000000 + (i << 7), 0, 58 };
		percent = percent_answered(prefixes, 40000);
		if (cuts)
			assert_in_range(percent, 98, 100);
	}
	assert_int_equal(by_cuts, 1);
	alike = false;
	free(prefixes);
}

/* A part of what main covers is another's, down to hosts: around it main stays known. */
static void test_holes(void **state)
{
	struct address prefixes[] = {
		{ 0x2a00000000000000, 0, 29 }, { 0x2a00000100000000, 0, 48 },
		{ 0x2a00000200000000, 5, 128 }, { 0x2a00000300010000, 0, 60 },
		{ 0x2a00000300010000, 0, 62 }, { 0x2a00000300010001, 0, 64 },
	};
	struct tables tables;
	uint32_t number, i;
	int round, known = 0;

	(void)state;
	distinct = 1;
	for (round = 0; round < 50; round++) {
		tiles_of(&tables, prefixes, 6);
		for (i = 0; i < QUESTIONS / 10; i++)
			question_ask(&tables, false, prefixes, 6);
		number = listed(&tables, (struct address){ 0x2a00000700000000, 1, 128 });
		known += number == main_number;
		tables_free(&tables);
	}
	assert_true(known);
}

/* None that has a tile: short6 has them all. */
static void test_short(void **state)
{
	struct address prefixes[] = {
		{ 0x2000000000000000, 0, 3 }, { 0x2a00000000000000, 0, 20 },
	};
	struct tables tables;
	int round;

	(void)state;
	distinct = 1;
	alike = true;
	for (round = 0; round < 8; round++) {
		tables_of(&tables, prefixes, 2, false);
		assert_int_equal(tables.tiles6.n, 0);
		tables_free(&tables);
	}
	alike = false;
}

/* What packets judge before rules are asked: others know whom of these main covers. */
static void test_special(void **state)
{
	struct address prefixes[] = {
		{ 0, 0, 32 }, { 0x0064ff9b00000000, 0, 64 }, { 0xff0e000000000000, 0, 32 },
		{ 0xff0e000100000000, 0, 48 }, { 0x2a00000000000000, 0, 32 },
	};
	struct tables tables;
	int round, i;

	(void)state;
	distinct = 1;
	alike = true;
	for (round = 0; round < 8; round++) {
		tiles_of(&tables, prefixes, 5);
		for (i = 0; i < 5; i++)
			assert_int_equal(listed(&tables, prefixes[i]),
					 i < 4 ? XDPWL_ASK_TRIE : main_number);
		tables_free(&tables);
	}
	alike = false;
}

/* More keys than there is room for. */
static void test_too_many(void **state)
{
	struct address *prefixes = calloc(300000, sizeof(*prefixes));
	struct tables tables;
	size_t n = 300000, i;

	(void)state;
	assert_non_null(prefixes);
	distinct = 1;
	alike = true;
	for (i = 0; i < n; i++)
		prefixes[i] = (struct address){ 0x2a00000000000000 + (i << 32), 0, 40 };
	tables_of(&tables, prefixes, n, false);
	assert_int_equal(tables.tiles6.n, 0);
	tables_free(&tables);
	alike = false;
	free(prefixes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_single),
		cmocka_unit_test(test_crowd),
		cmocka_unit_test(test_full),
		cmocka_unit_test(test_holes),
		cmocka_unit_test(test_short),
		cmocka_unit_test(test_special),
		cmocka_unit_test(test_too_many),
		cmocka_unit_test(test_few),
		cmocka_unit_test(test_many),
	};

	seed_print();
	return unit_main(tests);
}
