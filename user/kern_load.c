/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The object inside this binary to loaded programs and maps, by libbpf. Features
 * are probed, never guessed from a version; where the kernel refuses, the message
 * names the first thing that it lacks.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>
#include "kern_inner.h"

/* The bytes that the Makefile put between these. */
extern const char xdpwl_object[], xdpwl_object_end[];

const char *const kern_map_names[N_MAPS] = {
	[MAP_CONTROL] = "control",
	[MAP_SERVICE] = "service",
	[MAP_PROTOCOL] = "protocol",
	[MAP_ODD_PORTS] = "odd_ports",
	[MAP_ANY] = "any",
	[MAP_LPM4] = "lpm4",
	[MAP_LPM6] = "lpm6",
	[MAP_FINE4] = "fine4",
	[MAP_SPANS4] = "spans4",
	[MAP_SLICES4] = "slices4",
	[MAP_HOSTS4] = "hosts4",
	[MAP_LINES4] = "lines4",
	[MAP_ROWS4] = "rows4",
	[MAP_NUMBERS4] = "numbers4",
	[MAP_TILES6] = "tiles6",
	[MAP_FINE6] = "fine6",
	[MAP_HEADS6] = "heads6",
	[MAP_LINES6] = "lines6",
	[MAP_RUNS6] = "runs6",
	[MAP_EXACT6] = "exact6",
	[MAP_ENTRIES] = "entries",
	[MAP_CELLS] = "cells",
	[MAP_INTERFACE] = "interface",
	[MAP_TEXT] = "text",
	[MAP_REASONS] = "reasons",
	[MAP_PORTS] = "ports",
	[MAP_PROTOCOLS] = "protocols",
	[MAP_ODD_DROPS] = "odd_drops",
	[MAP_HITS] = "hits",
	[MAP_FLOWS] = "flows",
	[MAP_FLOW_TAGS] = "flow_tags",
	[MAP_FRAGMENTS] = "fragments",
	[MAP_FRAGMENT_TAGS] = "fragment_tags",
	[MAP_EVICTIONS] = "evictions",
};

const char *const kern_prog_names[N_PROGS] = {
	[PROG_ETHERNET] = "xdpwl_ethernet",
	[PROG_NO_LINK] = "xdpwl_no_link",
	[PROG_GENERIC_ETHERNET] = "xdpwl_generic",
	[PROG_GENERIC_NO_LINK] = "xdpwl_generic_no_link",
	[PROG_OUT_ETHERNET] = "xdpwl_out_ethernet",
	[PROG_OUT_NO_LINK] = "xdpwl_out_no_link",
	[PROG_TEST] = "xdpwl_test",
	[PROG_LEARN] = "xdpwl_learn",
};

/* `control` is the program's own data. */
static struct bpf_map *object_map(struct bpf_object *object, int map)
{
	return bpf_object__find_map_by_name(
		object, map == MAP_CONTROL ? ".bss" : kern_map_names[map]);
}

/* ---- what the kernel has ---- */

static bool probe_program(__u32 flags)
{
	struct bpf_insn insns[] = {
		{ .code = 0xb7, .dst_reg = 0, .imm = XDP_PASS },	/* r0 = PASS */
		{ .code = 0x95 },					/* exit */
	};
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .prog_flags = flags);
	int fd = bpf_prog_load(BPF_PROG_TYPE_XDP, "xdpwl_probe", "GPL", insns,
			       2, &opts);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static bool probe_map(enum bpf_map_type type, __u32 flags, __u32 key)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = flags);
	int fd = bpf_map_create(type, "xdpwl_probe", key, 8, 1, &opts);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static const char *missing_feature(void)
{
	if (!probe_map(BPF_MAP_TYPE_ARRAY, 0, 4))
		return "bpf(2) for this process (CONFIG_BPF_SYSCALL, lockdown)";
	if (!probe_program(0))
		return "XDP programs";
	if (!probe_map(BPF_MAP_TYPE_LPM_TRIE, BPF_F_NO_PREALLOC, 8))
		return "LPM tries";
	if (!probe_map(BPF_MAP_TYPE_ARRAY, BPF_F_MMAPABLE, 4))
		return "mapped arrays (BPF_F_MMAPABLE, Linux 5.5)";
	if (!probe_map(BPF_MAP_TYPE_HASH, BPF_F_RDONLY_PROG, 4))
		return "read-only maps (BPF_F_RDONLY_PROG, Linux 5.2)";
	if (!probe_map(BPF_MAP_TYPE_ARRAY, BPF_F_INNER_MAP, 4))
		return "inner arrays of any size (BPF_F_INNER_MAP, Linux 5.10)";
	return NULL;
}

/* ---- the verifier's last word, kept for the message ---- */

struct last_word {
	char text[256];
};

static void last_word_find(struct last_word *word, const char *log)
{
	const char *line, *next;

	word->text[0] = '\0';
	for (line = log; *line; line = next) {
		size_t length = strcspn(line, "\n");

		next = line + length + !!line[length];
		if (!length || !strncmp(line, "processed ", 10))
			continue;
		if (length >= sizeof(word->text))
			length = sizeof(word->text) - 1;
		memcpy(word->text, line, length);
		word->text[length] = '\0';
	}
}

