/* SPDX-License-Identifier: GPL-2.0-only */
/* Numbers of entries by address, as include/table4.h lays them out: whole4 and numbers4. */
#ifndef NUMBERS4_H
#define NUMBERS4_H

#include "tables.h"

/* What is being built; begins as { .tables = ... }, with both empty. */
struct numbers4 {
	struct tables *tables;
	uint32_t room;		/* for blocks */
	uint32_t groups;	/* used, of the first blocks */
};

/* A block, all XDPWL_UNLISTED; its number in *block. Only when no more /20s come: their
 * numbers take the first. -ENOMEM. */
int numbers4_add(struct numbers4 *numbers, uint32_t *block);
/* A block's XDPWL_NUMBERS4 numbers, until the next one is added. */
uint32_t *numbers4_of(const struct numbers4 *numbers, uint32_t block);
/* An entry covers a /20, which is numbered by its 20 bits, wholly. -ENOMEM. */
int whole4_mark(struct numbers4 *numbers, uint32_t at20, uint32_t number);

#endif
