/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What stands in front of the tries, against them: random prefixes of every
 * length, crowded and spread, are asked for members, for neighbours and for strangers,
 * as include/table4.h and exact.h say that a packet asks. The seed is printed; XDPWL_SEED repeats
 * a run.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>
#include "classes.h"
#include "fine.h"
#include "lines.h"
#include "numbers.h"
#include "table4.h"

#define QUESTIONS 3000

/* An address or a prefix: IPv4 in the first 32 bits. */
struct address {
	uint64_t high, low;
	uint32_t length;
};

static uint64_t seed;
static uint32_t distinct;	/* one in so many entries is like no other */

static uint32_t below(uint32_t n)
{
	return random_next(&seed) % n;
}

static struct address cut(struct address address, uint32_t length)
{
	address.length = length;
	if (length <= 64) {
		address.low = 0;
		address.high = length ? address.high >> (64 - length)
						<< (64 - length) : 0;
	} else {
		address.low = address.low >> (128 - length) << (128 - length);
	}
	return address;
}

/* Within the prefix. */
static struct address member(struct address prefix, bool four)
{
	struct address address = {
		random_next(&seed), random_next(&seed), four ? 32 : 128
	};

	if (prefix.length <= 64) {
		if (prefix.length)
			address.high = prefix.high |
				       (prefix.length < 64 ?
						address.high >> prefix.length : 0);
	} else {
		address.high = prefix.high;
		address.low = prefix.low |
			      (prefix.length < 128 ?
				       address.low >> (prefix.length - 64) : 0);
	}
	return cut(address, address.length);
}

/* ---- tries ---- */

static int address_compare(const void *a, const void *b)
{
	const struct address *x = a, *y = b;

	if (x->high != y->high)
		return x->high < y->high ? -1 : 1;
	if (x->low != y->low)
		return x->low < y->low ? -1 : 1;
	return (x->length > y->length) - (x->length < y->length);
}

static void bytes_put(uint8_t *bytes, uint64_t word)
{
	int i;

	for (i = 0; i < 8; i++)
		bytes[i] = word >> (56 - 8 * i);
}

static void trie_add(struct table *trie, struct address prefix, bool four)
{
	struct xdpwl_entry *entry = (struct xdpwl_entry *)trie->values + trie->n;
	uint8_t bytes[16];

	bytes_put(bytes, prefix.high);
	bytes_put(bytes + 8, prefix.low);
	if (four) {
		struct xdpwl_lpm4 *key = (struct xdpwl_lpm4 *)trie->keys + trie->n;

		key->len = prefix.length;
		memcpy(key->addr, bytes, sizeof(key->addr));
	} else {
		struct xdpwl_lpm6 *key = (struct xdpwl_lpm6 *)trie->keys + trie->n;

		key->len = prefix.length;
		memcpy(key->addr, bytes, sizeof(key->addr));
	}
	/* Many alike, as those of a list are, and each now and then its own. */
	entry->profile = below(distinct) ? 1 : trie->n;
	entry->profile |= below(2) ? XDPWL_PROFILE_ALL : 0;
	entry->cell = below(3);
	trie->n++;
}

static struct address prefix_random(bool four, uint32_t shortest, uint64_t crowd)
{
	uint32_t longest = four ? 32 : 128;
	uint32_t length = shortest + below(longest - shortest + 1);
	struct address address = { random_next(&seed) & crowd,
				   random_next(&seed), 0 };

	if (!below(3))
		length = below(2) ? longest : four ? 24 : 64;
	return cut(address, length);
}

/* Up to n prefixes, each once; how many. */
static size_t prefixes_random(struct address *prefixes, size_t n, bool four)
{
	/* Few first bits: many prefixes share a line, and lengths of all kinds. */
	uint64_t crowd = below(2) ? ~0ull : 0x030000ffffffffff | random_next(&seed);
	uint32_t shortest = below(2) ? 0 : four ? 16 : 32;
	size_t i, kept = 0;

	if (below(2))
		crowd &= 0x0300ffffffffffff;
	for (i = 0; i < n; i++)
		prefixes[i] = prefix_random(four, shortest, crowd);
	qsort(prefixes, n, sizeof(*prefixes), address_compare);
	for (i = 0; i < n; i++)
		if (!i || address_compare(&prefixes[i], &prefixes[i - 1]))
			prefixes[kept++] = prefixes[i];
	return kept;
}

