/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How the programs may tell the time. In: the kernel's count of jiffies, read by a
 * program of two instructions, and the time since the machine started. Out: how long a
 * jiffy is, where they agree with one of the lengths that kernels have, and with no
 * other (some five minutes after a start they agree with all).
 *
 * jiffies64 starts at 2^32 - 300 HZ (INITIAL_JIFFIES, include/linux/jiffies.h) and counts
 * with CLOCK_MONOTONIC. HZ is 100, 250, 300 or 1000 (kernel/Kconfig.hz).
 */
#include <stdbool.h>
#include <stdint.h>
#include <time.h>
#include <unistd.h>
#include <linux/bpf.h>
#include <bpf/bpf.h>
#include "kern_inner.h"
#include "../include/xdpwl.h"

enum { EARLY = 300, TOLERANCE = 2 };	/* seconds */

/* The low half of jiffies64; false: this kernel does not say. */
static bool jiffies_read(uint32_t *jiffies)
{
	struct bpf_insn insns[] = {
		{ .code = 0x85, .imm = BPF_FUNC_jiffies64 },	/* r0 = jiffies */
		{ .code = 0x95 },				/* exit */
	};
	char frame[64] = "";
	LIBBPF_OPTS(bpf_test_run_opts, run, .data_in = frame,
		    .data_size_in = sizeof(frame), .repeat = 1);
	int fd = bpf_prog_load(BPF_PROG_TYPE_XDP, "xdpwl_jiffies", "GPL", insns, 2,
			       NULL), err;

	if (fd < 0)
		return false;
	err = bpf_prog_test_run_opts(fd, &run);
	close(fd);
	*jiffies = run.retval;
	return !err;
}

/* Whether so many a second would have come to that count, `now` ms after the start. */
static bool agrees(uint32_t hz, uint32_t jiffies, int64_t now)
{
	uint32_t expected = (uint32_t)((now - EARLY * 1000) * hz / 1000);
	int32_t off = (int32_t)(jiffies - expected), most = TOLERANCE * (int32_t)hz;

	return -most <= off && off <= most;
}

uint32_t kern_clock_hz(uint32_t jiffies, int64_t now)
{
	static const uint32_t usual[] = { 100, 250, 300, 1000 };
	uint32_t found = 0;
	size_t i;

	for (i = 0; i < sizeof(usual) / sizeof(*usual); i++) {
		if (!agrees(usual[i], jiffies, now))
			continue;
		if (found)
			return 0;
		found = usual[i];
	}
	return found;
}

void kern_clock_find(struct xdpwl_kernel *kernel)
{
	struct timespec time;
	uint32_t jiffies, hz;

	clock_gettime(CLOCK_MONOTONIC, &time);
	if (!jiffies_read(&jiffies))
		return;
	hz = kern_clock_hz(jiffies, time.tv_sec * 1000ll + time.tv_nsec / 1000000);
	if (!hz)
		return;
	kernel->first_jiffy = (1ull << 32) - (uint64_t)EARLY * hz;
	kernel->jiffy_ticks = (uint32_t)((1000000000ull << (32 - XDPWL_TICK_SHIFT)) / hz);
}
