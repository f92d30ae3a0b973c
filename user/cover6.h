/* SPDX-License-Identifier: GPL-2.0-only */
/* Entries of lpm6 to what main covers by the first 64 bits: what tiles are made of. */
#ifndef COVER6_H
#define COVER6_H

#include "tables.h"

#define COVER6_HEAD	32	/* bits */

/* A prefix, in host order. */
struct cover6 {
	uint64_t high;
	uint32_t length;	/* COVER6_HEAD ... 64 */
	bool main;		/* or others are asked */
};

struct covers6 {
	struct cover6 *cover;
	size_t n;
};

/* In the order of their addresses, what is around others in front of these; a prefix of fewer
 * bits than a head as all its heads, one of more than 64 as all of the /64. Not those shorter
 * than XDPWL_SHORT6, and not what main covers by another anyhow. numbers[i] is that of the
 * trie's entry i. -ENOMEM, -ENOSPC beyond `most`. The caller frees `cover`. */
int covers6_collect(struct covers6 *covers, const struct tables *tables,
		    const uint32_t *numbers, size_t most);

#endif
