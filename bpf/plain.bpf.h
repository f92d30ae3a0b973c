/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Frame to packet, for the plain ones that floods and honest traffic are made of: whole
 * TCP and UDP, no tags, no options, no extension headers, nothing wrong with them. It
 * asks in one go what parse.bpf.h and essential.bpf.h ask in steps, and knows three
 * answers: this packet is theirs; no rule and no flow can speak of it, so it is not
 * allowed; or some may.
 *
 * What costs here is what waits for the packet's bytes. They come from another core, and
 * one that waits for them runs ahead, to the next packet, only as far as its queues
 * of waiting instructions reach: on a Zen 5 some 70 that hang on a packet's bytes are free,
 * 80 make it cost twice as much, and 300 that do not hang on them cost nothing. So nothing is
 * asked twice, ports and addresses are indices as they stand, offsets are added to what
 * does not wait, a bit is asked for as a sign, and each kind of packet goes its way to the
 * end, since a value that two ways share goes over the stack.
 */
#ifndef PLAIN_BPF_H
#define PLAIN_BPF_H

#include "added.bpf.h"
#include "essential.bpf.h"
#include "flow.bpf.h"
#include "policy.bpf.h"
#include "tiles6.bpf.h"

enum plain { NOT_PLAIN, PLAIN_STRANGER, PLAIN, PLAIN_ALLOWED4, PLAIN_ALLOWED6 };

#define likely(condition) __builtin_expect(!!(condition), 1)

/* Beside the flags of a slot: more than the tables of group 0 is to be asked. */
#define PLAIN_LONG	1

/* Whether near has a source, for a port that some rule names or not. Of one that none does the
 * smaller half answers nearly all. */
static __always_inline bool port_near(struct packet *packet, const struct generation *gen,
				      bool named)
{
	return (named || source_near(packet, gen, XDPWL_HALF_ALL)) &&
	       source_near(packet, gen, XDPWL_HALF_ANY);
}

/* Whether no rule can speak of a packet: by its port, which gives scans away, then by its
 * source. */
static __always_inline bool is_unlisted(struct packet *packet,
					const struct generation *gen, __u32 flags)
{
	bool named;

	if (flags & XDPWL_CURRENT_ROWS && added_near(packet, gen))
		return false;
	named = port_named(packet, gen);
	if (flags & (named ? XDPWL_HAS_ANY : XDPWL_ANY_ALL))
		return false;
	return !port_near(packet, gen, named) || !source_listed(packet, gen, named);
}

/* Ports that others judge. */
static __always_inline bool port_is_special(const struct packet *packet, __be16 port)
{
	return !port || (packet->proto == PROTO_UDP &&
			 port == bpf_htons(packet->family == 4 ? 68 : 546));
}

/* Sources that others judge, whatever tables have of them. Those of IPv4 near4 always has: they
 * never are strangers by it alone. */
static __always_inline bool source_is_special(const struct packet *packet,
					      const struct generation *gen)
{
	__u32 net = *(const volatile __u8 *)packet->addr;

	if (packet->family == 6)
		return xdpwl_is_special6(net);
	return !net || never_source4(packet, gen->slot);
}

/* Who is unlisted, unless a flow has used the port and may be answered. */
static __always_inline enum plain plain_stranger(struct packet *packet,
						 const struct generation *gen,
						 const __be16 *ports, bool answer)
{
	/* Read again: the first goes over the stack else. */
	asm volatile("" : "+r"(ports));
	if (port_is_special(packet, ports[1]) ||
	    (packet->family == 6 && source_is_special(packet, gen)))
		return NOT_PLAIN;
	packet->port = port_number(packet->proto, ports[1]);
	return answer && flow_port(packet->port) ? PLAIN : PLAIN_STRANGER;
}

/* Of its port, in group 0. */
static __always_inline __u32 named_read(const struct packet *packet,
					const struct generation *gen, const __be16 *ports)
{
	const __u8 *named = gen->slot->named +
			    (packet->proto == PROTO_UDP ? XDPWL_UDP : 0);

	asm volatile("" : "+r"(named));
	return named[*(const volatile __u16 *)(ports + 1)];
}

/* Whether the main entry allows a port, by what named_read() has of it. */
static __always_inline bool main_allows(const struct packet *packet, __u32 named)
{
	return packet->family == 4 ? named & XDPWL_NAMED_MAIN4 : named >= XDPWL_NAMED_MAINS;
}

/* Whether a packet, whose source's entry may be known, is what the main entry allows. */
static __always_inline bool is_main(const struct packet *packet,
				    const struct generation *gen, const __be16 *ports)
{
	return packet->number &&
	       packet->number == gen->slot->main_number[packet->family == 6] &&
	       main_allows(packet, named_read(packet, gen, ports));
}

/* What the main entry covers of a source, by the filters in front and by its tables. Where there
 * are none others know. */
