/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the kern_*.c around locks, devices and links owe one another; no caller
 * outside of them may need this.
 */
#ifndef KERN_INNER_H
#define KERN_INNER_H

#include <linux/bpf.h>
#include "kern.h"

#define BPFFS		"/sys/fs/bpf"
#define LOCK_SECONDS	30

/* CLOCK_MONOTONIC, LOCK_SECONDS from now, in ns. */
int64_t kern_deadline(void);

/*
 * Open a directory and flock it, as the inode that `path` names once the lock
 * is had. Returns 0 with *fd, -1 where there is no such directory; else -errno
 * and EXIT_BUSY or EXIT_SYSTEM.
 */
int kern_lock_directory(int *fd, const char *path, int64_t deadline,
			struct error *error);

/* The file whose flock stands for the absolute, resolved path. */
void kern_lock_path(char lock_path[KERN_LOCK_PATH], const char *resolved);

/* EXIT_FOREIGN where an XDP program runs on the device: which, by whom, and
 * what removes it. 0 where none does. */
int kern_foreign(const char *name, uint32_t ifindex, struct error *error);

/* The program for a device's link type, ETHERNET for a loopback; EXIT_SYSTEM
 * for one that no program of ours parses. */
int kern_device_prog(const char *name, enum kern_prog *prog, struct error *error);

/* The path of a device's pin, path[PATH_MAX]: of the link of its program, or of the hook
 * for what it sends. EXIT_ABSENT where no device can be called so. */
#define PIN_LINK	"link-"
#define PIN_OUT		"out-"
int kern_link_path(const struct kern *kern, const char *prefix, const char *name,
		   char *path, struct error *error);

/*
 * Open a pinned link: returns its fd, -ENOENT where there is none. Where the
 * device is gone from here, deleted or moved to another network namespace,
 * link->ifindex is 0; in the latter case the link lives on and
 * info->xdp.ifindex is its number there, which may be another device's here.
 * link->name is left alone.
 */
int kern_link_open(const char *path, struct kern_link *link,
		   struct bpf_link_info *info, struct error *error);

/* Load the object inside this binary: maps that kern holds already (fd >= 0) are
 * reused, the others are created, with `sizes` unless that is NULL; of the programs
 * those of `wanted`, a bit for each enum kern_prog, are loaded or replaced. */
int kern_load(struct kern *kern, const struct kern_sizes *sizes, uint32_t wanted,
	      struct error *error);

/* Fill in how long a jiffy is and when they began, or leave 0 where that is not sure. */
struct xdpwl_kernel;
void kern_clock_find(struct xdpwl_kernel *kernel);

/* The only one of the usual numbers of jiffies a second whose count, of which this is the
 * low half, could be that `now` ms after the start; 0: none, or two. */
uint32_t kern_clock_hz(uint32_t jiffies, int64_t now);

/* The fd of a program of a pinned kern, which is loaded and pinned when it is first asked
 * for: the verifier takes a fifth of a second for each, and a host needs few. */
int kern_prog_get(struct kern *kern, enum kern_prog prog, struct error *error);

/* Wait until every packet that is being judged now has gone. -errno: this kernel cannot. */
int kern_grace_period(void);

/* n keys and values into a map, in one call where its type has batches (5.10: not a trie).
 * -errno. */
int kern_map_fill(int fd, const void *keys, size_t key_size, const void *values,
		  size_t value_size, size_t n);

/* The tries of a slot and a family: what they hold, which byte of an address parts them, and
 * the flag of a slot that says so. */
struct kern_tries {
	enum kern_map map;	/* MAP_LPM4, MAP_LPM6 */
	const struct table *table;
	size_t key_size, byte;
	__u32 flag;
	uint32_t slot;
};

/* The flag where they are to be in parts: there is much, and this kernel places them at
 * once; else 0. */
__u32 kern_tries_parted(const struct kern *kern, const struct kern_tries *tries);
/* All parts of a slot that no packet uses. -errno. */
int kern_tries_fill(const struct kern *kern, const struct kern_tries *tries);
/* The same from part `first` on, of nothing: what is there goes. */
int kern_tries_empty(const struct kern *kern, const struct kern_tries *tries,
		     uint32_t first);

/* All inner maps of a slot that no packet uses; *parted: what its flags are to say of the
 * tries. -errno. */
int kern_inners_fill(struct kern *kern, const struct tables *tables, uint32_t slot,
		     __u32 *parted);
/* Give them back. */
void kern_inners_empty(struct kern *kern, uint32_t slot);

/* The sum of what the CPUs have. */
struct xdpwl_counter kern_counter_sum(const struct xdpwl_counter *counters, int cpus);

/* What mains hold: of each CPU that has them both families'. A copy, to be freed, or NULL. */
size_t kern_mains_count(void);
struct xdpwl_main *kern_mains_read(const struct kern *kern);
/* Whether some of it moved to other counters since. */
bool kern_mains_moved(const struct kern *kern, const struct xdpwl_main *before);
/* Add that of a cell, 0: all. */
void kern_mains_add(const struct xdpwl_main *mains, uint32_t cell,
		    struct xdpwl_counter *total);
/* A rule of long ago had this cell, and another gets it: it begins at zero, and what was
 * allowed stays so. */
void kern_mains_forget(struct kern *kern, uint32_t cell);

/* The inner map of `outer` at `key`, by its id: an fd, or -errno (-ENOENT: none). */
int kern_inner_get(int outer, uint32_t key);

/* libbpf prints nothing from here on: what went wrong is ours to say (kern_system.c). */
void kern_quiet(void);

#endif
