#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""
Filters in front of so many IPv6 prefixes that near6 says nothing: fine6 by as many bits
as it has room for, and where prefixes are too short for that by their first 32 bits. What the
program says of members, of their neighbours and of strangers, against what the list
says. XDPWL_SEED repeats a run.
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
QUESTIONS = 2000
SHORT, LONG = 3000, 2000	# /24s, and longer prefixes beside them
MANY = 560_000			# prefixes of 33 bits and more


def prefix(address, length):
    return address >> 128 - length << 128 - length, length


# Listed and never allowed.
BOGUS = prefix(0xff0e << 112, 40)


def is_bogus(address):
    return prefix(address, BOGUS[1]) == BOGUS


def shorts(rng):
    """/24s, each with 256 first 32 bits, and longer ones beside them."""
    firsts = rng.sample(range(0x2a0000, 0x2a1000), SHORT)
    return {prefix(first << 104, 24) for first in firsts} | {
        prefix(0x2a0 << 116 | rng.getrandbits(116), rng.randint(40, 64))
        for _ in range(LONG)}


def manys(rng):
    """One below each /32."""
    return {prefix((0x2c000000 + i) << 96 | rng.getrandbits(96), rng.randint(34, 64))
            for i in range(MANY)}


def is_listed(address, listed):
    return not is_bogus(address) and any(
        prefix(address, length) in listed for length in range(24, 65))


def questions(rng, listed):
    members = sorted(listed)
    for _ in range(QUESTIONS):
        first, length = rng.choice(members)
        for share in length, rng.randint(20, length - 1), 8:
            address = prefix(first, share)[0] | rng.getrandbits(128 - share)
            yield ipaddress.ip_address(address), 443, is_listed(address, listed)
    for _ in range(20):
        yield ipaddress.ip_address(BOGUS[0] | rng.getrandbits(88)), 443, False


def round_check(tap, world, rng, listed, flags):
    listed |= {BOGUS}
    world.write(''.join('%s/%d\n' % (ipaddress.ip_address(first), length)
                        for first, length in listed), world.path('set'))
    world.must('apply', '-', stdin='set s file "%s"\nallow @s 443\n' % world.path('set'))
    found = harness.flags_named(world.pins)
    tap.ok(flags <= found, 'near6 is full: %s' % ' '.join(sorted(flags)), found)
    asked = list(questions(rng, listed))
    wrong = harness.answers_wrong(world, asked)
    tap.ok(not wrong, '%d answers' % len(asked), *wrong[:20])


def check_all(tap, world):
    rng = random.Random(SEED)
    tap.note('XDPWL_SEED=%s repeats this run' % SEED)
    world.write('')
    world.attach('generic')
    round_check(tap, world, rng, shorts(rng),
                {'XDPWL_FULL_NEAR6', 'XDPWL_HAS_FINE6_HEADS'})
    round_check(tap, world, rng, manys(rng), {'XDPWL_FULL_NEAR6', 'XDPWL_HAS_FINE6'})


if __name__ == '__main__':
    sys.exit(harness.run('front', check_all))
