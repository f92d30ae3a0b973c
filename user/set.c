/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Members of sets. In: a file of prefixes, as its publisher wrote it, or an
 * array; out: a sorted array without repetition. Built for a million lines;
 * asks no kernel and knows no rules.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "ruleset.h"
#include "set.h"

enum {
	FEW = 4096,		/* below: qsort() is as fast */
	KEYS = sizeof(struct prefix),
	LINE_MAX_BYTES = 65536,	/* a line of a geofeed has a hundred */
};

static uint8_t key_byte(const struct prefix *prefix, int key)
{
	if (key == 0)
		return prefix->family;
	return key == KEYS - 1 ? prefix->len : prefix->addr[key - 1];
}

/* One pass of a radix sort, least significant byte first; 0: all were equal
 * there. */
static int sort_pass(const struct prefix *from, struct prefix *to, size_t n,
		     int key, const size_t counts[256])
{
	size_t at[256], sum = 0;

	if (counts[key_byte(&from[0], key)] == n)
		return 0;
	for (int byte = 0; byte < 256; byte++) {
		at[byte] = sum;
		sum += counts[byte];
	}
	for (size_t i = 0; i < n; i++)
		to[at[key_byte(&from[i], key)]++] = from[i];
	return 1;
}

/* In the order of prefix_compare(). */
static int sort_many(struct prefix *prefixes, size_t n)
{
	size_t (*counts)[256] = calloc(KEYS, sizeof(*counts));
	struct prefix *spare = malloc(n * sizeof(*spare));
	struct prefix *from = prefixes, *to = spare, *swap;
	int err = counts && spare ? 0 : -ENOMEM;

	for (size_t i = 0; !err && i < n; i++) {
		for (int key = 0; key < KEYS; key++)
			counts[key][key_byte(&prefixes[i], key)]++;
	}
	for (int key = KEYS - 1; !err && key >= 0; key--) {
		if (sort_pass(from, to, n, key, counts[key])) {
			swap = from;
			from = to;
			to = swap;
		}
	}
	if (!err && from != prefixes)
		memcpy(prefixes, from, n * sizeof(*from));
	free(spare);
	free(counts);
	return err;
}
/* The order of keys: family, address, length. */
_Static_assert(KEYS == 18, "family, 16 bytes of address, length");

void prefixes_sort(struct prefix *prefixes, size_t *n)
{
	size_t i = 1, kept = 1;

	while (i < *n && prefix_compare(&prefixes[i - 1], &prefixes[i]) <= 0)
		i++;
	if (i < *n && (*n < FEW || sort_many(prefixes, *n)))
		qsort(prefixes, *n, sizeof(*prefixes), prefix_compare);
	for (i = 1; i < *n; i++) {
		if (!prefix_equal(&prefixes[kept - 1], &prefixes[i]))
			prefixes[kept++] = prefixes[i];
	}
	if (kept < *n)
		*n = kept;
}

struct prefix *prefixes_find(struct prefix *prefixes, size_t n,
			     const struct prefix *wanted)
{
	if (n == 0)
		return NULL;
	return bsearch(wanted, prefixes, n, sizeof(*prefixes), prefix_compare);
}

bool prefixes_cover(struct prefix *prefixes, size_t n,
		    const struct prefix *inner)
{
	struct prefix outer = *inner;

	for (int len = inner->len;; len--) {
		outer.len = (uint8_t)len;
		if (len < inner->len)
			outer.addr[len / 8] &= (uint8_t)~(0x80 >> len % 8);
		if (prefixes_find(prefixes, n, &outer))
			return true;
		if (len == 0)
			return false;
	}
}

