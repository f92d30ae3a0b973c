/* SPDX-License-Identifier: GPL-2.0-only */
/* Filters of one size, of which small lists use the beginning: it stays in a cache. */
#include <errno.h>
#include <stdlib.h>
#include "fine.h"

int fine_create(struct blocks *fine)
{
	fine->elements = calloc(XDPWL_FINE_BLOCKS, sizeof(struct xdpwl_fine));
	fine->n = XDPWL_FINE_BLOCKS;
	return fine->elements ? 0 : -ENOMEM;
}

uint32_t fine_shift(uint64_t keys, uint32_t most)
{
	uint32_t words = 2;

	while (words < most && words * FINE_KEYS_A_WORD < keys)
		words *= 2;
	return 64 - __builtin_ctz(words);
}

__u64 *fine_word(const struct blocks *fine, uint64_t at)
{
	struct xdpwl_fine *block = fine->elements;

	return &block[at / XDPWL_FINES].word[at % XDPWL_FINES];
}
