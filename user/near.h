/* SPDX-License-Identifier: GPL-2.0-only */
/* Entries of the tries to what the slot says of them: include/front.h says how that is
 * laid out. A superset of the truth, always. */
#ifndef NEAR_H
#define NEAR_H

#include "tables.h"

/* From tables->lpm4 or lpm6; fill the slot's near4, and rows4 if that says too little, or
 * near6 and short6; they must be zero. The seed is the slot's. -ENOMEM. */
int near_build4(struct tables *tables);
int rows4_build(struct tables *tables);
void near_build6(struct tables *tables);
/* An address whose first 32 bits near6 has, unless that says nothing: XDPWL_FULL_NEAR6. */
void near6_mark(struct xdpwl_slot *slot, uint64_t high);

#endif
