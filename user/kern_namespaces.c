/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * In: /proc and /run/netns. Out: a visit to each network namespace that they
 * lead to. Must not: move the thread that asks, whose namespace all else here
 * goes by; so a thread of its own wanders, and ends where it is.
 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include "kern_connections_inner.h"

#define NAMESPACES_MAX	4096
#define ENTRIES_MAX	(1u << 22)	/* of a directory; pids end there */

struct wander {
	int (*visit)(void *context);
	void *context;
	dev_t device;		/* of the file system of namespaces */
	ino_t *seen;		/* [NAMESPACES_MAX] */
	size_t n;
	int err;
};

/* False for what is no namespace, or was visited. */
static bool is_new(const struct wander *wander, const struct stat *st)
{
	if (st->st_dev != wander->device)
		return false;
	for (size_t i = 0; i < wander->n; i++)
		if (wander->seen[i] == st->st_ino)
			return false;
	return true;
}

/* What cannot be entered, for want of a capability or because its last process
 * ends right now, is passed over. */
static void namespace_visit(struct wander *wander, int directory,
			    const char *path)
{
	struct stat st;
	int fd;

	if (wander->n == NAMESPACES_MAX ||
	    fstatat(directory, path, &st, 0) < 0 || !is_new(wander, &st))
		return;
	fd = openat(directory, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return;
	/* The name may be another's by now. */
	if (!fstat(fd, &st) && is_new(wander, &st) &&
	    !setns(fd, CLONE_NEWNET)) {
		wander->seen[wander->n++] = st.st_ino;
		wander->err = wander->visit(wander->context);
	}
	close(fd);
}

/* Entries of `directory` whose names begin with a digit, or all; `below` them
 * lies the namespace. */
static void directory_visit(struct wander *wander, const char *directory,
			    bool digits, const char *below)
{
	char path[NAME_MAX + 16];
	struct dirent *entry;
	DIR *dir = opendir(directory);

	if (!dir)
		return;
	for (size_t i = 0; i < ENTRIES_MAX && !wander->err; i++) {
		entry = readdir(dir);
		if (!entry)
			break;
		if (digits ? !isdigit((unsigned char)entry->d_name[0]) :
			     entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s%s", entry->d_name, below);
		namespace_visit(wander, dirfd(dir), path);
	}
	closedir(dir);
}

static void *wander_all(void *argument)
{
	struct wander *wander = argument;
	struct stat own;

	/* Without /proc nobody tells which is which: only this one then. */
	if (!stat("/proc/self/ns/net", &own)) {
		wander->device = own.st_dev;
		wander->seen[wander->n++] = own.st_ino;
	}
	wander->err = wander->visit(wander->context);
	if (!wander->n)
		return NULL;
	directory_visit(wander, "/proc", true, "/ns/net");
	directory_visit(wander, "/run/netns", false, "");
	return NULL;
}

int kern_namespaces_each(int (*visit)(void *context), void *context)
{
	struct wander wander = { .visit = visit, .context = context };
	pthread_t thread;
	int err;

	wander.seen = calloc(NAMESPACES_MAX, sizeof(*wander.seen));
	if (!wander.seen)
		return -ENOMEM;
	err = -pthread_create(&thread, NULL, wander_all, &wander);
	if (!err) {
		pthread_join(thread, NULL);
		err = wander.err;
	}
	free(wander.seen);
	return err;
}
