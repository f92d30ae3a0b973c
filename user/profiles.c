/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The precedence of rules, in one place. At one prefix, a deny comes before an
 * allow and a lower id before a higher; between a prefix and the one around it, a
 * deny of either wins, and among equals the longer prefix. Rules for `all` are
 * merged into every class of the groups they hold in, so that one cell answers.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "profiles.h"

#define CELLS_MAX (1u << 24)
#define KEYS (XDPWL_CLASSES + XDPWL_GROUPS)	/* classes, then `all` by group */

/* Cells by class, and which of them are set: reset by walking `touched`. */
struct scratch {
	uint32_t cell[KEYS];
	uint32_t touched[KEYS];
	uint32_t n;
};

int profiles_init(struct profiles *profiles, const struct ruleset *ruleset,
		  const struct classes *classes)
{
	memset(profiles, 0, sizeof(*profiles));
	profiles->ruleset = ruleset;
	profiles->classes = classes;
	profiles->n = 1;
	profiles->capacity = 64;
	profiles->all = calloc(profiles->capacity, sizeof(*profiles->all));
	profiles->uniform = calloc(classes->n_scopes + 1, sizeof(uint32_t));
	profiles->scratch = calloc(1, sizeof(*profiles->scratch));
	profiles->ids = calloc(ruleset->n_rules + 1, sizeof(*profiles->ids));
	if (!profiles->all || !profiles->uniform || !profiles->scratch ||
	    !profiles->ids)
		return -ENOMEM;
	return memo_init(&profiles->memo);
}

void profiles_free(struct profiles *profiles)
{
	uint32_t i;

	for (i = 0; profiles->all && i < profiles->n; i++) {
		free(profiles->all[i].keys);
		free(profiles->all[i].cells);
	}
	memo_free(&profiles->memo);
	free(profiles->all);
	free(profiles->uniform);
	free(profiles->scratch);
	free(profiles->ids);
	memset(profiles, 0, sizeof(*profiles));
}

static const struct scope *rule_scope(const struct profiles *profiles,
				      uint32_t rule)
{
	const struct classes *classes = profiles->classes;

	return &classes->scopes[classes->scope_of[rule]];
}

static uint32_t rule_cell(const struct profiles *profiles, uint32_t rule)
{
	const struct rule *r = &profiles->ruleset->rules[rule];

	return r->hit | (r->action == RULE_DENY ? XDPWL_DENY : 0);
}

/* ---- the rules of one prefix: while these are compared, a scratch cell holds the
 * index of a rule, plus one ---- */

static uint64_t id_of(const struct profiles *profiles, uint32_t rule)
{
	uint64_t *id = &profiles->ids[rule];

	if (!*id)
		*id = rule_id(&profiles->ruleset->rules[rule]);
	return *id;
}

/* Whether rule a comes before rule b where both name the same prefix. */
static bool rule_first(const struct profiles *profiles, uint32_t a, uint32_t b)
{
	const struct rule *x = &profiles->ruleset->rules[a];
	const struct rule *y = &profiles->ruleset->rules[b];

	if (x->action != y->action)
		return x->action == RULE_DENY;
	return id_of(profiles, a) < id_of(profiles, b);
}

static void scratch_set(struct scratch *scratch, uint32_t class, uint32_t cell)
{
	if (!scratch->cell[class])
		scratch->touched[scratch->n++] = class;
	scratch->cell[class] = cell;
}

static void scratch_reset(struct scratch *scratch)
{
	while (scratch->n)
		scratch->cell[scratch->touched[--scratch->n]] = 0;
}

static void rule_note(struct profiles *profiles, uint32_t class, uint32_t rule)
{
	uint32_t there = profiles->scratch->cell[class];

	if (!there || rule_first(profiles, rule, there - 1))
		scratch_set(profiles->scratch, class, rule + 1);
}

static void rule_write(struct profiles *profiles, uint32_t rule)
{
	const struct scope *scope = rule_scope(profiles, rule);
	uint32_t i;

	for (i = 0; i < scope->n_classes; i++)
		rule_note(profiles, scope->classes[i], rule);
	for (i = 0; scope->all && i < XDPWL_GROUPS; i++)
		if (scope->groups >> i & 1)
			rule_note(profiles, XDPWL_CLASS_ALL + i, rule);
}

