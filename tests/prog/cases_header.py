# SPDX-License-Identifier: GPL-2.0-only
"""
The catalogue, headers: link, network, chain, fragments. Rows alone: the rules
that a packet meets, the reason that must be found, the packet's name, the
packet. cases.t runs them, and holds the oracle against them.

Must not: compute an expected reason.
"""
import packets as p
from casekit import (IP4_22, IP6_22, LL, S4, S6, STAG, TAG, dest, dhcp4, dhcp6,
                     flags4, igmp, mld, nd, quoted4, rows, t4, t6, u4)
from packets import (ACK, FIN, HOST4, HOST6, ICMP, ICMP6, PSH, RST, SYN, TCP,
                     UDP, URG, frame, ip4, ip6, ip6x)

# --- link layer ---
rows('empty', 'arp', 'arp request', p.arp(1), 'arp reply', p.arp(2),
     'arp inside a tag', p.ethernet(p.arp()[14:], 0x0806, [TAG]),
     'arp inside four tags', p.ethernet(p.arp()[14:], 0x0806, [STAG] + [TAG] * 3))
rows('empty', 'link-control', 'lldp', p.lldp(),
     'lacp', p.ethernet(bytes(46), 0x8809), 'eapol', p.ethernet(bytes(46), 0x888e),
     'spanning tree', p.spanning_tree(),
     'spanning tree, last address', p.spanning_tree(b'\1\x80\xc2\0\0\x0f'),
     'spanning tree inside a tag', p.spanning_tree(tags=[TAG]))
rows('all', 'unknown-l2',
     'spanning tree to one address too far', p.spanning_tree(b'\1\x80\xc2\0\0\x10'),
     'spanning tree to a station', p.spanning_tree(p.HOST_MAC),
     '802.3 with another LLC', p.spanning_tree(llc=b'\x42\x42\x01'),
     'snap with IPv4 inside', p.ethernet(
         b'\xaa\xaa\x03\0\0\0\x08\0' + IP4_22, 8 + len(IP4_22)),
     'snap that starts like spanning tree elsewhere', p.ethernet(
         b'\x42\x42\x03' + bytes(40), 43),
     'pppoe discovery', p.ethernet(bytes(46), 0x8863),
     'pppoe session', p.ethernet(bytes(46), 0x8864),
     'mpls', p.ethernet(bytes(4) + IP4_22, 0x8847),
     'macsec', p.ethernet(bytes(46), 0x88e5),
     'tag of type 0x9100', p.ethernet(bytes(4) + IP4_22, 0x9100),
     'five tags', frame(IP4_22, [TAG] * 5),
     'five tags, the outermost 802.1ad', frame(IP6_22, [STAG] + [TAG] * 4),
     'two hundred tags', frame(IP4_22, [TAG] * 200),
     'five tags and arp', p.ethernet(p.arp()[14:], 0x0806, [TAG] * 5))
rows('web', 'allowed', 'priority tag', frame(IP4_22, [TAG]),
     'tag with a VLAN', frame(IP4_22, [(0x8100, 100)]),
     'QinQ', frame(IP4_22, [STAG, TAG]), 'three tags', frame(IP6_22, [TAG] * 3),
     'four tags', frame(IP4_22, [STAG, STAG, TAG, TAG]),
     'four tags over IPv6', frame(IP6_22, [TAG] * 4))
rows('web', 'not-allowed', 'stranger inside a tag', frame(t4('203.0.113.5')[14:], [TAG]),
     'stranger inside QinQ', frame(t6('2001:db9::1')[14:], [STAG, TAG]),
     'other port inside a tag', frame(t4(dport=23)[14:], [(0x8100, 7)]))
rows('all', 'malformed', 'tag cut short', frame(IP4_22, [TAG])[:16],
     'tag without a next type', frame(IP4_22, [TAG])[:17],
     'Ethernet header alone, claiming IPv4', t4()[:14],
     'Ethernet header cut short', t4()[:13], 'nothing at all', b'',
     'IPv4 type with an IPv6 packet', p.ethernet(IP6_22, 0x0800),
     'IPv6 type with an IPv4 packet', p.ethernet(IP4_22, 0x86dd))
