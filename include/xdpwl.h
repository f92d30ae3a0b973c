/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the program in the kernel and the command share: the maps, their keys and
 * values, and the limits that bound them. Both compilers read this file, so it
 * holds fixed-width types alone. Integers are in host order unless the type or
 * the comment says otherwise. Any change of layout raises XDPWL_ABI, which every
 * command compares before it believes the pins.
 *
 * A rule set is compiled into a *generation*. Three generations have room at a
 * time, in slots; control.current names the one in force and is the one word
 * whose write makes another current. Within a generation:
 *
 *   service, protocol, odd_ports   (group, protocol, port) -> class
 *   near4, near6                   source -> "no rule names anything near it" (front.h)
 *   lpm4, lpm6                     source -> entry, closed over its covering prefixes;
 *                                  in front of them table4.h, tiles6.h and exact.h, which
 *                                  agree
 *   added                          rules beside all that, added in place (added.h)
 *   cells                          (profile, class) -> cell
 *   any                            class -> cell, for rules whose source is `any`
 *
 * A class is a set of (group, protocol, port) triples that no rule tells apart;
 * class 0 is what no rule names. `all` is no class of its own: it is asked last,
 * under XDPWL_CLASS_ALL + group.
 */
#ifndef XDPWL_H
#define XDPWL_H

#include <linux/bpf.h>
#include <linux/types.h>
#include "added.h"
#include "exact.h"
#include "front.h"
#include "reasons.h"
#include "table4.h"
#include "tiles6.h"

#define XDPWL_ABI	23

#define XDPWL_SLOTS	3	/* current, fallback of a confirm, being built */
#define XDPWL_GROUPS	17	/* sets of interfaces: 16 that `on` tells apart, and the rest */
#define XDPWL_PORTS	65536
#define XDPWL_CLASSES	65536u	/* class numbers; 0 is "no rule names it" */
#define XDPWL_CLASS_ALL	XDPWL_CLASSES	/* + group: the cell of service `all` */
#define XDPWL_GROUP_MASK 31	/* bounds a group in `any` */
#define XDPWL_ANY_CELLS	(XDPWL_CLASSES + XDPWL_GROUP_MASK + 1)
#define XDPWL_INTERFACES 1024	/* attached at a time */
#define XDPWL_ETHERTYPES 16	/* `option ethertype` lines */

/* TCP and UDP ports share one numbering: the two bytes of a port as they stand in a
 * packet, read as one, and for UDP XDPWL_UDP beside them. */
#define XDPWL_UDP	XDPWL_PORTS
#define XDPWL_TCP_UDP	(2 * XDPWL_PORTS)

/* Value of `service`, key slot * XDPWL_GROUPS + group: class of a destination port. */
struct xdpwl_service {
	__u16 class[XDPWL_TCP_UDP];
};

/* The main entry of a family is that of the most prefixes, of those of which one rule decides
 * all, and allows it: most honest packets come from there. */

/* In front of `service`, as program data, for each port in group 0: whether it has a class, and
 * whose main entry allows it. Never of ports that are judged before rules are. */
enum { XDPWL_UNNAMED, XDPWL_NAMED, XDPWL_NAMED_MAIN4, XDPWL_NAMED_MAINS, XDPWL_NAMED_MAIN6 };

/* Entries of `protocol` behind the 256 protocol numbers. */
#define XDPWL_ECHO4	256	/* ICMP echo request */
#define XDPWL_ECHO6	257	/* ICMPv6 echo request */
#define XDPWL_PROTOCOLS	260	/* padded to 8 bytes */

/* Value of `protocol`, same key: class of a packet without ports, of a later
 * fragment, and of an odd port that odd_ports does not hold. */
struct xdpwl_protocol {
	__u16 class[XDPWL_PROTOCOLS];
};

/* Key of `odd_ports` (value: __u32 class): SCTP, DCCP and UDP-Lite ports whose
 * class differs from that of their protocol. */
