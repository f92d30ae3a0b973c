#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""
Lists that crowd together, as those of a network that has one prefix and gives away many
parts of it: nested, side by side, of every length. What the program says of members and
of their neighbours, against what the lists say. XDPWL_SEED repeats a run.
"""
import ipaddress
import os
import random
import secrets
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.dont_write_bytecode = True
import harness

SEED = os.environ.get('XDPWL_SEED') or secrets.token_hex(4)
HEADS = 600, 200, 100, 8	# of which the 600 prefixes of a round are
QUESTIONS = 1000
# Bits of an address, of what all share, and where parts differ; lengths.
SHAPES = {4: (32, 0x0a010000, 16, (17, 32)), 6: (128, 0x2a000001 << 96, 32, (33, 128))}
PORTS = {443: 'a', 80: 'b'}
# So many IPv4 /24s elsewhere that what stands in front lets neighbours of others through,
# and lines are full; fewer than the slot has lines for. Most are listed wholly, some in
# part, and some of these in several.
FILLING = 12500
PARTS = [0] * 14 + [1] * 5 + [3]


def prefixes(rng, family, heads):
    bits, base, shared, lengths = SHAPES[family]
    middle = 16 if family == 6 else 9
    found = set()
    while len(found) < 600:
        head = rng.randrange(heads) << (bits - shared - middle)
        # Shorter ones would cover most of the others, which are left out then.
        address = base | head | rng.getrandbits(bits - shared - middle)
        if family == 6 and rng.randrange(64):
            length = rng.randint(49, 64)
        else:
            length = rng.randint(*lengths)
        found.add(ipaddress.ip_network((address >> bits - length << bits - length,
                                        length)))
    return sorted(found)


def question(rng, family, chosen):
    """A member of one, or somebody beside it."""
    network = rng.choice(chosen)
    bits, _, shared, _ = SHAPES[family]
    keep = network.prefixlen if rng.randrange(2) else \
        rng.randint(shared, min(network.prefixlen, bits - 1))
    address = int(network[0]) >> bits - keep << bits - keep if keep < bits else \
        int(network[0])
    return ipaddress.ip_address(address | rng.getrandbits(bits - keep)
                                if keep < bits else address)


def filling(rng):
    """{/24: what is listed of it}"""
    found = {}
    for i in rng.sample(range(1 << 15), FILLING):
        first, n = (64 << 24) + (i << 8), rng.choice(PARTS)
        lengths = [rng.randint(25, 32) for _ in range(n)] or [24]
        found[first] = [ipaddress.ip_network(
            (first | rng.getrandbits(8) >> 32 - length << 32 - length, length))
                        for length in lengths]
    return found


def owner_of(first):
    return 'ab'[first >> 8 & 1]


def round_check(tap, world, rng, heads):
    filled = filling(rng)
    lists = {(family, name): [] for family in SHAPES for name in PORTS.values()}
    for family in SHAPES:
        for network in prefixes(rng, family, heads):
            lists[family, rng.choice('ab')].append(network)
    text = ''
    for port, owner in PORTS.items():
        path = world.path('filling' + owner)
        world.write(''.join('%s\n' % one for first, ones in filled.items()
                            if owner_of(first) == owner for one in ones), path)
        text += 'set f%s file "%s"\nallow @f%s %d\n' % (owner, path, owner, port)
    for (family, name), members in lists.items():
        path = world.path('%s%d' % (name, family))
        world.write(''.join('%s\n' % one for one in members), path)
        port = next(port for port, owner in PORTS.items() if owner == name)
        text += 'set %s%d file "%s"\nallow @%s%d %d\n' % (name, family, path, name,
                                                          family, port)
    world.must('apply', '-', stdin=text)
    asked = []
    for first in rng.sample(sorted(filled), 5 * QUESTIONS):
        address = ipaddress.ip_address(first + rng.randrange(256))
        listed = any(address in one for one in filled[first])
        asked += [(address, port, listed and owner_of(first) == owner)
                  for port, owner in PORTS.items()]
    for family in SHAPES:
        chosen = lists[family, 'a'] + lists[family, 'b']
        for _ in range(QUESTIONS):
            address = question(rng, family, chosen)
            for port, name in PORTS.items():
                asked.append((address, port, any(address in one for one
                                                 in lists[family, name])))
    wrong = harness.answers_wrong(world, asked)
    tap.ok(not wrong, '%d heads: %d answers' % (heads, len(asked)), *wrong[:20])


def check_all(tap, world):
    rng = random.Random(SEED)
    tap.note('XDPWL_SEED=%s repeats this run' % SEED)
    world.write('')
    world.attach('generic')
    for heads in HEADS:
        round_check(tap, world, rng, heads)


if __name__ == '__main__':
    sys.exit(harness.run('crowd', check_all))