rows('options', 'link-control', 'opened pppoe discovery', p.ethernet(bytes(46), 0x8863),
     'opened pppoe session', p.ethernet(IP4_22, 0x8864),
     'opened type inside a tag', p.ethernet(bytes(46), 0x8864, [TAG]))
rows('options', 'unknown-l2', 'type beside an opened one', p.ethernet(bytes(46), 0x8865))

# --- devices without a link layer ---
rows('web', 'allowed', 'IPv4 without a link layer', IP4_22,
     'IPv6 without a link layer', IP6_22, link='none')
rows('web', 'not-allowed', 'source 8.6.0.1 without a link layer is no arp',
     ip4(p.tcp(22), TCP, '8.6.0.1'),
     'source 136.204.0.1 without a link layer is no lldp',
     ip4(p.tcp(22), TCP, '136.204.0.1'),
     'source 8.6 in the place of an EtherType', ip4(p.udp(53), UDP, '8.6.8.6'),
     link='none')
rows('all', 'malformed', 'version 5 without a link layer', b'\x55' + IP4_22[1:],
     'version 0 without a link layer', bytes(40),
     'an Ethernet frame without a link layer', p.arp(), 'no byte at all', b'',
     link='none')

# --- IPv4 header ---
rows('all', 'malformed', 'IPv4 header cut short', t4()[:33],
     'IHL 4', t4(words=4), 'IHL 0', t4(words=0),
     'IPv4 version 5', t4(version=5),
     'IPv4 version 6', t4(version=6), 'IHL beyond the packet', t4(words=15),
     'total length below the header', t4(total=19), 'total length 0', t4(total=0),
     'total length beyond the frame', t4(total=41),
     'total length 65535', t4(total=65535),
     'TCP cut short', t4()[:53], 'TCP cut short by the total length', t4(total=39),
     'TCP header beyond the packet', frame(ip4(p.tcp(22, words=6), TCP, S4)),
     'TCP data offset 4', frame(ip4(p.tcp(22, words=4), TCP, S4)),
     'TCP data offset 0', frame(ip4(p.tcp(22, words=0), TCP, S4)),
     'UDP cut short', u4(upper=p.udp(22)[:7]), 'UDP absent', u4(upper=b''),
     'UDP length 7', u4(upper=p.udp(22, length=7)),
     'UDP length 0', u4(upper=p.udp(22, length=0)),
     'UDP length beyond the packet', u4(upper=p.udp(22, length=9)),
     'UDP length in the padding', u4(upper=p.udp(22, length=20)) + bytes(20),
     'SCTP cut short', frame(ip4(p.sctp(22)[:11], p.SCTP, S4)),
     'DCCP cut short', frame(ip4(p.dccp(22, payload=b'')[:11], p.DCCP, S4)),
     'UDP-Lite cut short', frame(ip4(p.udplite(22)[:7], p.UDPLITE, S4)),
     'ICMP cut short', frame(ip4(p.icmp(8)[:7], ICMP, S4)),
     'option without a length', t4(options=b'\1\1\1\x07'),
     'option of length 0', t4(options=b'\x07\0\0\0'),
     'option of length 1', t4(options=b'\x07\1\0\0'),
     'option beyond the header', t4(options=b'\x07\5\0\0'),
     'source route of length 1', t4(options=b'\x83\1\0\0'))
rows('web', 'allowed', 'IHL 6', t4(options=b'\1\1\1\0'),
     'IHL 15', t4(options=b'\x94\4\0\0' + bytes(36)),
     'IHL 15 of record route', t4(options=b'\x07\x28\4' + bytes(37)),
     'end of options hides what follows', t4(options=b'\0\x83\3\4'),
     'router alert', t4(options=b'\x94\4\0\0'),
     'padding behind the IP length', t4() + bytes(6),
     'UDP shorter than the packet', u4(upper=p.udp(22, payload=bytes(9), length=8)),
     'UDP from port 0', frame(ip4(p.udp(22, 0), UDP, S4)),
     'do not fragment', t4(fragment=0x4000), 'the evil bit', t4(fragment=0x8000),
     'checksums are the stack\'s business', t4())
