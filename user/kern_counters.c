/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Counters out of the per-CPU maps, summed up; and back to zero. Sized by the
 * possible CPUs, as the kernel sizes them. Resetting races with packets that are
 * being counted, so each counter is read again until the zero has held.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include "kern_inner.h"

#define RESET_TRIES 8
#define READ_TRIES 8

static size_t ports_size(void)
{
	return libbpf_num_possible_cpus() * sizeof(struct xdpwl_ports);
}

static void add(struct xdpwl_counter *to, const struct xdpwl_counter *counter)
{
	to->packets += counter->packets;
	to->bytes += counter->bytes;
}

struct xdpwl_counter kern_counter_sum(const struct xdpwl_counter *counters, int cpus)
{
	struct xdpwl_counter total = { 0, 0 };
	int i;

	for (i = 0; i < cpus; i++)
		add(&total, &counters[i]);
	return total;
}

/* Elements 0 ... n - 1 of a per-CPU array: a few hundred, so one by one. */
static int array_read(int fd, struct xdpwl_counter *totals, uint32_t n)
{
	int cpus = libbpf_num_possible_cpus(), err = 0;
	struct xdpwl_counter *values = calloc(cpus, sizeof(*values));
	uint32_t i;

	if (!values)
		return -ENOMEM;
	for (i = 0; i < n && !err; i++) {
		err = bpf_map_lookup_elem(fd, &i, values) ? -errno : 0;
		totals[i] = kern_counter_sum(values, cpus);
	}
	free(values);
	return err;
}

static int odd_read(int fd, struct kern_counters *counters)
{
	int cpus = libbpf_num_possible_cpus();
	struct xdpwl_counter *values = calloc(cpus, sizeof(*values));
	struct xdpwl_odd_port key, *from = NULL;
	size_t n = 0;

	counters->odd = calloc(XDPWL_ODD_DROPS, sizeof(*counters->odd));
	counters->odd_drops = calloc(XDPWL_ODD_DROPS,
				     sizeof(*counters->odd_drops));
	if (!values || !counters->odd || !counters->odd_drops) {
		free(values);
		return -ENOMEM;
	}
	while (n < XDPWL_ODD_DROPS && !bpf_map_get_next_key(fd, from, &key)) {
		counters->odd[n] = key;
		from = &counters->odd[n];
		if (!bpf_map_lookup_elem(fd, &key, values))
			counters->odd_drops[n] = kern_counter_sum(values, cpus);
		n++;
	}
	counters->n_odd = n;
	free(values);
	return 0;
}

/* The counters of all CPUs, mapped; NULL and errno. */
static struct xdpwl_ports *ports_map(const struct kern *kern, int protection)
{
	void *at = mmap(NULL, ports_size(), protection, MAP_SHARED,
			kern->map[MAP_PORTS], 0);

	return at == MAP_FAILED ? NULL : at;
}

/*
 * One port on one CPU: what was carried over, and what was not yet. The CPU carries
 * over while we read: then `recent` has shrunk, and both are read again.
 */
static struct xdpwl_counter port_read(const struct xdpwl_ports *ports, size_t i)
{
	const volatile __u32 *recent = &ports->recent[i];
	const volatile struct xdpwl_counter *carried =
		&ports->carried[i];
	struct xdpwl_counter counter;
	__u32 before;

	do {
		before = *recent;
		counter.packets = carried->packets +
				  (before >> XDPWL_RECENT_SHIFT);
		counter.bytes = carried->bytes + (before & XDPWL_RECENT_BYTES);
	} while (*recent < before);
	return counter;
}

static int ports_read(const struct kern *kern, struct xdpwl_counter *totals)
{
	int cpus = libbpf_num_possible_cpus(), cpu;
	struct xdpwl_ports *ports = ports_map(kern, PROT_READ);
	struct xdpwl_counter counter;
	size_t i;

	if (!ports)
		return -errno;
	for (cpu = 0; cpu < cpus; cpu++)
		for (i = 0; i < XDPWL_TCP_UDP; i++) {
			counter = port_read(&ports[cpu], i);
			add(&totals[i], &counter);
		}
	munmap(ports, ports_size());
	return 0;
}

/* What is counted per port is `not-allowed`: see include/xdpwl.h. */
static void not_allowed_sum(struct kern_counters *counters)
{
	struct xdpwl_counter *total = &counters->reasons[XDPWL_NOT_ALLOWED];
	size_t i;

	for (i = 0; i < XDPWL_TCP_UDP; i++)
		add(total, &counters->ports[i]);
	for (i = 0; i < 256; i++)
		add(total, &counters->protocols[i]);
	for (i = 0; i < counters->n_odd; i++)
		add(total, &counters->odd_drops[i]);
}

static int evictions_read(const struct kern *kern,
			  uint64_t evictions[XDPWL_EVICTIONS])
{
	int cpus = libbpf_num_possible_cpus(), cpu;
	uint64_t *copies = calloc(cpus, sizeof(*copies));
	uint32_t key;
	int err = copies ? 0 : -ENOMEM;

	for (key = 0; key < XDPWL_EVICTIONS && !err; key++) {
		if (bpf_map_lookup_elem(kern->map[MAP_EVICTIONS], &key, copies))
			err = -errno;
		for (cpu = 0; cpu < cpus && !err; cpu++)
			evictions[key] += copies[cpu];
	}
	free(copies);
	return err;
}

