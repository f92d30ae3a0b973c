/* SPDX-License-Identifier: GPL-2.0-only */
/* What stands in front of lpm6, against it, as include/exact.h says that a packet asks. */
#include "front.h"
#include "near.h"

static bool line_has(const struct xdpwl_line *line, uint64_t hash)
{
	struct xdpwl_bits bits = xdpwl_bits(hash);

	return (line->word[bits.word] & bits.bits) == bits.bits;
}

static uint32_t place_at6(const struct blocks *table, struct address prefix,
			  uint64_t hash)
{
	struct xdpwl_home home = xdpwl_home(hash, table->n, XDPWL_PLACES6);
	const struct xdpwl_exact6 *block =
		(struct xdpwl_exact6 *)table->elements + home.block;
	const struct xdpwl_place6 *place;
	uint32_t i;

	for (i = 0; i < XDPWL_PROBES; i++) {
		place = &block->place[(home.place + i) % XDPWL_PLACES6];
		if (!place->number)
			return XDPWL_UNLISTED;
		if (place->high == prefix.high && place->low == prefix.low &&
		    place->length == prefix.length)
			return place->number;
	}
	return XDPWL_ASK_TRIE;
}

/* Whether the line of an address knows a prefix of it, and of what hash. */
static bool line_knows(const struct tables *tables, struct address address,
		       struct address prefix, uint64_t *hash)
{
	const struct xdpwl_exact *exact = &tables->slot->exact6;
	const struct xdpwl_lines *lines = tables->lines6.elements;
	uint32_t i = line_kind(prefix.length);
	struct xdpwl_kind kind = xdpwl_kind6(i);
	const struct xdpwl_line *line;
	uint64_t head, number;

	head = xdpwl_hash(cut(address, kind.head).high, XDPWL_HEAD(kind.head),
			  tables->slot->seed);
	number = head >> exact->shift;
	line = &lines[number / XDPWL_LINES].line[number % XDPWL_LINES];
	*hash = xdpwl_hash(prefix.length > 64 ? head ^ prefix.low : prefix.high,
			   prefix.length, tables->slot->seed);
	return exact->kinds >> i & 1 && line_has(line, head) &&
	       line->lengths >> (kind.longest - prefix.length) & 1 &&
	       line_has(line, *hash);
}

/* What runs6 says of an address; XDPWL_ASK_LINES where lines6 may know more. */
static uint32_t runs_listed6(const struct tables *tables, uint64_t high)
{
	uint64_t hash = xdpwl_hash(high >> 16 << 16, XDPWL_HEAD(48), tables->slot->seed);
	uint64_t at = hash >> tables->slot->exact6.runs_shift;
	const struct xdpwl_runs6 *runs = tables->runs6.elements;
	const struct xdpwl_line6 *line;
	uint32_t i, k;

	for (k = 0; runs && k < XDPWL_CHAIN6; k++) {
		line = &runs[at / XDPWL_LINES].line[(at + k) % XDPWL_LINES];
		for (i = 0; i < XDPWL_RUNS6; i++)
			if (high >= line->first[i] && line->number[i] &&
			    high - line->first[i] <= line->behind[i])
				return line->number[i];
		if (!line->on)
			return XDPWL_UNLISTED;
	}
	return XDPWL_ASK_LINES;
}

static uint32_t lines_listed6(const struct tables *tables, struct address address,
			      uint32_t kinds)
{
	int length;
	uint32_t number;
	uint64_t hash;

	for (length = 128; length >= XDPWL_SHORT6; length--) {
		struct address prefix = cut(address, length);

		if (length == 64 && kinds & 2) {
			number = runs_listed6(tables, address.high);
			if (number && number != XDPWL_ASK_LINES)
				return number;
			if (!number)
				length = 48;
			prefix = cut(address, length);
		}
		if (!(kinds >> line_kind(length) & 1) ||
		    !line_knows(tables, address, prefix, &hash))
			continue;
		number = place_at6(&tables->exact6, prefix, hash);
		if (number)
			return number;
	}
	return XDPWL_UNLISTED;
}

