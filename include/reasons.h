/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Why a packet passed or dropped: the one list of reasons. In the order in which
 * the program asks; it yields the enum that the kernel counts under, the keys of
 * the JSON and the sentences of the reports. Append only before NOT_ALLOWED's
 * meaning changes: counters are stored under these numbers.
 */
#ifndef XDPWL_REASONS_H
#define XDPWL_REASONS_H

/* R(SYMBOL, "key", passes, "sentence") */
#define XDPWL_REASONS(R)                                                        \
	R(MALFORMED,    "malformed",    0, "a header is cut short or lies")      \
	R(ARP,          "arp",          1, "address resolution")                 \
	R(LINK_CONTROL, "link-control", 1, "link control and spanning tree")     \
	R(UNKNOWN_L2,   "unknown-l2",   0, "EtherType that nobody opened")       \
	R(BAD_SOURCE,   "bad-source",   0, "impossible source address")          \
	R(BAD_HEADER,   "bad-header",   0, "header that nothing honest sends")   \
	R(BAD_FLAGS,    "bad-flags",    0, "impossible TCP flags")               \
	R(NEIGHBOUR,    "neighbour",    1, "IPv6 neighbour discovery")           \
	R(MULTICAST,    "multicast",    1, "multicast membership")               \
	R(DHCP,         "dhcp",         1, "answer of a DHCP server")            \
	R(DENIED,       "denied",       0, "a deny rule covers it")              \
	R(FRAGMENT,     "fragment",     0, "later fragment of nothing admitted") \
	R(ADMITTED,     "fragment",     1, "later fragment of an admitted one")  \
	R(ALLOWED,      "allowed",      1, "an allow rule covers it")            \
	R(REPLY,        "reply",        1, "answer to what this machine started") \
	R(ICMP_ERROR,   "icmp-error",   1, "error about a packet that we sent")  \
	R(NOT_ALLOWED,  "not-allowed",  0, "no rule allows it")

enum xdpwl_reason {
#define XDPWL_REASON_ENUM(symbol, key, passes, sentence) XDPWL_##symbol,
	XDPWL_REASONS(XDPWL_REASON_ENUM)
#undef XDPWL_REASON_ENUM
	XDPWL_N_REASONS,
};

#endif
