# SPDX-License-Identifier: GPL-2.0-only
"""
Random transport headers and extension headers, mostly right, often slightly
wrong. In: a random.Random and a service as the oracle's parser gives it, or
None. Out: bytes.

Must not: know rules, verdicts or link layers.
"""
import packets as p

KINDS4 = [0, 3, 3, 4, 5, 5, 8, 8, 8, 11, 12, 9, 10, 13, 30, 40, 128]
KINDS6 = [1, 2, 3, 4, 128, 128, 128, 129, 130, 131, 132, 133, 134, 135, 136, 137,
          138, 143, 8, 0, 200]
OTHERS = [0, 1, 2, 4, 6, 41, 43, 44, 46, 47, 50, 51, 58, 59, 60, 89, 103, 112, 135,
          139, 140, 253, 254, 255]
FLAGS = [p.SYN, p.SYN, p.SYN, p.ACK, p.ACK | p.PSH, p.RST, p.FIN | p.ACK,
         p.SYN | p.ACK, p.RST | p.ACK, p.URG | p.ACK]
BAD_FLAGS = [0, p.SYN | p.FIN, p.SYN | p.RST, p.FIN | p.PSH | p.URG, 0x40, 0xc0,
             0xff, 0x3f, p.FIN | p.PSH | p.URG | p.ACK, p.SYN | 0xc0, p.FIN]
PORTED = {p.TCP, p.UDP, p.SCTP, p.DCCP, p.UDPLITE}


class Upper:
    """What lies behind an IP header."""

    def __init__(self, rng):
        self.rng = rng
        self.chance = rng.random
        self.pick = rng.choice

    def port(self, service):
        """A destination port for ('port', protocol, low, high), or any."""
        if service is None or service[0] != 'port':
            if self.chance() < 0.06:
                return 0
            return self.pick((22, 53, 67, 68, 80, 443, 546, 1024)) \
                if self.chance() < 0.5 else self.rng.randrange(65536)
        low, high = service[2:]
        return self.pick((low, high, self.rng.randint(low, high), low, high,
                          self.rng.randint(low, high), (low - 1) % 65536,
                          (high + 1) % 65536))

    def protocol(self, family, service):
        if service is None or service[0] == 'all' or self.chance() < 0.12:
            return self.pick((p.TCP, p.TCP, p.UDP, p.UDP, p.SCTP, p.DCCP,
                              p.UDPLITE, self.pick(OTHERS),
                              p.ICMP if family == 4 else p.ICMP6))
        if service[0] == 'ping':
            return p.ICMP if family == 4 else p.ICMP6
        return service[1]

    def payload(self):
        return bytes(self.pick((0, 0, 1, 4, 8, 18, 64)))

    def transport(self, family, protocol, service):
        """The bytes of the upper layer."""
        if protocol == (p.ICMP if family == 4 else p.ICMP6):
            return self.icmp(family, service)
        if protocol not in PORTED:
            return bytes(self.pick((0, 1, 4, 8, 20, 40)))
        dport = self.port(service)
        sport = 40000 if self.chance() < 0.7 else self.pick(
            (0, 53, 67, 68, 123, 547, dport))
        if protocol == p.TCP:
            return self.tcp(dport, sport)
        payload = self.payload()
        if protocol == p.UDP:
            length = None
            if self.chance() < 0.08:
                length = self.pick((0, 1, 7, 8, 9, 8 + len(payload) + 1,
                                    7 + len(payload), 65535))
            return p.udp(dport, sport, payload, length)
        build = {p.SCTP: p.sctp, p.DCCP: p.dccp, p.UDPLITE: p.udplite}[protocol]
        return build(dport, sport, payload)

    def tcp(self, dport, sport):
        flags = self.pick(FLAGS if self.chance() < 0.85 else BAD_FLAGS)
        options = bytes(4 * self.pick((0, 0, 0, 1, 5, 10)))
        words = None
        if self.chance() < 0.05:
            words = self.pick((0, 4, 5, 6, 7, 15))
        return p.tcp(dport, sport, flags, self.payload(), words, options)

    def icmp(self, family, service):
        if service == ('ping',) and self.chance() < 0.7:
            return p.icmp(8 if family == 4 else 128, 0, bytes(8), 0x10001)
        kind = self.pick(KINDS4 if family == 4 else KINDS6)
        if self.chance() < 0.05:
            kind = self.rng.randrange(256)
        code = 0 if self.chance() < 0.8 else self.pick((1, 4, 255))
        if kind in ((3, 11, 12) if family == 4 else (1, 2, 3, 4)):
            body = self.embedded(family)
        else:
            body = bytes(self.pick((0, 0, 8, 16, 20)))
        return p.icmp(kind, code, body)

    def embedded(self, family):
        """What an ICMP error quotes: whole, bent or cut short."""
        upper = bytes(self.pick((8, 8, 20, 7, 0)))
        if family == 4:
            words = None if self.chance() < 0.9 else self.pick((0, 4, 6, 15))
            body = p.ip4(upper, self.pick((6, 17, 1)), p.HOST4, 0xc0000201,
                         options=bytes(4 * self.pick((0, 0, 0, 1, 10))),
                         words=words, fragment=self.pick((0, 0, 0, 1, 0x2000)),
                         version=self.pick((4,) * 9 + (6,)))
        else:
            body = p.ip6x(upper, self.pick((6, 17, 58)), p.HOST6,
                          self.headers(self.pick((0, 0, 1, 2, 3))),
                          to=0x20010db8 << 96,
                          version=self.pick((6,) * 9 + (4,)))
        if self.chance() < 0.2:
            body = body[:self.rng.randrange(len(body) + 1)]
        return body

    def headers(self, count):
        return [self.header() for _ in range(count)]

    def header(self):
        """One IPv6 extension header."""
        roll = self.chance()
        eights = self.pick((0, 0, 0, 1, 3, 20))
        if roll < 0.4:
            return p.options6(60, eights)
        if roll < 0.6:
            return p.options6(0, eights)
        if roll < 0.75:
            return p.routing(self.pick((4, 4, 3, 2, 1, 0) if roll > 0.72
                                       else (4, 3, 2)),
                             self.pick((0, 0, 0, 0, 1)), eights)
        if roll < 0.9:
            return p.ah(self.pick((4, 4, 1, 2, 5, 8) if roll < 0.89 else (0,)))
        return p.fragment6(0, 0)
