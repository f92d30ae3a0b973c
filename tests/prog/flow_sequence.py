# SPDX-License-Identifier: GPL-2.0-only
"""
One random sequence of what makes and ends flows, done to the loaded programs and
to the model. In: a World whose tables are small, a random.Random. Out: the first
thing that is not as the model says.

Must not: know what is right; flow_model.py does.
"""
import collections
import ipaddress
import os
import struct
import time

import bpfsys
import flow_model as m
import packets as p

RULES = [m.rule('allow', '192.0.2.0/24', 'tcp', 22),
         m.rule('allow', '192.0.2.0/24', 'udp', 53),
         m.rule('allow', '192.0.2.0/24', 'request'),
         m.rule('allow', '2001:db8:a::/48', 'tcp', 22),
         m.rule('allow', '2001:db8:a::/48', 'udp', 53),
         m.rule('allow', '2001:db8:a::/48', 'request'),
         m.rule('deny', '192.0.2.128/25', 'udp', 50, 60),
         m.rule('deny', '203.0.113.128/25'),
         m.rule('deny', '203.0.113.0/26', 'tcp', 50000, 50999),
         m.rule('deny', '2001:db8:d::/48')]
REMOTES = {4: ('192.0.2.7', '192.0.2.200', '203.0.113.5', '203.0.113.99',
               '203.0.113.200', '198.51.100.77'),
           6: ('2001:db8:a::7', '2001:db8:d::7', '2001:db8:e::7',
               '2001:db8:e::8')}
LOCALS = {4: (p.HOST4, '198.51.100.2'), 6: (p.HOST6, '2001:db8:ffff::2')}
LOCAL_PORTS = (22, 53, 55, 40000, 40001, 50500, 65535)
REMOTE_PORTS = (22, 53, 443, 1, 65535)
OUT_FLAGS = (2, 2, 2, 2, 2, 0x2a, 0x42, 0xc2, 3, 6, 0x12, 0x10, 0x18, 0x11, 4,
             0x14)
IN_FLAGS = (0x12, 0x12, 0x10, 0x10, 0x18, 0x11, 0x14, 4, 0x52)
PASSES = {'allowed', 'reply'}
WAY, BUCKET = 40, 1472	# bytes; struct xdpwl_track and xdpwl_bucket
UNTIL, FIRST_WAY, KEY = 8, 136, 38
SEED_AT = 48	# track_seed and flow_buckets in struct xdpwl_control


def number(text):
    return int(ipaddress.ip_address(text))


def ticks():
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME) // m.TICK


def frame_of(packet):
    family, kind, src, dst, sport, dport, flags = packet
    if kind == 'tcp':
        upper = p.tcp(dport, sport, flags)
    elif kind == 'udp':
        upper = p.udp(dport, sport)
    else:
        types = {4: (8, 0), 6: (128, 129)}[family]
        upper = p.icmp(types[kind == 'answer'], 0, b'',
                       (sport or dport) << 16 | 7)
    build = p.ip4 if family == 4 else p.ip6
    return p.frame(build(upper, m.protocol(packet), src, to=dst))


