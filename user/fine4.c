/* SPDX-License-Identifier: GPL-2.0-only */
/* Runs to fine4: what is covered of /24s that are covered in part. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include "table4.h"

#define LENGTHS		5	/* of a key: 32 bits down to 28 */
#define BITS_A_KEY	16	/* where there is room */
#define WORDS		(XDPWL_FINE_BLOCKS * XDPWL_FINES)

/* How many keys there are, by how many last bits they leave away. */
static void keys_count(uint64_t keys[LENGTHS], const struct runs *runs)
{
	struct parts parts = { .runs = runs };
	struct part part;
	int left;

	while (part_next(&parts, &part))
		for (left = 0; left < LENGTHS && !part.whole; left++)
			keys[left] += (part.last >> left) - (part.first >> left) + 1;
}

/* The longest keys that leave BITS_A_KEY to each, or half of it. */
static int left_choose(const uint64_t keys[LENGTHS])
{
	int left = 0;

	while (left < LENGTHS - 1 && keys[left] * (BITS_A_KEY / 2) > WORDS * 64ull)
		left++;
	return left;
}

static void part_mark(struct xdpwl_fine *filter, const struct xdpwl_slot *slot,
		      const struct part *part, int left)
{
	uint64_t key;	/* behind the last address none follows in 32 bits */

	for (key = part->first >> left; key <= part->last >> left; key++) {
		__u64 hash = xdpwl_fine4_hash(htonl(key << left), slot->fine4_mask,
					      slot->seed);
		__u64 at = hash >> slot->fine4_shift;

		filter[at / XDPWL_FINES].word[at % XDPWL_FINES] |=
			1ull << (XDPWL_FINE4_BIT1(hash) & 63) |
			1ull << (XDPWL_FINE4_BIT2(hash) & 63);
	}
}

int fine4_build(struct tables *tables, const struct runs *runs)
{
	struct xdpwl_fine *filter = calloc(XDPWL_FINE_BLOCKS, sizeof(*filter));
	struct parts parts = { .runs = runs };
	uint64_t keys[LENGTHS] = { 0 };
	uint32_t words = 2;
	struct part part;
	int left;

	if (!filter)
		return -ENOMEM;
	tables->fine4 = (struct blocks){ filter, XDPWL_FINE_BLOCKS };
	keys_count(keys, runs);
	left = left_choose(keys);
	while (words < WORDS && words * 64ull < keys[left] * BITS_A_KEY)
		words *= 2;
	tables->slot->fine4_shift = 64 - __builtin_ctz(words);
	tables->slot->fine4_mask = htonl(~0u << left);
	while (part_next(&parts, &part))
		if (!part.whole)
			part_mark(filter, tables->slot, &part, left);
	return 0;
}
