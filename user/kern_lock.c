/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One writer at a time. In: the paths of the rules file and of the pins; out:
 * flocks, which the kernel drops when the process dies, on files below LOCK_DIR that
 * are named after what they lock. That directory is root's alone: whoever may open
 * a file may flock it, and no other user shall keep the owner of the machine from
 * changing the rules. A process that may not write there (not root, so it cannot
 * change what runs either) locks the directory of the rules file instead.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
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
#define LOCK_DIR	"/run/xdpwl"

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

/* `what` is locked by a flock on `path`, which fd is open on. */
static int lock_wait(int fd, const char *what, const char *path,
		     int64_t deadline, struct error *error)
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
				  what, LOCK_SECONDS, path);
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
		err = lock_wait(*fd, path, path, deadline, error);
		if (!err && path_names(path, *fd))
			return 0;
		close(*fd);
		*fd = -1;
		if (err)
			return err;
	}
}

/* An absolute name of `path`, the same however it is spelled: symbolic links and
 * dots resolved as far as it exists. */
static int path_resolve(const char *path, char *resolved, struct error *error)
{
	char directory[PATH_MAX], base[PATH_MAX], copy[PATH_MAX];

	if (strlen(path) >= PATH_MAX)
		return error_system(error, ENAMETOOLONG, EXIT_USAGE,
				    "cannot use the path %.64s...", path);
	if (realpath(path, resolved))
		return 0;
	strcpy(copy, path);
	strcpy(directory, dirname(copy));
	strcpy(copy, path);
	strcpy(base, basename(copy));
	if (!realpath(directory, resolved))
		strcpy(resolved, directory);
	if (strlen(resolved) + strlen(base) + 2 > PATH_MAX)
		return error_system(error, ENAMETOOLONG, EXIT_USAGE,
				    "cannot use the path %.64s...", path);
	strcat(resolved, "/");
	strcat(resolved, base);
	return 0;
}

void kern_lock_path(char lock_path[KERN_LOCK_PATH], const char *resolved)
{
	uint64_t hash = 0xcbf29ce484222325ull;	/* FNV-1a: names, not secrets */

	for (; *resolved; resolved++)
		hash = (hash ^ (unsigned char)*resolved) * 0x100000001b3ull;
	snprintf(lock_path, KERN_LOCK_PATH, LOCK_DIR "/%016" PRIx64, hash);
}

/* LOCK_DIR is there and nobody else's. */
static bool lock_dir_ready(void)
{
	struct stat st;

	mkdir(LOCK_DIR, 0700);
	return !lstat(LOCK_DIR, &st) && S_ISDIR(st.st_mode) &&
	       st.st_uid == geteuid() && !(st.st_mode & 022) &&
	       !access(LOCK_DIR, W_OK);
}

/* The holder removes the file, so one that was had may be one that is gone. */
static int lock_file(int *fd, const char *lock_path, const char *what,
		     int64_t deadline, struct error *error)
{
	int err;

	for (;;) {
		*fd = open(lock_path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC,
			   0600);
		if (*fd < 0)
			return error_system(error, errno, EXIT_SYSTEM,
					    "cannot open the lock %s",
					    lock_path);
		err = lock_wait(*fd, what, lock_path, deadline, error);
		if (!err && path_names(lock_path, *fd))
			return 0;
		close(*fd);
		*fd = -1;
		if (err)
			return err;
	}
}

static int lock_one(struct kern_lock *lock, int i, const char *path,
		    int64_t deadline, struct error *error)
{
	char resolved[PATH_MAX];
	int err = path_resolve(path, resolved, error);

	if (err)
		return err;
	if (!lock_dir_ready())
		return i ? 0 : kern_lock_directory(&lock->fd[0],
						   dirname(resolved), deadline,
						   error);
	kern_lock_path(lock->path[i], resolved);
	return lock_file(&lock->fd[i], lock->path[i], path, deadline, error);
}

int kern_lock(struct kern_lock *lock, const char *rules_path,
	      const char *pin_dir, struct error *error)
{
	int64_t deadline = kern_deadline();
	int err;

	memset(lock, 0, sizeof(*lock));
	lock->fd[0] = lock->fd[1] = -1;
	err = lock_one(lock, 0, rules_path, deadline, error);
	if (!err)
		err = lock_one(lock, 1, pin_dir, deadline, error);
	if (err)
		kern_unlock(lock);
	return err;
}

void kern_unlock(struct kern_lock *lock)
{
	for (int i = 1; i >= 0; i--) {
		if (lock->fd[i] < 0)
			continue;
		if (lock->path[i][0])
			unlink(lock->path[i]);
		close(lock->fd[i]);
		lock->fd[i] = -1;
	}
}