class Table:
    """The maps of flows, as bytes. It knows their layout and no meaning."""

    def __init__(self, world):
        self.flows, self.tags = world.maps['flows'], world.maps['flow_tags']
        fd = bpfsys.obj_get(os.path.join(world.pins, 'control'))
        self.seed, self.buckets = struct.unpack_from(
            '=QI', bpfsys.Map(fd).lookup(bytes(4))[0], SEED_AT)
        os.close(fd)
        self.keys = [struct.pack('=I', i) for i in range(self.buckets)]

    def ways(self, i):
        """(offset, that of its until, until) of each way that holds a flow, and the
        bucket."""
        raw = bytearray(self.flows.lookup(self.keys[i])[0])
        ways = [(FIRST_WAY + j * WAY, UNTIL + j * 4) for j in range(2 * m.WAYS)]
        return raw, [(at, end, struct.unpack_from('=I', raw, end)[0])
                     for at, end in ways if raw[at + KEY - 2]]

    def passes(self, amount):
        """So many ticks go by."""
        for i in range(self.buckets):
            raw, ways = self.ways(i)
            for _, end, until in ways:
                struct.pack_into('=I', raw, end, until - amount & 0xffffffff)
            if ways:
                self.flows.update(self.keys[i], bytes(raw))

    def held(self, i, now):
        """{key bytes: side} of those that have not ended."""
        raw, ways = self.ways(i)
        return {bytes(raw[at:at + KEY]): (at - FIRST_WAY) // (WAY * m.WAYS)
                for at, _, until in ways if until - now & 0x80000000 == 0}

    def clear(self):
        for key in self.keys:
            self.flows.update(key, bytes(BUCKET))
            self.tags.update(key, bytes(64))