rows('web', 'not-allowed', 'forged port in front of the options',
     frame(ip4(p.tcp(23), TCP, S4, options=b'\x07\x14\4' + p.tcp(22)[:17])),
     'forged port behind the IP length', frame(ip4(p.udp(23), UDP, S4)) + p.udp(22))
rows('all', 'bad-header', 'loose source route', t4(options=b'\x83\7\4\xc0\0\2\1\0'),
     'strict source route', t4(options=b'\x89\7\4\xc0\0\2\1\0'),
     'source route behind no-operations', t4(options=b'\1\x83\3\4'),
     'source route that is complete', t4(options=b'\x83\3\4\0'),
     'source route behind router alert', t4(options=b'\x94\4\0\0\x89\3\4\0'),
     'source route on a later fragment', t4(options=b'\x83\3\4\0', fragment=5),
     'TCP to port 0', t4(dport=0), 'UDP to port 0', u4(dport=0),
     'SCTP to port 0', frame(ip4(p.sctp(0), p.SCTP, S4)),
     'DCCP to port 0', frame(ip4(p.dccp(0), p.DCCP, S4)),
     'UDP-Lite to port 0', frame(ip4(p.udplite(0), p.UDPLITE, S4)),
     'ICMP redirect', frame(ip4(p.icmp(5, 1, quoted4()), ICMP, S4)),
     'ICMPv6 redirect', frame(ip6(p.icmp(137, 0, bytes(32)), ICMP6, LL,
                                  hop_limit=255)))

# --- sources ---
for source in ('0.0.0.0', '0.0.0.1', '0.255.255.255', '127.0.0.1',
               '127.255.255.255', '224.0.0.1', '239.255.255.255', '240.0.0.1',
               '255.255.255.254', '255.255.255.255'):
    rows('all', 'bad-source', 'from ' + source, t4(source))
for source in ('1.0.0.0', '126.255.255.255', '128.0.0.0', '223.255.255.255'):
    rows('all', 'allowed', 'from ' + source, t4(source))
for source in ('::', '::1', 'ff00::', 'ff02::1', 'ffff:ffff::1', '::ffff:192.0.2.9',
               '::ffff:0:0', '::ffff:255.255.255.255'):
    rows('all', 'bad-source', 'from ' + source, t6(source))
for source in ('::2', '::1:0:0:1', 'feff::1', '::fffe:ffff:ffff', '::192.0.2.9'):
    rows('all', 'allowed', 'from ' + source, t6(source))
rows('all', 'bad-source', 'source is destination', t4(HOST4),
     'source is destination, IPv6', t6(HOST6),
     'bad source before source route', t4('127.0.0.1', options=b'\x83\3\4\0'),
     'bad source before RH0', t6('::1', headers=[p.routing(0, 1)]),
     'bad source before bad flags', frame(ip4(p.tcp(22, flags=0), TCP, '0.0.0.1')),
     'bad source of a later fragment', t4('127.0.0.1', fragment=5),
     '0.0.0.0 from UDP 68 to 68', dhcp4(68, 68, '0.0.0.0'),
     '0.0.0.0 from UDP 67 to 68', dhcp4(67, 68, '0.0.0.0'),
     '0.0.0.1 from UDP 68 to 67', dhcp4(68, 67, '0.0.0.1'),
     'from :: an echo request', frame(ip6(p.icmp(128), ICMP6, '::')),
     'from :: a neighbour advertisement', nd(136, '::'),
     'from :: a router advertisement', nd(134, '::'),
     'from :: to :: a neighbour solicitation',
     frame(ip6(p.icmp(135, 0, bytes(16)), ICMP6, '::', '::', hop_limit=255)))
