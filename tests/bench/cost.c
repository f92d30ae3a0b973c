/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cost: CPU time a packet of programs that drop or pass, by BPF_PROG_TEST_RUN.
 * A run repeats one packet, so what is run is packets.bpf.c, which makes the
 * next packet and tail-calls the program in question; making it costs the same
 * for each, and differences between programs are differences of their own.
 *
 * In: the object, another with programs and their names, records, kind of packet, the
 * device to come in on, rounds, and a pinned program or none; maps that are pinned
 * beside that are the programs' own maps of that name. Out: one line a round with the
 * nanoseconds of each and of the pinned one, taken one after the other.
 */
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <net/if.h>
#include <linux/if_link.h>
#include <bpf/bpf.h>
#include "frame.h"

#define REPEAT (4 * RECORDS) /* each packet four times a run */
#define MOST   16	     /* programs */

struct driver {
	struct bpf_object *object;
	int program, target;
};

static void driver_load(struct driver *driver, char **argv,
			const struct frame *frame, unsigned int flags)
{
	driver->object = packets_load(argv[1], "cost", frame, flags, argv[4],
				      &driver->program);
	driver->target =
	    bpf_object__find_map_fd_by_name(driver->object, "target");
}

/* `control` is program data. */
static void map_share(struct bpf_map *map, const char *directory)
{
	const char *name = bpf_map__name(map), *end = strstr(name, ".bss");
	char path[512];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", directory,
		 end && !end[4] ? "control" : name);
	fd = bpf_obj_get(path);
	if (fd >= 0 && bpf_map__reuse_fd(map, fd))
		fail("%s: %m", path);
	if (fd >= 0)
		close(fd);
}

static int programs_load(const char *path, char *names, unsigned int flags,
			 const char *pin, int *fds)
{
	struct bpf_object *object = bpf_object__open_file(path, NULL);
	struct bpf_program *program;
	struct bpf_map *map;
	char *name, directory[400];
	int n = 0;

	if (!object)
		fail("%s: %m", path);
	bpf_object__for_each_program(program, object) bpf_program__set_flags(
	    program, bpf_program__flags(program) | flags);
	snprintf(directory, sizeof(directory), "%s", pin ? pin : "");
	if (pin) {
		dirname(directory);
		bpf_object__for_each_map(map, object)
		    map_share(map, directory);
	}
	if (bpf_object__load(object))
		fail("%s: %m", path);
	for (name = strtok(names, ","); name; name = strtok(NULL, ",")) {
		program = bpf_object__find_program_by_name(object, name);
		if (!program || n == MOST)
			fail("%s: no program %s, or too many", path, name);
		fds[n++] = bpf_program__fd(program);
	}
	return n;
}

static double program_run(const struct driver *driver, int program,
			  struct frame *frame, unsigned int ifindex)
{
	struct xdp_md context = {.data_end = frame->length,
				 .ingress_ifindex = ifindex};
	LIBBPF_OPTS(bpf_test_run_opts, run, .data_in = frame->bytes,
		    .data_size_in = frame->length, .ctx_in = &context,
		    .ctx_size_in = sizeof(context), .repeat = REPEAT);
	struct timespec a, b;
	__u32 key = 0;

	if (bpf_map_update_elem(driver->target, &key, &program, 0))
		fail("tail call: %m");
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &a);
	if (bpf_prog_test_run_opts(driver->program, &run))
		fail("test run: %m");
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &b);
	if (run.retval != XDP_DROP && run.retval != XDP_PASS)
		fail("verdict %u: the program was not reached", run.retval);
	return ((b.tv_sec - a.tv_sec) * 1e9 + (b.tv_nsec - a.tv_nsec)) / REPEAT;
}

/* A tail call stays among programs with, or among programs without, xdp.frags;
 * which one a pinned program is, only an attempt tells. */
static unsigned int flags_find(char **argv, const struct frame *frame,
			       int pinned)
{
	struct driver driver;
	__u32 key = 0;
	int error;

	driver_load(&driver, argv, frame, 0);
	error = bpf_map_update_elem(driver.target, &key, &pinned, 0);
	bpf_object__close(driver.object);
	return error ? BPF_F_XDP_HAS_FRAGS : 0;
}

int main(int argc, char **argv)
{
	int programs[MOST + 1], n, i, rounds, pinned = -1;
	unsigned int flags = 0, ifindex;
	struct driver driver;
	struct frame frame;

	if (argc != 8 && argc != 9)
		fail("usage: cost OBJECT PROGRAMS NAME,NAME... RECORDS KIND DEVICE "
		     "ROUNDS [PIN]");
	frame_build(&frame, argv[5]);
	ifindex = if_nametoindex(argv[6]);
	if (!ifindex)
		fail("%s: %m", argv[6]);
	if (argc == 9) {
		pinned = bpf_obj_get(argv[8]);
		if (pinned < 0)
			fail("%s: %m", argv[8]);
		flags = flags_find(argv, &frame, pinned);
	}
	driver_load(&driver, argv, &frame, flags);
	n = programs_load(argv[2], argv[3], flags, argv[8], programs);
	if (pinned >= 0)
		programs[n++] = pinned;
	for (rounds = atoi(argv[7]); rounds > 0; rounds--)
		for (i = 0; i < n; i++)
			printf("%.2f%c", program_run(&driver, programs[i], &frame,
						     ifindex),
			       i < n - 1 ? ' ' : '\n');
	bpf_object__close(driver.object);
	return 0;
}