struct xdpwl_odd_port {
	__u16 port;
	__u8 proto;
	__u8 group;
};

/* A cell: 0 where no rule speaks, else the deciding rule's hit number (1 ...),
 * with XDPWL_DENY set when that rule denies. */
#define XDPWL_DENY	0x80000000u
#define XDPWL_HIT(cell)	((cell) & ~XDPWL_DENY)

/* Keys of the tries: prefix length in bits, then the address in network order
 * (linux/bpf.h struct bpf_lpm_trie_key). */
struct xdpwl_lpm4 {
	__u32 len;
	__u8 addr[4];
};

struct xdpwl_lpm6 {
	__u32 len;
	__u8 addr[16];
};

/* The outer maps of the tries have so many for each slot, slot * XDPWL_PARTS + part. Of a
 * large list each holds what touches the addresses with a byte of that value: those of
 * many prefixes are freed without a pause. Of others the first has it all. */
#define XDPWL_PARTS		256
#define XDPWL_PART_BYTE4	0
#define XDPWL_PART_BYTE6	1

/* Value of the tries. */
struct xdpwl_entry {
	__u64 common;	/* bit c: there is a cell for class c, c < 64 */
	__u32 profile;	/* XDPWL_PROFILE_* flags | profile number, key into cells */
	__u32 cell;	/* with UNIFORM: the cell of every class that has one */
};

#define XDPWL_COMMON		64		/* classes with a bit in `common` */
#define XDPWL_PROFILE_UNIFORM	0x80000000u	/* one rule decides all of it */
#define XDPWL_PROFILE_RARE	0x40000000u	/* it has classes >= 64 as well */
#define XDPWL_PROFILE_ALL	0x20000000u	/* it has `all` in some group */
#define XDPWL_PROFILE_NUMBER	0x1fffffffu

/* So many of `entries` stand in the slot as well: most rules make fewer. */
#define XDPWL_FIRST	64

/* Key of `cells` (value: __u32 cell). A uniform profile's cells stand for their
 * presence; the entry's own cell is the answer. */
struct xdpwl_cell_key {
	__u32 profile;
	__u32 class;
};

/* Flags of a slot. */
#define XDPWL_HAS_ANY		0x10	/* some rule's source is `any` */
#define XDPWL_HAS_INTERFACES	0x20	/* look up `interface`: groups or audit */
#define XDPWL_HAS_SHORT6	0x40	/* there are IPv6 prefixes shorter than /24 */
#define XDPWL_HAS_ODD		0x80	/* odd_ports is not empty */
#define XDPWL_HAS_4		0x100	/* lpm4 is there */
#define XDPWL_HAS_6		0x200	/* lpm6 is there */
#define XDPWL_ANY_ALL		0x400	/* some rule for `any` is of `all` */
#define XDPWL_RA		0x800	/* option ra on */
#define XDPWL_CLASS_E		0x1000	/* option class-e on */
#define XDPWL_HAS_FINE6_HEADS	0x4000	/* fine6 is by heads: near6 has no marks */
#define XDPWL_HAS_LINES4	0x8000	/* the map lines4, in place of the slot's */
#define XDPWL_HAS_FINE4		0x2000	/* the map fine4, in place of the slot's */
#define XDPWL_HAS_ROWS4	0x10000	/* rows4 is there: near4 says nothing */
#define XDPWL_HAS_FINE6		0x20000	/* the map fine6, in place of the slot's */
#define XDPWL_HAS_MARKS6	0x40000	/* near6 has marks */
#define XDPWL_PARTED4		0x80000	/* lpm4 is in parts */
#define XDPWL_PARTED6		0x100000	/* lpm6 is */
#define XDPWL_FULL_NEAR6	0x200000	/* near6 says nothing of a class */
#define XDPWL_HAS_CUTS6		0x400000	/* tiles6 are found by cut6 */
#define XDPWL_HAS_CROWDS4	0x800000	/* spans4 has crowds */

