/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Answers as text (report.c, report_drops.c) and as JSON (report_json.c). What
 * the JSON holds is told beside each function; `schema` is 1 in all of them.
 */
#ifndef REPORT_H
#define REPORT_H

#include <jansson.h>
#include "drops.h"
#include "kern.h"
#include "kern_connections.h"
#include "reason.h"

/* Print one document on one line and drop it; NULL: no memory. */
int report_document(json_t *document, FILE *out, struct error *error);

/* ---- list: rules, with counts[i] of rules[i] ---- */

/* Whether `list SOURCE` shows this rule: its source covers or equals that
 * one. */
bool report_wants(const struct ruleset *rules, const struct rule *rule,
		  const struct source *only);
/* `only` NULL: everything, as a rules file. */
int report_list(FILE *out, const struct ruleset *rules,
		const struct xdpwl_counter *counts, const struct source *only);
/* rules: id, action, source, services, on (null or a list), until, comment,
 * packets, bytes; sets: as json_set(); interfaces: name, mode (as asked
 * for), audit. */
json_t *json_list(const struct ruleset *rules,
		  const struct xdpwl_counter *counts,
		  const struct source *only);

/* ---- set ---- */

/* One prefix a line. */
void report_set(FILE *out, const struct set *set);
/* name, from ("inline", "file"), path, prefixes, fetched (null), stale
 * (false) */
json_t *json_set(const struct set *set);

/* ---- test ---- */

struct answer {
	const char *interface;
	bool drop;
	enum xdpwl_reason reason;
	const struct rule *rule;	/* the deciding one, or NULL */
	char where[PATH_MAX + 16];	/* of the rule: "FILE:LINE" */
};

int report_test(FILE *out, const struct answer *answers, size_t n);
/* verdict, reason and rule of the first interface that drops, else of the
 * first; interfaces: name, verdict, reason, rule. A rule: id, text, where. */
json_t *json_test(const struct answer *answers, size_t n);

/* ---- drops ---- */

struct drops {
	const struct kern_counters *counters;
	const struct drops_row *rows;	/* ports, most packets first */
	size_t n_rows;
	uint64_t since;			/* ns since the epoch */
	const char *audit;		/* interfaces in audit mode, or NULL */
	size_t top;
	const struct ruleset *rules;	/* with rules' counts: by rule */
	const struct xdpwl_counter *counts;
};

void report_drops_ports(FILE *out, const struct drops *drops);
void report_drops_reasons(FILE *out, const struct drops *drops);
int report_drops_rules(FILE *out, const struct drops *drops);
/* since, packets, bytes (drops alone), audit, ports, reasons; rules (id,
 * text, packets, bytes of deny rules) where `rules` is given. */
json_t *json_drops(const struct drops *drops);

/* ---- attach ---- */

/* Inbound connections that no rule covers: proto, remote, local ("ADDRESS:PORT"). */
void report_ended(FILE *out, const struct kern_connection *ended, size_t n);
json_t *json_connections(const struct kern_connection *list, size_t n);

/* ---- status ---- */

struct status {
	const struct kern_link *links;
	size_t n_links;
	const struct ruleset *rules;	/* NULL: nothing is attached */
	uint64_t generation;
	size_t differences;		/* from the rules file */
	const char *unreadable;		/* why it cannot be compared, or NULL */
	uint64_t evictions[XDPWL_EVICTIONS];
	const char *file;
};

void report_status(FILE *out, const struct status *status);
/* interfaces: name, mode (as it runs), audit, present, egress ("tcx", "clsact" or null: nothing
 * is recorded any more); rules, prefixes, generation, pending_confirm (null), saved,
 * evictions: half_open, established, fragments_any, fragments_own. */
json_t *json_status(const struct status *status);

/* RFC 3339, UTC. */
#define TIME_TEXT_SIZE 32
void time_format(uint64_t ns, char *text);

#endif
