/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cost: CPU time a packet of programs that drop or pass, by BPF_PROG_TEST_RUN.
 * A run repeats one packet, so what is run is packets.bpf.c, which makes the
 * next packet and tail-calls the program in question; making it costs the same
 * for each, and differences between programs are differences of their own.
 *
 * In: the object, that of the peers, records, kind of packet, the device to
 * come in on, rounds, and a pinned program or none. Out: one line a round with
 * the nanoseconds of bare, parse and the pinned one, taken one after the other.
 */
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

struct driver {
	struct bpf_object *object;
	int program, target;
};

static void driver_load(struct driver *driver, char **argv,
			const struct frame *frame, unsigned int flags)
{
	driver->object = packets_load(argv[1], "cost", frame, flags, argv[3],
				      &driver->program);
	driver->target =
	    bpf_object__find_map_fd_by_name(driver->object, "target");
}

static struct bpf_object *peers_load(const char *path, unsigned int flags)
{
	struct bpf_object *object = bpf_object__open_file(path, NULL);
	struct bpf_program *program;

	if (!object)
		fail("%s: %m", path);
	bpf_object__for_each_program(program, object) bpf_program__set_flags(
	    program, bpf_program__flags(program) | flags);
	if (bpf_object__load(object))
		fail("%s: %m", path);
	return object;
}

static int peer_fd(struct bpf_object *peers, const char *name)
{
	return bpf_program__fd(bpf_object__find_program_by_name(peers, name));
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
	unsigned int flags = 0, ifindex;
	int bare, parse, pinned = -1, rounds;
	struct bpf_object *peers;
	struct driver driver;
	struct frame frame;

	if (argc != 7 && argc != 8)
		fail(
		    "usage: cost OBJECT PEERS RECORDS KIND DEVICE ROUNDS [PIN]");
	frame_build(&frame, argv[4]);
	ifindex = if_nametoindex(argv[5]);
	if (!ifindex)
		fail("%s: %m", argv[5]);
	if (argc == 8) {
		pinned = bpf_obj_get(argv[7]);
		if (pinned < 0)
			fail("%s: %m", argv[7]);
		flags = flags_find(argv, &frame, pinned);
	}
	driver_load(&driver, argv, &frame, flags);
	peers = peers_load(argv[2], flags);
	bare = peer_fd(peers, "bare");
	parse = peer_fd(peers, "parse");
	for (rounds = atoi(argv[6]); rounds > 0; rounds--) {
		printf("%.2f", program_run(&driver, bare, &frame, ifindex));
		printf(" %.2f", program_run(&driver, parse, &frame, ifindex));
		if (pinned >= 0)
			printf(" %.2f",
			       program_run(&driver, pinned, &frame, ifindex));
		printf("\n");
	}
	bpf_object__close(peers);
	bpf_object__close(driver.object);
	return 0;
}
