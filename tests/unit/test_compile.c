/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tables against their meaning: random rulesets are compiled, then asked as the
 * program in the kernel asks them (class, near, longest prefix, cell), and
 * each answer is compared with a plain reading of all rules. The seed is printed;
 * XDPWL_SEED repeats a run.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>
#include "classes.h"
#include "tables.h"

#define ROUNDS 300
#define QUESTIONS 400

static const struct device devices[] = {
	{ "eth0", 2, false }, { "eth1", 3, false }, { "eth2", 4, true },
};

/* One packet, as far as rules see it. */
struct question {
	struct prefix source;	/* a host */
	uint8_t proto;
	uint16_t port;		/* 0: later fragment or a protocol without ports */
	bool ping;
	int device;
};

static uint64_t seed;

static uint32_t below(uint32_t n)
{
	return random_next(&seed) % n;
}

/* ---- random rulesets ---- */

static void put_prefix(FILE *out)
{
	uint8_t a[16] = { 0 };
	uint32_t len, i;
	char text[64];

	if (below(2)) {
		len = below(8) ? 8 + below(25) : below(9);
		a[0] = 10 + below(2);
		for (i = 1; i < 4; i++)
			a[i] = below(3);
		for (i = len; i < 32; i++)
			a[i / 8] &= ~(0x80 >> i % 8);
		inet_ntop(AF_INET, a, text, sizeof(text));
	} else {
		len = below(8) ? 16 + below(113) : below(33);
		a[0] = 0x20;
		a[1] = below(2);
		for (i = 2; i < 16; i++)
			a[i] = below(2);
		for (i = len; i < 128; i++)
			a[i / 8] &= ~(0x80 >> i % 8);
		inet_ntop(AF_INET6, a, text, sizeof(text));
	}
	fprintf(out, "%s/%u", text, len);
}

static void put_service(FILE *out)
{
	static const char *const protos[] = { "", "", "/tcp", "/udp", "/sctp" };
	static const char *const names[] = { "ping", "esp", "proto:6", "proto:1",
					     "proto:132", "gre" };
	uint32_t first = 1 + below(12);

	if (!below(5))
		fputs(names[below(6)], out);
	else if (below(3))
		fprintf(out, "%u%s", first, protos[below(5)]);
	else
		fprintf(out, "%u-%u%s", first,
			first + 1 + below(below(5) ? 4 : 65000),
			protos[below(5)]);
}

static void put_rule(FILE *out, uint32_t sets)
{
	static const char *const on[] = { " on eth0", " on eth1", " on eth0,eth1",
					  " on eth2", " on eth9" };
	uint32_t n = 1 + below(3), i;

	fputs(below(4) ? "allow " : "deny ", out);
	if (!below(8))
		fputs("any", out);
	else if (sets && !below(4))
		fprintf(out, "@s%u", below(sets));
	else
		put_prefix(out);
	fputc(' ', out);
	if (!below(6))
		fputs("all", out);
	else
		for (i = 0; i < n; i++) {
			fputs(i ? "," : "", out);
			put_service(out);
		}
	fprintf(out, "%s\n", below(3) ? "" : on[below(5)]);
}

static void ruleset_random(struct ruleset *ruleset)
{
	uint32_t sets = below(4), rules = 1 + below(below(4) ? 12 : 150), i, k;
	struct error error;
	char *text;
	size_t length;
	FILE *out = open_memstream(&text, &length);

	assert_non_null(out);
	for (i = 0; i < sets; i++) {
		fprintf(out, "set s%u", i);
		for (k = below(20); k > 0; k--) {
			fputc(' ', out);
			put_prefix(out);
		}
		fputc('\n', out);
	}
	for (i = 0; i < rules; i++)
		put_rule(out, sets);
	fclose(out);
	if (ruleset_parse(ruleset, "random", "/", text, length, &error))
		fail_msg("%s\n%s", error.text, text);
	for (i = 0; i < ruleset->n_rules; i++)
		ruleset->rules[i].hit = i + 1;
	free(text);
}

/* ---- questions, near what the rules name ---- */

static void source_random(const struct ruleset *ruleset, struct prefix *source)
{
	const struct rule *rule = &ruleset->rules[below(ruleset->n_rules)];
	uint32_t i, bits;

	memset(source, 0, sizeof(*source));
	source->family = AF_INET;
	if (rule->source.kind == SOURCE_PREFIX) {
		*source = rule->source.prefix;
	} else if (rule->source.kind == SOURCE_SET) {
		const struct set *set = ruleset_set(ruleset, rule->source.set);

		if (set->n_members)
			*source = set->members[below(set->n_members)];
	} else if (below(2)) {
		source->family = AF_INET6;
	}
	bits = source->family == AF_INET ? 32 : 128;
	for (i = source->len; i < bits; i++)
		if (below(2))
			source->addr[i / 8] |= 0x80 >> i % 8;
	if (source->len && !below(4)) {
		i = below(bits);
		source->addr[i / 8] ^= 0x80 >> i % 8;
	}
	source->len = bits;
}

