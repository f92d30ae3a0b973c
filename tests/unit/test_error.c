/* SPDX-License-Identifier: GPL-2.0-only */
/* Errors and notes: one printable line each, whatever they were made from. */
#include "unit.h"

static void test_set(void **state)
{
	struct error error;

	(void)state;
	assert_int_equal(error_set(&error, EXIT_ABSENT, "no %s", "eth0"), -EINVAL);
	assert_int_equal(error.code, EXIT_ABSENT);
	assert_string_equal(error.text, "no eth0");
}

static void test_one_printable_line(void **state)
{
	struct error error;
	char text[3000];

	(void)state;
	error_set(&error, EXIT_USAGE, "a\nb\tc\x1b[31m\x7f\xc3\xa9");
	assert_string_equal(error.text, "a?b?c?[31m?\xc3\xa9");
	/* Cut at the end of the buffer, but not within a character. */
	for (int shift = 0; shift < 4; shift++) {
		memset(text, 'x', sizeof(text));
		for (size_t i = (size_t)shift; i + 4 < sizeof(text); i += 4)
			memcpy(text + i, "\xf0\x9f\x90\xa7", 4);
		text[sizeof(text) - 1] = '\0';
		error_set(&error, EXIT_USAGE, "%s", text);
		assert_in_range(strlen(error.text), 1019, 1023);
		assert_int_equal((strlen(error.text) - (size_t)shift) % 4, 0);
	}
}

static void test_system(void **state)
{
	static const struct {
		int errnum;
		enum exit_code code;
	} rows[] = {
		{ EPERM, EXIT_PERMISSION }, { EACCES, EXIT_PERMISSION },
		{ ENOSPC, EXIT_FULL }, { ENOMEM, EXIT_FULL },
		{ EDQUOT, EXIT_FULL }, { E2BIG, EXIT_FULL },
		{ ENOENT, EXIT_ABSENT }, { EIO, EXIT_ABSENT },
	};
	struct error error;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		int err = error_system(&error, rows[i].errnum, EXIT_ABSENT,
				       "cannot open %s", "/x");

		assert_int_equal(err, -rows[i].errnum);
		assert_int_equal(error.code, rows[i].code);
		assert_says(&error, "cannot open /x: ");
		assert_says(&error, strerror(rows[i].errnum));
	}
	assert_int_equal(error_memory(&error), -ENOMEM);
	assert_int_equal(error.code, EXIT_FULL);
	assert_string_equal(error.text, "out of memory");
}

static void test_notes(void **state)
{
	struct notes notes = { 0 };

	(void)state;
	for (int i = 0; i < 100; i++)
		notes_add(&notes, "note %d\n", i);
	assert_int_equal(notes.n, 100);
	assert_string_equal(notes.lines[99], "note 99?");
	notes_free(&notes);
	assert_int_equal(notes.n, 0);
	notes_free(&notes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_set),
		cmocka_unit_test(test_one_printable_line),
		cmocka_unit_test(test_system),
		cmocka_unit_test(test_notes),
	};

	return unit_main(tests);
}
