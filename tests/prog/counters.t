#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""
Counters of dropped ports, which are narrow and carried over: however many
packets of whatever size come, `drops` has each of them, while they come as
well. XDPWL_SEED repeats a run.
"""
import collections
import os
import random
import secrets
import sys
import threading

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.dont_write_bytecode = True
import harness
import packets as p

SEED = os.environ.get('XDPWL_SEED') or secrets.token_hex(4)
SIZES = (60, 61, 590, 1514, 4000)	# a 4 KiB page holds no more
BURSTS = (1, 2, 100, 2047, 2048, 2049, 5000)
PORTS = (1, 22, 443, 8191, 8192, 32767, 65535)


def frame(proto, port, size):
    source = random.choice(('203.0.113.9', '2001:db8::9'))
    room = size - (34 if ':' not in source else 54)
    upper = (p.tcp(port, payload=bytes(max(0, room - 20))) if proto == 'tcp'
             else p.udp(port, payload=bytes(max(0, room - 8))))
    if ':' in source:
        return p.frame(p.ip6(upper, p.TCP if proto == 'tcp' else p.UDP, source))
    return p.frame(p.ip4(upper, p.TCP if proto == 'tcp' else p.UDP, source))


def ports(world):
    return {(row['proto'], row['port']): (row['packets'], row['bytes'])
            for row in world.json('drops')['ports']}


def exact(tap, world):
    """Bursts to a few ports; each sum is looked at many times on its way."""
    sums = collections.Counter()
    sizes = collections.Counter()
    wrong = []
    for _ in range(120):
        key = random.choice(('tcp', 'udp')), random.choice(PORTS)
        data = frame(*key, random.choice(SIZES))
        burst = random.choice(BURSTS)
        world.live['ethernet'].run(data, repeat=burst)
        sums[key] += burst
        sizes[key] += burst * len(data)
        if random.random() < 0.3:
            want = {k: (sums[k], sizes[k]) for k in sums}
            if ports(world) != want:
                wrong.append((ports(world), want))
    want = {k: (sums[k], sizes[k]) for k in sums}
    tap.ok(not wrong and ports(world) == want,
           '%d packets, each counted once' % sum(sums.values()), wrong[:1])


def meanwhile(tap, world):
    """No sum goes back, or beyond what was sent, while packets are counted."""
    data, runs, each = frame('tcp', 25, 1514), 20, 1_000_000
    broken = []     # off by the kernel (EINTR) after nobody knows how many

    def send():
        for i in range(runs):
            try:
                world.live['ethernet'].run(data, repeat=each)
            except InterruptedError:
                broken.append(i)

    thread = threading.Thread(target=send)
    seen = [(0, 0)]
    thread.start()
    while thread.is_alive():
        seen.append(ports(world).get(('tcp', 25), (0, 0)))
    thread.join()
    seen.append(ports(world)['tcp', 25])
    packets, size = seen[-1]
    tap.ok(seen == sorted(seen) and size == packets * len(data) and
           (runs - len(broken)) * each <= packets <= runs * each - len(broken),
           'read %d times while 20 million are counted' % len(seen),
           'not rising, or not all: %s, %d broken off' % (seen, len(broken)))


def reset(tap, world):
    world.must('drops', '--reset')
    tap.ok(not ports(world), 'reset: nothing is left, carried or not')
    data = frame('udp', 53, 60)
    world.live['ethernet'].run(data, repeat=3)
    tap.ok(ports(world) == {('udp', 53): (3, 3 * len(data))},
           'and counting goes on', ports(world))


SOURCES = {'203.0.113.9': 'ip4', '2001:db8::9': 'ip6'}


def hits(world):
    return {'allow %s %s' % (row['source'], row['services'][0].split('/')[0]):
            row['packets'] for row in world.json('list')['rules']}


def allowed(world):
    return next((row['packets'] for row in world.json('drops')['reasons']
                 if row['reason'] == 'allowed'), 0)


def mains(tap, world):
    """What one rule allows most sources is counted apart, until another's turn comes;
    whatever a rule's number was before, its sum begins at zero."""
    sent, rules, total = collections.Counter(), [], 0

    def burst(port, n):
        """As many packets from each source, over both protocols."""
        for source in SOURCES:
            for proto, upper in ((p.TCP, p.tcp(port)), (p.UDP, p.udp(port))):
                packet = (p.ip4 if ':' not in source else p.ip6)(upper, proto,
                                                                 source)
                world.live['ethernet'].run(p.frame(packet), repeat=n)

    def apply(rules):
        few = 'set few 198.51.100.%d' % random.randrange(256)
        world.write('\n'.join(['set all 203.0.113.0/24 2001:db8::/64', few,
                               *rules, 'allow @few 1234', '']))
        world.must('apply')

    wrong = []
    world.must('drops', '--reset')
    for step in range(60):
        port = random.choice((22, 443, 8443))
        rule = 'allow @all %d' % port
        if random.random() < 0.2:   # their numbers are free now, and nobody comes
            for _ in range(2):
                apply([])
            rules, sent = [], collections.Counter()
        if rule in rules and random.random() < 0.3:
            rules.remove(rule)
            del sent[rule]
        elif rule not in rules:
            rules.append(rule)
        apply(rules)
        for rule in rules:
            n = random.choice((1, 2, 700))
            burst(int(rule.split()[-1]), n)
            sent[rule] += 4 * n
            total += 4 * n
        if random.random() < 0.2:
            world.must('drops', '--reset')
            total = 0
        got = hits(world)
        want = {rule: sent[rule] for rule in rules}
        if ({k: v for k, v in got.items() if k in want} != want or
                allowed(world) != total):
            wrong.append((step, got, want, allowed(world), total))
    tap.ok(not wrong, 'main entries: rules and `allowed` have each packet',
           *wrong[:1])


def main():
    tap = harness.Tap()
    tap.note('XDPWL_SEED=%s repeats this run' % SEED)
    random.seed(SEED)
    world = harness.World('counters', 1)
    try:
        world.write('')
        world.attach('native')
        exact(tap, world)
        reset(tap, world)
        mains(tap, world)
        meanwhile(tap, world)
    finally:
        world.close()
    return tap.done()


if __name__ == '__main__':
    sys.exit(main())
