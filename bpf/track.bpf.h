/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tracks, as include/xdpwl.h describes them, found and written. In: a track to look
 * for, and the maps of flows or of fragments. Out: the one in the map. Who may
 * leave one is for others to judge.
 *
 * Written under the lock of the bucket, found without: `change` is odd while a way is
 * rewritten, and a reader that sees it move has found nothing.
 */
#ifndef TRACK_BPF_H
#define TRACK_BPF_H

#include "maps.bpf.h"
#include "packet.bpf.h"

#define N_WAYS (XDPWL_SIDES * XDPWL_WAYS)
#define NO_WAY N_WAYS

/* Where a track would stand. */
struct track_place {
	__u32 bucket;
	__u16 tag;
};

static __always_inline __u32 ticks_now(void)
{
	return bpf_ktime_get_boot_ns() >> XDPWL_TICK_SHIFT;
}

static __always_inline struct track_place
track_place(const struct xdpwl_track *track, __u32 buckets)
{
	__u64 hash = xdpwl_track_hash(track, control.track_seed);
	struct track_place place = {
		.bucket = xdpwl_track_bucket(hash, buckets),
		.tag = xdpwl_track_tag(hash),
	};

	return place;
}

/* Whether any way of either side has the tag: zero lanes of four 16-bit ones at a time. */
static __always_inline bool tags_have(const struct xdpwl_tags *tags, __u16 tag)
{
	const __u64 ones = 0x0001000100010001ull, *words = (const void *)tags;
	__u64 want = tag * ones, found = 0;
	int i;

#pragma unroll
	for (i = 0; i < N_WAYS / 4; i++)
		found |= ((words[i] ^ want) - ones) & ~(words[i] ^ want) &
			 ones << 15;
	return found;
}

/* 0 where both stand for the same. Read anew each time: kept in registers for the next
 * round of a loop, a track would fill the stack twice. */
static __always_inline __u32 track_differs(const struct xdpwl_track *a,
					   const struct xdpwl_track *b)
{
	asm volatile("" :: "r"(b) : "memory");
	return (a->remote[0] ^ b->remote[0]) | (a->remote[1] ^ b->remote[1]) |
	       (a->remote[2] ^ b->remote[2]) | (a->remote[3] ^ b->remote[3]) |
	       (a->local[0] ^ b->local[0]) | (a->local[1] ^ b->local[1]) |
	       (a->local[2] ^ b->local[2]) | (a->local[3] ^ b->local[3]) |
	       (a->rport ^ b->rport) | (a->lport ^ b->lport) |
	       (a->family ^ b->family) | (a->proto ^ b->proto);
}

static __always_inline __u8 track_change(const struct xdpwl_track *way)
{
	return *(const volatile __u8 *)&way->change;
}

static __always_inline bool track_same(const struct xdpwl_track *way,
				       const struct xdpwl_track *track)
{
	__u8 change = track_change(way);

	return !(change & 1) && !track_differs(way, track) &&
	       track_change(way) == change;
}

static __always_inline bool track_ended(const struct xdpwl_track *way, __u32 now)
{
	return (__s32)(way->until - now) < 0;
}

/* The way, of both sides counted through, that holds a live track; or NO_WAY. */
static __always_inline __u32 track_way(const struct xdpwl_bucket *bucket,
				       const struct xdpwl_tags *tags,
				       const struct xdpwl_track *track,
				       __u16 tag, __u32 now)
{
	const struct xdpwl_track *way = &bucket->way[0][0];
	const __u16 *of_way = &tags->tag[0][0];
	__u32 i;

#pragma clang loop unroll(disable)
	for (i = 0; i < N_WAYS; i++)
		if (of_way[i] == tag && track_same(&way[i], track) &&
		    !track_ended(&way[i], now))
			return i;
	return NO_WAY;
}

/* `a` or `b`, whichever is less, both below 1 << 63, and without a branch: the
 * verifier would follow both ways of each. */
static __always_inline __u64 lesser(__u64 a, __u64 b)
{
	__u64 mask = (__s64)(a - b) >> 63;

	asm volatile("" : "+r"(mask));
	return b ^ ((a ^ b) & mask);
}

#define CHOICE_OTHER	(1ull << 40)	/* it does not hold the track yet */
#define CHOICE_LIVE	(1ull << 35)	/* what it holds has not ended */

/*
 * The way for a track among those of one side: the one that holds it, else an
 * ended or unused one, else the one that would end first. CHOICE_* and, in the low
 * four bits, its number. Under the lock, where no call is allowed.
 */
static __always_inline __u64 track_choose(const struct xdpwl_track *ways,
					  const struct xdpwl_track *track,
					  __u32 now)
{
	__u64 best = ~0ull >> 1;
	int i;

#pragma clang loop unroll(disable)
	for (i = 0; i < XDPWL_WAYS; i++) {
		/* 2^31 is "now". */
		__u64 end = (__u32)(ways[i].until - now) ^ 0x80000000u;
		__u64 other = track_differs(&ways[i], track);

		other = (other | -other) >> 63;
		asm volatile("" : "+r"(other));
		best = lesser(best, other << 40 | end << 4 | i);
	}
	return best;
}

/* Not to be found any more. Under the lock. */
static __always_inline void track_clear(struct xdpwl_track *way, __u16 *tag)
{
	*tag = 0;
	way->until = 0;
	way->family = 0;
}

/*
 * Record a track on a side until a time, and take it out of way `from` of side 0
 * (NO_WAY: of none). Returns whether another had to go.
 */
static __always_inline bool track_put(struct xdpwl_bucket *bucket,
				      struct xdpwl_tags *tags,
				      const struct xdpwl_track *track,
				      __u16 tag, __u32 side, __u32 now,
				      __u32 until, __u32 from)
{
	struct xdpwl_track *ways = bucket->way[0], *way;
	__u64 choice, i;

	side = value_bound(side, 1);
	bpf_spin_lock(&bucket->lock);
	choice = track_choose(ways + side * XDPWL_WAYS, track, now);
	i = side * XDPWL_WAYS + value_bound(choice, XDPWL_WAYS - 1);
	way = ways + i;
	if (choice & CHOICE_OTHER) {
		way->change++;
		asm volatile("" ::: "memory");
		__builtin_memcpy(way, track, __builtin_offsetof(struct xdpwl_track, state));
		way->state = track->state;
		way->until = until;
		asm volatile("" ::: "memory");
		way->change++;
		tags->tag[0][i] = tag;
	} else {
		way->until = until;
		/* Of two first fragments with one name, TCP in either counts. */
		way->state = (way->state & XDPWL_TRACK_TCP) | track->state;
	}
	if (from < XDPWL_WAYS) {
		from = value_bound(from, XDPWL_WAYS - 1);
		if (!track_differs(ways + from, track))
			track_clear(ways + from, &tags->tag[0][from]);
	}
	bpf_spin_unlock(&bucket->lock);
	return choice & CHOICE_OTHER && choice & CHOICE_LIVE;
}

static __always_inline void count_eviction(__u32 key)
{
	__u64 *count = bpf_map_lookup_elem(&evictions, &key);

	if (count)
		(*count)++;
}

#endif
