/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Names of services. In: the text of /etc/services (getservbyname(3) would ask
 * the network where nsswitch.conf says so), or, where a minimal system has
 * none, the commonest names as Debian gives them. Out: a sorted table.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "service_names.h"

static const char built_in[] =
	"ftp 21/tcp\n" "ssh 22/tcp\n" "telnet 23/tcp\n" "smtp 25/tcp mail\n"
	"domain 53/tcp\n" "domain 53/udp\n" "tftp 69/udp\n" "http 80/tcp www\n"
	"kerberos 88/tcp krb5\n" "kerberos 88/udp krb5\n" "pop3 110/tcp pop-3\n"
	"sunrpc 111/tcp portmapper\n" "sunrpc 111/udp portmapper\n"
	"ntp 123/udp\n" "netbios-ns 137/udp\n" "netbios-dgm 138/udp\n"
	"netbios-ssn 139/tcp\n" "imap2 143/tcp imap\n" "snmp 161/tcp\n"
	"snmp 161/udp\n" "snmp-trap 162/tcp\n" "snmp-trap 162/udp\n"
	"bgp 179/tcp\n" "ldap 389/tcp\n" "ldap 389/udp\n" "https 443/tcp\n"
	"https 443/udp\n" "microsoft-ds 445/tcp\n" "submissions 465/tcp smtps\n"
	"isakmp 500/udp\n" "shell 514/tcp cmd syslog\n" "syslog 514/udp\n"
	"printer 515/tcp\n" "submission 587/tcp\n" "ipp 631/tcp\n"
	"ldaps 636/tcp\n" "ldaps 636/udp\n" "domain-s 853/tcp\n"
	"domain-s 853/udp\n" "rsync 873/tcp\n" "ftps 990/tcp\n"
	"imaps 993/tcp\n" "pop3s 995/tcp\n" "openvpn 1194/tcp\n"
	"openvpn 1194/udp\n" "ms-sql-s 1433/tcp\n" "ms-sql-m 1434/udp\n"
	"radius 1812/tcp\n" "radius 1812/udp\n" "radius-acct 1813/tcp\n"
	"radius-acct 1813/udp\n" "nfs 2049/tcp\n" "nfs 2049/udp\n"
	"mysql 3306/tcp\n" "ms-wbt-server 3389/tcp\n" "svn 3690/tcp\n"
	"sieve 4190/tcp\n" "ipsec-nat-t 4500/udp\n" "sip 5060/tcp\n"
	"sip 5060/udp\n" "sip-tls 5061/tcp\n" "sip-tls 5061/udp\n"
	"xmpp-client 5222/tcp\n" "xmpp-server 5269/tcp\n" "mdns 5353/udp\n"
	"postgresql 5432/tcp postgres\n" "amqps 5671/tcp\n" "amqp 5672/tcp\n"
	"amqp 5672/sctp\n" "redis 6379/tcp\n" "syslog-tls 6514/tcp\n"
	"http-alt 8080/tcp webcache\n" "bacula-dir 9101/tcp\n"
	"bacula-fd 9102/tcp\n" "bacula-sd 9103/tcp\n" "git 9418/tcp\n"
	"zabbix-agent 10050/tcp\n" "zabbix-trapper 10051/tcp\n";

static const struct {
	const char *name;
	uint8_t number;
} port_protos[] = {
	{ "tcp", 6 }, { "udp", 17 }, { "dccp", 33 }, { "sctp", 132 },
	{ "udplite", 136 },
};

#define N_PORT_PROTOS (sizeof(port_protos) / sizeof(port_protos[0]))

uint8_t port_proto_number(const char *text, size_t length)
{
	for (size_t i = 0; i < N_PORT_PROTOS; i++) {
		if (strlen(port_protos[i].name) == length &&
		    memcmp(port_protos[i].name, text, length) == 0)
			return port_protos[i].number;
	}
	return 0;
}

const char *port_proto_name(uint8_t proto)
{
	for (size_t i = 0; i < N_PORT_PROTOS; i++) {
		if (port_protos[i].number == proto)
			return port_protos[i].name;
	}
	return NULL;
}

/* Protocols that a rule may name; of a number, the first name is the one
 * printed. ipip is 4, as ip-tunnel(8) has it. l2tp is not here:
 * /etc/services has it too. */
static const struct {
	const char *name;
	uint8_t number;
} protocols[] = {
	{ "icmp", 1 }, { "igmp", 2 }, { "ipip", 4 }, { "dccp", 33 },
	{ "ipv6", 41 }, { "gre", 47 }, { "esp", 50 }, { "ah", 51 },
	{ "ipv6-icmp", 58 }, { "icmpv6", 58 }, { "ospf", 89 }, { "pim", 103 },
	{ "vrrp", 112 }, { "sctp", 132 }, { "udplite", 136 },
};

