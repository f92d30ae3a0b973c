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
#define NO_WAY N_WAYS	/* and more */

/* Where a track would stand. */
struct track_place {
	__u32 bucket;
	__u16 tag;
};

/* A load where it can be; a clock is read in 100 ns and more on some machines. */
static __always_inline __u32 ticks_now(void)
{
	if (kernel.jiffy_ticks)
		return (bpf_jiffies64() - kernel.first_jiffy) * kernel.jiffy_ticks >> 32;
	return bpf_ktime_get_boot_ns() >> XDPWL_TICK_SHIFT;
}

static __always_inline struct track_place
track_place(const struct xdpwl_track *track, __u32 buckets)
{
	__u64 hash = xdpwl_track_hash(track, control.track_seed);
	struct track_place place = {
		.bucket = xdpwl_track_bucket(track, hash, buckets),
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

static __always_inline bool track_ended(__u32 until, __u32 now)
{
	return (__s32)(until - now) < 0;
}

/* Which of `n` ways, from the first of a side on, holds a live track; or `n`. */
static __always_inline __u32 track_way(const struct xdpwl_bucket *bucket,
				       const struct xdpwl_tags *tags,
				       const struct xdpwl_track *track, __u16 tag,
				       __u32 now, __u32 side, __u32 n)
{
	const struct xdpwl_track *way = bucket->way[side];
	const __u32 *until = bucket->until[side];
	const __u16 *of_way = tags->tag[side];
	__u32 i;

#pragma clang loop unroll(disable)
	for (i = 0; i < n; i++)
		if (of_way[i] == tag && !track_ended(until[i], now) &&
		    track_same(&way[i], track))
			return i;
	return n;
}

/* `a` or `b`, whichever is less, both below 1 << 63, and without a branch: the
 * verifier would follow both ways of each. */
static __always_inline __u64 lesser(__u64 a, __u64 b)
{
	__u64 mask = (__s64)(a - b) >> 63;

	asm volatile("" : "+r"(mask));
	return b ^ ((a ^ b) & mask);
}

#define ROOM_LIVE	(1u << 4)	/* what the way holds has not ended */

/* Of one side the first way that is free or whose track has ended, else the one that would
 * end first; ROOM_LIVE and, in the low four bits, its number. */
static __always_inline __u32 track_room(const __u32 *until, __u32 now)
{
	__u64 best = ~0ull >> 1;
	__u32 i;

#pragma clang loop unroll(disable)
	for (i = 0; i < XDPWL_WAYS; i++) {
		if (track_ended(until[i], now))
			return i;
		best = lesser(best, (__u64)(until[i] - now) << 4 | i);
	}
	return ROOM_LIVE | (best & (XDPWL_WAYS - 1));
}

/* Under the lock, as the next. */
static __always_inline void track_write(struct xdpwl_track *way,
					const struct xdpwl_track *track)
{
	way->change++;
	asm volatile("" ::: "memory");
	__builtin_memcpy(way, track, __builtin_offsetof(struct xdpwl_track, state));
	way->state = track->state;
	asm volatile("" ::: "memory");
	way->change++;
}

/* What way `from` holds is not to be found any more. Returns whether that was the track;
 * else nothing is changed. */
static __always_inline bool track_clear(struct xdpwl_bucket *bucket,
					struct xdpwl_tags *tags,
					const struct xdpwl_track *track, __u32 from)
{
	struct xdpwl_track *way = bucket->way[0] + from;

	if (track_differs(way, track))
		return false;
	tags->tag[0][from] = 0;
	bucket->until[0][from] = 0;
	way->family = 0;
	return true;
}

/*
 * Record a track that the bucket does not hold on a side until a time, and take it
 * out of way `from` of side 0 (NO_WAY: it is in none): then nothing is done where it has
 * gone from there. Returns whether another had to go.
 */
static __always_inline bool track_put(struct xdpwl_bucket *bucket,
				      struct xdpwl_tags *tags,
				      const struct xdpwl_track *track,
				      __u16 tag, __u32 side, __u32 now,
				      __u32 until, __u32 from)
{
	__u32 room = 0, i;

	side = value_bound(side, 1) * XDPWL_WAYS;
	bpf_spin_lock(&bucket->lock);
	if (from >= XDPWL_WAYS ||
	    track_clear(bucket, tags, track, value_bound(from, XDPWL_WAYS - 1))) {
		room = opaque(track_room(bucket->until[0] + side, now));
		i = side + value_bound(room, XDPWL_WAYS - 1);
		track_write(bucket->way[0] + i, track);
		bucket->until[0][i] = until;
		tags->tag[0][i] = tag;
	}
	bpf_spin_unlock(&bucket->lock);
	return room & ROOM_LIVE;
}

static __always_inline void count_eviction(__u32 key)
{
	__u64 *count = bpf_map_lookup_elem(&evictions, &key);

	if (count)
		(*count)++;
}

#endif
