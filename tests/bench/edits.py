# SPDX-License-Identifier: GPL-2.0-only
"""What changes of the rules take: time, memory, and the patience of packets.

In: a bench that has a topology, lists and the binary. Out: (what, n) -> values,
named as in report.GOALS.
"""
import subprocess
import time

import lists
from report import MILLION
from topology import run

HOSTS = "198.18.77."     # no list holds them
STALL_SECONDS = 6
SETTLE = 1.5            # seconds for the kernel to give memory back


def kernel_memory():
    """Bytes that the kernel holds for itself: maps are of these kinds."""
    with open("/proc/meminfo", encoding="ascii") as file:
        fields = dict(line.split(":") for line in file)
    return 1024 * sum(int(fields[name].split()[0])
                      for name in ("SUnreclaim", "VmallocUsed", "Percpu"))


def seconds_of(*command, before=()):
    """Wall clock of a command, from its start to its end: what comes before it, and
    starting a process from here, takes longer than some."""
    text = run(*before, "bash", "-c", 'TIMEFORMAT=%R; { time "$@" >/dev/null 2>&3; } '
               '3>&2 2>&1', "bash", *command)
    return float(text)


class Edits:
    def __init__(self, bench):
        self.bench, self.body = bench, "apply"
        self.rounds = bench.apply_rounds

    def command(self, *arguments):
        """Wall clock of one command over there, seconds."""
        return seconds_of(*self.bench.command_line(self.body, *arguments),
                          before=self.bench.topology.over_there())

    def rules(self, name, text):
        path = self.bench.file(name)
        with open(path, "w", encoding="ascii") as file:
            file.write(text)
        return path

    def applied(self, name, listed):
        path = self.bench.file(name)
        lists.rules_write(path, listed)
        return self.command("apply", path)

    def apply_times(self, family, prefixes):
        """Two files of which each is a change from the other, in turns."""
        return [self.applied(f"apply{i % 2}", {family: prefixes[:-1] if i % 2
                                               else prefixes})
                for i in range(self.rounds + 1)][1:]

    def memory(self, family, prefixes):
        """Of the kernel, for what comes with the list, which the empty rules before
        have not."""
        values = []
        for _ in range(2):
            self.command("apply", self.rules("empty", ""))
            time.sleep(SETTLE)
            before = kernel_memory()
            self.applied("apply0", {family: prefixes})
            time.sleep(SETTLE)
            values.append((kernel_memory() - before) / len(prefixes))
        return values

    def edit_times(self, listed):
        """One `allow` of a host more beside a list, saved; after each third all are
        taken back, and the kernel has freed what was in force before."""
        path = self.bench.file(self.body)
        values = []
        for i in range(3 * self.rounds):
            if i % 3 == 0:
                lists.rules_write(path, listed)
                self.command("apply")
                time.sleep(SETTLE)
            values.append(1e3 * self.command("allow", f"{HOSTS}{i}", "22"))
        return values

    def save_times(self, lines):
        """A rules file of so many lines, changed while nothing has to be compiled."""
        rules = self.rules("long", "".join(
            f"allow 10.{i >> 16}.{i >> 8 & 255}.{i & 255} {1 + i % 60000}\n"
            for i in range(lines)))
        values = []
        for i in range(self.rounds):
            values.append(1e3 * seconds_of(
                self.bench.xdpwl, "--pin-dir", self.bench.pin_dir("nowhere"),
                "--rules", rules, "allow", f"{HOSTS}1", str(1000 + i)))
        return values

    # --- what packets notice of it ---

    def delay(self):
        """99.9th percentile of a paced stream's delay, microseconds."""
        topology = self.bench.topology
        return float(run("nsenter", f"--net={topology.path(topology.near)}",
                         self.bench.tool("stall"), topology.path(topology.far),
                         f"g-{self.body}", str(STALL_SECONDS)))

    def stalls(self, prefixes):
        """Beside applies of a list without end, over beside a copy without end."""
        self.bench.outward.route(self.body)
        files = []
        for i in range(2):
            files.append(self.bench.file(f"stall{i}"))
            lists.rules_write(files[i], {4: prefixes[i:]})
            with open(files[i], "a", encoding="ascii") as file:
                file.write("allow 198.18.1.1 4444/udp\n")
        self.command("apply", files[0])
        apply = [*self.bench.topology.over_there(), "sh", "-c",
                 f"while :; do for f in {' '.join(files)}; do {self.bench.xdpwl} "
                 f"--pin-dir {self.bench.pin_dir(self.body)} apply $f; done; done"]
        copy = [self.bench.tool("stall"), "copy"]
        values = []
        for _ in range(2):
            delays = []
            for beside in (apply, copy):
                busy = subprocess.Popen(beside, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL,
                                        start_new_session=True)
                try:
                    delays.append(self.delay())
                finally:
                    run("kill", "--", f"-{busy.pid}")
                    busy.wait()
            values.append(delays[0] / delays[1])
        return values

    def measure(self):
        bench = self.bench
        self.rules(self.body, "")
        bench.xdpwl_attach(self.body)
        found = {}
        for size, n in bench.sizes.items():
            if n < 100_000:
                continue
            listed = bench.listed[size]
            for family, prefixes in listed.items():
                found[f"apply, IPv{family}, s", n] = self.apply_times(family, prefixes)
            found["memory, IPv4, B a prefix", n] = self.memory(4, listed[4])
            found["one allow more, ms", n] = self.edit_times(listed)
        found["save 10,000 lines, ms", 10_000] = self.save_times(10_000)
        if MILLION in bench.sizes.values():
            hosts = sorted((p, 32) for p in {lists.address_random(bench.rng, 4)
                                             for _ in range(MILLION)})
            found["memory, random /32, B a prefix", MILLION] = self.memory(4, hosts)
            found["stall, p99.9 beside a copy's", MILLION] = self.stalls(hosts)
        return found
