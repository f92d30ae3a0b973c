// SPDX-License-Identifier: GPL-2.0-only
/*
 * A flood from sources that do not exist, each another one: spoof IFNAME MAC
 * DESTINATION4 DESTINATION6 PORT SOURCES SECONDS. In: the device, and whom to
 * flood. Out: SYNs, datagrams, and datagrams in two fragments, all with right
 * checksums, as fast as they go; then the number of sources, of packets and of
 * milliseconds on stdout. Must not: send from outside 10.0.0.0/8 and
 * 2001:db8:ffff::/48.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#define BATCH 64
#define FRAME 128
#define UDP_LENGTH 40 /* in two fragments: 24 and 16 bytes */
#define FIRST 24

struct flood {
	uint8_t ethernet[ETH_HLEN - 2];
	uint8_t target[16]; /* IPv6 */
	uint8_t target4[4];
	uint16_t port;
	uint8_t frame[BATCH][FRAME];
	struct iovec vector[BATCH];
	struct mmsghdr message[BATCH];
	unsigned int filled;
	uint64_t packets;
	double end;
	int fd;
};

static void put16(uint8_t *at, uint32_t value)
{
	at[0] = value >> 8;
	at[1] = value;
}

static void put32(uint8_t *at, uint32_t value)
{
	put16(at, value >> 16);
	put16(at + 2, value);
}

static uint32_t sum(const uint8_t *at, size_t length, uint32_t total)
{
	for (size_t i = 0; i < length; i += 2)
		total += at[i] << 8 | at[i + 1];
	return total;
}

static uint16_t folded(uint32_t total)
{
	total = (total & 0xffff) + (total >> 16);
	return ~(total + (total >> 16));
}

static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec + now.tv_nsec / 1e9;
}

/* What did not fit into the device's queue is sent again, until time is up. */
static void flush(struct flood *flood)
{
	unsigned int done = 0;
	int sent;

	while (done < flood->filled && seconds() < flood->end + 1) {
		sent = sendmmsg(flood->fd, flood->message + done,
				flood->filled - done, 0);
		if (sent > 0)
			done += sent;
		else
			sched_yield();
	}
	flood->packets += done;
	flood->filled = 0;
}

/* The next frame, from its network header on. */
static uint8_t *next(struct flood *flood, bool six)
{
	uint8_t *frame;

	if (flood->filled == BATCH)
		flush(flood);
	frame = flood->frame[flood->filled++];
	memset(frame, 0, FRAME);
	memcpy(frame, flood->ethernet, sizeof(flood->ethernet));
	put16(frame + sizeof(flood->ethernet),
	      six ? ETHERTYPE_IPV6 : ETHERTYPE_IP);
	return frame + ETH_HLEN;
}

static void length_set(struct flood *flood, const uint8_t *end)
{
	unsigned int i = flood->filled - 1;

	flood->vector[i].iov_len = end - flood->frame[i];
}

/* `fragment` is the field of IPv4: more to come, and the offset in 8 bytes. The
 * sum of both addresses is returned. */
static uint32_t header(const struct flood *flood, uint8_t *ip, bool six,
		       uint32_t source, uint8_t proto, uint16_t length,
		       uint16_t fragment, bool whole)
{
	if (!six) {
		ip[0] = 0x45;
		put16(ip + 2, 20 + length);
		put16(ip + 4, source);
		put16(ip + 6, fragment);
		ip[8] = 64;
		ip[9] = proto;
		put32(ip + 12, 10u << 24 | source);
		memcpy(ip + 16, flood->target4, 4);
		put16(ip + 10, folded(sum(ip, 20, 0)));
		return sum(ip + 12, 8, 0);
	}
	ip[0] = 0x60;
	put16(ip + 4, length + (whole ? 0 : 8));
	ip[6] = whole ? proto : IPPROTO_FRAGMENT;
	ip[7] = 64;
	put32(ip + 8, 0x20010db8);
	put32(ip + 12, 0xffff0000);
	put32(ip + 20, source);
	memcpy(ip + 24, flood->target, 16);
	if (!whole) {
		ip[40] = proto;
		put16(ip + 42, (fragment & 0x1fff) << 3 | fragment >> 13);
		put32(ip + 44, source);
	}
	return sum(ip + 8, 32, 0);
}

