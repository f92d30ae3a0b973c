#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""
Tries of a large list are in parts, by a byte of the address: what the program answers
where it has to ask one, also of prefixes that are shorter than that; and that slots give
all of them back, whatever follows. XDPWL_SEED repeats a run.
"""
import ipaddress
import os
import random
import secrets
import struct
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.dont_write_bytecode = True
import bpfsys
import harness

SEED = os.environ.get('XDPWL_SEED') or secrets.token_hex(4)
HEADS4, CUTS4 = 35_500, 3
HEADS6 = 140_010
QUESTIONS = 300
SLOTS, PARTS = 3, 256
FEW = 'allow 198.51.100.7 22\n'


def heads(rng):
    """/16s, each with a port of its own and /20s in it: [(network, port, {/20: port})].
    The table in front has not so many groups of numbers for them."""
    found = []
    for i in range(HEADS4):
        first = (1 << 24) + (i << 16)
        if first >= 127 << 24:
            first += 1 << 24
        cuts = {ipaddress.ip_network((first + (k << 12), 20)): 31024 + i % 30000
                for k in rng.sample(range(16), CUTS4)}
        found.append((ipaddress.ip_network((first, 16)), 1024 + i % 30000, cuts))
    return found


def head_asked(rng, head):
    network, port, cuts = head
    source = network[rng.randrange(1 << 16)]
    within = [own for cut, own in cuts.items() if source in cut]
    own = next(iter(cuts.values()))
    return [(source, port, True), (source, own, bool(within)),
            (source, port + 1, False), (source, 22, network[0].packed[0] == 138),
            (source, 23, network[0].packed[0] >> 5 == 4)]


def networks(rng):
    """/64s below a prefix that is so short that the tables in front know nothing."""
    return sorted({ipaddress.ip_network(((0x2a00 << 112) +
                                         (rng.getrandbits(52) << 64), 64))
                   for _ in range(HEADS6)})


def large(world, rng):
    """Rules of both, written; what to ask of them: (source, port, passes)."""
    four, six = heads(rng), networks(rng)
    world.write(''.join('%s\n' % network for network in six), world.path('set'))
    world.write(''.join('allow %s %d\n' % (network, port) +
                        ''.join('allow %s %d\n' % cut for cut in cuts.items())
                        for network, port, cuts in four) +
                'allow 138.0.0.0/8 22\nallow 128.0.0.0/3 23\n'
                'set six file "%s"\nallow @six 443\n'
                'allow 2a00::/12 25\nallow 2000::/3 26\n' % world.path('set'))
    asked = []
    for head in rng.sample(four, QUESTIONS) + rng.sample(four[-2000:], QUESTIONS):
        asked += head_asked(rng, head)
    for network in rng.sample(six, QUESTIONS):
        source = network[0] + rng.getrandbits(64)
        asked += [(source, 443, True), (source, 25, True), (source, 26, True),
                  (source, 24, False)]
    asked += [(ipaddress.ip_address(source), port, passes)
              for source, port, passes in (
                  ('128.0.0.1', 23, True), ('159.255.255.255', 23, True),
                  ('126.0.0.1', 23, False), ('160.0.0.0', 23, False),
                  ('139.255.0.0', 22, False),
                  ('2a0f::', 25, True), ('2a10::', 25, False),
                  ('2a10::', 26, True), ('3fff:ffff::', 26, True),
                  ('4000::', 26, False))]
    return asked


def tries(world, name):
    """Of each slot, the ids of the tries that it holds and how many parts have one."""
    outer = bpfsys.Map(bpfsys.obj_get(os.path.join(world.pins, name)))
    found = []
    for slot in range(SLOTS):
        ids = [outer.lookup(struct.pack('=I', slot * PARTS + part))
               for part in range(PARTS)]
        found.append((len({one[0] for one in ids if one}),
                      sum(one is not None for one in ids)))
    os.close(outer.fd)
    return found


def answers_check(tap, world, asked):
    wrong = harness.answers_wrong(world, asked)
    tap.ok(not wrong, '%d answers' % len(asked), *wrong[:20])


def check_all(tap, world):
    rng = random.Random(SEED)
    tap.note('XDPWL_SEED=%s repeats this run' % SEED)
    world.write(FEW)
    world.attach('generic')
    asked = large(world, rng)
    for round_ in range(2):
        world.must('apply')
        for name, least in (('lpm4', 8), ('lpm6', 200)):
            most = max(tries(world, name))
            tap.ok(most[0] >= least and most[1] == PARTS,
                   '%s is in parts' % name, most)
        answers_check(tap, world, asked)
    for round_ in range(SLOTS):
        world.must('apply', '-', stdin=FEW + 'allow 198.51.100.8 %d\n' % (22 + round_))
        answers_check(tap, world, [(ipaddress.ip_address('198.51.100.7'), 22, True),
                                   (ipaddress.ip_address('198.51.100.8'), 22 + round_, True),
                                   (asked[0][0], 22, False)])
    for name in 'lpm4', 'lpm6':
        left = tries(world, name)
        tap.ok(all(ids <= 2 for ids, _ in left), '%s gave all parts back' % name, left)


if __name__ == '__main__':
    sys.exit(harness.run('parts', check_all))
