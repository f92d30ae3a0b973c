/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * In: a planned change. Out: the kernel and the rules file as planned, or as
 * they were. Everything that can refuse comes first; the file is persisted
 * before its rules take effect; the switch is one write; what goes, goes last.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include "added.h"
#include "caller.h"
#include "carry.h"
#include "change.h"

/* How far a commit has come, for undoing it. */
struct progress {
	struct kern_file file;
	bool prepared;
	bool first;		/* nothing was attached: the pins are ours */
	bool created, switched;
	uint32_t before, place;	/* of generations */
};

/* ---- the lockout guard ---- */

bool change_passes(const struct change *change,
		   const struct guard_session *session, bool audit,
		   const struct rule **denied)
{
	int family = session->server.family;
	bool passes = false;
	uint8_t addr[16];
	size_t i;

	for (i = 0; i < change->links.n; i++) {
		const struct link *link = &change->links.link[i];
		const char *name = link->interface.name;
		bool here;

		if (link->todo == LINK_DETACH || !link->ifindex)
			continue;
		here = (audit && link->interface.audit) ||
		       guard_passes(&change->next, session, name, denied);
		if (!kern_device_address(name, family, addr) &&
		    !memcmp(addr, session->server.addr,
			    family == AF_INET ? 4 : 16))
			return here;
		passes |= here;
	}
	return passes;
}

static int guard_ask(const struct change *change, struct error *error)
{
	const struct rule *denied = NULL;
	struct guard_session session;
	char client[PREFIX_TEXT_SIZE], *deny = NULL;

	if (!change->guarded || !change->rebuild || change->context->force ||
	    !caller_session(&session) ||
	    change_passes(change, &session, true, &denied))
		return 0;
	prefix_format(&session.client, false, client);
	if (denied)
		deny = rule_format(denied);
	if (deny)
		error_set(error, EXIT_LOCKOUT,
			  "`%s` would drop a new SSH connection from %s to port %u, so nothing was changed; --force goes on all the same",
			  deny, client, session.port);
	else
		error_set(error, EXIT_LOCKOUT,
			  "a new SSH connection from %s to port %u would be dropped, so nothing was changed: `xdpwl allow %s %u` lets it in, --force goes on all the same",
			  client, session.port, client, session.port);
	free(deny);
	return -EINVAL;
}

/* ---- a generation ---- */

static int generation_write(struct change *change, struct kern *kern,
			    const struct tables *tables,
			    struct progress *progress, struct error *error)
{
	uint64_t number = progress->first ? 1 : kern_generation(kern) + 1;
	struct store store;
	int err = store_write(&store, &change->next, change->origin, true,
			      error);

	if (err)
		return err;
	err = kern_maps_fill(kern, tables, number, &progress->place, error);
	if (!err)
		err = kern_text_fill(kern, progress->place, &store, error);
	store_free(&store);
	return err;
}

/* The one new rule beside the tables in force, if it can stand there. */
static bool rule_add(struct change *change, struct progress *progress,
		     uint32_t fresh)
{
	struct kern *kern = &change->running.kern;
	struct xdpwl_added added;
	struct store store;
	struct error ignored;
	int err;

	if (progress->first || !change->adds ||
	    change->next.n_rules != change->running.rules.n_rules + 1 ||
	    !added_build(&added, kern_added(kern), &change->next, fresh) ||
	    store_write(&store, &change->next, change->origin, false, &ignored))
		return false;
	err = kern_added_fill(kern, &added, &store, kern_generation(kern) + 1,
			      &progress->place);
	store_free(&store);
	return !err;
}

static int tables_compile(struct change *change, struct tables *tables,
			  struct error *error)
{
	struct device *devices;
	uint64_t seed;
	size_t n;
	int err;

	if (getrandom(&seed, sizeof(seed), 0) != sizeof(seed))
		return error_system(error, errno, EXIT_SYSTEM,
				    "cannot read random numbers");
	err = links_devices(&change->links, &devices, &n, error);
	if (err)
		return err;
	err = compile(tables, &change->next, devices, n, seed, error);
	free(devices);
	return err;
}

/* ---- the steps ---- */

static int kern_ready(struct change *change, struct progress *progress,
		      struct error *error)
{
	struct running *running = &change->running;
	int err;

	if (!progress->first)
		return 0;
	err = kern_create(&running->kern, change->context->pin_dir,
			  &(struct kern_sizes){
				  .flows = change->next.options.flows,
				  .fragments = change->next.options.fragments,
			  }, error);
	running->opened = progress->created = !err;
	return err;
}

