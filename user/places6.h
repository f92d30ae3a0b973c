/* SPDX-License-Identifier: GPL-2.0-only */
/* Keys of tiles6, with a tile each, to where packets find these: include/tiles6.h. */
#ifndef PLACES6_H
#define PLACES6_H

#include "tables.h"

struct key_tile {
	uint64_t hash;
	struct xdpwl_tile6 tile;
};

struct key_tiles {
	struct key_tile *key;
	size_t n;
};

/* Fill tables->tiles6, and places in the slot's near6, unless there is not room for all. Two keys
 * of one hash, or that no place can tell apart, become XDPWL_TILE6_EVERYONE. -ENOMEM. */
int places6_build(struct tables *tables, const struct key_tiles *keys);

#endif
