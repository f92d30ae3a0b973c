/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The one table of commands: main finds them here, help prints it, the
 * completion and the man page are checked against it. A command without a
 * summary is one that this version does not have yet: named, so that the
 * refusal says so.
 */
#include <stddef.h>
#include "command.h"

#define RULE_TAIL "[on IF[,IF...]] [comment TEXT] [--runtime] [--force]"

const struct command commands[] = {
	{ "attach", "IF... [--mode auto|native|generic] [--audit] [--keep] [--force] [--runtime]",
	  "enforce the whitelist on interfaces",
	  "The first attach loads the rules file; without one, nothing is allowed.\n"
	  "Connections that this machine started go on, and your own SSH session; of\n"
	  "the inbound ones those that a rule covers, or with --keep all.\n"
	  "On an interface that is attached already the program is replaced in place,\n"
	  "without a gap, and audit mode is as this command says. --audit counts what\n"
	  "would be dropped and lets it pass. --mode auto (the default) takes the native\n"
	  "hook where the driver has one, else the generic one. --force attaches to lo,\n"
	  "and goes on where the lockout guard would refuse.", cmd_attach },
	{ "detach", "IF... | --all [--runtime]",
	  "stop filtering on interfaces",
	  "The last detach takes the running rules and all counters with it.\n"
	  "--all --force also removes pins that this version cannot read.", cmd_detach },
	{ "allow", "SOURCE SERVICES " RULE_TAIL,
	  "let a source reach services",
	  "SOURCE: an address, a prefix, any, or @SET. SERVICES, separated by commas:\n"
	  "a port, a range, a service name, each optionally with /tcp, /udp, /sctp, /dccp\n"
	  "or /udplite; or all, ping, esp, gre, proto:NUMBER. A port without a protocol\n"
	  "is TCP and UDP. Order and prefix length never matter; a deny always wins.\n"
	  "  xdpwl allow 203.0.113.5 22\n"
	  "  xdpwl allow any 80,443/tcp on eth0 comment \"the web\"", cmd_edit },
	{ "deny", "SOURCE [SERVICES] " RULE_TAIL,
	  "shut a source out, whatever allows it",
	  "Without SERVICES: all of them.\n"
	  "  xdpwl deny 198.51.100.0/24", cmd_edit },
	{ "revoke", "[deny] SOURCE [SERVICES] [on IF[,IF...]] [--runtime] [--force]",
	  "take back what allow or deny said",
	  "Takes the services (all, where none are named) from the rules of exactly that\n"
	  "source and interface, splitting a range where it must, and names the rules that\n"
	  "still allow some of it.\n"
	  "  xdpwl revoke 203.0.113.5 22/udp\n"
	  "  xdpwl revoke deny 198.51.100.0/24", cmd_edit },
	{ "set", "NAME [show | add PREFIX... | del PREFIX...] [--runtime] [--force]",
	  "show or change the members of a set",
	  "Shows the running members. A set read from a file changes in that file,\n"
	  "followed by xdpwl apply.", cmd_set },
	{ "list", "[SOURCE]",
	  "the running rules, as a rules file",
	  "With SOURCE (an address, a prefix, any or @SET) the rules that cover it.\n"
	  "Packets and bytes are those that the rule decided.", cmd_list },
	{ "apply", "[FILE|-] [--check | --diff] [--save] [--force]",
	  "make the running state equal to the rules file",
	  "--check only validates, without any privilege. --diff shows what would change\n"
	  "and exits 2 if anything would. Another FILE, or - for standard input, runs\n"
	  "without touching the rules file unless --save.", cmd_apply },
	{ "test", "SOURCE SERVICE [on IF]",
	  "ask the loaded program about a packet",
	  "One address and one service (without a protocol: TCP). Exit 9 if it would be\n"
	  "dropped on any interface asked. Nothing is counted.\n"
	  "  xdpwl test 203.0.113.5 22", cmd_test },
	{ "drops", "[--by port|reason|rule] [--top N] [--watch] [--reset]",
	  "what was dropped, and why",
	  "--watch shows it anew each second. --reset sets the counters to zero, but\n"
	  "for those of rules.", cmd_drops },
	{ "status", "", "interfaces, rules, and whether they are saved",
	  "Exit 3 while nothing is attached.", cmd_status },
	{ "help", "[COMMAND]", "this list, or all about one command", NULL, cmd_help },

	{ .name = "refresh", .run = cmd_later },
	{ .name = "confirm", .run = cmd_later },
	{ .name = "rollback", .run = cmd_later },
	{ .name = "open", .run = cmd_later },
	{ .name = "top", .run = cmd_later },
	{ .name = "log", .run = cmd_later },
	{ .name = "report", .run = cmd_later },
	{ .name = "metrics", .run = cmd_later },
	{ .name = "exposure", .run = cmd_later },
	{ .name = "doctor", .run = cmd_later },
	{ .name = "propose", .run = cmd_later },
	{ .name = "import", .run = cmd_later },
	{ .name = NULL },
};
