/* SPDX-License-Identifier: GPL-2.0-only */
/* Entries of lpm6 to tiles6: include/tiles6.h. */
#ifndef TILES6_H
#define TILES6_H

#include "tables.h"

/* Fill tables->tiles6, and the slot's cut6, if that is allowed and does, or else places in near6,
 * by the slot's main entry; numbers[i] is that of the trie's entry i. Not where there is no main
 * entry, none of a prefix that has tiles, or no room for all. -ENOMEM. */
int tiles6_build(struct tables *tables, const uint32_t *numbers, bool cuts);

#endif
