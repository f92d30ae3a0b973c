/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * connect: opens and ends TCP connections as fast as one process can, for some seconds.
 *
 * In: the network namespace of the server, its address and port, the device to go
 * out through (of this namespace), seconds. Out: connections, and seconds. A child
 * is the server: it accepts and closes. Each connection ends with a reset, so that none
 * is left waiting.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "frame.h"

enum { CLIENT_CPU, SERVER_CPU };

static void cpu_pin(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		fail("core %d: %m", cpu);
}

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec + time.tv_nsec / 1e9;
}

/* Never returns. */
static void serve(const char *netns, const struct sockaddr_in *address, int ready)
{
	int fd = open(netns, O_RDONLY), one = 1, client;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (fd < 0 || setns(fd, CLONE_NEWNET))
		fail("%s: %m", netns);
	cpu_pin(SERVER_CPU);
	fd = socket(AF_INET, SOCK_STREAM, 0);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (fd < 0 || bind(fd, (void *)address, sizeof(*address)) ||
	    listen(fd, 1024))
		fail("server: %m");
	if (write(ready, "", 1) != 1)
		fail("pipe: %m");
	for (;;) {
		client = accept(fd, NULL, NULL);
		if (client >= 0)
			close(client);
	}
}

static void connect_once(const struct sockaddr_in *address, const char *device)
{
	const struct linger reset = { .l_onoff = 1 };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (fd < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, device, strlen(device) + 1) ||
	    connect(fd, (void *)address, sizeof(*address)))
		fail("%s: connection: %m", device);
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
	close(fd);
}

int main(int argc, char **argv)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	double start, seconds;
	unsigned long n = 0;
	int ready[2];
	pid_t server;
	char byte;

	if (argc != 6 || inet_pton(AF_INET, argv[2], &address.sin_addr) != 1)
		fail("usage: connect NETNS ADDRESS PORT DEVICE SECONDS");
	address.sin_port = htons(atoi(argv[3]));
	seconds = atof(argv[5]);
	if (pipe(ready))
		fail("pipe: %m");
	server = fork();
	if (server < 0)
		fail("fork: %m");
	if (!server)
		serve(argv[1], &address, ready[1]);
	close(ready[1]);
	if (read(ready[0], &byte, 1) != 1)
		fail("the server did not start");
	cpu_pin(CLIENT_CPU);
	start = now();
	while (now() - start < seconds) {
		connect_once(&address, argv[4]);
		n++;
	}
	printf("%lu %.6f\n", n, now() - start);
	kill(server, SIGKILL);
	waitpid(server, NULL, 0);
	return 0;
}
