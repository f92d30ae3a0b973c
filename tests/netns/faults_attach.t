#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# attach, for the first time, again and of a second interface, killed at every
# write: see faults.sh.

# shellcheck source=tests/netns/faults.sh
. "$(dirname "$0")/faults.sh"

unattached()
{
	xdpwl detach --all >/dev/null 2>&1
	only "$A" | grep -v '^interface' > "$RULES"
}

eth0_alone()
{
	xdpwl detach eth1 >/dev/null 2>&1
	from_a
}

link_add eth1
deaths "first attach" unattached AB A attach eth0
deaths "attach again" from_a A "" attach eth0
deaths "attach another" eth0_alone A "" attach eth1
finish
