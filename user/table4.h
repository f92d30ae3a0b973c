/* SPDX-License-Identifier: GPL-2.0-only */
/* Entries of lpm4 to the table that answers for it: include/table4.h. */
#ifndef TABLE4_H
#define TABLE4_H

#include "runs4.h"

/* Fill table4, lines4, fine4 and what the slot says of them; numbers[i] is that of the trie's
 * entry i. -ENOMEM. */
int table4_build(struct tables *tables, const uint32_t *numbers);
/* What stands in front. */
int touched4_build(struct tables *tables, const struct runs *runs);
int fine4_build(struct tables *tables, const struct runs *runs);

#endif
