/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The directory of pins, which is all that lasts: opened, created, replaced,
 * removed. It appears whole, by the rename of a staged directory, so a command
 * that was killed leaves either none or all of it. bpffs reserves dots in names.
 */
#include <bpf/bpf.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "kern_inner.h"

#define STAGED "-new"
#define DYING "-old"

/* What needs no device; others are loaded by kern_prog_get(). */
#define PROGS_ALWAYS (1u << PROG_TEST | 1u << PROG_LEARN)

static void kern_init(struct kern *kern, const char *dir)
{
	int i;

	memset(kern, 0, sizeof(*kern));
	snprintf(kern->dir, sizeof(kern->dir), "%s", dir);
	for (i = 0; i < N_MAPS; i++)
		kern->map[i] = -1;
	for (i = 0; i < N_PROGS; i++)
		kern->prog[i] = -1;
}

void kern_close(struct kern *kern)
{
	int i;

	if (kern->control)
		munmap(kern->control, sizeof(*kern->control));
	for (i = 0; i < N_MAPS; i++)
		if (kern->map[i] >= 0)
			close(kern->map[i]);
	for (i = 0; i < N_PROGS; i++)
		if (kern->prog[i] >= 0)
			close(kern->prog[i]);
	kern_init(kern, kern->dir);
}

/* `dir` with a suffix, whatever slashes it ends in. */
static void suffixed(char path[PATH_MAX], const char *dir, const char *suffix)
{
	int length = strlen(dir);

	while (length > 1 && dir[length - 1] == '/')
		length--;
	if (length > PATH_MAX - 128)
		length = PATH_MAX - 128;
	snprintf(path, PATH_MAX, "%.*s%.63s", length, dir, suffix);
}

static void pin_path(char path[PATH_MAX], const char *dir, const char *suffix,
		     const char *name)
{
	size_t length;

	suffixed(path, dir, suffix);
	length = strlen(path);
	snprintf(path + length, PATH_MAX - length, "/%.63s", name);
}

/* ---- open ---- */

static int control_map(struct kern *kern, struct error *error)
{
	int protection = PROT_READ | (kern->readonly ? 0 : PROT_WRITE);
	void *at = mmap(NULL, sizeof(*kern->control), protection, MAP_SHARED,
			kern->map[MAP_CONTROL], 0);

	if (at == MAP_FAILED)
		return error_system(error, errno, EXIT_SYSTEM,
				    "cannot map the control block in %s",
				    kern->dir);
	kern->control = at;
	return 0;
}

/* Refuse what another version or another network namespace made. */
static int control_check(const struct kern *kern, struct error *error)
{
	char name[PATH_MAX];
	uint64_t netns;
	int err;

	if (kern->control->abi != XDPWL_ABI)
		return error_set(error, EXIT_SYSTEM, "the pins in %s are of "
				 "another version (layout %u, this is %u): "
				 "`xdpwl detach --all` with that version, then "
				 "attach again", kern->dir, kern->control->abi,
				 XDPWL_ABI);
	if (place_slot(kern_place(kern)) >= XDPWL_SLOTS)
		return error_set(error, EXIT_SYSTEM, "the control block in %s "
				 "is damaged: remove the directory and attach "
				 "again", kern->dir);
	err = kern_netns(&netns, error);
	if (err || netns == kern->control->netns)
		return err;
	kern_netns_name(kern->control->netns, name, sizeof(name));
	return error_set(error, EXIT_SYSTEM, "the pins in %s belong to network "
			 "namespace %s, not to this one: nsenter "
			 "--net=/run/netns/%s, or another --pin-dir", kern->dir,
			 name, name);
}

static int pin_get(const struct kern *kern, const char *name)
{
	LIBBPF_OPTS(bpf_obj_get_opts, opts,
		    .file_flags = kern->readonly ? BPF_F_RDONLY : 0);
	char path[PATH_MAX];

	pin_path(path, kern->dir, "", name);
	return bpf_obj_get_opts(path, &opts);
}

