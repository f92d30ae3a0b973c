/* SPDX-License-Identifier: GPL-2.0-only */
/* What stands in front of lpm4, against it, as include/table4.h says that a packet asks. */
#include <arpa/inet.h>
#include "front.h"

static bool bit_is32(uint32_t word, uint64_t bit)
{
	return word & XDPWL_BIT32(bit);
}

static bool fine4_has(const struct tables *tables, uint32_t addr)
{
	const struct xdpwl_slot *slot = tables->slot;
	uint64_t hash = (addr >> (32 - XDPWL_FINE4_LENGTH)) * slot->seed;
	uint64_t word = *fine_word(&tables->fine4, tables->slot->fine4,
				   hash >> slot->fine4_shift);
	uint32_t tags = XDPWL_FINE4_TAGS(word);

	if (!bit_is32(tags, XDPWL_FINE4_TAG1(hash)))
		return false;
	return (bit_is32(tags, XDPWL_FINE4_TAG2(hash)) &&
		bit_is32(XDPWL_FINE4_ADDRESSES(word),
			 XDPWL_ADDRESS4(hash) + (addr & slot->fine4_mask))) ||
	       (bit_is32(tags, XDPWL_FINE4_TAG3(hash)) &&
		bit_is32(tags, XDPWL_FINE4_TAG4(hash)));
}

static uint32_t dense_says(const struct tables *tables, uint32_t block, uint32_t at)
{
	const struct xdpwl_numbers4 *blocks = tables->numbers4.elements;

	assert_true(block < tables->numbers4.n && at < XDPWL_NUMBERS4);
	return blocks[block].number[at];
}

static uint32_t whole4_says(const struct tables *tables, uint32_t whole, uint32_t addr)
{
	uint32_t at = (whole & ~XDPWL_WHOLE4_DENSE) * XDPWL_GROUP4 + (addr >> 12 & 15);

	if (!(whole & XDPWL_WHOLE4_DENSE))
		return whole;
	return whole == XDPWL_WHOLE4_TRIE ? XDPWL_ASK_TRIE :
	       dense_says(tables, at / XDPWL_NUMBERS4, at % XDPWL_NUMBERS4);
}

/* What a line says itself. */
static uint32_t line4_says(const struct tables *tables, const struct xdpwl_line4 *line,
			   uint32_t addr)
{
	const struct xdpwl_crowds4 *crowds = &tables->slot->crowds4;
	int run = XDPWL_RUNS4 - 1;
	uint32_t number;

	while (run >= 0 && line->first[run] > addr)
		run--;
	if (run < 0 || addr - line->first[run] > line->behind[run])
		return XDPWL_UNLISTED;
	number = line->number[run];
	if (number & XDPWL_LINE4_DENSE)
		return dense_says(tables, number & ~XDPWL_LINE4_DENSE, addr & 255);
	if (!(number & XDPWL_LINE4_CROWD))
		return number;
	number &= ~XDPWL_LINE4_CROWD;
	assert_in_range(number, 1, XDPWL_CROWDS4 - 1);
	return bit_is(crowds->bits[number], addr & 255) ? crowds->number[number] :
							  XDPWL_UNLISTED;
}

static uint32_t lines4_say(const struct tables *tables, uint32_t addr)
{
	uint64_t home = xdpwl_line4_home(addr >> 8, tables->slot->seed,
					 tables->slot->lines4_shift);
	const struct xdpwl_lines4 *map = tables->lines4.elements;
	const struct xdpwl_line4 *lines;
	uint32_t number, k;

	assert_int_equal(!map, !(tables->slot->flags & XDPWL_HAS_LINES4));
	assert_true(map ? home < tables->lines4.n * XDPWL_LINES4 :
			  home < XDPWL_LINES4_SLOT);
	lines = map ? map[home / XDPWL_LINES4].line :
		      &tables->slot->lines4[home / XDPWL_LINES4 * XDPWL_LINES4];
	for (k = 0; k < XDPWL_CHAIN4; k++) {
		const struct xdpwl_line4 *line = &lines[(home + k) % XDPWL_LINES4];

		number = line4_says(tables, line, addr);
		if (number || !line->on)
			return number;
	}
	return XDPWL_ASK_TRIE;
}

