/* SPDX-License-Identifier: GPL-2.0-only */
/* Entries of the tries to lines and hash tables: include/exact.h says how they are laid
 * out. They answer as the tries do, or say that those are to be asked. */
#ifndef LINES_H
#define LINES_H

#include "tables.h"

/* A prefix as it is hashed: host order, IPv4 in the upper half of `high`. */
struct line_key {
	uint64_t high, low;
	uint32_t length;
	uint32_t kind;		/* XDPWL_KINDSn where it is of none */
};

/* Prefix i of a trie. */
struct line_key line_key(const struct tables *tables, bool four, size_t i);
uint64_t line_head(const struct line_key *key, bool four, uint64_t seed);
uint64_t line_hash(const struct line_key *key, bool four, uint64_t seed);

/* From tables->lpm4 or lpm6: fill lines4 or 6, and of exact4 or 6 in the slot, which must
 * be zero, the fields of lines. The seed is the slot's. -ENOMEM. */
int lines_build(struct tables *tables, bool four);
/* The same of all tables, where there are so many entries that a trie is slower. */
int exact_build(struct tables *tables);

#endif
