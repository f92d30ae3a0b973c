/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * In: the pin directory. Out: the rules, links and counters that packets meet
 * now. It reads pins and never changes them, nor looks at the rules file.
 */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "ruleset_interfaces.h"
#include "running.h"

/* Interfaces of the stored rules are what a command wanted; links are what
 * is. */
static int interfaces_follow_links(struct running *running, struct error *error)
{
	struct interface *interfaces, *stored;
	size_t i;
	int err;

	interfaces = calloc(running->n_links + 1, sizeof(*interfaces));
	if (!interfaces)
		return error_memory(error);
	for (i = 0; i < running->n_links; i++) {
		stored = ruleset_interface(&running->rules,
					   running->links[i].name);
		if (stored)
			interfaces[i] = *stored;
		else
			memcpy(interfaces[i].name, running->links[i].name,
			       IFNAMSIZ);
		interfaces[i].line = 0;
	}
	err = ruleset_take_interfaces(&running->rules, interfaces,
				      running->n_links, error);
	free(interfaces);
	return err;
}

static int rules_load(struct running *running, struct error *error)
{
	int err = kern_text_read(&running->kern, &running->text, error);

	if (!err)
		err = store_read(&running->rules, &running->origin,
				 &running->text.store, error);
	if (err)
		return err;
	running->attached = true;
	return interfaces_follow_links(running, error);
}

static int pins_check_absent(const char *pin_dir, struct error *error)
{
	DIR *directory = opendir(pin_dir);
	const struct dirent *entry = NULL;

	while (directory && (entry = readdir(directory)))
		if (entry->d_name[0] != '.')
			break;
	if (directory)
		closedir(directory);
	if (!entry)
		return 0;
	return error_set(error, EXIT_SYSTEM,
			 "the pins in %s are damaged: the control block is missing; xdpwl detach --all --force removes them",
			 pin_dir);
}

int running_open_quick(struct running *running, const char *pin_dir,
		       struct error *error)
{
	struct error why;
	bool leftover;
	int err;

	memset(running, 0, sizeof(*running));
	err = kern_open(&running->kern, pin_dir, &why);
	/* A pin that is missing among others is damage, not absence. */
	if (err == -ENOENT && why.code == EXIT_ABSENT)
		return pins_check_absent(pin_dir, error);
	/* Say which capability it is, if it is one. */
	if (err && (why.code != EXIT_PERMISSION || !kern_privileges(error)))
		*error = why;
	if (err)
		return err;
	running->opened = true;
	err = kern_link_list(&running->kern, &running->links,
			     &running->n_links, error);
	if (!err && running->n_links)
		err = rules_load(running, error);
	leftover = !err && !running->n_links;
	if (err || leftover)
		running_close(running);
	running->leftover = leftover;
	return err;
}

int running_open(struct running *running, const char *pin_dir,
		 struct error *error)
{
	int err = running_open_quick(running, pin_dir, error);

	if (!err && running->attached)
		err = store_check(&running->rules, error);
	if (err)
		running_close(running);
	return err;
}

int running_require(struct running *running, const char *pin_dir,
		    struct error *error)
{
	int err = running_open(running, pin_dir, error);

	if (err || running->attached)
		return err;
	return error_set(error, EXIT_ABSENT,
			 "nothing is attached (%s); xdpwl attach IF starts",
			 pin_dir);
}

void running_close(struct running *running)
{
	if (running->opened)
		kern_close(&running->kern);
	if (running->attached)
		ruleset_free(&running->rules);
	kern_text_free(&running->text);
	free(running->links);
	free(running->origin);
	memset(running, 0, sizeof(*running));
}

int running_hits(const struct running *running, struct xdpwl_counter **counts,
		 struct error *error)
{
	const struct ruleset *rules = &running->rules;
	uint32_t *hits = calloc(rules->n_rules + 1, sizeof(*hits));
	size_t i;
	int err;

	*counts = calloc(rules->n_rules + 1, sizeof(**counts));
	if (!hits || !*counts) {
		err = error_memory(error);
	} else {
		for (i = 0; i < rules->n_rules; i++)
			hits[i] = rules->rules[i].hit;
		err = kern_hits_read(&running->kern, hits, rules->n_rules,
				     *counts, error);
	}
	free(hits);
	if (err) {
		free(*counts);
		*counts = NULL;
	}
	return err;
}

void running_where(const char *origin, const struct rule *rule, char *text,
		   size_t size)
{
	if (rule->line)
		snprintf(text, size, "%s:%u", origin, rule->line);
	else
		snprintf(text, size, "not in a file");
}
