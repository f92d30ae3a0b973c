/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Devices as they are before we touch them. In: a name from a user or a rules
 * file, not to be trusted; out: the device, the program that its link type
 * needs, its addresses. Changes nothing.
 */
#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <linux/if_arp.h>	/* knows of net/if.h, not the other way round */
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>
#include "kern_inner.h"

/* What a device's frames begin with, and what hinders us there. */
static const struct link_type {
	unsigned short type;	/* ARPHRD_* */
	enum kern_prog prog;
	bool loopback;
	bool tunnel;		/* the IP stack unpacks what comes in */
} link_types[] = {
	{ ARPHRD_ETHER, PROG_ETHERNET, false, false },
	{ ARPHRD_LOOPBACK, PROG_ETHERNET, true, false },	/* makes Ethernet headers */
	{ ARPHRD_NONE, PROG_NO_LINK, false, false },	/* tun, WireGuard */
	{ ARPHRD_PPP, PROG_NO_LINK, false, false },
	{ ARPHRD_RAWIP, PROG_NO_LINK, false, false },
	{ ARPHRD_TUNNEL, PROG_NO_LINK, false, true },	/* ipip */
	{ ARPHRD_TUNNEL6, PROG_NO_LINK, false, true },
	{ ARPHRD_SIT, PROG_NO_LINK, false, true },
	{ ARPHRD_IPGRE, PROG_NO_LINK, false, true },
	{ ARPHRD_IP6GRE, PROG_NO_LINK, false, true },
};

static int type_read(const char *name, unsigned short *type)
{
	struct ifreq request = { 0 };
	int fd, err = 0;

	strncpy(request.ifr_name, name, IFNAMSIZ - 1);
	/* Any family answers; the boot unit allows this one. */
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || ioctl(fd, SIOCGIFHWADDR, &request) < 0)
		err = -errno;
	if (fd >= 0)
		close(fd);
	*type = request.ifr_hwaddr.sa_family;
	return err;
}

static int link_type_find(const char *name, const struct link_type **found,
			  struct error *error)
{
	unsigned short type;
	int err = type_read(name, &type);

	if (err)
		return error_system(error, -err,
				    err == -ENODEV ? EXIT_ABSENT : EXIT_SYSTEM,
				    "cannot read the link type of %s", name);
	for (size_t i = 0; i < sizeof(link_types) / sizeof(*link_types); i++)
		if (link_types[i].type == type) {
			*found = &link_types[i];
			return 0;
		}
	return error_set(error, EXIT_SYSTEM,
			 "%s has link type %u, whose frames xdpwl cannot parse: attach to Ethernet devices and to tunnels without a link header",
			 name, type);
}

int kern_device_prog(const char *name, enum kern_prog *prog, struct error *error)
{
	const struct link_type *type;
	int err = link_type_find(name, &type, error);

	if (!err)
		*prog = type->prog;
	return err;
}

/* Whether a program on a tunnel's device sees what came out of it. Until Linux 5.14 the
 * header of the packet that carried it still counted as the link header (net/ipv4
 * and net/ipv6, skb_reset_mac_header). That leaves no trace that can be asked for; a
 * function that came right after it does, which nobody has without. */
static bool tunnel_inside_seen(void)
{
	FILE *file = fopen("/proc/kallsyms", "re");
	bool seen = false;
	char line[512];

	while (file && !seen && fgets(line, sizeof(line), file))
		seen = strstr(line, " bpf_prog_run_generic_xdp\n");
	if (file)
		fclose(file);
	return seen;
}

/* What only --force overrules. */
static int type_refused(const char *name, const struct link_type *type,
			struct error *error)
{
	if (type->loopback)
		return error_set(error, EXIT_SYSTEM,
				 "%s carries what this machine says to itself, and programs here would lose each other: --force attaches all the same",
				 name);
	if (type->tunnel && !tunnel_inside_seen())
		return error_set(error, EXIT_SYSTEM,
				 "%s: this kernel shows a program on a tunnel the packets that carry it, so that what they carry would pass unread: attach to the interface below, and allow the tunnel's peer there alone",
				 name);
	return 0;
}

static int device_find(struct kern_device *device, const char *name,
		       struct error *error)
{
	char real[IFNAMSIZ];

	memset(device, 0, sizeof(*device));
	if (strlen(name) < IFNAMSIZ)
		device->ifindex = if_nametoindex(name);
	if (!device->ifindex || !if_indextoname(device->ifindex, real)) {
		error_set(error, EXIT_ABSENT,
			  "no interface %.64s here: ip link lists them", name);
		return -ENODEV;
	}
	/* The pin and `on` go by one name; the kernel takes others too. */
	if (strcmp(name, real)) {
		error_set(error, EXIT_ABSENT,
			  "%s is an alternative name of interface %s: use that",
			  name, real);
		return -ENODEV;
	}
	strcpy(device->name, real);
	return 0;
}

int kern_link_probe(struct kern_device *device, const char *name, bool force,
		    struct error *error)
{
	const struct link_type *type;
	int err = device_find(device, name, error);

	if (!err)
		err = link_type_find(name, &type, error);
	if (!err && !force)
		err = type_refused(name, type, error);
	if (err)
		return err;
	device->prog = type->prog;
	return kern_foreign(name, device->ifindex, error);
}

static void address_copy(const struct sockaddr *from, uint8_t addr[16])
{
	if (from->sa_family == AF_INET)
		memcpy(addr, &((const struct sockaddr_in *)from)->sin_addr, 4);
	else
		memcpy(addr, &((const struct sockaddr_in6 *)from)->sin6_addr,
		       16);
}

int kern_device_address(const char *name, int family, uint8_t addr[16])
{
	struct ifaddrs *all;
	int err = -ENOENT;

	if (getifaddrs(&all) < 0)
		return -errno;
	for (struct ifaddrs *a = all; a && err; a = a->ifa_next) {
		if (!a->ifa_addr || a->ifa_addr->sa_family != family ||
		    strcmp(a->ifa_name, name))
			continue;
		address_copy(a->ifa_addr, addr);
		err = 0;
	}
	freeifaddrs(all);
	return err;
}
