/* SPDX-License-Identifier: GPL-2.0-only */
/* spans4, and slices4 of large lists, against lpm4, as include/table4.h says that a packet
 * asks. */
#include <arpa/inet.h>
#include "front.h"
#include "runs4.h"

static uint32_t span4_says(const struct tables *tables, uint32_t addr)
{
	const struct xdpwl_spans4 *spans = tables->spans4.elements;
	uint32_t at = spans->from[htons(addr >> 16)] + (addr >> 8 & 255);
	const struct xdpwl_span4 *span = &spans->span[at];

	assert_in_range(at, 0, tables->spans4_used - 1);
	assert_false(bit_is(spans->crowd[0], addr & 255));
	assert_false(bit_is(spans->crowd[XDPWL_SPAN4_CROWDS - 1], addr & 255));
	if (addr - span->first < span->size)
		return main_number;
	if (span->crowd == XDPWL_SPAN4_ASK)
		return XDPWL_ASK_TRIE;
	if (!span->crowd || (addr ^ span->first) > 255)
		return XDPWL_UNLISTED;
	assert_true(tables->slot->flags & XDPWL_HAS_CROWDS4);
	assert_in_range(span->crowd, 1, XDPWL_SPAN4_CROWDS - 2);
	return bit_is(spans->crowd[span->crowd], addr & 255) ? main_number :
							      XDPWL_UNLISTED;
}

static uint32_t slice4_says(const struct tables *tables, uint32_t addr)
{
	const struct xdpwl_rows4 *rows = tables->rows4.elements;
	const struct xdpwl_slices4 *slices = tables->slices4.elements;
	const struct xdpwl_hosts4 *hosts = tables->hosts4.elements;
	uint32_t at = rows->place[addr >> 14] + (addr >> 8 & 255), number;
	const struct xdpwl_slice4 *slice = &slices->slice[at % XDPWL_SLICES4];

	if (!touched4_has(tables, addr))
		return XDPWL_UNLISTED;
	if (slice->first <= slice->last)
		return (addr & 255) >= slice->first && (addr & 255) <= slice->last ?
			       main_number : XDPWL_UNLISTED;
	number = XDPWL_SLICE4_NUMBER(slice->first, slice->last);
	if (number >= XDPWL_SLICE4_ASK)
		return XDPWL_ASK_TRIE;
	return bit_is(hosts->bits[number], addr & 255) ? main_number :
							      XDPWL_UNLISTED;
}

/* Whether near4 has its /20. */
static bool near(const struct tables *tables, uint32_t addr)
{
	size_t i;

	for (i = 0; i < tables->lpm4.n; i++) {
		struct run run = run4_of(&tables->lpm4, i, 0);

		if (addr >> 12 >= run.first >> 12 && addr >> 12 <= run.last >> 12)
			return true;
	}
	return false;
}

static bool has_slices(const struct tables *tables)
{
	return tables->slices4.n;
}

static bool has_rows(const struct tables *tables)
{
	return tables->rows4.n;
}

static bool has_spans(const struct tables *tables)
{
	return tables->spans4.n;
}

static uint32_t listed(const struct tables *tables, struct address address)
{
	uint32_t addr = address.high >> 32, net = addr >> 24, number;
	bool is_bogus = !net || net == 127 || net >= 224;

	if (!main_number && !has_spans(tables)) {
		assert_false(has_slices(tables));
		return !has_rows(tables) || touched4_has(tables, addr) ? XDPWL_ASK_TRIE :
									 XDPWL_UNLISTED;
	}
	assert_int_not_equal(has_slices(tables), has_spans(tables));
	number = has_slices(tables) ? slice4_says(tables, addr) : span4_says(tables, addr);
	if (is_bogus)
		assert_int_equal(number, XDPWL_ASK_TRIE);	/* others' to judge */
	/* near4 is asked before spans, and whoever is bogus is not asked about at all. */
	if (!is_bogus && has_slices(tables))
		return number;
	return near(tables, addr) ? number : XDPWL_UNLISTED;
}

static void randoms_check(int rounds, size_t least, size_t more)
{
	int round;

	for (round = 0; round < rounds; round++) {
		alike = round & 1;
		random_check(true, least + below(more), 0);
	}
	alike = false;
}

static void test_fewest(void **state)
{
	(void)state;
	randoms_check(60, 1, 500);
}

/* Tables of these prefixes that have what is asked for, all of one entry, which is main. */
static void alike_of(struct tables *tables, const struct address *prefixes, size_t n,
		     bool (*has)(const struct tables *))
{
	alike = true;
	for (;;) {
		tables_of(tables, prefixes, n, true);
		if (has(tables) && main_number)
			break;
		tables_free(tables);
	}
	alike = false;
}

/* How many of so many questions have an answer. */
static int alike_answer(const struct address *prefixes, size_t n,
			bool (*has)(const struct tables *), int questions)
{
	struct tables tables;
	int answered = 0, i;

	alike_of(&tables, prefixes, n, has);
	for (i = 0; i < questions; i++)
		answered += question_ask(&tables, true, prefixes, n);
	tables_free(&tables);
	return answered;
}

/* Who is bogus, and whoever else is covered. */
static void test_everyone(void **state)
{
	static const uint32_t bogus[] = { 0, 0x00ffffff, 0x7f000001, 0xe0000000, 0xffffffff };
	const struct address everyone[] = { prefix4(0, 1), prefix4(0x80000000, 1) };
	struct tables tables;
	size_t i;
	int k;

	(void)state;
	for (k = 0; k < 2; k++) {
		alike_of(&tables, everyone, 2, k ? has_slices : has_spans);
		for (i = 0; i < sizeof(bogus) / sizeof(*bogus); i++)
			assert_int_equal(listed(&tables, prefix4(bogus[i], 32)), XDPWL_ASK_TRIE);
		assert_int_equal(listed(&tables, prefix4(0x01000000, 32)), main_number);
		tables_free(&tables);
	}
}

