/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * In: what is attached and what shall be. Out: a plan, its devices for
 * compile(), and the plan carried out or undone. Rules and generations are
 * change.c's.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "links.h"
#include "ruleset_interfaces.h"

int links_begin(struct links *links, const struct running *running,
		struct error *error)
{
	size_t i;

	links->n = 0;
	links->link = calloc(XDPWL_INTERFACES, sizeof(*links->link));
	if (!links->link)
		return error_memory(error);
	for (i = 0; i < running->n_links && i < XDPWL_INTERFACES; i++)
		links->link[links->n++] = (struct link){
			.todo = LINK_KEEP,
			.interface = running->rules.interfaces[i],
			.ifindex = running->links[i].ifindex,
			.mode = running->links[i].mode,
		};
	return 0;
}

void links_free(struct links *links)
{
	free(links->link);
	links->link = NULL;
	links->n = 0;
}

struct link *links_find(const struct links *links, const char *name)
{
	size_t i;

	for (i = 0; i < links->n; i++)
		if (!strcmp(links->link[i].interface.name, name))
			return &links->link[i];
	return NULL;
}

static int link_plan_attach(struct link *link,
			    const struct interface *interface, bool force,
			    struct error *error)
{
	struct kern_device device;
	int err = kern_link_probe(&device, interface->name, force, error);

	if (err)
		return err;
	link->todo = LINK_ATTACH;
	link->interface = *interface;
	link->ifindex = device.ifindex;
	link->prog = device.prog;
	return 0;
}

int links_want(struct links *links, const struct interface *interface,
	       bool force, struct error *error)
{
	struct link *link = links_find(links, interface->name);
	int err;

	if (link && link->ifindex) {
		if (link->todo == LINK_KEEP &&
		    interface->mode != MODE_AUTO &&
		    interface->mode != link->mode)
			link->todo = LINK_REATTACH;
		link->interface = *interface;
		return 0;
	}
	if (link)
		return link_plan_attach(link, interface, force, error);
	if (links->n == XDPWL_INTERFACES)
		return error_set(error, EXIT_FULL,
				 "%s: %d interfaces are attached, no more fit",
				 interface->name, XDPWL_INTERFACES);
	err = link_plan_attach(&links->link[links->n], interface, force, error);
	if (!err)
		links->n++;
	return err;
}

size_t links_left(const struct links *links)
{
	size_t i, left = 0;

	for (i = 0; i < links->n; i++)
		left += links->link[i].todo != LINK_DETACH;
	return left;
}

int links_devices(const struct links *links, struct device **devices,
		  size_t *n, struct error *error)
{
	struct device *device;
	size_t i;

	*n = 0;
	*devices = calloc(links->n + 1, sizeof(**devices));
	if (!*devices)
		return error_memory(error);
	for (i = 0; i < links->n; i++) {
		const struct link *link = &links->link[i];

		if (link->todo == LINK_DETACH || !link->ifindex)
			continue;
		device = &(*devices)[(*n)++];
		memcpy(device->name, link->interface.name, IFNAMSIZ);
		device->ifindex = link->ifindex;
		device->audit = link->interface.audit;
	}
	return 0;
}

int links_describe(const struct links *links, struct ruleset *ruleset,
		   struct error *error)
{
	struct interface *interfaces;
	size_t i, n = 0;
	int err;

	interfaces = calloc(links->n + 1, sizeof(*interfaces));
	if (!interfaces)
		return error_memory(error);
	for (i = 0; i < links->n; i++)
		if (links->link[i].todo != LINK_DETACH)
			interfaces[n++] = links->link[i].interface;
	err = ruleset_take_interfaces(ruleset, interfaces, n, error);
	free(interfaces);
	return err;
}

static struct kern_device link_device(const struct link *link)
{
	struct kern_device device = {
		.ifindex = link->ifindex, .prog = link->prog,
	};

	memcpy(device.name, link->interface.name, IFNAMSIZ);
	return device;
}