static void question_random(const struct ruleset *ruleset, struct question *q)
{
	static const uint8_t protos[] = { 6, 6, 6, 17, 17, 132, 1, 58, 50, 47, 136 };

	memset(q, 0, sizeof(*q));
	source_random(ruleset, &q->source);
	q->proto = protos[below(sizeof(protos))];
	q->device = (int)below(4) - 1;	/* -1: a device that nobody named */
	if (q->proto == 6 || q->proto == 17 || q->proto == 132 ||
	    q->proto == 136)
		q->port = below(10) ? 1 + below(20) : below(65536);
	q->ping = q->proto == (q->source.family == AF_INET ? 1 : 58) && below(2);
}

/* ---- the plain reading ---- */

static bool service_names(const struct service *s, const struct question *q)
{
	switch (s->kind) {
	case SERVICE_ALL:
		return true;
	case SERVICE_PING:
		return q->ping;
	case SERVICE_PROTO:
		return s->proto == q->proto;
	default:
		return q->port && s->proto == q->proto && s->first <= q->port &&
		       q->port <= s->last;
	}
}

static bool rule_names(const struct rule *rule, const struct question *q)
{
	uint32_t i;

	if (rule->on) {
		for (i = 0; i < rule->on->n; i++)
			if (q->device >= 0 && !strcmp(rule->on->name[i],
						      devices[q->device].name))
				break;
		if (i == rule->on->n)
			return false;
	}
	for (i = 0; i < rule->services->n; i++)
		if (service_names(&rule->services->s[i], q))
			return true;
	return false;
}

/* The longest prefix by which the rule covers the source; -1: not; 0: `any` */
static int rule_reach(const struct ruleset *ruleset, const struct rule *rule,
		      const struct prefix *source)
{
	int longest = -1;
	size_t i;

	if (rule->source.kind == SOURCE_ANY)
		return 0;
	if (rule->source.kind == SOURCE_PREFIX)
		return prefix_covers(&rule->source.prefix, source) ?
			       1 + rule->source.prefix.len : -1;
	for (i = 0; i < ruleset_set(ruleset, rule->source.set)->n_members; i++) {
		const struct prefix *member =
			&ruleset_set(ruleset, rule->source.set)->members[i];

		if (prefix_covers(member, source) && 1 + member->len > longest)
			longest = 1 + member->len;
	}
	return longest;
}

static uint32_t cell_plain(const struct ruleset *ruleset,
			   const struct question *q)
{
	const struct rule *best = NULL;
	int best_reach = -1, reach;
	size_t i;

	for (i = 0; i < ruleset->n_rules; i++) {
		const struct rule *rule = &ruleset->rules[i];

		reach = rule_reach(ruleset, rule, &q->source);
		if (reach < 0 || !rule_names(rule, q))
			continue;
		if (best && (best->action == RULE_DENY) !=
				    (rule->action == RULE_DENY)) {
			if (best->action == RULE_DENY)
				continue;
		} else if (best && (reach < best_reach ||
				    (reach == best_reach &&
				     rule_id(rule) > rule_id(best)))) {
			continue;
		}
		best = rule;
		best_reach = reach;
	}
	if (!best)
		return 0;
	return best->hit | (best->action == RULE_DENY ? XDPWL_DENY : 0);
}

/* ---- the tables, asked as bpf/policy.bpf.h asks them ---- */

static uint32_t group_of(const struct tables *tables, const struct question *q)
{
	const uint32_t *ifindex = tables->interfaces.keys;
	const struct xdpwl_interface *values = tables->interfaces.values;
	size_t i;

	for (i = 0; q->device >= 0 && i < tables->interfaces.n; i++)
		if (ifindex[i] == devices[q->device].ifindex)
			return values[i].group;
	return 0;
}

static uint32_t port_class(const struct tables *tables, uint32_t group,
			   uint32_t port)
{
	bool named = tables->slot->named[port] != XDPWL_UNNAMED;

	return group || named ? tables->service[group].class[port] : 0;
}

static uint32_t class_of(const struct tables *tables, const struct question *q,
			 uint32_t group)
{
	const uint16_t *protocol = tables->protocol[group].class;
	const struct xdpwl_odd_port *odd = tables->odd_ports.keys;
	size_t i;

	if (q->ping)
		return protocol[q->source.family == AF_INET ? XDPWL_ECHO4 :
							      XDPWL_ECHO6];
	if (q->port && (q->proto == 6 || q->proto == 17))
		return port_class(tables, group,
				  (q->proto == 6 ? 0 : XDPWL_UDP) |
					  htons(q->port));
	for (i = 0; q->port && i < tables->odd_ports.n; i++)
		if (odd[i].port == q->port && odd[i].proto == q->proto &&
		    odd[i].group == group)
			return ((uint32_t *)tables->odd_ports.values)[i];
	return protocol[q->proto];
}

