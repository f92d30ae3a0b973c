/* SPDX-License-Identifier: GPL-2.0-only */
/* A frame through the pinned test program: what would become of it, and why. */
#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "kern_inner.h"

int kern_test(const struct kern *kern, uint32_t ifindex, const void *frame,
	      size_t length, struct xdpwl_query *answer, bool *drop,
	      struct error *error)
{
	struct xdpwl_query query = { .ifindex = ifindex,
				     .link = XDPWL_LINK_NONE };
	size_t size = sizeof(query) + length;
	char *in = calloc(2, size), *out = in ? in + size : NULL;
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = in, .data_out = out,
		    .data_size_in = size, .data_size_out = size, .repeat = 1);
	int err = 0;

	if (!in)
		return error_memory(error);
	memcpy(in, &query, sizeof(query));
	memcpy(in + sizeof(query), frame, length);
	if (bpf_prog_test_run_opts(kern->prog[PROG_TEST], &opts))
		err = error_system(error, errno, EXIT_SYSTEM,
				   "the kernel refused to run the test program");
	else if (opts.retval != XDP_PASS && opts.retval != XDP_DROP)
		err = error_set(error, EXIT_SYSTEM,
				"the test program gave no answer");
	memcpy(answer, out, sizeof(*answer));
	*drop = opts.retval == XDP_DROP;
	free(in);
	return err;
}
