# SPDX-License-Identifier: GPL-2.0-only
"""
The catalogue, policy: what the link lives by, ICMP errors, rules. Rows alone:
the rules that a packet meets, the reason that must be found, the packet's
name, the packet. cases.t runs them, and holds the oracle against them.

Must not: compute an expected reason.
"""
import packets as p
from casekit import (IP4_22, IP6_22, LL, S4, S6, STAG, TAG, dest, dhcp4, dhcp6,
                     error4, error6, igmp, mld, nd, quoted4, quoted6, rows, t4,
                     t6, u4)
from packets import (ACK, HOST4, ICMP, ICMP6, TCP, UDP, frame, ip4, ip6)

# --- neighbour, multicast, dhcp ---
for kind, name in ((133, 'RS'), (134, 'RA'), (135, 'NS'), (136, 'NA')):
    rows('empty', 'neighbour', name, nd(kind),
         name + ' behind options', nd(kind, headers=dest(1)))
    rows('empty', 'not-allowed', name + ' with hop limit 254', nd(kind, hop_limit=254),
         name + ' with code 1', nd(kind, code=1),
         name + ' in an atomic fragment', nd(kind, headers=[p.fragment6()]),
         name + ' in a first fragment', nd(kind, headers=[p.fragment6(more=1)]))
rows('empty', 'neighbour', 'DAD', nd(135, '::'), 'RS from ::', nd(133, '::'),
     'NS from a global address', nd(135, '2001:db8::1'),
     'RA from the end of fe80::/10', nd(134, 'febf::1'))
rows('empty', 'not-allowed', 'RA from a global address', nd(134, '2001:db8::1'),
     'RA from fec0::1', nd(134, 'fec0::1'))
rows('options', 'not-allowed', 'RA with option ra off', nd(134))
rows('options', 'neighbour', 'NS with option ra off', nd(135))
rows('deny', 'neighbour', 'NS in spite of deny all', nd(135, '2001:db8:1::1'))
for kind in (130, 131, 132, 143):
    rows('empty', 'multicast', 'MLD %d' % kind, mld(kind),
         'MLD %d from ::' % kind, mld(kind, '::'))
rows('empty', 'multicast', 'MLD without router alert', mld(143, headers=[]),
     'MLD in a first fragment', mld(143, headers=[p.fragment6(more=1)]),
     'IGMP', igmp(), 'IGMP from 0.0.0.0', igmp('0.0.0.0', '224.0.0.1'),
     'IGMP with router alert', igmp(options=b'\x94\4\0\0'),
     'IGMP to the last group', igmp(to='239.255.255.255'),
     'IGMP in a first fragment', igmp(fragment=p.MORE))
rows('empty', 'not-allowed', 'MLD with hop limit 2', mld(143, hop_limit=2),
     'MLD with hop limit 255', mld(131, hop_limit=255),
     'MLD from a global address', mld(131, '2001:db8::1'),
     'IGMP with TTL 2', igmp(ttl=2), 'IGMP to this host', igmp(to=HOST4),
     'IGMP to 240.0.0.1', igmp(to='240.0.0.1'),
     'ICMPv6 142', frame(ip6(p.icmp(142, 0, bytes(16)), ICMP6, LL, hop_limit=1)))
rows('empty', 'dhcp', 'DHCP answer', dhcp4(), 'DHCPv6 answer', dhcp6(),
     'DHCP answer from anywhere', dhcp4(source='203.0.113.67'),
     'DHCP answer in a first fragment', dhcp4(fragment=p.MORE),
     'DHCPv6 answer from the end of fe80::/10', dhcp6(source='febf::1'))
rows('empty', 'not-allowed', 'DHCP answer from port 68', dhcp4(68, 68),
     'DHCP answer over TCP', frame(ip4(p.tcp(68, 67), TCP, '192.0.2.1')),
     'DHCPv6 answer from a global address', dhcp6(source='2001:db8::1'),
     'DHCPv6 answer from port 546', dhcp6(546),
     'DHCP ports over IPv6', dhcp6(67, 68), 'DHCPv6 ports over IPv4', dhcp4(547, 546))
rows('deny', 'dhcp', 'DHCP answer in spite of deny all', dhcp4(source='192.0.2.1'))