static int link_attach(struct link *link, struct kern *kern,
		       enum attach_mode wanted, struct error *error)
{
	struct kern_device device = link_device(link);
	enum attach_mode mode;
	int err = kern_link_attach(kern, &device, wanted, &mode, error);

	if (!err)
		link->mode = mode;
	return err;
}

/* The old program must go before the same device takes another mode. */
static int link_reattach(struct link *link, struct kern *kern,
			 enum attach_mode wanted, struct error *error)
{
	struct kern_device device;
	int err = kern_link_detach(kern, link->interface.name, error);

	if (!err)
		err = kern_link_probe(&device, link->interface.name, true,
				      error);
	if (err)
		return err;
	link->prog = device.prog;
	link->ifindex = device.ifindex;
	return link_attach(link, kern, wanted, error);
}

static int link_change_mode(struct link *link, struct kern *kern,
			    struct error *error)
{
	struct error ignored;
	int err;

	link->before = link->mode;
	err = link_reattach(link, kern, link->interface.mode, error);
	if (err)
		link_attach(link, kern, link->before, &ignored);
	return err;
}

static int links_each(struct links *links, struct kern *kern,
		      enum link_todo todo,
		      int (*step)(struct link *, struct kern *, struct error *),
		      struct error *error)
{
	int err = 0;
	size_t i;

	for (i = 0; i < links->n && !err; i++) {
		if (links->link[i].todo != todo)
			continue;
		err = step(&links->link[i], kern, error);
		links->link[i].done = !err;
	}
	return err;
}

static int link_come(struct link *link, struct kern *kern, struct error *error)
{
	return link_attach(link, kern, link->interface.mode, error);
}

/* The hook last: as long as packets are judged, what is sent counts. */
static int link_go(struct link *link, struct kern *kern, struct error *error)
{
	int err = kern_link_detach(kern, link->interface.name, error);

	if (!err)
		kern_out_unhook(kern, link->interface.name, link->ifindex);
	return err;
}

int links_hook(struct links *links, struct kern *kern, struct error *error)
{
	int err = 0;
	size_t i;

	for (i = 0; i < links->n && !err; i++) {
		struct kern_device device = link_device(&links->link[i]);

		if (links->link[i].todo != LINK_ATTACH)
			continue;
		err = kern_out_hook(kern, &device, error);
		links->link[i].hooked = !err;
	}
	return err;
}

/* Changes of mode last: they alone leave a gap. */
int links_attach(struct links *links, struct kern *kern, struct error *error)
{
	int err = links_each(links, kern, LINK_ATTACH, link_come, error);

	if (!err)
		err = links_each(links, kern, LINK_REATTACH, link_change_mode,
				 error);
	if (err)
		links_undo(links, kern);
	return err;
}

void links_undo(struct links *links, struct kern *kern)
{
	struct error ignored;
	size_t i;

	for (i = 0; i < links->n; i++) {
		struct link *link = &links->link[i];

		if (link->todo == LINK_ATTACH && link->done)
			link_go(link, kern, &ignored);
		else if (link->hooked)
			kern_out_unhook(kern, link->interface.name,
					link->ifindex);
		if (link->todo == LINK_REATTACH && link->done)
			link_reattach(link, kern, link->before, &ignored);
		link->done = false;
	}
}

int links_detach(struct links *links, struct kern *kern, struct error *error)
{
	return links_each(links, kern, LINK_DETACH, link_go, error);
}

/* What is sent first: the new program knows the flows that it asks for. */
static int link_renew(struct kern *kern, const struct kern_link *link,
		      struct error *error)
{
	struct kern_device device;
	int err = kern_link_device(&device, link, error);

	if (!err)
		err = kern_out_hook(kern, &device, error);
	return err ? err : kern_link_update(kern, link, error);
}

int links_update(struct running *running, struct error *error)
{
	int err = 0;
	size_t i;

	for (i = 0; i < running->n_links && !err; i++)
		if (running->links[i].ifindex)
			err = link_renew(&running->kern, &running->links[i],
					 error);
	return err;
}