/* ---- asked as the program asks ---- */

static bool bit_is(const __u64 *words, uint32_t bit)
{
	return words[bit / 64] >> (bit % 64) & 1;
}

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

static uint32_t lines_listed6(const struct tables *tables, struct address address,
			      uint32_t kinds)
{
	int length;
	uint32_t number;
	uint64_t hash;

	for (length = 128; length >= XDPWL_SHORT6; length--) {
		struct address prefix = cut(address, length);

		if (!(kinds >> line_kind(length) & 1) ||
		    !line_knows(tables, address, prefix, &hash))
			continue;
		number = place_at6(&tables->exact6, prefix, hash);
		if (number)
			return number;
	}
	return XDPWL_UNLISTED;
}

static bool bit_is32(uint32_t word, uint64_t bit)
{
	return word >> (bit & 31) & 1;
}

static bool fine4_has(const struct tables *tables, uint32_t addr)
{
	const struct xdpwl_slot *slot = tables->slot;
	const struct xdpwl_fines4 *blocks = tables->fine4.elements;
	uint64_t hash = (addr >> (32 - XDPWL_FINE4_LENGTH)) * slot->seed;
	uint64_t at = hash >> slot->fine4_shift;
	const struct xdpwl_fine4 *word = slot->flags & XDPWL_HAS_FINE4 ?
		&blocks[at / XDPWL_FINES4].word[at % XDPWL_FINES4] : &slot->fine4[at];

	return (bit_is32(word->tags, XDPWL_PART4_TAG1(hash)) &&
		bit_is32(word->tags, XDPWL_PART4_TAG2(hash)) &&
		bit_is32(word->addresses,
			 XDPWL_ADDRESS4(hash) + (addr & slot->fine4_mask))) ||
	       (bit_is32(word->tags, XDPWL_WHOLE4_TAG1(hash)) &&
		bit_is32(word->tags, XDPWL_WHOLE4_TAG2(hash)));
}

static bool touched4_has(const struct tables *tables, uint32_t addr)
{
	return bit_is(fine_word(&tables->touched4, addr >> 14), addr >> 8 & 63);
}

