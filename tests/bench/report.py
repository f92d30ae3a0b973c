# SPDX-License-Identifier: GPL-2.0-only
"""Figures to tables: medians over rounds, ratios within a round, and the goals.

In: what bench.py measured, as lists of numbers. Out: text on stdout and CSV
files. It measures nothing.
"""
import csv
import statistics

MILLION = 1_000_000
# What a change may take or cost at most, by what is measured and how many prefixes.
GOALS = {
    ("apply, IPv4, s", 100_000): 0.25, ("apply, IPv4, s", MILLION): 2.0,
    ("apply, IPv6, s", 100_000): 0.25, ("apply, IPv6, s", MILLION): 3.0,
    ("one allow more, ms", 100_000): 20, ("one allow more, ms", MILLION): 50,
    ("save 10,000 lines, ms", 10_000): 20,
    ("memory, IPv4, B a prefix", 100_000): 200, ("memory, IPv4, B a prefix", MILLION): 200,
    ("memory, random /32, B a prefix", MILLION): 200,
    ("stall, p99.9 beside a copy's", MILLION): 2.0,
}
GOAL_RIVAL = {"a": 2.0, "b": 2.0, "d": 2.0, "c": 1.0}    # of the fastest
GOAL_OUTWARD = 0.97  # of no filter
FULL = 0.01          # share of packets that a full ring refuses; below: never full
BUSY = 0.90          # share of its core that a filter had, with a full ring


def median(values):
    return statistics.median(values)


def spread(values):
    return f"{min(values):.2f}..{max(values):.2f}"


def ratios(numerator, denominator):
    """Paired: both of one round, so that the machine's drift cancels out."""
    return [a / b for a, b in zip(numerator, denominator)]


def goal_of(family, n, mix):
    """Of parse-then-drop; of no filter in mix c."""
    if mix == "c":
        if family == 4 or n <= 10_000:
            return 0.95
        return 0.75 if n >= MILLION else 0.85
    if mix == "d":
        return 0.85
    return 0.90 if n >= MILLION else 0.95


def quartiles(values):
    if len(values) < 2:
        return values[0], values[0]
    low, _, high = statistics.quantiles(values, n=4)
    return low, high


def judge(values, goal, results):
    """A word on ratios that should reach a goal. A miss by less than the spread
    of the middle half is none."""
    high = quartiles(values)[1]
    results.append(high >= goal)
    word = "met" if median(values) >= goal else \
        "near" if high >= goal else "MISSED"
    return f"{goal:.2f} {word}"


def csv_write(path, header, rows):
    with open(path, "w", newline="", encoding="ascii") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows(rows)


class Rates:
    """Samples of the flood, by cell (family, n, mix) and body."""

    def __init__(self, samples):
        self.cells = {}
        for s in samples:
            bodies = self.cells.setdefault((s.family, s.n, s.mix), {})
            bodies.setdefault(s.body, []).append(s)

    def column(self, cell, body, field):
        return [getattr(s, field) for s in self.cells[cell][body]]

    def mark(self, cell, body):
        """~ where the generator was the limit, ! where other work had the core:
        then only the CPU time a packet tells something."""
        refused = sum(self.column(cell, body, "refused"))
        if refused < FULL * sum(self.column(cell, body, "accepted")):
            return "~"
        return "!" if median(self.column(cell, body, "busy")) < BUSY else " "

    def rate(self, cell, body):
        if body not in self.cells[cell]:
            return f"{'-':>8}"
        rate = median(self.column(cell, body, "rate")) / 1e6
        return f"{rate:7.2f}{self.mark(cell, body)}"

    def ratios(self, cell, body, other, field="rate"):
        values = ratios(self.column(cell, body, field),
                        self.column(cell, other, field))
        return [1 / value for value in values] if field == "cpu" else values

    def print(self, mixes, limits, what):
        """One table. The goal is a share of the last of `limits`, by rate or by
        CPU time, whichever is more: where something else is the limit, only one
        of them tells. Returns which goals were met."""
        results = []
        print(f"\n{what}: Mpps, medians; ratios within a round, with the range\n"
              "of their middle half (~ the generator was the limit, ! other work "
              "took the filter's core)\n")
        print(f"IP mix         N{''.join(f'{body:>8}' for body in limits)}"
              f"   xdpwl  of {limits[-1]:16} by CPU time         goal")
        for cell in sorted(self.cells, key=lambda c: (c[0], c[2], c[1])):
            family, n, mix = cell
            if mix not in mixes:
                continue
            line = f"v{family}  {mix} {n:9,}" + "".join(
                self.rate(cell, body) for body in (*limits, "xdpwl"))
            if "xdpwl" in self.cells[cell]:
                rate, cpu = (self.ratios(cell, "xdpwl", limits[-1], field)
                             for field in ("rate", "cpu"))
                line += f"  {ratio(rate):19} {ratio(cpu):19} " + judge(
                    max(rate, cpu, key=median), goal_of(*cell), results)
            print(line.rstrip())
        return results


    def rivals_print(self, names):
        """xdpwl beside the fastest of the others, cell by cell."""
        names = list(dict.fromkeys(names))
        if not names:
            return []
        results = []
        print("\nBeside others at the same job: Mpps; ratio to the fastest\n")
        print(f"IP mix         N{''.join(f'{name:>11}' for name in names)}"
              "   xdpwl  of the fastest      goal")
        for cell in sorted(self.cells, key=lambda c: (c[0], c[2], c[1])):
            there = [name for name in names if name in self.cells[cell]]
            if not there or "xdpwl" not in self.cells[cell]:
                continue
            best = max(there, key=lambda n: median(self.column(cell, n, "rate")))
            values = self.ratios(cell, "xdpwl", best)
            family, n, mix = cell
            print(f"v{family}  {mix} {n:9,}"
                  + "".join(f"{self.rate(cell, name):>11}" for name in names)
                  + f"{self.rate(cell, 'xdpwl')}  {ratio(values):19} "
                  + judge(values, GOAL_RIVAL[mix], results))
        return results