static __always_inline enum cover source_cover4(struct packet *packet,
						const struct generation *gen)
{
	const struct xdpwl_spans4 *spans;

	/* They say what near4 would. */
	if (gen->slot->flags & XDPWL_HAS_ROWS4) {
		const struct xdpwl_rows4 *rows = block_find(&rows4, gen->number, 0);

		return rows ? cover_find_large4(packet->addr, rows,
						block_find(&slices4, gen->number, 0),
						gen->number) :
			      COVER_ASK;
	}
	if (!source_near(packet, gen, XDPWL_HALF_ANY))
		return COVER_NOBODY;
	spans = block_find(&spans4, gen->number, 0);
	return spans ? cover_find4(packet->addr, spans, gen->slot->flags & XDPWL_HAS_CROWDS4) :
		       COVER_ASK;
}

/* Of a list that is too large for tiles: by fine6, which few pass whom nothing covers, and the
 * one prefix that most heads have. No call: what is behind one waits for it. */
static __always_inline enum cover source_cover_large6(const struct packet *packet,
						      const struct generation *gen)
{
	const struct xdpwl_slot *slot = gen->slot;
	__u64 hash = source_hash6(packet, gen);
	__u32 number;
	__s64 found;

	if (!(slot->flags & XDPWL_HAS_FINE6) || !has_exact6(packet, gen))
		return COVER_ASK;
	found = fine6_many(slot, gen->number, hash, packet->addr[1] & slot->fine6_mask);
	if (slot->flags & XDPWL_HAS_MARKS6)
		found |= near6_marked(hash, gen);
	if (found >= 0)
		return COVER_NOBODY;
	number = head_find(slot, gen->number, address_half(packet->addr));
	if (number == XDPWL_UNLISTED)
		return COVER_NOBODY;
	return number == slot->main_number[1] && !source_is_special(packet, gen) ? COVER_MAIN :
										   COVER_ASK;
}

/* Asks by the number where it stands: one that is copied takes the room of a value that waits
 * for the packet. */
static __always_inline const struct xdpwl_tiles6 *tiles6_of(const struct generation *gen)
{
	void *inner = bpf_map_lookup_elem(&tiles6, &gen->number);
	__u32 zero = 0;

	return inner ? bpf_map_lookup_elem(inner, &zero) : NULL;
}

static __always_inline enum cover source_cover6(struct packet *packet,
						const struct generation *gen)
{
	const struct xdpwl_tiles6 *tiles;
	enum cover cover;

	if (!source_near(packet, gen, XDPWL_HALF_ANY))
		return COVER_NOBODY;
	tiles = tiles6_of(gen);
	if (!tiles)
		return source_cover_large6(packet, gen);
	cover = gen->slot->flags & XDPWL_HAS_CUTS6 ?
			cover_find_cut6(packet->addr, packet->tile, tiles, gen->slot) :
			cover_find6(packet->addr, packet->tile, tiles, gen->slot);
	/* No tile knows of prefixes so short. */
	if (cover == COVER_NOBODY && short6_hit(packet, gen, XDPWL_HALF_ANY))
		return COVER_ASK;
	return cover;
}

static __always_inline enum plain plain_allowed(const struct packet *packet)
{
	return packet->family == 4 ? PLAIN_ALLOWED4 : PLAIN_ALLOWED6;
}

/* What its port says, and then what its source does. The port first: of a scan that answers
 * nearly all, and which sources of it near has no CPU can foresee. */
static __always_inline enum plain plain_covered(struct packet *packet,
						const struct generation *gen,
						const __be16 *ports)
{
	__u32 named = named_read(packet, gen, ports);

	if (!main_allows(packet, named))
		return port_near(packet, gen, named) ? PLAIN : PLAIN_STRANGER;
	switch (packet->family == 4 ? source_cover4(packet, gen) : source_cover6(packet, gen)) {
	case COVER_NOBODY:
		return PLAIN_STRANGER;
	case COVER_MAIN:
		return plain_allowed(packet);
	default:
		return PLAIN;
	}
}

/* Of a packet that is sound up to its ports, which stand at `ports`; `answer`: a flow may
 * have asked for it. */
static __always_inline enum plain plain_sound(struct packet *packet,
					      const struct generation *gen,
					      __u32 flags, const __be16 *ports,
					      bool answer)
{
	enum plain plain = flags ? PLAIN : plain_covered(packet, gen, ports);

	if (plain == PLAIN_STRANGER)
		return plain_stranger(packet, gen, ports, answer);
	if (plain >= PLAIN_ALLOWED4)
		return plain;
	if (port_is_special(packet, *(const volatile __be16 *)(ports + 1)))
		return NOT_PLAIN;
	packet->port = port_number(packet->proto, *(const volatile __be16 *)(ports + 1));
	if (is_unlisted(packet, gen, flags))
		return plain_stranger(packet, gen, ports, answer);
	if (source_is_special(packet, gen))
		return NOT_PLAIN;
	return !flags && is_main(packet, gen, ports) ? plain_allowed(packet) : PLAIN;
}