static bool fine6_has(const struct tables *tables, uint64_t head, uint64_t next)
{
	uint64_t hash = xdpwl_fine6_hash(head, next);
	const __u64 *word = fine_word(&tables->fine6,
				      hash >> tables->slot->fine6_shift);

	return bit_is(word, XDPWL_FINE6_BIT1(hash) & 63) &&
	       bit_is(word, XDPWL_FINE6_BIT2(hash) & 63) &&
	       bit_is(word, XDPWL_FINE6_BIT3(hash) & 63);
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
	       (tables->slot->flags & XDPWL_HAS_FINE6_SHORT &&
		fine6_has(tables, head, XDPWL_FINE6_SHORT));
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

static uint32_t listed6(const struct tables *tables, struct address address)
{
	uint32_t number;

	if (!fine6_passes(tables, address))
		return XDPWL_UNLISTED;
	number = head_listed6(tables, address);
	return number < XDPWL_ASK_LINES ? number :
					  lines_listed6(tables, address, number);
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

static uint32_t listed4(const struct tables *tables, struct address address)
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

/* Sorted by address, then length: the last that covers is the longest. */
static size_t longest(const struct address *prefixes, size_t n,
		      struct address address)
{
	size_t found = n, i;

	for (i = 0; i < n; i++)
		if (cut(address, prefixes[i].length).high == prefixes[i].high &&
		    cut(address, prefixes[i].length).low == prefixes[i].low)
			found = i;
	return found;
}

/* Whether the exact tables had an answer. */
static bool question_ask(const struct tables *tables, bool four,
			 const struct address *prefixes, size_t n)
{
	const struct table *trie = four ? &tables->lpm4 : &tables->lpm6;
	struct address address = member(prefixes[below(n)], four);
	const struct xdpwl_entry *said;
	uint32_t kind = below(4), number;
	size_t owed;

	if (!kind)
		address = member((struct address){ 0, 0, 0 }, four);
	if (kind == 1)	/* a neighbour */
		address = member(cut(address, four ? 20 + below(12) :
						     28 + below(90)), four);
	owed = longest(prefixes, n, address);
	if (!four && owed < n && prefixes[owed].length < XDPWL_SHORT6)
		return true;	/* never asked: short6 */
	number = four ? listed4(tables, address) : listed6(tables, address);
	if (number == XDPWL_ASK_TRIE)
		return false;
	assert_int_equal(number == XDPWL_UNLISTED, owed == n);
	said = number ? (struct xdpwl_entry *)tables->entries.elements + number - 1 :
			NULL;
	if (said)
		assert_memory_equal(said,
				    (struct xdpwl_entry *)trie->values + owed,
				    sizeof(*said));
	return true;
}

static void tables_of(struct tables *tables, const struct address *prefixes,
		      size_t n, bool four)
{
	struct table *trie = four ? &tables->lpm4 : &tables->lpm6;
	struct numbers numbers;
	size_t i;

	memset(tables, 0, sizeof(*tables));
	tables->slot = calloc(1, sizeof(*tables->slot));
	trie->keys = calloc(n, sizeof(struct xdpwl_lpm6));
	trie->values = calloc(n, sizeof(struct xdpwl_entry));
	assert_true(tables->slot && trie->keys && trie->values);
	for (i = 0; i < n; i++)
		trie_add(trie, prefixes[i], four);
	tables->slot->seed = random_next(&seed) | 1;
	assert_int_equal(numbers_build(&numbers, tables), 0);
	if (four && below(2))	/* as near_build4() says of many */
		tables->slot->flags |= XDPWL_HAS_TOUCHED4;
	assert_int_equal(table4_build(tables, numbers.of4), 0);
	assert_int_equal(exact_build(tables, numbers.of6), 0);
	numbers_free(&numbers);
}

/* How many questions had an answer. */
static int random_check(bool four, size_t n)
{
	struct address *prefixes = calloc(n, sizeof(*prefixes));
	struct tables tables;
	int i, answered = 0;

	assert_non_null(prefixes);
	n = prefixes_random(prefixes, n, four);
	distinct = below(2) ? 4 : 1000;
	tables_of(&tables, prefixes, n, four);
	for (i = 0; i < QUESTIONS; i++)
		answered += question_ask(&tables, four, prefixes, n);
	/* Whoever always asks the trie is right as well, and slow. Crowds of IPv4, all in
	 * four /16s, ask it. */
	if (n > 1024)
		assert_true(answered > QUESTIONS * (four ? 75 : 98) / 100);
	tables_free(&tables);
	free(prefixes);
	return answered;
}

/* Lists of both families. One of IPv6 may have a prefix that is often asked and found
 * no place; all of them together may not. */
static void randoms_check(int rounds, size_t least, size_t more)
{
	int round, answered = 0;

	for (round = 0; round < rounds; round++) {
		random_check(true, least + below(more));
		answered += random_check(false, least + below(more));
	}
	assert_true(answered > rounds * QUESTIONS * 99 / 100);
}

/* Just enough for tables. */
static void test_few(void **state)
{
	(void)state;
	randoms_check(30, 1100, 300);
}

static void test_many(void **state)
{
	(void)state;
	randoms_check(6, 3000, 3000);
}

static struct address prefix4(uint32_t address, uint32_t length)
{
	return (struct address){ (uint64_t)address << 32, 0, length };
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
		uint32_t number = listed4(&tables, address);

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
	const struct xdpwl_fines4 *blocks;
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
		blocks = tables.fine4.elements;
		assert_int_equal(blocks[7].word[7].tags == ~0u &&
				 blocks[8].word[8].addresses == ~0u, k);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ends),
		cmocka_unit_test(test_crowds),
		cmocka_unit_test(test_wide),
		cmocka_unit_test(test_large_numbers),
		cmocka_unit_test(test_short6),
		cmocka_unit_test(test_few),
		cmocka_unit_test(test_many),
	};
	const char *given = getenv("XDPWL_SEED");

	seed = given ? strtoull(given, NULL, 0) : (uint64_t)time(NULL);
	printf("# seed %llu\n", (unsigned long long)seed);
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
