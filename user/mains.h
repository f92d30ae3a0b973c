/* SPDX-License-Identifier: GPL-2.0-only */
/* Entries of a family to the one that most packets of honest sources meet. */
#ifndef MAINS_H
#define MAINS_H

#include "tables.h"

/* From the number of each entry of a family's trie: fill what the slot says of its main entry,
 * and of the ports that it allows. Where none will do, all stays 0. -ENOMEM. */
int main_build(struct tables *tables, const uint32_t *of, bool four);

#endif