/* What a packet needs to know of a generation before it asks a map, most of all what
 * turns strangers away there. */
struct xdpwl_slot {
	__u64 generation;	/* 1 for the first; a name, never compared by packets */
	__u64 seed;		/* odd and secret: sources are chosen by strangers */
	__u32 flags;
	__u32 n_ethertypes;
	__be16 ethertypes[XDPWL_ETHERTYPES];
	__u32 lines4_shift, fine4_shift, fine4_mask;	/* table4.h */
	__u32 fine6_shift;				/* exact.h */
	__be32 fine6_mask;
	struct xdpwl_exact exact6;
	__u32 main_number[2], main_cell[2];	/* of the main entry of IPv4, of IPv6; or 0 */
	__u32 tiles6_shift;			/* tiles6.h, of cuts */
	__u64 tiles6_seed;	/* the end of a cache line: `lines4` are some */
	struct xdpwl_entry first[XDPWL_FIRST];	/* of `entries` */
	struct xdpwl_near4 near4;	/* before what is larger: near enough for an offset */
	__u16 whole4[65536];		/* table4.h */
	struct xdpwl_line4 lines4[XDPWL_LINES4_SLOT];
	struct xdpwl_crowds4 crowds4;
	__u64 fine4[XDPWL_FINE4_SLOT];
	struct xdpwl_near6 near6;
	struct xdpwl_short6 short6;
	__u64 fine6[XDPWL_FINE6_SLOT];	/* exact.h */
	__u8 cut6[XDPWL_CUTS6];		/* tiles6.h */
	__u8 named[XDPWL_TCP_UDP];
};

/* Beside the slot in `current`: what sends every packet a longer way. */
#define XDPWL_CURRENT_SLOT	3u
#define XDPWL_CURRENT_FLAGS	(XDPWL_HAS_ANY | XDPWL_HAS_INTERFACES)
/* And above: the set of `added` in force. */
#define XDPWL_CURRENT_ADDED	0x20000000u	/* times its number */
#define XDPWL_CURRENT_ROWS	((XDPWL_ADDED_SETS - 1) * XDPWL_CURRENT_ADDED)

/* Of packets. */
struct xdpwl_counter {
	__u64 packets;
	__u64 bytes;		/* of the frame at the hook */
};

/* What the main entry of a family allowed: of one cell, and when another becomes main, added to
 * `hits` and `reasons`. CPUs that have none count these packets as all others. */
struct xdpwl_main {
	__u32 cell, reserved;
	struct xdpwl_counter counter;
};

struct xdpwl_mains {
	struct xdpwl_main of[2];	/* IPv4, IPv6 */
	__u64 rest[2];			/* of the cache line */
};

#define XDPWL_MAINS	1024	/* CPUs, a power of two */

/* The control block: program data, mapped writable by commands. */
struct xdpwl_control {
	__u32 abi;
	__u32 current;		/* slot | its XDPWL_CURRENT_FLAGS | set of `added` *
				 * XDPWL_CURRENT_ADDED; the last write of every change */
	__u32 zero;		/* for ever, which the verifier does not know */
	__u32 reserved[5];	/* fallback and deadline of a confirm, open until */
	__u64 netns;		/* inode of the network namespace, for commands */
	__u64 since;		/* counters start, ns since the epoch, for commands */
	__u64 track_seed;	/* secret: strangers choose addresses */
	__u32 flow_buckets;	/* half the elements of `flows`: as many again are of
				 * flows that are forwarded */
	__u32 fragment_buckets;
	struct xdpwl_counter allowed_before;	/* of what `reasons` and `mains` have allowed, that
						 * before the last reset: for commands */
	__u64 unused[6];			/* up to a cache line */
	struct xdpwl_mains mains[XDPWL_MAINS];
	struct xdpwl_slot slot[XDPWL_SLOTS];
	struct xdpwl_added added[4][XDPWL_ADDED_SETS];	/* of each slot; the fourth is
							 * not used: a mask bounds it */
	/* Not 0: a flow once used this local port. Written by packets, a byte each, as
	 * two may come at once. Most scans end there. */
	__u8 flow_port[XDPWL_TCP_UDP];
};

