/* SPDX-License-Identifier: GPL-2.0-only */
/* What the tests of the rules language share. */
#ifndef UNIT_H
#define UNIT_H

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>
#include "error.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define unit_main(tests) (cmocka_set_message_output(CM_OUTPUT_TAP), \
			  cmocka_run_group_tests(tests, NULL, NULL))

/* A message must hold `part`; the failing one is shown. */
static inline void assert_says(const struct error *error, const char *part)
{
	if (!strstr(error->text, part))
		fail_msg("\"%s\" does not say \"%s\"", error->text, part);
}

/* Memory of exactly this size, so that a sanitizer sees a read behind its
 * end. */
static inline char *exact(const char *text, size_t length)
{
	char *copy = malloc(length + (length == 0));

	assert_non_null(copy);
	memcpy(copy, text, length);
	return copy;
}

static inline double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* Bounds of time hold for builds without a sanitizer, with room for slow
 * machines. */
#if defined(__SANITIZE_ADDRESS__)
#define SLOW 20
#else
#define SLOW 4
#endif

/* xorshift64*: small, and the same everywhere for a printed seed. */
static inline uint64_t random_step(uint64_t *state)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return *state * 0x2545f4914f6cdd1dull;
}

static inline uint32_t random_below(uint64_t *state, uint32_t n)
{
	return (uint32_t)((random_step(state) >> 32) * n >> 32);
}

/* XDPWL_SEED repeats a run. */
static inline uint64_t random_seed(void)
{
	const char *given = getenv("XDPWL_SEED");
	uint64_t seed = given ? strtoull(given, NULL, 0) : (uint64_t)time(NULL);

	printf("# seed %llu\n", (unsigned long long)seed);
	fflush(stdout);
	return seed * 2 + 1;
}

#endif
