/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The link layer: the start of a frame to the start of its IP header, or to the
 * reason that ends the matter there. A device without Ethernet headers has no ARP
 * and no link control: an address such as 8.6.0.1 must never be read as one.
 *
 * IEEE 802.1Q (0x8100), 802.1ad (0x88A8), 802.3 slow protocols, 802.1X, 802.1AB,
 * 802.1D.
 */
#ifndef LINK_BPF_H
#define LINK_BPF_H

#include "maps.bpf.h"
#include "packet.bpf.h"

#define MAX_TAGS 4

static __always_inline bool is_tag(__be16 type)
{
	return type == bpf_htons(ETH_P_8021Q) || type == bpf_htons(ETH_P_8021AD);
}

/* Spanning tree is LLC 42 42 03, sent to a bridge group address. */
static __always_inline bool is_spanning_tree(const __u8 *llc, const __u8 *mac)
{
	return llc && llc[0] == 0x42 && llc[1] == 0x42 && llc[2] == 0x03 &&
	       mac[0] == 0x01 && mac[1] == 0x80 && mac[2] == 0xc2 &&
	       !mac[3] && !mac[4] && mac[5] <= 0x0f;
}

static __always_inline enum xdpwl_reason
link_control(const struct xdpwl_slot *slot, __be16 type)
{
	__u32 i;

	if (type == bpf_htons(ETH_P_ARP))
		return XDPWL_ARP;
	if (type == bpf_htons(ETH_P_SLOW) || type == bpf_htons(ETH_P_PAE) ||
	    type == bpf_htons(ETH_P_LLDP))
		return XDPWL_LINK_CONTROL;
	for (i = 0; i < XDPWL_ETHERTYPES && i < slot->n_ethertypes; i++)
		if (type == slot->ethertypes[i])
			return XDPWL_LINK_CONTROL;
	return XDPWL_UNKNOWN_L2;
}

/* What stands behind the Ethernet header at `off`: reason, family and offset. */
static __always_inline __u64 link_pack(enum xdpwl_reason reason, __u32 family,
				       __u64 off)
{
	return off << 16 | family << 8 | reason;
}

/* A function of its own, so that the verifier follows what comes behind once and not
 * for each number of tags. `number` is that of the slot. */
__noinline __u64 link_ethernet(struct xdp_md *ctx, __u32 off, __u32 number)
{
	void *data = frame_data(ctx), *end = frame_end(ctx);
	struct ethhdr *ether = bytes_at(data, end, off, sizeof(*ether));
	__be16 type;
	int i;

	if (!ether)
		return link_pack(XDPWL_MALFORMED, 0, 0);
	type = ether->h_proto;
	off += sizeof(*ether);
	for (i = 0; i < MAX_TAGS && is_tag(type); i++) {
		__be16 *tag = bytes_at(data, end, off, 4);

		if (!tag)
			return link_pack(XDPWL_MALFORMED, 0, 0);
		type = tag[1];
		off += 4;
	}
	if (type == bpf_htons(ETH_P_IP))
		return link_pack(UNDECIDED, 4, off);
	if (type == bpf_htons(ETH_P_IPV6))
		return link_pack(UNDECIDED, 6, off);
	if (bpf_ntohs(type) < ETH_P_802_3_MIN)
		return link_pack(is_spanning_tree(bytes_at(data, end, off, 3),
						  ether->h_dest) ?
					 XDPWL_LINK_CONTROL : XDPWL_UNKNOWN_L2,
				 0, 0);
	return link_pack(link_control(slot_numbered(number), type), 0, 0);
}

static __always_inline enum xdpwl_reason link_parse(struct packet *packet,
						    __u32 number, __u32 link)
{
	__u64 found;
	__u8 *first;

	if (link == XDPWL_LINK_ETHERNET) {
		found = link_ethernet(packet->ctx, packet->off, number);
		packet->off = found >> 16;
		packet->family = found >> 8;
		return found & 0xff;
	}
	first = bytes_at(packet->data, packet->data_end, packet->off, 1);
	packet->family = first ? *first >> 4 : 0;
	return packet->family == 4 || packet->family == 6 ? UNDECIDED :
							    XDPWL_MALFORMED;
}

#endif
