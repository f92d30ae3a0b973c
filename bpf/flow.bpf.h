/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Flows that this machine, or one it forwards for, started. In: addresses where they
 * stand in a packet, and what was parsed of it. Out: whether a flow is known; and
 * its track written, refreshed, or moved to the answered ones.
 */
#ifndef FLOW_BPF_H
#define FLOW_BPF_H

#include "essential.bpf.h"
#include "track.bpf.h"

/* What of a packet makes its flow, as one scalar: ports as they stand, local and
 * remote; TCP flags; and whether the first of the two addresses is the local one. */
#define FLOW_OUTWARD	(1ull << 60)
#define FLOW_FORWARDED	(1ull << 61)	/* it is forwarded: apart from our own */

static __always_inline __u64 flow_pack(__u32 family, __u32 proto, __be16 rport,
				       __be16 lport, __u32 flags)
{
	return (__u64)family << 56 | (__u64)(flags & 0x3f) << 48 |
	       (__u64)(proto & 0xff) << 32 | (__u64)lport << 16 | rport;
}

static __always_inline __u32 flow_flags(__u64 what)
{
	return what >> 48 & 0x3f;
}

/* Two words of addresses into the track. Both are read before one is chosen: else the
 * compiler computes where to read, and the verifier cannot follow. */
static __always_inline void track_word(struct xdpwl_track *track, int i,
				       __be32 first, __be32 second, bool outward)
{
	asm volatile("" : "+r"(first), "+r"(second));
	track->remote[i] = outward ? second : first;
	track->local[i] = outward ? first : second;
}

static __always_inline void track_ipv4(struct xdpwl_track *track,
				       const __be32 *addr, bool outward)
{
	track_word(track, 0, addr[0], addr[1], outward);
	track->remote[1] = track->remote[2] = track->remote[3] = 0;
	track->local[1] = track->local[2] = track->local[3] = 0;
}

static __always_inline void track_ipv6(struct xdpwl_track *track,
				       const __be32 *addr, bool outward)
{
	int i;

#pragma unroll
	for (i = 0; i < 4; i++)
		track_word(track, i, addr[i], addr[4 + i], outward);
}

/* False: the addresses do not stand there. */
static __always_inline bool flow_read(struct xdpwl_track *track, void *data,
				      void *data_end, __u32 addr, __u64 what)
{
	bool outward = what & FLOW_OUTWARD;
	const __be32 *a;

	track->rport = what;
	track->lport = what >> 16;
	track->proto = what >> 32;
	track->family = what >> 56 & 15;
	track->state = track->change = 0;
	if (track->family == 4) {
		a = bytes_at(data, data_end, addr, 8);
		if (!a)
			return false;
		track_ipv4(track, a, outward);
	} else {
		a = bytes_at(data, data_end, addr, 32);
		if (!a)
			return false;
		track_ipv6(track, a, outward);
	}
	return true;
}

static __always_inline __u32 flow_idle(__u8 proto, __u32 side, __u8 state)
{
	if (proto == PROTO_UDP)
		return XDPWL_IDLE_UDP;
	if (proto != PROTO_TCP)
		return XDPWL_IDLE_ICMP;
	return side == XDPWL_HALF_OPEN || state & XDPWL_TRACK_CLOSING ?
		       XDPWL_IDLE_TCP_SHORT : XDPWL_IDLE_TCP;
}

static __always_inline void flow_put(const struct xdpwl_track *track,
				     struct track_place place, __u32 side,
				     __u32 now, __u32 from)
{
	struct xdpwl_bucket *bucket = bpf_map_lookup_elem(&flows, &place.bucket);
	struct xdpwl_tags *tags = bpf_map_lookup_elem(&flow_tags, &place.bucket);

	if (bucket && tags &&
	    track_put(bucket, tags, track, place.tag, side, now,
		      now + flow_idle(track->proto, side, track->state), from))
		count_eviction(place.bucket < control.flow_buckets ?
				       XDPWL_EVICT_HALF_OPEN + side :
				       XDPWL_EVICT_FORWARDED);
}

/* What to do with a flow that is found: nothing; it goes on from here; it was answered; it
 * is known to be open. */
enum { FLOW_LOOK, FLOW_REFRESH, FLOW_ANSWER, FLOW_LEARN };

