/* SPDX-License-Identifier: GPL-2.0-only */
/* Files of prefixes, as publishers write them, and the arrays that they
 * become. */
#include <sys/stat.h>
#include <unistd.h>
#include "unit.h"
#include "ruleset.h"
#include "set.h"

static int read_bytes(struct prefix **members, size_t *n, const char *text,
		      size_t length, struct error *error)
{
	char *copy = exact(text, length);
	FILE *file = fmemopen(copy, length ? length : 1, "r");
	int err;

	if (!length)
		getc(file);
	err = set_read(members, n, file, "list.txt", error);
	fclose(file);
	free(copy);
	return err;
}

static void test_taken(void **state)
{
	static const struct {
		const char *text, *members;
	} rows[] = {
		{ "192.0.2.0/24\n", "192.0.2.0/24 " },
		{ "192.0.2.0/24", "192.0.2.0/24 " },
		{ "\n\n", "" },
		{ "# nothing\n  # here", "" },
		{ "198.51.100.7\r\n192.0.2.0/24\r\n", "192.0.2.0/24 198.51.100.7 " },
		{ " \t192.0.2.1 \t# one\n", "192.0.2.1 " },
		{ "192.0.2.1#one\n", "192.0.2.1 " },
		{ "2001:db8::/32\n192.0.2.1\n", "192.0.2.1 2001:db8::/32 " },
		{ "192.0.2.1\n192.0.2.1/32\n192.0.2.1\n", "192.0.2.1 " },
		/* RFC 8805: the first field counts. */
		{ "# geofeed\n192.0.2.0/24,US,US-CA,Somewhere,\n"
		  "2001:db8::/48,DE,,\"Town, old\",# x\n",
		  "192.0.2.0/24 2001:db8::/48 " },
		{ "192.0.2.0/24 ,US\n", "192.0.2.0/24 " },
		{ "\xef\xbb\xbf" "192.0.2.1\n", "192.0.2.1 " },
		{ "# \xff\xfe any bytes\n192.0.2.1\n", "192.0.2.1 " },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		char got[200], *at = got;
		struct prefix *members;
		struct error error;
		size_t n;

		if (read_bytes(&members, &n, rows[i].text, strlen(rows[i].text),
			       &error))
			fail_msg("%s: %s", rows[i].text, error.text);
		*at = '\0';
		for (size_t j = 0; j < n; j++) {
			prefix_format(&members[j], false, at);
			at = stpcpy(at + strlen(at), " ");
		}
		assert_string_equal(got, rows[i].members);
		free(members);
	}
}

static void test_refused(void **state)
{
	static const struct {
		const char *text;
		size_t length;
		const char *says;
	} rows[] = {
		{ "192.0.2.1\nx\n", 12, "list.txt:2: 'x' is not" },
		{ "\n\n192.0.2.1/24", 14, "list.txt:3: 192.0.2.1/24 has host bits" },
		{ "192.0.2.1 192.0.2.2", 19, "list.txt:1: '192.0.2.1 192.0.2.2'" },
		{ ",US\n", 4, "list.txt:1: '' is not" },
		{ "\"192.0.2.0/24\",US\n", 18, "list.txt:1: " },
		{ "192.0.2.1\0\n", 11, "list.txt:1: " },
		{ "\0\0\0\0", 4, "list.txt:1: " },
		{ "1\0009\0002\0.\0", 8, "list.txt:1: " },
		{ "::ffff:192.0.2.1", 16, "list.txt:1: ::ffff:192.0.2.1 is IPv4" },
		{ "192.0.2.1\n\x1b[31m", 15, "list.txt:2: '?[31m'" },
		{ "{\"prefixes\":[]}", 15, "list.txt:1: " },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct prefix *members;
		struct error error;
		size_t n;

		if (!read_bytes(&members, &n, rows[i].text, rows[i].length,
				&error))
			fail_msg("row %zu was taken", i);
		assert_int_equal(error.code, EXIT_USAGE);
		assert_says(&error, rows[i].says);
	}
}