static bool bit(const __u64 *words, uint32_t number)
{
	return words[number / 64] & XDPWL_BIT(number);
}

static bool bloom_has(const __u64 *words, uint64_t hash, uint32_t shift)
{
	__u64 word = words[XDPWL_BLOOM_WORD(hash, shift)];

	return word & XDPWL_BIT(XDPWL_BLOOM_BIT1(hash, shift)) &&
	       word & XDPWL_BIT(XDPWL_BLOOM_BIT2(hash, shift));
}

/* What the slot says of a source. */
static bool near(const struct tables *tables, const struct prefix *source,
		   bool all)
{
	const struct xdpwl_slot *slot = tables->slot;
	int half = all ? XDPWL_HALF_ALL : XDPWL_HALF_ANY;
	uint16_t raw;
	uint64_t hash;
	uint32_t head, bits;

	memcpy(&head, source->addr, sizeof(head));
	memcpy(&raw, source->addr, sizeof(raw));
	if (source->family == AF_INET)
		return all ? bit(slot->near4.all, raw * 2 + (ntohl(head) >> 15 & 1)) :
			     slot->near4.any[raw] & XDPWL_BIT32(ntohl(head) >> 12 & 15);
	if (slot->flags & XDPWL_HAS_SHORT6 && bit(slot->short6.word[half], raw))
		return true;
	hash = xdpwl_bloom_hash(head, slot->seed);
	if (all)
		return bloom_has(slot->near6.all, hash, 64 - XDPWL_NEAR6_ALL);
	bits = slot->near6.any[XDPWL_NEAR6_WORD(hash)];
	return bits & XDPWL_BIT32(XDPWL_NEAR6_BIT1(ntohl(head))) &&
	       bits & XDPWL_BIT32(XDPWL_NEAR6_BIT2(hash));
}

static const struct xdpwl_entry *longest(const struct tables *tables,
					 const struct prefix *source)
{
	bool four = source->family == AF_INET;
	const struct table *table = four ? &tables->lpm4 : &tables->lpm6;
	size_t size = four ? 8 : 20, i;
	const struct xdpwl_entry *found = NULL;

	/* Sorted by address, then length: the last that covers is the longest. */
	for (i = 0; i < table->n; i++) {
		const char *key = (const char *)table->keys + i * size;
		struct prefix prefix = { .family = source->family };
		uint32_t len;

		memcpy(&len, key, sizeof(len));
		memcpy(prefix.addr, key + 4, size - 4);
		prefix.len = len;
		if (prefix_covers(&prefix, source))
			found = (const struct xdpwl_entry *)table->values + i;
	}
	return found;
}

static uint32_t cell_at(const struct tables *tables, uint32_t profile,
			uint32_t class)
{
	const struct xdpwl_cell_key *keys = tables->cells.keys;
	size_t i;

	for (i = 0; i < tables->cells.n; i++)
		if (keys[i].profile == (profile & XDPWL_PROFILE_NUMBER) &&
		    keys[i].class == class)
			return ((uint32_t *)tables->cells.values)[i];
	return 0;
}

static uint32_t cell_entry(const struct tables *tables,
			   const struct xdpwl_entry *entry, uint32_t class,
			   uint32_t group)
{
	bool uniform = entry->profile & XDPWL_PROFILE_UNIFORM;
	bool common = class < XDPWL_COMMON && entry->common >> class & 1;
	uint32_t cell = 0;

	if (common && uniform)
		return entry->cell;
	if (common || (class >= XDPWL_COMMON &&
		       entry->profile & XDPWL_PROFILE_RARE))
		cell = cell_at(tables, entry->profile, class);
	if (!cell && entry->profile & XDPWL_PROFILE_ALL)
		cell = cell_at(tables, entry->profile, XDPWL_CLASS_ALL + group);
	return cell && uniform ? entry->cell : cell;
}

static uint32_t cell_tables(const struct tables *tables,
			    const struct question *q)
{
	uint32_t group = group_of(tables, q), cell = 0, any = 0;
	uint32_t class = class_of(tables, q, group);
	bool four = q->source.family == AF_INET;
	const struct xdpwl_entry *entry = NULL;

	if (tables->slot->flags & XDPWL_HAS_ANY)
		any = tables->any[class ? class : XDPWL_CLASS_ALL + group];
	if (tables->slot->flags & (four ? XDPWL_HAS_4 : XDPWL_HAS_6)) {
		if (near(tables, &q->source, !class))
			entry = longest(tables, &q->source);
	}
	if (entry)
		cell = cell_entry(tables, entry, class, group);
	if (!cell || (any & XDPWL_DENY && !(cell & XDPWL_DENY)))
		return any;
	return cell;
}

