#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""
The kernel's own filter as a second oracle: the same random rules in nftables
behind a default of drop, the same random packets through both. Where a row of
the manual says that xdpwl does otherwise than rules alone, the row's verdict is
owed (nft_rows.py); everywhere else nftables' is. First at a device's ingress,
where nothing else drops; then, with fewer, in an input chain behind the stack.
XDPWL_SEED repeats a run; XDPWL_RULESETS and XDPWL_PACKETS (a ruleset) make it
longer.
"""
import os
import random
import secrets
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.dont_write_bytecode = True
import compare
import generate
import harness
import nft_rows
from nft_compare import Case, Comparison
from nft_input import InputHook
from nft_kernel import Kernel
from nft_traffic import KernelTraffic

SEED = os.environ.get('XDPWL_SEED') or secrets.token_hex(4)
RULESETS = int(os.environ.get('XDPWL_RULESETS', 100))
PACKETS = int(os.environ.get('XDPWL_PACKETS', 1000))
SMALL = 'option flows 100\noption fragments 4096\n'	# forgotten in no time
MAX_REPORTS = 12
ENOUGH = 20000	# packets among which every row must be met


def make_setting(world, name):
    rng = random.Random('%s/%s' % (SEED, name))
    maker = generate.RuleMaker(rng, world.devices + ['gone0'],
                               path=world.path('set%d'))
    lines = ''.join('interface %s mode native\n' % d for d in world.devices)
    return rng, maker.shape, compare.Setting(lines + SMALL + maker.build(),
                                             maker.files)


def flows_started(world):
    """Whether any way of any bucket was ever written."""
    tags = world.maps['flow_tags']
    return any(any(copy) for key in tags.keys() for copy in tags.lookup(key))


def run_ruleset(tap, comparison, name):
    """One TAP line; returns how many differences it reported."""
    world = comparison.world
    rng, shape, setting = make_setting(world, name)
    setting.apply(world)
    world.forget()
    comparison.judge.load(setting.model.rules)
    traffic = KernelTraffic(rng, setting.model)
    problems = comparison.differences(setting, [
        Case(setting.model, frame, rng.choice(world.devices + [None]))
        for frame in traffic.frames(PACKETS)])
    if flows_started(world):
        problems.append('packets from outside started flows')
    tap.ok(not problems, '%s: %s, %d rules, %d packets' % (
        name, shape, len(setting.model.rules), PACKETS), *problems)
    return len(problems)


def run_judge(tap, comparison, name, rulesets):
    """All its rulesets; whether they all went well."""
    reported = 0
    for number in range(rulesets):
        reported += run_ruleset(tap, comparison, '%s %d' % (name, number))
        if reported > MAX_REPORTS:
            tap.note('too many differences: stopped')
            break
    tally = comparison.tally
    tap.note('%s: %d packets judged, %d passed; %d without a link header too' % (
        name, tally['judged'], tally['pass'], tally['bare']))
    tap.note('xdpwl other than nftables (passed, dropped): %s' %
             comparison.rows())
    return not reported


def check_ingress(tap, comparison):
    rows = comparison.rows()
    unmet = [row for row in nft_rows.NEEDED if not any(rows[row])]
    tap.ok(not unmet or comparison.tally['judged'] < ENOUGH,
           'ingress: every row made a difference', unmet)
    pushed = comparison.world.evicted()
    tap.ok(not any(pushed), 'no first fragment was pushed out', pushed)


def check_all(tap, world):
    tap.note('XDPWL_SEED=%s repeats this run' % SEED)
    world.write(SMALL)
    world.attach('native')
    ingress = Comparison(world, Kernel(world.devices), False)
    if run_judge(tap, ingress, 'ingress', RULESETS):
        check_ingress(tap, ingress)
    behind = Comparison(world, InputHook(world.devices), True)
    rulesets = (RULESETS + 9) // 10
    if run_judge(tap, behind, 'input', rulesets):
        tap.ok(behind.tally['judged'] > rulesets * PACKETS // 3,
               'input: the stack let enough come to the chain')


if __name__ == '__main__':
    sys.exit(harness.run('nft', check_all))
