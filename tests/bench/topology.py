# SPDX-License-Identifier: GPL-2.0-only
"""Where the benchmark's packets go.

Two network namespaces, and between them one veth for each filter, so that
every filter stays attached for the whole run and cells can be interleaved:

    generator (CPU 0)  g-bare ---- f-bare  threaded NAPI (CPU 1)
                       g-none ---- f-none  up to a UDP socket that nobody reads
                       ...

All far ends have one MAC address and the namespace one address of each family:
a mix of packets is the same for each. It knows devices, no filter.
"""
import contextlib
import ctypes
import os
import socket
import subprocess

FILTER_CPU = 1
PORT = 443
UDP_NO_CHECK6_RX = 102


def run(*command):
    """Output of a command, silent unless it fails."""
    done = subprocess.run(command, text=True, capture_output=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: exit {done.returncode}: "
                           f"{done.stderr.strip()}")
    return done.stdout


@contextlib.contextmanager
def inside(netns):
    libc = ctypes.CDLL(None, use_errno=True)
    with open("/proc/self/ns/net") as here, open(netns) as there:
        if libc.setns(there.fileno(), 0):
            raise OSError(ctypes.get_errno(), netns)
        try:
            yield
        finally:
            libc.setns(here.fileno(), 0)


class Topology:
    def __init__(self, suffix=""):
        self.near = f"xdpwl-bench-g{os.getpid()}{suffix}"
        self.far = f"xdpwl-bench-f{os.getpid()}{suffix}"
        self.socket = None

    def path(self, name):
        return f"/run/netns/{name}"

    def over_there(self):
        """What runs a command beside the far devices, in front of its words."""
        return ["nsenter", f"--net={self.path(self.far)}"]

    def create(self):
        for name in (self.near, self.far):
            run("ip", "netns", "add", name)
        run("ip", "-n", self.far, "address", "add", "198.18.0.1/32",
            "dev", "lo")
        run("ip", "-n", self.far, "address", "add", "2001:db8::1/128",
            "dev", "lo", "nodad")
        run("ip", "-n", self.far, "link", "set", "lo", "up")
        self.far_write("/proc/sys/net/ipv4/conf/all/rp_filter", 0)
        self.socket_open()

    def far_write(self, path, value):
        """Write a file of /proc/sys/net or /sys/class/net over there."""
        run("ip", "netns", "exec", self.far, "sh", "-c",
            f"echo {value} > {path}")

    def socket_open(self):
        """Full at once, never read: what comes up to it is counted and freed."""
        with inside(self.path(self.far)):
            self.socket = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.IPPROTO_UDP, UDP_NO_CHECK6_RX, 1)
        self.socket.bind(("::", PORT))

    def device_add(self, body):
        """g-BODY here, f-BODY there, polled by a thread of its own."""
        near, far = f"g-{body}", f"f-{body}"
        run("ip", "link", "add", near, "netns", self.near,
            "address", "02:00:00:00:00:01", "type", "veth",
            "peer", "name", far, "netns", self.far,
            "address", "02:00:00:00:00:02")
        run("ip", "netns", "exec", self.far, "ethtool", "-K", far, "gro", "on")
        self.far_write(f"/proc/sys/net/ipv4/conf/{far}/rp_filter", 0)
        # No router solicitations among the packets that are counted.
        run("ip", "-n", self.near, "link", "set", near, "addrgenmode", "none")
        run("ip", "-n", self.near, "link", "set", near, "up")
        run("ip", "-n", self.far, "link", "set", far, "up")
        self.far_write(f"/sys/class/net/{far}/threaded", 1)
        return far

    def device_plain(self, body):
        """f-BODY as a veth comes: no thread, and GRO where a program asks for it."""
        self.far_write(f"/sys/class/net/f-{body}/threaded", 0)
        run("ip", "netns", "exec", self.far, "ethtool", "-K", f"f-{body}", "gro", "off")

    def thread_pin(self, body):
        """The thread that polls f-BODY, onto the filters' core and ahead of
        other work there. Attaching may have made a new one."""
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open(f"/proc/{pid}/comm") as file:
                    name = file.read().strip()
            except (FileNotFoundError, ProcessLookupError):
                continue
            if name.rpartition("-")[0] == f"napi/f-{body}":
                os.sched_setaffinity(int(pid), {FILTER_CPU})
                os.setpriority(os.PRIO_PROCESS, int(pid), -20)
                return int(pid)
        raise RuntimeError(f"f-{body}: no polling thread (Linux 5.12 or later)")

    def delivered(self, family):
        """Datagrams that have come up to the socket."""
        with inside(self.path(self.far)):
            if family == 6:
                with open("/proc/thread-self/net/snmp6") as file:
                    return int(dict(map(str.split, file))["Udp6RcvbufErrors"])
            with open("/proc/thread-self/net/snmp") as file:
                rows = [line.split() for line in file
                        if line.startswith("Udp:")]
        return int(dict(zip(*rows))["RcvbufErrors"])

    def remove(self):
        if self.socket:
            self.socket.close()
        for name in (self.near, self.far):
            if os.path.exists(self.path(name)):
                subprocess.run(["ip", "netns", "del", name], check=False)
