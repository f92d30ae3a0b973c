/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One failure, told once by whoever knows most; and notes (warnings) of a success.
 * Only main.c prints either. Every fallible function returns 0 (or a count) or
 * -errno, and takes a struct error.
 */
#ifndef ERROR_H
#define ERROR_H

#include <stdarg.h>
#include <stddef.h>

/* The exit codes of behaviour.md section 3. */
enum exit_code {
	EXIT_DONE = 0,
	EXIT_USAGE = 1,		/* usage or rules error */
	EXIT_DIFFERS = 2,	/* --diff found a change */
	EXIT_ABSENT = 3,	/* not attached, no such rule or interface */
	EXIT_FOREIGN = 4,	/* another XDP program is in the way */
	EXIT_SYSTEM = 5,	/* kernel, driver or file system refused; wrong netns */
	EXIT_PERMISSION = 6,
	EXIT_FULL = 7,		/* tables, disk, memory */
	EXIT_LOCKOUT = 8,	/* refused by the lockout guard */
	EXIT_DROPPED = 9,	/* test: the packet would be dropped */
	EXIT_BUSY = 10,		/* the lock was not had in 30 s */
};

struct error {
	enum exit_code code;
	char text[1024];	/* one line, no newline, no "xdpwl: " in front */
};

/* Fill `error` and return -EINVAL (a constant, whatever the code). */
int error_set(struct error *error, enum exit_code code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* The same, with ": " and the text of errnum (> 0) behind; returns -errnum.
 * EPERM and EACCES turn the code into EXIT_PERMISSION; ENOSPC, ENOMEM, EDQUOT and
 * E2BIG into EXIT_FULL. */
int error_system(struct error *error, int errnum, enum exit_code code,
		 const char *format, ...) __attribute__((format(printf, 4, 5)));

/* "out of memory", EXIT_FULL; returns -ENOMEM. */
int error_memory(struct error *error);

/* Warnings and remarks of a command that goes on; owned strings. */
struct notes {
	char **lines;
	size_t n;
};

void notes_add(struct notes *notes, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void notes_free(struct notes *notes);

#endif