static bool fine6_has(const struct tables *tables, uint64_t head, uint64_t next)
{
	bool heads = tables->slot->flags & XDPWL_HAS_FINE6_HEADS;
	uint64_t hash = xdpwl_fine6_hash(head, next);
	uint64_t at = heads ? xdpwl_fine6_hash(head, XDPWL_FINE6_HEAD) : hash;
	const __u64 *word = fine_word(&tables->fine6, tables->slot->fine6,
				      at >> tables->slot->fine6_shift);

	return bit_is(word, XDPWL_FINE6_BIT1(hash) & 63) &&
	       bit_is(word, XDPWL_FINE6_BIT2(hash) & 63) &&
	       bit_is(word, XDPWL_FINE6_BIT3(hash) & 63);
}

static bool near6_marks(const struct tables *tables, uint64_t head)
{
	__u32 word = tables->slot->near6.any[XDPWL_NEAR6_WORD(head)];

	return word & XDPWL_BIT32(XDPWL_NEAR6_MARK1(head)) &&
	       word & XDPWL_BIT32(XDPWL_NEAR6_MARK2(head));
}

static bool fine6_passes(const struct tables *tables, struct address address)
{
	uint32_t first, next;
	uint64_t head;
	uint8_t raw[8];

	bytes_put(raw, address.high);
	memcpy(&first, raw, sizeof(first));
	memcpy(&next, raw + 4, sizeof(next));
	head = xdpwl_bloom_hash(first, tables->slot->seed);
	return fine6_has(tables, head, next & tables->slot->fine6_mask) ||
	       (tables->slot->flags & XDPWL_HAS_MARKS6 &&
		near6_marks(tables, head)) ||
	       (tables->slot->flags & XDPWL_HAS_FINE6_HEADS &&
		fine6_has(tables, head, XDPWL_FINE6_HEAD));
}

static uint32_t head_listed6(const struct tables *tables, struct address address)
{
	uint64_t hash = xdpwl_hash(cut(address, 32).high, XDPWL_HEAD(32),
				   tables->slot->seed);
	uint32_t at = xdpwl_bucket(hash, tables->slot->exact6.buckets), i;
	const struct xdpwl_heads6 *heads = tables->heads6.elements;
	const struct xdpwl_head6 *place;

	if (!heads)
		return XDPWL_ASK_LINES | tables->slot->exact6.kinds;
	place = heads[at / XDPWL_BUCKETS6].bucket[at % XDPWL_BUCKETS6].place;
	for (i = 0; i < XDPWL_PLACES_HEAD6; i++)
		if (place[i].high >> 32 == address.high >> 32 &&
		    !((place[i].high ^ address.high) & place[i].mask))
			return place[i].number;
	i = place[XDPWL_PLACES_HEAD6 - 1].number;
	return i < XDPWL_ASK_LINES ? XDPWL_UNLISTED : i;
}

static uint32_t listed(const struct tables *tables, struct address address)
{
	uint32_t number;

	if (!fine6_passes(tables, address))
		return XDPWL_UNLISTED;
	number = head_listed6(tables, address);
	return number < XDPWL_ASK_LINES ? number :
					  lines_listed6(tables, address, number);
}

/* A list may have a prefix that is often asked and found no place; all of them together
 * may not. */
static void randoms_check(int rounds, size_t least, size_t more)
{
	int round, answered = 0;

	for (round = 0; round < rounds; round++)
		answered += random_check(false, least + below(more), 98);
	assert_true(answered > rounds * QUESTIONS * 99 / 100);
}

