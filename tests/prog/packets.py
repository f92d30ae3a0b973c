# SPDX-License-Identifier: GPL-2.0-only
"""
Packets from parts: struct and bytes, nothing else, so that lies are as easy to
write as truths. Addresses are integers or text; every length and number has a
right default and can be overridden. Checksums stay 0: they are the stack's
business.
"""
import ipaddress
import struct

TCP, UDP, SCTP, DCCP, UDPLITE, ICMP, ICMP6 = 6, 17, 132, 33, 136, 1, 58
HOP_BY_HOP, ROUTING, FRAGMENT, AH, NO_NEXT, DESTINATION = 0, 43, 44, 51, 59, 60
FIN, SYN, RST, PSH, ACK, URG = 1, 2, 4, 8, 16, 32
MORE = 0x2000	# IPv4: more fragments

HOST4, HOST6 = '198.51.100.1', '2001:db8:ffff::1'
MAC, HOST_MAC = b'\x02\0\0\0\0\x02', b'\x02\0\0\0\0\x01'
BRIDGES = b'\x01\x80\xc2\0\0\0'


def address(value, size):
    if isinstance(value, str):
        return ipaddress.ip_address(value).packed
    return value.to_bytes(size, 'big')


def ethernet(payload, kind=0x0800, tags=(), to=HOST_MAC, source=MAC):
    """tags: (EtherType of the tag, TCI), outermost first."""
    stack = b''.join(struct.pack('!HH', *tag) for tag in tags)
    return to + source + stack + struct.pack('!H', kind) + payload


def frame(packet, tags=(), source=MAC):
    """An IP packet behind the Ethernet header that fits its version."""
    kind = 0x86dd if packet[:1] and packet[0] >> 4 == 6 else 0x0800
    return ethernet(packet, kind, tags, source=source)


def ip4(payload, protocol, source, to=HOST4, ttl=64, options=b'', fragment=0,
        ident=1, total=None, words=None, version=4):
    """fragment: the whole 16-bit field; words: the header length field."""
    size = 20 + len(options)
    words = size // 4 if words is None else words
    total = size + len(payload) if total is None else total
    return struct.pack('!BBHHHBBH', version << 4 | words & 15, 0,
                       total & 0xffff, ident, fragment, ttl, protocol,
                       0) + address(source, 4) + address(to, 4) + \
        options + payload


def ip6(payload, protocol, source, to=HOST6, hop_limit=64, length=None,
        version=6):
    length = len(payload) if length is None else length
    return struct.pack('!IHBB', version << 28, length & 0xffff, protocol,
                       hop_limit) + address(source, 16) + address(to, 16) + \
        payload


def extended(payload, protocol, headers):
    """(first header's number, bytes): extension headers, outermost first; each
    is (number, function of the next number)."""
    for number, build in reversed(headers):
        payload = build(protocol) + payload
        protocol = number
    return protocol, payload


def ip6x(payload, protocol, source, headers, **more):
    """An IPv6 packet with extension headers."""
    protocol, payload = extended(payload, protocol, headers)
    return ip6(payload, protocol, source, **more)


def options6(number, eights=0):
    """Hop-by-hop or destination options: one PadN of 8 (n + 1) bytes."""
    size = 4 + 8 * eights
    body = b'\1' + bytes([min(size, 255)]) + bytes(size) if size < 256 else \
        bytes(size + 2)
    return number, lambda following: bytes([following, eights]) + body


def routing(kind=4, left=0, eights=0):
    return ROUTING, lambda following: bytes(
        [following, eights, kind, left]) + bytes(4 + 8 * eights)


def fragment6(offset=0, more=0, ident=1, reserved=0):
    """offset in units of 8 bytes."""
    field = offset << 3 | reserved << 1 | more
    return FRAGMENT, lambda following: struct.pack(
        '!BBHI', following, 0, field, ident)


def ah(words=4):
    """The length field is in 4-byte words minus 2; 1 is the smallest whole."""
    size = max((words + 2) * 4, 8)
    return AH, lambda following: bytes([following, words]) + bytes(size - 2)


def ah4(payload, protocol, words=4):
    return ah(words)[1](protocol) + payload


def tcp(dport, sport=40000, flags=SYN, payload=b'', words=None, options=b''):
    words = 5 + len(options) // 4 if words is None else words
    return struct.pack('!HHIIBBHHH', sport, dport, 1, 0, words << 4, flags,
                       1024, 0, 0) + options + payload


def udp(dport, sport=40000, payload=b'', length=None):
    length = 8 + len(payload) if length is None else length
    return struct.pack('!HHHH', sport, dport, length & 0xffff, 0) + payload


def udplite(dport, sport=40000, payload=b'', coverage=0):
    return struct.pack('!HHHH', sport, dport, coverage, 0) + payload


def sctp(dport, sport=40000, payload=b''):
    return struct.pack('!HHII', sport, dport, 0, 0) + payload


def dccp(dport, sport=40000, payload=b'\0\0\0\0'):
    return struct.pack('!HHBBHBBH', sport, dport, 4, 0, 0, 0, 0, 0) + payload


def icmp(kind, code=0, payload=b'', rest=0):
    return struct.pack('!BBHI', kind, code, 0, rest) + payload


def lldp():
    return ethernet(b'\x02\x07\x04' + MAC + b'\0\0', 0x88cc)


def arp(operation=1):
    return ethernet(struct.pack('!HHBBH', 1, 0x800, 6, 4, operation) + MAC +
                    bytes(4) + bytes(6) + bytes(4), 0x0806)


def spanning_tree(to=BRIDGES, llc=b'\x42\x42\x03', tags=()):
    body = llc + bytes(35)
    return ethernet(body + bytes(8), len(body), tags, to=to)
