# SPDX-License-Identifier: GPL-2.0-only
"""The benchmark: xdpwl beside its limits, in one run.

usage: bench.py XDPWL DIRECTORY

DIRECTORY holds the built tools (generate, cost, stall, *.bpf.o) and gets the CSV files and index.html. Knobs of the environment: ROUNDS, QUICK=1, SEED,
PEERS_ONLY=1 (the machine alone, without xdpwl), XDPWL_DATA. It needs root, two
cores and Linux 5.18, and leaves nothing behind. Exit 1: a verdict was wrong, or,
unless it was QUICK, a goal was missed by more than the spread.
"""
import collections
import os
import random
import shutil
import signal
import sys
import tempfile
import time

import lists
import page
import report
import rivals
from edits import Edits
from outward import Outward
from topology import FILTER_CPU, Topology, run

SIZES = {"n15": 15, "n10k": 10_000, "n100k": 100_000}
FAMILIES = (4, 6)
ERROR = 1e-3    # share of packets that are not ours: neighbour discovery

Sample = collections.namedtuple(
    "Sample", "family n mix body rate cpu busy seconds packets drops "
    "accepted refused delivered")


class Bench:
    def __init__(self, xdpwl, directory):
        quick = bool(os.environ.get("QUICK"))
        self.xdpwl = os.path.abspath(xdpwl)
        self.directory = directory
        self.peers_only = bool(os.environ.get("PEERS_ONLY"))
        self.rounds = int(os.environ.get("ROUNDS") or (3 if quick else 7))
        self.seconds = 0.12 if quick else 0.4
        self.cost_rounds = 5 if quick else 15
        self.apply_rounds = 3 if quick else 5
        self.quick = quick
        self.sizes = dict(SIZES)
        if not quick:
            self.sizes["n1m"] = report.MILLION
        seed = os.environ.get("SEED") or str(int(time.time()))
        self.rng = random.Random(seed)
        self.topology = Topology()
        self.outward = None
        self.scratch = tempfile.mkdtemp(prefix="xdpwl-bench-")
        self.pins = []
        self.listed = {}
        self.threads = {}
        self.rivals = {}    # by size and name
        self.loads = {}
        print(f"{self.rounds} rounds of {self.seconds} s a cell, seed {seed}")
        if os.getloadavg()[0] > 0.5:
            print("bench: this machine is not idle (load "
                  f"{os.getloadavg()[0]:.1f}): figures will be off")

    def tool(self, name):
        return os.path.join(self.directory, name)

    def file(self, name):
        return os.path.join(self.scratch, name)

    def records(self, family, body, mix):
        return self.file(f"{mix}{family}-{body}")

    # --- what is attached ---

    def command_line(self, body, *arguments):
        """xdpwl on the pins and the rules of one body."""
        return [self.xdpwl, "--pin-dir", self.pin_dir(body),
                "--rules", self.file(body), *arguments]

    def command(self, body, *arguments):
        """The same, run over there."""
        return run(*self.topology.over_there(), *self.command_line(body, *arguments))

    def pin_dir(self, body):
        return f"/sys/fs/bpf/xdpwl-bench-{os.getpid()}-{body}"

    def xdpwl_attach(self, body):
        far = self.topology.device_add(body)
        self.outward.device_add(body)
        self.pins.append(body)
        self.command(body, "attach", far, "--mode", "native")
        return far

    def peer_attach(self, body):
        far = self.topology.device_add(body)
        self.outward.device_add(body)
        if body != "none":
            run("ip", "-n", self.topology.far, "link", "set", "dev", far,
                "xdpdrv", "obj", self.tool("peers.bpf.o"), "program", body)

    def prepare(self):
        self.topology.create()
        self.outward = Outward(self.topology, self.tool("connect"))
        for body in ("bare", "parse", "none", "pass"):
            self.peer_attach(body)
        for body, n in self.sizes.items():
            self.listed[body] = {f: lists.prefixes_listed(self.rng, f, n)
                                 for f in FAMILIES}
            for family in FAMILIES:
                for mix in self.mixes(family, body):
                    lists.records_write(self.records(family, body, mix),
                                        self.rng, family, mix,
                                        self.listed[body][family])
            if not self.peers_only:
                lists.rules_write(self.file(body), self.listed[body])
                self.xdpwl_attach(body)
        if not self.peers_only:
            self.rivals_start()
        bodies = ["bare", "parse", "none", "pass", *self.pins,
                  *(rival.body for rival in self.rivals.values())]
        self.threads = {b: self.topology.thread_pin(b) for b in bodies}

    def rivals_start(self):
        for size, listed in self.listed.items():
            for name, rival in rivals.rivals_of(size, listed).items():
                self.rivals[size, name] = rival
                start = time.monotonic()
                rival.start()
                self.loads[name, self.sizes[size]] = time.monotonic() - start

    def mixes(self, family, size):
        return [mix for mix in lists.MIXES
                if lists.has_mix(family, mix, self.listed[size][family])]

    # --- the flood ---

    def flood(self, family, size, mix, body):
        """One cell once. `body` is a peer, a rival, or xdpwl with the rules of
        `size`."""
        rival = self.rivals.get((size, body))
        topology = rival.topology if rival else self.topology
        device = rival.body if rival else size if body == "xdpwl" else body
        near, far = topology.near, topology.far
        delivered = topology.delivered(family)
        line = run("nsenter", f"--net={self.topology.path(near)}",
                   self.tool("generate"), self.tool("packets.bpf.o"),
                   f"g-{device}", topology.path(far), f"f-{device}",
                   self.records(family, size, mix),
                   f"{lists.KINDS[mix]}{family}", str(self.seconds),
                   str(self.threads[device]))
        seconds, *rest = line.split()
        seconds = float(seconds)
        packets, drops, accepted, refused, cpu = map(int, rest)
        if not packets:
            raise RuntimeError(f"f-{device}: no packet in {seconds} s")
        delivered = topology.delivered(family) - delivered
        sample = Sample(family, self.sizes[size], mix, body, packets / seconds,
                        cpu / packets, cpu / seconds / 1e9, seconds, packets,
                        drops, accepted, refused, delivered)
        self.verdict_check(sample)
        return sample

    def verdict_check(self, s):
        """The figures are worth nothing when the packets went elsewhere."""
        if s.mix == "c":
            wrong = s.drops + max(0, s.packets - s.delivered)
        elif s.body in (rivals.Nft.name, rivals.Ipset.name):
            wrong = s.delivered     # they drop behind what counts drops
        else:
            wrong = abs(s.packets - s.drops)
        if wrong > ERROR * s.packets + 512:
            raise RuntimeError(
                f"{s.body}, N = {s.n}, mix {s.mix}, IPv{s.family}: "
                f"{wrong} of {s.packets} packets met the wrong verdict")

    def floods(self):
        cells = [(f, size, mix, body) for f in FAMILIES for size in self.sizes
                 for mix in self.mixes(f, size)
                 for body in (("none",) if mix == "c" else ("bare", "parse"))
                 + (() if self.peers_only else ("xdpwl",))
                 + tuple(name for at, name in self.rivals
                         if at == size and rivals.can_mix(name, f, mix))]
        samples = []
        for _ in range(self.rounds):
            # Bodies of a cell stay beside each other, in a new order each time.
            self.rng.shuffle(cells)
            cells.sort(key=lambda cell: cell[:3])
            for size in self.pins:
                self.outward.flows_start(size)
            samples += [self.flood(*cell) for cell in cells]
            print(".", end="", flush=True)
        print()
        return samples

    # --- the program alone ---

    def cost(self, family, size, mix, programs="peers", names=("bare", "parse")):
        device = "f-parse" if self.peers_only else f"f-{size}"
        pin = ([] if self.peers_only
               else [os.path.join(self.pin_dir(size), "xdpwl_ethernet")])
        text = run(*self.topology.over_there(),
                   "nice", "-n", "-20", "taskset", "-c", str(FILTER_CPU),
                   self.tool("cost"), self.tool("packets.bpf.o"),
                   self.tool(f"{programs}.bpf.o"), ",".join(names),
                   self.records(family, size, mix),
                   f"{lists.KINDS[mix]}{family}", device,
                   str(self.cost_rounds), *pin)
        return [[float(ns) for ns in line.split()]
                for line in text.splitlines()]

    def costs(self):
        return {(f, n, mix): self.cost(f, size, mix) for f in FAMILIES
                for size, n in self.sizes.items() for mix in self.mixes(f, size)}

    def stages(self):
        """Each stage alone (stages.bpf.c), for strangers and for listed sources."""
        return {(f, n, mix): self.cost(f, size, mix, "stages", report.STAGES)
                for f in FAMILIES for size, n in self.sizes.items()
                for mix in "ac"}

    # --- connections outward ---

    def outwards(self):
        """The last thing done with these devices: they have no threads afterwards."""
        devices = {"none": "none", "pass": "pass", "xdpwl": "n10k"}
        for device in devices.values():
            self.topology.device_plain(device)
        rates = collections.defaultdict(list)
        for _ in range(3 * self.rounds):
            for body in self.rng.sample(list(devices), 3):
                rates[body].append(self.outward.rate(devices[body], self.seconds))
        return rates

    # --- all of it ---

    def save(self, samples, costs, stages, outwards, changes):
        report.csv_write(self.tool("rates.csv"), Sample._fields, samples)
        report.csv_write(
            self.tool("costs.csv"),
            ["family", "n", "mix", "bare", "parse", "xdpwl"],
            [[*cell, *ns] for cell, rounds in costs.items() for ns in rounds])
        report.csv_write(
            self.tool("stages.csv"), ["family", "n", "mix", *report.STAGES],
            [[*cell, *ns[:len(report.STAGES)]]
             for cell, rounds in stages.items() for ns in rounds])
        report.csv_write(
            self.tool("outward.csv"), ["body", "rate"],
            [[body, rate] for body, values in outwards.items()
             for rate in values])
        report.csv_write(
            self.tool("changes.csv"), ["what", "n", "value"],
            [[what, n, f"{value:.4f}"] for (what, n), values in changes.items()
             for value in values])

    def run(self):
        self.prepare()
        for mix, what in lists.MIXES.items():
            print(f"mix {mix}: {what}")
        samples, costs = self.floods(), self.costs()
        stages = {} if self.peers_only else self.stages()
        outwards = {} if self.peers_only else self.outwards()
        changes = {} if self.peers_only else Edits(self).measure()
        self.save(samples, costs, stages, outwards, changes)
        rates = report.Rates(samples)
        goals = rates.print("abd", ("bare", "parse"), "Dropped")
        goals += rates.print("c", ("none",), "Passed, up to a UDP socket")
        report.costs_print(costs)
        if self.peers_only:
            return True
        report.stages_print(stages)
        goals += rates.rivals_print([name for _, name in self.rivals])
        report.loads_print(self.loads)
        goals += report.outward_print(outwards) + report.changes_print(changes)
        page.write(self.tool("index.html"), rates, changes)
        print(f"\n{sum(goals)} of {len(goals)} goals met, or missed by less than"
              f" the spread; figures in {self.directory}/*.csv, plots in index.html")
        return self.quick or all(goals)

    def remove(self):
        for body in self.pins:
            try:
                self.command(body, "detach", "--all")
            except RuntimeError as error:
                print(f"bench: {error}", file=sys.stderr)
            shutil.rmtree(self.pin_dir(body), ignore_errors=True)
        for rival in self.rivals.values():
            rival.remove()
        self.topology.remove()
        shutil.rmtree(self.scratch, ignore_errors=True)


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__.split("\n\n")[1])
    if os.geteuid() or os.cpu_count() < 2:
        sys.exit("bench: needs root and two cores")
    for tool in ("ip", "nsenter", "ethtool", "taskset"):
        if not shutil.which(tool):
            sys.exit(f"bench: {tool} is missing: "
                     "apt-get install iproute2 ethtool util-linux")
    # A kill must clean up as well as an end does.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("bench: terminated"))
    bench = Bench(*sys.argv[1:])
    try:
        if not bench.run():
            sys.exit(1)
    except (RuntimeError, OSError) as error:
        sys.exit(f"bench: {error}")
    finally:
        bench.remove()


if __name__ == "__main__":
    main()
