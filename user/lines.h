/* SPDX-License-Identifier: GPL-2.0-only */
/* Entries of lpm6 to lines and hash tables: include/exact.h says how they are laid out.
 * They answer as the trie does, or say that it is to be asked. */
#ifndef LINES_H
#define LINES_H

#include "tables.h"

/* A prefix as it is hashed, in host order. */
struct line_key {
	uint64_t high, low;
	uint32_t length;
	uint32_t kind;		/* XDPWL_KINDS6 where it is of none */
};

/* Prefix i of lpm6. */
struct line_key line_key(const struct tables *tables, size_t i);
uint64_t line_hash(const struct line_key *key, uint64_t seed);

/* Fill lines6, and of exact6 in the slot, which must be zero, the fields of lines. The
 * seed is the slot's. -ENOMEM. */
int lines_build(struct tables *tables);
/* The same of all of exact.h, where there are so many entries that a trie is slower;
 * numbers[i] is that of entry i of lpm6. */
int exact_build(struct tables *tables, const uint32_t *numbers);

#endif
