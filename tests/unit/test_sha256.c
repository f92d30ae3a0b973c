/* SPDX-License-Identifier: GPL-2.0-only */
/* SHA-256 against the examples of FIPS 180-4 and lengths around a block's
 * end. */
#include "unit.h"
#include "sha256.h"

static void digest(char text[65], const char *bytes, size_t length, size_t part)
{
	uint8_t out[SHA256_SIZE];
	struct sha256 sha;

	sha256_init(&sha);
	for (size_t at = 0; at < length; at += part)
		sha256_update(&sha, bytes + at,
			      length - at < part ? length - at : part);
	sha256_final(&sha, out);
	for (int i = 0; i < SHA256_SIZE; i++)
		sprintf(text + 2 * i, "%02x", out[i]);
}

static void test_examples(void **state)
{
	static const struct {
		const char *text, *digest;
	} rows[] = {
		{ "", "e3b0c44298fc1c149afbf4c8996fb924"
		      "27ae41e4649b934ca495991b7852b855" },
		{ "abc", "ba7816bf8f01cfea414140de5dae2223"
			 "b00361a396177a9cb410ff61f20015ad" },
		{ "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
		  "248d6a61d20638b8e5c026930c3e6039"
		  "a33ce45964ff2167f6ecedd419db06c1" },
	};
	char got[65];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		digest(got, rows[i].text, strlen(rows[i].text), 1000);
		assert_string_equal(got, rows[i].digest);
	}
}

static void test_million(void **state)
{
	char *text = malloc(1000000), got[65];

	(void)state;
	assert_non_null(text);
	memset(text, 'a', 1000000);
	digest(got, text, 1000000, 4096 + 17);
	assert_string_equal(got, "cdc76e5c9914fb9281a1c7e284d73e67"
				 "f1809a48a497200e046d39ccc7112cd0");
	free(text);
}

/* The parts in which bytes come make no difference, around the ends of
 * blocks. */
static void test_parts(void **state)
{
	char text[200], whole[65], parts[65];

	(void)state;
	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = (char)(i * 7);
	for (size_t length = 50; length < 130; length++) {
		digest(whole, text, length, length);
		for (size_t part = 1; part < 70; part += 3) {
			digest(parts, text, length, part);
			assert_string_equal(parts, whole);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_examples),
		cmocka_unit_test(test_million),
		cmocka_unit_test(test_parts),
	};

	return unit_main(tests);
}
