/* SPDX-License-Identifier: GPL-2.0-only */
/* What stands in front of lpm4, against it, as include/table4.h says that a packet asks. */
#include "front.h"

static bool bit_is32(uint32_t word, uint64_t bit)
{
	return word >> (bit & 31) & 1;
}

static bool fine4_has(const struct tables *tables, uint32_t addr)
{
	const struct xdpwl_slot *slot = tables->slot;
	uint64_t hash = (addr >> (32 - XDPWL_FINE4_LENGTH)) * slot->seed;
	uint64_t word = *fine_word(&tables->fine4, tables->slot->fine4,
				   hash >> slot->fine4_shift);
	uint32_t tags = XDPWL_FINE4_TAGS(word);

	return (bit_is32(tags, XDPWL_PART4_TAG1(hash)) &&
		bit_is32(tags, XDPWL_PART4_TAG2(hash)) &&
		bit_is32(XDPWL_FINE4_ADDRESSES(word),
			 XDPWL_ADDRESS4(hash) + (addr & slot->fine4_mask))) ||
	       (bit_is32(tags, XDPWL_WHOLE4_TAG1(hash)) &&
		bit_is32(tags, XDPWL_WHOLE4_TAG2(hash)));
}

static bool touched4_has(const struct tables *tables, uint32_t addr)
{
	return bit_is(fine_word(&tables->touched4, NULL, addr >> 14), addr >> 8 & 63);
}

static const struct xdpwl_line4 *line4_at(const struct tables *tables, uint32_t number)
{
	const struct xdpwl_lines4 *blocks = tables->lines4.elements;

	assert_true(number / XDPWL_LINES4 < tables->lines4.n);
	return &blocks[number / XDPWL_LINES4].line[number % XDPWL_LINES4];
}

/* What a line says itself. */
static uint32_t line4_says(const struct xdpwl_line4 *line, uint32_t addr)
{
	int run = XDPWL_RUNS4 - 1;

	while (run >= 0 && line->first[run] > addr)
		run--;
	if (run < 0 || addr - line->first[run] > line->behind[run])
		return XDPWL_UNLISTED;
	return line->more[run] == XDPWL_MORE4_TRIE ? XDPWL_ASK_TRIE :
						     line->number + line->more[run];
}

static uint32_t lines4_say(const struct tables *tables, uint32_t addr)
{
	const struct xdpwl_tops4 *tops = tables->table4.elements;
	uint32_t top = tops[(addr >> 16) / XDPWL_TOPS4].top[(addr >> 16) % XDPWL_TOPS4];
	uint32_t log = top % (1 << XDPWL_TOP4_LOG_BITS);
	const struct xdpwl_line4 *line = line4_at(tables,
		(top >> XDPWL_TOP4_LOG_BITS) + ((addr & 0xffff) >> (16 - log)));

	if (line->on && line->on <= XDPWL_ON4_SHIFTS) {
		if (addr < line->first[0] || addr - line->first[0] > line->behind[0])
			return XDPWL_UNLISTED;
		line = line4_at(tables, line->number + ((addr - line->first[0]) >> line->on));
		assert_true(!line->on || line->on > XDPWL_ON4_SHIFTS);
	}
	if (line->on && line->first[XDPWL_RUNS4 - 1] <= addr) {
		line = line4_at(tables, line->on);
		assert_int_equal(line->on, 0);
	}
	return line4_says(line, addr);
}

static uint32_t listed(const struct tables *tables, struct address address)
{
	const struct xdpwl_slot *slot = tables->slot;
	uint32_t addr = address.high >> 32;
	const struct xdpwl_whole4 *whole = &slot->whole4[addr >> 16];

	if (!(slot->flags & XDPWL_HAS_TABLE4))
		return XDPWL_ASK_TRIE;
	if (whole->bits >> (addr >> 12 & 15) & 1) {
		if (whole->number != XDPWL_NUMBER4_MIXED)
			return whole->number;
	} else if ((slot->flags & XDPWL_HAS_TOUCHED4 && !touched4_has(tables, addr)) ||
		   !fine4_has(tables, addr)) {
		return XDPWL_UNLISTED;
	}
	return lines4_say(tables, addr);
}

