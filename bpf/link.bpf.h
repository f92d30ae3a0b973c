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

#include "packet.bpf.h"

#define MAX_TAGS 4

static __always_inline bool is_tag(__be16 type)
{
	return type == bpf_htons(ETH_P_8021Q) || type == bpf_htons(ETH_P_8021AD);
}

/* Spanning tree is LLC 42 42 03, sent to a bridge group address. */
static __always_inline bool is_spanning_tree(const struct packet *packet)
{
	__u8 *llc = bytes_at(packet->data, packet->data_end, packet->off, 3);

	return llc && llc[0] == 0x42 && llc[1] == 0x42 && llc[2] == 0x03;
}

/* 01:80:c2:00:00:00-0f */
static __always_inline bool is_bridge_group(const __u8 *mac)
{
	return mac[0] == 0x01 && mac[1] == 0x80 && mac[2] == 0xc2 &&
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

static __always_inline enum xdpwl_reason
link_ethernet(struct packet *packet, const struct xdpwl_slot *slot)
{
	struct ethhdr *ether = bytes_at(packet->data, packet->data_end,
					packet->off, sizeof(*ether));
	__be16 type;
	int i;

	if (!ether)
		return XDPWL_MALFORMED;
	type = ether->h_proto;
	packet->off += sizeof(*ether);
	for (i = 0; i < MAX_TAGS && is_tag(type); i++) {
		__be16 *tag = bytes_at(packet->data, packet->data_end,
				       packet->off, 4);

		if (!tag)
			return XDPWL_MALFORMED;
		type = tag[1];
		packet->off += 4;
	}
	if (type == bpf_htons(ETH_P_IP))
		packet->family = 4;
	else if (type == bpf_htons(ETH_P_IPV6))
		packet->family = 6;
	else if (bpf_ntohs(type) < ETH_P_802_3_MIN)
		return is_bridge_group(ether->h_dest) &&
				       is_spanning_tree(packet) ?
			       XDPWL_LINK_CONTROL : XDPWL_UNKNOWN_L2;
	else
		return link_control(slot, type);
	return UNDECIDED;
}

static __always_inline enum xdpwl_reason
link_parse(struct packet *packet, const struct xdpwl_slot *slot, __u32 link)
{
	__u8 *first;

	if (link == XDPWL_LINK_ETHERNET)
		return link_ethernet(packet, slot);
	first = bytes_at(packet->data, packet->data_end, packet->off, 1);
	packet->family = first ? *first >> 4 : 0;
	return packet->family == 4 || packet->family == 6 ? UNDECIDED :
							    XDPWL_MALFORMED;
}

#endif
