# SPDX-License-Identifier: GPL-2.0-only
"""
What the catalogue of cases with memory is written with: a Family builds the
same packet in IPv4 or IPv6, MEMORY is the table, and after() fills it. A case
is a packet and the steps before it, as steps.py says.

Must not: hold cases, compute an expected reason.
"""
import collections

import packets as p
from casekit import RULES
from packets import UDP, frame

Case = collections.namedtuple('Case', 'name reason rules frame link device before')

RULES.update({
    'deny-only': 'deny 192.0.2.0/25\ndeny 2001:db8:1::/48\n'
                 'deny 192.0.2.0/24 50001/tcp\ndeny 2001:db8::/32 50001/tcp\n',
    'apart': 'allow any 53/udp\nallow 192.0.2.0/24 22\nallow 2001:db8::/32 22\n',
    'protos': 'allow 192.0.2.0/24 esp,gre,proto:89,22/sctp\n'
              'allow 2001:db8::/32 esp,gre,proto:89,22/sctp\n',
    'ping': 'allow 192.0.2.0/24 ping\nallow 2001:db8::/32 ping\n',
    'udp-on': 'allow 192.0.2.0/24 53/udp on xp0\nallow 2001:db8::/32 53/udp on xp0\n',
    'hole': 'allow any 22\ndeny 192.0.2.0/25 22\ndeny 2001:db8:1::/48 22\n',
})

MEMORY = []


class Family:
    """One of the two. `near` is allowed by the rules of casekit's 'web', `denied`
    under 'deny'; `far` is a stranger and `router` another."""

    def __init__(self, number):
        four = number == 4
        self.number = number
        self.word = 'IPv%d' % number
        self.host = p.HOST4 if four else p.HOST6
        self.other_host = '198.51.100.2' if four else '2001:db8:ffff::2'
        self.near = '192.0.2.200' if four else '2001:db8::9'
        self.near2 = '192.0.2.201' if four else '2001:db8::a'
        self.denied = '192.0.2.9' if four else '2001:db8:1::9'
        self.far = '203.0.113.5' if four else '2001:db9::5'
        self.router = '203.0.113.1' if four else '2001:db9::1'
        self.group = '224.0.0.251' if four else 'ff02::fb'
        self.icmp = p.ICMP if four else p.ICMP6
        self.asks, self.answers = (8, 0) if four else (128, 129)
        self.redirect = 5 if four else 137
        self.errors = (3, 11, 12) if four else (1, 2, 3, 4)

    def packet(self, payload, protocol, source, to=None, **more):
        """Without a link layer. `headers` (IPv6) and `options` (IPv4) say what
        stands between; only the family's own is heeded."""
        headers, options = more.pop('headers', ()), more.pop('options', b'')
        if self.number == 4:
            return p.ip4(payload, protocol, source, to or self.host,
                         options=options, **more)
        return p.ip6x(payload, protocol, source, list(headers),
                      to=to or self.host, **more)

    def came(self, payload, protocol, source=None, to=None, **more):
        return frame(self.packet(payload, protocol, source or self.far, to,
                                 **more))

    def left(self, payload, protocol, to=None, source=None, **more):
        return ('out', frame(self.packet(payload, protocol, source or self.host,
                                         to or self.far, **more)))

    def piece(self, payload, protocol, source=None, offset=0, more=1, ident=7,
              to=None, headers=(), claim=None):
        """A fragment, bare; `claim` is the protocol that an IPv6 one names."""
        source = source or self.near
        if self.number == 4:
            return p.ip4(payload, claim or protocol, source, to or self.host,
                         fragment=offset | (p.MORE if more else 0), ident=ident)
        return p.ip6x(payload, claim or protocol, source,
                      list(headers) + [p.fragment6(offset, more, ident)],
                      to=to or self.host)

    def first(self, payload=None, protocol=UDP, **more):
        """A first fragment that came in: UDP to 22 if nothing else is said."""
        if payload is None:
            payload = p.udp(22, 40000, bytes(56), length=3000)
        return ('in', frame(self.piece(payload, protocol, **more)))

    def later(self, offset=8, more=0, protocol=UDP, size=64, **rest):
        """A later fragment to be judged."""
        return frame(self.piece(bytes(size), protocol, offset=offset, more=more,
                                **rest))

    def echo(self, kind, ident):
        return p.icmp(kind, 0, bytes(8), ident << 16 | 1)

    def quoted(self, payload, protocol, to=None, source=None, **more):
        """A packet that we sent, as an error quotes it."""
        return self.packet(payload[:8], protocol, source or self.host,
                           to or self.far, **more)

    def error(self, quoted, kind=None, source=None, to=None, **more):
        return self.came(p.icmp(kind or self.errors[0], 1, quoted), self.icmp,
                         source or self.router, to, **more)


V4, V6 = Family(4), Family(6)
BOTH = (V4, V6)


def after(rules, reason, *pairs, before=(), family=None, link='ethernet',
          device=None):
    """Add cases that share rules, reason and the steps `before`: name, frame,
    name, frame ... A pair of steps and a frame has steps of its own as well."""
    for name, found in zip(pairs[::2], pairs[1::2]):
        steps, judged = found if isinstance(found, tuple) else ([], found)
        if family:
            name += ', ' + family.word
        MEMORY.append(Case(name, reason, rules, judged, link, device,
                           list(before) + list(steps)))


def came(packet):
    """A frame to be judged, as a step instead."""
    return ('in', packet)


def wait(seconds):
    return ('wait', seconds)


def rules(name):
    return ('rules', name)
