/* SPDX-License-Identifier: GPL-2.0-only */
/* In: the X-macro of reasons. Out: its keys, sentences and verdicts as one
 * table. */
#include "reason.h"

const struct reason reasons[XDPWL_N_REASONS] = {
#define ROW(symbol, name, pass, text) \
	[XDPWL_##symbol] = { .key = name, .sentence = text, .passes = pass },
	XDPWL_REASONS(ROW)
#undef ROW
};
