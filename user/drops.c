/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * In: counters by protocol and port, as the kernel keeps them. Out: sorted rows
 * and sums. Memory alone.
 */
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include "drops.h"
#include "reason.h"
#include "service_names.h"

/* Most packets first, then by protocol and port, so that a watch stands
 * still. */
static int row_compare(const void *a, const void *b)
{
	const struct drops_row *x = a, *y = b;

	if (x->count.packets != y->count.packets)
		return x->count.packets > y->count.packets ? -1 : 1;
	if (x->proto != y->proto)
		return x->proto - y->proto;
	return x->port - y->port;
}

static void row_add(struct drops_row *rows, size_t *n, uint8_t proto,
		    bool has_port, uint16_t port,
		    const struct xdpwl_counter *count)
{
	if (count->packets)
		rows[(*n)++] = (struct drops_row){ proto, has_port, port,
						   *count };
}

struct drops_row *drops_rows(const struct kern_counters *counters, size_t *n)
{
	struct drops_row *rows;
	size_t i;

	rows = calloc(XDPWL_TCP_UDP + 256 + counters->n_odd, sizeof(*rows));
	*n = 0;
	if (!rows)
		return NULL;
	for (i = 0; i < XDPWL_TCP_UDP; i++)
		row_add(rows, n, i < XDPWL_UDP ? IPPROTO_TCP : IPPROTO_UDP,
			true, ntohs(i % XDPWL_PORTS), &counters->ports[i]);
	for (i = 0; i < 256; i++)
		row_add(rows, n, i, false, 0, &counters->protocols[i]);
	for (i = 0; i < counters->n_odd; i++)
		row_add(rows, n, counters->odd[i].proto, true,
			counters->odd[i].port, &counters->odd_drops[i]);
	qsort(rows, *n, sizeof(*rows), row_compare);
	return rows;
}

struct xdpwl_counter drops_total(const struct kern_counters *counters)
{
	struct xdpwl_counter total = { 0 };
	int i;

	for (i = 0; i < XDPWL_N_REASONS; i++) {
		if (reasons[i].passes)
			continue;
		total.packets += counters->reasons[i].packets;
		total.bytes += counters->reasons[i].bytes;
	}
	return total;
}

void drops_proto(const struct drops_row *row, char *text)
{
	const char *name = port_proto_name(row->proto);

	if (!name)
		name = protocol_name(row->proto);
	if (name)
		snprintf(text, PROTO_TEXT_SIZE, "%s", name);
	else
		snprintf(text, PROTO_TEXT_SIZE, "proto:%u", row->proto);
}