#define N_PROTOCOLS (sizeof(protocols) / sizeof(protocols[0]))

int protocol_number(const char *text, size_t length)
{
	for (size_t i = 0; i < N_PROTOCOLS; i++) {
		if (strlen(protocols[i].name) == length &&
		    memcmp(protocols[i].name, text, length) == 0)
			return protocols[i].number;
	}
	return -1;
}

const char *protocol_name(uint8_t number)
{
	for (size_t i = 0; i < N_PROTOCOLS; i++) {
		if (protocols[i].number == number)
			return protocols[i].name;
	}
	return NULL;
}

static int add_name(struct service_names *names, const char *name,
		    uint16_t port, uint8_t proto)
{
	struct service_name *entry;

	if ((names->n & (names->n - 1)) == 0) {	/* full at powers of two */
		size_t room = names->n ? names->n * 2 : 1;

		entry = realloc(names->entries, room * sizeof(*entry));
		if (!entry)
			return -ENOMEM;
		names->entries = entry;
	}
	entry = &names->entries[names->n];
	entry->name = strdup(name);
	if (!entry->name)
		return -ENOMEM;
	entry->port = port;
	entry->proto = proto;
	entry->place = names->n++;
	return 0;
}

/* "name port/proto alias..."; what is anything else says nothing to us. */
static int read_line(struct service_names *names, char *line)
{
	static const char blanks[] = " \t\r\n\v\f";
	char *rest, *name, *place, *end, *alias;
	unsigned long port;
	uint8_t proto;
	int err;

	line[strcspn(line, "#")] = '\0';
	name = strtok_r(line, blanks, &rest);
	place = strtok_r(NULL, blanks, &rest);
	if (!name || !place || *place < '0' || *place > '9')
		return 0;
	port = strtoul(place, &end, 10);
	proto = *end == '/' ? port_proto_number(end + 1, strlen(end + 1)) : 0;
	if (port < 1 || port > 65535 || !proto)
		return 0;
	err = add_name(names, name, (uint16_t)port, proto);
	while (!err && (alias = strtok_r(NULL, blanks, &rest)))
		err = add_name(names, alias, (uint16_t)port, proto);
	return err;
}

static int compare_names(const void *a, const void *b)
{
	const struct service_name *left = a, *right = b;
	int order = strcmp(left->name, right->name);

	return order ? order : (int)left->proto - (int)right->proto;
}

static int compare_lines(const void *a, const void *b)
{
	const struct service_name *left = a, *right = b;
	int order = compare_names(a, b);

	return order ? order : left->place < right->place ? -1 : 1;
}

/* Of equal name and protocol the first in the file is kept. */
static void sort_names(struct service_names *names)
{
	struct service_name *entries = names->entries;
	size_t kept = 0;

	if (names->n)
		qsort(entries, names->n, sizeof(*entries), compare_lines);
	for (size_t i = 0; i < names->n; i++) {
		if (kept && !compare_names(&entries[kept - 1], &entries[i]))
			free(entries[i].name);
		else
			entries[kept++] = entries[i];
	}
	names->n = kept;
}

int service_names_read(struct service_names *names, const char *path)
{
	FILE *file = fopen(path, "re");
	char *line = NULL;
	size_t room = 0;
	int err = 0;

	memset(names, 0, sizeof(*names));
	if (!file)
		file = fmemopen((void *)built_in, sizeof(built_in) - 1, "r");
	if (!file)
		return -ENOMEM;
	while (!err && getline(&line, &room, file) >= 0)
		err = read_line(names, line);
	free(line);
	fclose(file);
	sort_names(names);
	if (err)
		service_names_free(names);
	return err;
}

void service_names_free(struct service_names *names)
{
	for (size_t i = 0; i < names->n; i++)
		free(names->entries[i].name);
	free(names->entries);
	memset(names, 0, sizeof(*names));
}

/* strcmp(entry, text) where the text has no NUL of its own. */
static int compare_text(const char *name, const char *text, size_t length)
{
	int order = strncmp(name, text, length);

	return order ? order : name[length] != '\0';
}

size_t service_names_find(const struct service_names *names, const char *text,
			  size_t length, const struct service_name **first)
{
	size_t low = 0, high = names->n, end;

	if (memchr(text, '\0', length))
		return 0;
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (compare_text(names->entries[middle].name, text, length) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	for (end = low; end < names->n; end++) {
		if (compare_text(names->entries[end].name, text, length) != 0)
			break;
	}
	*first = &names->entries[low];
	return end - low;
}

/* The one exception to "no state outside main.c": written once, then
 * constant. */
const struct service_names *service_names_local(void)
{
	static struct service_names local;
	static bool is_read;

	if (!is_read)
		is_read = service_names_read(&local, "/etc/services") == 0;
	return is_read ? &local : NULL;
}
