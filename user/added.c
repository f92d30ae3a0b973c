/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Rules to rows: those that stand beside the tables already, and one more. Makes no
 * system call.
 */
#include <endian.h>
#include <stdlib.h>
#include <string.h>
#include "added.h"
#include "set.h"

/* Rules that have rows. */
struct chosen {
	const struct rule *rule[XDPWL_ADDED_ROWS];
	uint32_t n;
};

static bool rule_has_rows(const struct xdpwl_added *before, const struct rule *rule)
{
	uint32_t i;

	for (i = 0; before && i < before->n && i < XDPWL_ADDED_ROWS; i++)
		if (before->row[i].cell == rule->hit)
			return true;
	return false;
}

static bool rule_suits(const struct rule *rule)
{
	const struct prefix *prefix = &rule->source.prefix;

	return rule->action == RULE_ALLOW && !rule->on &&
	       rule->source.kind == SOURCE_PREFIX &&
	       prefix->len >= (prefix->family == AF_INET ? XDPWL_ADDED_LENGTH4 :
							   XDPWL_ADDED_LENGTH6);
}

/* The longest prefix first, then the lowest id: as profiles.c decides among allows. */
static int rule_order(const void *a, const void *b)
{
	const struct rule *x = *(const struct rule *const *)a;
	const struct rule *y = *(const struct rule *const *)b;

	if (x->source.prefix.len != y->source.prefix.len)
		return y->source.prefix.len - x->source.prefix.len;
	return rule_id(x) < rule_id(y) ? -1 : rule_id(x) > rule_id(y);
}

/* All that get rows, in their order; *more is the new one. */
static bool rules_choose(struct chosen *chosen, const struct rule **more,
			 const struct xdpwl_added *before,
			 const struct ruleset *ruleset, uint32_t fresh)
{
	size_t i;

	*more = NULL;
	chosen->n = 0;
	for (i = 0; i < ruleset->n_rules; i++) {
		const struct rule *rule = &ruleset->rules[i];

		if (rule->hit == fresh)
			*more = rule;
		else if (!rule_has_rows(before, rule))
			continue;
		if (!rule_suits(rule) || chosen->n == XDPWL_ADDED_ROWS)
			return false;
		chosen->rule[chosen->n++] = rule;
	}
	qsort(chosen->rule, chosen->n, sizeof(chosen->rule[0]), rule_order);
	return *more;
}

/* ---- whether tables know better ---- */

static bool is_large(const struct ruleset *ruleset)
{
	size_t i, n = ruleset->n_rules;

	for (i = 0; i < ruleset->n_sets; i++)
		n += ruleset->sets[i].n_members;
	return n >= ADDED_FROM;
}

/* A prefix within one of a row would be the longer, and decide. */
static bool holds_others(const struct prefix *prefix, const struct ruleset *ruleset,
			 const struct chosen *chosen)
{
	size_t i;
	uint32_t k;

	for (i = 0; i < ruleset->n_sets; i++)
		if (prefixes_within(ruleset->sets[i].members,
				    ruleset->sets[i].n_members, prefix))
			return true;
	for (i = 0; i < ruleset->n_rules; i++) {
		const struct rule *rule = &ruleset->rules[i];

		if (rule->source.kind != SOURCE_PREFIX ||
		    !prefix_covers(prefix, &rule->source.prefix))
			continue;
		for (k = 0; k < chosen->n && chosen->rule[k] != rule; k++)
			;
		if (k == chosen->n)
			return true;
	}
	return false;
}

/* ---- rows ---- */

static uint64_t word_of(const uint8_t *bytes)
{
	uint64_t word;

	memcpy(&word, bytes, sizeof(word));
	return be64toh(word);
}

/* The first `bits` of 64, any number of them. */
static uint64_t mask_of(int bits)
{
	return bits <= 0 ? 0 : bits >= 64 ? ~0ull : ~(~0ull >> bits);
}

static const uint8_t kinds[] = {
	[SERVICE_PORTS] = XDPWL_ADDED_PORTS, [SERVICE_PROTO] = XDPWL_ADDED_PROTO,
	[SERVICE_PING] = XDPWL_ADDED_PING, [SERVICE_ALL] = XDPWL_ADDED_ALL,
};

static bool rule_emit(struct xdpwl_added *added, const struct rule *rule)
{
	const struct prefix *prefix = &rule->source.prefix;
	bool four = prefix->family == AF_INET;
	uint32_t head = 0, bit, i;

	memcpy(&head, prefix->addr, four ? 2 : 4);
	bit = xdpwl_added_bit(head);
	added->filter[bit / 64] |= XDPWL_BIT(bit);
	for (i = 0; i < rule->services->n; i++) {
		const struct service *service = &rule->services->s[i];

		if (added->n == XDPWL_ADDED_ROWS)
			return false;
		added->row[added->n++] = (struct xdpwl_added_row){
			.high = word_of(prefix->addr),
			.low = word_of(prefix->addr + 8),
			.high_mask = mask_of(prefix->len),
			.low_mask = mask_of(prefix->len - 64),
			.cell = rule->hit,
			.first = service->first, .last = service->last,
			.family = four ? 4 : 6,
			.kind = kinds[service->kind], .proto = service->proto,
		};
	}
	return true;
}

bool added_build(struct xdpwl_added *added, const struct xdpwl_added *before,
		 const struct ruleset *ruleset, uint32_t fresh)
{
	const struct rule *more;
	struct chosen chosen;
	uint32_t i;

	memset(added, 0, sizeof(*added));
	if (!is_large(ruleset) ||
	    !rules_choose(&chosen, &more, before, ruleset, fresh) ||
	    holds_others(&more->source.prefix, ruleset, &chosen))
		return false;
	for (i = 0; i < chosen.n; i++)
		if (!rule_emit(added, chosen.rule[i]))
			return false;
	return true;
}
