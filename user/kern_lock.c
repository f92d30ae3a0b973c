/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One writer at a time. In: the paths of the rules file and of the pins; out:
 * flocks on their directories, which the kernel drops when the process dies.
 * Makes and removes nothing, so that there is no lock file to go stale.
 */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "kern_inner.h"

#define NS_PER_S	1000000000ll
#define POLL_NS		15000000l

static int64_t monotonic_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * NS_PER_S + now.tv_nsec;
}

int64_t kern_deadline(void)
{
	return monotonic_now() + LOCK_SECONDS * NS_PER_S;
}

static int lock_wait(int fd, const char *path, int64_t deadline,
		     struct error *error)
{
	const struct timespec pause = { .tv_nsec = POLL_NS };

	while (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		if (errno == EINTR)
			continue;
		if (errno != EWOULDBLOCK)
			return error_system(error, errno, EXIT_SYSTEM,
					    "cannot lock %s", path);
		if (monotonic_now() >= deadline) {
			error_set(error, EXIT_BUSY,
				  "%s is locked by another command, and was not free within %d seconds: try again (fuser -v %s names the holder)",
				  path, LOCK_SECONDS, path);
			return -EBUSY;
		}
		nanosleep(&pause, NULL);
	}
	return 0;
}

/* A directory replaced or mounted over while we waited guards nothing. */
static bool path_names(const char *path, int fd)
{
	struct stat by_path, by_fd;

	return stat(path, &by_path) == 0 && fstat(fd, &by_fd) == 0 &&
	       by_path.st_dev == by_fd.st_dev && by_path.st_ino == by_fd.st_ino;
}

int kern_lock_directory(int *fd, const char *path, int64_t deadline,
			struct error *error)
{
	int err;

	for (;;) {
		*fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (*fd < 0 && errno == ENOENT)
			return 0;
		if (*fd < 0)
			return error_system(error, errno, EXIT_SYSTEM,
					    "cannot open the directory %s to lock it",
					    path);
		err = lock_wait(*fd, path, deadline, error);
		if (!err && path_names(path, *fd))
			return 0;
		close(*fd);
		*fd = -1;
		if (err)
			return err;
	}
}

/* The directory of the file itself, where `path` is a symbolic link. */
static int directory_of(const char *path, char *directory, struct error *error)
{
	char resolved[PATH_MAX];

	if (!realpath(path, resolved) &&
	    snprintf(resolved, sizeof(resolved), "%s", path) >=
		    (int)sizeof(resolved))
		return error_system(error, ENAMETOOLONG, EXIT_USAGE,
				    "cannot use the path %.64s...", path);
	strcpy(directory, dirname(resolved));
	return 0;
}

int kern_lock(struct kern_lock *lock, const char *rules_path,
	      const char *pin_dir, struct error *error)
{
	const char *const paths[2] = { rules_path, pin_dir };
	int64_t deadline = kern_deadline();
	char directory[PATH_MAX];
	int err = 0;

	lock->fd[0] = lock->fd[1] = -1;
	for (int i = 0; i < 2 && !err; i++) {
		err = directory_of(paths[i], directory, error);
		/* Both in one directory: a second flock would wait for ours. */
		if (err || (i && lock->fd[0] >= 0 &&
			    path_names(directory, lock->fd[0])))
			break;
		err = kern_lock_directory(&lock->fd[i], directory, deadline,
					  error);
	}
	if (err)
		kern_unlock(lock);
	return err;
}

void kern_unlock(struct kern_lock *lock)
{
	for (int i = 1; i >= 0; i--) {
		if (lock->fd[i] >= 0)
			close(lock->fd[i]);
		lock->fd[i] = -1;
	}
}
