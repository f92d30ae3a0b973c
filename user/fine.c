/* SPDX-License-Identifier: GPL-2.0-only */
/* Filters of one size, of which small lists use the beginning: it stays in a cache. */
#include <errno.h>
#include <stdlib.h>
#include "fine.h"

#define KEYS_A_WORD	4	/* where there is room: 16 bits for a key */

int fine_create(struct blocks *map, uint32_t words)
{
	map->elements = calloc(words, sizeof(__u64));
	map->n = 1;
	return map->elements ? 0 : -ENOMEM;
}

int fine_fit(struct blocks *map, uint64_t keys, struct fine_room room, uint64_t most,
	     __u32 *shift)
{
	bool in_slot = keys <= most;
	uint32_t used = 2, words = in_slot ? room.slot : room.map;

	while (used < words && used * KEYS_A_WORD < keys)
		used *= 2;
	*shift = 64 - __builtin_ctz(used);
	return in_slot ? 0 : fine_create(map, room.map);
}

__u64 *fine_word(const struct blocks *map, __u64 *slot, uint64_t at)
{
	return map->n ? (__u64 *)map->elements + at : &slot[at];
}
