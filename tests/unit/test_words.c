/* SPDX-License-Identifier: GPL-2.0-only */
/* Lines to words, with their places, and words to text. */
#include "unit.h"
#include "words.h"

/* Split and show as "<start-end:word>", with the comment's place behind. */
static int split(char *out, const char *text, size_t length, int max,
		 struct error *error)
{
	char *line = exact(text, length);
	struct word words[8];
	uint32_t comment;
	int n = line_split(line, (uint32_t)length, words, max, &comment, error);

	*out = '\0';
	for (int i = 0; i < n; i++)
		out += sprintf(out, "%u-%u:%.*s ", words[i].start, words[i].end,
			       (int)words[i].length, words[i].text);
	if (n >= 0)
		sprintf(out, "%u", comment);
	free(line);
	return n;
}

static void test_taken(void **state)
{
	static const struct {
		const char *line, *words;
	} rows[] = {
		{ "", "0" },
		{ "   \t ", "5" },
		{ "# allow", "0" },
		{ "  # allow", "2" },
		{ "allow any 22", "0-5:allow 6-9:any 10-12:22 12" },
		{ "\tallow  any", "1-6:allow 8-11:any 11" },
		{ "a b # c", "0-1:a 2-3:b 4" },
		{ "a b# c", "0-1:a 2-4:b# 5-6:c 6" },
		{ "a#b #", "0-3:a#b 4" },
		{ "\"a b\" c", "0-5:a b 6-7:c 7" },
		{ "x \"\"", "0-1:x 2-4: 4" },
		{ "\"a\\\"b\\\\c\" d", "0-9:a\"b\\c 10-11:d 11" },
		{ "\"#\"", "0-3:# 3" },
		{ "a\\b", "0-3:a\\b 3" },
		{ "caf\xc3\xa9 \xf0\x9f\x90\xa7", "0-5:caf\xc3\xa9 "
						  "6-10:\xf0\x9f\x90\xa7 10" },
		{ "\"caf\xc3\xa9\"", "0-7:caf\xc3\xa9 7" },
		/* A comment may hold any bytes but NUL. */
		{ "a # \xff\xfe\x01\x1b \"", "0-1:a 2" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct error error;
		char got[200];

		if (split(got, rows[i].line, strlen(rows[i].line), 8,
			  &error) < 0)
			fail_msg("%s: %s", rows[i].line, error.text);
		assert_string_equal(got, rows[i].words);
	}
}

static void test_refused(void **state)
{
	static const struct {
		const char *line;
		size_t length;
		const char *says;
	} rows[] = {
		{ "a \"b", 4, "the quote in column 3 is not closed" },
		{ "\"", 1, "the quote in column 1 is not closed" },
		{ "\"a\\", 3, "backslash" },
		{ "\"a\\\"", 4, "the quote in column 1 is not closed" },
		{ "\"a\\n\"", 5, "a backslash in quotes in column 3" },
		{ "\"a\"b", 4, "a blank is missing" },
		{ "\"a\"#", 4, "a blank is missing" },
		{ "a\"b\"", 4, "a quote within a word in column 2" },
		{ "a\0b", 3, "a NUL byte in column 2" },
		{ "a #\0", 4, "a NUL byte in a comment" },
		{ "a \x1b[31m", 6, "control character 0x1b in column 3" },
		{ "a\rb", 3, "control character 0x0d in column 2" },
		{ "a\x7f", 2, "control character 0x7f" },
		{ "\"\x01\"", 3, "control character 0x01" },
		{ "a\xff", 2, "byte 0xff in column 2 is not UTF-8" },
		{ "\xc0\x80", 2, "not UTF-8" },
		{ "\xc3", 1, "not UTF-8" },
		{ "\"\xe2\x82", 3, "not UTF-8" },
		{ "\xed\xa0\x80", 3, "not UTF-8" },
		{ "\xf4\x90\x80\x80", 4, "not UTF-8" },
		{ "\xe0\x80\xaf", 3, "not UTF-8" },
		{ "\xc2\x9b", 2, "not UTF-8" },
		{ "\xef\xbb\xbf" "allow", 8, "byte order mark" },
		{ "a b c d e", 9, "too many words at 'e'" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct error error;
		char got[200];

		if (split(got, rows[i].line, rows[i].length, 4, &error) >= 0)
			fail_msg("row %zu was taken: %s", i, got);
		assert_int_equal(error.code, EXIT_USAGE);
		assert_says(&error, rows[i].says);
	}
}

/* What word_write() writes is one word, and the same. */
static void test_write(void **state)
{
	static const struct {
		const char *text, *written;
	} rows[] = {
		{ "office", "office" }, { "", "\"\"" }, { "a b", "\"a b\"" },
		{ "#1", "\"#1\"" }, { "a#1", "a#1" },
		{ "say \"hi\"", "\"say \\\"hi\\\"\"" },
		{ "a\"b", "\"a\\\"b\"" }, { "a\\b", "a\\b" },
		{ "a\\ b", "\"a\\\\ b\"" }, { "\xc3\xa9", "\xc3\xa9" },
		{ "\"\\\"\\", "\"\\\"\\\\\\\"\\\\\"" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		char written[100];
		FILE *out = fmemopen(written, sizeof(written), "w");
		struct word words[2];
		struct error error;
		uint32_t comment;

		word_write(rows[i].text, out);
		fclose(out);
		assert_string_equal(written, rows[i].written);
		assert_int_equal(line_split(written, (uint32_t)strlen(written),
					    words, 2, &comment, &error), 1);
		assert_true(word_is(&words[0], rows[i].text));
	}
}

static void test_copy(void **state)
{
	struct word word = { "office", 3, 0, 3 };
	char *copy = word_copy(&word);

	(void)state;
	assert_string_equal(copy, "off");
	free(copy);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_taken),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_write),
		cmocka_unit_test(test_copy),
	};

	return unit_main(tests);
}
