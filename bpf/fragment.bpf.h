/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Datagrams whose first fragment was admitted, for as long as reassembly may take.
 * In: a fragment, and for a first one who admitted it. Out: whether a later one
 * follows an admitted first; nothing else lets one pass.
 *
 * RFC 791, 8200 (what names a datagram), 1858 and 3128 (tiny ones, overlaps).
 */
#ifndef FRAGMENT_BPF_H
#define FRAGMENT_BPF_H

#include "flow.bpf.h"

/* What names the datagram, beside its addresses, and the fragment's offset in units of
 * 8 bytes. */
struct fragment_name {
	__be32 id;
	__u32 proto;		/* of the IPv4 header; 0 in IPv6 */
	__u32 offset;
};

/* From the IPv4 header, whose addresses stand at `addr`, or the fragment header at `header`. */
static __always_inline bool fragment_read(struct fragment_name *name, void *data,
					  void *data_end, __u32 addr,
					  __u32 header)
{
	const __be16 *ip = NULL;
	const __be32 *fragment;

	if (!header) {
		if (addr >= 8)
			ip = bytes_at(data, data_end, addr - 8, 6);
		if (!ip)
			return false;
		name->id = (__be32)ip[0] << 16;
		name->proto = ((const __u8 *)ip)[5];
		name->offset = bpf_ntohs(ip[1]) & 0x1fff;
		return true;
	}
	fragment = bytes_at(data, data_end, header, 8);
	if (!fragment)
		return false;
	name->id = fragment[1];
	name->proto = 0;
	name->offset = bpf_ntohl(fragment[0]) >> 3 & 0x1fff;
	return true;
}

/* A first fragment, noted on a side for as long as another may follow. */
static __always_inline void fragment_put(struct xdpwl_track *track,
					 struct track_place place, __u32 side)
{
	struct xdpwl_bucket *bucket = bpf_map_lookup_elem(&fragments,
							  &place.bucket);
	struct xdpwl_tags *tags = bpf_map_lookup_elem(&fragment_tags,
						      &place.bucket);
	__u32 now = ticks_now(), until = now + XDPWL_IDLE_FRAGMENT, i;

	if (!bucket || !tags)
		return;
	side = value_bound(side, 1);
	i = opaque(track_way(bucket, tags, track, place.tag, now, side, XDPWL_WAYS));
	if (i < XDPWL_WAYS) {
		i = value_bound(i, XDPWL_WAYS - 1);
		bucket->until[side][i] = until;
		/* Of two with one name, TCP in either counts. */
		bucket->way[side][i].state |= track->state;
	} else if (track_put(bucket, tags, track, place.tag, side, now, until, NO_WAY)) {
		count_eviction(XDPWL_EVICT_FIRST_ANY + side);
	}
}

/* XDPWL_TRACK_KNOWN and the state of the first fragments of this name, on either side: TCP
 * in one of them counts. 0 where there is none. */
static __always_inline __u32 fragment_find(const struct xdpwl_track *track,
					   struct track_place place)
{
	struct xdpwl_tags *tags = bpf_map_lookup_elem(&fragment_tags,
						      &place.bucket);
	struct xdpwl_bucket *bucket;
	const struct xdpwl_track *way;
	__u32 i, state = 0, now = ticks_now();

	if (!tags || !tags_have(tags, place.tag))
		return 0;
	bucket = bpf_map_lookup_elem(&fragments, &place.bucket);
	if (!bucket)
		return 0;
	way = bucket->way[0];
#pragma clang loop unroll(disable)
	for (i = 0; i < N_WAYS; i++)
		if (tags->tag[0][i] == place.tag &&
		    track_same(&way[i], track) &&
		    !track_ended(bucket->until[0][i], now))
			state |= XDPWL_TRACK_KNOWN | way[i].state;
	return state;
}

#define FRAGMENT_REMEMBER	(1u << 16)	/* a first one: on the side of bit 17 */
#define FRAGMENT_SIDE_SHIFT	17

/*
 * A fragment whose addresses stand at `addr`; `header` is the offset of the IPv6
 * fragment header, 0 in IPv4. `what` is family << 8 | protocol, and FRAGMENT_*. Whether it
 * may pass.
 */
__noinline __u32 fragment_known(struct xdp_md *ctx, __u32 addr, __u32 header,
				__u32 what)
{
	void *data = frame_data(ctx), *data_end = frame_end(ctx);
	__u32 family = what >> 8 & 15, proto = what & 0xff, state;
	struct fragment_name name;
	struct xdpwl_track track;
	struct track_place place;

	if (!fragment_read(&name, data, data_end, addr, header) ||
	    !flow_read(&track, data, data_end, addr,
		       flow_pack(family, name.proto, name.id, name.id >> 16, 0)))
		return false;
	place = track_place(&track, control.fragment_buckets);
	if (what & FRAGMENT_REMEMBER) {
		track.state = proto == PROTO_TCP ? XDPWL_TRACK_TCP : 0;
		fragment_put(&track, place, what >> FRAGMENT_SIDE_SHIFT & 1);
		return true;
	}
	state = fragment_find(&track, place);
	/* One that overlaps the flags of TCP's first (RFC 3128). */
	return state && !(state & XDPWL_TRACK_TCP && name.offset == 1);
}

#endif