static uint32_t listed(const struct tables *tables, struct address address)
{
	const struct xdpwl_slot *slot = tables->slot;
	uint32_t addr = address.high >> 32, head = htons(addr >> 16);

	if (addr == XDPWL_NO_RUN4)
		return XDPWL_ASK_TRIE;	/* never asked */
	if (slot->flags & XDPWL_HAS_ROWS4 && !touched4_has(tables, addr))
		return XDPWL_UNLISTED;
	if (slot->near4.any[head] & XDPWL_BIT32(XDPWL_NEAR4_WHOLE + (addr >> 12 & 15)))
		return whole4_says(tables, slot->whole4[head], addr);
	return fine4_has(tables, addr) ? lines4_say(tables, addr) : XDPWL_UNLISTED;
}

static void randoms_check(int rounds, size_t least, size_t more)
{
	int round;

	for (round = 0; round < rounds; round++)
		random_check(true, least + below(more), 99);
}

static void test_fewest(void **state)
{
	(void)state;
	randoms_check(10, 100, 900);
}

/* The first and the last address, each within another prefix. */
static void test_ends(void **state)
{
	struct address prefixes[310] = { prefix4(0, 7), prefix4(0, 32) };
	struct tables tables;
	size_t n = 2;
	int i;

	(void)state;
	while (n < 300) {
		prefixes[n] = prefix4(0x0a000001 + 256 * (uint32_t)n, 32);
		n++;
	}
	prefixes[n++] = prefix4(0xf8000000, 5);
	prefixes[n++] = prefix4(0xffffff80, 26);
	prefixes[n++] = prefix4(0xffffffff, 32);
	distinct = 1;
	tables_of(&tables, prefixes, n, true);
	for (i = 0; i < QUESTIONS; i++)
		question_ask(&tables, true, prefixes, n);
	tables_free(&tables);
}

/* How many lines send on to others, and how many runs are of a kind. */
static void lines_count(const struct tables *tables, size_t *on, size_t *crowds,
			size_t *dense)
{
	const struct xdpwl_line4 *lines = tables->lines4.elements;
	size_t n = 1ull << (64 - tables->slot->lines4_shift), i;
	uint32_t k;

	*on = *crowds = *dense = 0;
	if (!lines)
		lines = tables->slot->lines4;
	for (i = 0; i < n; i++) {
		*on += lines[i].on;
		for (k = 0; k < XDPWL_RUNS4; k++) {
			*crowds += lines[i].number[k] >> 31;
			*dense += lines[i].number[k] >> 30 & 1;
		}
	}
}

/* Every address of so many /24s from 10.0.0.0 on. */
static void all_check(const struct tables *tables, const struct address *prefixes,
		      size_t n, uint32_t at24)
{
	uint32_t k;

	for (k = 0; k < at24 * 256; k++) {
		struct address address = prefix4(0x0a000000 + k, 32);
		size_t owed = longest(prefixes, n, address);
		uint32_t number = listed(tables, address);

		assert_int_equal(number == XDPWL_UNLISTED, owed == n);
		assert_int_not_equal(number, XDPWL_ASK_TRIE);
		if (number)
			assert_memory_equal((struct xdpwl_entry *)tables->entries.elements +
						    number - 1,
					    (struct xdpwl_entry *)tables->lpm4.values + owed,
					    sizeof(struct xdpwl_entry));
	}
}

/* /24s of more runs than a line has: of one entry, and of several. */
static void test_crowds(void **state)
{
	size_t n = 0, on, crowds, dense;
	struct address prefixes[500];
	struct tables tables;
	int k;

	(void)state;
	n += hosts_add(prefixes + n, 0x0a000010, 8);
	n += hosts_add(prefixes + n, 0x0a000100, 128);
	n += hosts_add(prefixes + n, 0x0a000200, 100);
	n += hosts_add(prefixes + n, 0x0a0002ff, 1);
	n += hosts_add(prefixes + n, 0x0a000300, 7);
	n += hosts_add(prefixes + n, 0x0a000400, 200);
	distinct = 1;
	for (k = 0; k < 2; k++) {
		alike = k;
		tables_of(&tables, prefixes, n, true);
		alike = false;
		lines_count(&tables, &on, &crowds, &dense);
		assert_int_equal(crowds, k ? 6 : 0);
		assert_int_equal(dense, k ? 0 : 5);
		all_check(&tables, prefixes, n, 8);
		tables_free(&tables);
	}
}