/* What kern_load() finds out of the kernel, told to the programs before they are loaded. */
struct xdpwl_kernel {
	__u64 first_jiffy;	/* jiffies64 when the machine started */
	__u32 jiffy_ticks;	/* of a track, times 2^32; 0: nobody knows how long a jiffy is */
	__u32 frags;		/* multi-buffer XDP and its helpers */
};

/* Key and value of `interface`: what `on` and audit make of a device. */
struct xdpwl_interface_key {
	__u32 slot;
	__u32 ifindex;
};

struct xdpwl_interface {
	__u32 group;
	__u32 audit;
};

/*
 * Counters, all per CPU, keyed by what outlives generations.
 *   reasons     xdpwl_reason; NOT_ALLOWED stays 0 there: it is the sum of the next three
 *   ports       TCP and UDP not allowed: a struct xdpwl_ports for each possible CPU, in
 *               one plain array; a per-CPU one costs a cache miss more for each port
 *   protocols   protocol number: not allowed, without ports
 *   odd_drops   struct xdpwl_odd_port, group 0: SCTP, DCCP, UDP-Lite not allowed;
 *               counted in `protocols` when the table is full
 *   hits        hit number: packets that this rule decided; number / XDPWL_HIT_CHUNK
 *               is the key of the outer map, the rest that of the inner one
 *   control.mains  part of ALLOWED and of `hits` (struct xdpwl_mains)
 */
struct xdpwl_ports {
	__u32 recent[XDPWL_TCP_UDP];
	struct xdpwl_counter carried[XDPWL_TCP_UDP];
};

/* `recent` is packets << XDPWL_RECENT_SHIFT | bytes. When either comes near its
 * width, what it holds is added to `carried`: a scan of all ports then writes to
 * 256 KiB, not to 1 MiB. The sum of both counts. */
#define XDPWL_RECENT_SHIFT	20
#define XDPWL_RECENT_FULL	(1u << 31 | 1u << 19)
#define XDPWL_RECENT_BYTES	((1u << XDPWL_RECENT_SHIFT) - 1)
#define XDPWL_RECENT_FRAME	((1u << 19) - 1) /* no frame is longer: linux/netdevice.h GSO_MAX_SIZE */

#define XDPWL_ODD_DROPS		4096
#define XDPWL_HIT_CHUNK		4096
#define XDPWL_HIT_CHUNKS	1024

/*
 * What packets leave behind: flows that this machine, or one it forwards for, started
 * (maps `flows`, `flow_tags`), and datagrams whose first fragment was admitted
 * (`fragments`, `fragment_tags`). Written by packets alone, bounded, and outliving
 * generations.
 *
 * A hash of the addresses and ports names a bucket and a tag in it (its low 16 bits, never
 * 0). Four bits of the local port are not hashed but lead so many buckets on: a kernel
 * chooses ports one after the other, and what follows finds lines and pages that
 * the one before has brought. A bucket has two sides that never take room from
 * each other. The second half of `flows` is for what is forwarded.
 *
 * Tags lie apart, both sides' in one cache line: a packet of nobody's ends there. In front
 * of the ways stands when each of them ends, so that room is found in the line of the
 * lock. The tag is written last, under the lock; readers hold none, and compare what
 * the tag stands for.
 */
#define XDPWL_WAYS	16
#define XDPWL_SIDES	2
enum { XDPWL_HALF_OPEN, XDPWL_ESTABLISHED };	/* of flows: no answer yet, answered */
enum { XDPWL_FIRST_ANY, XDPWL_FIRST_OWN };	/* of fragments: anyone could have sent the
						 * first; only whom rules or flows name */

