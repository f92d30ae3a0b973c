/* SPDX-License-Identifier: GPL-2.0-only */
/* Names of services: from a file as it stands, or from the built-in table. */
#include <unistd.h>
#include "unit.h"
#include "service_names.h"

/* "port/proto port/proto" of a name. */
static void find(char *out, const struct service_names *names, const char *name)
{
	const struct service_name *first;
	char *copy = exact(name, strlen(name));
	size_t n = service_names_find(names, copy, strlen(name), &first);

	free(copy);
	*out = '\0';
	for (size_t i = 0; i < n; i++)
		out += sprintf(out, i ? " %u/%s" : "%u/%s", first[i].port,
			       port_proto_name(first[i].proto));
}

static void read_text(struct service_names *names, const char *text,
		      size_t length)
{
	char path[] = "/tmp/xdpwl-unit-XXXXXX";
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, length), (ssize_t)length);
	close(fd);
	assert_int_equal(service_names_read(names, path), 0);
	unlink(path);
}

static void test_file(void **state)
{
	static const char text[] =
		"# comment\n"
		"ssh\t22/tcp\n"
		"domain 53/udp # behind tcp in the answer\r\n"
		"domain 53/tcp\n"
		"shell 514/tcp cmd syslog\n"
		"syslog 514/udp\n"
		"twice 104/tcp alias\n"
		"alias 11112/tcp\n"
		"apple 4/ddp\n"
		"zero 0/tcp\n"
		"high 65536/tcp\n"
		"sctp-one 5/sctp\n"
		"broken\n"
		"broken2 x/tcp\n"
		"broken3 5\n"
		"broken4 5/\n"
		"\n"
		"last 7/udp";
	static const struct {
		const char *name, *is;
	} rows[] = {
		{ "ssh", "22/tcp" }, { "domain", "53/tcp 53/udp" },
		{ "cmd", "514/tcp" }, { "syslog", "514/tcp 514/udp" },
		/* As for getservbyname(3), the first line of a protocol
		 * counts. */
		{ "alias", "104/tcp" }, { "twice", "104/tcp" },
		{ "apple", "" }, { "zero", "" }, { "high", "" },
		{ "sctp-one", "5/sctp" }, { "broken", "" }, { "broken2", "" },
		{ "broken3", "" }, { "broken4", "" }, { "last", "7/udp" },
		{ "", "" }, { "ss", "" }, { "sshd", "" }, { "a", "" },
		{ "zzz", "" },
	};
	struct service_names names;
	char got[100];

	(void)state;
	read_text(&names, text, sizeof(text) - 1);
	for (size_t i = 0; i < COUNT(rows); i++) {
		find(got, &names, rows[i].name);
		assert_string_equal(got, rows[i].is);
	}
	service_names_free(&names);
}

static void test_built_in(void **state)
{
	static const struct {
		const char *name, *is;
	} rows[] = {
		{ "ssh", "22/tcp" }, { "http", "80/tcp" }, { "www", "80/tcp" },
		{ "https", "443/tcp 443/udp" }, { "domain", "53/tcp 53/udp" },
		{ "ntp", "123/udp" }, { "smtp", "25/tcp" },
		{ "submission", "587/tcp" }, { "imap", "143/tcp" },
		{ "imaps", "993/tcp" }, { "syslog", "514/tcp 514/udp" },
		{ "bacula-fd", "9102/tcp" }, { "mysql", "3306/tcp" },
	};
	struct service_names names;
	char got[100];

	(void)state;
	assert_int_equal(service_names_read(&names, "/nonexistent/services"), 0);
	for (size_t i = 0; i < COUNT(rows); i++) {
		find(got, &names, rows[i].name);
		assert_string_equal(got, rows[i].is);
	}
	service_names_free(&names);
}

/* What the built-in table says is what the machine's own file says, if it
 * has one. */
static void test_built_in_is_true(void **state)
{
	struct service_names built_in, local;
	char mine[100], theirs[100];

	(void)state;
	assert_int_equal(service_names_read(&built_in, "/nonexistent"), 0);
	assert_int_equal(service_names_read(&local, "/etc/services"), 0);
	for (size_t i = 0; i < built_in.n; i++) {
		find(mine, &built_in, built_in.entries[i].name);
		find(theirs, &local, built_in.entries[i].name);
		assert_string_equal(mine, theirs);
	}
	service_names_free(&built_in);
	service_names_free(&local);
}

static void test_hostile_file(void **state)
{
	struct service_names names;
	char *text = malloc(1 << 20), got[100];

	(void)state;
	assert_non_null(text);
	for (int i = 0; i < 1 << 20; i++)
		text[i] = (char)(i * 31 >> 3);
	read_text(&names, text, 1 << 20);
	service_names_free(&names);
	memset(text, 'a', 1 << 20);
	memcpy(text + (1 << 20) - 8, " 22/tcp\n", 8);
	read_text(&names, text, 1 << 20);
	assert_int_equal(names.n, 1);
	service_names_free(&names);
	read_text(&names, "", 0);
	find(got, &names, "ssh");
	assert_string_equal(got, "");
	service_names_free(&names);
	free(text);
}

static void test_protocols(void **state)
{
	(void)state;
	assert_int_equal(port_proto_number("tcp", 3), 6);
	assert_int_equal(port_proto_number("tcpx", 4), 0);
	assert_null(port_proto_name(50));
	assert_int_equal(protocol_number("esp", 3), 50);
	assert_int_equal(protocol_number("tcp", 3), -1);
	assert_string_equal(protocol_name(58), "ipv6-icmp");
	assert_null(protocol_name(6));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_file),
		cmocka_unit_test(test_built_in),
		cmocka_unit_test(test_built_in_is_true),
		cmocka_unit_test(test_hostile_file),
		cmocka_unit_test(test_protocols),
	};

	return unit_main(tests);
}
