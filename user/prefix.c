/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Text to address prefix and back. In: bytes that anybody may have written;
 * out: a struct prefix in normal form, or one line that says what was probably
 * meant. IPv4 is read by hand: lists of a million lines pass through here.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include "prefix.h"

#define SHOWN 64	/* bytes of a wrong text that a message repeats */

static int shown(size_t length)
{
	return length < SHOWN ? (int)length : SHOWN;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_number(const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		if (!is_digit(text[i]))
			return false;
	}
	return length > 0;
}

static bool parse_ipv4(uint8_t *addr, const char *text, size_t length)
{
	const char *end = text + length;

	for (int i = 0; i < 4; i++) {
		const char *start = text;
		unsigned int octet = 0;

		while (text < end && text - start < 3 && is_digit(*text))
			octet = octet * 10 + (unsigned int)(*text++ - '0');
		if (text == start || octet > 255)
			return false;
		if (*start == '0' && text - start > 1)
			return false;
		addr[i] = (uint8_t)octet;
		if (i < 3 && (text == end || *text++ != '.'))
			return false;
	}
	return text == end;
}

static bool parse_ipv6(uint8_t *addr, const char *text, size_t length)
{
	char copy[INET6_ADDRSTRLEN];

	if (length >= sizeof(copy) || memchr(text, '\0', length))
		return false;
	memcpy(copy, text, length);
	copy[length] = '\0';
	return inet_pton(AF_INET6, copy, addr) == 1;
}

/* Whether some part between dots begins with a 0 that is not all of it. */
static bool has_leading_zero(const char *text, size_t length)
{
	for (size_t i = 0; i + 1 < length; i++) {
		if (text[i] == '0' && (i == 0 || text[i - 1] == '.') &&
		    is_digit(text[i + 1]))
			return true;
	}
	return false;
}

static int refuse_address(const char *text, size_t length, struct error *error)
{
	const char *zone = memchr(text, '%', length);

	if (zone && memchr(text, ':', (size_t)(zone - text)))
		return error_set(error, EXIT_USAGE,
				 "%.*s has a zone: write the address without it, and the interface behind 'on'",
				 shown(length), text);
	if (!memchr(text, ':', length) && has_leading_zero(text, length))
		return error_set(error, EXIT_USAGE,
				 "%.*s has a leading zero, which some programs read as octal: write it without",
				 shown(length), text);
	return error_set(error, EXIT_USAGE,
			 "'%.*s' is not an IPv4 or IPv6 address or prefix",
			 shown(length), text);
}

/* The prefix length that a dotted netmask says, or -1. */
static int mask_length(const char *text, size_t length)
{
	uint8_t addr[4];
	uint32_t mask;
	int bits = 0;

	if (!parse_ipv4(addr, text, length))
		return -1;
	mask = (uint32_t)addr[0] << 24 | (uint32_t)addr[1] << 16 |
	       (uint32_t)addr[2] << 8 | addr[3];
	while (mask & 0x80000000u) {
		mask <<= 1;
		bits++;
	}
	return mask ? -1 : bits;
}

static int refuse_length(const char *text, size_t address, size_t length,
			 unsigned int most, struct error *error)
{
	const char *said = text + address + 1;
	size_t n = length - address - 1;
	int bits = most == 32 ? mask_length(said, n) : -1;

	if (bits >= 0)
		return error_set(error, EXIT_USAGE,
				 "%.*s: a netmask is not understood: write %.*s/%d",
				 shown(length), text, (int)address, text, bits);
	if (is_number(said, n) && *said != '0')
		return error_set(error, EXIT_USAGE,
				 "%.*s: prefix length %.*s is above %u",
				 shown(length), text, shown(n), said, most);
	return error_set(error, EXIT_USAGE,
			 "%.*s: '%.*s' is not a prefix length, 0 to %u",
			 shown(length), text, shown(n), said, most);
}

/* The text between the slash and the end: 0 ... most, no leading zero. */
static bool parse_length(uint8_t *len, const char *text, size_t length,
			 unsigned int most)
{
	unsigned int value = 0;

	if (!is_number(text, length) || length > 3 ||
	    (*text == '0' && length > 1))
		return false;
	for (size_t i = 0; i < length; i++)
		value = value * 10 + (unsigned int)(text[i] - '0');
	*len = (uint8_t)value;
	return value <= most;
}