struct xdpwl_track {
	__be32 remote[4], local[4];	/* IPv4: the first word, then 0 */
	__be16 rport, lport;	/* echo: lport is the identifier. A fragment: both are
				 * its identification, IPv4: in lport */
	__u8 family;		/* 4 or 6; 0: never used */
	__u8 proto;		/* of an IPv6 fragment 0: later ones may lie about it */
	__u8 state;		/* XDPWL_TRACK_* */
	__u8 change;		/* odd while it is being rewritten */
};

#define XDPWL_TRACK_CLOSING	0x01	/* a FIN or RST was seen */
#define XDPWL_TRACK_TCP		0x02	/* a fragment of TCP */
#define XDPWL_TRACK_KNOWN	0x80	/* in answers of the program to itself */

/* Idle times, in ticks of 1.07 s. Two more, so that none is cut short. */
#define XDPWL_TICK_SHIFT	30
#define XDPWL_TICKS(seconds)	((__u32)(((seconds) * 1000000000ull >> XDPWL_TICK_SHIFT) + 2))
#define XDPWL_IDLE_TCP		XDPWL_TICKS(7440)	/* RFC 5382: 2 h 4 min */
#define XDPWL_IDLE_TCP_SHORT	XDPWL_TICKS(240)	/* RFC 5382: opening or closing */
#define XDPWL_IDLE_UDP		XDPWL_TICKS(120)	/* RFC 4787 */
#define XDPWL_IDLE_ICMP		XDPWL_TICKS(60)		/* RFC 5508 */
#define XDPWL_IDLE_FRAGMENT	XDPWL_TICKS(30)

struct xdpwl_bucket {
	struct bpf_spin_lock lock;
	__u32 reserved;
	__u32 until[XDPWL_SIDES][XDPWL_WAYS];	/* the way ends then, unless refreshed:
						 * boot time >> XDPWL_TICK_SHIFT */
	struct xdpwl_track way[XDPWL_SIDES][XDPWL_WAYS];
	__u8 rest[56];	/* of the last cache line */
};

struct xdpwl_tags {
	__u16 tag[XDPWL_SIDES][XDPWL_WAYS];
};

/* Room for n tracks a side, and half as much again: buckets fill unevenly. */
#define XDPWL_BUCKETS(n) (((n) + (n) / 2 + XDPWL_WAYS - 1) / XDPWL_WAYS)

/* The local port, or what stands there, as a number; and which bits of it are steps:
 * connect() of Linux takes every other port. */
#define XDPWL_STEP_BITS	0x1eu

static inline __attribute__((always_inline)) __u32
xdpwl_track_port(const struct xdpwl_track *track)
{
	const __u8 *port = (const __u8 *)&track->lport;

	return (__u32)port[0] << 8 | port[1];
}

static inline __attribute__((always_inline)) __u64
xdpwl_track_hash(const struct xdpwl_track *track, __u64 seed)
{
	__u64 hash = seed;
	int i;

#define MIX(a, b)                                                              \
	hash = (hash ^ ((__u64)(a) << 32 | (b))) * 0x9e3779b97f4a7c15ull;      \
	hash ^= hash >> 29
	MIX(track->remote[0], track->local[0]);
	MIX((__u32)track->rport << 16 | (xdpwl_track_port(track) & ~XDPWL_STEP_BITS),
	    track->proto);
	for (i = 1; track->family == 6 && i < 4; i++) {
		MIX(track->remote[i], track->local[i]);
	}
	MIX(seed >> 32, track->family);
#undef MIX
	return hash;
}

/* The hash's high half, scaled to the number of buckets, and the steps on. */
static inline __attribute__((always_inline)) __u32
xdpwl_track_bucket(const struct xdpwl_track *track, __u64 hash, __u32 buckets)
{
	__u32 bucket = ((hash >> 32) * buckets >> 32) +
		       ((xdpwl_track_port(track) & XDPWL_STEP_BITS) >> 1);

	return bucket < buckets ? bucket : bucket % buckets;
}