static int pins_get(struct kern *kern, struct error *error)
{
	int i;

	for (i = 0; i < N_MAPS; i++) {
		if (kern->map[i] < 0)
			kern->map[i] = pin_get(kern, kern_map_names[i]);
		if (kern->map[i] < 0)
			return error_system(error, errno, EXIT_SYSTEM,
					    "cannot open %s in %s",
					    kern_map_names[i], kern->dir);
	}
	for (i = 0; i < N_PROGS; i++) {
		kern->prog[i] = pin_get(kern, kern_prog_names[i]);
		if (kern->prog[i] < 0 && !kern->readonly &&
		    (errno != ENOENT || PROGS_ALWAYS >> i & 1))
			return error_system(error, errno, EXIT_SYSTEM,
					    "cannot open %s in %s",
					    kern_prog_names[i], kern->dir);
	}
	return 0;
}

static bool control_get(struct kern *kern)
{
	const char *name = kern_map_names[MAP_CONTROL];

	kern->map[MAP_CONTROL] = pin_get(kern, name);
	if (kern->map[MAP_CONTROL] < 0 && errno == EROFS) {
		kern->readonly = true;
		kern->map[MAP_CONTROL] = pin_get(kern, name);
	}
	return kern->map[MAP_CONTROL] >= 0;
}

int kern_open(struct kern *kern, const char *dir, struct error *error)
{
	int err;

	kern_init(kern, dir);
	if (!control_get(kern)) {
		if (errno != ENOENT)
			return error_system(error, errno, EXIT_SYSTEM,
					    "cannot open the pins in %s", dir);
		error_set(error, EXIT_ABSENT, "nothing is attached (no pins in "
			  "%s): xdpwl attach IF", dir);
		return -ENOENT;
	}
	err = control_map(kern, error);
	if (!err)
		err = control_check(kern, error);
	if (!err)
		err = pins_get(kern, error);
	if (err)
		kern_close(kern);
	return err;
}

/* ---- create ---- */

int kern_create(struct kern *kern, const char *dir, const struct kern_sizes *sizes,
		struct error *error)
{
	struct timespec now;
	int err;

	kern_init(kern, dir);
	kern->fresh = true;
	err = kern_load(kern, sizes, PROGS_ALWAYS, error);
	if (!err)
		err = control_map(kern, error);
	if (!err && getrandom(&kern->control->track_seed, sizeof(uint64_t), 0) !=
			    sizeof(uint64_t))
		err = error_system(error, errno, EXIT_SYSTEM,
				   "cannot read random numbers");
	if (!err) {
		kern_fault();
		clock_gettime(CLOCK_REALTIME, &now);
		kern->control->abi = XDPWL_ABI;
		kern->control->flow_buckets = XDPWL_BUCKETS(sizes->flows);
		kern->control->fragment_buckets =
			XDPWL_BUCKETS(sizes->fragments);
		kern->control->since = now.tv_sec * 1000000000ull + now.tv_nsec;
		err = kern_netns((uint64_t *)&kern->control->netns, error);
	}
	if (err)
		kern_close(kern);
	return err;
}

/* Directories above the pins, as `mkdir -p` makes them. */
static int parents_make(const char *path, struct error *error)
{
	char part[PATH_MAX], *slash;

	snprintf(part, sizeof(part), "%s", path);
	for (slash = strchr(part + 1, '/'); slash;
	     slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(part, 0755) && errno != EEXIST)
			return error_system(error, errno, EXIT_SYSTEM,
					    "cannot make %s", part);
		*slash = '/';
	}
	return 0;
}

static int pin_object(int fd, const char *dir, const char *name,
		      struct error *error)
{
	char path[PATH_MAX];

	pin_path(path, dir, STAGED, name);
	kern_fault();
	if (bpf_obj_pin(fd, path))
		return error_system(error, errno, EXIT_SYSTEM, "cannot pin %s",
				    path);
	return 0;
}

