/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tables to a generation: everything goes into a slot that no packet uses, and one
 * write of one word makes it current. Slots are used in turn, so the one being
 * built was left two changes ago, and each change since has waited out a grace
 * period in the update of an outer map.
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include "kern_inner.h"

/* ---- direct maps: rows of the slot ---- */

static int service_fill(const struct kern *kern, const struct tables *tables,
			uint32_t slot)
{
	size_t row = sizeof(struct xdpwl_service);
	size_t length = tables->n_groups * row;
	void *at = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_SHARED,
			kern->map[MAP_SERVICE], slot * XDPWL_GROUPS * row);

	if (at == MAP_FAILED)
		return -errno;
	kern_fault();
	memcpy(at, tables->service, length);
	munmap(at, length);
	return 0;
}

static int protocol_fill(const struct kern *kern, const struct tables *tables,
			 uint32_t slot)
{
	uint32_t group, row;

	for (group = 0; group < tables->n_groups; group++) {
		row = slot * XDPWL_GROUPS + group;
		kern_fault();
		if (bpf_map_update_elem(kern->map[MAP_PROTOCOL], &row,
					&tables->protocol[group], BPF_ANY))
			return -errno;
	}
	return 0;
}

static int any_fill(const struct kern *kern, const struct tables *tables,
		    uint32_t slot)
{
	if (!(tables->slot->flags & XDPWL_HAS_ANY))
		return 0;
	kern_fault();
	return bpf_map_update_elem(kern->map[MAP_ANY], &slot, tables->any,
				   BPF_ANY) ? -errno : 0;
}

/* What the slot's last user left goes first. */
static int interfaces_fill(const struct kern *kern, const struct tables *tables,
			   uint32_t slot)
{
	const struct xdpwl_interface *values = tables->interfaces.values;
	const uint32_t *ifindex = tables->interfaces.keys;
	struct xdpwl_interface_key key, next, *from = NULL;
	int fd = kern->map[MAP_INTERFACE];
	size_t i;

	while (!bpf_map_get_next_key(fd, from, &next)) {
		bool stale = next.slot == slot;

		if (stale) {
			kern_fault();
			bpf_map_delete_elem(fd, &next);
		} else {
			key = next;
			from = &key;
		}
	}
	for (i = 0; i < tables->interfaces.n; i++) {
		key = (struct xdpwl_interface_key){ slot, ifindex[i] };
		kern_fault();
		if (bpf_map_update_elem(fd, &key, &values[i], BPF_ANY))
			return -errno;
	}
	return 0;
}

/* ---- the whole ---- */

int kern_maps_fill(struct kern *kern, const struct tables *tables,
		   uint64_t generation, uint32_t *place, struct error *error)
{
	uint32_t next = (place_slot(kern_place(kern)) + 1) % XDPWL_SLOTS;
	int err = service_fill(kern, tables, next);
	__u32 parted;

	if (!err)
		err = protocol_fill(kern, tables, next);
	if (!err)
		err = any_fill(kern, tables, next);
	if (!err)
		err = interfaces_fill(kern, tables, next);
	if (!err)
		err = kern_inners_fill(kern, tables, next, &parted);
	if (err)
		return error_system(error, -err, EXIT_SYSTEM,
				    "cannot fill the tables of a new "
				    "generation (%zu IPv4 and %zu IPv6 "
				    "prefixes); the old rules stay in force",
				    tables->lpm4.n, tables->lpm6.n);
	kern_fault();
	memcpy(&kern->control->slot[next], tables->slot, sizeof(*tables->slot));
	kern->control->slot[next].flags |= parted;
	kern->control->slot[next].generation = generation;
	*place = next;
	return 0;
}

void kern_maps_retire(struct kern *kern, uint32_t place)
{
	/* A grace period: packets that read the old slot have left. Without it
	 * (one CPU, an old kernel) the memory waits until the slot is used again. */
	if (place_slot(place) != place_slot(kern_place(kern)) && !kern_grace_period())
		kern_inners_empty(kern, place_slot(place));
}
