/* SPDX-License-Identifier: GPL-2.0-only */
/* Equal bytes once, and hashes that are the same for different things. */
#include "unit.h"
#include "intern.h"

static void test_bytes(void **state)
{
	struct intern *intern = intern_new();
	char *first = intern_bytes(intern, strdup("office"), 7), *kept;

	(void)state;
	assert_ptr_equal(intern_bytes(intern, strdup("office"), 7), first);
	assert_ptr_not_equal(intern_bytes(intern, strdup("office"), 6), first);
	for (int i = 0; i < 10000; i++) {
		char text[20];

		snprintf(text, sizeof(text), "text %d", i % 1000);
		kept = intern_bytes(intern, strdup(text), strlen(text) + 1);
		assert_string_equal(kept, text);
	}
	assert_int_equal(intern->n_blobs, 1002);
	assert_ptr_equal(intern_bytes(intern, first, 7), first);
	intern_free(intern);
	intern_free(NULL);
}

static void test_index(void **state)
{
	struct index index = { 0 };
	size_t at = 0;

	(void)state;
	assert_int_equal(index_next(&index, 5, &at), -1);
	/* All under one hash: each is found, once. */
	for (uint32_t i = 0; i < 100; i++)
		assert_int_equal(index_add(&index, 7, i), 0);
	at = 0;
	for (uint32_t i = 0; i < 100; i++)
		assert_int_equal(index_next(&index, 7, &at), i);
	assert_int_equal(index_next(&index, 7, &at), -1);
	at = 0;
	assert_int_equal(index_next(&index, 8, &at), -1);
	free(index.slots);
}

static void test_reserve(void **state)
{
	struct index index = { 0 };
	struct index_slot *slots;

	(void)state;
	assert_int_equal(index_reserve(&index, 1000), 0);
	slots = index.slots;
	for (uint32_t i = 0; i < 1000; i++)
		assert_int_equal(index_add(&index, i * 2654435761u, i), 0);
	assert_ptr_equal(index.slots, slots);
	for (uint32_t i = 0; i < 1000; i++) {
		size_t at = 0;

		assert_int_equal(index_next(&index, i * 2654435761u, &at), i);
	}
	free(index.slots);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bytes),
		cmocka_unit_test(test_index),
		cmocka_unit_test(test_reserve),
	};

	return unit_main(tests);
}
