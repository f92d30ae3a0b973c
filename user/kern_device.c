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

static const struct {
	unsigned short type;	/* ARPHRD_* */
	enum kern_prog prog;
} link_types[] = {
	{ ARPHRD_ETHER, PROG_ETHERNET },
	{ ARPHRD_LOOPBACK, PROG_ETHERNET },	/* lo makes Ethernet headers */
	{ ARPHRD_NONE, PROG_NO_LINK },		/* tun, WireGuard */
	{ ARPHRD_PPP, PROG_NO_LINK },
	{ ARPHRD_TUNNEL, PROG_NO_LINK },	/* ipip */
	{ ARPHRD_TUNNEL6, PROG_NO_LINK },
	{ ARPHRD_SIT, PROG_NO_LINK },
	{ ARPHRD_IPGRE, PROG_NO_LINK },
	{ ARPHRD_IP6GRE, PROG_NO_LINK },
	{ ARPHRD_RAWIP, PROG_NO_LINK },
};

static int link_type(const char *name, unsigned short *type)
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

int kern_device_prog(const char *name, enum kern_prog *prog, bool *loopback,
		     struct error *error)
{
	unsigned short type;
	int err = link_type(name, &type);

	if (err)
		return error_system(error, -err,
				    err == -ENODEV ? EXIT_ABSENT : EXIT_SYSTEM,
				    "cannot read the link type of %s", name);
	*loopback = type == ARPHRD_LOOPBACK;
	for (size_t i = 0; i < sizeof(link_types) / sizeof(*link_types); i++)
		if (link_types[i].type == type) {
			*prog = link_types[i].prog;
			return 0;
		}
	return error_set(error, EXIT_SYSTEM,
			 "%s has link type %u, whose frames xdpwl cannot parse: attach to Ethernet devices and to tunnels without a link header",
			 name, type);
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
	bool loopback;
	int err;

	err = device_find(device, name, error);
	if (!err)
		err = kern_device_prog(name, &device->prog, &loopback, error);
	if (err)
		return err;
	if (loopback && !force)
		return error_set(error, EXIT_SYSTEM,
				 "%s carries what this machine says to itself, and programs here would lose each other: --force attaches all the same",
				 name);
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