/* The whole of a generation anew. */
static int tables_build(struct change *change, struct progress *progress,
			struct error *error)
{
	struct tables tables;
	/* Of any other command running_open() has looked. */
	int err = change->adds ? store_check(&change->next, error) : 0;

	if (!err)
		err = tables_compile(change, &tables, error);
	if (err)
		return err;
	err = generation_write(change, &change->running.kern, &tables, progress,
			       error);
	tables_free(&tables);
	return err;
}

/* Everything that is not visible yet. */
static int generation_build(struct change *change, struct progress *progress,
			    struct error *error)
{
	struct running *running = &change->running;
	uint32_t *fresh, last;
	size_t n;
	int err;

	err = carry_fresh(&change->next,
			  running->attached ? &running->rules : NULL,
			  XDPWL_HIT_CHUNK * XDPWL_HIT_CHUNKS, &fresh, &n, &last,
			  error);
	if (err)
		return err;
	err = kern_ready(change, progress, error);
	/* Counters of new rules are zero before a packet reaches them. */
	if (!err && n)
		err = kern_hits_reset(&running->kern, last, fresh, n, error);
	if (!err && !(n == 1 && rule_add(change, progress, fresh[0])))
		err = tables_build(change, progress, error);
	free(fresh);
	return err;
}

static int generation_activate(struct change *change, struct progress *progress,
			       struct error *error)
{
	struct kern *kern = &change->running.kern;

	progress->before = kern_place(kern);
	kern_place_switch(kern, progress->place);
	progress->switched = true;
	return progress->first ? kern_pin(kern, error) : 0;
}

static void undo(struct change *change, struct progress *progress)
{
	struct kern *kern = &change->running.kern;
	struct error ignored;

	if (progress->prepared)
		kern_file_abandon(&progress->file);
	if (!change->running.opened)
		return;
	links_undo(&change->links, kern);
	if (progress->created)
		kern_remove(change->context->pin_dir, &ignored);
	else if (progress->switched)
		kern_place_switch(kern, progress->before);
}

/* What they send is hooked and what is open is learned before anything can drop. */
static int devices_attach(struct change *change, struct error *error)
{
	struct kern *kern = &change->running.kern;
	int err = links_hook(&change->links, kern, error);

	if (!err)
		err = change_seed(change, error);
	if (err)
		return err;
	return links_attach(&change->links, kern, error);
}

/* All that can refuse. The new rules are in force at its end only where
 * their links need them, else they wait for the file. */
static int steps(struct change *change, struct progress *progress,
		 struct error *error)
{
	bool early = progress->first || change->rules_first;
	int err = 0;

	if (change->rebuild)
		err = generation_build(change, progress, error);
	if (!err && change->write) {
		err = kern_file_prepare(&progress->file, change->rules_path,
					&change->text, error);
		progress->prepared = !err;
	}
	if (!err && change->rebuild && early)
		err = generation_activate(change, progress, error);
	if (!err && change->running.opened)
		err = devices_attach(change, error);
	if (err || !change->write)
		return err;
	err = kern_file_commit(&progress->file, error);
	progress->prepared = false;
	return err;
}

static int finish(struct change *change, struct progress *progress,
		  struct error *error)
{
	int err = 0;

	if (!change->running.opened)
		return 0;
	if (change->rebuild && !progress->switched)
		err = generation_activate(change, progress, error);
	if (!err)
		err = links_detach(&change->links, &change->running.kern,
				   error);
	if (!err && progress->switched && !progress->first)
		kern_maps_retire(&change->running.kern, progress->before);
	if (!err && !links_left(&change->links))
		err = kern_remove(change->context->pin_dir, error);
	return err;
}

static int next_complete(struct change *change, struct error *error)
{
	if (change->parses && !change->context->runtime &&
	    !strcmp(change->origin, change->rules_path))
		carry_marks(&change->next, &change->saved, CARRY_LINES);
	return links_describe(&change->links, &change->next, error);
}

int change_commit(struct change *change, struct error *error)
{
	struct progress progress = { .first = !change->running.attached };
	int err = 0;

	/* Nobody is left whom rules could concern. */
	if (!links_left(&change->links))
		change->rebuild = false;
	if (change->rebuild)
		err = next_complete(change, error);
	if (!err)
		err = guard_ask(change, error);
	if (!err)
		err = steps(change, &progress, error);
	if (err) {
		undo(change, &progress);
		return err;
	}
	return finish(change, &progress, error);
}
