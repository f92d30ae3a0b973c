/* SPDX-License-Identifier: GPL-2.0-only */
/* What main covers to cut6, and tiles by it: include/tiles6.h. */
#ifndef CUTS6_H
#define CUTS6_H

#include "cover6.h"

/* Fill tables->tiles6 and the slot's cut6, unless too many heads share an element of it, or
 * there would be too many keys: then nothing is done. -ENOMEM. */
int cuts6_build(struct tables *tables, const struct covers6 *covers);

#endif
