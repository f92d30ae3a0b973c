/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the tests of the tables in front of the tries share: random prefixes of every
 * length, crowded and spread, which are asked for members, for neighbours and for
 * strangers. The seed is printed; XDPWL_SEED repeats a run.
 */
#ifndef FRONT_H
#define FRONT_H

#include "classes.h"
#include "fine.h"
#include "lines.h"
#include "near.h"
#include "numbers.h"
#include "table4.h"
#include "tiles6.h"
#include "unit.h"

#define QUESTIONS 3000

/* An address or a prefix: IPv4 in the first 32 bits. */
struct address {
	uint64_t high, low;
	uint32_t length;
};

static uint64_t seed;
static uint32_t distinct;	/* one in so many entries is like no other */
static bool alike;		/* all are */
static bool cuts = true;	/* tiles may be found by these */
static uint32_t main_number;	/* of the entry that is main in these tables */

static inline uint32_t below(uint32_t n)
{
	return random_next(&seed) % n;
}

static inline struct address cut(struct address address, uint32_t length)
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
static inline struct address member(struct address prefix, bool four)
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

static inline struct address prefix4(uint32_t address, uint32_t length)
{
	return (struct address){ (uint64_t)address << 32, 0, length };
}

/* Hosts, every second address of `n`. */
static inline size_t hosts_add(struct address *prefixes, uint32_t first, int n)
{
	int i;

	for (i = 0; i < n; i++)
		prefixes[i] = prefix4(first + 2 * i, 32);
	return n;
}

/* ---- tries ---- */

static inline int address_compare(const void *a, const void *b)
{
	const struct address *x = a, *y = b;

	if (x->high != y->high)
		return x->high < y->high ? -1 : 1;
	if (x->low != y->low)
		return x->low < y->low ? -1 : 1;
	return (x->length > y->length) - (x->length < y->length);
}

static inline void bytes_put(uint8_t *bytes, uint64_t word)
{
	int i;

	for (i = 0; i < 8; i++)
		bytes[i] = word >> (56 - 8 * i);
}

static inline void trie_add(struct table *trie, struct address prefix, bool four)
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
	if (alike)
		*entry = (struct xdpwl_entry){ .profile = 1 };
	trie->n++;
}

static inline struct address prefix_random(bool four, uint32_t shortest, uint64_t crowd)
{
	uint32_t longest = four ? 32 : 128;
	uint32_t length = shortest + below(longest - shortest + 1);
	struct address address = { random_next(&seed) & crowd,
				   random_next(&seed), 0 };

	if (!below(3))
		length = below(2) ? longest : four ? 24 : 64;
	return cut(address, length);
}

/* In order, each once; how many. */
static inline size_t prefixes_sort(struct address *prefixes, size_t n)
{
	size_t i, kept = 0;

	qsort(prefixes, n, sizeof(*prefixes), address_compare);
	for (i = 0; i < n; i++)
		if (!i || address_compare(&prefixes[i], &prefixes[i - 1]))
			prefixes[kept++] = prefixes[i];
	return kept;
}

/* Up to n prefixes, each once; how many. */
static inline size_t prefixes_random(struct address *prefixes, size_t n, bool four)
{
	/* Few first bits: many prefixes share a line, and lengths of all kinds. */
	uint64_t crowd = below(2) ? ~0ull : 0x030000ffffffffff | random_next(&seed);
	uint32_t shortest = below(2) ? 0 : four ? 16 : 32;
	size_t i;

	if (below(2))
		crowd &= 0x0300ffffffffffff;
	for (i = 0; i < n; i++)
		prefixes[i] = prefix_random(four, shortest, crowd);
	return prefixes_sort(prefixes, n);
}

static inline bool bit_is(const __u64 *words, uint32_t bit)
{
	return words[bit / 64] & XDPWL_BIT(bit);
}

/* ---- asked as the program asks ---- */

/* What the tables say of an address, as a packet asks them: each test has its own. */
static uint32_t listed(const struct tables *tables, struct address address);

/* Sorted by address, then length: the last that covers is the longest. */
static inline size_t longest(const struct address *prefixes, size_t n,
		      struct address address)
{
	size_t found = n, i;

	for (i = 0; i < n; i++)
		if (cut(address, prefixes[i].length).high == prefixes[i].high &&
		    cut(address, prefixes[i].length).low == prefixes[i].low)
			found = i;
	return found;
}

/* A member, one of two times; else anybody, or a neighbour of one. */
static inline struct address somebody(const struct address *prefixes, size_t n, bool four)
{
	struct address address = member(prefixes[below(n)], four);
	uint32_t kind = below(4);

	if (!kind)
		address = member((struct address){ 0, 0, 0 }, four);
	if (kind == 1)
		address = member(cut(address, four ? 20 + below(12) :
						     28 + below(90)), four);
	return address;
}

/* Whether the tables had an answer, and that it is right. */
static inline bool question_ask(const struct tables *tables, bool four,
			 const struct address *prefixes, size_t n)
{
	const struct table *trie = four ? &tables->lpm4 : &tables->lpm6;
	struct address address = somebody(prefixes, n, four);
	size_t owed = longest(prefixes, n, address);
	const struct xdpwl_entry *said;
	uint32_t number;

	if (!four && owed < n && prefixes[owed].length < XDPWL_SHORT6)
		return true;	/* never asked: short6 */
	number = listed(tables, address);
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

static inline void tables_of(struct tables *tables, const struct address *prefixes,
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
	if (four && below(2))	/* as near_build4() does of many */
		assert_int_equal(rows4_build(tables), 0);
	if (!four && below(2)) {	/* as near_build6() leaves many */
		memset(&tables->slot->near6, 0xff, sizeof(tables->slot->near6));
		tables->slot->flags |= XDPWL_FULL_NEAR6;
	}
	main_number = below(4) ? (four ? numbers.of4 : numbers.of6)[below(n)] : 0;
	tables->slot->main_number[!four] = main_number;
	assert_int_equal(table4_build(tables, numbers.of4), 0);
	assert_int_equal(tiles6_build(tables, numbers.of6, cuts), 0);
	assert_int_equal(exact_build(tables, numbers.of6), 0);
	numbers_free(&numbers);
}

static inline bool touched4_has(const struct tables *tables, uint32_t addr)
{
	const struct xdpwl_rows4 *rows = tables->rows4.elements;

	return bit_is(&rows->touched[addr >> 14], addr >> 8 & 63);
}

/* How many questions had an answer, at least so many of a hundred. */
static inline int random_check(bool four, size_t n, int least)
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
	/* Whoever always asks the trie is right as well, and slow. */
	if (n > 1024)
		assert_true(answered >= QUESTIONS * least / 100);
	tables_free(&tables);
	free(prefixes);
	return answered;
}

/* Random lists of least ... least + more prefixes; each test has its own. */
static void randoms_check(int rounds, size_t least, size_t more);

/* Just enough for tables of both families. */
static inline void test_few(void **state)
{
	(void)state;
	randoms_check(30, 1100, 300);
}

static inline void test_many(void **state)
{
	(void)state;
	randoms_check(6, 3000, 3000);
}

static inline void seed_print(void)
{
	const char *given = getenv("XDPWL_SEED");

	seed = given ? strtoull(given, NULL, 0) : (uint64_t)time(NULL);
	printf("# seed %llu\n", (unsigned long long)seed);
}

#endif
