/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the main entries of both families allowed (include/xdpwl.h, struct xdpwl_mains), a part
 * of the counters of reasons and rules. A CPU adds it to these when another cell becomes
 * main: so both are read until no cell changed meanwhile.
 */
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include "kern_inner.h"

size_t kern_mains_count(void)
{
	int cpus = libbpf_num_possible_cpus();

	return 2 * (cpus < XDPWL_MAINS ? cpus : XDPWL_MAINS);
}

struct xdpwl_main *kern_mains_read(const struct kern *kern)
{
	struct xdpwl_main *copy = calloc(kern_mains_count(), sizeof(*copy));
	const volatile struct xdpwl_mains *mains = kern->control->mains;
	size_t i;

	for (i = 0; copy && i < kern_mains_count(); i++)
		copy[i] = mains[i / 2].of[i % 2];
	return copy;
}

bool kern_mains_moved(const struct kern *kern, const struct xdpwl_main *before)
{
	struct xdpwl_main *now = kern_mains_read(kern);
	bool moved = false;
	size_t i;

	for (i = 0; now && i < kern_mains_count(); i++)
		moved |= now[i].cell != before[i].cell;
	free(now);
	return moved;
}

void kern_mains_add(const struct xdpwl_main *mains, uint32_t cell,
		    struct xdpwl_counter *total)
{
	size_t i;

	for (i = 0; i < kern_mains_count(); i++) {
		if (cell && mains[i].cell != cell)
			continue;
		total->packets += mains[i].counter.packets;
		total->bytes += mains[i].counter.bytes;
	}
}

/* No packet is counted under such a cell any more. */
void kern_mains_forget(struct kern *kern, uint32_t cell)
{
	struct xdpwl_counter *before = &kern->control->allowed_before;
	size_t i;

	for (i = 0; i < kern_mains_count(); i++) {
		struct xdpwl_main *main = &kern->control->mains[i / 2].of[i % 2];

		if (main->cell != cell)
			continue;
		kern_fault();
		before->packets -= main->counter.packets;
		before->bytes -= main->counter.bytes;
		main->counter = (struct xdpwl_counter){ 0, 0 };
	}
}