/* The first that does not come before `outer`: what that covers stands from there on. */
bool prefixes_within(const struct prefix *prefixes, size_t n,
		     const struct prefix *outer)
{
	size_t low = 0, high = n, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (prefix_compare(&prefixes[middle], outer) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low < n && prefix_covers(outer, &prefixes[low]);
}

/* A file while it is read: lines are found in one buffer, which moves on. */
struct reader {
	FILE *file;
	const char *name;
	uint32_t line;
	struct prefix *members;
	size_t n, room;
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static int refuse_line(const struct reader *reader, const struct error *why,
		       struct error *error)
{
	return error_set(error, why->code, "%s:%u: %s", reader->name,
			 reader->line, why->text);
}

static int add_member(struct reader *reader, const char *text, size_t length,
		      struct error *error)
{
	struct error why;

	if (reader->n == reader->room) {
		size_t room = reader->room ? reader->room * 2 : 1024;
		struct prefix *grown = realloc(reader->members,
					       room * sizeof(*grown));

		if (!grown)
			return error_memory(error);
		reader->members = grown;
		reader->room = room;
	}
	if (prefix_parse(&reader->members[reader->n], text, length, &why))
		return refuse_line(reader, &why, error);
	reader->n++;
	return 0;
}

/* The first field of a line, or nothing where it is blank or a comment. */
static int read_line(struct reader *reader, const char *text,
		     const char *end, struct error *error)
{
	const char *stop;

	reader->line++;
	if (reader->line == 1 && end - text >= 3 &&
	    memcmp(text, "\xef\xbb\xbf", 3) == 0)
		text += 3;	/* byte order mark of an exported table */
	while (text < end && is_blank(*text))
		text++;
	for (stop = text; stop < end && *stop != '#' && *stop != ','; stop++)
		;
	if (stop == text && (stop == end || *stop == '#'))
		return 0;
	while (stop > text && is_blank(stop[-1]))
		stop--;
	return add_member(reader, text, (size_t)(stop - text), error);
}

/* Every whole line of the buffer; returns where the rest begins, or NULL. */
static const char *read_lines(struct reader *reader, const char *text,
			      const char *end, struct error *error)
{
	const char *newline;

	while ((newline = memchr(text, '\n', (size_t)(end - text)))) {
		if (read_line(reader, text, newline, error))
			return NULL;
		text = newline + 1;
	}
	return text;
}

static int read_all(struct reader *reader, char *buffer, struct error *error)
{
	size_t have = 0, got;

	while ((got = fread(buffer + have, 1, LINE_MAX_BYTES - have,
			    reader->file)) > 0) {
		const char *end = buffer + have + got;
		const char *rest = read_lines(reader, buffer, end, error);

		if (!rest)
			return -EINVAL;
		have = (size_t)(end - rest);
		if (have == LINE_MAX_BYTES)
			return error_set(error, EXIT_USAGE,
					 "%s:%u: a line of %d bytes or more is no prefix",
					 reader->name, reader->line + 1,
					 LINE_MAX_BYTES);
		memmove(buffer, rest, have);
	}
	if (ferror(reader->file))
		return error_system(error, errno ? errno : EIO, EXIT_SYSTEM,
				    "cannot read %s", reader->name);
	return have ? read_line(reader, buffer, buffer + have, error) : 0;
}

int set_read(struct prefix **members, size_t *n, FILE *file, const char *name,
	     struct error *error)
{
	struct reader reader = { .file = file, .name = name };
	char *buffer = malloc(LINE_MAX_BYTES);
	int err = buffer ? read_all(&reader, buffer, error) :
			   error_memory(error);

	free(buffer);
	if (err) {
		free(reader.members);
		return err;
	}
	prefixes_sort(reader.members, &reader.n);
	*members = reader.members;
	*n = reader.n;
	return 0;
}

/* Open a plain file alone: a pipe or a device might never end. */
static FILE *open_file(const char *path, struct error *error)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat status;
	FILE *file;

	if (fd < 0 || fstat(fd, &status)) {
		error_system(error, errno, EXIT_USAGE, "cannot open %s", path);
		if (fd >= 0)
			close(fd);
		return NULL;
	}
	if (!S_ISREG(status.st_mode)) {
		error_set(error, EXIT_USAGE, "%s is not a plain file", path);
		close(fd);
		return NULL;
	}
	file = fdopen(fd, "r");
	if (!file) {
		error_memory(error);
		close(fd);
	}
	return file;
}

static int read_set(struct set *set, struct error *error)
{
	struct error why;
	FILE *file = open_file(set->path, &why);
	struct prefix *members = NULL;
	size_t n = 0;
	int err;

	if (!file)
		return error_set(error, why.code, "set %s: %s", set->name, why.text);
	err = set_read(&members, &n, file, set->path, error);
	fclose(file);
	if (err)
		return err;
	free(set->members);
	set->members = members;
	set->n_members = n;
	return 0;
}

int ruleset_read_sets(struct ruleset *ruleset, struct error *error)
{
	for (size_t i = 0; i < ruleset->n_sets; i++) {
		int err = ruleset->sets[i].path ?
			  read_set(&ruleset->sets[i], error) : 0;

		if (err)
			return err;
	}
	return 0;
}
