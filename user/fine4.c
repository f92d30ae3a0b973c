/* SPDX-License-Identifier: GPL-2.0-only */
/* Runs to fine4: what is covered of /24s that are covered in part. */
#include <arpa/inet.h>
#include <errno.h>
#include "fine.h"
#include "table4.h"

#define LENGTHS		5	/* of a key: 32 bits down to 28 */

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

/* The longest keys of which no more than twice as many share a word. */
static int left_choose(const uint64_t keys[LENGTHS])
{
	int left = 0;

	while (left < LENGTHS - 1 && keys[left] > 2ull * FINE_KEYS_A_WORD * FINE_WORDS)
		left++;
	return left;
}

static void part_mark(const struct blocks *fine, const struct xdpwl_slot *slot,
		      const struct part *part, int left)
{
	uint64_t key;	/* behind the last address none follows in 32 bits */

	for (key = part->first >> left; key <= part->last >> left; key++) {
		__u64 hash = xdpwl_fine4_hash(htonl(key << left), slot->fine4_mask,
					      slot->seed);

		*fine_word(fine, hash >> slot->fine4_shift) |=
			1ull << (XDPWL_FINE4_BIT1(hash) & 63) |
			1ull << (XDPWL_FINE4_BIT2(hash) & 63);
	}
}

int fine4_build(struct tables *tables, const struct runs *runs)
{
	struct xdpwl_slot *slot = tables->slot;
	struct parts parts = { .runs = runs };
	uint64_t keys[LENGTHS] = { 0 };
	struct part part;
	int left;

	keys_count(keys, runs);
	left = left_choose(keys);
	if (fine_create(&tables->fine4, keys[left], &slot->fine4_shift))
		return -ENOMEM;
	slot->fine4_mask = htonl(~0u << left);
	while (part_next(&parts, &part))
		if (!part.whole)
			part_mark(&tables->fine4, slot, &part, left);
	return 0;
}
