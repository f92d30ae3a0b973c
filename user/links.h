/* SPDX-License-Identifier: GPL-2.0-only */
/* The devices of a change: which stay, come, move to another mode, or go. */
#ifndef LINKS_H
#define LINKS_H

#include "running.h"

enum link_todo { LINK_KEEP, LINK_ATTACH, LINK_REATTACH, LINK_DETACH };

struct link {
	enum link_todo todo;
	struct interface interface;	/* name, the mode asked for, audit */
	uint32_t ifindex;		/* 0: the device is gone */
	enum attach_mode mode;		/* as it runs, 0 before it does */
	enum attach_mode before;	/* LINK_REATTACH: as it ran */
	enum kern_prog prog;		/* LINK_ATTACH, LINK_REATTACH */
	bool done, hooked;
};

struct links {
	struct link *link;
	size_t n;
};

/* All that runs, to be kept. */
int links_begin(struct links *links, const struct running *running,
		struct error *error);
void links_free(struct links *links);
struct link *links_find(const struct links *links, const char *name);

/* Plan that `interface` is attached. One that is not is probed here, so that
 * a refusal changes nothing; a mode of MODE_AUTO is content with any that
 * runs. */
int links_want(struct links *links, const struct interface *interface,
	       bool force, struct error *error);

/* How many are left by the plan. */
size_t links_left(const struct links *links);

/* Those left, for compile(); malloc'ed. Devices that are gone are left out. */
int links_devices(const struct links *links, struct device **devices,
		  size_t *n, struct error *error);
/* Those left, as the `interface` lines of a model. */
int links_describe(const struct links *links, struct ruleset *ruleset,
		   struct error *error);

/* Hook what those to be attached send, before their first answer can drop. */
int links_hook(struct links *links, struct kern *kern, struct error *error);
/* Carry out ATTACH and REATTACH; on error all of it is undone. */
int links_attach(struct links *links, struct kern *kern, struct error *error);
void links_undo(struct links *links, struct kern *kern);
/* Carry out DETACH. */
int links_detach(struct links *links, struct kern *kern, struct error *error);
/* Put kern->prog in place on all that runs. */
int links_update(struct running *running, struct error *error);

#endif