/* What lists are made of: /16s and more, whole /20s, whole /24s, hosts, crowds of them. Nothing
 * has to be asked elsewhere. */
static void test_alike(void **state)
{
	struct address *prefixes = calloc(30000, sizeof(*prefixes));
	size_t n = 0, i;
	int k;

	(void)state;
	assert_non_null(prefixes);
	prefixes[n++] = prefix4(0x0b000000, 12);
	for (i = 0; i < 300; i++)
		prefixes[n++] = prefix4(0x14000000 + 0x3000 * (uint32_t)i, 20 + i % 2);
	for (i = 0; i < 9000; i++)
		prefixes[n++] = prefix4(0x1e000000 + 0x1700 * (uint32_t)i + below(256),
					i % 2 ? 32 : 24);
	for (i = 0; i < 200; i++)
		n += hosts_add(prefixes + n, 0x64000000 + 0x1300 * (uint32_t)i, 2 + below(100));
	for (i = 0; i < n; i++)
		prefixes[i] = cut(prefixes[i], prefixes[i].length);
	for (k = 0; k < 2; k++)
		assert_int_equal(alike_answer(prefixes, n, k ? has_slices : has_spans, QUESTIONS),
				 QUESTIONS);
	free(prefixes);
}

/* Rows that are nearly full, among others that are nearly empty: there is room for all. */
static void test_full_rows(void **state)
{
	size_t n = 0, i;
	struct address *prefixes = calloc(400 * 256, sizeof(*prefixes));
	struct tables tables;
	bool has = false;
	uint32_t k;

	(void)state;
	assert_non_null(prefixes);
	for (i = 0; i < 400; i++)
		for (k = 0; k < 256; k++)
			if (below(256) < (i % 2 ? 250u : 8u))
				prefixes[n++] = prefix4(0x0a000000 + 0x10000 * (uint32_t)i +
							256 * k + below(256), 32);
	alike = true;
	for (k = 0; k < 64 && !has; k++) {
		tables_of(&tables, prefixes, n, true);
		has = has_spans(&tables);
		tables_free(&tables);
	}
	alike = false;
	assert_true(has);
	free(prefixes);
}

/* More /24s than there are spans: then there are slices. */
static void test_slices(void **state)
{
	size_t n = 300000, i;
	struct address *prefixes = calloc(n, sizeof(*prefixes));

	(void)state;
	assert_non_null(prefixes);
	for (i = 0; i < n; i++)
		prefixes[i] = prefix4(0x0a000000 + 256 * (uint32_t)i + below(256), 32);
	assert_int_equal(alike_answer(prefixes, n, has_slices, 300), 300);
	free(prefixes);
}

/* And more than there are slices: then it is only known which /24s are touched. */
static void test_too_many(void **state)
{
	size_t n = XDPWL_SLICES4 + 1, i;
	struct address *prefixes = calloc(n, sizeof(*prefixes));
	struct tables tables;

	(void)state;
	assert_non_null(prefixes);
	for (i = 0; i < n; i++)
		prefixes[i] = prefix4(0x0a000000 + 256 * (uint32_t)i + below(256), 32);
	alike_of(&tables, prefixes, n, has_rows);
	assert_false(has_spans(&tables));
	assert_false(has_slices(&tables));
	assert_true(tables.slot->flags & XDPWL_HAS_ROWS4);
	assert_true(touched4_has(&tables, 0x0a000000));
	assert_false(touched4_has(&tables, 0x09000000));
	tables_free(&tables);
	free(prefixes);
}

/* Rows of which no two go into one another: there is no place for all. */
static void test_no_place(void **state)
{
	size_t n_rows = 20000, n = 0, i;
	struct address *prefixes = calloc(15 * n_rows, sizeof(*prefixes));
	uint32_t k, row;
	int answered;

	(void)state;
	assert_non_null(prefixes);
	for (i = 0; i < n_rows; i++) {
		row = 0x0a000000 + (uint32_t)i * 0x4000;
		for (k = 0; k < 64; k++)
			if (k < 8 || !(k % 8))
				prefixes[n++] = prefix4(row + k * 256 + below(256), 32);
	}
	assert_int_equal(n, 15 * n_rows);
	answered = alike_answer(prefixes, n, has_slices, 300);
	assert_in_range(answered, 1, 299);
	free(prefixes);
}

/* More /24s of several hosts than have a bit for each, of spans and of slices. */
static void test_many_hosts(void **state)
{
	static const size_t n24[] = { 20000, 80000 };
	struct address *prefixes = calloc(2 * n24[1], sizeof(*prefixes));
	size_t k, n, i;
	int answered;

	(void)state;
	assert_non_null(prefixes);
	for (k = 0; k < 2; k++) {
		for (n = i = 0; i < n24[k]; i++)
			n += hosts_add(prefixes + n, 0x0a000000 + 256 * (uint32_t)i + below(253),
				       2);
		answered = alike_answer(prefixes, n, k ? has_slices : has_spans, 300);
		assert_in_range(answered, 1, 299);
	}
	free(prefixes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fewest),
		cmocka_unit_test(test_everyone),
		cmocka_unit_test(test_alike),
		cmocka_unit_test(test_full_rows),
		cmocka_unit_test(test_slices),
		cmocka_unit_test(test_too_many),
		cmocka_unit_test(test_no_place),
		cmocka_unit_test(test_many_hosts),
		cmocka_unit_test(test_few),
		cmocka_unit_test(test_many),
	};

	seed_print();
	return unit_main(tests);
}
