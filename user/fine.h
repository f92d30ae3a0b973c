/* SPDX-License-Identifier: GPL-2.0-only */
/* What fine4 and fine6 have in common: a filter of words, sized by its keys. */
#ifndef FINE_H
#define FINE_H

#include "tables.h"

#define FINE_WORDS	(XDPWL_FINE_BLOCKS * XDPWL_FINES)
#define FINE_KEYS_A_WORD 4	/* where there is room: 16 bits for a key */

/* All zero, in which `keys` keys use the first 2^(64 - *shift) words. -ENOMEM. */
int fine_create(struct blocks *fine, uint64_t keys, uint32_t *shift);
__u64 *fine_word(const struct blocks *fine, uint64_t at);

#endif
