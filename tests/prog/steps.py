# SPDX-License-Identifier: GPL-2.0-only
"""
What stands before a packet that is judged by what others left behind, and
under which reason the attached program counted it. In: a World, steps, a
frame. Out: the verdict, and the symbol of the one counter that grew. A step is
('out', frame): it leaves the host; ('in', frame): it comes in; ('wait',
seconds): that much sooner ends all that is remembered; ('rules', text): other
rules are in force.

Must not: know what is expected.
"""
import ctypes
import itertools
import os
import socket
import struct

import bpfsys
import harness
import oracle
from dissect import LinkVerdict, Malformed, dissect

UNTIL, WAYS = 8, 32	# of struct xdpwl_bucket: where it stands, and how many
TICK = 30	# bits of a nanosecond count
IFINDEX = 40	# in struct __sk_buff
PORTS, RECENT_SHIFT = 2 * 65536, 20	# of struct xdpwl_ports
NOT_ALLOWED = 'not-allowed'
SYMBOLS = harness.reason_names()
VERDICT = {symbol: 'pass' if symbol in oracle.PASSING else 'drop'
           for symbol in SYMBOLS}


class Rules:
    """Named texts in a World, each applied only where another is in force."""

    def __init__(self, world, texts):
        self.world, self.texts, self.name = world, texts, None

    def apply(self, name):
        if name != self.name:
            self.world.write(self.texts[name])
            self.world.must('apply')
            self.name = name


class InPrograms:
    """Frames through the programs that devices run, one by one."""

    COUNTED = {}	# besides the frame that is judged

    def __init__(self, world, device=None):
        self.world, self.device = world, device

    def sends(self, packet, device=None):
        link = link_of(packet)
        if device:
            send_by(self.world, packet, link, device)
        else:
            self.world.sends(packet, link)

    def takes(self, packets):
        for packet in packets:
            self.world.attached(packet, link_of(packet), self.device)

    def verdict(self, packet, link):
        return self.world.attached(packet, link, self.device) == bpfsys.XDP_PASS


class OnWire:
    """The same over a device whose peer sends."""

    COUNTED = {'arp': 1}	# it ends a batch

    def __init__(self, lines, device):
        self.lines, self.line = lines, lines[device]

    def sends(self, packet, device=None):
        (self.lines[device] if device else self.line).receiver.send(packet)

    def takes(self, packets):
        self.line.passed(packets)

    def verdict(self, packet, link):
        return bool(self.line.passed([packet]))


def link_of(packet):
    """Builders of cases never make an Ethernet address that starts so."""
    return 'none' if packet[0] >> 4 in (4, 6) else 'ethernet'


def send_by(world, packet, link, device, came=0):
    """A frame leaves the host by that device; forwarded, if it came in on another."""
    program = world.out[link]
    attr = program.attr
    context = ctypes.create_string_buffer(
        struct.pack('=11I', *[0] * 9, came, world.index[device]), IFINDEX + 4)
    ctypes.memmove(program.data, packet, len(packet))
    attr.data_size_in, attr.data_size_out, attr.data_out = len(packet), 0, 0
    attr.ctx_in, attr.ctx_size_in = ctypes.addressof(context), IFINDEX + 4
    attr.repeat = 1
    bpfsys.bpf(bpfsys.PROG_TEST_RUN, attr)


def wait(world, seconds):
    """Let time pass for what is remembered."""
    ticks = (seconds * 10 ** 9) >> TICK
    for name in ('flows', 'fragments'):
        kept = world.maps[name]
        for key in list(kept.keys()):
            (value,) = kept.lookup(key)
            kept.update(key, earlier(value, ticks))


def earlier(bucket, ticks):
    changed = bytearray(bucket)
    for at in range(UNTIL, UNTIL + 4 * WAYS, 4):
        (until,) = struct.unpack_from('=I', changed, at)
        if until:
            struct.pack_into('=I', changed, at, max(until - ticks, 1))
    return bytes(changed)


def judge(world, rules, way, case):
    """(verdict, symbol of the reason) of a case, from a world that has forgotten
    everything. `way` is an InPrograms or an OnWire."""
    rules.apply(case.rules)
    world.forget()
    for kind, steps in itertools.groupby(case.before, lambda step: step[0]):
        if kind == 'in':
            way.takes([frame for _, frame in steps])
            continue
        for step in steps:
            if kind == 'out':
                way.sends(*step[1:])
            elif kind == 'wait':
                wait(world, step[1])
            else:
                rules.apply(step[1])
    counters = Counters(world, case.frame, case.link)
    verdict = 'pass' if way.verdict(case.frame, case.link) else 'drop'
    return verdict, counters.grown(way.COUNTED)


class Counters:
    """Which reason grew since the object was made. What no rule allows is
    counted by what the frame was for, as far as the oracle's dissector tells."""

    def __init__(self, world, frame, link):
        self.world = world
        self.packet = parsed(frame, link)
        self.before = self.read()

    def read(self):
        sums = {SYMBOLS[struct.unpack('=I', key)[0]]: packets for
                key, (packets, _) in self.world.totals('reasons').items()}
        sums[NOT_ALLOWED] = self.not_allowed()
        return sums

    def not_allowed(self):
        packet, world = self.packet, self.world
        if packet is None or packet.protocol is None:
            return 0
        if packet.protocol in (6, 17):
            if packet.dport is None:
                return 0
            return port_packets(world.maps['ports'],
                                (packet.protocol == 17) << 16 |
                                socket.htons(packet.dport))
        copies = world.maps['protocols'].lookup(
            struct.pack('=I', packet.protocol))
        return sum(struct.unpack_from('=Q', copy)[0] for copy in copies) + sum(
            packets for packets, _ in world.totals('odd_drops').values())

    def grown(self, besides, times=1):
        """'reason' if it alone grew, and that often; 'nothing'; or what did."""
        grown = {}
        for name, now in self.read().items():
            more = now - self.before.get(name, 0) - besides.get(name, 0)
            if more:
                grown[name] = more
        if len(grown) == 1 and set(grown.values()) == {times}:
            return next(iter(grown))
        return ' '.join('%s+%d' % pair for pair in grown.items()) or 'nothing'


def parsed(frame, link):
    try:
        return dissect(frame, link, ())
    except (Malformed, LinkVerdict):
        return None


def port_packets(ports, number):
    """Packets of one port in `ports` (struct xdpwl_ports), read where the kernel
    wrote it: an element is too large to be copied for each frame."""
    total = 0
    for cpu in range(ports.entries):
        ctypes.memmove(ports.key, struct.pack('=I', cpu), ports.key_size)
        bpfsys.bpf(bpfsys.MAP_LOOKUP_ELEM, ports.attr)
        (recent,) = struct.unpack_from('=I', ports.value, 4 * number)
        (carried,) = struct.unpack_from('=Q', ports.value,
                                        4 * PORTS + 16 * number)
        total += (recent >> RECENT_SHIFT) + carried
    return total
