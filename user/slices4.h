/* SPDX-License-Identifier: GPL-2.0-only */
/* Runs of IPv4 addresses to slices4: include/table4.h. */
#ifndef SLICES4_H
#define SLICES4_H

#include "runs4.h"

/* Where there is a main entry, and no spans4 for it: fill tables->slices4, hosts4 and the places in
 * rows4, if slices4 has room for all. -ENOMEM. */
int slices4_build(struct tables *tables, const struct runs *runs);

#endif
