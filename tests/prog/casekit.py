# SPDX-License-Identifier: GPL-2.0-only
"""
What the catalogue is written with: named rules texts, short builders of
frames, and TABLE, which rows() fills. A frame is Ethernet where `link` does
not say none.

Must not: hold cases, compute an expected reason.
"""
import collections

import packets as p
from packets import (HOST4, HOST6, ICMP, ICMP6, TCP, UDP, frame, ip4, ip6,
                     ip6x)

Case = collections.namedtuple('Case', 'name reason rules frames link device')

WEB = 'allow 192.0.2.0/24 22,443/tcp,ping\nallow 2001:db8::/32 22,443/tcp,ping\n'
RULES = {
    'empty': '',
    'web': WEB,
    'all': 'allow any all\n',
    'deny': 'allow any all\ndeny 192.0.2.0/25\ndeny 2001:db8:1::/48 all\n'
            'deny 203.0.113.0/24 22\ndeny 203.0.113.0/24 proto:47\n',
    'nested': 'allow 10.0.0.0/8 22\nallow 10.1.0.0/16 80\nallow 10.1.1.0/24 443\n'
              'deny 10.1.1.128/25 80\nallow 2001:db8::/32 22\n'
              'allow 2001:db8:1::/48 80\ndeny 2001:db8:1:2::/64 22\n',
    'odd': 'allow any 22\nallow 192.0.2.0/24 22/sctp,5000-5010/dccp,7/udplite,'
           'esp,gre,proto:89,proto:4,proto:41\nallow 2001:db8::/32 esp,proto:135,'
           'proto:253\nallow 198.51.100.7 proto:6\n',
    'options': 'option ra off\noption class-e on\noption ethertype 0x8863\n'
               'option ethertype 0x8864\nallow 240.0.0.0/4 22\n'
               'allow 255.255.255.255 22\n',
    'on': 'allow 192.0.2.0/24 22 on xp0\nallow 192.0.2.0/24 80 on xp1\n'
          'allow 192.0.2.0/24 443\ndeny 192.0.2.7 443 on xp1\n',
    'set': 'set cdn 192.0.2.0/24 2001:db8:5::/48 198.51.100.66\n'
           'allow @cdn https,domain/udp\nallow any 65535/tcp,1/udp\n',
    'errors': 'allow 192.0.2.0/24 proto:1\nallow 2001:db8::/32 proto:58\n',
}

S4, S6, LL = '192.0.2.200', '2001:db8::9', 'fe80::9'


def t4(source=S4, dport=22, **more):
    """A TCP SYN over IPv4, behind Ethernet."""
    return frame(ip4(p.tcp(dport), TCP, source, **more))


def t6(source=S6, dport=22, headers=(), **more):
    return frame(ip6x(p.tcp(dport), TCP, source, list(headers), **more))


def u4(source=S4, dport=22, upper=None, **more):
    return frame(ip4(p.udp(dport) if upper is None else upper, UDP, source,
                     **more))


def flags4(flags):
    return frame(ip4(p.tcp(22, flags=flags), TCP, S4))


def error4(embedded, kind=3, source=S4):
    return frame(ip4(p.icmp(kind, 1, embedded), ICMP, source))


def error6(embedded, kind=2, source=S6):
    return frame(ip6(p.icmp(kind, 0, embedded), ICMP6, source))


def quoted4(upper=8, **more):
    return ip4(bytes(upper), TCP, HOST4, S4, **more)


def quoted6(upper=8, headers=(), **more):
    return ip6x(bytes(upper), TCP, HOST6, list(headers), to=S6, **more)


def nd(kind, source=LL, hop_limit=255, code=0, headers=()):
    return frame(ip6x(p.icmp(kind, code, bytes(16)), ICMP6, source,
                      list(headers), hop_limit=hop_limit))


def mld(kind, source=LL, hop_limit=1, headers=None):
    return frame(ip6x(p.icmp(kind, 0, bytes(16)), ICMP6, source,
                      [p.options6(0)] if headers is None else headers,
                      to='ff02::16', hop_limit=hop_limit))


def igmp(source='192.0.2.3', to='224.0.0.22', ttl=1, **more):
    return frame(ip4(bytes(8), 2, source, to, ttl=ttl, **more))


def dhcp4(sport=67, dport=68, source='192.0.2.1', **more):
    return frame(ip4(p.udp(dport, sport, bytes(20)), UDP, source,
                     '255.255.255.255', **more))


def dhcp6(sport=547, dport=546, source=LL, headers=()):
    return frame(ip6x(p.udp(dport, sport, bytes(12)), UDP, source, list(headers)))


def dest(count):
    return [p.options6(60)] * count


TAG, STAG = (0x8100, 0), (0x88a8, 5)
TABLE = []
IP4_22, IP6_22 = t4()[14:], t6()[14:]


def rows(rules, reason, *pairs, link='ethernet', device=None):
    """Add cases that share rules and reason: name, frame, name, frame ... A
    list of frames is one case."""
    for name, found in zip(pairs[::2], pairs[1::2]):
        frames = found if isinstance(found, list) else [found]
        TABLE.append(Case(name, reason, rules, frames, link, device))
