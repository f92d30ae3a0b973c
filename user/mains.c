/* SPDX-License-Identifier: GPL-2.0-only */
/* Entries to the main one of a family. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include "mains.h"

/* One that one rule decides, by an allow. */
static bool is_plain(const struct xdpwl_entry *entry)
{
	return entry->profile & XDPWL_PROFILE_UNIFORM && entry->cell &&
	       !(entry->cell & XDPWL_DENY);
}

/* Ports that are judged before any rule is asked: 0, and those of DHCP clients. */
static bool is_special(uint32_t port)
{
	return !(port % XDPWL_PORTS) || port == XDPWL_UDP + (uint32_t)htons(68) ||
	       port == XDPWL_UDP + (uint32_t)htons(546);
}

/* What the main entry allows, of each port. */
static void ports_mark(struct tables *tables, const struct xdpwl_entry *entry, __u8 mark)
{
	const __u16 *class = tables->service->class;
	__u8 *named = tables->slot->named;
	uint32_t i;

	for (i = 0; i < XDPWL_TCP_UDP; i++)
		if (class[i] && class[i] < XDPWL_COMMON && !is_special(i) &&
		    entry->common >> class[i] & 1)
			named[i] = named[i] == XDPWL_NAMED ? mark : XDPWL_NAMED_MAINS;
}

/* The number of the entry of the most prefixes of those that are plain, or 0; -ENOMEM. */
static int64_t main_find(const struct blocks *entries, const uint32_t *of, size_t n)
{
	const struct xdpwl_entry *entry = entries->elements;
	uint32_t *uses = calloc(entries->n + 1, sizeof(*uses)), most = 0;
	size_t i;

	if (!uses)
		return -ENOMEM;
	for (i = 0; i < n; i++)
		if (is_plain(&entry[of[i] - 1]) && ++uses[of[i]] > uses[most])
			most = of[i];
	free(uses);
	return most;
}

int main_build(struct tables *tables, const uint32_t *of, bool four)
{
	const struct table *trie = four ? &tables->lpm4 : &tables->lpm6;
	const struct xdpwl_entry *entry = tables->entries.elements;
	int64_t number = main_find(&tables->entries, of, trie->n);

	if (number <= 0)
		return number;
	tables->slot->main_number[!four] = number;
	tables->slot->main_cell[!four] = entry[number - 1].cell;
	ports_mark(tables, &entry[number - 1], four ? XDPWL_NAMED_MAIN4 : XDPWL_NAMED_MAIN6);
	return 0;
}