static void explain(const struct ruleset *ruleset, const struct question *q,
		    uint32_t plain, uint32_t tables)
{
	char source[PREFIX_TEXT_SIZE];

	prefix_format(&q->source, false, source);
	ruleset_write(ruleset, stderr, NULL, NULL);
	fail_msg("%s proto %u port %u ping %d on %d: rules say %x, tables %x",
		 source, q->proto, q->port, q->ping, q->device, plain, tables);
}

static void test_tables_mean_the_rules(void **state)
{
	struct ruleset ruleset;
	struct question q;
	struct tables tables;
	struct error error;
	int round, i;

	(void)state;
	for (round = 0; round < ROUNDS; round++) {
		ruleset_random(&ruleset);
		if (compile(&tables, &ruleset, devices, 3, random_next(&seed),
			    &error))
			fail_msg("%s", error.text);
		for (i = 0; i < QUESTIONS; i++) {
			question_random(&ruleset, &q);
			if (cell_plain(&ruleset, &q) != cell_tables(&tables, &q))
				explain(&ruleset, &q, cell_plain(&ruleset, &q),
					cell_tables(&tables, &q));
		}
		tables_free(&tables);
		ruleset_free(&ruleset);
	}
}

/* Sources that no rule is asked about are never turned away as strangers, whatever the
 * rules: others say why they drop. */
static void test_impossible_sources_stay(void **state)
{
	static const uint32_t impossible[] = {
		0, 0x00ffffff, 0x7f000001, 0x7fffffff, 0xe0000001, 0xffffffff,
	};
	struct prefix source = { .family = AF_INET, .len = 32 };
	struct ruleset ruleset;
	struct tables tables;
	struct error error;
	uint32_t address;
	int round;
	size_t i;

	(void)state;
	for (round = 0; round < 20; round++) {
		if (round)
			ruleset_random(&ruleset);
		else
			memset(&ruleset, 0, sizeof(ruleset));
		if (compile(&tables, &ruleset, devices, 3, random_next(&seed),
			    &error))
			fail_msg("%s", error.text);
		for (i = 0; i < sizeof(impossible) / sizeof(*impossible); i++) {
			address = htonl(impossible[i]);
			memcpy(source.addr, &address, sizeof(address));
			assert_true(near(&tables, &source, true));
			assert_true(near(&tables, &source, false));
		}
		tables_free(&tables);
		ruleset_free(&ruleset);
	}
}

/* 65,535 prefixes with a port each of their own must work; one class more must not. */
static void test_every_port_its_own_prefix(void **state)
{
	struct ruleset ruleset;
	struct question q = { .source = { .family = AF_INET, .len = 32 },
			      .proto = 6, .device = 0 };
	struct tables tables;
	struct error error;
	size_t length, i;
	char *text;
	FILE *out = open_memstream(&text, &length);

	(void)state;
	for (i = 1; i < 65536; i++)
		fprintf(out, "allow 10.%zu.%zu.1 %zu/tcp\n", i >> 8, i & 255, i);
	fclose(out);
	assert_int_equal(ruleset_parse(&ruleset, "ports", "/", text, length,
				       &error), 0);
	for (i = 0; i < ruleset.n_rules; i++)
		ruleset.rules[i].hit = i + 1;
	assert_int_equal(compile(&tables, &ruleset, devices, 1, 1, &error), 0);
	for (i = 1; i < 65536; i += 997) {
		q.source.addr[0] = 10;
		q.source.addr[1] = i >> 8;
		q.source.addr[2] = i & 255;
		q.source.addr[3] = 1;
		q.port = i;
		assert_int_equal(cell_tables(&tables, &q), i);
		q.port = i == 1 ? 2 : i - 1;
		assert_int_equal(cell_tables(&tables, &q), 0);
	}
	tables_free(&tables);
	ruleset_free(&ruleset);
	text = realloc(text, length + 64);
	length += sprintf(text + length, "allow 192.0.2.1 1/udp\n");
	assert_int_equal(ruleset_parse(&ruleset, "ports", "/", text, length,
				       &error), 0);
	assert_true(compile(&tables, &ruleset, devices, 1, 1, &error) < 0);
	assert_int_equal(error.code, EXIT_FULL);
	ruleset_free(&ruleset);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tables_mean_the_rules),
		cmocka_unit_test(test_impossible_sources_stay),
		cmocka_unit_test(test_every_port_its_own_prefix),
	};
	const char *given = getenv("XDPWL_SEED");

	seed = given ? strtoull(given, NULL, 0) : (uint64_t)time(NULL);
	printf("# seed %llu\n", (unsigned long long)seed);
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