/* Clear the host bits; whether there were any. */
static bool clear_host_bits(struct prefix *prefix)
{
	uint8_t host = 0;
	unsigned int byte = prefix->len / 8;

	if (prefix->len % 8) {
		uint8_t mask = 0xff >> prefix->len % 8;

		host = prefix->addr[byte] & mask;
		prefix->addr[byte++] &= (uint8_t)~mask;
	}
	for (; byte < sizeof(prefix->addr); byte++) {
		host |= prefix->addr[byte];
		prefix->addr[byte] = 0;
	}
	return host;
}

static bool is_mapped(const struct prefix *prefix)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

	return prefix->family == AF_INET6 && prefix->len >= 96 &&
	       memcmp(prefix->addr, mapped, sizeof(mapped)) == 0;
}

/* IPv4 in IPv6 clothes never arrives on a wire: say what does. */
static int refuse_mapped(const struct prefix *prefix, const char *text,
			 size_t length, struct error *error)
{
	struct prefix meant = { .family = AF_INET, .len = prefix->len - 96 };
	char canonical[PREFIX_TEXT_SIZE];

	memcpy(meant.addr, prefix->addr + 12, 4);
	clear_host_bits(&meant);
	prefix_format(&meant, false, canonical);
	return error_set(error, EXIT_USAGE, "%.*s is IPv4: write %s",
			 shown(length), text, canonical);
}

static int refuse_host_bits(const struct prefix *meant, const char *text,
			    size_t length, struct error *error)
{
	char canonical[PREFIX_TEXT_SIZE];

	prefix_format(meant, true, canonical);
	return error_set(error, EXIT_USAGE,
			 "%.*s has host bits set: %s was probably meant",
			 shown(length), text, canonical);
}

int prefix_parse(struct prefix *prefix, const char *text, size_t length,
		 struct error *error)
{
	const char *slash = memchr(text, '/', length);
	size_t address = slash ? (size_t)(slash - text) : length;
	uint8_t full;

	memset(prefix, 0, sizeof(*prefix));
	if (parse_ipv4(prefix->addr, text, address)) {
		prefix->family = AF_INET;
		full = 32;
	} else if (parse_ipv6(prefix->addr, text, address)) {
		prefix->family = AF_INET6;
		full = 128;
	} else {
		return refuse_address(text, length, error);
	}
	prefix->len = full;
	if (slash && !parse_length(&prefix->len, slash + 1,
				   length - address - 1, full))
		return refuse_length(text, address, length, full, error);
	if (is_mapped(prefix))
		return refuse_mapped(prefix, text, length, error);
	if (slash && clear_host_bits(prefix))
		return refuse_host_bits(prefix, text, length, error);
	return 0;
}

/* Decimal digits of a byte; returns behind the last. */
static char *put_byte(char *text, unsigned int byte)
{
	if (byte >= 100)
		*text++ = (char)('0' + byte / 100);
	if (byte >= 10)
		*text++ = (char)('0' + byte / 10 % 10);
	*text++ = (char)('0' + byte % 10);
	return text;
}

void prefix_format(const struct prefix *prefix, bool always_length, char *text)
{
	unsigned int full = prefix->family == AF_INET ? 32 : 128;

	if (prefix->family == AF_INET) {
		for (int i = 0; i < 4; i++) {
			text = put_byte(text, prefix->addr[i]);
			*text++ = '.';
		}
		text--;
	} else {
		inet_ntop(AF_INET6, prefix->addr, text, INET6_ADDRSTRLEN);
		text += strlen(text);
	}
	if (always_length || prefix->len != full) {
		*text++ = '/';
		text = put_byte(text, prefix->len);
	}
	*text = '\0';
}

bool prefix_equal(const struct prefix *a, const struct prefix *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

bool prefix_covers(const struct prefix *outer, const struct prefix *inner)
{
	unsigned int bytes = outer->len / 8, bits = outer->len % 8;

	if (outer->family != inner->family || outer->len > inner->len ||
	    memcmp(outer->addr, inner->addr, bytes) != 0)
		return false;
	return bits == 0 ||
	       (outer->addr[bytes] ^ inner->addr[bytes]) >> (8 - bits) == 0;
}

int prefix_compare(const void *a, const void *b)
{
	const struct prefix *left = a, *right = b;
	int order;

	if (left->family != right->family)
		return left->family < right->family ? -1 : 1;
	order = memcmp(left->addr, right->addr, sizeof(left->addr));
	return order ? order : (int)left->len - (int)right->len;
}

_Static_assert(sizeof(struct prefix) == 18, "no padding: prefixes are compared as bytes");