/* More of them than the slot has room for. */
static void test_many_crowds(void **state)
{
	size_t n = 0, i, on, crowds, dense;
	struct address *prefixes = calloc(1100 * 20, sizeof(*prefixes));
	struct tables tables;

	(void)state;
	assert_non_null(prefixes);
	for (i = 0; i < 1100; i++)
		n += hosts_add(prefixes + n, 0x0a000000 + 256 * (uint32_t)i + below(200), 20);
	alike = true;
	tables_of(&tables, prefixes, n, true);
	alike = false;
	lines_count(&tables, &on, &crowds, &dense);
	assert_int_equal(crowds, XDPWL_CROWDS4 - 1);
	assert_int_equal(crowds + dense, 1100);
	for (i = 0; i < QUESTIONS; i++)
		assert_true(question_ask(&tables, true, prefixes, n));
	tables_free(&tables);
	free(prefixes);
}

/* Each /24 fills a line: one sends on, and at last the trie is asked. */
static void test_full_lines(void **state)
{
	size_t most = XDPWL_LINES4_SLOT * 4 / XDPWL_RUNS4, n = 0, i, on, crowds, dense;
	struct address *prefixes = calloc(most * XDPWL_RUNS4, sizeof(*prefixes));
	struct tables tables;
	int answered = 0;

	(void)state;
	assert_non_null(prefixes);
	for (i = 0; i < most; i++)
		n += hosts_add(prefixes + n, 0x0a000000 + 256 * (uint32_t)i + below(200),
			       XDPWL_RUNS4);
	distinct = 1;
	tables_of(&tables, prefixes, n, true);
	assert_false(tables.slot->flags & XDPWL_HAS_LINES4);
	lines_count(&tables, &on, &crowds, &dense);
	assert_int_equal(crowds + dense, 0);
	assert_in_range(on, 1, XDPWL_LINES4_SLOT - 1);
	for (i = 0; i < QUESTIONS; i++)
		answered += question_ask(&tables, true, prefixes, n);
	assert_in_range(answered, QUESTIONS * 9 / 10, QUESTIONS);
	tables_free(&tables);
	free(prefixes);
}

/* /16s that a /20 of another entry cuts: more than groups of numbers can be told apart. */
static void test_whole(void **state)
{
	size_t n = 0, i, dense = 0, trie = 0;
	struct address *prefixes = calloc(2 * 40000, sizeof(*prefixes));
	struct tables tables;
	int answered = 0;

	(void)state;
	assert_non_null(prefixes);
	for (i = 0; i < 40000; i++) {
		uint32_t first = 0x0a000000 + 0x10000 * (uint32_t)i;

		prefixes[n++] = prefix4(first, 16);
		prefixes[n++] = prefix4(first + 0x1000 * below(16), 20);
	}
	distinct = 1;
	tables_of(&tables, prefixes, n, true);
	for (i = 0; i < 65536; i++) {
		trie += tables.slot->whole4[i] == XDPWL_WHOLE4_TRIE;
		dense += tables.slot->whole4[i] >= XDPWL_WHOLE4_DENSE;
	}
	assert_int_equal(dense, 40000);
	assert_int_equal(dense - trie, XDPWL_WHOLE4_TRIE - XDPWL_WHOLE4_DENSE);
	for (i = 0; i < QUESTIONS / 4; i++)
		answered += question_ask(&tables, true, prefixes, n);
	assert_in_range(answered, QUESTIONS / 4 * 7 / 10, QUESTIONS / 4 - 1);
	tables_free(&tables);
	free(prefixes);
}

/* So much that is wide and not whole /20s that fine4 takes its map, and so much that it says
 * nothing. */
