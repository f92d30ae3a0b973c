/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Keys to places and tiles6. Keys whose hashes choose one word of near6 are moved together, to
 * where all of their tiles are free: those that are many first, single ones fill what is left.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "places6.h"

#define WORDS		(1 << XDPWL_NEAR6_ANY)
#define AGAIN		100	/* goes through all tiles, beside one for each number of keys */

struct places {
	struct key_tile *key;	/* by the words of near6 that they choose */
	uint32_t *start;	/* of a word's keys; one more */
	uint32_t next;		/* where room for so many keys is sought */
	uint32_t again;		/* so often from the first tile on */
	uint32_t end;		/* none was put behind it */
	uint64_t used[XDPWL_TILES6 / 64];
	struct xdpwl_tiles6 *tiles;
	__u64 *word;		/* of near6 */
};

static bool is_used(const struct places *places, uint32_t at)
{
	return places->used[at / 64] >> at % 64 & 1;
}

static uint32_t word_number(const struct key_tile *key)
{
	return XDPWL_NEAR6_WORD(key->hash);
}

/* Of a key, beside its place. */
static uint64_t tile_number(const struct key_tile *key)
{
	return XDPWL_TILE6_OFFSET(key->hash, 0ull) / sizeof(struct xdpwl_tile6);
}

/* Keys by words. */
static void keys_sort(struct places *places, const struct key_tiles *keys)
{
	uint32_t *start = places->start, i;
	size_t k;

	for (k = 0; k < keys->n; k++)
		start[word_number(&keys->key[k]) + 1]++;
	for (i = 0; i < WORDS; i++)
		start[i + 1] += start[i];
	for (k = 0; k < keys->n; k++)
		places->key[start[word_number(&keys->key[k])]++] = keys->key[k];
	/* Each has moved on to where the next begins. */
	memmove(start + 1, start, WORDS * sizeof(*start));
	start[0] = 0;
}

/* A few, by their hashes: in the order of what tile_number() has of them. */
static void few_sort(struct key_tile *key, uint32_t n)
{
	struct key_tile moved;
	uint32_t i, at;

	for (i = 1; i < n; i++) {
		moved = key[i];
		for (at = i; at && key[at - 1].hash > moved.hash; at--)
			key[at] = key[at - 1];
		key[at] = moved;
	}
}

static bool all_free(const struct places *places, const struct key_tile *key, uint32_t n,
		     uint64_t at)
{
	uint64_t first = tile_number(key);
	uint32_t i;

	for (i = 0; i < n; i++)
		if (is_used(places, at + tile_number(&key[i]) - first))
			return false;
	return true;
}

/* Keys that cannot be told apart by any place: others are asked about both. */
static void tile_write(struct places *places, const struct key_tile *key, uint32_t at)
{
	static const struct xdpwl_tile6 everyone = { XDPWL_TILE6_EVERYONE, 0, 0 };

	places->tiles->tile[at] = is_used(places, at) ? everyone : key->tile;
	places->used[at / 64] |= 1ull << at % 64;
	if (places->end <= at)
		places->end = at + 1;
}

/* In bytes. */
static void place_set(struct places *places, uint32_t i, uint32_t place)
{
	places->word[i] = (uint32_t)places->word[i] | (uint64_t)place << 32;
}

/* n keys of word i, in order, where there is room from `next` on. */
static bool keys_put(struct places *places, uint32_t i, const struct key_tile *key, uint32_t n)
{
	uint64_t first = tile_number(key), at;
	uint64_t size = tile_number(&key[n - 1]) - first + 1;
	uint32_t k;

	for (at = places->next; at + size <= XDPWL_TILES6; at++) {
		if (!all_free(places, key, n, at))
			continue;
		for (k = 0; k < n; k++)
			tile_write(places, &key[k], at + tile_number(&key[k]) - first);
		place_set(places, i, (at - first) * sizeof(struct xdpwl_tile6));
		places->next = at;
		return true;
	}
	return false;
}

/* All keys of word i; false: there is no room. */
static bool word_place(struct places *places, uint32_t i)
{
	struct key_tile *key = places->key + places->start[i];
	uint32_t n = places->start[i + 1] - places->start[i];

	few_sort(key, n);
	while (!keys_put(places, i, key, n)) {
		if (!places->next || !places->again--)
			return false;
		places->next = 0;
	}
	return true;
}

/* The words of the most keys first, in one go through all tiles for each number of keys, or a
 * few when these are nearly full: what is left between them is for those of fewer. */
static bool words_place(struct places *places)
{
	uint32_t most = 0, i, n, of;

	for (i = 0; i < WORDS; i++) {
		/* Who chooses one that nobody has comes where most tiles are. */
		place_set(places, i, -(i << XDPWL_TILE6_WINDOW));
		of = places->start[i + 1] - places->start[i];
		most = of > most ? of : most;
	}
	for (n = most; n; n--) {
		places->next = 0;
		for (i = 0; i < WORDS; i++)
			if (places->start[i + 1] - places->start[i] == n &&
			    !word_place(places, i))
				return false;
	}
	return true;
}

int places6_build(struct tables *tables, const struct key_tiles *keys)
{
	struct places *places = calloc(1, sizeof(*places));
	int err = -ENOMEM;

	if (!places)
		return -ENOMEM;
	places->again = AGAIN;
	places->word = tables->slot->near6.any;
	places->key = malloc((keys->n + 1) * sizeof(*places->key));
	places->start = calloc(WORDS + 2, sizeof(*places->start));
	places->tiles = tables->tiles6.elements = calloc(1, sizeof(*places->tiles));
	if (places->key && places->start && places->tiles) {
		keys_sort(places, keys);
		tables->tiles6.n = words_place(places);
		err = 0;
	}
	tables->tiles6_used = places->end * sizeof(struct xdpwl_tile6);
	free(places->key);
	free(places->start);
	free(places);
	return err;
}
