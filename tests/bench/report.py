# SPDX-License-Identifier: GPL-2.0-only
"""Figures to tables: medians over rounds, ratios within a round, and the goals.

In: what bench.py measured, as lists of numbers. Out: text on stdout and CSV
files. It measures nothing.
"""
import csv
import statistics

GOAL_DROP = 0.90     # of parse-then-drop, in each cell of a and b
GOAL_APPLY = 0.5     # seconds, 100,000 prefixes
FULL = 0.01          # share of packets that a full ring refuses; below: never full
BUSY = 0.90          # share of its core that a filter had, with a full ring


def median(values):
    return statistics.median(values)


def spread(values):
    return f"{min(values):.2f}..{max(values):.2f}"


def ratios(numerator, denominator):
    """Paired: both of one round, so that the machine's drift cancels out."""
    return [a / b for a, b in zip(numerator, denominator)]


def met(value, goal):
    return "met" if value >= goal else "MISSED"


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

    def ratio(self, cell, body, other, field="rate"):
        values = ratios(self.column(cell, body, field),
                        self.column(cell, other, field))
        if field == "cpu":
            values = [1 / value for value in values]
        return median(values), f"{median(values):.2f} ({spread(values)})"

    def drops_print(self):
        """Mixes a and b; returns which goals were met."""
        results = []
        print("\nDropped, Mpps: medians, and ratios within a round with their "
              f"range; goal: {GOAL_DROP:.2f} of parse-then-drop\n"
              "(~ the generator was the limit, ! other work took the filter's "
              "core: judge by CPU time)\n")
        print("IP mix       N    bare   parse   xdpwl  of bare"
              "             of parse            by CPU time         goal")
        for cell in sorted(self.cells, key=lambda c: (c[0], c[2], c[1])):
            family, n, mix = cell
            if mix == "c":
                continue
            line = (f"v{family}  {mix} {n:8,}{self.rate(cell, 'bare')}"
                    f"{self.rate(cell, 'parse')}{self.rate(cell, 'xdpwl')}")
            if "xdpwl" in self.cells[cell]:
                value, text = self.ratio(cell, "xdpwl", "parse")
                results.append(value >= GOAL_DROP)
                bare = self.ratio(cell, "xdpwl", "bare")[1]
                cpu = self.ratio(cell, "xdpwl", "parse", "cpu")[1]
                line += (f"  {bare:20}{text:20}{cpu:20}"
                         f"{met(value, GOAL_DROP)}")
            print(line.rstrip())
        return results

    def passes_print(self):
        print("\nMix c, Mpps through the device and up to a UDP socket\n")
        print("IP mix       N    none   xdpwl  of no filter        by CPU time")
        for cell in sorted(self.cells, key=lambda c: (c[0], c[2], c[1])):
            family, n, mix = cell
            if mix != "c":
                continue
            line = (f"v{family}  {mix} {n:8,}{self.rate(cell, 'none')}"
                    f"{self.rate(cell, 'xdpwl')}")
            if "xdpwl" in self.cells[cell]:
                line += (f"  {self.ratio(cell, 'xdpwl', 'none')[1]:20}"
                         f"{self.ratio(cell, 'xdpwl', 'none', 'cpu')[1]}")
            print(line)


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


def quartiles(values):
    low, _, high = statistics.quantiles(values, n=4)
    return low, high


def applies_print(applies):
    """applies: (what, n, goal or None) -> seconds. Returns goals met or not."""
    results = []
    print("\nApply of a set file, wall clock, seconds\n")
    for (what, n, goal), seconds in applies.items():
        line = f"{n:9,} {what:14} {median(seconds):6.3f} ({spread(seconds)})"
        if goal:
            results.append(median(seconds) <= goal)
            line += f"  goal {goal}: {'met' if results[-1] else 'MISSED'}"
        print(line)
    return results
