/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Cases with memory (export_cases.py says how they are written) through the
 * programs that are pinned and in force. In: the pins' directory, a file of
 * steps. Out: one line of TAP, and a comment a frame that is judged otherwise.
 *
 * Must not: change rules. What packets left behind is cleared.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "../../include/xdpwl.h"

#define MAX_FRAME	65536
#define LONG_FRAME	3000	/* refused where there is no multi-buffer */
#define MAX_CPUS	256
#define N_FIELDS	6

enum { FLOWS, FLOW_TAGS, FRAGMENTS, FRAGMENT_TAGS, N_MAPS };

struct pins {
	int in[2], out[2];	/* programs by XDPWL_LINK_* */
	int reasons, map[N_MAPS];
	int cpus;
};

struct result {
	int cases, too_long, wrong;
};

struct frame {
	__u8 bytes[MAX_FRAME];
	size_t length;
};

static int pin_open(const char *pins, const char *name)
{
	char path[512];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", pins, name);
	fd = bpf_obj_get(path);
	if (fd < 0)
		printf("# %s: %s\n", path, strerror(errno));
	return fd;
}

static bool pins_open(struct pins *pins, const char *path)
{
	static const char *const names[N_MAPS] = {
		"flows", "flow_tags", "fragments", "fragment_tags",
	};
	bool good = true;
	int i;

	pins->in[XDPWL_LINK_NONE] = pin_open(path, "xdpwl_generic_no_link");
	pins->in[XDPWL_LINK_ETHERNET] = pin_open(path, "xdpwl_ethernet");
	pins->out[XDPWL_LINK_NONE] = pin_open(path, "xdpwl_out_no_link");
	pins->out[XDPWL_LINK_ETHERNET] = pin_open(path, "xdpwl_out_ethernet");
	pins->reasons = pin_open(path, "reasons");
	for (i = 0; i < N_MAPS; i++) {
		pins->map[i] = pin_open(path, names[i]);
		good = good && pins->map[i] >= 0;
	}
	pins->cpus = libbpf_num_possible_cpus();
	return good && pins->in[0] >= 0 && pins->in[1] >= 0 &&
	       pins->out[0] >= 0 && pins->out[1] >= 0 && pins->reasons >= 0 &&
	       pins->cpus > 0 && pins->cpus <= MAX_CPUS;
}

/* ---- steps ---- */

static bool frame_read(struct frame *frame, const char *hex)
{
	unsigned int byte;
	size_t i;

	frame->length = strlen(hex) / 2;
	if (frame->length > MAX_FRAME)
		return false;
	for (i = 0; i < frame->length; i++) {
		if (sscanf(hex + 2 * i, "%2x", &byte) != 1)
			return false;
		frame->bytes[i] = byte;
	}
	return true;
}

/* The verdict, or a negative error. */
static int frame_run(int fd, struct frame *frame)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = frame->bytes,
		    .data_size_in = frame->length, .repeat = 1);

	return bpf_prog_test_run_opts(fd, &opts) ? -errno : (int)opts.retval;
}

static __u32 map_entries(int fd)
{
	struct bpf_map_info info = {};
	__u32 size = sizeof(info);

	return bpf_obj_get_info_by_fd(fd, &info, &size) ? 0 : info.max_entries;
}

/* All that packets left behind. */
static bool forget(const struct pins *pins)
{
	static const struct xdpwl_bucket nothing;	/* the largest value */
	__u32 key, i;

	for (i = 0; i < N_MAPS; i++) {
		for (key = 0; key < map_entries(pins->map[i]); key++) {
			if (bpf_map_update_elem(pins->map[i], &key, &nothing,
						BPF_ANY))
				return false;
		}
	}
	return true;
}

static void bucket_age(struct xdpwl_bucket *bucket, __u32 ticks)
{
	__u32 *until = bucket->until[0];
	int i;

	for (i = 0; i < XDPWL_SIDES * XDPWL_WAYS; i++)
		if (until[i])
			until[i] = until[i] > ticks ? until[i] - ticks : 1;
}

