/* SPDX-License-Identifier: GPL-2.0-only */
/* user/kern_lock.c: one holder at a time, whoever dies, waits or moves things. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>
#include "kern_inner.h"

#define WRITERS 16

static struct error error;

/* rules/ and pins/ below an empty directory of the test's own. */
static int directory_enter(void **state)
{
	char *path = strdup("/tmp/xdpwl-kern-lock.XXXXXX");

	*state = path;
	if (!mkdtemp(path) || chdir(path))
		return -1;
	return mkdir("rules", 0755) || mkdir("pins", 0755);
}

static int directory_leave(void **state)
{
	char command[64];

	snprintf(command, sizeof(command), "rm -rf %s", (char *)*state);
	free(*state);
	return chdir("/") || system(command);
}

static int lock(struct kern_lock *held)
{
	return kern_lock(held, "rules/xdpwl.rules", "pins/xdpwl", &error);
}

static void pause_ms(long ms)
{
	const struct timespec pause = { .tv_nsec = ms * 1000000 };

	nanosleep(&pause, NULL);
}

static void wait_success(pid_t pid)
{
	int status;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

/* Whether somebody holds the lock of `path`, a name below this directory. */
static bool is_locked(const char *path)
{
	char resolved[PATH_MAX], lock_path[KERN_LOCK_PATH];
	bool locked;
	int fd;

	assert_non_null(getcwd(resolved, sizeof(resolved) - 64));
	strcat(strcat(resolved, "/"), path);
	kern_lock_path(lock_path, resolved);
	fd = open(lock_path, O_RDWR);
	if (fd < 0)
		return false;
	locked = flock(fd, LOCK_EX | LOCK_NB) && errno == EWOULDBLOCK;
	close(fd);
	return locked;
}

static void held_and_released(void **state)
{
	struct kern_lock held;

	(void)state;
	assert_int_equal(lock(&held), 0);
	assert_true(held.fd[0] >= 0 && held.fd[1] >= 0);
	assert_true(is_locked("rules/xdpwl.rules"));
	assert_true(is_locked("pins/xdpwl"));
	kern_unlock(&held);
	assert_int_equal(held.fd[0], -1);
	assert_int_not_equal(access(held.path[0], F_OK), 0);
	assert_false(is_locked("rules/xdpwl.rules"));
	assert_false(is_locked("pins/xdpwl"));
}

/* A first command makes the directories that its lock must not miss. */
static void absent_is_locked(void **state)
{
	struct kern_lock held;

	(void)state;
	assert_int_equal(kern_lock(&held, "nowhere/xdpwl.rules", "pins/xdpwl",
				   &error), 0);
	assert_true(held.fd[0] >= 0);
	assert_true(is_locked("pins/xdpwl"));
	kern_unlock(&held);
}

/* Neighbours are no hindrance. */
static void others_are_free(void **state)
{
	struct kern_lock held, other;

	(void)state;
	assert_int_equal(lock(&held), 0);
	assert_int_equal(kern_lock(&other, "rules/other.rules", "pins/other",
				   &error), 0);
	kern_unlock(&other);
	kern_unlock(&held);
}

/* Whoever may open a lock may hold it: nobody but its owner may. */
static void strangers_are_kept_out(void **state)
{
	struct kern_lock held;
	pid_t pid;

	(void)state;
	if (geteuid() != 0) {
		print_message("# not root: no other user to try\n");
		return;
	}
	assert_int_equal(lock(&held), 0);
	pid = fork();
	if (pid == 0) {
		if (setgid(65534) || setuid(65534))
			_exit(1);
		_exit(open(held.path[0], O_RDONLY) < 0 && errno == EACCES ?
			      0 : 2);
	}
	wait_success(pid);
	kern_unlock(&held);
}

/* Two names of one file have one lock. */
static void through_a_link(void **state)
{
	struct kern_lock held;

	(void)state;
	assert_int_equal(close(open("rules/xdpwl.rules", O_CREAT | O_WRONLY,
				    0600)), 0);
	assert_int_equal(symlink("rules/xdpwl.rules", "link"), 0);
	assert_int_equal(kern_lock(&held, "link", "pins/xdpwl", &error), 0);
	assert_true(is_locked("rules/xdpwl.rules"));
	kern_unlock(&held);
}

static void death_releases(void **state)
{
	struct kern_lock held;
	int ready[2], status;
	char byte;
	pid_t pid;

	(void)state;
	assert_int_equal(pipe(ready), 0);
	pid = fork();
	if (pid == 0) {
		if (lock(&held) || write(ready[1], "x", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	assert_int_equal(read(ready[0], &byte, 1), 1);
	assert_true(is_locked("pins/xdpwl"));
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	assert_int_equal(lock(&held), 0);
	kern_unlock(&held);
}

/* Read, wait, write: only a lock makes the sum right. */
static int counter_add(void)
{
	struct kern_lock held;
	FILE *file;
	int n = 0;

	if (lock(&held))
		return 1;
	file = fopen("counter", "r");
	if (file) {
		if (fscanf(file, "%d", &n) != 1)
			return 2;
		fclose(file);
	}
	pause_ms(2);
	file = fopen("counter", "w");
	if (!file)
		return 3;
	fprintf(file, "%d\n", n + 1);
	fclose(file);
	kern_unlock(&held);
	return 0;
}

static void writers(void **state)
{
	pid_t pids[WRITERS];
	FILE *file;
	int n;

	(void)state;
	for (int i = 0; i < WRITERS; i++) {
		pids[i] = fork();
		if (pids[i] == 0)
			_exit(counter_add());
	}
	for (int i = 0; i < WRITERS; i++)
		wait_success(pids[i]);
	file = fopen("counter", "r");
	assert_non_null(file);
	assert_int_equal(fscanf(file, "%d", &n), 1);
	fclose(file);
	assert_int_equal(n, WRITERS);
}

int main(void)
{
#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, directory_enter, directory_leave)
	const struct CMUnitTest tests[] = {
		TEST(held_and_released),
		TEST(absent_is_locked),
		TEST(others_are_free),
		TEST(strangers_are_kept_out),
		TEST(through_a_link),
		TEST(death_releases),
		TEST(writers),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
