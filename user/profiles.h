/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Rules that meet at one prefix to a profile: what its source may do, class by
 * class, closed over the covering prefix. Profiles that come from the same parent
 * and the same rules are one.
 */
#ifndef PROFILES_H
#define PROFILES_H

#include "classes.h"
#include "memo.h"

struct profile {
	struct xdpwl_cell_key *keys;	/* .profile is this one's number; sorted by class */
	uint32_t *cells;
	uint32_t n;
	bool uniform;
};

struct profiles {
	const struct ruleset *ruleset;
	const struct classes *classes;
	struct profile *all;		/* [0] is empty */
	uint32_t n, capacity;
	size_t n_cells;
	uint32_t *uniform;		/* [n_scopes]: profile number, 0: not made yet */
	struct memo memo;
	struct scratch *scratch;
	uint64_t *ids;			/* rule_id() of each that was asked for, or 0 */
};

int profiles_init(struct profiles *profiles, const struct ruleset *ruleset,
		  const struct classes *classes);
void profiles_free(struct profiles *profiles);

/*
 * The state of a prefix whose covering prefix has `parent`, and which these rules
 * name themselves (indices into the ruleset, ascending). -ENOSPC beyond what
 * memory should hold, -ENOMEM.
 */
int profiles_state(struct profiles *profiles, struct state parent,
		   const uint32_t *rules, uint32_t n, struct state *state);

/* The trie's value for a state. */
struct xdpwl_entry profiles_entry(const struct profiles *profiles,
				  struct state state);

/* Cells of rules for `any`, dense: cells[XDPWL_ANY_CELLS]. */
void profiles_any(struct profiles *profiles, const uint32_t *rules, uint32_t n,
		  uint32_t *cells);

#endif
