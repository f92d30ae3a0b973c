/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Equal things once, and hashes to numbers, for a ruleset. In: bytes, hashes;
 * out: the one copy that is kept, numbers. Knows nothing of what the bytes
 * mean.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "intern.h"

/* FNV-1a; files of rules are their owner's, so that nobody chooses
 * collisions. */
uint32_t hash_bytes(const void *bytes, size_t length)
{
	const uint8_t *byte = bytes;
	uint64_t hash = 0xcbf29ce484222325ull;

	for (size_t i = 0; i < length; i++)
		hash = (hash ^ byte[i]) * 0x100000001b3ull;
	return (uint32_t)(hash ^ hash >> 32);
}

long index_next(const struct index *index, uint32_t hash, size_t *at)
{
	while (*at < index->capacity) {
		size_t place = (hash + (*at)++) & (index->capacity - 1);
		const struct index_slot *slot = &index->slots[place];

		if (!slot->number)
			return -1;
		if (slot->hash == hash)
			return (long)slot->number - 1;
	}
	return -1;
}

static void place(struct index *index, struct index_slot slot)
{
	size_t at = slot.hash;

	while (index->slots[at & (index->capacity - 1)].number)
		at++;
	index->slots[at & (index->capacity - 1)] = slot;
}

int index_reserve(struct index *index, size_t n)
{
	struct index old = *index;
	size_t capacity = old.capacity ? old.capacity : 16;

	while (capacity <= 2 * n)
		capacity *= 2;
	if (capacity == old.capacity)
		return 0;
	index->slots = calloc(capacity, sizeof(*index->slots));
	if (!index->slots) {
		*index = old;
		return -ENOMEM;
	}
	index->capacity = capacity;
	for (size_t i = 0; i < old.capacity; i++) {
		if (old.slots[i].number)
			place(index, old.slots[i]);
	}
	free(old.slots);
	return 0;
}

int index_add(struct index *index, uint32_t hash, uint32_t number)
{
	int err = index_reserve(index, index->n + 1);

	if (err)
		return err;
	place(index, (struct index_slot){ hash, number + 1 });
	index->n++;
	return 0;
}

struct intern *intern_new(void)
{
	return calloc(1, sizeof(struct intern));
}

void intern_free(struct intern *intern)
{
	if (!intern)
		return;
	for (size_t i = 0; i < intern->n_blobs; i++)
		free(intern->blobs[i].bytes);
	free(intern->blobs);
	free(intern->by_bytes.slots);
	free(intern->by_rule.slots);
	free(intern->by_set.slots);
	free(intern->by_interface.slots);
	free(intern);
}

static int add_blob(struct intern *intern, void *bytes, size_t length,
		    uint32_t hash)
{
	if ((intern->n_blobs & (intern->n_blobs - 1)) == 0) {
		size_t room = intern->n_blobs ? intern->n_blobs * 2 : 1;
		struct blob *grown = realloc(intern->blobs,
					     room * sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		intern->blobs = grown;
	}
	if (index_add(&intern->by_bytes, hash, (uint32_t)intern->n_blobs))
		return -ENOMEM;
	intern->blobs[intern->n_blobs++] = (struct blob){ bytes, length };
	return 0;
}

void *intern_bytes(struct intern *intern, void *bytes, size_t length)
{
	uint32_t hash = hash_bytes(bytes, length);
	size_t at = 0;
	long number;

	while ((number = index_next(&intern->by_bytes, hash, &at)) >= 0) {
		struct blob *blob = &intern->blobs[number];

		if (blob->length == length &&
		    memcmp(blob->bytes, bytes, length) == 0) {
			if (blob->bytes != bytes)
				free(bytes);
			return blob->bytes;
		}
	}
	if (add_blob(intern, bytes, length, hash)) {
		free(bytes);
		return NULL;
	}
	return bytes;
}
