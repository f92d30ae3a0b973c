#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""
Packets of the main entries, which go the shortest way: the program that devices run against
the one that answers questions, which does not know that way, and against the lists. Lists are
of whole /16s and /20s, of single hosts and of crowds of them, of single IPv6 prefixes and of
many in one /32, beside entries that are not main; ports are those that rules open, and those
that are judged before any rule.
XDPWL_SEED repeats a run.
"""
import ipaddress
import os
import random
import secrets
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.dont_write_bytecode = True
import bpfsys
import harness
import packets as p

SEED = os.environ.get('XDPWL_SEED') or secrets.token_hex(4)
ROUNDS, QUESTIONS, LARGE = 16, 700, 40000
PORTS = (443, 443, 443, 22, 0, 68, 546, 1, 65535)
BOGUS = ('0.0.0.0/8', '127.0.0.0/8', '224.0.0.0/4', '240.0.0.0/4', 'ff0e::/40')
HERE = ipaddress.ip_network('::1/128')	# bogus, too, and what is around it is not


def prefix4(rng, crowd):
    """Of a few /16s, so that they share rows."""
    length = rng.choice((13, 16, 18, 20, 20, 22, 24, 24, 27) + 9 * (32,))
    address = 0x0b000000 + rng.choice(crowd) * 0x1000 + rng.getrandbits(12)
    return ipaddress.ip_network((address >> 32 - length << 32 - length, length))


def hosts4(rng, crowd):
    """Some of one /24."""
    first = 0x0b000000 + rng.choice(crowd) * 0x1000 + rng.randrange(16) * 256
    return [ipaddress.ip_network(first + host)
            for host in rng.sample(range(256), rng.choice((2, 9, 100)))]


def prefix6(rng):
    length = rng.choice((29, 32, 32, 40, 48, 56, 64, 64, 96, 128))
    # Some of the heads choose one cut.
    address = (rng.choice((0x20010db8, 0x20010cb8, 0x24010db8)) << 96 |
               rng.getrandbits(3) << 93 | rng.getrandbits(2) << 78 | rng.getrandbits(64))
    return ipaddress.ip_network((address >> 128 - length << 128 - length, length))


def crowd6(rng):
    """Some close together in one /32, so that it takes several tiles, and many keys."""
    head = 0x20010db8 + rng.getrandbits(2) << 96
    bits = rng.choice((4, 12, 26))
    return [ipaddress.ip_network((head | rng.getrandbits(bits) << 128 - length, length))
            for length in (rng.choice((48, 56, 60, 63, 64, 64)) for _ in range(60))]


def somebody(rng, listed):
    """A member of one, one but for a bit, a neighbour, or anybody."""
    network = rng.choice(listed)
    bits = network.max_prefixlen
    length = network.prefixlen
    if rng.random() < 0.3:
        member = int(network[0]) | rng.getrandbits(bits - length)
        return type(network[0])(member ^ 1 << bits - 1 - rng.randrange(length))
    share = rng.choice((length, length, max(8, length - 4), max(8, length - 12), 8))
    first = int(network[0]) >> bits - share << bits - share
    return ipaddress.ip_address(first | rng.getrandbits(bits - share)) if share < bits \
        else network[0]


def frame(source, proto, port):
    # With as much as is read at once: shorter ones go the long way.
    upper = p.tcp(port) if proto == p.TCP else p.udp(port, payload=bytes(12))
    return p.frame((p.ip4 if source.version == 4 else p.ip6)(upper, proto, str(source)))


def is_bogus(source):
    return source in HERE or any(source in ipaddress.ip_network(net) for net in BOGUS)


def round_check(tap, world, rng, service):
    crowd = [rng.randrange(4096) for _ in range(rng.choice((3, 40, 400)))]
    main = [prefix4(rng, crowd) for _ in range(rng.choice((2, 30, 600)))]
    for _ in range(rng.choice((0, 40))):
        main += hosts4(rng, crowd)
    main += [prefix6(rng) for _ in range(rng.choice((2, 30, 100)))]
    if rng.random() < 0.5:
        main += crowd6(rng)
    if rng.random() < 0.3:
        main.append(ipaddress.ip_network('3fff::/20'))
    main += [ipaddress.ip_network(net) for net in BOGUS + ('::/64',) if rng.random() < 0.5]
    other = [prefix4(rng, crowd) for _ in range(rng.choice((0, 3, 20)))]
    other += [prefix6(rng) for _ in range(rng.choice((0, 0, 3, 20)))]
    rules = ['set main %s' % ' '.join(map(str, main)), 'allow @main %s' % service]
    rules += ['%s %s %s' % (rng.choice(('allow', 'deny')), net, rng.choice(('22', '443', 'all')))
              for net in other]
    # So wide that near4 says nothing, and there are no spans: rows4 and slices4 are asked.
    if rng.random() < 0.3:
        rules += ['allow 64.0.0.0/2 all', 'allow 128.0.0.0/2 all']
        other += [ipaddress.ip_network('64.0.0.0/2'), ipaddress.ip_network('128.0.0.0/2')]
    world.write('\n'.join(rules) + '\n')
    world.must('apply')
    return packets_check(tap, world, rng, main + other + [HERE], service, rules)


def large_check(tap, world, rng, wide):
    """Where tables are large, and other ones than those of few prefixes; with so many wide
    prefixes of IPv6 that near6 says nothing, and there are no tiles."""
    listed = set()
    for bits, lengths, top in ((32, (20, 32), 0x0b), (128, (32, 64), 0x2a)):
        for _ in range(LARGE):
            length = rng.randint(*lengths)
            address = top << bits - 8 | rng.getrandbits(bits - 8)
            listed.add(ipaddress.ip_network((
                address.to_bytes(bits // 8, 'big'), length), strict=False))
    for _ in range(LARGE // 4):	# as some providers have them: all in one /32
        listed.add(ipaddress.ip_network((
            0x2a0226f7 << 96 | rng.getrandbits(26) << 70, rng.randint(58, 64)), strict=False))
    for _ in range(wide):
        listed.add(ipaddress.ip_network((0x2a << 120 | rng.getrandbits(16) << 104, 24)))
    listed |= {ipaddress.ip_network(net) for net in ('ff0e::/40', '::/64')}
    listed = sorted(listed, key=str)
    world.write('\n'.join(map(str, listed)) + '\n', world.path('large'))
    world.write('set main file "%s"\nallow @main 443\n' % world.path('large'))
    world.must('apply')
    asked = listed + len(listed) // 20 * [HERE, ipaddress.ip_network('ff0e::/40')]
    flags = harness.flags_named(world.pins)
    tap.ok('XDPWL_HAS_CUTS6' not in flags and ('XDPWL_FULL_NEAR6' in flags) == bool(wide),
           'places are asked, or there are no tiles', flags)
    return packets_check(tap, world, rng, asked, '443 of %d prefixes' % len(listed), [])


def packets_check(tap, world, rng, listed, service, rules):
    """How many pass: of a list that a deny covers none may."""
    wrong, passed = [], 0
    for _ in range(QUESTIONS):
        source, port = somebody(rng, listed), rng.choice(PORTS)
        proto = rng.choice((p.TCP, p.UDP))
        data = frame(source, proto, port)
        passes = world.ask(data)[0] == bpfsys.XDP_PASS
        text = '%s to %d/%d' % (source, port, proto)
        if passes != (world.attached(data) == bpfsys.XDP_PASS):
            wrong.append('%s: a question says %s' % (text, passes))
        elif passes and (port == 0 or is_bogus(source) or
                         not any(source in net for net in listed)):
            wrong.append('%s passes' % text)
        passed += passes
    tap.ok(not wrong, '%d packets to %s, %d pass' % (QUESTIONS, service, passed),
           *wrong[:20], *rules)
    return passed


def check_all(tap, world):
    rng = random.Random(SEED)
    tap.note('XDPWL_SEED=%s repeats this run' % SEED)
    world.write('')
    world.attach('native')
    services = ('443', 'proto:6,proto:17', '1-65535', '443,22')
    passed, flags = 0, set()
    for i in range(ROUNDS):
        passed += round_check(tap, world, rng, services[i % 4])
        flags |= set(harness.flags_named(world.pins))
    tap.ok(passed > ROUNDS * QUESTIONS // 10, 'many of all pass', passed)
    tap.ok({'XDPWL_HAS_CUTS6', 'XDPWL_HAS_CROWDS4'} <= flags, 'cuts and crowds are asked',
           flags)
    for wide in (0, 1200):
        tap.ok(large_check(tap, world, rng, wide) > QUESTIONS // 20, 'and of a large list')


if __name__ == '__main__':
    sys.exit(harness.run('main', check_all))
