/* SPDX-License-Identifier: GPL-2.0-only */
/* A prefix of lpm6 as what stands in front of that trie takes it. */
#ifndef KEY6_H
#define KEY6_H

#include "tables.h"

/* In host order. */
struct key6 {
	uint64_t high, low;
	uint32_t length;
};

/* Prefix i. */
struct key6 key6_at(const struct table *lpm6, size_t i);
/* How many prefixes of `bits` bits it touches: one, unless it is shorter. At most 24
 * bits shorter. */
uint32_t key6_heads(const struct key6 *key, uint32_t bits);
/* Whether two have the same first `bits` bits, 64 at most. */
bool key6_share(const struct key6 *key, const struct key6 *another, uint32_t bits);

#endif
