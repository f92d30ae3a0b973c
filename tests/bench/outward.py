# SPDX-License-Identifier: GPL-2.0-only
"""What the protected machine starts: live flows, and connections a second.

In: a topology whose far ends may have a filter. It gives each device what
packets need to go out through it and come back, and knows no filter.
"""
import socket

from topology import inside, run

SERVER = "198.18.1.1"
PORT = 4443
# Somebody who does not answer: a flow each, as a busy resolver has them.
SILENT = {4: "198.18.1.2", 6: "2001:db8:1::2"}
EPHEMERAL = range(32768, 61000)
FLOWS = 20_000
NEAR_MAC, FAR_MAC = "02:00:00:00:00:01", "02:00:00:00:00:02"


class Outward:
    def __init__(self, topology, connect):
        self.topology, self.connect = topology, connect
        run("ip", "-n", topology.near, "address", "add", f"{SERVER}/32",
            "dev", "lo")
        run("ip", "-n", topology.near, "link", "set", "lo", "up")

    def device_add(self, body):
        """Neighbours that need not be asked for."""
        far = f"f-{body}"
        for address in (SERVER, *SILENT.values()):
            run("ip", "-n", self.topology.far, "neighbour", "replace", address,
                "lladdr", NEAR_MAC, "nud", "permanent", "dev", far)
        run("ip", "-n", self.topology.near, "neighbour", "replace",
            "198.18.0.1", "lladdr", FAR_MAC, "nud", "permanent",
            "dev", f"g-{body}")

    def route(self, body):
        """Out through f-BODY, and back."""
        for family, address in ((4, "198.18.1.0/24"), (6, "2001:db8:1::/64")):
            run("ip", f"-{family}", "-n", self.topology.far, "route", "replace",
                address, "dev", f"f-{body}")
        run("ip", "-n", self.topology.near, "route", "replace", "198.18.0.1",
            "dev", f"g-{body}")

    def flows_start(self, body):
        """FLOWS of them, half of either family, over all ephemeral ports."""
        self.route(body)
        step = len(EPHEMERAL) / (FLOWS // 2)
        with inside(self.topology.path(self.topology.far)):
            for family, name in ((socket.AF_INET, SILENT[4]),
                                 (socket.AF_INET6, SILENT[6])):
                source = "198.18.0.1" if family == socket.AF_INET else \
                    "2001:db8::1"
                for i in range(FLOWS // 2):
                    with socket.socket(family, socket.SOCK_DGRAM) as sender:
                        sender.bind((source, EPHEMERAL[int(i * step)]))
                        sender.sendto(b"", (name, 53))

    def rate(self, body, seconds):
        """Connections a second out through f-BODY."""
        self.route(body)
        count, took = run(
            *self.topology.over_there(),
            self.connect, self.topology.path(self.topology.near), SERVER,
            str(PORT), f"f-{body}", str(seconds)).split()
        return int(count) / float(took)
