/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Everything that asks the kernel. kern_*.c know pins, maps, links and tables,
 * never rules; nothing above them makes a system call but file I/O.
 *
 *   kern_system.c   privileges, network namespaces
 *   kern_bpffs.c    the BPF file system, found or mounted
 *   kern_lock.c     one writer at a time
 *   kern_load.c     the object inside this binary to loaded programs and maps;
 *                   kern_clock.c: how these may tell the time
 *   kern_pins.c     the directory of pins: open, create, replace, remove
 *   kern_place.c    which generation is in force; the switch
 *   kern_maps.c     struct tables to a generation; kern_inners.c: its inner maps;
 *                   kern_tries.c: the tries of a large list
 *   kern_added.c    rows beside the generation in force
 *   kern_text.c     the generation's bytes (store.h) in and out of a map
 *   kern_link.c     programs on devices; kern_link_list.c: those that are there
 *   kern_out.c      the hook for what devices send
 *   kern_device.c   devices: link type, addresses; kern_foreign.c: who is in the way
 *   kern_counters.c counters out of the per-CPU maps
 *   kern_hits.c    those of rules
 *   kern_mains.c   what main entries allowed, a part of both
 *   kern_test.c     a frame through the test program
 *   kern_file.c     a file replaced as a whole
 *   kern_fault.c    death on demand, for tests
 */
#ifndef KERN_H
#define KERN_H

#include <limits.h>
#include <stdbool.h>
#include "rulefile.h"
#include "store.h"
#include "tables.h"

/* ---- kern_system.c, kern_bpffs.c, kern_lock.c ---- */

/* EXIT_PERMISSION naming the missing capability (CAP_BPF, CAP_NET_ADMIN,
 * CAP_PERFMON; CAP_SYS_ADMIN stands for all but NET_ADMIN) or 0. */
int kern_privileges(struct error *error);

/* Make sure that the parent of the pin directory lies on a BPF file system,
 * mounting one at /sys/fs/bpf where it is missing and `dir` is below it, but only
 * in the mount namespace of process 1. Else one line, EXIT_SYSTEM. */
int kern_bpffs(const char *dir, struct error *error);

/* Inode of this process's network namespace; and the name of the one with that
 * inode, from /run/netns, else "net:[N]". */
int kern_netns(uint64_t *inode, struct error *error);
void kern_netns_name(uint64_t inode, char *name, size_t size);

/* One writer at a time: flocks for the rules file and for the pin directory, in that
 * order, waiting 30 s at most (EXIT_BUSY). Released by death as well. */
#define KERN_LOCK_PATH 64
struct kern_lock {
	int fd[2];		/* -1: not held */
	char path[2][KERN_LOCK_PATH]; /* of the lock file; empty: a directory is locked */
};
int kern_lock(struct kern_lock *lock, const char *rules_path,
	      const char *pin_dir, struct error *error);
void kern_unlock(struct kern_lock *lock);

/* ---- pins ---- */

enum kern_map {
	MAP_CONTROL, MAP_SERVICE, MAP_PROTOCOL, MAP_ODD_PORTS, MAP_ANY, MAP_LPM4,
	MAP_LPM6, MAP_ROWS4, MAP_FINE4, MAP_SPANS4, MAP_SLICES4, MAP_HOSTS4,
	MAP_LINES4, MAP_NUMBERS4,
	MAP_TILES6, MAP_FINE6, MAP_HEADS6,
	MAP_RUNS6, MAP_LINES6, MAP_EXACT6, MAP_ENTRIES, MAP_CELLS, MAP_INTERFACE, MAP_TEXT,
	MAP_REASONS, MAP_PORTS, MAP_PROTOCOLS, MAP_ODD_DROPS, MAP_HITS,
	MAP_FLOWS, MAP_FLOW_TAGS, MAP_FRAGMENTS,
	MAP_FRAGMENT_TAGS, MAP_EVICTIONS, N_MAPS,
};
extern const char *const kern_map_names[N_MAPS];	/* in the object and below the pin directory */

/* In generic mode a device runs the program PROG_GENERIC behind its own, and what it sends
 * goes through the one PROG_OUT behind. */
enum kern_prog {
	PROG_ETHERNET, PROG_NO_LINK, PROG_GENERIC_ETHERNET, PROG_GENERIC_NO_LINK,
	PROG_OUT_ETHERNET, PROG_OUT_NO_LINK, PROG_TEST, PROG_LEARN, N_PROGS,
};
#define PROG_GENERIC (PROG_GENERIC_ETHERNET - PROG_ETHERNET)
#define PROG_OUT (PROG_OUT_ETHERNET - PROG_ETHERNET)
extern const char *const kern_prog_names[N_PROGS];