/* All rules of one prefix into the scratch, as cells: `all` merged into the classes
 * that others of them name. */
static void own_write(struct profiles *profiles, const uint32_t *rules,
		      uint32_t n)
{
	const uint8_t *group_of = profiles->classes->group_of;
	struct scratch *scratch = profiles->scratch;
	uint32_t i, all;

	for (i = 0; i < n; i++)
		rule_write(profiles, rules[i]);
	for (i = 0; i < scratch->n; i++) {
		uint32_t class = scratch->touched[i];

		if (class >= XDPWL_CLASS_ALL)
			continue;
		all = scratch->cell[XDPWL_CLASS_ALL + group_of[class]];
		if (all)
			rule_note(profiles, class, all - 1);
	}
	for (i = 0; i < scratch->n; i++) {
		uint32_t *cell = &scratch->cell[scratch->touched[i]];

		*cell = rule_cell(profiles, *cell - 1);
	}
}

/* ---- closing over the covering prefix ---- */

/* A deny of either wins, else the own, longer one. */
static uint32_t cell_close(uint32_t own, uint32_t parent)
{
	if (!own || (parent & XDPWL_DENY && !(own & XDPWL_DENY)))
		return parent;
	return own;
}

/* What a state says of a class, `all` included: as the program asks it. */
static uint32_t state_cell(const struct profiles *profiles, struct state state,
			   uint32_t class)
{
	const struct profile *profile = &profiles->all[state.profile];
	uint32_t low = 0, high = profile->n, middle;

	while (low < high) {
		middle = (low + high) / 2;
		if (profile->keys[middle].class < class)
			low = middle + 1;
		else
			high = middle;
	}
	if (low < profile->n && profile->keys[low].class == class)
		return profile->uniform ? state.cell : profile->cells[low];
	if (class < XDPWL_CLASS_ALL)
		return state_cell(profiles, state, XDPWL_CLASS_ALL +
				  profiles->classes->group_of[class]);
	return 0;
}

static void parent_write(struct profiles *profiles, struct state parent)
{
	const struct profile *profile = &profiles->all[parent.profile];
	const struct classes *classes = profiles->classes;
	struct scratch *scratch = profiles->scratch;
	uint32_t i, own = scratch->n;

	/* What only the parent names: the own `all` may have a word on it, so this
	 * comes before that is closed; in a profile it stands behind the classes. */
	for (i = 0; i < profile->n; i++) {
		uint32_t class = profile->keys[i].class, all = 0;

		if (scratch->cell[class])
			continue;
		if (class < XDPWL_CLASS_ALL)
			all = scratch->cell[XDPWL_CLASS_ALL +
					    classes->group_of[class]];
		scratch_set(scratch, class,
			    cell_close(all, state_cell(profiles, parent,
						       class)));
	}
	/* What the own rules name: against the parent's word on it. */
	for (i = 0; i < own; i++) {
		uint32_t class = scratch->touched[i];

		scratch->cell[class] = cell_close(
			scratch->cell[class],
			state_cell(profiles, parent, class));
	}
}

/* ---- profiles ---- */

/* The scratch as a new profile; -ENOSPC when too much is held already. */
static int profile_take(struct profiles *profiles, bool uniform,
			uint32_t *number)
{
	struct scratch *scratch = profiles->scratch;
	struct profile *profile;
	uint32_t i;

	profiles->n_cells += scratch->n;
	if (profiles->n_cells > CELLS_MAX ||
	    profiles->n == XDPWL_PROFILE_NUMBER)
		return -ENOSPC;
	if (profiles->n == profiles->capacity) {
		profile = realloc(profiles->all, 2 * profiles->capacity *
							 sizeof(*profile));
		if (!profile)
			return -ENOMEM;
		profiles->all = profile;
		profiles->capacity *= 2;
	}
	profile = &profiles->all[profiles->n];
	*profile = (struct profile){
		.keys = calloc(scratch->n + 1, sizeof(*profile->keys)),
		.cells = calloc(scratch->n + 1, sizeof(*profile->cells)),
		.n = scratch->n,
		.uniform = uniform,
	};
	*number = profiles->n++;
	if (!profile->keys || !profile->cells)
		return -ENOMEM;
	qsort(scratch->touched, scratch->n, sizeof(uint32_t), number_compare);
	for (i = 0; i < scratch->n; i++) {
		profile->keys[i].profile = *number;
		profile->keys[i].class = scratch->touched[i];
		profile->cells[i] = scratch->cell[scratch->touched[i]];
	}
	return 0;
}

