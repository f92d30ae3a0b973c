/* SPDX-License-Identifier: GPL-2.0-only */
/* What touched4, fine4 and fine6 have in common: words of one size, of which a filter may
 * use fewer. */
#ifndef FINE_H
#define FINE_H

#include "tables.h"

#define FINE_WORDS	(XDPWL_FINE_BLOCKS * XDPWL_FINES)
#define FINE_KEYS_A_WORD 4	/* where there is room: 16 bits for a key */

/* All zero. -ENOMEM. */
int fine_create(struct blocks *fine);
/* Of a filter of so many keys, which uses the first 2^(64 - shift) of `most` words. */
uint32_t fine_shift(uint64_t keys, uint32_t most);
__u64 *fine_word(const struct blocks *fine, uint64_t at);

#endif