static int load_refused(int errnum, const char *log, struct error *error)
{
	const char *missing = missing_feature();
	struct last_word word;

	if (errnum == EPERM || errnum == EACCES || errnum == ENOMEM)
		missing = NULL;
	if (missing)
		return error_system(error, errnum, EXIT_SYSTEM,
				    "this kernel lacks %s", missing);
	last_word_find(&word, log);
	return error_system(error, errnum, EXIT_SYSTEM,
			    "the kernel refused to load the program%s%s",
			    word.text[0] ? ", saying: " : "", word.text);
}

/* ---- the object ---- */

static int map_resize(struct bpf_object *object, enum kern_map which,
		      uint32_t entries)
{
	struct bpf_map *map = object_map(object, which);

	return map ? bpf_map__set_max_entries(map, entries) : -EINVAL;
}

/* Of maps that are there already, sizes do not matter: they are reused. */
static int maps_resize(struct bpf_object *object, const struct kern_sizes *sizes)
{
	int err = map_resize(object, MAP_PORTS, libbpf_num_possible_cpus());

	if (!sizes)
		return err;
	if (!err)
		err = map_resize(object, MAP_FLOWS,
				 2 * XDPWL_BUCKETS(sizes->flows));
	if (!err)
		err = map_resize(object, MAP_FLOW_TAGS,
				 2 * XDPWL_BUCKETS(sizes->flows));
	if (!err)
		err = map_resize(object, MAP_FRAGMENTS,
				 XDPWL_BUCKETS(sizes->fragments));
	if (!err)
		err = map_resize(object, MAP_FRAGMENT_TAGS,
				 XDPWL_BUCKETS(sizes->fragments));
	return err;
}

static bool is_generic(const struct bpf_program *prog)
{
	const char *name = bpf_program__name(prog);

	return !strcmp(name, kern_prog_names[PROG_GENERIC_ETHERNET]) ||
	       !strcmp(name, kern_prog_names[PROG_GENERIC_NO_LINK]);
}

static bool is_wanted(const struct bpf_program *prog, uint32_t wanted)
{
	int i;

	for (i = 0; i < N_PROGS; i++)
		if (!strcmp(bpf_program__name(prog), kern_prog_names[i]))
			return wanted >> i & 1;
	return false;
}

static int object_prepare(struct bpf_object *object, uint32_t wanted, char *log,
			  size_t size)
{
	struct xdpwl_kernel kernel = { .frags = probe_program(BPF_F_XDP_HAS_FRAGS) };
	struct bpf_program *prog;
	struct bpf_map *map;

	kern_clock_find(&kernel);
	bpf_object__for_each_program(prog, object) {
		bpf_program__set_autoload(prog, is_wanted(prog, wanted));
		/* Level 0: a load that succeeds writes no log, which might not fit;
		 * libbpf asks again with a log when it fails. */
		bpf_program__set_log_buf(prog, log, size);
		if (kernel.frags && bpf_program__type(prog) == BPF_PROG_TYPE_XDP &&
		    !is_generic(prog))
			bpf_program__set_flags(prog, BPF_F_XDP_HAS_FRAGS);
	}
	map = bpf_object__find_map_by_name(object, ".rodata.kernel");
	return map ? bpf_map__set_initial_value(map, &kernel, sizeof(kernel)) :
		     -EINVAL;
}

static int object_reuse(struct bpf_object *object, const struct kern *kern)
{
	int i, err;

	for (i = 0; i < N_MAPS; i++) {
		struct bpf_map *map = object_map(object, i);

		if (!map)
			return -EINVAL;
		if (kern->map[i] < 0)
			continue;
		err = bpf_map__reuse_fd(map, kern->map[i]);
		if (err)
			return err;
	}
	return 0;
}

/* The loaded object's fds, as the kern's own. */
static int object_take(struct bpf_object *object, struct kern *kern, uint32_t wanted)
{
	int i, prog;

	for (i = 0; i < N_MAPS; i++) {
		if (kern->map[i] < 0)
			kern->map[i] = dup(bpf_map__fd(object_map(object, i)));
		if (kern->map[i] < 0)
			return -errno;
	}
	for (i = 0; i < N_PROGS; i++) {
		struct bpf_program *p = bpf_object__find_program_by_name(
			object, kern_prog_names[i]);

		if (!(wanted >> i & 1))
			continue;
		prog = p ? dup(bpf_program__fd(p)) : -1;
		if (prog < 0)
			return -ENOENT;
		if (kern->prog[i] >= 0)
			close(kern->prog[i]);
		kern->prog[i] = prog;
	}
	return 0;
}

int kern_load(struct kern *kern, const struct kern_sizes *sizes, uint32_t wanted,
	      struct error *error)
{
	LIBBPF_OPTS(bpf_object_open_opts, opts, .object_name = "xdpwl");
	static char log[1 << 16];	/* only this function's, filled by the kernel */
	struct bpf_object *object;
	int err;

	kern_quiet();
	object = bpf_object__open_mem(xdpwl_object,
				      xdpwl_object_end - xdpwl_object, &opts);
	if (!object)
		return error_system(error, errno, EXIT_SYSTEM,
				    "cannot read the program in this binary");
	log[0] = '\0';
	err = object_prepare(object, wanted, log, sizeof(log));
	if (!err)
		err = maps_resize(object, sizes);
	if (!err)
		err = object_reuse(object, kern);
	if (!err)
		err = bpf_object__load(object);
	if (err)
		err = load_refused(-err, log, error);
	else if (object_take(object, kern, wanted))
		err = error_system(error, EMFILE, EXIT_SYSTEM,
				   "cannot keep the loaded program");
	bpf_object__close(object);
	return err;
}
