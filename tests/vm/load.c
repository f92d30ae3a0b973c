/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Objects named on the command line, loaded into the running kernel as the
 * binary loads its own. Out: TAP, a line each; how many instructions the
 * verifier walked and how long it took; where it refuses, the end of what it
 * said.
 *
 * Must not: pin or attach anything.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "../../include/xdpwl.h"
#include "kern_inner.h"

#define LOG_SIZE	(4u << 20)	/* 5.10 takes no more than 16 MiB */
#define LOG_LINES	60
#define LOG_VERBOSE	1
#define LOG_STATS	4		/* nothing but the statistics */
#define N_PROGRAMS	8

struct logs {
	const char *program[N_PROGRAMS];
	char *log[N_PROGRAMS];
	int n;
};

static bool have_frags(void)
{
	struct bpf_insn insns[] = {
		{ .code = 0xb7, .imm = XDP_PASS },	/* r0 = XDP_PASS */
		{ .code = 0x95 },				/* exit */
	};
	LIBBPF_OPTS(bpf_prog_load_opts, opts,
		    .prog_flags = BPF_F_XDP_HAS_FRAGS);
	int fd = bpf_prog_load(BPF_PROG_TYPE_XDP, "frags", "GPL", insns, 2,
			       &opts);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

/* The number behind a word of the verifier's statistics; -1: it says none. */
static long stats_number(const char *log, const char *word)
{
	const char *at = strstr(log, word);

	return at ? atol(at + strlen(word)) : -1;
}

/* The last lines, which say why. */
static void diag_tail(const char *log)
{
	const char *at = log + strlen(log);
	size_t length;
	int lines = 0;

	while (at > log && lines <= LOG_LINES)
		lines += *--at == '\n';
	for (; *at; at += length + !!at[length]) {
		length = strcspn(at, "\n");
		if (length)
			printf("# %.*s\n", (int)length, at);
	}
}

static int object_prepare(struct bpf_object *object, const struct xdpwl_kernel *kernel,
			  int level, struct logs *logs)
{
	struct bpf_map *map;
	struct bpf_program *prog;

	logs->n = 0;
	bpf_object__for_each_program(prog, object) {
		char *log;

		if (logs->n == N_PROGRAMS)
			break;
		log = calloc(1, LOG_SIZE);
		if (!log)
			return -1;
		logs->program[logs->n] = bpf_program__name(prog);
		logs->log[logs->n++] = log;
		bpf_program__set_log_buf(prog, log, LOG_SIZE);
		bpf_program__set_log_level(prog, level);
		if (kernel->frags)
			bpf_program__set_flags(prog, BPF_F_XDP_HAS_FRAGS);
	}
	map = bpf_object__find_map_by_name(object, ".rodata.kernel");
	if (!map)
		return -1;
	return bpf_map__set_initial_value(map, kernel, sizeof(*kernel));
}

static void logs_print(const struct logs *logs, const char *path, bool loaded)
{
	int i;

	for (i = 0; i < logs->n; i++) {
		const char *log = logs->log[i];

		if (!*log)
			continue;
		printf("# %s: %s: %ld instructions in %ld ms\n", path,
		       logs->program[i], stats_number(log, "processed "),
		       stats_number(log, "verification time ") / 1000);
		if (!loaded)
			diag_tail(log);
	}
}

/* 0, or the negative error of a refusal. */
static int object_try(const char *path, const struct xdpwl_kernel *kernel, int level)
{
	struct bpf_object *object = bpf_object__open_file(path, NULL);
	struct logs logs = {};
	int err;

	if (!object)
		return -1;
	err = object_prepare(object, kernel, level, &logs);
	if (!err)
		err = bpf_object__load(object);
	if (!err || level == LOG_VERBOSE)
		logs_print(&logs, path, !err);
	while (logs.n--)
		free(logs.log[logs.n]);
	bpf_object__close(object);
	return err;
}

static int quiet(enum libbpf_print_level level, const char *format,
		 va_list args)
{
	return level == LIBBPF_WARN ? vprintf(format, args) : 0;
}

int main(int argc, char **argv)
{
	struct xdpwl_kernel kernel = { .frags = have_frags() };
	int i, failed;

	setvbuf(stdout, NULL, _IOLBF, 0);
	libbpf_set_print(quiet);
	printf("# multi-buffer programs: %s\n", kernel.frags ? "yes" : "refused");
	kern_clock_find(&kernel);
	failed = !kernel.jiffy_ticks;
	printf("%sok - how long a jiffy is\n", failed ? "not " : "");
	for (i = 1; i < argc; i++) {
		int err = object_try(argv[i], &kernel, LOG_STATS);

		if (err)
			object_try(argv[i], &kernel, LOG_VERBOSE);
		printf("%sok - the kernel loads %s\n", err ? "not " : "",
		       argv[i]);
		failed += !!err;
	}
	return failed != 0;
}