static inline __attribute__((always_inline)) __u16 xdpwl_track_tag(__u64 hash)
{
	return (hash & 0xffff) | !(hash & 0xffff);
}

/* Keys of `evictions`, a counter per CPU: tracks that went before their time, for
 * others. */
enum {
	XDPWL_EVICT_HALF_OPEN, XDPWL_EVICT_ESTABLISHED,
	XDPWL_EVICT_FIRST_ANY, XDPWL_EVICT_FIRST_OWN,
	XDPWL_EVICT_FORWARDED,	/* a flow of either side */
	XDPWL_EVICTIONS,
};

/* `text`: a generation's rules and set members as bytes, for commands alone
 * (user/store.h). An array of pages. */
struct xdpwl_page {
	__u8 bytes[4096];
};

/*
 * In front of the frame that the program `xdpwl_test` is run over: the question,
 * and, written back into the same place, the answer. Nothing else is written.
 */
enum { XDPWL_LINK_NONE, XDPWL_LINK_ETHERNET };

struct xdpwl_query {
	__u32 ifindex;	/* in: 0 for a device that no `on` names */
	__u32 link;	/* in: XDPWL_LINK_*: where the frame starts */
	__u32 reason;	/* out */
	__u32 cell;	/* out: the deciding rule, or 0 */
};

_Static_assert(sizeof(struct xdpwl_service) == 256 * 1024, "service");
_Static_assert(sizeof(struct xdpwl_protocol) == 520, "protocol");
_Static_assert(sizeof(struct xdpwl_odd_port) == 4, "odd_port");
_Static_assert(sizeof(struct xdpwl_lpm4) == 8, "lpm4");
_Static_assert(sizeof(struct xdpwl_lpm6) == 20, "lpm6");
_Static_assert(sizeof(struct xdpwl_entry) == 16, "entry");
_Static_assert(sizeof(struct xdpwl_cell_key) == 8, "cell_key");
_Static_assert(sizeof(struct xdpwl_slot) ==
	       128 + (1 + 272 + 128 + 128 + 36 + 128 + 272 + 16 + 128 + 32 + 128) * 1024, "slot");
_Static_assert(__builtin_offsetof(struct xdpwl_slot, lines4) % 64 == 0, "lines4 aligned");
_Static_assert(__builtin_offsetof(struct xdpwl_control, mains) % 64 == 0, "mains aligned");
_Static_assert(sizeof(struct xdpwl_control) ==
	       128 + XDPWL_MAINS * sizeof(struct xdpwl_mains) +
		       XDPWL_SLOTS * sizeof(struct xdpwl_slot) +
		       4 * XDPWL_ADDED_SETS * sizeof(struct xdpwl_added) +
		       XDPWL_TCP_UDP, "control");
/* The value of one array element: Linux 5.10 has no room for a larger one (KMALLOC_MAX_SIZE). */
_Static_assert(sizeof(struct xdpwl_control) <= 4 * 1024 * 1024, "control fits");
_Static_assert(sizeof(struct xdpwl_interface_key) == 8, "interface_key");
_Static_assert(sizeof(struct xdpwl_counter) == 16, "counter");
_Static_assert(sizeof(struct xdpwl_ports) == 2560 * 1024, "ports");
_Static_assert(sizeof(struct xdpwl_mains) == 64, "mains");
_Static_assert(sizeof(struct xdpwl_track) == 40, "track");
_Static_assert(sizeof(struct xdpwl_bucket) == 23 * 64, "bucket");
_Static_assert(sizeof(struct xdpwl_tags) == 64, "tags");
_Static_assert(sizeof(struct xdpwl_page) == 4096, "page");
_Static_assert(sizeof(struct xdpwl_query) == 16, "query");

#endif
