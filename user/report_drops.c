/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * In: counters of drops. Out: tables for people, with the names that ports have
 * in /etc/services as decoration. Sees no descriptor.
 */
#include <stdlib.h>
#include "report.h"
#include "service_names.h"

/* The name that the services file gives first. */
static const char *port_name(const struct drops_row *row)
{
	const struct service_names *names = service_names_local();
	const struct service_name *best = NULL;
	size_t i;

	for (i = 0; names && row->has_port && i < names->n; i++) {
		const struct service_name *entry = &names->entries[i];

		if (entry->port == row->port && entry->proto == row->proto &&
		    (!best || entry->place < best->place))
			best = entry;
	}
	return best ? best->name : "";
}

static void write_head(FILE *out, const struct drops *drops)
{
	struct xdpwl_counter total = drops_total(drops->counters);
	char since[TIME_TEXT_SIZE];

	time_format(drops->since, since);
	fprintf(out, "%llu packets, %llu bytes dropped since %s\n",
		(unsigned long long)total.packets,
		(unsigned long long)total.bytes, since);
	if (drops->audit)
		fprintf(out, "audit: what %s counts here has passed\n",
			drops->audit);
}

void report_drops_ports(FILE *out, const struct drops *drops)
{
	char proto[PROTO_TEXT_SIZE], label[PROTO_TEXT_SIZE + 8];
	size_t i;

	write_head(out, drops);
	if (drops->n_rows)
		fprintf(out, "\n%-16s %12s %14s  not allowed by any rule\n",
			"PORT", "PACKETS", "BYTES");
	for (i = 0; i < drops->n_rows && i < drops->top; i++) {
		const struct drops_row *row = &drops->rows[i];

		drops_proto(row, proto);
		if (row->has_port)
			snprintf(label, sizeof(label), "%u/%s", row->port,
				 proto);
		else
			snprintf(label, sizeof(label), "%s", proto);
		fprintf(out, "%-16s %12llu %14llu  %s\n", label,
			(unsigned long long)row->count.packets,
			(unsigned long long)row->count.bytes, port_name(row));
	}
	if (i < drops->n_rows)
		fprintf(out, "and %zu more; --top N shows them\n",
			drops->n_rows - i);
}

void report_drops_reasons(FILE *out, const struct drops *drops)
{
	int i;

	write_head(out, drops);
	fprintf(out, "\n%-14s %-7s %12s %14s\n", "REASON", "VERDICT",
		"PACKETS", "BYTES");
	for (i = 0; i < XDPWL_N_REASONS; i++) {
		const struct xdpwl_counter *count =
			&drops->counters->reasons[i];

		if (count->packets)
			fprintf(out, "%-14s %-7s %12llu %14llu  %s\n",
				reasons[i].key,
				reasons[i].passes ? "pass" : "drop",
				(unsigned long long)count->packets,
				(unsigned long long)count->bytes,
				reasons[i].sentence);
	}
}

int report_drops_rules(FILE *out, const struct drops *drops)
{
	size_t i;

	write_head(out, drops);
	fprintf(out, "\n%12s %14s  DENY RULE\n", "PACKETS", "BYTES");
	for (i = 0; i < drops->rules->n_rules; i++) {
		const struct rule *rule = &drops->rules->rules[i];
		char *text;

		if (rule->action != RULE_DENY)
			continue;
		text = rule_format(rule);
		if (!text)
			return -1;
		fprintf(out, "%12llu %14llu  %s\n",
			(unsigned long long)drops->counts[i].packets,
			(unsigned long long)drops->counts[i].bytes, text);
		free(text);
	}
	return 0;
}