# --- ICMP errors: none passes yet, but by rule ---
rows('empty', 'not-allowed', 'unreachable', error4(quoted4()),
     'time exceeded', error4(quoted4(), 11), 'packet too big', error6(quoted6()))
rows('errors', 'allowed', 'unreachable by rule', error4(quoted4()),
     'parameter problem by rule', error4(quoted4(20), 12),
     'error with embedded options', error4(quoted4(options=bytes(40))),
     'packet too big by rule', error6(quoted6()),
     'parameter problem 6 by rule', error6(quoted6(), 4),
     'error with an embedded chain', error6(quoted6(8, [p.options6(0), p.fragment6()])),
     'error that quotes a route with segments left', error6(
         quoted6(8, [p.routing(4, 1, 2)]), 3),
     'type 4 embeds nothing', error4(b'', 4), 'type 5 of ICMPv6', error6(b'', 5))
rows('errors', 'malformed', 'error without an embedded packet', error4(b''),
     'embedded IPv4 header cut short', error4(quoted4()[:19]),
     'embedded upper layer of 7 bytes', error4(quoted4(7)),
     'embedded options cut short', error4(quoted4(words=8)),
     'embedded upper layer of 7 bytes behind options',
     error4(quoted4(7, options=bytes(8))),
     'embedded version 6 in IPv4', error4(quoted4(version=6)),
     'embedded IHL 4', error4(quoted4(words=4)),
     'error 6 without an embedded packet', error6(b''),
     'embedded IPv6 header cut short', error6(quoted6()[:39]),
     'embedded upper layer of 7 bytes in IPv6', error6(quoted6(7), 1),
     'embedded version 4 in IPv6', error6(quoted6(version=4), 3),
     'embedded chain cut short', error6(quoted6(7, [p.options6(60)])),
     'embedded upper layer of 7 bytes behind a route with segments left',
     error6(quoted6(7, [p.routing(4, 1, 2)]), 3),
     'upper layer in the padding', error4(quoted4(7)) + bytes(9))

# --- rules ---
rows('empty', 'not-allowed', 'TCP', t4(), 'UDP', u4(), 'TCP over IPv6', t6(),
     'echo request', frame(ip4(p.icmp(8), ICMP, S4)),
     'echo reply', frame(ip4(p.icmp(0), ICMP, S4)),
     'ESP', frame(ip4(bytes(8), 50, S4)), 'GRE', frame(ip4(bytes(8), 47, S4)),
     'answer from port 53', frame(ip4(p.udp(40000, 53), UDP, S4)),
     'answer from port 443', frame(ip4(p.tcp(40000, 443, ACK), TCP, S4)),
     'multicast DNS', frame(ip4(p.udp(5353, 5353), UDP, S4, '224.0.0.251')))
rows('web', 'allowed', 'TCP 22', t4(), 'UDP 22', u4(), 'TCP 443', t4(dport=443),
     'TCP 22 over IPv6', t6(), 'first of the prefix', t4('192.0.2.0'),
     'last of the prefix', t4('192.0.2.255'),
     'first of the IPv6 prefix', t6('2001:db8::'),
     'last of the IPv6 prefix', t6('2001:db8:ffff:ffff:ffff:ffff:ffff:ffff'),
     'echo request by ping', frame(ip4(p.icmp(8), ICMP, S4)),
     'echo request with code 3 by ping', frame(ip4(p.icmp(8, 3), ICMP, S4)),
     'echo request 6 by ping', frame(ip6(p.icmp(128), ICMP6, S6)),
     'allowed to multicast', frame(ip4(p.udp(22), UDP, S4, '224.0.0.251')),
     'allowed to broadcast', frame(ip4(p.udp(22), UDP, S4, '255.255.255.255')))