static void test_wide(void **state)
{
	static const size_t sizes[] = { 6000, 140000 };
	struct address *prefixes = calloc(sizes[1], sizeof(*prefixes));
	struct tables tables;
	size_t k, n, i;

	(void)state;
	assert_non_null(prefixes);
	for (i = 0; i < sizes[1]; i++)
		prefixes[i] = prefix4(0x0a000800 + 0x1000 * (uint32_t)i, 21);
	distinct = 1000;
	for (k = 0; k < 2; k++) {
		n = sizes[k];
		tables_of(&tables, prefixes, n, true);
		assert_true(tables.slot->flags & XDPWL_HAS_FINE4);
		assert_int_equal(*fine_word(&tables.fine4, NULL, 57351) == ~0ull &&
				 *fine_word(&tables.fine4, NULL, 65544) == ~0ull, k);
		for (i = 0; i < QUESTIONS; i++)
			assert_true(question_ask(&tables, true, prefixes, n));
		tables_free(&tables);
	}
	free(prefixes);
}

/* More /24s with numbers by address than groups of whole /20s could stand behind. */
static void test_whole_and_dense(void **state)
{
	size_t n = 0, i, on, crowds, dense;
	struct address *prefixes = calloc(2100 * 8 + 2, sizeof(*prefixes));
	struct tables tables;

	(void)state;
	assert_non_null(prefixes);
	for (i = 0; i < 2100; i++)
		n += hosts_add(prefixes + n, 0x0a000000 + 256 * (uint32_t)i, 8);
	prefixes[n++] = prefix4(0x14000000, 16);
	prefixes[n++] = prefix4(0x14003000, 20);
	distinct = 1;
	tables_of(&tables, prefixes, n, true);
	lines_count(&tables, &on, &crowds, &dense);
	assert_int_equal(dense, 2100);
	for (i = 0; i < 16; i++)
		assert_in_range(listed(&tables, prefix4(0x14000001 + 0x1000 * (uint32_t)i, 32)),
				1, XDPWL_ASK_TRIE - 1);
	for (i = 0; i < QUESTIONS; i++)
		question_ask(&tables, true, prefixes, n);
	tables_free(&tables);
	free(prefixes);
}

/* Who is bogus is never said to be unlisted: others judge him. */
static void test_never(void **state)
{
	static const uint32_t never[] = { 0x00010203, 0x7f000001, 0xe0000001, 0xf0000001 };
	struct address one = prefix4(0x0a000001, 32);
	struct tables tables;
	size_t i;

	(void)state;
	for (i = 0; i < 8; i++) {
		tables_of(&tables, &one, 1, true);
		assert_int_equal(near_build4(&tables), 0);
		assert_int_equal(listed(&tables, prefix4(never[i / 2], 32)),
				 XDPWL_ASK_TRIE);
		assert_int_equal(listed(&tables, prefix4(0x0a000002, 32)),
				 XDPWL_UNLISTED);
		tables_free(&tables);
	}
}

/* More entries than 16 bits count: hosts far apart, each its own; more lines than the slot
 * has room for. */
static void test_large_numbers(void **state)
{
	size_t n = 65535 + 2000, i;
	struct address *prefixes = calloc(n, sizeof(*prefixes));
	struct tables tables;
	int asked, answered = 0;

	(void)state;
	assert_non_null(prefixes);
	for (i = 0; i < n; i++)
		prefixes[i] = prefix4(0x0a000000 + 256 * (uint32_t)i + below(256), 32);
	distinct = 1;
	tables_of(&tables, prefixes, n, true);
	assert_true(tables.slot->flags & XDPWL_HAS_LINES4);
	for (asked = 0; asked < QUESTIONS; asked++)
		answered += question_ask(&tables, true, prefixes, n);
	assert_int_equal(answered, QUESTIONS);
	tables_free(&tables);
	free(prefixes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ends),
		cmocka_unit_test(test_crowds),
		cmocka_unit_test(test_many_crowds),
		cmocka_unit_test(test_full_lines),
		cmocka_unit_test(test_whole),
		cmocka_unit_test(test_whole_and_dense),
		cmocka_unit_test(test_never),
		cmocka_unit_test(test_wide),
		cmocka_unit_test(test_large_numbers),
		cmocka_unit_test(test_fewest),
		cmocka_unit_test(test_few),
		cmocka_unit_test(test_many),
	};

	seed_print();
	return unit_main(tests);
}
