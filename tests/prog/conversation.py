# SPDX-License-Identifier: GPL-2.0-only
"""
A host and its remotes: frames that leave, answers to them, errors about them,
and what looks like those. From few addresses and ports, so that much of it
meets.

Must not: know verdicts.
"""
import packets as p

REMOTES = {4: ('203.0.113.1', '192.0.2.9'), 6: ('2001:db8:7::1', '2001:db8::9')}
HOST = {4: p.HOST4, 6: p.HOST6}
PORTS = (22, 53, 33000)
ICMP = {4: p.ICMP, 6: p.ICMP6}
ECHO, ECHO_REPLY = {4: 8, 6: 128}, {4: 0, 6: 129}
ERRORS = {4: (3, 11, 12), 6: (1, 2, 3, 4)}
OUT_FLAGS = (p.SYN,) * 5 + (p.SYN | 0xc0, p.SYN | p.ACK, p.ACK, p.FIN | p.ACK, p.RST)
IN_FLAGS = (p.SYN | p.ACK, p.ACK, p.ACK | p.PSH, p.SYN, p.RST, p.FIN | p.ACK)


class Conversation:
    def __init__(self, rng):
        self.rng = rng

    def upper(self, family, outward):
        """(protocol, bytes) of one side."""
        pick = self.rng.choice
        kind = pick((p.TCP, p.TCP, p.UDP, ICMP[family]))
        if kind == p.TCP:
            return kind, p.tcp(pick(PORTS), pick(PORTS),
                               flags=pick(OUT_FLAGS if outward else IN_FLAGS))
        if kind == p.UDP:
            return kind, p.udp(pick(PORTS), pick(PORTS), bytes(4))
        echo = ECHO if outward == (self.rng.random() < 0.9) else ECHO_REPLY
        return kind, p.icmp(echo[family], 0, bytes(8), pick((1, 2, 3)) << 16)

    def packet(self, outward):
        family = self.rng.choice((4, 6))
        protocol, upper = self.upper(family, outward)
        ends = [HOST[family], self.rng.choice(REMOTES[family])]
        if not outward:
            ends.reverse()
        build = p.ip4 if family == 4 else p.ip6
        return build(upper, protocol, ends[0], ends[1])

    def error(self):
        """From a router, about a packet that may have left."""
        quoted = self.packet(self.rng.random() < 0.9)
        family = quoted[0] >> 4
        build = p.ip4 if family == 4 else p.ip6
        return build(p.icmp(self.rng.choice(ERRORS[family]), 0, quoted[:48 if
                     family == 4 else 68]), ICMP[family],
                     REMOTES[family][0])

    def follower(self, packet, link):
        """A later fragment of the datagram that a dissected packet began."""
        source, to, ident, *protocol = packet.datagram
        offset = self.rng.choice((1, 2, 185))
        if protocol:
            found = p.ip4(bytes(16), *protocol, source, to, fragment=offset,
                          ident=ident)
        else:
            found = p.ip6x(bytes(16), packet.protocol, source,
                           [p.fragment6(offset, ident=int.from_bytes(ident, 'big'))],
                           to=to)
        return found if link == 'none' else p.frame(found)

    def step(self, link):
        """(whether it leaves, frame)"""
        roll = self.rng.random()
        packet = self.packet(True) if roll < 0.4 else self.error() \
            if roll > 0.75 else self.packet(False)
        return roll < 0.4, packet if link == 'none' else p.frame(packet)
