/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * In: models and answers. Out: text for people; it is no API. Sees no
 * descriptor and asks nobody. Counters of drops are report_drops.c's, JSON is
 * report_json.c's.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <time.h>
#include "report.h"

void time_format(uint64_t ns, char *text)
{
	time_t seconds = ns / 1000000000u;
	struct tm tm;

	gmtime_r(&seconds, &tm);
	strftime(text, TIME_TEXT_SIZE, "%Y-%m-%dT%H:%M:%SZ", &tm);
}

/* ---- list ---- */

bool report_wants(const struct ruleset *rules, const struct rule *rule,
		  const struct source *only)
{
	if (!only || source_equal(&rule->source, only))
		return true;
	if (only->kind == SOURCE_PREFIX)
		return ruleset_rule_covers(rules, rule, &only->prefix);
	return rule->source.kind == SOURCE_ANY;
}

static void write_count(FILE *out, const struct xdpwl_counter *count)
{
	fprintf(out, " # %llu packets, %llu bytes",
		(unsigned long long)count->packets,
		(unsigned long long)count->bytes);
}

struct annotation {
	const struct ruleset *rules;
	const struct xdpwl_counter *counts;
};

static void annotate(const struct rule *rule, FILE *out, void *context)
{
	const struct annotation *annotation = context;

	write_count(out, &annotation->counts[rule - annotation->rules->rules]);
}

int report_list(FILE *out, const struct ruleset *rules,
		const struct xdpwl_counter *counts, const struct source *only)
{
	struct annotation annotation = { rules, counts };
	char *line;
	size_t i;

	if (!only)
		return ruleset_write(rules, out, annotate, &annotation);
	for (i = 0; i < rules->n_rules; i++) {
		if (!report_wants(rules, &rules->rules[i], only))
			continue;
		line = rule_format(&rules->rules[i]);
		if (!line)
			return -1;
		fputs(line, out);
		write_count(out, &counts[i]);
		fputc('\n', out);
		free(line);
	}
	return 0;
}

void report_set(FILE *out, const struct set *set)
{
	char text[PREFIX_TEXT_SIZE];
	size_t i;

	for (i = 0; i < set->n_members; i++) {
		prefix_format(&set->members[i], false, text);
		fprintf(out, "%s\n", text);
	}
}

/* ---- test ---- */

int report_test(FILE *out, const struct answer *answers, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		const struct answer *answer = &answers[i];
		char *text;

		fprintf(out, "%s: %s: %s", answer->interface,
			answer->drop ? "drop" : "pass",
			reasons[answer->reason].key);
		if (!answer->rule) {
			fprintf(out, " (%s)\n",
				reasons[answer->reason].sentence);
			continue;
		}
		text = rule_format(answer->rule);
		if (!text)
			return -1;
		fprintf(out, " by %s (%s)\n", text, answer->where);
		free(text);
	}
	return 0;
}

/* ---- status ---- */

static void status_link(FILE *out, const struct status *status,
			const struct kern_link *link)
{
	const struct interface *interface =
		ruleset_interface(status->rules, link->name);

	if (!link->ifindex)
		fprintf(out, "%-15s its device is gone: when it is back, xdpwl attach %s\n",
			link->name, link->name);
	else if (link->hook == HOOK_GONE)
		fprintf(out, "%-15s %s, but somebody removed the hook for what it sends: answers to new connections of this machine drop; xdpwl attach %s puts it back\n",
			link->name, attach_mode_names[link->mode], link->name);
	else
		fprintf(out, "%-15s %s%s%s%s\n", link->name,
			attach_mode_names[link->mode],
			link->hook == HOOK_UNKNOWN ? "" : ", egress by ",
			link->hook == HOOK_UNKNOWN ? "" :
						     kern_hook_names[link->hook],
			interface && interface->audit ?
			", audit: drops are counted and pass" : "");
}

static void status_evictions(FILE *out, const uint64_t *evictions)
{
	uint64_t flows = evictions[XDPWL_EVICT_HALF_OPEN] +
			 evictions[XDPWL_EVICT_ESTABLISHED] +
			 evictions[XDPWL_EVICT_FORWARDED];
	uint64_t fragments = evictions[XDPWL_EVICT_FIRST_ANY] +
			     evictions[XDPWL_EVICT_FIRST_OWN];

	if (flows)
		fprintf(out, "%" PRIu64 " flows were forgotten early, for others: see `option flows`\n",
			flows);
	if (fragments)
		fprintf(out, "%" PRIu64 " fragmented packets were forgotten early, for others: see `option fragments`\n",
			fragments);
}

void report_ended(FILE *out, const struct kern_connection *ended, size_t n)
{
	char remote[CONNECTION_TEXT_SIZE], local[CONNECTION_TEXT_SIZE];
	size_t i;

	for (i = 0; i < n; i++) {
		kern_connection_format(&ended[i], remote, local);
		fprintf(out, "ends, for no rule allows it: %s to %s\n", remote,
			local);
	}
}

void report_status(FILE *out, const struct status *status)
{
	size_t i;

	if (!status->rules)
		return;
	for (i = 0; i < status->n_links; i++)
		status_link(out, status, &status->links[i]);
	fprintf(out, "%zu rules, %zu prefixes, generation %" PRIu64 "\n",
		status->rules->n_rules, ruleset_prefixes(status->rules),
		status->generation);
	status_evictions(out, status->evictions);
	if (status->unreadable)
		fprintf(out, "not saved: %s\n", status->unreadable);
	else if (status->differences)
		fprintf(out, "not saved: %s and what runs differ in %zu place%s; see: xdpwl apply --diff\n",
			status->file, status->differences,
			status->differences == 1 ? "" : "s");
	else
		fprintf(out, "saved in %s\n", status->file);
}
