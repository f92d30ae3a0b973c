/* SPDX-License-Identifier: GPL-2.0-only */
/* Runs of IPv4 addresses to spans4: include/table4.h. */
#ifndef SPANS4_H
#define SPANS4_H

#include "runs4.h"

/* Fill tables->spans4 by the slot's main entry, but where rows4 are there, nothing is listed, or
 * too much. -ENOMEM. */
int spans4_build(struct tables *tables, const struct runs *runs);

#endif