/* What mains hold is allowed, too. */
static int reasons_read(const struct kern *kern, struct xdpwl_counter *reasons)
{
	const struct xdpwl_counter *before = &kern->control->allowed_before;
	struct xdpwl_main *mains = NULL;
	int err, tries = 0;

	do {
		free(mains);
		mains = kern_mains_read(kern);
		err = mains ? array_read(kern->map[MAP_REASONS], reasons,
					 XDPWL_N_REASONS) : -errno;
	} while (!err && ++tries < READ_TRIES && kern_mains_moved(kern, mains));
	if (!err) {
		kern_mains_add(mains, 0, &reasons[XDPWL_ALLOWED]);
		reasons[XDPWL_ALLOWED].packets -= before->packets;
		reasons[XDPWL_ALLOWED].bytes -= before->bytes;
	}
	free(mains);
	return err;
}

int kern_counters_read(const struct kern *kern, struct kern_counters *counters,
		       struct error *error)
{
	int err;

	memset(counters, 0, sizeof(*counters));
	counters->ports = calloc(XDPWL_TCP_UDP, sizeof(*counters->ports));
	err = counters->ports ? reasons_read(kern, counters->reasons) : -ENOMEM;
	if (!err)
		err = ports_read(kern, counters->ports);
	if (!err)
		err = array_read(kern->map[MAP_PROTOCOLS], counters->protocols,
				 256);
	if (!err)
		err = odd_read(kern->map[MAP_ODD_DROPS], counters);
	if (!err)
		err = evictions_read(kern, counters->evictions);
	if (!err) {
		not_allowed_sum(counters);
		return 0;
	}
	kern_counters_free(counters);
	return error_system(error, -err, EXIT_SYSTEM,
			    "cannot read the counters in %s", kern->dir);
}

void kern_counters_free(struct kern_counters *counters)
{
	free(counters->ports);
	free(counters->odd);
	free(counters->odd_drops);
	memset(counters, 0, sizeof(*counters));
}

/* ---- reset ---- */

/* Zero one element; a packet counted meanwhile may have written the old sum back. */
static void element_reset(int fd, const void *key, uint64_t before,
			  struct xdpwl_counter *zero,
			  struct xdpwl_counter *again, int cpus)
{
	int tries;

	for (tries = 0; tries < RESET_TRIES; tries++) {
		kern_fault();
		bpf_map_update_elem(fd, key, zero, BPF_ANY);
		if (bpf_map_lookup_elem(fd, key, again) ||
		    kern_counter_sum(again, cpus).packets < (before + 1) / 2)
			return;
	}
}

static void array_reset(int fd, const struct xdpwl_counter *totals, uint32_t n,
			struct xdpwl_counter *scratch, int cpus)
{
	uint32_t i;

	for (i = 0; i < n; i++)
		if (totals[i].packets)
			element_reset(fd, &i, totals[i].packets, scratch,
				      scratch + cpus, cpus);
}

/* The CPU that counts may be between reading and writing: again, until it held. */
static void port_reset(struct xdpwl_ports *ports, size_t i)
{
	volatile struct xdpwl_counter *carried = &ports->carried[i];
	volatile __u32 *recent = &ports->recent[i];
	uint64_t before = port_read(ports, i).packets;
	int tries;

	for (tries = 0; tries < RESET_TRIES && before; tries++) {
		*recent = 0;
		carried->packets = 0;
		carried->bytes = 0;
		if (port_read(ports, i).packets < (before + 1) / 2)
			return;
	}
}

static void ports_reset(const struct kern *kern)
{
	int cpus = libbpf_num_possible_cpus(), cpu;
	struct xdpwl_ports *ports = ports_map(kern, PROT_READ | PROT_WRITE);
	size_t i;

	if (!ports)
		return;
	kern_fault();
	for (cpu = 0; cpu < cpus; cpu++)
		for (i = 0; i < XDPWL_TCP_UDP; i++)
			port_reset(&ports[cpu], i);
	munmap(ports, ports_size());
}

int kern_counters_reset(struct kern *kern, struct error *error)
{
	int cpus = libbpf_num_possible_cpus();
	struct xdpwl_counter *scratch = calloc(2 * cpus, sizeof(*scratch));
	struct kern_counters counters;
	struct timespec now;
	int err;
	size_t i;

	err = scratch ? kern_counters_read(kern, &counters, error) :
			error_memory(error);
	if (!err) {
		counters.reasons[XDPWL_NOT_ALLOWED].packets = 0;
		/* What is in mains counts for rules, too: it stays. */
		add(&kern->control->allowed_before, &counters.reasons[XDPWL_ALLOWED]);
		counters.reasons[XDPWL_ALLOWED].packets = 0;
		array_reset(kern->map[MAP_REASONS], counters.reasons,
			    XDPWL_N_REASONS, scratch, cpus);
		ports_reset(kern);
		array_reset(kern->map[MAP_PROTOCOLS], counters.protocols, 256,
			    scratch, cpus);
		for (i = 0; i < counters.n_odd; i++)
			bpf_map_delete_elem(kern->map[MAP_ODD_DROPS],
					    &counters.odd[i]);
		clock_gettime(CLOCK_REALTIME, &now);
		kern->control->since = now.tv_sec * 1000000000ull + now.tv_nsec;
		kern_counters_free(&counters);
	}
	free(scratch);
	return err;
}
