/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * stall: how long packets of a paced stream are under way. In: the namespace behind
 * a device of this one, the device, seconds. Out: the 99.9th percentile of their
 * delay, in microseconds. `stall copy` copies memory until it is killed: the noise
 * of another process, to compare with.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <sys/socket.h>
#include "frame.h"

#define RATE	     50000
#define PORT	     4444
#define HERE	     "198.18.1.1"
#define THERE	     "198.18.0.1"
#define MAX_SECONDS  60
#define COPY	     (64 << 20)

/* Nanoseconds; one sender, one receiver. */
struct stream {
	int sender, receiver;
	double seconds;
	long long *delay;
	size_t sent, received;
};

static long long now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ll + t.tv_nsec;
}

/* A tick of several packets: a wake-up for each would be the machine's own measure. */
static void *send_all(void *argument)
{
	struct stream *stream = argument;
	long long start = now(), due, sent_at;
	size_t all = stream->seconds * RATE;

	while (stream->sent < all) {
		due = start + (long long)(stream->sent * (1e9 / RATE));
		while (now() < due)
			sched_yield();
		sent_at = now();
		if (send(stream->sender, &sent_at, sizeof(sent_at), 0) < 0 &&
		    errno != ECONNREFUSED)
			fail("send: %m");
		stream->sent++;
	}
	return NULL;
}

static void receive_all(struct stream *stream)
{
	size_t all = stream->seconds * RATE;
	long long sent_at;

	while (stream->received < all) {
		if (recv(stream->receiver, &sent_at, sizeof(sent_at), 0) !=
		    sizeof(sent_at))
			return; /* the time-out: lost ones do not come */
		stream->delay[stream->received++] = now() - sent_at;
	}
}

static int compare(const void *a, const void *b)
{
	long long x = *(const long long *)a, y = *(const long long *)b;

	return (x > y) - (x < y);
}

static int socket_open(const char *address)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(PORT)};
	struct timeval patience = {.tv_sec = 1};
	int size = 8 << 20, fd = socket(AF_INET, SOCK_DGRAM, 0);

	inet_pton(AF_INET, address, &to.sin_addr);
	if (fd < 0 || bind(fd, (void *)&to, sizeof(to)))
		fail("socket of %s: %m", address);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	return fd;
}

static int receiver_open(const char *netns)
{
	int here = open("/proc/self/ns/net", O_RDONLY);
	int there = open(netns, O_RDONLY), fd;

	if (here < 0 || there < 0 || setns(there, CLONE_NEWNET))
		fail("%s: %m", netns);
	fd = socket_open(THERE);
	if (setns(here, CLONE_NEWNET))
		fail("%s: %m", netns);
	return fd;
}

static int sender_open(const char *device)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(PORT)};
	int fd = socket_open(HERE);

	inet_pton(AF_INET, THERE, &to.sin_addr);
	if (setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, device, strlen(device)) ||
	    connect(fd, (void *)&to, sizeof(to)))
		fail("%s: %m", device);
	return fd;
}

static void copy_forever(void)
{
	char *from = malloc(COPY), *to = malloc(COPY);

	if (!from || !to)
		fail("out of memory");
	for (memset(from, 1, COPY);; from[0]++)
		memcpy(to, from, COPY);
}

int main(int argc, char **argv)
{
	struct stream stream = {0};
	pthread_t sender;

	if (argc == 2 && !strcmp(argv[1], "copy"))
		copy_forever();
	if (argc != 4 || atof(argv[3]) <= 0 || atof(argv[3]) > MAX_SECONDS)
		fail("usage: stall NETNS DEVICE SECONDS | stall copy");
	stream.seconds = atof(argv[3]);
	stream.delay = calloc(stream.seconds * RATE + 1, sizeof(*stream.delay));
	stream.receiver = receiver_open(argv[1]);
	stream.sender = sender_open(argv[2]);
	if (!stream.delay || pthread_create(&sender, NULL, send_all, &stream))
		fail("cannot begin: %m");
	receive_all(&stream);
	pthread_join(sender, NULL);
	if (stream.received < stream.sent * 9 / 10)
		fail("of %zu packets %zu came", stream.sent, stream.received);
	qsort(stream.delay, stream.received, sizeof(*stream.delay), compare);
	printf("%.1f\n", stream.delay[stream.received * 999 / 1000] / 1e3);
	return 0;
}