rows('all', 'malformed', 'malformed before bad source', t4('127.0.0.1', total=39))
rows('all', 'allowed', '0.0.0.0 from UDP 68 to 67 goes on', dhcp4(68, 67, '0.0.0.0'),
     '0.0.0.0 IGMP with TTL 2 goes on', igmp('0.0.0.0', ttl=2),
     'from :: a solicitation with hop limit 64 goes on', nd(135, '::', 64))
rows('empty', 'not-allowed', '0.0.0.0 from UDP 68 to 67 needs a rule',
     dhcp4(68, 67, '0.0.0.0'))
rows('options', 'allowed', 'class E opened', t4('240.0.0.1'),
     'last of class E', t4('255.255.255.254'))
rows('options', 'bad-source', 'broadcast source in spite of class E',
     t4('255.255.255.255'), 'multicast source in spite of class E', t4('239.0.0.1'))

# --- TCP flags ---
rows('web', 'bad-flags', 'SYN+FIN', flags4(SYN | FIN), 'SYN+RST', flags4(SYN | RST),
     'SYN+FIN+ACK', flags4(SYN | FIN | ACK), 'null scan', flags4(0),
     'Xmas scan', flags4(FIN | PSH | URG), 'ECE and CWR alone', flags4(0xc0),
     'Xmas with RST', flags4(FIN | PSH | URG | RST), 'all flags', flags4(0xff),
     'null scan over IPv6', frame(ip6(p.tcp(22, flags=0), TCP, S6)),
     'SYN+FIN in a first fragment', frame(
         ip4(p.tcp(22, flags=SYN | FIN), TCP, S4, fragment=p.MORE)))
rows('web', 'allowed', 'SYN', flags4(SYN), 'SYN with ECN', flags4(SYN | 0xc0),
     'ACK', flags4(ACK), 'FIN+PSH+URG+ACK', flags4(FIN | PSH | URG | ACK),
     'FIN alone', flags4(FIN), 'RST alone', flags4(RST), 'URG alone', flags4(URG))
rows('empty', 'bad-flags', 'null scan of a stranger', flags4(0))
rows('empty', 'not-allowed', 'ACK of a stranger', flags4(ACK),
     'RST of a stranger', flags4(RST), 'SYN+ACK of a stranger', flags4(SYN | ACK))

# --- IPv6 header and chain ---
rows('all', 'malformed', 'IPv6 header cut short', t6()[:53],
     'IPv6 version 4', t6(version=4), 'IPv6 version 5', t6(version=5),
     'payload length beyond the frame', t6(length=21),
     'payload length 0', t6(length=0), 'TCP cut by the payload length', t6(length=19),
     'jumbogram without a payload', frame(ip6(
         bytes([6, 0, 0xc2, 4, 0, 1, 0, 0]) + p.tcp(22), 0, S6, length=0)),
     'destination options beyond the packet', frame(ip6(
         bytes([6, 3, 1, 4, 0, 0, 0, 0]) + bytes(20), 60, S6)),
     'hop-by-hop of 7 bytes', frame(ip6(bytes(7), 0, S6)),
     'routing header cut short', frame(ip6(bytes([6, 0, 4, 0]), 43, S6)),
     'fragment header cut short', frame(ip6(bytes(7), 44, S6)),
     'AH of 8 bytes', t6(headers=[p.ah(0)]),
     'AH beyond the packet', frame(ip6(bytes([6, 9]) + bytes(20), 51, S6)),
     'AH of 8 bytes in IPv4', frame(ip4(p.ah4(p.tcp(22), TCP, 0), 51, S4)),
     'AH cut short in IPv4', frame(ip4(bytes([6, 4]) + bytes(9), 51, S4)),
     'TCP behind options cut short', frame(ip6x(p.tcp(22)[:19], TCP, S6, dest(1))),
     'ICMPv6 cut short', frame(ip6(p.icmp(128)[:7], ICMP6, S6)),
     'UDP length beyond an atomic fragment', frame(ip6x(
         p.udp(22, length=9), UDP, S6, [p.fragment6()])))
