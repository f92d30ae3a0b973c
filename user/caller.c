/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * In: the environments of this process and its ancestors, from /proc. Out: the
 * SSH session that the command was typed in. What cannot be read counts as
 * silent.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "caller.h"

#define ANCESTORS 64	/* a bound, should /proc lie */

/* Parent of a process; 0: unknown. The name in /proc/PID/stat may hold
 * anything. */
static pid_t process_parent(pid_t pid)
{
	char path[64], line[1024], *end;
	int parent = 0;
	size_t length;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	file = fopen(path, "re");
	if (!file)
		return 0;
	length = fread(line, 1, sizeof(line) - 1, file);
	fclose(file);
	line[length] = '\0';
	end = strrchr(line, ')');
	if (!end || sscanf(end, ") %*c %d", &parent) != 1)
		return 0;
	return parent;
}

static bool process_session(pid_t pid, struct guard_session *session)
{
	static const char variable[] = "SSH_CONNECTION=";
	bool found = false;
	char path[64], *line = NULL;
	size_t size = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/environ", pid);
	file = fopen(path, "re");
	if (!file)
		return false;
	while (!found && getdelim(&line, &size, '\0', file) > 0)
		found = !strncmp(line, variable, sizeof(variable) - 1) &&
			guard_parse(session, line + sizeof(variable) - 1);
	free(line);
	fclose(file);
	return found;
}

bool caller_session(struct guard_session *session)
{
	const char *own = getenv("SSH_CONNECTION");
	pid_t pid = getppid();
	int i;

	if (own && guard_parse(session, own))
		return true;
	for (i = 0; i < ANCESTORS && pid > 1; i++) {
		if (process_session(pid, session))
			return true;
		pid = process_parent(pid);
	}
	return false;
}
