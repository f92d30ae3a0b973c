#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""
Flows of the loaded programs against a model of them: random sequences of packets
that go out and come in, of time that passes, and of more flows than a small table
holds. Time passes by `until` in the map. XDPWL_SEED repeats a run;
XDPWL_SEQUENCES makes it longer.
"""
import collections
import ipaddress
import os
import random
import secrets
import struct
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.dont_write_bytecode = True
import flow_sequence as f
import harness

SEED = os.environ.get('XDPWL_SEED') or secrets.token_hex(4)
SEQUENCES = int(os.environ.get('XDPWL_SEQUENCES', 10000))
MAX_REPORTS = 8


def counts(world, numbers):
    """({reason: packets}, evictions of either side) since ever."""
    reasons = {name: sum(struct.unpack('=QQ', copy)[0] for copy in
                         world.maps['reasons'].lookup(struct.pack('=I', at)))
               for name, at in numbers.items()}
    return reasons, world.evicted()[:2]


def since(now, before):
    return ({name: now[0][name] - before[0][name] for name in now[0]},
            [a - b for a, b in zip(now[1], before[1])])


def told(packets):
    """The end of a story, to read."""
    for kind, what in packets[-25:]:
        yield '  %s %s' % (kind, what if kind == 'ticks' else (
            what.kind, hex(what.flags), str(ipaddress.ip_address(what.src)),
            what.sport, str(ipaddress.ip_address(what.dst)), what.dport))


def run_all(world, tap):
    table = f.Table(world)
    names = harness.reason_names()
    numbers = {name: names.index(name) for name in
               ('denied', 'allowed', 'reply')}
    whole, evicted, failed, events = collections.Counter(), [0, 0], 0, 0
    for number_of in range(SEQUENCES):
        rng = random.Random('%s/%d' % (SEED, number_of))
        world.forget() if number_of % 100 == 0 else table.clear()
        sequence = f.Sequence(world, table, rng)
        before, crowded = counts(world, numbers), rng.random() < 0.02
        problem = None
        for _ in range(rng.randrange(5, 30)):
            problem = sequence.event(crowded)
            if problem:
                break
        problem = problem or sequence.compare(
            since(counts(world, numbers), before))
        whole += sequence.reasons
        events += len(sequence.story)
        evicted = [a + b for a, b in zip(evicted, sequence.gone)]
        if problem:
            failed += 1
            tap.note('sequence %d: %s' % (number_of, problem))
            tap.note('\n'.join(told(sequence.story)))
            if failed >= MAX_REPORTS:
                break
    tap.ok(not failed, '%d sequences, %d events as the model says' % (
        SEQUENCES, events))
    tap.note('%s, evicted %s' % (dict(whole), evicted))
    return whole, evicted


def check_all(tap, world):
    tap.note('XDPWL_SEED=%s repeats this run' % SEED)
    world.write('option flows 100\noption fragments 100\n' +
                ''.join(map(f.m.rule_text, f.RULES)))
    world.attach('native')
    whole, evicted = run_all(world, tap)
    tap.ok(min(whole[name] for name in (
        'denied', 'allowed', 'reply', 'not-allowed')) > SEQUENCES / 4,
        'every reason was met often enough', whole)
    tap.ok(min(evicted) > 0, 'both sides were full at times', evicted)


if __name__ == '__main__':
    sys.exit(harness.run('flows', check_all, devices=1))