static void randoms_check(int rounds, size_t least, size_t more)
{
	int round;

	/* Crowds, all in four /16s, ask the trie now and then. */
	for (round = 0; round < rounds; round++)
		random_check(true, least + below(more), 75);
}

static struct address prefix4(uint32_t address, uint32_t length)
{
	return (struct address){ (uint64_t)address << 32, 0, length };
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

/* Hosts, every second address of `n`. */
static size_t hosts_add(struct address *prefixes, uint32_t first, int n)
{
	int i;

	for (i = 0; i < n; i++)
		prefixes[i] = prefix4(first + 2 * i, 32);
	return n;
}

/* Lines that are too small in every way: one goes on in another, one is cut, one is crowded
 * even so, and what lies between these and beside them is asked for, too. */
static void test_crowds(void **state)
{
	struct address prefixes[600];
	const struct xdpwl_lines4 *blocks;
	size_t n = 0, i, prolonged = 0, cut = 0, left = 0;
	struct tables tables;
	uint32_t k;

	(void)state;
	n += hosts_add(prefixes + n, 0x0a000010, 8);
	n += hosts_add(prefixes + n, 0x0a010000, 128);
	n += hosts_add(prefixes + n, 0x0a020000, 100);
	n += hosts_add(prefixes + n, 0x0a0207ff, 1);
	n += hosts_add(prefixes + n, 0x0b000000, 200);
	distinct = 1;
	tables_of(&tables, prefixes, n, true);
	blocks = tables.lines4.elements;
	for (i = 0; i < tables.lines4.n * XDPWL_LINES4; i++) {
		const struct xdpwl_line4 *line =
			&blocks[i / XDPWL_LINES4].line[i % XDPWL_LINES4];

		prolonged += line->on > XDPWL_ON4_SHIFTS;
		cut += line->on && line->on <= XDPWL_ON4_SHIFTS;
		left += line->first[0] != XDPWL_NO_RUN4 &&
			line->more[0] == XDPWL_MORE4_TRIE;
	}
	assert_true(prolonged && cut && left);
	for (k = 0; k < 0x0a020000 - 0x0a000000 + 2048; k++) {
		struct address address = prefix4(0x0a000000 + k, 32);
		size_t owed = longest(prefixes, n, address);
		uint32_t number = listed(&tables, address);

		assert_true(number == XDPWL_ASK_TRIE ||
			    (number == XDPWL_UNLISTED) == (owed == n));
	}
	for (i = 0; i < QUESTIONS; i++)
		question_ask(&tables, true, prefixes, n);
	tables_free(&tables);
}

/* So much that is wide and not whole /20s that fine4 takes its map, and so much that it says
 * nothing. */
static void test_wide(void **state)
{
	static const size_t sizes[] = { 6000, 70000 };
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

/* More numbers than `more` can hold: hosts far apart, each its own. */
static void test_large_numbers(void **state)
{
	size_t n = XDPWL_MORE4_TRIE + 2000, i;
	struct address *prefixes = calloc(n, sizeof(*prefixes));
	struct tables tables;
	int asked, answered = 0;

	(void)state;
	assert_non_null(prefixes);
	for (i = 0; i < n; i++)
		prefixes[i] = prefix4(0x0a000000 + 256 * (uint32_t)i + below(256), 32);
	distinct = 1;
	tables_of(&tables, prefixes, n, true);
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
		cmocka_unit_test(test_wide),
		cmocka_unit_test(test_large_numbers),
		cmocka_unit_test(test_fewest),
		cmocka_unit_test(test_few),
		cmocka_unit_test(test_many),
	};

	seed_print();
	return unit_main(tests);
}
