/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Rows of the catalogue (export_cases.py says how they are written) through the
 * programs that are pinned and in force. In: the pins' directory, a file of
 * rows. Out: one line of TAP, and a comment a frame that is judged otherwise.
 *
 * Must not: change rules; what is pinned stays as it is, but for counters.
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "../../include/xdpwl.h"

#define MAX_FRAME	65536
#define SMALLEST_FRAME	14	/* BPF_PROG_TEST_RUN refuses shorter ones */
#define LONG_FRAME	3000	/* refused where there is no multi-buffer */
#define N_FIELDS	6

struct row {
	const char *name;
	__u32 link;		/* XDPWL_LINK_* */
	__u32 ifindex;		/* 0: none in particular */
	__u32 verdict;		/* XDP_PASS or XDP_DROP */
	__u32 reason;
	__u8 bytes[sizeof(struct xdpwl_query) + MAX_FRAME];
	size_t length;		/* of the frame, behind the room for a query */
};

struct programs {
	int test;
	int live[2];		/* by XDPWL_LINK_* */
};

struct result {
	int frames, too_long, wrong;
};

static __u8 *row_frame(struct row *row)
{
	return row->bytes + sizeof(struct xdpwl_query);
}

/* ---- a line to a row ---- */

static bool frame_read(struct row *row, const char *hex)
{
	size_t length = strlen(hex) / 2, i;
	unsigned int byte;

	row->length = 0;
	if (!strcmp(hex, "-"))
		return true;
	if (length > MAX_FRAME)
		return false;
	for (i = 0; i < length; i++) {
		if (sscanf(hex + 2 * i, "%2x", &byte) != 1)
			return false;
		row_frame(row)[i] = byte;
	}
	row->length = length;
	return true;
}

static bool row_read(struct row *row, char *line)
{
	char *field[N_FIELDS];
	int i;

	line[strcspn(line, "\n")] = '\0';
	for (i = 0; i < N_FIELDS; i++)
		field[i] = strsep(&line, "\t");
	if (!field[N_FIELDS - 1])
		return false;
	row->link = strcmp(field[0], "none") ? XDPWL_LINK_ETHERNET :
					       XDPWL_LINK_NONE;
	row->ifindex = strcmp(field[1], "-") ? if_nametoindex(field[1]) : 0;
	row->verdict = strcmp(field[2], "pass") ? XDP_DROP : XDP_PASS;
	row->reason = atoi(field[3]);
	row->name = field[5];
	return frame_read(row, field[4]);
}

/* ---- a row through a program ---- */

/* The verdict, or a negative error. */
static int program_run(int fd, void *bytes, size_t length)
{
	static __u8 out[sizeof(struct xdpwl_query) + MAX_FRAME];
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = bytes,
		    .data_size_in = length, .data_out = out,
		    .data_size_out = sizeof(out), .repeat = 1);
	int err = bpf_prog_test_run_opts(fd, &opts);

	if (err)
		return -errno;
	memcpy(bytes, out, length < sizeof(struct xdpwl_query) ?
				   length : sizeof(struct xdpwl_query));
	return opts.retval;
}

/* What the attached program makes of it; it takes the device from the context,
 * which 5.10 refuses, so rows about a device are left to the other one. */
static void live_check(const struct programs *programs, struct row *row,
		       struct result *result)
{
	int verdict;

	if (row->ifindex || row->length < SMALLEST_FRAME)
		return;
	verdict = program_run(programs->live[row->link], row_frame(row),
			      row->length);
	if (verdict == (int)row->verdict)
		return;
	result->wrong++;
	printf("# %s: the attached program returns %d, not %u\n", row->name,
	       verdict, row->verdict);
}

static void row_check(const struct programs *programs, struct row *row,
		      struct result *result)
{
	struct xdpwl_query *query = (struct xdpwl_query *)row->bytes;
	int verdict;

	*query = (struct xdpwl_query){ .ifindex = row->ifindex,
				       .link = row->link,
				       .reason = XDPWL_N_REASONS };
	verdict = program_run(programs->test, query,
			      sizeof(*query) + row->length);
	if (verdict == -EMSGSIZE && row->length > LONG_FRAME) {
		result->too_long++;
		return;
	}
	result->frames++;
	if (verdict != (int)row->verdict || query->reason != row->reason) {
		result->wrong++;
		printf("# %s: %d for reason %u, not %u for %u\n", row->name,
		       verdict, query->reason, row->verdict, row->reason);
	}
	live_check(programs, row, result);
}

/* ---- all of them ---- */

static int program_open(const char *pins, const char *name)
{
	char path[512];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", pins, name);
	fd = bpf_obj_get(path);
	if (fd < 0)
		printf("# %s: %s\n", path, strerror(errno));
	return fd;
}

static bool programs_open(struct programs *programs, const char *pins)
{
	programs->test = program_open(pins, "xdpwl_test");
	programs->live[XDPWL_LINK_NONE] = program_open(pins, "xdpwl_generic_no_link");
	programs->live[XDPWL_LINK_ETHERNET] =
		program_open(pins, "xdpwl_ethernet");
	return programs->test >= 0 && programs->live[0] >= 0 &&
	       programs->live[1] >= 0;
}

static bool rows_check(const struct programs *programs, const char *path,
		       struct result *result)
{
	FILE *in = fopen(path, "r");
	static struct row row;	/* too large for the stack */
	char *line = NULL;
	size_t capacity = 0;
	bool readable = in;

	while (readable && getline(&line, &capacity, in) > 0) {
		readable = row_read(&row, line);
		if (readable)
			row_check(programs, &row, result);
	}
	free(line);
	if (in)
		fclose(in);
	return readable && result->frames;
}

int main(int argc, char **argv)
{
	struct programs programs;
	struct result result = {};
	bool good;

	if (argc != 3) {
		fprintf(stderr, "usage: run_cases PINS FILE\n");
		return 2;
	}
	good = programs_open(&programs, argv[1]) &&
	       rows_check(&programs, argv[2], &result) && !result.wrong;
	printf("%sok - %s: %d frames, %d wrong, %d too long to be run here\n",
	       good ? "" : "not ", argv[2], result.frames, result.wrong,
	       result.too_long);
	return !good;
}
