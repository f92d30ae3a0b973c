# SPDX-License-Identifier: GPL-2.0-only
"""
Flows as the contract describes them, written apart from the C code. In: packets
that go out and come in, and the time in ticks of 2^30 ns, as a range. Out: the
reason for each that comes in; which flows live; which may have gone for others.

Must not: ask a map or the program.
"""
import collections
import ipaddress
import struct

FIN, SYN, RST, ACK = 1, 2, 4, 16
PROTOCOLS = {'tcp': 6, 'udp': 17}
TICK = 1 << 30
WAYS = 16
HALF_OPEN, ESTABLISHED = 0, 1
ENDED, LIVE, PERHAPS = 'ended', 'live', 'perhaps'

# kind: tcp, udp, or of echo: request, answer. An identifier stands where the
# port of the one who asks would.
Packet = collections.namedtuple('Packet', 'family kind src dst sport dport flags')
Rule = collections.namedtuple('Rule', 'action network kind low high '
                              'family shift prefix')


def rule(action, text, kind='all', low=0, high=0):
    network = ipaddress.ip_network(text)
    shift = network.max_prefixlen - network.prefixlen
    return Rule(action, network, kind, low, high or low, network.version,
                shift, int(network.network_address) >> shift)


def rule_text(which):
    service = {'all': 'all', 'request': 'ping'}.get(
        which.kind, '%d-%d/%s' % (which.low, which.high, which.kind))
    return '%s %s %s\n' % (which.action, which.network, service)


def protocol(packet):
    return PROTOCOLS.get(packet.kind, 1 if packet.family == 4 else 58)


def key_out(packet):
    """(family, protocol, remote, its port, local, its port)"""
    return (packet.family, protocol(packet), packet.dst, packet.dport,
            packet.src, packet.sport)


def key_in(packet):
    return (packet.family, protocol(packet), packet.src, packet.sport,
            packet.dst, packet.dport)


def pack_key(key):
    """The front of a struct xdpwl_track: addresses, ports, family, protocol."""
    family, proto, remote, rport, local, lport = key
    size = 4 if family == 4 else 16
    return b''.join(a.to_bytes(size, 'big').ljust(16, b'\0')
                    for a in (remote, local)) + struct.pack(
        '!HHBB', rport, lport, family, proto)


def bucket_of(key, seed, buckets):
    """The hash of include/xdpwl.h, its high half scaled, and what bits 1 to 4 of the
    local port add."""
    words = struct.unpack('=8IH', pack_key(key)[:34])
    remote, local, rport = words[:4], words[4:8], words[8]
    lport, steps = key[5] & ~0x1e, (key[5] & 0x1e) >> 1
    pairs = [(remote[0], local[0]), (rport << 16 | lport, key[1])]
    if key[0] == 6:
        pairs += zip(remote[1:], local[1:])
    value = seed
    for high, low in pairs + [(seed >> 32, key[0])]:
        value = (value ^ (high << 32 | low)) * 0x9e3779b97f4a7c15
        value &= (1 << 64) - 1
        value ^= value >> 29
    return (((value >> 32) * buckets >> 32) + steps) % buckets


class Flow:
    """What is remembered: its side, whether it is closing, when it was seen."""

    def __init__(self, key, now, bucket):
        self.key, self.side, self.closing = key, HALF_OPEN, False
        self.seen, self.bucket = now, bucket

    def idle(self):
        """Seconds without a packet after which it must still be there."""
        if self.key[1] == 17:
            return 120
        if self.key[1] != 6:
            return 60
        return 240 if self.side == HALF_OPEN or self.closing else 7440

    def ends(self):
        """The range of ticks in which it may end: never cut short, and not
        more than three ticks late."""
        ticks = self.idle() * 10 ** 9 // TICK
        return self.seen[0] + ticks + 1, self.seen[1] + ticks + 3

    def life(self, now):
        first, last = self.ends()
        return LIVE if now[1] <= first else ENDED if now[0] > last else PERHAPS


class Model:
    """The flows of one table. `crowds` are what the caller has to look after:
    (the new flow, whom it may have replaced, whether it surely did)."""

    def __init__(self, rules, seed, buckets):
        self.rules, self.seed, self.buckets = rules, seed, buckets
        self.flows, self.crowds = {}, []

    def ruled(self, family, source, kind, port):
        """denied, allowed, or None: no rule speaks."""
        found = {which.action for which in self.rules
                 if which.family == family
                 and source >> which.shift == which.prefix
                 and (which.kind == 'all' or which.kind == kind
                      and (kind == 'request' or which.low <= port <= which.high))}
        return ('denied' if 'deny' in found else
                'allowed' if 'allow' in found else None)

    def find(self, key, now):
        """(flow, its life); one that ended is forgotten."""
        flow = self.flows.get(key)
        life = flow.life(now) if flow else ENDED
        if flow and life == ENDED:
            del self.flows[key]
        return flow, life

    def sends(self, packet, now):
        ends = packet.kind == 'tcp' and packet.flags & (FIN | RST)
        starts = packet.kind == 'tcp' and \
            packet.flags & (SYN | ACK) == SYN and not ends
        if packet.kind == 'answer' or packet.kind == 'tcp' and \
                not starts and not ends:
            return
        if packet.kind == 'udp' and self.ruled(
                packet.family, packet.dst, 'udp', packet.sport) == 'allowed':
            return
        flow, life = self.find(key_out(packet), now)
        if life == ENDED:
            if not ends:
                key = key_out(packet)
                self.start(Flow(key, now, bucket_of(
                    key, self.seed, self.buckets)), now)
            return
        flow.seen = now
        flow.closing = bool(ends) or flow.closing and not starts

    def receives(self, packet, now, passed):
        """The reason; `passed` is believed alone where the time is too near
        to a flow's end to tell."""
        by_rule = self.ruled(packet.family, packet.src, packet.kind, packet.dport)
        if by_rule:
            return by_rule
        if packet.kind == 'request' or packet.kind == 'tcp' and \
                packet.flags & (SYN | ACK) == SYN:
            return 'not-allowed'
        flow, life = self.find(key_in(packet), now)
        if life == PERHAPS and not passed:
            del self.flows[flow.key]
            life = ENDED
        if life == ENDED:
            return 'not-allowed'
        self.answered(flow, packet, now)
        return 'reply'

    def answered(self, flow, packet, now):
        flow.seen = now
        reset = packet.kind == 'tcp' and packet.flags & RST
        if packet.kind == 'tcp' and packet.flags & (FIN | RST):
            flow.closing = True
        if flow.side == HALF_OPEN and not reset:
            del self.flows[flow.key]
            flow.side = ESTABLISHED
            self.start(flow, now)

    def start(self, flow, now):
        """It always finds room; another may have to go."""
        others = [other for other in self.flows.values()
                  if other.bucket == flow.bucket and other.side == flow.side
                  and other.life(now) != ENDED]
        self.flows[flow.key] = flow
        if len(others) < WAYS:
            return
        sure = all(other.life(now) == LIVE for other in others)
        self.crowds.append((flow, self.first_to_go(others), sure))

    @staticmethod
    def first_to_go(others):
        """Those that may be the one that would end first."""
        soonest = min(other.ends()[1] for other in others)
        return [other for other in others if other.ends()[0] <= soonest]

    def living(self, now):
        """({key: side} that live surely, the same of those that perhaps do)"""
        lives = [(flow.key, flow.side, flow.life(now))
                 for flow in self.flows.values()]
        return tuple({key: side for key, side, life in lives if life == which}
                     for which in (LIVE, PERHAPS))
