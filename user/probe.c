/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * In: two addresses and a service. Out: the bytes of such a packet, as a client
 * would send it first (RFC 791, 8200, 9293, 768, 9260, 4340, 3828, 792, 4443).
 * Memory alone.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include "probe.h"

enum { IPV4_SIZE = 20, IPV6_SIZE = 40, PAYLOAD_SIZE = 64 };

static void put16(uint8_t *at, uint16_t value)
{
	at[0] = value >> 8;
	at[1] = value & 0xff;
}

static void put32(uint8_t *at, uint32_t value)
{
	put16(at, value >> 16);
	put16(at + 2, value & 0xffff);
}

/* ---- checksums ---- */

static uint32_t sum_add(uint32_t sum, const uint8_t *bytes, size_t length)
{
	size_t i;

	for (i = 0; i + 1 < length; i += 2)
		sum += (uint32_t)bytes[i] << 8 | bytes[i + 1];
	if (length & 1)
		sum += (uint32_t)bytes[length - 1] << 8;
	return sum;
}

static uint16_t sum_fold(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return ~sum;
}

struct ends {
	const struct prefix *source, *destination;
	uint8_t proto;
};

static uint32_t sum_pseudo(const struct ends *ends, size_t length)
{
	size_t size = ends->source->family == AF_INET ? 4 : 16;
	uint32_t sum = sum_add(0, ends->source->addr, size);

	sum = sum_add(sum, ends->destination->addr, size);
	return sum + ends->proto + length;
}

/* CRC32c, reflected (RFC 9260, appendix A). */
static uint32_t crc32c(const uint8_t *bytes, size_t length)
{
	uint32_t crc = 0xffffffff;
	int bit;

	while (length--) {
		crc ^= *bytes++;
		for (bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78 : 0);
	}
	return ~crc;
}

/* ---- what stands behind the IP header ---- */

static size_t build_tcp(uint8_t *at, const struct ends *ends)
{
	put32(at + 4, 1);		/* sequence number */
	at[12] = 5 << 4;		/* header of five words */
	at[13] = 0x02;			/* SYN */
	put16(at + 14, 64240);		/* window */
	put16(at + 16, sum_fold(sum_add(sum_pseudo(ends, 20), at, 20)));
	return 20;
}

/* An empty datagram; UDP-Lite covers all of it, and says so in the same
 * place. */
static size_t build_udp(uint8_t *at, const struct ends *ends)
{
	uint16_t sum;

	put16(at + 4, 8);
	sum = sum_fold(sum_add(sum_pseudo(ends, 8), at, 8));
	put16(at + 6, sum ? sum : 0xffff);
	return 8;
}

static size_t build_sctp(uint8_t *at)
{
	uint32_t crc;

	at[12] = 1;			/* chunk: INIT */
	put16(at + 14, 20);		/* its length */
	put32(at + 16, 1);		/* initiate tag */
	put32(at + 20, 65536);		/* receiver window */
	put16(at + 24, 1);		/* streams out, in */
	put16(at + 26, 1);
	put32(at + 28, 1);		/* initial TSN */
	crc = crc32c(at, 32);
	at[8] = crc & 0xff;
	at[9] = crc >> 8 & 0xff;
	at[10] = crc >> 16 & 0xff;
	at[11] = crc >> 24;
	return 32;
}

static size_t build_dccp(uint8_t *at, const struct ends *ends)
{
	at[4] = 5;			/* header of five words */
	at[8] = 0 << 1 | 1;		/* request, 48-bit sequence numbers */
	put32(at + 12, 1);
	put16(at + 6, sum_fold(sum_add(sum_pseudo(ends, 20), at, 20)));
	return 20;
}

static size_t build_echo(uint8_t *at, const struct ends *ends)
{
	bool v4 = ends->proto == IPPROTO_ICMP;

	at[0] = v4 ? 8 : 128;
	put16(at + 4, PROBE_PORT);	/* identifier */
	put16(at + 6, 1);
	put16(at + 2, sum_fold(sum_add(v4 ? 0 : sum_pseudo(ends, 8), at, 8)));
	return 8;
}