rows('web', 'not-allowed', 'UDP 443', u4(dport=443), 'TCP 21', t4(dport=21),
     'TCP 23', t4(dport=23), 'before the prefix', t4('192.0.1.255'),
     'behind the prefix', t4('192.0.3.0'), 'behind the IPv6 prefix', t6('2001:db9::'),
     'SCTP 22', frame(ip4(p.sctp(22), p.SCTP, S4)),
     'DCCP 22', frame(ip4(p.dccp(22), p.DCCP, S4)),
     'UDP-Lite 22', frame(ip4(p.udplite(22), p.UDPLITE, S4)),
     'echo reply in spite of ping', frame(ip4(p.icmp(0), ICMP, S4)),
     'ICMP type 128 is no echo request', frame(ip4(p.icmp(128), ICMP, S4)),
     'ICMPv6 type 8 is no echo request', frame(ip6(p.icmp(8), ICMP6, S6)),
     'ICMP within IPv6', frame(ip6(p.icmp(8), ICMP, S6)),
     'ICMPv6 within IPv4', frame(ip4(p.icmp(128), ICMP6, S4)),
     'source port 22', frame(ip4(p.tcp(40000, 22), TCP, S4)),
     'IPv4-compatible source', t6('::192.0.2.200'))
rows('deny', 'denied', 'deny wins over any', t4('192.0.2.9'),
     'deny of a prefix over IPv6', t6('2001:db8:1::9'),
     'deny of a port', t4('203.0.113.4'), 'deny of ping by all',
     frame(ip4(p.icmp(8), ICMP, '192.0.2.127')),
     'deny of GRE', frame(ip4(bytes(8), 47, '203.0.113.4')))
rows('deny', 'allowed', 'beside the deny', t4('192.0.2.128'),
     'other port than the denied', t4('203.0.113.4', 23),
     'SCTP beside a deny of TCP and UDP', frame(
         ip4(p.sctp(22), p.SCTP, '203.0.113.4')))
rows('nested', 'allowed', 'outer rule at the inner prefix', t4('10.1.1.1', 22),
     'middle rule at the inner prefix', t4('10.1.1.1', 80),
     'inner rule', t4('10.1.1.1', 443), 'outer rule at the denied', t4('10.1.1.200', 22),
     'outer IPv6 rule at the inner', t6('2001:db8:1::1', 22),
     'middle IPv6 rule beside the deny', t6('2001:db8:1:2::1', 80))
rows('nested', 'denied', 'deny inside', t4('10.1.1.200', 80),
     'IPv6 deny inside', t6('2001:db8:1:2::1', 22))
rows('nested', 'not-allowed', 'inner port at the outer prefix', t4('10.2.0.1', 443),
     'middle port at the outer prefix', t4('10.2.0.1', 80),
     'middle IPv6 port at the outer prefix', t6('2001:db8:2::1', 80))
rows('odd', 'allowed', 'SCTP by rule', frame(ip4(p.sctp(22), p.SCTP, S4)),
     'DCCP first of the range', frame(ip4(p.dccp(5000), p.DCCP, S4)),
     'DCCP last of the range', frame(ip4(p.dccp(5010), p.DCCP, S4)),
     'UDP-Lite by rule', frame(ip4(p.udplite(7), p.UDPLITE, S4)),
     'ESP by rule', frame(ip4(bytes(8), 50, S4)),
     'ESP without a byte', frame(ip4(b'', 50, S4)),
     'GRE by rule', frame(ip4(bytes(8), 47, S4)),
     'protocol 89 by rule', frame(ip4(bytes(8), 89, S4)),
     'IPIP by rule', frame(ip4(t4()[14:], 4, S4)),
     '6in4 by rule', frame(ip4(IP6_22, 41, S4)),
     'ESP by rule over IPv6', frame(ip6(bytes(8), 50, S6)),
     'mobility by rule', frame(ip6(bytes(8), 135, S6)),
     'protocol 6 holds for every port', t4('198.51.100.7', 9999))
rows('odd', 'not-allowed', 'SCTP 23', frame(ip4(p.sctp(23), p.SCTP, S4)),
     'DCCP behind the range', frame(ip4(p.dccp(5011), p.DCCP, S4)),
     'SCTP 22 of another source', frame(ip4(p.sctp(22), p.SCTP, '203.0.113.9')),
     'GRE over IPv6', frame(ip6(bytes(8), 47, S6)),
     'protocol 6 is no UDP', u4('198.51.100.7', 9999))
