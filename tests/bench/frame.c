/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The benchmark's frame and the object that varies it: see frame.h. Lengths are
 * those of the shortest frame that Ethernet carries, or of the headers where
 * they are longer; checksums of the upper layer are left out.
 */
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include "frame.h"

#define DATAGRAM                                                               \
	20 /* UDP header and payload: 60 bytes of frame for TCP's sake */

void fail(const char *format, ...)
{
	va_list arguments;

	fputs("bench: ", stderr);
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fputc('\n', stderr);
	exit(1);
}

static unsigned int upper_build(void *at, int protocol)
{
	struct tcphdr *tcp = at;
	struct udphdr *udp = at;

	if (protocol == IPPROTO_UDP) {
		udp->len = htons(DATAGRAM);
		return DATAGRAM;
	}
	tcp->doff = sizeof(*tcp) / 4;
	tcp->syn = 1;
	tcp->window = htons(64240);
	return sizeof(*tcp);
}

static unsigned int ip4_build(void *at, int protocol)
{
	struct iphdr *ip = at;
	unsigned int length;

	length = sizeof(*ip) + upper_build(ip + 1, protocol);
	ip->version = 4;
	ip->ihl = sizeof(*ip) / 4;
	ip->tot_len = htons(length);
	ip->ttl = 64;
	ip->protocol = protocol;
	inet_pton(AF_INET, "198.18.0.1", &ip->daddr);
	return length;
}

static unsigned int ip6_build(void *at, int protocol)
{
	struct ipv6hdr *ip = at;
	unsigned int length;

	length = upper_build(ip + 1, protocol);
	ip->version = 6;
	ip->payload_len = htons(length);
	ip->nexthdr = protocol;
	ip->hop_limit = 64;
	inet_pton(AF_INET6, "2001:db8::1", &ip->daddr);
	return sizeof(*ip) + length;
}

void frame_build(struct frame *frame, const char *kind)
{
	static const unsigned char addresses[2 * ETH_ALEN] = {
	    2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1,
	};
	struct ethhdr *eth = (void *)frame->bytes;
	int protocol;

	if (strlen(kind) != 4 || !strchr("46", kind[3]) ||
	    (strncmp(kind, "tcp", 3) && strncmp(kind, "udp", 3)))
		fail("%s: no kind of packet: tcp4, udp4, tcp6 or udp6", kind);
	protocol = kind[0] == 'u' ? IPPROTO_UDP : IPPROTO_TCP;
	memset(frame, 0, sizeof(*frame));
	memcpy(frame->bytes, addresses, sizeof(addresses));
	frame->family = kind[3] - '0';
	if (frame->family == 4) {
		eth->h_proto = htons(ETH_P_IP);
		frame->length = ip4_build(eth + 1, protocol);
	} else {
		eth->h_proto = htons(ETH_P_IPV6);
		frame->length = ip6_build(eth + 1, protocol);
	}
	frame->length += sizeof(*eth);
	if (frame->length < ETH_ZLEN)
		frame->length = ETH_ZLEN;
}

static void records_fill(int map, const char *path)
{
	size_t size = RECORDS * sizeof(struct record);
	void *records;
	int fd;

	records = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, map, 0);
	if (records == MAP_FAILED)
		fail("map of records: %m");
	fd = open(path, O_RDONLY);
	if (fd < 0)
		fail("%s: %m", path);
	if (read(fd, records, size) != (ssize_t)size)
		fail("%s: not %zu bytes of records", path, size);
	close(fd);
	munmap(records, size);
}

struct bpf_object *packets_load(const char *path, const char *name,
				const struct frame *frame, unsigned int flags,
				const char *records_path, int *program)
{
	struct bpf_object *object = bpf_object__open_file(path, NULL);
	struct bpf_program *each, *wanted;
	char full[16];

	if (!object)
		fail("%s: %m", path);
	snprintf(full, sizeof(full), "%s%d", name, frame->family);
	wanted = bpf_object__find_program_by_name(object, full);
	if (!wanted)
		fail("%s: no program %s", path, full);
	bpf_object__for_each_program(each, object)
	    bpf_program__set_autoload(each, each == wanted);
	bpf_program__set_flags(wanted, bpf_program__flags(wanted) | flags);
	if (bpf_object__load(object))
		fail("%s: %s: %m", path, full);
	records_fill(bpf_object__find_map_fd_by_name(object, "records"),
		     records_path);
	*program = bpf_program__fd(wanted);
	return object;
}
