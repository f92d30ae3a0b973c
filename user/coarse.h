/* SPDX-License-Identifier: GPL-2.0-only */
/* Entries of the tries to the coarse tables in front of them: include/front.h says
 * how they are laid out. A superset of the truth, always. */
#ifndef COARSE_H
#define COARSE_H

#include "tables.h"

/* From tables->lpm4 or lpm6, which must be sorted by address; fill coarse6 and the slot's
 * near4, or near6, fine6, short6 and fields of coarse6, which must be zero. The seed is the
 * slot's. -ENOMEM. */
void coarse_build4(struct tables *tables);
int coarse_build6(struct tables *tables);

#endif
