/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * SHA-256, section 6.2 of FIPS 180-4: bytes in, 32 bytes out. Small rather than
 * fast, so that the pure modules need no library of cryptography.
 */
#include <string.h>
#include "sha256.h"

static const uint32_t constants[64] = {
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1,
	0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3,
	0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786,
	0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
	0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147,
	0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13,
	0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b,
	0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
	0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a,
	0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208,
	0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static uint32_t rotate(uint32_t word, int bits)
{
	return word >> bits | word << (32 - bits);
}

static uint32_t load(const uint8_t *bytes)
{
	return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 |
	       (uint32_t)bytes[2] << 8 | bytes[3];
}

static void store(uint8_t *bytes, uint32_t word)
{
	bytes[0] = word >> 24;
	bytes[1] = word >> 16;
	bytes[2] = word >> 8;
	bytes[3] = word;
}

static void expand(uint32_t schedule[64], const uint8_t *block)
{
	for (int t = 0; t < 16; t++)
		schedule[t] = load(block + 4 * t);
	for (int t = 16; t < 64; t++) {
		uint32_t early = schedule[t - 15], late = schedule[t - 2];

		early = rotate(early, 7) ^ rotate(early, 18) ^ early >> 3;
		late = rotate(late, 17) ^ rotate(late, 19) ^ late >> 10;
		schedule[t] = late + schedule[t - 7] + early + schedule[t - 16];
	}
}

/* The letters are those of the standard. */
static void compress(uint32_t state[8], const uint8_t *block)
{
	uint32_t schedule[64];
	uint32_t a = state[0], b = state[1], c = state[2], d = state[3];
	uint32_t e = state[4], f = state[5], g = state[6], h = state[7];

	expand(schedule, block);
	for (int t = 0; t < 64; t++) {
		uint32_t one = h + constants[t] + schedule[t] +
			(rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) +
			((e & f) ^ (~e & g));
		uint32_t two = (rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) +
			((a & b) ^ (a & c) ^ (b & c));

		h = g;
		g = f;
		f = e;
		e = d + one;
		d = c;
		c = b;
		b = a;
		a = one + two;
	}
	state[0] += a;
	state[1] += b;
	state[2] += c;
	state[3] += d;
	state[4] += e;
	state[5] += f;
	state[6] += g;
	state[7] += h;
}

void sha256_init(struct sha256 *sha)
{
	static const uint32_t start[8] = {
		0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
		0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
	};

	memcpy(sha->state, start, sizeof(start));
	sha->length = 0;
}

void sha256_update(struct sha256 *sha, const void *bytes, size_t length)
{
	const uint8_t *from = bytes;

	while (length > 0) {
		size_t used = sha->length % 64;
		size_t part = length < 64 - used ? length : 64 - used;

		memcpy(sha->block + used, from, part);
		sha->length += part;
		from += part;
		length -= part;
		if (used + part == 64)
			compress(sha->state, sha->block);
	}
}

void sha256_final(struct sha256 *sha, uint8_t digest[SHA256_SIZE])
{
	static const uint8_t padding[64] = { 0x80 };
	uint64_t bits = sha->length * 8;
	size_t used = sha->length % 64;
	uint8_t tail[8];

	sha256_update(sha, padding, used < 56 ? 56 - used : 120 - used);
	store(tail, bits >> 32);
	store(tail + 4, bits);
	sha256_update(sha, tail, sizeof(tail));
	for (int i = 0; i < 8; i++)
		store(digest + 4 * i, sha->state[i]);
}