/* That much sooner ends what is remembered. */
static bool wait_for(const struct pins *pins, __u64 seconds)
{
	__u32 ticks = seconds * 1000000000ull >> XDPWL_TICK_SHIFT, key;
	int maps[] = { pins->map[FLOWS], pins->map[FRAGMENTS] }, i;
	struct xdpwl_bucket bucket;

	for (i = 0; i < 2; i++) {
		for (key = 0; key < map_entries(maps[i]); key++) {
			if (bpf_map_lookup_elem(maps[i], &key, &bucket))
				return false;
			bucket_age(&bucket, ticks);
			if (bpf_map_update_elem(maps[i], &key, &bucket, BPF_ANY))
				return false;
		}
	}
	return true;
}

/* ---- the frame that is judged ---- */

static void reasons_read(const struct pins *pins, __u64 sums[XDPWL_N_REASONS])
{
	static struct xdpwl_counter copies[MAX_CPUS];
	__u32 reason;
	int cpu;

	for (reason = 0; reason < XDPWL_N_REASONS; reason++) {
		sums[reason] = 0;
		if (bpf_map_lookup_elem(pins->reasons, &reason, copies))
			continue;
		for (cpu = 0; cpu < pins->cpus; cpu++)
			sums[reason] += copies[cpu].packets;
	}
}

/* Fields: link, verdict, number of the reason, frame, name. What no rule allows
 * is counted under no reason. */
static bool judge(const struct pins *pins, char **field, struct frame *frame,
		  struct result *result)
{
	__u64 before[XDPWL_N_REASONS], after[XDPWL_N_REASONS];
	bool link = strcmp(field[1], "none"), good = true;
	int wanted = strcmp(field[2], "pass") ? XDP_DROP : XDP_PASS, verdict;
	__u32 reason = atoi(field[3]), i;

	reasons_read(pins, before);
	verdict = frame_run(pins->in[link], frame);
	reasons_read(pins, after);
	if (verdict < 0 && frame->length > LONG_FRAME) {
		result->too_long++;
		return true;
	}
	for (i = 0; i < XDPWL_N_REASONS; i++)
		good = good && after[i] - before[i] ==
				       (i == reason && i != XDPWL_NOT_ALLOWED);
	result->cases++;
	if (good && verdict == wanted)
		return true;
	result->wrong++;
	printf("# %s: %d, not %d for reason %u\n", field[5], verdict, wanted,
	       reason);
	for (i = 0; i < XDPWL_N_REASONS; i++) {
		if (after[i] != before[i])
			printf("#   counted for reason %u\n", i);
	}
	return true;
}

static bool step(const struct pins *pins, char *line, struct result *result)
{
	static struct frame frame;	/* too large for the stack */
	char *field[N_FIELDS] = {};
	bool link;
	int i;

	line[strcspn(line, "\n")] = '\0';
	for (i = 0; i < N_FIELDS; i++)
		field[i] = strsep(&line, "\t");
	if (!strcmp(field[0], "forget"))
		return forget(pins);
	if (!field[1])
		return false;
	if (!strcmp(field[0], "wait"))
		return wait_for(pins, atoi(field[1]));
	link = strcmp(field[1], "none");
	if (!strcmp(field[0], "judge"))
		return field[5] && frame_read(&frame, field[4]) &&
		       judge(pins, field, &frame, result);
	if (!field[2] || !frame_read(&frame, field[2]))
		return false;
	if (!strcmp(field[0], "out"))
		return frame_run(pins->out[link], &frame) >= -1;
	return !strcmp(field[0], "in") &&
	       frame_run(pins->in[link], &frame) >= 0;
}

int main(int argc, char **argv)
{
	struct result result = {};
	struct pins pins;
	char *line = NULL;
	size_t capacity = 0;
	bool good;
	FILE *in;

	if (argc != 3) {
		fprintf(stderr, "usage: run_memory PINS FILE\n");
		return 2;
	}
	in = fopen(argv[2], "r");
	good = in && pins_open(&pins, argv[1]);
	while (good && getline(&line, &capacity, in) > 0)
		good = step(&pins, line, &result);
	if (in && good)
		good = forget(&pins);
	free(line);
	if (in)
		fclose(in);
	good = good && !result.wrong;
	printf("%sok - %s: %d cases, %d wrong, %d too long to be run here\n",
	       good ? "" : "not ", argv[2], result.cases, result.wrong,
	       result.too_long);
	return !good;
}