/* One rule and nothing around it: the classes of its scope, shared by all such. */
static int state_uniform(struct profiles *profiles, uint32_t rule,
			 struct state *state)
{
	uint32_t *made = &profiles->uniform[profiles->classes->scope_of[rule]];
	int err = 0;

	state->cell = rule_cell(profiles, rule);
	if (!*made) {
		own_write(profiles, &rule, 1);
		err = profile_take(profiles, true, made);
		scratch_reset(profiles->scratch);
	}
	state->profile = *made;
	if (!err && !profiles->all[*made].n)
		*state = (struct state){ 0, 0 };	/* `on` nothing attached */
	return err;
}

static bool scratch_is(const struct profiles *profiles, struct state state)
{
	const struct profile *profile = &profiles->all[state.profile];
	uint32_t i;

	if (profile->n != profiles->scratch->n)
		return false;
	for (i = 0; i < profile->n; i++) {
		uint32_t cell = profile->uniform ? state.cell :
						   profile->cells[i];

		if (profiles->scratch->cell[profile->keys[i].class] != cell)
			return false;
	}
	return true;
}

static int state_merge(struct profiles *profiles, struct state parent,
		       const uint32_t *rules, uint32_t n, struct state *state)
{
	int err = 0;

	own_write(profiles, rules, n);
	parent_write(profiles, parent);
	*state = parent;
	if (!scratch_is(profiles, parent)) {
		state->cell = 0;
		err = profile_take(profiles, false, &state->profile);
	}
	scratch_reset(profiles->scratch);
	return err;
}

int profiles_state(struct profiles *profiles, struct state parent,
		   const uint32_t *rules, uint32_t n, struct state *state)
{
	struct memo_entry *known;
	int err;

	if (n == 1 && !parent.profile)
		return state_uniform(profiles, rules[0], state);
	err = memo_find(&profiles->memo, parent, rules, n, &known);
	if (err)
		return err;
	if (!known->rules) {
		err = state_merge(profiles, parent, rules, n, &known->state);
		if (!err)
			err = memo_keep(&profiles->memo, known, rules);
		if (err)
			return err;
	}
	*state = known->state;
	return 0;
}

struct xdpwl_entry profiles_entry(const struct profiles *profiles,
				  struct state state)
{
	const struct profile *profile = &profiles->all[state.profile];
	struct xdpwl_entry entry = { .profile = state.profile,
				     .cell = state.cell };
	uint32_t i;

	if (profile->uniform)
		entry.profile |= XDPWL_PROFILE_UNIFORM;
	for (i = 0; i < profile->n && profile->keys[i].class < XDPWL_COMMON;
	     i++)
		entry.common |= 1ull << profile->keys[i].class;
	if (i < profile->n && profile->keys[i].class < XDPWL_CLASS_ALL)
		entry.profile |= XDPWL_PROFILE_RARE;
	if (profile->n &&
	    profile->keys[profile->n - 1].class >= XDPWL_CLASS_ALL)
		entry.profile |= XDPWL_PROFILE_ALL;
	return entry;
}

void profiles_any(struct profiles *profiles, const uint32_t *rules, uint32_t n,
		  uint32_t *cells)
{
	struct scratch *scratch = profiles->scratch;
	uint32_t i, all;

	own_write(profiles, rules, n);
	for (i = 1; i < KEYS; i++) {
		all = i;
		if (i < profiles->classes->n)
			all = XDPWL_CLASS_ALL + profiles->classes->group_of[i];
		cells[i] = scratch->cell[i] ? scratch->cell[i] :
					      scratch->cell[all];
	}
	scratch_reset(scratch);
}