rows('on', 'allowed', 'port of xp0 on xp0', t4(dport=22), device='xp0')
rows('on', 'not-allowed', 'port of xp1 on xp0', t4(dport=80), device='xp0')
rows('on', 'allowed', 'port of xp1 on xp1', t4(dport=80),
     'port of all on xp1', t4(dport=443), device='xp1')
rows('on', 'denied', 'deny on xp1', t4('192.0.2.7', 443), device='xp1')
rows('on', 'allowed', 'deny of xp1 on xp0', t4('192.0.2.7', 443), device='xp0')
rows('on', 'not-allowed', 'port of xp0 where no rule names the device', t4(dport=22))
rows('on', 'allowed', 'port of all where no rule names the device', t4(dport=443))
rows('set', 'allowed', 'member of a set', t4(dport=443),
     'IPv6 member of a set', t6('2001:db8:5::1', 443),
     'single member of a set', u4('198.51.100.66', 53),
     'https over UDP', u4(dport=443), 'domain over UDP', u4(dport=53),
     'any, highest port', t4('203.0.113.3', 65535), 'any, lowest port',
     u4('203.0.113.3', 1), 'any over IPv6', t6('2001:db8:77::1', 65535))
rows('set', 'not-allowed', 'domain over TCP', t4(dport=53),
     'no member of a set', t4('198.51.100.67', 443),
     'any, highest port over UDP', u4('203.0.113.3', 65535))

INSIDE = t4()
rows('web', 'not-allowed', 'IPIP with an allowed packet inside',
     frame(ip4(IP4_22, 4, S4)), '6in4 with an allowed packet inside',
     frame(ip4(IP6_22, 41, S4)), 'GRE with an allowed packet inside',
     frame(ip4(b'\0\0\x08\0' + IP4_22, 47, S4)), 'VXLAN with an allowed packet inside',
     u4(upper=p.udp(4789, 40000, b'\x08' + bytes(7) + INSIDE)),
     'Teredo with an allowed packet inside', u4(upper=p.udp(3544, 40000, IP6_22)),
     'UDP to broadcast', u4(dport=53, to='255.255.255.255'),
     'TCP from 22 to multicast', t4(dport=23, to='224.0.0.251'),
     'UDP to an IPv6 group', frame(ip6(p.udp(5353), UDP, S6, 'ff02::fb')))

# --- more than one buffer ---
rows('web', 'allowed', 'GRO packet of 65,226 bytes', frame(
    ip4(p.tcp(22, flags=ACK, payload=bytes(65226 - 54)), TCP, S4)))
rows('web', 'not-allowed', 'GRO packet of a stranger', frame(
    ip4(p.tcp(22, flags=ACK, payload=bytes(65226 - 54)), TCP, '203.0.113.5')))
rows('web', 'allowed', 'jumbo frame', frame(ip4(p.tcp(22, payload=bytes(8000)), TCP, S4)),
     'jumbo frame with UDP', frame(ip4(p.udp(22, payload=bytes(8000)), UDP, S4)))
rows('web', 'not-allowed', 'jumbo frame of a stranger', frame(
    ip4(p.tcp(22, payload=bytes(8000)), TCP, '203.0.113.5')))
rows('web', 'malformed', 'jumbo frame whose UDP length lies', frame(
    ip4(p.udp(22, payload=bytes(8000), length=8009), UDP, S4)),
     'jumbo frame whose IP length lies', frame(
         ip4(p.udp(22, payload=bytes(8000)), UDP, S4, total=8029)))

# --- every byte of a packet missing ---
WHOLE = {
    'TCP': t4(), 'UDP': u4(), 'TCP behind options': t4(options=b'\x94\4\0\0'),
    'TCP over IPv6': t6(), 'TCP behind an IPv6 chain': t6(headers=[
        p.options6(0), p.routing(4), p.fragment6(), p.ah(), p.options6(60)]),
    'TCP inside two tags': frame(IP4_22, [STAG, TAG]),
    'error': error4(quoted4()), 'error over IPv6': error6(quoted6(8, dest(1))),
    'SCTP': frame(ip4(p.sctp(22), p.SCTP, S4)), 'echo': frame(ip6(p.icmp(128), 58, S6)),
}
for name, packet in WHOLE.items():
    rows('all', 'malformed', name + ' cut at every byte',
         [packet[:size] for size in range(14, len(packet))])