static size_t build_upper(uint8_t *at, const struct ends *ends,
			  const struct service *service)
{
	if (service->kind == SERVICE_PING)
		return build_echo(at, ends);
	if (service->kind != SERVICE_PORTS)
		return PAYLOAD_SIZE;
	put16(at, PROBE_PORT);
	put16(at + 2, service->first);
	switch (service->proto) {
	case IPPROTO_TCP:
		return build_tcp(at, ends);
	case IPPROTO_SCTP:
		return build_sctp(at);
	case IPPROTO_DCCP:
		return build_dccp(at, ends);
	default:
		return build_udp(at, ends);
	}
}

static void build_ipv4(uint8_t *at, const struct ends *ends, size_t length)
{
	at[0] = 4 << 4 | IPV4_SIZE / 4;
	put16(at + 2, IPV4_SIZE + length);
	put16(at + 6, 0x4000);		/* do not fragment */
	at[8] = 64;
	at[9] = ends->proto;
	memcpy(at + 12, ends->source->addr, 4);
	memcpy(at + 16, ends->destination->addr, 4);
	put16(at + 10, sum_fold(sum_add(0, at, IPV4_SIZE)));
}

static void build_ipv6(uint8_t *at, const struct ends *ends, size_t length)
{
	at[0] = 6 << 4;
	put16(at + 4, length);
	at[6] = ends->proto;
	at[7] = 64;
	memcpy(at + 8, ends->source->addr, 16);
	memcpy(at + 24, ends->destination->addr, 16);
}

size_t probe_build(uint8_t frame[PROBE_SIZE], const struct prefix *source,
		   const struct prefix *destination,
		   const struct service *service)
{
	bool v4 = source->family == AF_INET;
	size_t header = v4 ? IPV4_SIZE : IPV6_SIZE, length;
	struct ends ends = { source, destination, service->proto };

	if (service->kind == SERVICE_PING)
		ends.proto = v4 ? IPPROTO_ICMP : IPPROTO_ICMPV6;
	memset(frame, 0, PROBE_SIZE);
	length = build_upper(frame + header, &ends, service);
	if (v4)
		build_ipv4(frame, &ends, length);
	else
		build_ipv6(frame, &ends, length);
	return header + length;
}

/* ---- the question ---- */

static bool proto_has_ports(uint8_t proto)
{
	return proto == IPPROTO_TCP || proto == IPPROTO_UDP ||
	       proto == IPPROTO_SCTP || proto == IPPROTO_DCCP ||
	       proto == IPPROTO_UDPLITE;
}

/* "22" and "domain" are TCP and UDP of one port: the question is about TCP. */
static const struct service *service_pick(const struct services *services)
{
	uint32_t i;

	for (i = 1; i < services->n; i++)
		if (services->s[i].kind != SERVICE_PORTS ||
		    services->s[i].first != services->s[0].first ||
		    services->s[i].last != services->s[0].last)
			return NULL;
	for (i = 0; i < services->n; i++)
		if (services->s[i].proto == IPPROTO_TCP)
			return &services->s[i];
	return services->n ? &services->s[0] : NULL;
}

int probe_service(struct service *service, const char *text,
		  struct error *error)
{
	const struct service *picked = NULL;
	struct services *services;
	int err = services_parse(&services, text, strlen(text), error);

	if (err)
		return err;
	if (!strchr(text, ','))
		picked = service_pick(services);
	if (!picked || picked->kind == SERVICE_ALL)
		err = error_set(error, EXIT_USAGE,
				"'%s': test asks about one service, such as 22, 53/udp, ping or esp",
				text);
	else if (picked->first != picked->last)
		err = error_set(error, EXIT_USAGE,
				"'%s': test asks about one port, not a range",
				text);
	else if (picked->kind == SERVICE_PROTO &&
		 proto_has_ports(picked->proto))
		err = error_set(error, EXIT_USAGE,
				"'%s' has ports: name one, such as 22/tcp",
				text);
	else
		*service = *picked;
	free(services);
	return err;
}
