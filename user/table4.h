/* SPDX-License-Identifier: GPL-2.0-only */
/* Entries of lpm4 to the table that answers for it: include/table4.h. */
#ifndef TABLE4_H
#define TABLE4_H

#include "runs4.h"

/* Fill table4, fine4, number4, low4 and what the slot says of them, where lpm4 has so many
 * entries that it is slower; numbers[i] is that of the trie's entry i. -ENOMEM. */
int table4_build(struct tables *tables, const uint32_t *numbers);
/* Its filter. */
int fine4_build(struct tables *tables, const struct runs *runs);

#endif
