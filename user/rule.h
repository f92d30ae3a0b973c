/* SPDX-License-Identifier: GPL-2.0-only */
/* One statement of the rules language: text to struct and back. */
#ifndef RULE_H
#define RULE_H

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>
#include "error.h"
#include "prefix.h"
#include "service.h"

enum rule_action { RULE_ALLOW, RULE_DENY };
enum source_kind { SOURCE_PREFIX, SOURCE_ANY, SOURCE_SET };

#define RULE_NAME_SIZE 64	/* set names: [A-Za-z0-9_.-]+, with the final NUL */

struct source {
	enum source_kind kind;
	struct prefix prefix;		/* SOURCE_PREFIX */
	char set[RULE_NAME_SIZE];	/* SOURCE_SET, without the @ */
};

/* The interfaces behind `on`, sorted, without repetition. */
struct interfaces {
	uint32_t n;
	char name[][IFNAMSIZ];
};

struct rule {
	enum rule_action action;
	struct source source;
	struct services *services;	/* owned by whom the holder's header says */
	struct interfaces *on;		/* NULL: every attached interface */
	char *comment;			/* NULL: none */
	/* Origin, for messages: where this rule stands now. 0: typed with --runtime. */
	uint32_t line;
	uint32_t hit;			/* counter number, 0 until assigned */
};

enum attach_mode { MODE_AUTO, MODE_NATIVE, MODE_GENERIC };
extern const char *const attach_mode_names[];	/* indexed by enum attach_mode */

struct interface {
	char name[IFNAMSIZ];
	enum attach_mode mode;
	bool audit;
	uint32_t line;
};

/* A word of a line and where it stands there, so that an editor can replace it. */
struct word {
	const char *text;	/* unquoted; points into the line or into `scratch` */
	uint32_t length;
	uint32_t start, end;	/* byte offsets in the line, quotes included */
};

/*
 * Split a line into words: blanks separate, "..." with \" and \\ quotes, # starts a
 * comment at the start of a word. Unquoting rewrites quoted words inside `line`
 * itself, hence not const. Returns how many, or -errno (an unclosed quote, a control
 * character, more than `max` words). *comment is the offset of the # or of the end.
 */
int line_split(char *line, uint32_t length, struct word *words, int max,
	       uint32_t *comment, struct error *error);

enum statement_kind {
	STATEMENT_EMPTY, STATEMENT_RULE, STATEMENT_INTERFACE, STATEMENT_SET,
	STATEMENT_OPTION,
};

/* What a `set` line says; members are parsed, not kept as text. */
struct set_line {
	char name[RULE_NAME_SIZE];
	char *path;			/* `file`: as written, malloc'ed; NULL: inline */
	struct prefix *members;		/* inline, malloc'ed */
	size_t n_members;
};

struct option_line {
	const char *name;	/* points at the static name */
	uint32_t value;		/* on/off 1/0, number, ethertype */
};

struct statement {
	enum statement_kind kind;
	union {
		struct rule rule;		/* services, on, comment malloc'ed */
		struct interface interface;
		struct set_line set;
		struct option_line option;
	};
	/* Where the services word stands in a rule line (0, 0: `deny` alone). */
	uint32_t services_start, services_end;
};

/*
 * Parse one line (no newline; a final CR is dropped). The text is copied, not kept. What later
 * versions bring (for, until, url, jq, host:, option confirm, open-on-stop on) is
 * understood and refused by name. Messages do not name file or line: the caller does.
 */
int statement_parse(struct statement *statement, const char *line, size_t length,
		    struct error *error);
void statement_free(struct statement *statement);

/* Canonical line, malloc'ed, without newline: takes itself back through
 * statement_parse(). NULL: no memory. */
char *rule_format(const struct rule *rule);
/* The part of it that revoke takes: source, on; for messages. malloc'ed */
char *source_format(const struct source *source);

/* behaviour.md section 4: first 64 bits of SHA-256 over action, normalised source,
 * sorted services and `on`. Costs a microsecond: not for each line of a file. */
uint64_t rule_id(const struct rule *rule);
/* Whether all that is the same, and a hash of it. */
bool rule_equal(const struct rule *a, const struct rule *b);
uint32_t rule_hash(const struct rule *rule);

bool source_equal(const struct source *a, const struct source *b);
bool interfaces_equal(const struct interfaces *a, const struct interfaces *b);

#endif
