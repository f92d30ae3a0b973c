# SPDX-License-Identifier: GPL-2.0-only
"""Other filters at the same job: nftables at netdev ingress, iptables' raw table with
an ipset, and xdp-filter.

In: the prefixes that may reach 443. Each rival stands in namespaces of its own, for a
table that a packet passes slows what comes behind. They get less to do than xdpwl:
no rules of other ports, no flows, no counters.
"""
import ipaddress
import os
import shutil
import subprocess

import lists
from topology import Topology, inside, run

TABLE = "xdpwl_bench"
# xdp-filter knows single addresses alone.
FEW = 15
# It keeps what it attached here, for all namespaces.
XDP_FILTER_PINS = "/sys/fs/bpf/xdp-filter"


def fed(command, text):
    """Run a command that reads its work."""
    done = subprocess.run(command, input=text, text=True, capture_output=True,
                          check=False)
    if done.returncode:
        raise RuntimeError(f"{command[0]}: {done.stderr.strip()[:200]}")


class Rival:
    """One filter with one list. The far end is f-BODY of its own topology."""

    def __init__(self, body, listed):
        self.body, self.listed = body, listed
        self.topology = Topology(f"-{body}")

    def start(self):
        self.topology.create()
        self.topology.device_add(self.body)
        with inside(self.topology.path(self.topology.far)):
            self.load(f"f-{self.body}")

    def load(self, device):
        raise NotImplementedError

    def remove(self):
        self.topology.remove()


class Nft(Rival):
    """The port first: best in a scan, and no worse in a flood."""
    name = "nft"

    def load(self, device):
        text = f"table netdev {TABLE} {{\n"
        for family, prefixes in self.listed.items():
            elements = ",".join(lists.prefix_format(p, family)
                                for p in prefixes)
            text += (f"set listed{family} {{ type ipv{family}_addr; "
                     f"flags interval; auto-merge; elements = {{ {elements} }} }}\n")
        text += (f'chain in {{ type filter hook ingress device "{device}" '
                 "priority 0; policy drop;\n"
                 "tcp dport 443 ip saddr @listed4 accept\n"
                 "tcp dport 443 ip6 saddr @listed6 accept\n"
                 "udp dport 443 ip saddr @listed4 accept\n"
                 "udp dport 443 ip6 saddr @listed6 accept\n"
                 "meta l4proto ipv6-icmp accept\n}\n}\n")
        fed(["nft", "-f", "-"], text)


class Ipset(Rival):
    """Of the raw table, the first that iptables has."""
    name = "ipset"

    def load(self, device):
        for family, prefixes in self.listed.items():
            name = f"listed{family}"
            inet = "inet" if family == 4 else "inet6"
            text = (f"create {name} hash:net family {inet} hashsize "
                    f"{max(1024, len(prefixes))} maxelem {len(prefixes) + 1}\n")
            text += "".join(f"add {name} {lists.prefix_format(p, family)}\n"
                            for p in prefixes)
            fed(["ipset", "restore", "-exist"], text)
            command = ["iptables" if family == 4 else "ip6tables", "-t", "raw",
                       "-A", "PREROUTING", "-i", device]
            for protocol in ("tcp", "udp"):
                run(*command, "-p", protocol, "--dport", "443", "-m", "set",
                    "--match-set", name, "src", "-j", "ACCEPT")
            if family == 6:
                run(*command, "-p", "ipv6-icmp", "-j", "ACCEPT")
            run(*command, "-j", "DROP")


class XdpFilter(Rival):
    """The first address of each prefix, and the port: it drops all the same."""
    name = "xdp-filter"

    def load(self, device):
        run("xdp-filter", "load", device, "--mode", "native",
            "--policy", "deny", "--features", "tcp,udp,ipv4,ipv6")
        for family, prefixes in self.listed.items():
            kind = ipaddress.IPv4Address if family == 4 else ipaddress.IPv6Address
            for address, _ in prefixes:
                run("xdp-filter", "ip", "--mode", "src", str(kind(address)))

    def remove(self):
        if os.path.exists(self.topology.path(self.topology.far)):
            run(*self.topology.over_there(),
                "xdp-filter", "unload", f"f-{self.body}")
        super().remove()


def rivals_of(size, listed):
    """Those that can do it, by name; what is missing here is said."""
    kinds = [Nft, Ipset] + ([XdpFilter] if len(listed[4]) <= FEW else [])
    tools = {Nft: "nft", Ipset: "ipset", XdpFilter: "xdp-filter"}
    found = {}
    for kind in kinds:
        if not shutil.which(tools[kind]):
            print(f"bench: no {tools[kind]} here: left out")
        elif kind is XdpFilter and os.path.exists(XDP_FILTER_PINS):
            print("bench: xdp-filter is in use on this machine: left out")
        else:
            found[kind.name] = kind(f"{kind.name[:3]}-{size}", listed)
    return found


def can_mix(name, family, mix):
    """xdp-filter lets single addresses through, not lists."""
    return name != XdpFilter.name or mix in "ab"
