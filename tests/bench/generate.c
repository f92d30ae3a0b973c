/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * generate: floods a veth from one core for some seconds and counts, at the
 * devices themselves, what became of the packets.
 *
 * In: the object, the device to send through (of this network namespace), the
 * device behind it and its namespace, records, kind of packet, seconds, and the
 * kernel thread that polls the far device. Out: one line of figures, see
 * result_print(). It builds nothing and attaches nothing.
 */
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <bpf/bpf.h>
#include "frame.h"

#define BATCH	      256  /* frames at a time, the ring of a veth */
#define WARM_UP	      0.05 /* seconds that do not count */
#define START_TRIES   2500 /* of 2 ms */
#define MOST_A_SECOND 40e6
#define LEEWAY	      5 /* seconds, should this process not get its core */
#define MAX_STATS     4096
enum { SENDER_CPU, READER_CPU };

/* A device's own counters, asked through a socket of its namespace. */
struct counters {
	int socket;
	const char *device;
};

struct reading {
	struct timespec time;
	unsigned long long packets, drops;    /* at the far device */
	unsigned long long accepted, refused; /* by the ring between */
	unsigned long long cpu;		      /* ns of the polling thread */
};

static void ethtool(const struct counters *counters, void *command)
{
	struct ifreq request = {.ifr_data = command};

	strncpy(request.ifr_name, counters->device, IFNAMSIZ - 1);
	if (ioctl(counters->socket, SIOCETHTOOL, &request))
		fail("%s: counters: %m", counters->device);
}

/* One of `stats`, by its name. */
static unsigned long long counter_find(const struct counters *counters,
				       const struct ethtool_gstrings *names,
				       const struct ethtool_stats *stats,
				       const char *name)
{
	unsigned int i;

	for (i = 0; i < stats->n_stats; i++)
		if (!strncmp((char *)names->data + i * ETH_GSTRING_LEN, name,
			     ETH_GSTRING_LEN))
			return stats->data[i];
	fail("%s: no counter %s", counters->device, name);
}

/* Two counters of a device at one moment: they must be of the same packets. */
static void counters_read(const struct counters *counters,
			  const char *const name[2],
			  unsigned long long *value[2])
{
	struct ethtool_drvinfo info = {.cmd = ETHTOOL_GDRVINFO};
	struct ethtool_gstrings *names;
	struct ethtool_stats *stats;
	int i;

	ethtool(counters, &info);
	if (info.n_stats > MAX_STATS)
		fail("%s: too many counters", counters->device);
	names = calloc(1, sizeof(*names) + info.n_stats * ETH_GSTRING_LEN);
	stats = calloc(1, sizeof(*stats) + info.n_stats * sizeof(__u64));
	if (!names || !stats)
		fail("out of memory");
	names->cmd = ETHTOOL_GSTRINGS;
	names->string_set = ETH_SS_STATS;
	names->len = info.n_stats;
	ethtool(counters, names);
	stats->cmd = ETHTOOL_GSTATS;
	stats->n_stats = info.n_stats;
	ethtool(counters, stats);
	for (i = 0; i < 2; i++)
		*value[i] = counter_find(counters, names, stats, name[i]);
	free(names);
	free(stats);
}

static unsigned long long thread_cpu(const char *pid)
{
	unsigned long long ns;
	char path[64];
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%s/schedstat", pid);
	file = fopen(path, "r");
	if (!file || fscanf(file, "%llu", &ns) != 1)
		fail("%s: %m", path);
	fclose(file);
	return ns;
}

static void reading_take(struct reading *reading, const struct counters *near,
			 const struct counters *far, const char *pid)
{
	static const char *const far_names[] = {"rx_queue_0_xdp_packets",
						"rx_queue_0_xdp_drops"};
	static const char *const near_names[] = {"tx_queue_0_xdp_xmit",
						 "tx_queue_0_xdp_xmit_errors"};
	unsigned long long *far_values[] = {&reading->packets, &reading->drops};
	unsigned long long *near_values[] = {&reading->accepted,
					     &reading->refused};

	counters_read(near, near_names, near_values);
	clock_gettime(CLOCK_MONOTONIC, &reading->time);
	counters_read(far, far_names, far_values);
	reading->cpu = thread_cpu(pid);
}

static void cpu_set(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		fail("CPU %d: %m", cpu);
}