static int stage(const struct kern *kern, struct error *error)
{
	char path[PATH_MAX];
	int i, err = 0;

	suffixed(path, kern->dir, STAGED);
	kern_fault();
	if (mkdir(path, 0700))
		return error_system(error, errno, EXIT_SYSTEM, "cannot make %s",
				    path);
	for (i = 0; i < N_MAPS && !err; i++)
		err = pin_object(kern->map[i], kern->dir, kern_map_names[i],
				 error);
	for (i = 0; i < N_PROGS && !err; i++)
		if (kern->prog[i] >= 0)
			err = pin_object(kern->prog[i], kern->dir,
					 kern_prog_names[i], error);
	return err;
}

static int directory_remove(const char *path, struct error *error);

int kern_pin(struct kern *kern, struct error *error)
{
	char staged[PATH_MAX];
	int err = parents_make(kern->dir, error);

	suffixed(staged, kern->dir, STAGED);
	if (!err)
		err = directory_remove(staged, error);
	if (!err)
		err = kern_remove(kern->dir, error);
	if (!err)
		err = stage(kern, error);
	if (err)
		return err;
	kern_fault();
	if (rename(staged, kern->dir))
		return error_system(error, errno, EXIT_SYSTEM,
				    "cannot put the pins into %s", kern->dir);
	kern->fresh = false;
	return 0;
}

/* ---- replace ---- */

/* A pinned program, new or in place of another. */
static int prog_pin(const struct kern *kern, enum kern_prog prog, struct error *error)
{
	char staged[PATH_MAX], path[PATH_MAX], name[64];

	snprintf(name, sizeof(name), "new-%s", kern_prog_names[prog]);
	pin_path(staged, kern->dir, "", name);
	pin_path(path, kern->dir, "", kern_prog_names[prog]);
	kern_fault();
	unlink(staged);
	kern_fault();
	if (bpf_obj_pin(kern->prog[prog], staged))
		return error_system(error, errno, EXIT_SYSTEM, "cannot pin %s",
				    staged);
	kern_fault();
	if (rename(staged, path))
		return error_system(error, errno, EXIT_SYSTEM,
				    "cannot replace %s", path);
	return 0;
}

int kern_prog_get(struct kern *kern, enum kern_prog prog, struct error *error)
{
	int err = 0;

	if (kern->prog[prog] >= 0)
		return kern->prog[prog];
	err = kern_load(kern, NULL, 1u << prog, error);
	if (!err)
		err = prog_pin(kern, prog, error);
	return err ? err : kern->prog[prog];
}

int kern_reload(struct kern *kern, struct error *error)
{
	uint32_t wanted = 0;
	int i, err;

	for (i = 0; i < N_PROGS; i++)
		if (kern->prog[i] >= 0)
			wanted |= 1u << i;
	err = kern_load(kern, NULL, wanted, error);
	for (i = 0; i < N_PROGS && !err; i++)
		if (wanted >> i & 1)
			err = prog_pin(kern, i, error);
	return err;
}

/* ---- remove ---- */

/* A directory of pins and what is in it; none: done. */
static int directory_remove(const char *path, struct error *error)
{
	DIR *dir = opendir(path);
	struct dirent *entry;
	int err = 0;

	if (!dir)
		return errno == ENOENT ? 0 :
			error_system(error, errno, EXIT_SYSTEM,
				     "cannot read %s", path);
	while (!err && (entry = readdir(dir))) {
		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		kern_fault();
		if (unlinkat(dirfd(dir), entry->d_name, 0))
			err = error_system(error, errno, EXIT_SYSTEM,
					   "cannot remove %s/%s", path,
					   entry->d_name);
	}
	closedir(dir);
	kern_fault();
	if (!err && rmdir(path))
		err = error_system(error, errno, EXIT_SYSTEM,
				   "cannot remove %s", path);
	return err;
}

int kern_remove(const char *dir, struct error *error)
{
	char dying[PATH_MAX];
	int err;

	suffixed(dying, dir, DYING);
	err = directory_remove(dying, error);
	if (err)
		return err;
	kern_fault();
	if (rename(dir, dying))
		return errno == ENOENT ? 0 :
			error_system(error, errno, EXIT_SYSTEM,
				     "cannot remove %s", dir);
	return directory_remove(dying, error);
}
