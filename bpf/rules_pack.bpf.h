/* SPDX-License-Identifier: GPL-2.0-only */
/* What the rules are asked, as a scalar of 48 bits: functions that take no more are
 * verified alone. */
#ifndef RULES_PACK_BPF_H
#define RULES_PACK_BPF_H

#include "policy.bpf.h"

/* Where in the tables a device's rules stand, in 10 bits. */
static __always_inline __u32 rules_place(const struct generation *gen)
{
	return gen->added << 7 | gen->group << 2 | gen->number;
}

static __always_inline __u64 rules_pack(__be16 dport, __u32 place, __u32 icmp_type,
					__u32 proto, __u32 fragment,
					__u32 family)
{
	return (__u64)dport << 32 | place << 22 | icmp_type << 14 | proto << 6 |
	       fragment << 4 | family;
}

static __always_inline __be16 rules_dport(__u64 what)
{
	return what >> 32;
}

static __always_inline __u32 rules_added(__u64 what)
{
	return what >> 29 & (XDPWL_ADDED_SETS - 1);
}

static __always_inline __u32 rules_group(__u64 what)
{
	return what >> 24 & XDPWL_GROUP_MASK;
}

static __always_inline __u32 rules_slot(__u64 what)
{
	return what >> 22 & XDPWL_CURRENT_SLOT;
}

static __always_inline __u8 rules_icmp_type(__u64 what)
{
	return what >> 14;
}

static __always_inline __u8 rules_proto(__u64 what)
{
	return what >> 6;
}

static __always_inline __u32 rules_fragment(__u64 what)
{
	return what >> 4 & 3;
}

static __always_inline __u32 rules_family(__u64 what)
{
	return what & 15;
}

#endif