static double seconds_between(const struct timespec *a,
			      const struct timespec *b)
{
	return b->tv_sec - a->tv_sec + (b->tv_nsec - a->tv_nsec) / 1e9;
}

/*
 * A child floods in one system call, for each begins and ends with a wait for a
 * grace period; it is bounded in packets, should nobody be left to kill it.
 */
static pid_t flood_start(int program, struct frame *frame, double seconds)
{
	LIBBPF_OPTS(bpf_test_run_opts, run, .data_in = frame->bytes,
		    .data_size_in = frame->length,
		    .repeat = (seconds + LEEWAY) * MOST_A_SECOND,
		    .flags = BPF_F_TEST_XDP_LIVE_FRAMES, .batch_size = BATCH);
	pid_t child = fork();

	if (child < 0)
		fail("fork: %m");
	if (child)
		return child;
	cpu_set(SENDER_CPU);
	if (bpf_prog_test_run_opts(program, &run))
		fail("live frames: %m (Linux 5.18 or later)");
	exit(0);
}

static void flood_stop(pid_t child)
{
	int status;

	kill(child, SIGKILL);
	if (waitpid(child, &status, 0) != child || !WIFSIGNALED(status))
		fail("the flood ended before its time");
}

static void wait_seconds(double seconds)
{
	struct timespec time = {(time_t)seconds, 0};

	time.tv_nsec = (seconds - time.tv_sec) * 1e9;
	nanosleep(&time, NULL);
}

/* Until packets of ours are through, not the link's own alone: a system call
 * that begins with a grace period begins late on a busy machine. */
static void flood_wait(const struct counters *near, const struct counters *far,
		       const char *pid)
{
	struct reading first, now;
	int i;

	reading_take(&first, near, far, pid);
	for (i = 0; i < START_TRIES; i++) {
		wait_seconds(0.002);
		reading_take(&now, near, far, pid);
		if (now.packets - first.packets > 16 * BATCH)
			return;
	}
	fail("%s: no packet comes through", far->device);
}

/* seconds packets drops accepted refused thread-ns */
static void result_print(const struct reading *a, const struct reading *b)
{
	printf("%.6f %llu %llu %llu %llu %llu\n",
	       seconds_between(&a->time, &b->time), b->packets - a->packets,
	       b->drops - a->drops, b->accepted - a->accepted,
	       b->refused - a->refused, b->cpu - a->cpu);
}

static int socket_in(const char *netns)
{
	int here = open("/proc/self/ns/net", O_RDONLY);
	int there = open(netns, O_RDONLY);
	int fd;

	if (here < 0 || there < 0 || setns(there, CLONE_NEWNET))
		fail("%s: %m", netns);
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	if (fd < 0 || setns(here, CLONE_NEWNET))
		fail("%s: %m", netns);
	close(here);
	close(there);
	return fd;
}

static void device_set(struct bpf_object *object, const char *device)
{
	int map = bpf_object__find_map_fd_by_name(object, "device");
	__u32 key = 0, index = if_nametoindex(device);

	if (!index || bpf_map_update_elem(map, &key, &index, 0))
		fail("%s: %m", device);
}

int main(int argc, char **argv)
{
	struct counters near = {.socket = socket(AF_INET, SOCK_DGRAM, 0)};
	struct counters far;
	struct reading before, after;
	struct bpf_object *object;
	struct frame frame;
	double seconds;
	pid_t child;
	int program;

	if (argc != 9)
		fail(
		    "usage: generate OBJECT DEVICE NETNS FAR-DEVICE RECORDS KIND SECONDS PID");
	near.device = argv[2];
	seconds = atof(argv[7]);
	far = (struct counters){socket_in(argv[3]), argv[4]};
	frame_build(&frame, argv[6]);
	cpu_set(READER_CPU);
	/* Not behind the thread that it watches, nor behind other work. */
	if (setpriority(PRIO_PROCESS, 0, -20))
		fail("priority: %m");
	object = packets_load(argv[1], "send", &frame, 0, argv[5], &program);
	device_set(object, near.device);
	child = flood_start(program, &frame, WARM_UP + seconds);
	flood_wait(&near, &far, argv[8]);
	wait_seconds(WARM_UP);
	reading_take(&before, &near, &far, argv[8]);
	wait_seconds(seconds);
	reading_take(&after, &near, &far, argv[8]);
	flood_stop(child);
	result_print(&before, &after);
	bpf_object__close(object);
	return 0;
}
