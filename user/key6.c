/* SPDX-License-Identifier: GPL-2.0-only */
/* Keys of lpm6 to words. */
#include <arpa/inet.h>
#include <string.h>
#include "key6.h"

struct key6 key6_at(const struct table *lpm6, size_t i)
{
	const struct xdpwl_lpm6 *from = (struct xdpwl_lpm6 *)lpm6->keys + i;
	struct key6 key = { .length = from->len };
	uint32_t word[4];

	memcpy(word, from->addr, sizeof(word));
	key.high = (uint64_t)ntohl(word[0]) << 32 | ntohl(word[1]);
	key.low = (uint64_t)ntohl(word[2]) << 32 | ntohl(word[3]);
	return key;
}

uint32_t key6_heads(const struct key6 *key, uint32_t bits)
{
	return key->length >= bits ? 1 : 1u << (bits - key->length);
}

bool key6_share(const struct key6 *key, const struct key6 *another, uint32_t bits)
{
	return !((key->high ^ another->high) >> (64 - bits));
}