rows('web', 'allowed', 'hop-by-hop options', t6(headers=[p.options6(0)]),
     'destination options', t6(headers=dest(1)),
     'long destination options', t6(headers=[p.options6(60, 25)]),
     'hop-by-hop behind destination options',
     t6(headers=[p.options6(60), p.options6(0)]),
     'routing header without segments left', t6(headers=[p.routing(4, 0)]),
     'mobile routing header without segments left', t6(headers=[p.routing(2, 0, 2)]),
     'AH', t6(headers=[p.ah()]), 'AH of 12 bytes', t6(headers=[p.ah(1)]),
     'AH of 28 bytes', t6(headers=[p.ah(5)]),
     'AH in IPv4', frame(ip4(p.ah4(p.tcp(22), TCP), 51, S4)),
     'AH twice in IPv4', frame(ip4(p.ah4(p.ah4(p.tcp(22), TCP), 51, 1), 51, S4)),
     'atomic fragment', t6(headers=[p.fragment6()]),
     'atomic fragment with reserved bits', t6(headers=[p.fragment6(reserved=3)]),
     'eight destination options', t6(headers=dest(8)),
     'eight headers of all kinds', t6(headers=[
         p.options6(0), p.options6(60), p.routing(4), p.fragment6(), p.ah(),
         p.options6(60, 2), p.ah(1), p.options6(60)]),
     'UDP in an atomic fragment', frame(ip6x(p.udp(22), UDP, S6, [p.fragment6()])))
rows('web', 'not-allowed', 'other port behind options', t6(dport=23, headers=dest(3)),
     'port that the options forge', frame(ip6(
         bytes([6, 2, 1, 20]) + p.tcp(22)[:20] + p.tcp(23), 60, S6)),
     'stranger behind AH', t6('2001:db9::1', headers=[p.ah()]),
     'fragment header is 8 bytes whatever byte 1 says', frame(ip6(
         bytes([6, 2]) + bytes(6) + p.tcp(23) + p.tcp(22), 44, S6)))
rows('all', 'bad-header', 'RH0 without segments left', t6(headers=[p.routing(0, 0)]),
     'RH0', t6(headers=[p.routing(0, 1, 2)]),
     'segments left', t6(headers=[p.routing(4, 1, 2)]),
     'mobile routing with segments left', t6(headers=[p.routing(2, 1, 2)]),
     'routing with segments left behind options',
     t6(headers=[p.options6(60), p.routing(3, 9)]),
     'nine destination options', t6(headers=dest(9)),
     'a hundred destination options', t6(headers=dest(100)),
     'nine headers with AH and fragment',
     t6(headers=dest(7) + [p.ah(), p.fragment6()]),
     'nine AH in IPv4', frame(ip4(p.extended(p.tcp(22), TCP, [p.ah()] * 9)[1], 51, S4)),
     'two fragment headers', t6(headers=[p.fragment6(), p.fragment6()]),
     'atomic, then a later fragment', t6(headers=[p.fragment6(), p.fragment6(1)]),
     'no next header', frame(ip6(b'', 59, S6)),
     'no next header behind options', frame(ip6x(bytes(8), 59, S6, dest(2))),
     'no next header behind a first fragment', frame(ip6x(
         bytes(8), 59, S6, [p.fragment6(more=1)])))
rows('all', 'allowed', 'protocol 59 in IPv4', frame(ip4(bytes(8), 59, S4)),
     'mobility header under all', frame(ip6(bytes(8), 135, S6)))
rows('web', 'not-allowed', 'mobility header', frame(ip6(bytes(8), 135, S6)),
     'HIP', frame(ip6(bytes(8), 139, S6)), 'shim6', frame(ip6(bytes(8), 140, S6)),
     'protocol 253', frame(ip6(p.tcp(22), 253, S6)),
     'protocol 254', frame(ip4(p.tcp(22), 254, S4)))