/* The track in the map: refreshed, its end noted, moved over when it was answered. */
static __always_inline void flow_meet(struct xdpwl_bucket *bucket,
				      struct xdpwl_track *track,
				      struct track_place place, __u32 i,
				      __u32 flags, __u32 now, int what)
{
	struct xdpwl_track *way = bucket->way[0] + i;
	__u32 side = i / XDPWL_WAYS, until;

	if (flags & (FLAG_FIN | FLAG_RST))
		way->state |= XDPWL_TRACK_CLOSING;
	else if (what != FLOW_ANSWER)
		way->state &= ~XDPWL_TRACK_CLOSING; /* a SYN: ports used anew */
	until = now + flow_idle(track->proto, side, way->state);
	/* Once a tick: the line may be another CPU's. */
	if (bucket->until[0][i] != until)
		bucket->until[0][i] = until;
	if (what != FLOW_REFRESH && side == XDPWL_HALF_OPEN && !(flags & FLAG_RST)) {
		track->state = way->state;
		flow_put(track, place, XDPWL_ESTABLISHED, now, i);
	}
}

/* Whether the flow is known. */
static __always_inline bool flow_find(struct xdpwl_track *track,
				      struct track_place place, __u32 flags,
				      int what)
{
	struct xdpwl_tags *tags = bpf_map_lookup_elem(&flow_tags, &place.bucket);
	struct xdpwl_bucket *bucket;
	__u32 now, i;

	if (!tags || !tags_have(tags, place.tag))
		return false;
	bucket = bpf_map_lookup_elem(&flows, &place.bucket);
	if (!bucket)
		return false;
	now = ticks_now();
	i = opaque(track_way(bucket, tags, track, place.tag, now, 0, N_WAYS));
	if (i >= NO_WAY)
		return false;
	i = value_bound(i, N_WAYS - 1);
	if (what != FLOW_LOOK)
		flow_meet(bucket, track, place, i, flags, now, what);
	return true;
}

/* The cheap question before the dear one: did a flow ever use this local port? */
static __always_inline bool flow_port(__u32 port)
{
	return control.flow_port[value_bound(port, XDPWL_TCP_UDP - 1)];
}

/* Our own flows are in the first half of the buckets, forwarded ones in the second. */
static __always_inline struct track_place flow_place(const struct xdpwl_track *track,
						     bool forwarded)
{
	struct track_place place = track_place(track, control.flow_buckets);

	if (forwarded)
		place.bucket += control.flow_buckets;
	return place;
}

/* Whether a flow is known in the half of its place, or in the other: one that was learned
 * at the attach is among our own, whoever's it is. */
static __always_inline bool flow_find_any(struct xdpwl_track *track,
					  struct track_place place, __u32 flags,
					  int what)
{
	__u32 half = control.flow_buckets;
	int i;

#pragma clang loop unroll(disable)
	for (i = 0; i < 2; i++) {
		if (flow_find(track, place, flags, what))
			return true;
		place.bucket += place.bucket < half ? half : -half;
	}
	return false;
}

/* A packet that came in: whether it answers a flow, which is refreshed then. `what` is
 * flow_pack()'s, FLOW_OUTWARD too: then whether it is known, which changes nothing. */
__noinline __u32 flow_known(struct xdp_md *ctx, __u32 addr, __u64 what)
{
	struct xdpwl_track track;

	return flow_read(&track, frame_data(ctx), frame_end(ctx), addr, what) &&
	       flow_find_any(&track, flow_place(&track, false), flow_flags(what),
			     what & FLOW_OUTWARD ? FLOW_LOOK : FLOW_ANSWER);
}

/* Whether a packet with TCP or UDP ports, of which no rule speaks, is a reply: never a
 * bare SYN. As flow_known(). */
static __always_inline bool flow_answered(struct xdp_md *ctx, __u32 addr, __u64 what)
{
	__u8 proto = what >> 32;

	if (proto == PROTO_TCP &&
	    (flow_flags(what) & (FLAG_SYN | FLAG_ACK)) == FLAG_SYN)
		return false;
	return flow_port(port_number(proto, what >> 16)) &&
	       flow_known(ctx, addr, what);
}

static __always_inline __u64 packet_flow(const struct packet *packet)
{
	return flow_pack(packet->family, packet->proto, packet->sport,
			 packet->dport, packet->tcp_flags);
}

static __always_inline bool is_echo_reply(const struct packet *packet)
{
	if (packet->family == 4)
		return packet->proto == PROTO_ICMP && packet->icmp_type == ICMP4_ECHO_REPLY;
	return packet->proto == PROTO_ICMPV6 && packet->icmp_type == ICMP6_ECHO_REPLY;
}

static __always_inline bool echo_reply(const struct packet *packet, __u32 addr)
{
	return is_echo_reply(packet) &&
	       flow_known(packet->ctx, addr,
			  flow_pack(packet->family, packet->proto, 0,
				    packet->sport, 0));
}

#endif