static void syn(struct flood *flood, uint32_t source, bool six)
{
	uint8_t *ip = next(flood, six), *tcp = ip + (six ? 40 : 20);
	uint32_t total =
	    header(flood, ip, six, source, IPPROTO_TCP, 20, 0, true);

	put16(tcp, 1024 + source % 60000);
	put16(tcp + 2, flood->port);
	put32(tcp + 4, source * 2654435761u);
	tcp[12] = 5 << 4;
	tcp[13] = 0x02;
	put16(tcp + 14, 65535);
	put16(tcp + 16, folded(sum(tcp, 20, total + IPPROTO_TCP + 20)));
	length_set(flood, tcp + 20);
}

static void datagram(struct flood *flood, uint32_t source, bool six, bool whole)
{
	uint8_t udp[UDP_LENGTH] = {}, *ip = next(flood, six);
	uint8_t *at = ip + (six ? 40 : 20) + (six && !whole ? 8 : 0);
	size_t length = whole ? UDP_LENGTH : FIRST;
	uint32_t total = header(flood, ip, six, source, IPPROTO_UDP, length,
				whole ? 0 : 0x2000, whole);

	put16(udp, 1024 + source % 60000);
	put16(udp + 2, flood->port);
	put16(udp + 4, UDP_LENGTH);
	put16(udp + 6,
	      folded(sum(udp, UDP_LENGTH, total + IPPROTO_UDP + UDP_LENGTH)));
	memcpy(at, udp, length);
	length_set(flood, at + length);
	if (whole)
		return;
	ip = next(flood, six);
	at = ip + (six ? 48 : 20);
	header(flood, ip, six, source, IPPROTO_UDP, UDP_LENGTH - FIRST,
	       FIRST / 8, false);
	memcpy(at, udp + FIRST, UDP_LENGTH - FIRST);
	length_set(flood, at + UDP_LENGTH - FIRST);
}

/* Of eight sources four send a SYN, two a datagram, two one in fragments. */
static void source_send(struct flood *flood, uint32_t i)
{
	/* An odd factor: no source comes twice in 2^24. */
	uint32_t source = i * 0x9e3779b1u & 0xffffff;
	bool six = i % 8 >= 4;

	if (i % 4 < 2)
		syn(flood, source, six);
	else
		datagram(flood, source, six, i % 4 == 2);
}

static int open_device(struct flood *flood, const char *ifname, const char *mac)
{
	struct sockaddr_ll to = {.sll_family = AF_PACKET};
	uint8_t *b = flood->ethernet;
	int one = 1;

	if (sscanf(mac, "%hhx:%hhx:%hhx:%hhx:%hhx:%hhx", b, b + 1, b + 2, b + 3,
		   b + 4, b + 5) != 6)
		return -1;
	b[6] = 0x02;
	to.sll_ifindex = if_nametoindex(ifname);
	flood->fd = socket(AF_PACKET, SOCK_RAW, 0);
	for (unsigned int i = 0; i < BATCH; i++) {
		flood->vector[i].iov_base = flood->frame[i];
		flood->message[i].msg_hdr.msg_iov = flood->vector + i;
		flood->message[i].msg_hdr.msg_iovlen = 1;
	}
	setsockopt(flood->fd, SOL_PACKET, PACKET_QDISC_BYPASS, &one,
		   sizeof(one));
	return bind(flood->fd, (struct sockaddr *)&to, sizeof(to));
}

int main(int argc, char **argv)
{
	static struct flood flood;
	double start = seconds();
	uint32_t i, sources;

	if (argc != 8 || open_device(&flood, argv[1], argv[2]) ||
	    inet_pton(AF_INET, argv[3], flood.target4) != 1 ||
	    inet_pton(AF_INET6, argv[4], flood.target) != 1) {
		perror("spoof");
		return 1;
	}
	flood.port = atoi(argv[5]);
	sources = atoi(argv[6]);
	flood.end = start + atof(argv[7]);
	for (i = 0; i < sources && (i % 1024 || seconds() < flood.end); i++)
		source_send(&flood, i);
	flush(&flood);
	printf("%u %llu %.0f\n", i, (unsigned long long)flood.packets,
	       (seconds() - start) * 1000);
	return 0;
}
