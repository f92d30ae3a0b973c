/* SPDX-License-Identifier: GPL-2.0-only */
/* Numbers by address: those of whole /20s, to whole4, and blocks of numbers4. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "numbers4.h"

#define GROUPS		(XDPWL_NUMBERS4 / XDPWL_GROUP4)	/* in a block */
#define GROUPS_MOST	(XDPWL_WHOLE4_TRIE & ~XDPWL_WHOLE4_DENSE)

int numbers4_add(struct numbers4 *numbers, uint32_t *block)
{
	struct blocks *map = &numbers->tables->numbers4;
	struct xdpwl_numbers4 *grown = map->elements;

	if (map->n == numbers->room) {
		numbers->room = 2 * numbers->room + 4;
		grown = realloc(grown, numbers->room * sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		map->elements = grown;
	}
	*block = map->n++;
	memset(&grown[*block], 0, sizeof(*grown));
	return 0;
}

uint32_t *numbers4_of(const struct numbers4 *numbers, uint32_t block)
{
	struct xdpwl_numbers4 *blocks = numbers->tables->numbers4.elements;

	return blocks[block].number;
}

/* ---- whole /20s ---- */

static uint32_t *group_of(const struct numbers4 *numbers, uint32_t group)
{
	return numbers4_of(numbers, group / GROUPS) + group % GROUPS * XDPWL_GROUP4;
}

/* The /20s of a /16, `bits`, get a number each. */
static int whole_spread(struct numbers4 *numbers, __u16 *whole, uint32_t bits)
{
	uint32_t group = numbers->groups, block, i;

	if (group == GROUPS_MOST) {
		*whole = XDPWL_WHOLE4_TRIE;
		return 0;
	}
	if (!(group % GROUPS) && numbers4_add(numbers, &block))
		return -ENOMEM;
	numbers->groups++;
	for (i = 0; i < XDPWL_GROUP4; i++)
		if (bits & XDPWL_BIT32(XDPWL_NEAR4_WHOLE + i))
			group_of(numbers, group)[i] = *whole;
	*whole = XDPWL_WHOLE4_DENSE | group;
	return 0;
}

int whole4_mark(struct numbers4 *numbers, uint32_t at20, uint32_t number)
{
	struct xdpwl_slot *slot = numbers->tables->slot;
	uint16_t head = htons(at20 >> 4);
	__u32 *near = &slot->near4.any[head], bits = *near & ~0u >> XDPWL_NEAR4_WHOLE;
	__u16 *whole = &slot->whole4[head];
	int err = 0;

	if (!bits && number < XDPWL_WHOLE4_DENSE)
		*whole = number;
	else if (*whole != number && !(*whole & XDPWL_WHOLE4_DENSE))
		err = whole_spread(numbers, whole, bits);
	if (!err && *whole & XDPWL_WHOLE4_DENSE && *whole != XDPWL_WHOLE4_TRIE)
		group_of(numbers, *whole & ~XDPWL_WHOLE4_DENSE)[at20 & 15] = number;
	*near |= XDPWL_BIT32(XDPWL_NEAR4_WHOLE + (at20 & 15));
	return err;
}