def ratio(values):
    low, high = quartiles(values)
    return f"{median(values):.2f} ({low:.2f}..{high:.2f})"


def costs_print(costs):
    """costs: (family, n, mix) -> rounds of [bare, parse, xdpwl] ns."""
    print("\nThe program alone, ns a packet (BPF_PROG_TEST_RUN over 65,536"
          " distinct packets)\n")
    print("IP mix       N  parse over bare   xdpwl over parse-then-drop")
    for (family, n, mix), rounds in sorted(
            costs.items(), key=lambda c: (c[0][0], c[0][2], c[0][1])):
        parse = [r[1] - r[0] for r in rounds]
        line = f"v{family}  {mix} {n:8,}  {median(parse):6.1f}"
        if len(rounds[0]) > 2:
            xdpwl = [r[2] - r[1] for r in rounds]
            low, high = quartiles(xdpwl)
            line += (f"{'':12}{median(xdpwl):6.1f}"
                     f"  ({low:.1f}..{high:.1f}, middle half)")
        print(line)


# Programs of stages.bpf.c; each says what one thing costs, `parse` apart.
STAGES = ("parse", "generation", "port", "near", "listed", "trie", "cell", "flow",
          "count", "hit")


def stages_print(stages):
    """stages: (family, n, mix) -> rounds of ns by STAGES."""
    print("\nWhere a nanosecond goes: each stage alone, over a program that parses and "
          "drops\n(listed: filters and tables; trie: in their place; cell: the entry, by "
          "them, and\nits answer; flow: the table of flows; count, hit: what a drop and a "
          "pass count)\n")
    print("IP mix       N " + "".join(f"{name:>11}" for name in STAGES[1:]))
    for (family, n, mix), rounds in sorted(
            stages.items(), key=lambda c: (c[0][0], c[0][2], c[0][1])):
        alone = [median([r[i] - r[0] for r in rounds])
                 for i in range(1, len(STAGES))]
        print(f"v{family}  {mix} {n:8,}" + "".join(f"{ns:11.1f}" for ns in alone))


def outward_print(rates):
    """rates: body -> connections a second, by round."""
    results = []
    print("\nConnections that the machine opens outward, a second, over a plain veth, which\n"
          "copies what comes from a socket for any native program: so `pass` costs\n")
    print(f"no filter {median(rates['none']):,.0f}, pass {median(rates['pass']):,.0f} "
          f"({ratio(ratios(rates['pass'], rates['none']))}), "
          f"xdpwl {median(rates['xdpwl']):,.0f}")
    print(f"xdpwl of pass {ratio(ratios(rates['xdpwl'], rates['pass']))}, of no filter "
          f"{ratio(values := ratios(rates['xdpwl'], rates['none']))}  "
          f"{judge(values, GOAL_OUTWARD, results)}")
    return results


def loads_print(loads):
    """loads: (rival, n) -> seconds for both families, once."""
    print("\nLoading of the others, both families, seconds: " + ", ".join(
        f"{name} {n:,} {seconds:.2f}" for (name, n), seconds in loads.items()))


def changes_print(changes):
    """changes: (what, n) -> values. Returns goals met or not. The least of the
    values is what the machine's other work took nothing from."""
    results = []
    print("\nChanges: medians, and their range\n")
    for (what, n), values in changes.items():
        line = f"{n:9,} {what:32} {median(values):9.3f} ({spread(values)})"
        goal = GOALS.get((what, n))
        if goal is not None:
            results.append(min(values) <= goal)
            line += f"  {goal} " + ("met" if median(values) <= goal else
                                    "near" if results[-1] else "MISSED")
        print(line)
    return results