/* Lines across the ends of the buffer, and lines that never end. */
static void test_long(void **state)
{
	enum { LINES = 40000, LONG = 200000 };
	struct prefix *members;
	struct error error;
	char *text, *at;
	size_t n;

	(void)state;
	text = at = malloc(LINES * 40);
	for (int i = 0; i < LINES; i++)
		at += sprintf(at, "10.%d.%d.0/24%*s# x\n", i >> 8, i & 255,
			      i % 17, "");
	assert_int_equal(read_bytes(&members, &n, text, (size_t)(at - text),
				    &error), 0);
	assert_int_equal(n, LINES);
	assert_int_equal(members[LINES - 1].addr[1], (LINES - 1) >> 8);
	free(members);
	free(text);

	text = malloc(LONG);
	memset(text, '#', LONG);
	memcpy(text, "192.0.2.1\n", 10);
	assert_true(read_bytes(&members, &n, text, LONG, &error) < 0);
	assert_says(&error, "list.txt:2: a line of 65536 bytes or more");
	free(text);
}

static int compare(const void *a, const void *b)
{
	return prefix_compare(a, b);
}

/* Sorting against qsort(3), below and above the size at which the way
 * changes. */
static void test_sort(void **state)
{
	static const size_t sizes[] = { 0, 1, 2, 100, 4095, 4096, 30000 };
	uint64_t seed = random_seed();

	(void)state;
	for (size_t i = 0; i < COUNT(sizes); i++) {
		size_t n = sizes[i], kept = 0;
		struct prefix *a = calloc(n + 1, sizeof(*a));
		struct prefix *b = calloc(n + 1, sizeof(*b));

		for (size_t j = 0; j < n; j++) {
			int bytes = random_below(&seed, 2) ? 4 : 16;

			a[j].family = bytes == 4 ? 2 : 10;
			for (int k = 0; k < bytes; k++)
				a[j].addr[k] = random_below(&seed,
							    k % 2 ? 256 : 8);
			a[j].len = (uint8_t)random_below(&seed, 33);
		}
		memcpy(b, a, n * sizeof(*a));
		qsort(b, n, sizeof(*b), compare);
		for (size_t j = 0; j < n; j++) {
			if (j == 0 || !prefix_equal(&b[j], &b[j - 1]))
				b[kept++] = b[j];
		}
		prefixes_sort(a, &n);
		assert_int_equal(n, kept);
		assert_memory_equal(a, b, n * sizeof(*a));
		free(a);
		free(b);
	}
}

static void test_find_and_cover(void **state)
{
	static const char text[] =
		"10.0.0.0/8\n192.0.2.128/25\n198.51.100.7\n2001:db8::/33\n";
	static const struct {
		const char *prefix;
		bool found, covered;
	} rows[] = {
		{ "10.0.0.0/8", true, true }, { "10.1.2.3", false, true },
		{ "10.0.0.0/7", false, false }, { "11.0.0.0", false, false },
		{ "192.0.2.128", false, true }, { "192.0.2.127", false, false },
		{ "198.51.100.7", true, true }, { "198.51.100.6/31", false, false },
		{ "2001:db8::1", false, true }, { "2001:db8:8000::1", false, false },
		{ "0.0.0.0/0", false, false }, { "::/0", false, false },
	};
	struct prefix *members, prefix;
	struct error error;
	size_t n;

	(void)state;
	assert_int_equal(read_bytes(&members, &n, text, sizeof(text) - 1,
				    &error), 0);
	for (size_t i = 0; i < COUNT(rows); i++) {
		const char *wanted = rows[i].prefix;

		assert_int_equal(prefix_parse(&prefix, wanted, strlen(wanted),
					      &error), 0);
		assert_int_equal(prefixes_find(members, n, &prefix) != NULL,
				 rows[i].found);
		assert_int_equal(prefixes_cover(members, n, &prefix),
				 rows[i].covered);
		assert_null(prefixes_find(NULL, 0, &prefix));
		assert_false(prefixes_cover(NULL, 0, &prefix));
	}
	free(members);
}

