/* SPDX-License-Identifier: GPL-2.0-only */
/* The packets that `test` asks about: their lengths, ports and checksums, each
 * checked by the receiver's rule, and the services that it takes. */
#include <netinet/in.h>
#include "unit.h"
#include "probe.h"

struct frame {
	uint8_t bytes[PROBE_SIZE];
	size_t length, header;
};

static uint16_t get16(const uint8_t *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

static void build(struct frame *frame, bool v4, const char *text)
{
	struct prefix source, destination;
	const char *from = v4 ? "192.0.2.9" : "2001:db8::9";
	const char *to = v4 ? "192.0.2.1" : "2001:db8::1";
	struct service service;
	struct error error;

	assert_int_equal(prefix_parse(&source, from, strlen(from), &error), 0);
	assert_int_equal(prefix_parse(&destination, to, strlen(to), &error), 0);
	if (probe_service(&service, text, &error))
		fail_msg("%s: %s", text, error.text);
	frame->length = probe_build(frame->bytes, &source, &destination,
				    &service);
	frame->header = v4 ? 20 : 40;
}

/* What a receiver computes over everything the checksum covers: 0. */
static uint16_t sum(const struct frame *frame, bool pseudo, uint8_t proto)
{
	const uint8_t *at = frame->bytes;
	bool v4 = frame->header == 20;
	uint64_t total = 0;
	size_t i;

	if (pseudo) {
		for (i = v4 ? 12 : 8; i < (v4 ? 20u : 40u); i += 2)
			total += get16(at + i);
		total += proto + frame->length - frame->header;
	}
	for (i = frame->header; i < frame->length; i += 2)
		total += get16(at + i);
	while (total > 0xffff)
		total = (total & 0xffff) + (total >> 16);
	return (uint16_t)~total;
}

static void check_header(const struct frame *frame, uint8_t proto,
			 const char *text)
{
	const uint8_t *at = frame->bytes;
	uint32_t total = 0;

	if (frame->header == 40) {
		if (at[0] != 0x60 || at[6] != proto || at[7] < 64 ||
		    get16(at + 4) != frame->length - 40)
			fail_msg("%s: IPv6 header", text);
		return;
	}
	for (size_t i = 0; i < 20; i += 2)
		total += get16(at + i);
	total = (total & 0xffff) + (total >> 16);
	if (at[0] != 0x45 || at[9] != proto || at[8] < 64 ||
	    get16(at + 2) != frame->length || total != 0xffff)
		fail_msg("%s: IPv4 header", text);
}

static void test_frames(void **state)
{
	static const struct {
		const char *text;
		uint8_t proto4, proto6;
		size_t length;
		uint16_t port;
		bool sum, pseudo;
	} rows[] = {
		{ "22", 6, 6, 20, 22, true, true },
		{ "443/tcp", 6, 6, 20, 443, true, true },
		{ "53/udp", 17, 17, 8, 53, true, true },
		{ "65535/udp", 17, 17, 8, 65535, true, true },
		{ "7/udplite", 136, 136, 8, 7, true, true },
		{ "7/dccp", 33, 33, 20, 7, true, true },
		{ "7/sctp", 132, 132, 32, 7, false, false },
		{ "ping", 1, 58, 8, 0, true, false },
		{ "esp", 50, 50, 64, 0, false, false },
		{ "gre", 47, 47, 64, 0, false, false },
		{ "proto:99", 99, 99, 64, 0, false, false },
	};

	(void)state;
	for (size_t i = 0; i < 2 * COUNT(rows); i++) {
		size_t row = i / 2;
		bool v4 = i & 1, icmp = !strcmp(rows[row].text, "ping");
		uint8_t proto = v4 ? rows[row].proto4 : rows[row].proto6;
		struct frame frame;
		uint8_t *at;

		build(&frame, v4, rows[row].text);
		at = frame.bytes + frame.header;
		check_header(&frame, proto, rows[row].text);
		if (frame.length - frame.header != rows[row].length)
			fail_msg("%s: %zu bytes", rows[row].text, frame.length);
		if (rows[row].port && (get16(at) != PROBE_PORT ||
				       get16(at + 2) != rows[row].port))
			fail_msg("%s: ports", rows[row].text);
		if (rows[row].sum &&
		    sum(&frame, rows[row].pseudo || (icmp && !v4), proto))
			fail_msg("%s: checksum", rows[row].text);
	}
}

static void test_details(void **state)
{
	/* An INIT chunk as another implementation sends it. */
	static const uint8_t sctp[] = {
		0x9c, 0x40, 0x01, 0xbb, 0x00, 0x00, 0x00, 0x00,
		0x99, 0xba, 0x4b, 0x3d, 0x01, 0x00, 0x00, 0x14,
		0x00, 0x00, 0x00, 0x01, 0x00, 0x01, 0x00, 0x00,
		0x00, 0x01, 0x00, 0x01, 0x00, 0x00, 0x00, 0x01,
	};
	struct frame frame;
	const uint8_t *at = frame.bytes + 20;

	(void)state;
	build(&frame, true, "443/sctp");
	assert_int_equal(frame.length, 20 + sizeof(sctp));
	assert_memory_equal(at, sctp, sizeof(sctp));
	build(&frame, true, "22");
	assert_int_equal(at[12], 0x50);		/* data offset */
	assert_int_equal(at[13], 0x02);		/* SYN alone */
	build(&frame, true, "ping");
	assert_int_equal(at[0], 8);
	build(&frame, true, "53/udp");
	assert_int_equal(get16(at + 4), 8);
	build(&frame, false, "ping");
	assert_int_equal(frame.bytes[40], 128);
}

static void test_services(void **state)
{
	static const struct {
		const char *text;
		uint8_t kind, proto;
		uint16_t port;
	} taken[] = {
		{ "22", SERVICE_PORTS, 6, 22 },
		{ "22/udp", SERVICE_PORTS, 17, 22 },
		{ "domain", SERVICE_PORTS, 6, 53 },
		{ "domain/udp", SERVICE_PORTS, 17, 53 },
		{ "ntp", SERVICE_PORTS, 17, 123 },
		{ "ping", SERVICE_PING, 0, 0 },
		{ "esp", SERVICE_PROTO, 50, 0 },
	};
	static const char *const refused[] = {
		"all", "22,80", "22/tcp,22/udp", "22-23", "20-25/tcp", "",
		"proto:6", "proto:17", "proto:132", "proto:33", "proto:136",
		"ping,esp", "70000", "0",
	};
	struct service service;
	struct error error;

	(void)state;
	for (size_t i = 0; i < COUNT(taken); i++)
		if (probe_service(&service, taken[i].text, &error) ||
		    service.kind != taken[i].kind ||
		    service.proto != taken[i].proto ||
		    service.first != taken[i].port ||
		    service.last != taken[i].port)
			fail_msg("%s", taken[i].text);
	for (size_t i = 0; i < COUNT(refused); i++)
		if (!probe_service(&service, refused[i], &error) ||
		    error.code != EXIT_USAGE)
			fail_msg("%s", refused[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_frames),
		cmocka_unit_test(test_details),
		cmocka_unit_test(test_services),
	};

	return unit_main(tests);
}
