/* SPDX-License-Identifier: GPL-2.0-only */
/* How long a jiffy is, by the kernel's count of them and the time since the start: the
 * right answer or none, never a wrong one. */
#include <unistd.h>
#include "unit.h"
#include "kern_inner.h"
#include "../../include/xdpwl.h"

static const uint32_t usual[] = { 100, 250, 300, 1000 };

/* The low half of jiffies64 on a kernel of so many a second, `ms` after its start. */
static uint32_t count(uint32_t hz, int64_t ms)
{
	return (uint32_t)((1ull << 32) - 300ull * hz + (uint64_t)ms * hz / 1000);
}

static void test_every_length_is_found(void **state)
{
	static const int64_t seconds[] = { 1, 30, 200, 280, 320, 3600, 86400, 50 * 86400,
					   500 * 86400ll, 3000 * 86400ll };
	size_t i, j;

	(void)state;
	for (i = 0; i < 4; i++) {
		for (j = 0; j < sizeof(seconds) / sizeof(*seconds); j++) {
			int64_t ms = seconds[j] * 1000;

			assert_int_equal(kern_clock_hz(count(usual[i], ms), ms), usual[i]);
			/* The two are not read at once, nor started at once. */
			assert_int_equal(kern_clock_hz(count(usual[i], ms - 900), ms), usual[i]);
			assert_int_equal(kern_clock_hz(count(usual[i], ms + 900), ms), usual[i]);
		}
	}
}

static void test_none_is_better_than_a_wrong_one(void **state)
{
	int64_t ms;
	size_t i;

	(void)state;
	/* Five minutes after the start all have counted to the same number. */
	for (i = 0; i < 4; i++) {
		assert_int_equal(kern_clock_hz(count(usual[i], 300000), 300000), 0);
		for (ms = 0; ms < 700000; ms += 50) {
			uint32_t hz = kern_clock_hz(count(usual[i], ms), ms);

			assert_true(!hz || hz == usual[i]);
		}
	}
	/* A length that is not usual, and a count that lags behind (ticks were lost). */
	assert_int_equal(kern_clock_hz(count(864, 3600000), 3600000), 0);
	assert_int_equal(kern_clock_hz(count(250, 3600000) - 250 * 60, 3600000), 0);
}

static void test_this_kernel_counts_as_found(void **state)
{
	struct xdpwl_kernel kernel = {};
	struct timespec now;
	uint64_t hz;
	size_t i;

	(void)state;
	clock_gettime(CLOCK_MONOTONIC, &now);
	kern_clock_find(&kernel);
	if (geteuid() || (now.tv_sec > 290 && now.tv_sec < 310)) {
		print_message("# not asked: no root, or five minutes after the start\n");
		return;
	}
	assert_int_not_equal(kernel.jiffy_ticks, 0);
	hz = (1000000000ull << (32 - XDPWL_TICK_SHIFT)) / kernel.jiffy_ticks;
	for (i = 0; i < 4 && hz != usual[i]; i++)
		;
	assert_in_range(i, 0, 3);
	assert_true(kernel.first_jiffy == (1ull << 32) - 300 * hz);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_length_is_found),
		cmocka_unit_test(test_none_is_better_than_a_wrong_one),
		cmocka_unit_test(test_this_kernel_counts_as_found),
	};

	return unit_main(tests);
}