/* A million unsorted lines of either family. */
static void test_million(void **state)
{
	enum { LINES = 1000000 };
	uint64_t seed = random_seed();
	char *text = malloc((size_t)LINES * 24);

	(void)state;
	assert_non_null(text);
	for (int family = 0; family < 2; family++) {
		struct prefix *members;
		struct error error;
		char *at = text;
		double start;
		size_t n;

		for (int i = 0; i < LINES; i++) {
			uint64_t bits = random_step(&seed);

			at += family ?
				sprintf(at, "2001:%x:%x::/48\n", (int)(bits & 0xffff),
					(int)(bits >> 16 & 0xffff)) :
				sprintf(at, "%d.%d.%d.0/24\n", (int)(bits & 255),
					(int)(bits >> 8 & 255),
					(int)(bits >> 16 & 255));
		}
		start = seconds();
		assert_int_equal(read_bytes(&members, &n, text,
					    (size_t)(at - text), &error), 0);
		printf("# a million lines: %.3f s\n", seconds() - start);
		assert_true(seconds() - start < 0.35 * SLOW);
		assert_in_range(n, LINES * 9 / 10, LINES);
		free(members);
	}
	free(text);
}

static void test_paths(void **state)
{
	static const struct {
		const char *base, *path, *is;
	} rows[] = {
		{ "/etc/xdpwl", "cdn.txt", "/etc/xdpwl/cdn.txt" },
		{ "/etc/xdpwl/", "lists/cdn.txt", "/etc/xdpwl/lists/cdn.txt" },
		{ "/", "cdn.txt", "/cdn.txt" },
		{ "/etc/xdpwl", "/srv/cdn.txt", "/srv/cdn.txt" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct ruleset ruleset;
		struct error error;
		char line[100];

		snprintf(line, sizeof(line), "set x file %s", rows[i].path);
		assert_int_equal(ruleset_parse(&ruleset, "r", rows[i].base, line,
					       strlen(line), &error), 0);
		assert_string_equal(ruleset.sets[0].path, rows[i].is);
		ruleset_free(&ruleset);
	}
}

/* Sets in files: found from the rules file's directory, and only plain
 * files. */
static void test_files(void **state)
{
	char directory[] = "/tmp/xdpwl-unit-XXXXXX", path[64];
	static const char rules[] =
		"set cdn file cdn.txt\nset here 192.0.2.1\nallow @cdn 443\n";
	struct ruleset ruleset;
	struct error error;
	FILE *file;

	(void)state;
	assert_non_null(mkdtemp(directory));
	snprintf(path, sizeof(path), "%s/cdn.txt", directory);
	assert_int_equal(ruleset_parse(&ruleset, "r", directory, rules,
				       sizeof(rules) - 1, &error), 0);
	assert_string_equal(ruleset.sets[0].path, path);

	assert_true(ruleset_read_sets(&ruleset, &error) < 0);
	assert_says(&error, "set cdn: cannot open ");
	assert_says(&error, "No such file");

	file = fopen(path, "w");
	fputs("198.51.100.0/24\n198.51.100.0/24\nx\n", file);
	fclose(file);
	assert_true(ruleset_read_sets(&ruleset, &error) < 0);
	assert_says(&error, "cdn.txt:3: 'x' is not");
	assert_int_equal(ruleset.sets[0].n_members, 0);

	assert_int_equal(truncate(path, 32), 0);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(ruleset_read_sets(&ruleset, &error), 0);
		assert_int_equal(ruleset.sets[0].n_members, 1);
		assert_int_equal(ruleset.sets[1].n_members, 1);
	}
	assert_int_equal(ruleset_prefixes(&ruleset), 2);

	unlink(path);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_true(ruleset_read_sets(&ruleset, &error) < 0);
	assert_says(&error, "is not a plain file");
	unlink(path);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_true(ruleset_read_sets(&ruleset, &error) < 0);
	assert_says(&error, "is not a plain file");
	rmdir(path);
	rmdir(directory);
	ruleset_free(&ruleset);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_taken),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_long),
		cmocka_unit_test(test_sort),
		cmocka_unit_test(test_find_and_cover),
		cmocka_unit_test(test_million),
		cmocka_unit_test(test_paths),
		cmocka_unit_test(test_files),
	};

	return unit_main(tests);
}
