/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What each stage costs alone: programs that read a plain frame up to its ports, do one
 * thing more with the functions and the maps of a running xdpwl, and drop. cost.c runs
 * them; the difference to `parse` is the stage's own.
 */
#include "../../bpf/decide.bpf.h"
#include "../../bpf/counters.bpf.h"

char _license[] SEC("license") = "GPL";

/* As frame.c builds it. */
static __always_inline bool packet_read(struct packet *packet, struct xdp_md *ctx)
{
	const __be16 *type, *ports;
	__u32 upper;

	packet_init(packet, ctx, 0);
	type = bytes_at(packet->data, packet->data_end, 12, 2);
	if (!type)
		return false;
	packet->family = *type == bpf_htons(ETH_P_IP) ? 4 : 6;
	upper = packet->family == 4 ? 34 : 54;
	ports = bytes_at(packet->data, packet->data_end, upper, 4);
	if (!ports)
		return false;
	packet->addr = packet->data + (packet->family == 4 ? 26 : 22);
	packet->proto = packet->family == 4 ? *(__u8 *)(packet->data + 23) :
					      *(__u8 *)(packet->data + 20);
	packet->sport = ports[0];
	packet->dport = ports[1];
	packet->port = port_number(packet->proto, packet->dport);
	return true;
}

/* The compiler must not drop what nobody asks for. */
static __always_inline int dropped(__u64 answer)
{
	asm volatile("" : : "r"(answer));
	return XDP_DROP;
}

#define STAGE(name, answer)						\
SEC("xdp") int name(struct xdp_md *ctx)					\
{									\
	struct generation gen;						\
	struct packet packet;						\
									\
	if (!packet_read(&packet, ctx))					\
		return XDP_ABORTED;					\
	generation_read(&gen);						\
	return dropped(answer);						\
}

static __always_inline __u64 port_count(const struct packet *packet)
{
	count_port(packet->port, packet->length);
	return 0;
}

/* The first rule's number: whose it is does not matter. */
static __always_inline __u64 hit_count(const struct packet *packet)
{
	return count_decided(1ull << 32 | XDPWL_ALLOWED, packet->length);
}

STAGE(parse, packet.port + packet.addr[0])
STAGE(generation, packet.port + packet.addr[0] + gen.number)
STAGE(port, port_named(&packet, &gen))
STAGE(near, source_near(&packet, &gen, XDPWL_HALF_ANY))
STAGE(listed, source_listed(&packet, &gen, true))
STAGE(trie, packet.family == 4 ? !trie_find4(&packet, &gen) : !trie_find6(&packet, &gen))
STAGE(cell, source_cell(&packet, &gen, port_class(&packet, &gen)))
STAGE(flow, flow_known(ctx, packet_addr(&packet), packet_flow(&packet)))
STAGE(count, port_count(&packet))
STAGE(hit, hit_count(&packet))
