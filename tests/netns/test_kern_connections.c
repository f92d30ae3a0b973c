/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kern_connections() from the command line, for connections.t: interfaces that
 * stand for attached ones in, a line a connection out:
 *
 *	tcp|udp in|out REMOTE LOCAL [half-open]
 *
 * Fails where this thread has left its network namespace.
 */
#include <arpa/inet.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include "kern_connections.h"

#define ATTACHED_MAX 64

static void end_print(uint8_t family, const uint8_t addr[16], uint16_t port)
{
	char text[INET6_ADDRSTRLEN];

	inet_ntop(family == 4 ? AF_INET : AF_INET6, addr, text, sizeof(text));
	printf(family == 4 ? " %s:%u" : " [%s]:%u", text, port);
}

static ino_t namespace_inode(void)
{
	struct stat st = { 0 };

	stat("/proc/thread-self/ns/net", &st);
	return st.st_ino;
}

int main(int argc, char **argv)
{
	uint32_t attached[ATTACHED_MAX];
	struct kern_connection *list;
	ino_t home = namespace_inode();
	struct error error = { 0 };
	size_t n, n_attached = 0;

	for (int i = 1; i < argc && i <= ATTACHED_MAX; i++)
		attached[n_attached++] = if_nametoindex(argv[i]);
	if (kern_connections(&list, &n, attached, n_attached, &error)) {
		fprintf(stderr, "xdpwl: %s\n", error.text);
		return error.code;
	}
	for (size_t i = 0; i < n; i++) {
		printf("%s %s", list[i].proto == IPPROTO_TCP ? "tcp" : "udp",
		       list[i].inbound ? "in" : "out");
		end_print(list[i].family, list[i].remote, list[i].rport);
		end_print(list[i].family, list[i].local, list[i].lport);
		puts(list[i].half_open ? " half-open" : "");
	}
	free(list);
	return home == namespace_inode() ? 0 : 64;
}
