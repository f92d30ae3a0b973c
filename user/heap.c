/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where malloc() takes memory from. A command touches hundreds of megabytes for a
 * million prefixes, once, and ends. Each page that is touched first is a fault of
 * the processor, and each piece that goes back a flush of address translations on
 * all: on a virtual machine 20 us and more, which was half of the time of an apply.
 */
#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
#include "heap.h"

#define FIRST	  (160 << 10)	/* more than a heap has room for that began small */
#define SMALL	  (256 << 10)	/* of small pages, more than that; the rest is huge */
#define GROWTH	  (1 << 20)	/* should all of that be used */
#define ROOM	  (512 << 20)	/* of addresses: pages come when they are touched */
#define SHARE	  4		/* but no more than one in so many of the machine's */
#define HUGE_PAGE (2 << 20)

static int heap_room(void)
{
	long long size = (long long)sysconf(_SC_PHYS_PAGES) *
			 sysconf(_SC_PAGESIZE) / SHARE;

	return size > 0 && size < ROOM ? (int)size : ROOM;
}

void heap_prepare(void)
{
	uintptr_t at = (uintptr_t)sbrk(0), to;
	/* What malloc() writes now would make the first huge page one of small ones. */
	uintptr_t from = (at + SMALL + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE;
	void *first;

	sbrk(from - SMALL - at);
	mallopt(M_MMAP_THRESHOLD, 32 << 20);	/* the highest that it takes */
	mallopt(M_TRIM_THRESHOLD, INT32_MAX);
	mallopt(M_TOP_PAD, heap_room());
	first = malloc(FIRST);
	mallopt(M_TOP_PAD, GROWTH);
	to = (uintptr_t)sbrk(0);
	if (first && from < to)
		madvise((void *)from, to - from, MADV_HUGEPAGE);
	free(first);
}