class Sequence:
    """One of them: events until the first that is not as the model says."""

    def __init__(self, world, table, rng):
        self.world, self.table, self.rng = world, table, rng
        self.model = m.Model(RULES, table.seed, table.buckets)
        self.shift, self.sent, self.story = 0, [], []
        self.reasons = collections.Counter()
        self.gone, self.unsure = [0, 0], False

    def endpoints(self):
        family = self.rng.choice((4, 6))
        return (family, number(self.rng.choice(REMOTES[family])),
                number(self.rng.choice(LOCALS[family])))

    def outward(self):
        """A packet that goes out: often one more of a flow."""
        rng = self.rng
        if self.sent and rng.random() < 0.4:
            packet = rng.choice(self.sent)
            return packet._replace(flags=rng.choice(OUT_FLAGS)) \
                if packet.kind == 'tcp' else packet
        family, remote, local = self.endpoints()
        kind = rng.choice(('tcp', 'tcp', 'udp', 'request', 'answer'))
        lport, rport = rng.choice(LOCAL_PORTS), rng.choice(REMOTE_PORTS)
        if kind == 'request':
            rport = 0
        elif kind == 'answer':
            lport = 0
        return m.Packet(family, kind, local, remote, lport, rport,
                        rng.choice(OUT_FLAGS) if kind == 'tcp' else 0)

    def reply_to(self, packet):
        flags = self.rng.choice(IN_FLAGS) if packet.kind == 'tcp' else 0
        kind = {'request': 'answer', 'answer': 'request'}.get(
            packet.kind, packet.kind)
        return m.Packet(packet.family, kind, packet.dst, packet.src,
                        packet.dport, packet.sport, flags)

    def inward(self):
        """A packet that comes in: a reply, or one that differs in a thing."""
        rng = self.rng
        packet = self.reply_to(rng.choice(self.sent) if self.sent and
                               rng.random() < 0.9 else self.outward())
        family, other = packet.family, rng.random()
        if other < 0.55:
            return packet
        if other < 0.65:
            return packet._replace(src=number(rng.choice(REMOTES[family])))
        if other < 0.72:
            return packet._replace(dst=number(rng.choice(LOCALS[family])))
        if packet.kind in ('request', 'answer'):
            return packet._replace(kind='answer', sport=0,
                                   dport=rng.choice(LOCAL_PORTS)) \
                if other < 0.9 else packet._replace(
                    kind='request', dport=0, sport=packet.dport or 1)
        if other < 0.79:
            return packet._replace(dport=rng.choice(LOCAL_PORTS))
        if other < 0.86:
            return packet._replace(sport=rng.choice(REMOTE_PORTS))
        if other < 0.92 or packet.kind == 'udp':
            return packet._replace(
                kind='tcp' if packet.kind == 'udp' else 'udp', flags=0x10)
        return packet._replace(flags=rng.choice((2, 0x42, 0x0a)))

    def run(self, act, packet):
        """Both do it; the model is given the time around it."""
        before = ticks() + self.shift
        verdict = act(frame_of(packet))
        return verdict, (before, ticks() + self.shift)

    def send(self, packet):
        self.story.append(('out', packet))
        _, now = self.run(self.world.sends, packet)
        self.model.sends(packet, now)
        self.sent.append(packet)
        return self.crowds()

    def receive(self, packet):
        self.story.append(('in', packet))
        verdict, now = self.run(self.world.attached, packet)
        passed = verdict == bpfsys.XDP_PASS
        reason = self.model.receives(packet, now, passed)
        self.reasons[reason] += 1
        if (reason in PASSES) != passed:
            return 'verdict %d, the model says %s' % (verdict, reason)
        return self.crowds()

    def crowds(self):
        """Where a side was full: one of those that may have to go is gone."""
        problem = None
        for flow, may_go, sure in self.model.crowds:
            self.unsure |= not sure
            self.gone[flow.side] += sure
            held = self.table.held(flow.bucket, ticks())
            gone = [other for other in may_go
                    if held.get(m.pack_key(other.key)) != flow.side]
            if len(gone) != 1:
                problem = '%d of those that may go are gone' % len(gone)
            if held.get(m.pack_key(flow.key)) != flow.side:
                problem = 'the new flow is not there'
            for other in gone:
                del self.model.flows[other.key]
        self.model.crowds = []
        return problem

    def wait(self):
        """Ticks go by: a few, about an idle time, or any number; and some more
        while it may be that one ends just now."""
        seconds = self.rng.choice((60, 120, 240, 7440))
        amount = seconds * 10 ** 9 // m.TICK
        amount = self.rng.choice((
            self.rng.randrange(1, 20), amount, amount + 5, amount - 1,
            amount + 4, amount // 2, self.rng.randrange(1, 8000)))
        self.passes(amount)
        while self.model.living((ticks() + self.shift,) * 2)[1]:
            self.passes(4)

    def passes(self, amount):
        self.story.append(('ticks', amount))
        self.table.passes(amount)
        self.shift += amount

    def flood(self):
        """Many flows at once, some of them answered."""
        family, remote, local = self.endpoints()
        kind = self.rng.choice(('tcp', 'tcp', 'udp', 'request'))
        for _ in range(self.rng.randrange(100, 400)):
            packet = m.Packet(family, kind, local,
                              remote if kind != 'request' else remote ^ 1,
                              self.rng.randrange(1024, 65536),
                              443 if kind != 'request' else 0,
                              2 if kind == 'tcp' else 0)
            problem = self.send(packet)
            if not problem and self.rng.random() < 0.4:
                problem = self.receive(self.reply_to(packet))
            if not problem and self.rng.random() < 0.02:
                self.wait()
            if problem:
                return problem
        return None

    def event(self, crowded):
        roll = self.rng.random()
        if crowded and roll < 0.1:
            return self.flood()
        if roll < 0.42:
            return self.send(self.outward())
        if roll < 0.85:
            return self.receive(self.inward())
        return self.wait()

    def compare(self, counted):
        """Afterwards: what lives, what was counted."""
        now = ticks() + self.shift
        sure, perhaps = self.model.living((now, now + 1))
        held = {}
        for i in range(self.table.buckets):
            held.update(self.table.held(i, ticks()))
        want = {m.pack_key(key): side for key, side in sure.items()}
        may = {m.pack_key(key) for key in perhaps}
        if {k: v for k, v in held.items() if k not in may} != want:
            return 'living flows differ: the table has %d, the model %d' % (
                len(held), len(want))
        reasons, gone = counted
        want = {name: self.reasons[name] for name in reasons}
        if reasons != want:
            return 'counted %s, the model %s' % (reasons, want)
        if gone != self.gone and not self.unsure:
            return 'evicted %s, the model %s' % (gone, self.gone)
        return None
