# SPDX-License-Identifier: GPL-2.0-only
"""Figures to one page, index.html, with plots that gnuplot draws.

In: report.Rates and changes. Out: the page; what is on it stands in the CSV files too.
"""
import html
import os
import platform
import shutil
import subprocess
import time

import report

TITLES = {"a": "a: strangers to an open port", "b": "b: a scan of all ports",
          "c": "c: listed sources, all pass", "d": "d: neighbours of listed prefixes"}
HEAD = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>xdpwl beside its limits</title>
<style>
body { font: 15px sans-serif; max-width: 62em; margin: 2em auto; padding: 0 1em }
table { border-collapse: collapse } td, th { padding: .2em .8em; text-align: right }
td:first-child, th:first-child { text-align: left } tr:nth-child(even) { background: #f2f2f2 }
figure { display: inline-block; margin: 0 }
</style></head><body>
"""


def plot(title, limit, series, goals):
    """An SVG. `series` and `goals`: {name: [(n, ratio)]}, {n: ratio}."""
    text = ("set terminal svg size 460,300 font 'sans-serif,11' background 'white'\n"
            f"set title '{title}'\nset logscale x\nset format x '10^{{%L}}'\n"
            f"set xlabel 'prefixes'\nset ylabel 'of {limit}'\n"
            "set yrange [0:1.15]\nset xrange [8:2e6]\nset key bottom left\nset grid\n")
    for i, points in enumerate((*series.values(), sorted(goals.items()))):
        text += f"$d{i} << EOD\n" + "".join(f"{n} {y:.4f}\n" for n, y in points) + "EOD\n"
    lines = [f"$d{i} with linespoints lw 2 title '{name}'"
             for i, name in enumerate(series)]
    lines.append(f"$d{len(series)} with lines dashtype 2 lc 'gray' title 'goal'")
    done = subprocess.run(["gnuplot"], input=text + "plot " + ", ".join(lines) + "\n",
                          text=True, capture_output=True, check=False)
    if done.returncode:
        raise RuntimeError(f"gnuplot: {done.stderr.strip()}")
    return done.stdout[done.stdout.index("<svg"):]


def figure(rates, family, mix):
    limit = "none" if mix == "c" else "parse"
    cells = sorted(c for c in rates.cells if c[0] == family and c[2] == mix)
    series, goals = {}, {}
    for cell in cells:
        goals[cell[1]] = report.goal_of(*cell)
        for body in rates.cells[cell]:
            if body in (limit, "bare"):
                continue
            value = report.median(rates.ratios(cell, body, limit))
            series.setdefault(body, []).append((cell[1], value))
    name = "no filter" if mix == "c" else "parse-then-drop"
    svg = plot(f"IPv{family}, {TITLES[mix]}", name, series, goals)
    return f"<figure>{svg}</figure>\n"


def row(cells, tag="td"):
    return "<tr>" + "".join(f"<{tag}>{html.escape(str(cell))}</{tag}>"
                            for cell in cells) + "</tr>\n"


def changes_table(changes):
    text = "<h2>Changes</h2>\n<table>" + row(["what", "prefixes", "median", "goal"], "th")
    for (what, n), values in changes.items():
        text += row([what, f"{n:,}", f"{report.median(values):.3f}",
                     report.GOALS.get((what, n), "")])
    return text + "</table>\n"


def write(path, rates, changes):
    text = HEAD + "<h1>xdpwl beside its limits</h1>\n<p>" + html.escape(
        f"{time.strftime('%Y-%m-%d')}, Linux {platform.release()}, "
        f"{os.cpu_count()} CPUs, {platform.machine()}; over veth, native XDP, medians "
        "of ratios within a round. The figures stand in the CSV files beside this "
        "page.") + "</p>\n"
    if shutil.which("gnuplot"):
        for family, mix in sorted({(c[0], c[2]) for c in rates.cells}):
            text += figure(rates, family, mix)
    else:
        text += "<p>gnuplot was missing: no plots.</p>\n"
    with open(path, "w", encoding="utf-8") as file:
        file.write(text + changes_table(changes) + "</body></html>\n")
