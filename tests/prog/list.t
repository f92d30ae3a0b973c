#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""
`list | apply -` changes nothing: for random rulesets, what `list` prints is
the rules that were applied, and applying it leaves list, JSON and diff as they
were. XDPWL_SEED repeats a run.
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
import oracle

SEED = os.environ.get('XDPWL_SEED') or secrets.token_hex(4)
RULESETS = int(os.environ.get('XDPWL_RULESETS', 80))


def meaning(model):
    """A ruleset as values that compare."""
    return ({compare.rule_key(rule) for rule in model.rules},
            {name: set(members) for name, members in model.sets.items()},
            model.options)


def round_trip(world, setting):
    """What is wrong, as texts."""
    text = world.must('list')
    before = world.json('list')
    listed = oracle.Ruleset(text, setting.files.__getitem__)
    wrong = []
    if meaning(listed) != meaning(setting.model):
        wrong.append('list says something else:\n' + text[:3000])
    again = world.run('apply', '--diff', '-', stdin=text)
    if again.returncode:
        wrong.append('apply --diff - of the list: exit %d\n%s%s' % (
            again.returncode, again.stdout[:1000], again.stderr))
    world.must('apply', '-', stdin=text)
    if world.must('list') != text:
        wrong.append('list changed:\n%s\nto:\n%s' % (
            text[:2000], world.must('list')[:2000]))
    if world.json('list') != before:
        wrong.append('list --json changed')
    return wrong


def check_all(tap, world):
    tap.note('XDPWL_SEED=%s repeats this run' % SEED)
    world.write('')
    world.attach('generic')
    for number in range(RULESETS):
        rng = random.Random('%s/%d' % (SEED, number))
        maker = generate.RuleMaker(rng, world.devices + ['gone0'],
                                   path=world.path('set%d'))
        setting = compare.Setting(maker.build(), maker.files)
        setting.apply(world)
        wrong = round_trip(world, setting)
        tap.ok(not wrong, 'ruleset %d: %s, %d rules' % (
            number, maker.shape, len(setting.model.rules)), *wrong,
            *(['rules:', setting.text[:3000]] if wrong else []))


if __name__ == '__main__':
    sys.exit(harness.run('list', check_all))
