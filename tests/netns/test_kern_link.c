/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kern_link.c and its neighbours from the command line, for kern_link.t: each verb
 * is one call with programs of two instructions, so that what is seen is the
 * link's doing and no rule's. Prints what it got; exits with the error's code.
 *
 *	test_kern_link DIR VERB [ARGUMENT...]
 */
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "kern.h"
#include "kern_inner.h"

static const char *const modes[] = { "auto", "native", "generic" };
static const char *const progs[] = { "ethernet", "no-link", "test" };

static int program_load(const char *verdict)
{
	const struct bpf_insn code[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0,
		  .imm = !strcmp(verdict, "drop") ? XDP_DROP : XDP_PASS },
		{ .code = BPF_JMP | BPF_EXIT },
	};

	return bpf_prog_load(BPF_PROG_TYPE_XDP, "xdpwl_tiny", "GPL", code, 2,
			     NULL);
}

/* In place of kern_pins.c: what attach() put there. */
int kern_prog_get(struct kern *kern, enum kern_prog prog, struct error *error)
{
	return kern->prog[prog] >= 0 ? kern->prog[prog] :
	       error_set(error, EXIT_SYSTEM, "no program %d", prog);
}

static int probe(struct kern *kern, char **args, struct error *error)
{
	struct kern_device device;
	int err;

	(void)kern;
	err = kern_link_probe(&device, args[0], args[1] != NULL, error);
	if (!err)
		printf("%s %u %s\n", device.name, device.ifindex,
		       progs[device.prog]);
	return err;
}

static int attach(struct kern *kern, char **args, struct error *error)
{
	enum attach_mode mode, wanted = MODE_AUTO;
	struct kern_device device;
	int err;

	for (int i = 0; i < 3; i++)
		if (!strcmp(args[1], modes[i]))
			wanted = i;
	err = kern_link_probe(&device, args[0], true, error);
	if (err)
		return err;
	kern->prog[device.prog] = program_load(args[2]);
	kern->prog[device.prog + PROG_GENERIC] = kern->prog[device.prog];
	err = kern_link_attach(kern, &device, wanted, &mode, error);
	if (!err)
		printf("%s\n", modes[mode]);
	return err;
}

/* A link without a pin, held by this process until it is killed. */
static int hold(struct kern *kern, char **args, struct error *error)
{
	int fd;

	(void)kern;
	fd = bpf_link_create(program_load("pass"), if_nametoindex(args[0]),
			     BPF_XDP, NULL);
	if (fd < 0)
		return error_system(error, -fd, EXIT_SYSTEM, "hold");
	puts("held");
	fflush(stdout);
	return pause();
}

static int update(struct kern *kern, char **args, struct error *error)
{
	struct kern_link *links;
	size_t n;
	int err;

	kern->prog[PROG_ETHERNET] = program_load(args[0]);
	kern->prog[PROG_NO_LINK] = program_load(args[0]);
	kern->prog[PROG_GENERIC_ETHERNET] = kern->prog[PROG_ETHERNET];
	kern->prog[PROG_GENERIC_NO_LINK] = kern->prog[PROG_NO_LINK];
	err = kern_link_list(kern, &links, &n, error);
	for (size_t i = 0; i < n && !err; i++)
		err = kern_link_update(kern, &links[i], error);
	free(links);
	return err;
}

static int detach(struct kern *kern, char **args, struct error *error)
{
	return kern_link_detach(kern, args[0], error);
}

static int list(struct kern *kern, char **args, struct error *error)
{
	struct kern_link *links;
	size_t n;
	int err;

	(void)args;
	err = kern_link_list(kern, &links, &n, error);
	for (size_t i = 0; i < n; i++)
		printf("%s %u %s\n", links[i].name, links[i].ifindex,
		       modes[links[i].mode]);
	free(links);
	return err;
}

static int address(struct kern *kern, char **args, struct error *error)
{
	int family = args[1][0] == '4' ? AF_INET : AF_INET6;
	char text[INET6_ADDRSTRLEN];
	uint8_t addr[16];

	(void)kern;
	if (kern_device_address(args[0], family, addr))
		return error_set(error, EXIT_ABSENT, "no address");
	puts(inet_ntop(family, addr, text, sizeof(text)));
	return 0;
}

static int bpffs(struct kern *kern, char **args, struct error *error)
{
	(void)args;
	return kern_bpffs(kern->dir, error);
}

static int netns(struct kern *kern, char **args, struct error *error)
{
	char name[256];
	uint64_t inode;
	int err;

	(void)kern;
	(void)args;
	err = kern_netns(&inode, error);
	if (err)
		return err;
	kern_netns_name(inode, name, sizeof(name));
	puts(name);
	return 0;
}

static int privileges(struct kern *kern, char **args, struct error *error)
{
	(void)kern;
	(void)args;
	return kern_privileges(error);
}

static const struct {
	const char *name;
	int arguments;
	int (*run)(struct kern *kern, char **args, struct error *error);
} verbs[] = {
	{ "probe", 1, probe },	   { "attach", 3, attach },
	{ "hold", 1, hold },	   { "update", 1, update },
	{ "detach", 1, detach },   { "list", 0, list },
	{ "address", 2, address }, { "bpffs", 0, bpffs },
	{ "netns", 0, netns },	   { "privileges", 0, privileges },
};

/* As kern_open() leaves it where the pins lie on a read-only mount. */
static void readonly_open(struct kern *kern, const char *program)
{
	LIBBPF_OPTS(bpf_obj_get_opts, options, .file_flags = BPF_F_RDONLY);

	if (!program)
		return;
	kern->readonly = true;
	kern->prog[PROG_ETHERNET] = bpf_obj_get_opts(program, &options);
	kern->prog[PROG_GENERIC_ETHERNET] = kern->prog[PROG_ETHERNET];
}

int main(int argc, char **argv)
{
	struct error error = { 0 };
	struct kern kern = { 0 };

	for (size_t i = 0; i < sizeof(verbs) / sizeof(*verbs); i++) {
		if (argc < 3 || strcmp(argv[2], verbs[i].name) ||
		    argc < 3 + verbs[i].arguments)
			continue;
		snprintf(kern.dir, sizeof(kern.dir), "%s", argv[1]);
		for (int prog = 0; prog < N_PROGS; prog++)
			kern.prog[prog] = -1;
		readonly_open(&kern, getenv("TEST_READONLY"));
		if (!verbs[i].run(&kern, argv + 3, &error))
			return 0;
		fprintf(stderr, "xdpwl: %s\n", error.text);
		return error.code;
	}
	fprintf(stderr, "test_kern_link: no such verb\n");
	return 64;
}