# --- fragments ---
rows('all', 'fragment', 'later fragment', t4(fragment=5),
     'last fragment', t4(fragment=1480 // 8),
     'TCP at offset 1', t4(fragment=1), 'TCP at offset 1, more', t4(fragment=p.MORE | 1),
     'later fragment of one byte', frame(ip4(b'x', UDP, S4, fragment=9)),
     'later fragment at the greatest offset', u4(fragment=0x1fff),
     'later ICMP fragment', frame(ip4(bytes(3), ICMP, S4, fragment=9)),
     'later IPv6 fragment', t6(headers=[p.fragment6(1)]),
     'later IPv6 fragment, more', t6(headers=[p.fragment6(9, 1)]),
     'later IPv6 fragment behind options', t6(headers=dest(2) + [p.fragment6(9)]),
     'later fragment that claims ICMPv6',
     frame(ip6x(p.icmp(135, 0, bytes(16)), ICMP6, LL, [p.fragment6(9)], hop_limit=255)),
     'later fragment of DHCP', dhcp4(fragment=9),
     'later fragment of DHCPv6', dhcp6(headers=[p.fragment6(9)]),
     'later fragment of IGMP', igmp(fragment=9),
     'later fragment of MLD', mld(131, headers=[p.fragment6(9)]))
rows('web', 'allowed', 'first fragment', t4(fragment=p.MORE),
     'first IPv6 fragment', t6(headers=[p.fragment6(more=1)]),
     'first fragment of 8 UDP bytes', u4(fragment=p.MORE),
     'UDP length beyond a first fragment', u4(upper=p.udp(22, length=3000),
                                              fragment=p.MORE),
     'UDP length beyond a first IPv6 fragment', frame(ip6x(
         p.udp(22, length=3000), UDP, S6, [p.fragment6(more=1)])))
rows('web', 'not-allowed', 'first fragment to another port', t4(dport=23, fragment=p.MORE),
     'first IPv6 fragment of a stranger', t6('2001:db9::1', headers=[p.fragment6(more=1)]))
rows('all', 'bad-header', 'first fragment of 8 TCP bytes', frame(
    ip4(p.tcp(22)[:8], TCP, S4, fragment=p.MORE)),
     'first fragment of 16 TCP bytes', frame(
         ip4(p.tcp(22)[:16], TCP, S4, fragment=p.MORE)),
     'first fragment without the TCP options', frame(
         ip4(p.tcp(22, words=8), TCP, S4, fragment=p.MORE)),
     'first fragment without any TCP', frame(ip4(b'', TCP, S4, fragment=p.MORE)),
     'first fragment of 3 UDP bytes', u4(upper=b'\0\x16\0', fragment=p.MORE),
     'first fragment of 3 SCTP bytes', frame(
         ip4(bytes(3), p.SCTP, S4, fragment=p.MORE)),
     'first IPv6 fragment of 8 TCP bytes', frame(ip6x(
         p.tcp(22)[:8], TCP, S6, [p.fragment6(more=1)])),
     'first IPv6 fragment without transport', frame(ip6x(
         b'', UDP, S6, [p.fragment6(more=1)])))
rows('all', 'malformed', 'first fragment of 4 UDP bytes', u4(
    upper=p.udp(22)[:4], fragment=p.MORE),
     'first fragment of 7 UDP bytes', u4(upper=p.udp(22)[:7], fragment=p.MORE),
     'first fragment with UDP length 7', u4(upper=p.udp(22, length=7), fragment=p.MORE),
     'first fragment with TCP data offset 4', frame(
         ip4(p.tcp(22, words=4), TCP, S4, fragment=p.MORE)),
     'first IPv6 fragment with a chain cut short', frame(ip6x(
         bytes([6, 9]) + bytes(6), 60, S6, [p.fragment6(more=1)])))
rows('deny', 'denied', 'later fragment under deny all', t4('192.0.2.9', fragment=9),
     'later IPv6 fragment under deny all',
     t6('2001:db8:1::9', headers=[p.fragment6(9)]),
     'later fragment under deny of its protocol', frame(
         ip4(bytes(8), 47, '203.0.113.4', fragment=9)))
rows('deny', 'fragment', 'later fragment under deny of a port',
     t4('203.0.113.4', fragment=9))
