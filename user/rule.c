/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What makes two rules the same: comparison of their parts, and the number that
 * names a rule. In: rules in normal form. Reads and writes no text but the one
 * that is hashed.
 */
#include <stdlib.h>
#include <string.h>
#include "intern.h"
#include "rule.h"
#include "sha256.h"

const char *const attach_mode_names[] = {
	[MODE_AUTO] = "auto", [MODE_NATIVE] = "native", [MODE_GENERIC] = "generic",
};

bool source_equal(const struct source *a, const struct source *b)
{
	if (a->kind != b->kind)
		return false;
	if (a->kind == SOURCE_PREFIX)
		return prefix_equal(&a->prefix, &b->prefix);
	return a->kind == SOURCE_ANY || strcmp(a->set, b->set) == 0;
}

bool interfaces_equal(const struct interfaces *a, const struct interfaces *b)
{
	if (!a || !b)
		return a == b;
	return a->n == b->n &&
	       memcmp(a->name, b->name, a->n * sizeof(a->name[0])) == 0;
}

bool rule_equal(const struct rule *a, const struct rule *b)
{
	return a->action == b->action && source_equal(&a->source, &b->source) &&
	       services_equal(a->services, b->services) &&
	       interfaces_equal(a->on, b->on);
}

static uint32_t source_hash(const struct source *source)
{
	switch (source->kind) {
	case SOURCE_PREFIX:
		return hash_bytes(&source->prefix, sizeof(source->prefix));
	case SOURCE_SET:
		return hash_bytes(source->set, strlen(source->set));
	case SOURCE_ANY:
		break;
	}
	return 0;
}

uint32_t rule_hash(const struct rule *rule)
{
	const struct services *services = rule->services;
	const uint32_t parts[] = {
		rule->action, source_hash(&rule->source),
		hash_bytes(services->s, services->n * sizeof(services->s[0])),
		rule->on ? hash_bytes(rule->on->name,
				      rule->on->n * sizeof(rule->on->name[0])) : 0,
	};

	return hash_bytes(parts, sizeof(parts));
}

static void hash_text(struct sha256 *sha, const char *text)
{
	sha256_update(sha, text, strlen(text));
}

static void hash_source(struct sha256 *sha, const struct source *source)
{
	char text[PREFIX_TEXT_SIZE];

	switch (source->kind) {
	case SOURCE_PREFIX:
		prefix_format(&source->prefix, true, text);
		hash_text(sha, text);
		break;
	case SOURCE_ANY:
		hash_text(sha, "any");
		break;
	case SOURCE_SET:
		hash_text(sha, "@");
		hash_text(sha, source->set);
		break;
	}
}

static void hash_services(struct sha256 *sha, const struct services *services)
{
	char text[SERVICE_TEXT_SIZE];

	for (uint32_t i = 0; i < services->n; i++) {
		if (i > 0)
			hash_text(sha, ",");
		service_format(&services->s[i], text);
		hash_text(sha, text);
	}
}

/*
 * Frozen: counters and those who keep ids outlive this version. What is hashed
 * is, in ASCII, without a final NUL or newline,
 *
 *	action " " source " " services [ " on " interfaces ]
 *
 * action: "allow" or "deny". source: the prefix with its length always
 * ("203.0.113.5/32", IPv6 as RFC 5952 writes it), "any", or "@" and the set's
 * name. services: each as service_format() writes it, in the order of struct
 * services, with commas between ("22/tcp,22/udp"; "all" for a bare `deny`).
 * interfaces: sorted by byte, without repetition, with commas between. As in
 * "allow 203.0.113.5/32 22/tcp,22/udp on eth0,eth1". The comment has no part in it.
 * The id is the first 8 bytes of the digest, big-endian: "%016lx" prints the
 * first 16 hex digits.
 */
uint64_t rule_id(const struct rule *rule)
{
	uint8_t digest[SHA256_SIZE];
	struct sha256 sha;
	uint64_t id = 0;

	sha256_init(&sha);
	hash_text(&sha, rule->action == RULE_ALLOW ? "allow " : "deny ");
	hash_source(&sha, &rule->source);
	hash_text(&sha, " ");
	hash_services(&sha, rule->services);
	for (uint32_t i = 0; rule->on && i < rule->on->n; i++) {
		hash_text(&sha, i > 0 ? "," : " on ");
		hash_text(&sha, rule->on->name[i]);
	}
	sha256_final(&sha, digest);
	for (int i = 0; i < 8; i++)
		id = id << 8 | digest[i];
	return id;
}
