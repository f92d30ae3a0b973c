/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Death on demand, in the test build alone. In: XDPWL_DIE_AT, the number of the
 * write to die before, and XDPWL_COUNT_WRITES, a file that gets the number of
 * writes at exit. The counter is global because the process is what dies;
 * nothing reads it but this file.
 */
#include "kern.h"

#ifdef XDPWL_FAULTS

#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

static atomic_ulong writes;

void kern_fault(void)
{
	const char *at = getenv("XDPWL_DIE_AT");
	unsigned long n = atomic_fetch_add(&writes, 1) + 1;

	if (at && strtoul(at, NULL, 10) == n)
		raise(SIGKILL);
}

__attribute__((destructor)) static void writes_report(void)
{
	const char *path = getenv("XDPWL_COUNT_WRITES");
	FILE *file = path ? fopen(path, "we") : NULL;

	if (!file)
		return;
	fprintf(file, "%lu\n", atomic_load(&writes));
	fclose(file);
}

#endif
