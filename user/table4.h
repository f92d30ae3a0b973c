/* SPDX-License-Identifier: GPL-2.0-only */
/* Entries of lpm4 to the table that answers for it: include/table4.h. */
#ifndef TABLE4_H
#define TABLE4_H

#include "runs4.h"

/* Fill whole4, fine4, spans4, lines4, crowds4 and numbers4; numbers[i] is that of the trie's entry i.
 * The slot's must be zero, but for near4. -ENOMEM. */
int table4_build(struct tables *tables, const uint32_t *numbers);
/* Just fine4. */
int fine4_build(struct tables *tables, const struct runs *runs);

#endif