/* `size` bytes of it within the IP packet, perhaps less than none; 20 may be read. */
static __always_inline enum plain plain_tcp(struct packet *packet,
					    const struct generation *gen, __u32 flags,
					    const __u8 *tcp, __s32 size)
{
	__s32 header = tcp[12];
	__u8 tcp_flags = tcp[13] & 0x3f;
	const __be16 *ports = (void *)tcp;

	/* In words, and with reserved bits, which may make too much of it: then others
	 * look again. */
	packet->proto = PROTO_TCP;
	if (header < 20 << 2 || header > size * 4 + 3)
		return NOT_PLAIN;
	if (tcp_flags != FLAG_SYN) {
		if (flags_bad() >> tcp_flags & 1)
			return NOT_PLAIN;
		return plain_sound(packet, gen, flags, ports, true);
	}
	return plain_sound(packet, gen, flags, ports, false);
}

static __always_inline enum plain plain_udp(struct packet *packet,
					    const struct generation *gen, __u32 flags,
					    const __be16 *udp, __s32 size)
{
	packet->proto = PROTO_UDP;
	if (udp[2] != bpf_htons(size) || size < 8)
		return NOT_PLAIN;
	return plain_sound(packet, gen, flags, udp, true);
}

/* 40 bytes may be read at `ip`, which has `room` to the end of the frame: a header without
 * options. */
static __always_inline enum plain plain_ipv4(struct packet *packet,
					     const struct generation *gen, __u32 flags,
					     const struct iphdr *ip, __s32 room)
{
	/* Version, length of the header, fragment. */
	__u64 first = *(const volatile __be64 *)ip & bpf_cpu_to_be64(0xff00000000003fff);
	const __u8 *upper = (void *)(ip + 1);
	__s32 size = bpf_ntohs(*(const volatile __be16 *)&ip->tot_len);

	packet->family = 4;
	packet->addr = &ip->saddr;
	if (first != bpf_cpu_to_be64(0x4500000000000000) || size > room ||
	    is_to_source(packet))
		return NOT_PLAIN;
	size -= sizeof(*ip);
	if (likely(ip->protocol == PROTO_TCP))
		return plain_tcp(packet, gen, flags, upper, size);
	if (ip->protocol == PROTO_UDP)
		return plain_udp(packet, gen, flags, (void *)upper, size);
	return NOT_PLAIN;
}

/* 60 bytes may be read at `ip`, which has `room` to the end of the frame: all of it is the
 * packet's, as no link needs to pad it. So its size does not wait for it. */
static __always_inline enum plain plain_ipv6(struct packet *packet,
					     const struct generation *gen, __u32 flags,
					     const struct ipv6hdr *ip, __s32 room)
{
	const __u8 *upper = (void *)(ip + 1);
	__u16 size = room - sizeof(*ip);
	/* Version, next header. */
	__u64 first = *(const volatile __be64 *)ip & bpf_cpu_to_be64(0xf00000000000ff00);

	packet->family = 6;
	packet->addr = ip->saddr.in6_u.u6_addr32;
	if (is_to_source(packet) ||
	    *(const volatile __be16 *)&ip->payload_len != bpf_htons(size))
		return NOT_PLAIN;
	if (likely(first == bpf_cpu_to_be64(0x6000000000000000 | PROTO_TCP << 8)))
		return plain_tcp(packet, gen, flags, upper, size);
	if (first == bpf_cpu_to_be64(0x6000000000000000 | PROTO_UDP << 8))
		return plain_udp(packet, gen, flags, (void *)upper, size);
	return NOT_PLAIN;
}

/* A frame of `link`, which is a constant where this is called, under a generation of
 * `flags`. */
static __always_inline enum plain plain_parse(struct packet *packet,
					      const struct generation *gen,
					      __u32 link, __u32 flags)
{
	void *ip = packet->data +
		   (link == XDPWL_LINK_ETHERNET ? sizeof(struct ethhdr) : 0);
	__s32 room = packet->data_end - ip;
	__be16 type;

	if (ip + sizeof(struct iphdr) + 20 > packet->data_end)
		return NOT_PLAIN;
	type = link == XDPWL_LINK_ETHERNET ? ((__be16 *)ip)[-1] :
	       *(__u8 *)ip >> 4 == 4 ? bpf_htons(ETH_P_IP) : bpf_htons(ETH_P_IPV6);
	/* IPv6 first: its path has more that waits. */
	if (type == bpf_htons(ETH_P_IPV6))
		return ip + sizeof(struct ipv6hdr) + 20 <= packet->data_end ?
			       plain_ipv6(packet, gen, flags, ip, room) : NOT_PLAIN;
	asm volatile("");	/* nor may a compiler turn it round */
	if (type == bpf_htons(ETH_P_IP))
		return plain_ipv4(packet, gen, flags, ip, room);
	return NOT_PLAIN;
}

#endif
