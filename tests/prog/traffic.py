# SPDX-License-Identifier: GPL-2.0-only
"""
Random packets, biased to a ruleset. In: a random.Random and what the oracle's
parser made of the rules. Out: frames. Sources lie in, at the edges of and next
to the rules' prefixes, ports in and next to their ranges; headers are mostly
right, often slightly wrong, sometimes cut or bent anywhere.

Must not: know verdicts.
"""
import packets as p
from upper import Upper

EDGES4 = [0, 1, 0x00ffffff, 0x7f000001, 0x7fffffff, 0x80000000, 0xdfffffff,
          0xe0000001, 0xe0000000, 0xefffffff, 0xf0000001, 0xfffffffe, 0xffffffff,
          0x7effffff, 0x01000000]
LL, MAPPED = 0xfe80 << 112, 0xffff << 32
EDGES6 = [0, 1, 2, MAPPED | 0xc0000201, MAPPED, 0xff02 << 112 | 1, 0xff << 120,
          LL | 1, LL, 0xfebf << 112 | 5, 0xfec0 << 112, 0xfe7f << 112 | 9,
          0xfffe << 32, (0xffff << 32) - 1, 1 << 48, 0xfeff << 112]
BAD_OPTIONS = [b'\x07', b'\x07\0\0\0', b'\x07\1\0\0', b'\x07\5\0\0', b'\1\1\1\x83',
               b'\x83\1\0\0', b'\x89\xff\0\0', b'\1\1\1\x07', b'\x44\x28\0\0']
OPTIONS = [b'\x94\4\0\0', b'\1\1\1\0', b'\0\x83\3\4', b'\x07\7\4\0\0\0\0\0',
           b'\x44\4\0\0', b'\1\x82\2\1', b'\1' * 40, b'\x07\x27\4' + bytes(37)]
SOURCE_ROUTES = [b'\x83\7\4\xc0\0\2\1\0', b'\x89\7\4\xc0\0\2\1\0', b'\1\x83\3\4',
                 b'\1\1\x89\2', b'\x83\3\4\x07', b'\x94\4\0\0\x89\7\4\0\0\0\0\0']
TAG_KINDS = [0x8100, 0x8100, 0x88a8]


