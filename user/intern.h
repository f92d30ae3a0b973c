/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a ruleset keeps beside its arrays: equal things once, and where to find
 * what has a name. Hash tables, so that a million rules take a million steps.
 */
#ifndef INTERN_H
#define INTERN_H

#include <stddef.h>
#include <stdint.h>

/* Hash to numbers of elements that live elsewhere. */
struct index_slot {
	uint32_t hash;
	uint32_t number;	/* + 1; 0: free */
};

struct index {
	struct index_slot *slots;
	size_t n, capacity;	/* capacity: a power of two above 2 * n */
};

struct blob {
	void *bytes;
	size_t length;
};

struct intern {
	struct blob *blobs;	/* services, on, comments */
	size_t n_blobs;
	struct index by_bytes, by_rule, by_set, by_interface;
};

uint32_t hash_bytes(const void *bytes, size_t length);

/* The next number that was added under `hash`, or -1. *at begins as 0. */
long index_next(const struct index *index, uint32_t hash, size_t *at);
/* 0 or -ENOMEM. */
int index_add(struct index *index, uint32_t hash, uint32_t number);
/* Room for n in all, so that adding them never moves the table. 0 or
 * -ENOMEM. */
int index_reserve(struct index *index, size_t n);

struct intern *intern_new(void);
void intern_free(struct intern *intern);

/* Give up `bytes` (malloc'ed) for the one that is kept of all equal ones.
 * NULL: no memory, and `bytes` is freed. */
void *intern_bytes(struct intern *intern, void *bytes, size_t length);

#endif
