/* SPDX-License-Identifier: GPL-2.0-only */
/* Entries of lpm6 to what answers for it: include/exact.h says how that is laid out.
 * It answers as the trie does, or says that the trie is to be asked. */
#ifndef LINES_H
#define LINES_H

#include "key6.h"

/* Of a prefix that is not shorter than XDPWL_SHORT6. */
uint32_t line_kind(uint32_t length);
uint64_t line_hash(const struct key6 *key, uint64_t seed);

/* Fill fine6 and what the slot says of it. The seed is the slot's. -ENOMEM. */
int fine6_build(struct tables *tables);
/* Fill heads6 and its field of the slot; several[i]: lines6 is to know prefix i of lpm6. */
int heads_build(struct tables *tables, const uint32_t *numbers, bool *several);
/* Fill runs6 and its fields of the slot with what it can of these, and take that out. */
int runs6_build(struct tables *tables, const uint32_t *numbers, bool *several);
/* Fill lines6 and its fields of the slot with these. */
int lines_build(struct tables *tables, const bool *several);
/* All of that, and exact6; numbers[i] is that of entry i of lpm6. */
int exact_build(struct tables *tables, const uint32_t *numbers);

#endif
