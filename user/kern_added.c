/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Rows into the generation in force, beside those that packets read (include/added.h).
 * Nothing is visible before the switch.
 *
 * Of each slot's sets 1 to 6 are used in turn. One may still be read by a packet
 * that began before the switch away from it, so a grace period is waited out before
 * the 1st and before the 4th are filled: each set was left before the last of them but
 * the one in force. A slot that is filled anew begins at the 1st; an outer map was
 * updated since.
 */
#include <string.h>
#include "kern_inner.h"

enum { LAST_SET = 6, TURN = 3 };

_Static_assert(LAST_SET < XDPWL_ADDED_SETS && LAST_SET % TURN == 0, "sets");
_Static_assert(LAST_SET % 2 == 0, "the first set's text is not the last one's");

int kern_added_fill(struct kern *kern, const struct xdpwl_added *added,
		    const struct store *store, uint64_t generation, uint32_t *place)
{
	uint32_t now = kern_place(kern), slot = place_slot(now);
	uint32_t set = place_added(now) % LAST_SET + 1;
	struct xdpwl_added *to = &kern->control->added[slot][set];
	int err = 0;

	if (place_added(now) && set % TURN == 1)
		err = kern_grace_period();
	if (!err)
		err = kern_text_add(kern, slot, set, store);
	if (err)
		return err;
	kern_fault();
	memcpy(to, added, sizeof(*to));
	to->generation = generation;
	*place = slot | set * XDPWL_CURRENT_ADDED;
	return 0;
}
