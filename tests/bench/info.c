/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * info: what the programs of an object weigh on this kernel, each loaded alone. In: the
 * object. Out, for each: instructions as compiled without the functions that it calls,
 * and as loaded with them; bytes of machine code; instructions that the verifier
 * walked; milliseconds to load it with its maps.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include "frame.h"

enum { LOADS = 3 };	/* the shortest counts */

static int print_nothing(enum libbpf_print_level level, const char *format,
			 va_list arguments)
{
	(void)level, (void)format, (void)arguments;
	return 0;
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

/* One program of the object, with all maps; returns seconds. */
static double load(const char *path, const char *name, struct bpf_prog_info *info)
{
	struct bpf_object *object = bpf_object__open_file(path, NULL);
	struct bpf_program *each, *wanted;
	__u32 size = sizeof(*info);
	double start;

	if (!object)
		fail("%s: %m", path);
	wanted = bpf_object__find_program_by_name(object, name);
	bpf_object__for_each_program(each, object)
		bpf_program__set_autoload(each, each == wanted);
	start = now();
	if (bpf_object__load(object))
		fail("%s: %m", name);
	start = now() - start;
	memset(info, 0, sizeof(*info));
	if (bpf_obj_get_info_by_fd(bpf_program__fd(wanted), info, &size))
		fail("%s: %m", name);
	bpf_object__close(object);
	return start;
}

static void program_print(const char *path, const struct bpf_program *program)
{
	const char *name = bpf_program__name(program);
	struct bpf_prog_info info;
	double seconds, best = 1e9;
	int i;

	for (i = 0; i < LOADS; i++) {
		seconds = load(path, name, &info);
		if (seconds < best)
			best = seconds;
	}
	printf("%-22s %7zu %7u %9u %9u %9.0f\n", name,
	       bpf_program__insn_cnt(program), info.xlated_prog_len / 8,
	       info.jited_prog_len, info.verified_insns, best * 1e3);
}

int main(int argc, char **argv)
{
	struct bpf_program *program;
	struct bpf_object *object;

	if (argc != 2)
		fail("usage: info OBJECT");
	libbpf_set_print(print_nothing);
	object = bpf_object__open_file(argv[1], NULL);
	if (!object)
		fail("%s: %m", argv[1]);
	printf("%-22s %7s %7s %9s %9s %9s\n", "program", "own", "loaded",
	       "machine B", "verified", "load ms");
	bpf_object__for_each_program(program, object)
		program_print(argv[1], program);
	bpf_object__close(object);
	return 0;
}
