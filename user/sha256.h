/* SPDX-License-Identifier: GPL-2.0-only */
/* SHA-256 (FIPS 180-4), for the names of rules; not for secrets. */
#ifndef SHA256_H
#define SHA256_H

#include <stddef.h>
#include <stdint.h>

#define SHA256_SIZE 32

struct sha256 {
	uint32_t state[8];
	uint64_t length;	/* bytes so far */
	uint8_t block[64];	/* the last, unfinished one */
};

void sha256_init(struct sha256 *sha);
void sha256_update(struct sha256 *sha, const void *bytes, size_t length);
void sha256_final(struct sha256 *sha, uint8_t digest[SHA256_SIZE]);

#endif