/* So short that their /32s are too many for heads6: without it, and with it. */
static void test_short6(void **state)
{
	struct address prefixes[600];
	struct tables tables;
	size_t n, asked, answered, i;

	(void)state;
	distinct = 4;
	for (n = 100; n <= 600; n += 500) {
		for (i = 0; i < n; i++) {
			prefixes[i] = (struct address){
				0x2a00000000000000 + (i << 40), 0, 24 };
			if (i % 2)
				prefixes[i] = cut((struct address){
					prefixes[i].high | random_next(&seed) >> 24,
					0, 0 }, 24 + below(40));
		}
		tables_of(&tables, prefixes, n, false);
		assert_int_equal(!tables.heads6.elements, n == 600);
		for (asked = answered = 0; asked < QUESTIONS; asked++)
			answered += question_ask(&tables, false, prefixes, n);
		assert_true(answered > QUESTIONS * 9 / 10);
		tables_free(&tables);
	}
}

/* So many that are short that fine6 takes its map, and of even shorter ones leaves those to
 * near6, or if that is full has them by their first 32 bits alone. */
static void test_fine6(void **state)
{
	static const size_t sizes[] = { 60000, 100000 };
	struct address *prefixes = calloc(sizes[1], sizeof(*prefixes));
	struct tables tables;
	size_t answered, k, n, i;

	(void)state;
	assert_non_null(prefixes);
	distinct = 1000;
	cuts = false;
	for (k = 0; k < 6; k++) {
		bool shorter = k & 1, full;

		n = sizes[shorter];
		for (i = 0; i < n; i++)
			prefixes[i] = cut((struct address){ 0x2a00000000000000 + (i << 35) +
							    (random_next(&seed) >> 32), 0, 0 },
					  shorter ? 30 + below(12) : 34 + below(7));
		tables_of(&tables, prefixes, n, false);
		full = !~tables.slot->near6.any[0];
		assert_int_equal(tables.slot->flags, XDPWL_HAS_FINE6 |
				 (full ? XDPWL_FULL_NEAR6 : 0) |
				 (!shorter ? 0 : full ? XDPWL_HAS_FINE6_HEADS :
							XDPWL_HAS_MARKS6));
		for (i = answered = 0; i < QUESTIONS / 10; i++)
			answered += question_ask(&tables, false, prefixes, n);
		assert_true(answered > QUESTIONS / 10 * 98 / 100);
		tables_free(&tables);
	}
	cuts = true;
	free(prefixes);
}

/* Prefixes of 49 to 64 bits, few and many of one /48, nested, beside others. */
static void test_runs6(void **state)
{
	struct address prefixes[400];
	struct tables tables;
	size_t round, n, kept, i;

	(void)state;
	for (round = 0; round < 40; round++) {
		uint32_t heads = 1 + below(60), longest = below(2) ? 64 : 52;

		n = 100 + below(300);
		distinct = below(2) ? 1 : 4;
		for (i = 0; i < n; i++)
			prefixes[i] = cut((struct address){
				0x2a00000100000000 + ((uint64_t)below(heads) << 16) +
				below(65536), random_next(&seed), 0 },
				below(8) ? 49 + below(longest - 48) : 33 + below(96));
		kept = prefixes_sort(prefixes, n);
		tables_of(&tables, prefixes, kept, false);
		for (i = 0; i < QUESTIONS / 4; i++)
			question_ask(&tables, false, prefixes, kept);
		tables_free(&tables);
	}
}

/* More entries, each its own, than a run has numbers for. */
static void test_many_numbers(void **state)
{
	struct address *prefixes = calloc(70000, sizeof(*prefixes));
	struct tables tables;
	size_t n = 70000, i;

	(void)state;
	assert_non_null(prefixes);
	for (i = 0; i < n; i++)
		prefixes[i] = (struct address){ 0x2a00000100000000 + (i << 14), 0, 64 };
	distinct = 1;
	tables_of(&tables, prefixes, n, false);
	for (i = 0; i < QUESTIONS / 10; i++)
		question_ask(&tables, false, prefixes, n);
	tables_free(&tables);
	free(prefixes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_short6),
		cmocka_unit_test(test_fine6),
		cmocka_unit_test(test_runs6),
		cmocka_unit_test(test_many_numbers),
		cmocka_unit_test(test_few),
		cmocka_unit_test(test_many),
	};

	seed_print();
	return unit_main(tests);
}
