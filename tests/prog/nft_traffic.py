# SPDX-License-Identifier: GPL-2.0-only
"""
Random packets where nftables and xdpwl part: more fragments that follow others,
and ICMP errors about packets that the rules could have let in an answer to. In:
as Traffic. Out: Ethernet frames that a packet socket takes.

Must not: know verdicts.
"""
import packets as p
from traffic import Traffic

SMALLEST, LARGEST = 14, 9000	# an Ethernet header; the devices' MTU


class KernelTraffic(Traffic):

    def __init__(self, rng, ruleset):
        super().__init__(rng, ruleset)
        self.queue = []

    def frames(self, count):
        return [self.sendable() for _ in range(count)]

    def sendable(self):
        while True:
            frame = self.queue.pop() if self.queue else self.any_frame()
            if SMALLEST <= len(frame) <= LARGEST:
                return frame

    def any_frame(self):
        roll = self.chance()
        if roll < 0.04:
            return p.frame(self.fragments(), self.tags())
        if roll < 0.07:
            return p.frame(self.error(), self.tags())
        return self.frame('ethernet')

    def error(self):
        """From any router, about what mostly is ours."""
        if self.chance() < 0.5:
            return p.ip4(p.icmp(self.pick((3, 3, 11, 12)), self.pick((0, 1, 4)),
                                self.embedded(4)), p.ICMP, 0xc0000209)
        return p.ip6x(p.icmp(self.pick((1, 2, 3, 4)), 0, self.embedded(6)),
                      p.ICMP6, 0x20010db8 << 96 | 9, [])

    def fragments(self):
        """A first fragment; some that may follow it are sent behind it."""
        family, source, service = self.aim()
        protocol = self.protocol(family, service)
        upper = self.transport(family, protocol, service)
        if self.chance() < 0.2:
            protocol, upper = p.AH, p.ah4(upper, protocol)
        ident = self.rng.randrange(1, 4)
        for _ in range(self.pick((1, 2, 3))):
            other = protocol if self.chance() < 0.7 else self.pick((6, 17, 58))
            late = ident if self.chance() < 0.8 else ident + 1
            self.queue.append(p.frame(self.fragment(
                family, other, bytes(self.pick((8, 24))), source, late,
                self.pick((1, 2, 3, 185)))))
        if self.chance() < 0.3:	# IPv6: another first one of the same name
            self.queue.append(p.frame(self.other_first(family, source, ident)))
        return self.fragment(family, protocol, upper, source, ident, 0)

    def other_first(self, family, source, ident):
        """To the source's own rules or to everyone's."""
        service = self.pick(self.pick(self.anywhere or self.rules).services) \
            if self.rules else None
        protocol = self.protocol(family, service)
        return self.fragment(family, protocol, self.transport(
            family, protocol, service), source, ident, 0)

    def fragment(self, family, protocol, body, source, ident, offset):
        more = 1 if not offset else self.pick((0, 1))
        if family == 4:
            return p.ip4(body, protocol, source, ident=ident,
                         fragment=more * p.MORE | offset)
        return p.ip6x(body, protocol, source,
                      [p.fragment6(offset, more, ident)])

    def embedded(self, family):
        """What an ICMP error quotes: mostly something that we could have sent."""
        if self.chance() < 0.3:
            return super().embedded(family)
        aimed, source, service = self.aim()
        while aimed != family:
            aimed, source, service = self.aim()
        protocol = self.protocol(family, service)
        upper = self.transport(family, protocol, service) + bytes(8)
        upper = upper[2:4] + upper[:2] + upper[4:self.pick((8, 20))]
        if protocol in (p.ICMP, p.ICMP6):
            upper = p.icmp(self.pick((0, 8, 8, 13) if family == 4 else
                                     (129, 128, 135)), 0, upper)
        ours = self.chance() < 0.85
        if family == 4:
            return p.ip4(upper, protocol, p.HOST4 if ours else 0xc6336402, source,
                         options=bytes(4 * self.pick((0, 0, 1))))
        return p.ip6x(upper, protocol, p.HOST6 if ours else '2001:db8:ffff::2',
                      self.headers(self.pick((0, 0, 1))), to=source)