struct kern {
	char dir[PATH_MAX];		/* the pin directory */
	int map[N_MAPS];		/* fds, -1 where closed */
	int prog[N_PROGS];
	struct xdpwl_control *control;	/* mapped writable; read-only where `readonly` */
	bool readonly;			/* the pins lie on a read-only mount */
	bool fresh;			/* made by kern_create(), not pinned yet */
};

/* Open what is pinned. -ENOENT and EXIT_ABSENT where nothing is; EXIT_SYSTEM where the
 * pins are of another XDPWL_ABI, damaged, or of another network namespace (named). */
int kern_open(struct kern *kern, const char *dir, struct error *error);
/* How many tracks there is room for. */
struct kern_sizes {
	uint32_t flows, fragments;
};
/* Load maps, and the programs that need no device; nothing is pinned yet. EXIT_SYSTEM naming
 * what the kernel lacks. */
int kern_create(struct kern *kern, const char *dir, const struct kern_sizes *sizes,
		struct error *error);
/* Pin all of a fresh kern at once (a staged directory, renamed); leftovers of a
 * killed command are removed first. */
int kern_pin(struct kern *kern, struct error *error);
/* Load the programs of this binary over the pinned maps, and put them in place of
 * the pinned ones. kern->prog changes; links are kern_link_update()'s business. */
int kern_reload(struct kern *kern, struct error *error);
/* Remove every pin and the directory: the maps go with the last user. */
int kern_remove(const char *dir, struct error *error);
void kern_close(struct kern *kern);

/* ---- generations ---- */

/* A generation's place: its slot, and the set of rows added there, 0: none. */
static inline uint32_t place_slot(uint32_t place)
{
	return place & XDPWL_CURRENT_SLOT;
}

static inline uint32_t place_added(uint32_t place)
{
	return place / XDPWL_CURRENT_ADDED;
}

/* The one in force; its rows, NULL: none; the number of its generation. */
uint32_t kern_place(const struct kern *kern);
const struct xdpwl_added *kern_added(const struct kern *kern);
uint64_t kern_generation(const struct kern *kern);
/* The one write. */
void kern_place_switch(struct kern *kern, uint32_t place);

/* Fill a slot that no packet uses; nothing is visible yet. Returns it in *place. */
int kern_maps_fill(struct kern *kern, const struct tables *tables,
		   uint64_t generation, uint32_t *place, struct error *error);
int kern_text_fill(struct kern *kern, uint32_t slot, const struct store *store,
		   struct error *error);
/* Give back the memory of a slot that was left by a switch, once no packet can be
 * in it any more. */
void kern_maps_retire(struct kern *kern, uint32_t place);
/*
 * Fill a set of rows that no packet reads beside the generation in force, which gets
 * the text of `store` (its members stay as they are); nothing is visible yet. -ENOSPC: that
 * has no room; then, as after any -errno, a whole generation is to be built.
 */
int kern_added_fill(struct kern *kern, const struct xdpwl_added *added,
		    const struct store *store, uint64_t generation, uint32_t *place);
/* kern_text.c's part of it. */
int kern_text_add(struct kern *kern, uint32_t slot, uint32_t set,
		  const struct store *store);

/* Bytes of the current generation; members lie in the pinned map, read-only. */
struct kern_text {
	struct store store;
	void *map;
	size_t size;
};
int kern_text_read(const struct kern *kern, struct kern_text *text,
		   struct error *error);
void kern_text_free(struct kern_text *text);

/* ---- kern_link.c: pins "link-IFNAME" below the pin directory, '.' written as ':' ---- */

enum kern_hook { HOOK_UNKNOWN, HOOK_GONE, HOOK_TCX, HOOK_CLSACT };
extern const char *const kern_hook_names[];	/* NULL but for the last two */

struct kern_link {
	char name[IFNAMSIZ];		/* as attached */
	uint32_t ifindex;		/* 0: the device is gone */
	enum attach_mode mode;		/* MODE_NATIVE or MODE_GENERIC, as it runs */
	enum kern_hook hook;		/* for what it sends */
};

/* Devices attached by these pins, malloc'ed, sorted by name. */
int kern_link_list(const struct kern *kern, struct kern_link **links, size_t *n,
		   struct error *error);

/* What `attach` needs to know of a device before anything changes. */
struct kern_device {
	char name[IFNAMSIZ];
	uint32_t ifindex;
	enum kern_prog prog;		/* by its link type */
};
/* EXIT_ABSENT: no such interface; EXIT_SYSTEM: a link type that we cannot parse, or `lo`
 * or a tunnel whose inside the kernel hides, without `force`; EXIT_FOREIGN: another XDP program is there, with its name and id. */