class Traffic(Upper):
    """An endless source of frames for one ruleset."""

    def __init__(self, rng, ruleset):
        super().__init__(rng)
        self.rules = ruleset.rules
        self.prefixes = {4: [], 6: []}
        for rule in self.rules:
            some = rule.prefixes if len(rule.prefixes) <= 64 else \
                rng.sample(rule.prefixes, 64)
            for prefix in some:
                self.prefixes[prefix[0]].append((prefix, rule))
        self.anywhere = [rule for rule in self.rules if rule.source == 'any']

    # --- what the rules suggest ---

    def aim(self):
        """(family, source, service or None): a rule to be near to."""
        family = 4 if self.chance() < 0.55 else 6
        width = 32 if family == 4 else 128
        near = self.prefixes[family]
        roll = self.chance()
        if near and roll < 0.8:
            (_, length, network), rule = self.pick(near)
            if self.chance() < 0.1:	# a service of another rule
                rule = self.pick(self.rules)
            return family, self.around(length, network, width), \
                self.pick(rule.services)
        source = self.rng.getrandbits(width)
        if roll > 0.93:
            source = self.pick(EDGES4 if family == 4 else EDGES6)
        elif family == 6 and self.chance() < 0.5:
            source = 0x20010db8 << 96 | source >> 32
        rules = self.anywhere or self.rules
        return family, source, self.pick(self.pick(rules).services) \
            if rules else None

    def around(self, length, network, width):
        """Inside, first, last, or the neighbour on either side."""
        free = width - length
        low, high = network << free, (network + 1 << free) - 1
        roll = self.chance()
        if roll < 0.6:
            return low | (self.rng.getrandbits(free) if free else 0)
        if roll < 0.7:
            return low
        if roll < 0.8:
            return high
        return (low - 1 if roll < 0.9 else high + 1) % (1 << width)

    # --- what the link lives by, right and slightly wrong ---

    def essential(self):
        """An IP packet: ND, MLD, IGMP or DHCP."""
        family, source, _ = self.aim()
        wrong = self.chance() < 0.25
        kind = self.pick(('nd', 'nd', 'mld', 'igmp', 'dhcp4', 'dhcp4', 'dhcp6',
                          'dhcp6'))
        if kind == 'igmp':
            return self.igmp(source & 0xffffffff, wrong)
        if kind == 'dhcp4':
            return self.dhcp4(source & 0xffffffff, wrong)
        source = self.pick((LL | self.rng.getrandbits(64), 0, source << 96
                            if family == 4 else source))
        if wrong:
            source = self.pick(EDGES6)
        headers = []
        if self.chance() < 0.2:
            headers = self.pick(([p.options6(0)], [p.fragment6()], [p.ah()],
                                 [p.fragment6(more=1)], [p.fragment6(1)]))
        build = {'nd': self.nd, 'mld': self.mld, 'dhcp6': self.dhcp6}[kind]
        return build(source, headers, wrong)

    def rarely_fragmented(self):
        return 0 if self.chance() < 0.9 else self.pick((0x2000, 1))

    def igmp(self, source, wrong):
        to = self.pick((0xc6336401, 0xf0000000, 0) if wrong
                       else (0xe0000001, 0xe0000016, 0xefffffff))
        return p.ip4(bytes(self.pick((8, 8, 0, 16))), 2,
                     self.pick((0, 0xc0000209, source)), to,
                     ttl=1 if self.chance() < 0.8 else self.pick((0, 2, 64)),
                     options=self.pick((b'', b'\x94\4\0\0')),
                     fragment=self.rarely_fragmented())

    def dhcp4(self, source, wrong):
        dport, sport = (68, 67) if not wrong else self.pick(
            ((67, 68), (68, 68), (67, 67), (68, 66), (546, 67)))
        if self.chance() < 0.3:
            dport, sport = 67, 68
        return p.ip4(p.udp(dport, sport, bytes(20)),
                     self.pick((p.UDP, p.TCP)) if wrong else p.UDP,
                     self.pick((0, 0, 0xc0000202, source, 1)),
                     self.pick((0xffffffff, 0xc6336401)),
                     fragment=self.rarely_fragmented())

    def dhcp6(self, source, headers, wrong):
        ports = (546, 547) if not wrong else self.pick(
            ((546, 546), (547, 547), (547, 546), (68, 67)))
        if self.chance() < 0.4:
            source = LL | 0x77
        return p.ip6x(p.udp(*ports, bytes(12)), p.UDP, source, headers)

    def mld(self, source, headers, _):
        hop_limit = 1 if self.chance() < 0.8 else self.pick((0, 2, 255))
        return p.ip6x(p.icmp(self.pick((130, 131, 132, 143)),
                             self.pick((0, 0, 0, 1)), bytes(16)), p.ICMP6,
                      source, headers or [p.options6(0)],
                      to=0xff02 << 112 | 1, hop_limit=hop_limit)

    def nd(self, source, headers, _):
        hop_limit = 255 if self.chance() < 0.85 else self.pick((254, 0, 1, 64))
        return p.ip6x(p.icmp(self.pick((133, 134, 135, 136)),
                             0 if self.chance() < 0.9 else 1,
                             bytes(self.pick((16, 0)))), p.ICMP6, source,
                      headers, hop_limit=hop_limit)

    # --- network layer ---

    def packet4(self, source, protocol, upper):
        chance, pick = self.chance, self.pick
        more = {}
        if chance() < 0.12:
            more['options'] = pick(pick((OPTIONS, OPTIONS, SOURCE_ROUTES,
                                         BAD_OPTIONS)))
        if chance() < 0.15:
            more['fragment'] = pick((0x2000, 0x2000, 0x2000, 1, 0x2001, 2, 185,
                                     0x1fff, 0x4000, 0x8000, 0x2003, 0x3fff))
            if more['fragment'] == 0x2000 and chance() < 0.3:
                upper = upper[:pick((0, 1, 3, 4, 7, 8, 16, 19))]
        if chance() < 0.05:
            for _ in range(pick((1, 1, 2, 8, 9))):
                upper = p.ah4(upper, protocol, pick((4, 4, 1, 5, 0)))
                protocol = p.AH
        if chance() < 0.03:
            more['total'] = pick((0, 19, 20, 27, 28, 40, 2000, 65535,
                                  len(upper) + 19, len(upper) + 21))
        if chance() < 0.02:
            more['words'] = pick((0, 4, 5, 6, 7, 10, 15))
        if chance() < 0.01:
            more['version'] = pick((0, 5, 6, 15))
        to = 0xc6336401 if chance() < 0.95 else pick(
            (source, 0xffffffff, 0xe00000fb, self.rng.getrandbits(32)))
        return p.ip4(upper, protocol, source, to, **more)

    def packet6(self, source, protocol, upper):
        chance, pick = self.chance, self.pick
        headers, more = [], {}
        if chance() < 0.3:
            headers = self.headers(pick((1, 1, 1, 2, 2, 3, 4, 7, 8, 9, 10)))
        if chance() < 0.15:
            offset = pick((0, 0, 0, 1, 2, 185, 0x1fff))
            headers.insert(self.rng.randrange(len(headers) + 1), p.fragment6(
                offset, pick((0, 1, 1)), reserved=pick((0, 0, 0, 3))))
            if not offset and chance() < 0.3:
                upper = upper[:pick((0, 1, 3, 4, 7, 8, 16, 19))]
        if chance() < 0.03:
            more['length'] = pick((0, 1, 7, 8, 20, 2000, 65535, len(upper) + 1,
                                   max(len(upper) - 1, 0)))
        if chance() < 0.01:
            more['version'] = pick((0, 4, 5, 15))
        to = 0x20010db8ffff << 80 | 1 if chance() < 0.95 else pick(
            (source, 0xff02 << 112 | 0xfb, self.rng.getrandbits(128)))
        return p.ip6x(upper, protocol, source, headers, to=to, **more)

    def ip(self):
        if self.chance() < 0.13:
            return self.essential()
        family, source, service = self.aim()
        protocol = self.protocol(family, service)
        upper = self.transport(family, protocol, service)
        if family == 4:
            return self.packet4(source, protocol, upper)
        return self.packet6(source, protocol, upper)

    # --- link layer and damage ---

    def tags(self):
        if self.chance() < 0.85:
            return ()
        return [(self.pick(TAG_KINDS), self.pick((0, 1, 100, 0xefff)))
                for _ in range(self.pick((1, 1, 2, 3, 4, 5)))]

    def no_ip(self):
        """A frame that is no IP packet, or claims it is none."""
        roll, tags = self.chance(), self.tags()
        if roll < 0.3:
            return p.ethernet(p.arp()[14:], 0x0806, tags)
        if roll < 0.5:
            kind = self.pick((0x88cc, 0x8809, 0x888e))
            return p.ethernet(bytes(self.pick((0, 20, 46))), kind, tags)
        if roll < 0.7:
            last = self.pick((0, 0, 1, 15, 16, 255))
            to = b'\1\x80\xc2\0\0' + bytes([last])
            if self.chance() < 0.1:
                to = self.pick((p.HOST_MAC, b'\1\x80\xc3\0\0\0', b'\1\0\x0c' * 2))
            return p.spanning_tree(to, self.pick((b'\x42\x42\x03',) * 6 + (
                b'\x42\x42\x01', b'\xaa\xaa\x03', b'\x42\x43\x03')), tags)
        if roll < 0.9:
            kind = self.pick((0x8863, 0x8864, 0x8847, 0x88e5, 0x9000, 0x9100,
                              0x0842, 0x0805, 0x0801, 0x86dc, 0x22f0, 0xffff))
            return p.ethernet(self.ip(), kind, tags)
        return p.ethernet(bytes(50), self.rng.randrange(65536), tags)

    def damage(self, frame):
        roll = self.chance()
        if roll < 0.04:		# cut anywhere
            return frame[:self.rng.randrange(len(frame) + 1)]
        if roll < 0.08:		# cut near the end of the headers
            return frame[:max(0, len(frame) - self.rng.randrange(1, 12))]
        if roll < 0.2:		# padding, as on a wire
            return frame + bytes(self.rng.randrange(1, 40))
        if roll < 0.24 and frame:
            at = self.rng.randrange(min(len(frame), 80))
            bent = frame[at] ^ 1 << self.rng.randrange(8)
            return frame[:at] + bytes([bent]) + frame[at + 1:]
        return frame

    def frame(self, link):
        """One frame for an Ethernet device, or for one without a link layer."""
        if link == 'none':
            return self.damage(self.ip())
        if self.chance() < 0.12:
            return self.damage(self.no_ip())
        return self.damage(p.frame(self.ip(), self.tags()))
