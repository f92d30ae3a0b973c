/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * SCTP associations, by the kernel's own implementation.
 *
 * sctp PORT: accepts and closes them, for ever.
 * sctp SOURCE ADDRESS PORT: sets one up; exit 1 where that fails.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static int serve(int fd, struct sockaddr_in *here)
{
	int client;

	if (bind(fd, (void *)here, sizeof(*here)) || listen(fd, 8)) {
		perror("sctp: listen");
		return 1;
	}
	for (;;) {
		client = accept(fd, NULL, NULL);
		if (client >= 0)
			close(client);
	}
}

int main(int argc, char **argv)
{
	struct sockaddr_in here = { .sin_family = AF_INET }, there = here;
	int fd = socket(AF_INET, SOCK_STREAM, IPPROTO_SCTP);

	if (fd < 0) {
		perror("sctp: socket");
		return 1;
	}
	if (argc == 2) {
		here.sin_port = htons(atoi(argv[1]));
		return serve(fd, &here);
	}
	if (argc != 4 || inet_pton(AF_INET, argv[1], &here.sin_addr) != 1 ||
	    inet_pton(AF_INET, argv[2], &there.sin_addr) != 1)
		return 2;
	there.sin_port = htons(atoi(argv[3]));
	if (bind(fd, (void *)&here, sizeof(here)) ||
	    connect(fd, (void *)&there, sizeof(there))) {
		perror("sctp: connect");
		return 1;
	}
	return 0;
}
