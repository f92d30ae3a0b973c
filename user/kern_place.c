/* SPDX-License-Identifier: GPL-2.0-only */
/* Which generation is in force, and the one write that changes it. */
#include <errno.h>
#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "kern_inner.h"

uint32_t kern_place(const struct kern *kern)
{
	return __atomic_load_n(&kern->control->current, __ATOMIC_ACQUIRE) &
	       (XDPWL_CURRENT_SLOT | XDPWL_CURRENT_ROWS);
}

const struct xdpwl_added *kern_added(const struct kern *kern)
{
	uint32_t place = kern_place(kern);

	return place_added(place) ?
		       &kern->control->added[place_slot(place)][place_added(place)] :
		       NULL;
}

uint64_t kern_generation(const struct kern *kern)
{
	const struct xdpwl_added *added = kern_added(kern);

	return added ? added->generation :
		       kern->control->slot[place_slot(kern_place(kern))].generation;
}

void kern_place_switch(struct kern *kern, uint32_t place)
{
	uint32_t flags = kern->control->slot[place_slot(place)].flags &
			 XDPWL_CURRENT_FLAGS;

	kern_fault();
	__atomic_store_n(&kern->control->current, place | flags, __ATOMIC_RELEASE);
}

int kern_grace_period(void)
{
	return syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0) ? -errno : 0;
}
