/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A file read or replaced as a whole. In: a path and bytes; out: the old file
 * or the new one, at any moment and after any crash, never a mixture. Whoever
 * writes holds the lock on the directory (kern_lock.c); what the bytes mean is
 * not known here.
 */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "kern.h"

#define FILE_MAX	(256u << 20)	/* bytes; /dev/zero has more */

static int text_fill(struct text *text, int fd, const char *path,
		     struct error *error)
{
	size_t capacity = 64 << 10;
	char *larger;
	ssize_t n;

	for (;;) {
		larger = realloc(text->bytes, capacity);
		if (!larger)
			return error_memory(error);
		text->bytes = larger;
		n = read(fd, larger + text->length,
			 capacity - text->length - 1);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return error_system(error, errno, EXIT_USAGE,
					    "cannot read %s", path);
		text->length += n;
		larger[text->length] = '\0';
		if (n == 0)
			return 0;
		if (text->length > FILE_MAX)
			return error_set(error, EXIT_USAGE,
					 "cannot read %s: it is larger than %u MiB",
					 path, FILE_MAX >> 20);
		if (text->length == capacity - 1)
			capacity *= 2;
	}
}

int kern_file_read(const char *path, struct text *text, struct error *error)
{
	int fd, err;

	text->bytes = NULL;
	text->length = 0;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return error_system(error, errno, EXIT_USAGE, "cannot read %s",
				    path);
	err = text_fill(text, fd, path, error);
	close(fd);
	if (err) {
		free(text->bytes);
		text->bytes = NULL;
		text->length = 0;
	}
	return err;
}

/* Nothing but a temporary file exists yet, and the message says so. */
static int refuse(struct error *error, int errnum, const char *path)
{
	size_t length;

	error_system(error, errnum, EXIT_SYSTEM, "cannot write %s", path);
	length = strlen(error->text);
	snprintf(error->text + length, sizeof(error->text) - length,
		 "; nothing was changed");
	return -errnum;
}

/* A rename replaces what it is not asked to: refuse devices, and what it cannot
 * replace, while nothing has changed. */
static int target_check(const char *path, const struct stat *old,
			struct error *error)
{
	struct statx st;

	if (!S_ISREG(old->st_mode))
		return error_set(error, EXIT_USAGE,
				 "cannot write %s: it is not a regular file",
				 path);
	if (faccessat(AT_FDCWD, path, W_OK, AT_EACCESS) < 0)
		return refuse(error, errno, path);
	if (statx(AT_FDCWD, path, 0, 0, &st) == 0 &&
	    (st.stx_attributes & STATX_ATTR_MOUNT_ROOT))
		return error_set(error, EXIT_SYSTEM,
				 "cannot write %s: it is a mount point and cannot be replaced as a whole; mount its directory instead",
				 path);
	return 0;
}

/* The file behind symbolic links; old->st_mode is 0 where there is none yet. */
static int target_find(char *target, const char *path, struct stat *old,
		       struct error *error)
{
	memset(old, 0, sizeof(*old));
	if (realpath(path, target)) {
		if (stat(target, old) < 0)
			return refuse(error, errno, target);
		return target_check(target, old, error);
	}
	if (errno != ENOENT)
		return refuse(error, errno, path);
	if (lstat(path, old) == 0)
		return error_set(error, EXIT_USAGE,
				 "cannot write %s: it is a symbolic link to nothing",
				 path);
	memset(old, 0, sizeof(*old));
	if (snprintf(target, PATH_MAX, "%s", path) >= PATH_MAX)
		return refuse(error, ENAMETOOLONG, path);
	return 0;
}

static int directories_make(const char *path, struct error *error)
{
	char part[PATH_MAX];
	size_t length;

	for (const char *slash = path; (slash = strchr(slash, '/')); slash++) {
		length = slash - path;
		if (length == 0)
			continue;
		memcpy(part, path, length);
		part[length] = '\0';
		if (access(part, F_OK) == 0)
			continue;
		kern_fault();
		if (mkdir(part, 0755) < 0 && errno != EEXIST)
			return refuse(error, errno, part);
	}
	return 0;
}

/* One fixed name, so that what killed commands leave does not pile up. */
static int temporary_name(struct kern_file *file, struct error *error)
{
	const char *base = strrchr(file->path, '/');
	size_t length;

	base = base ? base + 1 : file->path;
	length = base - file->path;
	if (!*base)
		return refuse(error, EISDIR, file->path);
	if (snprintf(file->temporary, sizeof(file->temporary), "%.*s.%s.tmp",
		     (int)length, file->path,
		     base) >= (int)sizeof(file->temporary)) {
		file->temporary[0] = '\0';
		return refuse(error, ENAMETOOLONG, file->path);
	}
	return 0;
}

static int temporary_open(struct kern_file *file, struct error *error)
{
	int fd, err;

	kern_fault();
	if (unlink(file->temporary) == 0 || errno == ENOENT) {
		kern_fault();
		fd = open(file->temporary,
			  O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
		if (fd >= 0)
			return fd;
	}
	err = refuse(error, errno, file->temporary);
	file->temporary[0] = '\0';
	return err;
}

static int write_all(int fd, const char *bytes, size_t length)
{
	ssize_t n;

	while (length) {
		kern_fault();
		n = write(fd, bytes, length);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		bytes += n;
		length -= n;
	}
	return 0;
}

static int temporary_fill(int fd, const struct text *text,
			  const struct stat *old)
{
	int err;

	/* Owner before mode: a change of owner clears bits of the mode. */
	if (old->st_mode && (fchown(fd, old->st_uid, old->st_gid) < 0 ||
			     fchmod(fd, old->st_mode & 07777) < 0))
		return -errno;
	err = write_all(fd, text->bytes, text->length);
	if (err)
		return err;
	kern_fault();
	return fsync(fd) < 0 ? -errno : 0;
}

int kern_file_prepare(struct kern_file *file, const char *path,
		      const struct text *text, struct error *error)
{
	struct stat old;
	int fd, err;

	file->temporary[0] = '\0';
	err = target_find(file->path, path, &old, error);
	if (!err)
		err = directories_make(file->path, error);
	if (!err)
		err = temporary_name(file, error);
	if (err)
		return err;
	fd = temporary_open(file, error);
	if (fd < 0)
		return fd;
	err = temporary_fill(fd, text, &old);
	/* Some file systems tell of a full disk only at close. */
	if (close(fd) < 0 && !err)
		err = -errno;
	if (err) {
		refuse(error, -err, file->temporary);
		kern_file_abandon(file);
	}
	return err;
}

static int directory_sync(const char *path, struct error *error)
{
	char copy[PATH_MAX];
	int fd, err = 0;

	strcpy(copy, path);
	fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	kern_fault();
	if (fd < 0 || fsync(fd) < 0)
		err = error_system(error, errno, EXIT_SYSTEM,
				   "%s is written, but its directory could not be synced to disk",
				   path);
	if (fd >= 0)
		close(fd);
	return err;
}

int kern_file_commit(struct kern_file *file, struct error *error)
{
	int err;

	kern_fault();
	if (rename(file->temporary, file->path) < 0) {
		err = refuse(error, errno, file->path);
		kern_file_abandon(file);
		return err;
	}
	file->temporary[0] = '\0';
	return directory_sync(file->path, error);
}

void kern_file_abandon(struct kern_file *file)
{
	if (file->temporary[0])
		unlink(file->temporary);
	file->temporary[0] = '\0';
}