int kern_link_probe(struct kern_device *device, const char *name, bool force,
		    struct error *error);
/*
 * Attach, pin (kern_pin() has run) and read back through the pin. MODE_AUTO: native,
 * else generic. *mode is what it became. A pin of the same name whose device is gone is
 * replaced. EXIT_FOREIGN as above. On error nothing stays attached.
 */
int kern_link_attach(struct kern *kern, const struct kern_device *device,
		     enum attach_mode wanted, enum attach_mode *mode,
		     struct error *error);
/* The device of a link that is there. */
int kern_link_device(struct kern_device *device, const struct kern_link *link,
		     struct error *error);
/* Put kern->prog in place of the running program, without a gap. */
int kern_link_update(struct kern *kern, const struct kern_link *link,
		     struct error *error);
int kern_link_detach(struct kern *kern, const char *name, struct error *error);

/* ---- kern_out.c: pins "out-IFNAME" where the kernel has tcx, else a filter of clsact ---- */

/* Put the program for what a device sends in place, or renew it: first of all there, so
 * that no other ends the chain before it. EXIT_SYSTEM where the kernel has neither hook. */
int kern_out_hook(struct kern *kern, const struct kern_device *device,
		  struct error *error);
/* What has gone already counts as done. */
void kern_out_unhook(struct kern *kern, const char *name, uint32_t ifindex);
enum kern_hook kern_out_query(const struct kern *kern, const char *name,
			      uint32_t ifindex);
/* Record flows that began before anything was attached; `until` and `state` are the
 * program's business. */
int kern_flows_learn(struct kern *kern, const struct xdpwl_track *flows, size_t n,
		     struct error *error);

/* First address of a family on a device, or -ENOENT. */
int kern_device_address(const char *name, int family, uint8_t addr[16]);

/* ---- counters: sums over CPUs ---- */

struct kern_counters {
	struct xdpwl_counter reasons[XDPWL_N_REASONS];	/* NOT_ALLOWED summed up */
	struct xdpwl_counter *ports;	/* [XDPWL_TCP_UDP], in its numbering */
	struct xdpwl_counter protocols[256];
	struct xdpwl_odd_port *odd;	/* n_odd */
	struct xdpwl_counter *odd_drops;
	size_t n_odd;
	uint64_t evictions[XDPWL_EVICTIONS];
};
int kern_counters_read(const struct kern *kern, struct kern_counters *counters,
		       struct error *error);
void kern_counters_free(struct kern_counters *counters);
/* Counters of rules, by hit number: counts[i] of hits[i]. */
int kern_hits_read(const struct kern *kern, const uint32_t *hits, size_t n,
		   struct xdpwl_counter *counts, struct error *error);
/* Make room for hit numbers up to `last`, and set those given to zero. */
int kern_hits_reset(struct kern *kern, uint32_t last, const uint32_t *hits,
		    size_t n, struct error *error);
/* All but rules' hits to zero; control->since becomes now. */
int kern_counters_reset(struct kern *kern, struct error *error);

/* ---- the test program ---- */

/* Run `frame` (an IP packet) as if it came in on ifindex. Returns 0 with *drop and query's
 * reason and cell filled. */
int kern_test(const struct kern *kern, uint32_t ifindex, const void *frame,
	      size_t length, struct xdpwl_query *answer, bool *drop,
	      struct error *error);

/* ---- files ---- */

/* Read a whole file. -ENOENT is an error like any other: EXIT_USAGE, message. */
int kern_file_read(const char *path, struct text *text, struct error *error);

/*
 * Replace a file in two steps, so that a full disk or a read-only /etc refuses
 * before anything changed: prepare writes and syncs a temporary file beside it (the
 * mode and owner of the old one, else 0600; symbolic links are followed); commit renames and
 * syncs the directory; abandon removes the temporary. Directories are made as
 * needed (0755).
 */
struct kern_file {
	char path[PATH_MAX], temporary[PATH_MAX];
};
int kern_file_prepare(struct kern_file *file, const char *path,
		      const struct text *text, struct error *error);
int kern_file_commit(struct kern_file *file, struct error *error);
void kern_file_abandon(struct kern_file *file);

/*
 * Every write to a map, a mapping, a pin, a link or a file passes here first. The test
 * build (-DXDPWL_FAULTS) dies at the n-th call, n from the environment's
 * XDPWL_DIE_AT; otherwise it is nothing.
 */
#ifdef XDPWL_FAULTS
void kern_fault(void);
#else
static inline void kern_fault(void) {}
#endif

#endif
