# SPDX-License-Identifier: GPL-2.0-only
"""
The oracle's view of a frame. In: bytes and where they start. Out: a Packet,
whose `bad_header` says that parsing stopped; or Malformed, or the LinkVerdict
of a frame that is no IP packet. Nothing beyond the IP length is ever looked
at.

Must not: know rules. Written from the manual, not from the program.
"""
ETH_VLAN = (0x8100, 0x88a8)
ETH_LINK_CONTROL = (0x8809, 0x888e, 0x88cc)
MAX_TAGS = 4
MAX_EXTENSIONS = 8
FIRST_ETHERTYPE = 0x600

HOP_BY_HOP, ROUTING, FRAGMENT, AH, NO_NEXT, DESTINATION = 0, 43, 44, 51, 59, 60
CHAIN = (HOP_BY_HOP, ROUTING, FRAGMENT, AH, DESTINATION)
ICMP, TCP, UDP, DCCP, ICMP6, SCTP, UDPLITE = 1, 6, 17, 33, 58, 132, 136
SMALLEST = {TCP: 20, UDP: 8, UDPLITE: 8, SCTP: 12, DCCP: 12}
SOURCE_ROUTES = (131, 137)
ERRORS = {4: (3, 11, 12), 6: (1, 2, 3, 4)}
REDIRECT = {4: 5, 6: 137}


class Malformed(Exception):
    """A header is cut short or lies."""


class LinkVerdict(Exception):
    """The link layer alone decided; the argument is the reason."""


class Packet:
    """What decide() asks. Absent fields are None."""
    __slots__ = ('family', 'source', 'destination', 'hop_limit', 'protocol',
                 'first', 'later', 'fragment_header', 'sport', 'dport', 'flags',
                 'icmp_type', 'icmp_code', 'identifier', 'embedded',
                 'datagram', 'offset', 'bad_header')

    def __init__(self, family):
        self.family = family
        self.protocol = self.sport = self.dport = self.flags = None
        self.icmp_type = self.icmp_code = self.identifier = None
        self.embedded = None	# an error's: a Packet, as far as it goes
        self.datagram = self.offset = None	# of a fragment: its name, its place
        self.first = self.later = self.fragment_header = False
        self.bad_header = False


def be16(data, at):
    return data[at] << 8 | data[at + 1]


def need(data, end):
    if len(data) < end:
        raise Malformed()


def dissect(frame, link, opened=()):
    """Link layer, IP header, extension headers, transport."""
    if link == 'none':
        need(frame, 1)
        version = frame[0] >> 4
        if version not in (4, 6):
            raise Malformed()
        return (ipv4 if version == 4 else ipv6)(frame)
    kind, data = ethernet(frame, opened)
    return ipv4(data) if kind == 0x0800 else ipv6(data)


def ethernet(frame, opened):
    """(EtherType, what follows) for IP; a verdict for everything else."""
    need(frame, 14)
    at, tags = 12, 0
    kind = be16(frame, at)
    while kind in ETH_VLAN:
        tags += 1
        if tags > MAX_TAGS:
            raise LinkVerdict('unknown-l2')
        need(frame, at + 6)
        at += 4
        kind = be16(frame, at)
    at += 2
    if kind in (0x0800, 0x86dd):
        return kind, frame[at:]
    if kind == 0x0806:
        raise LinkVerdict('arp')
    if kind in ETH_LINK_CONTROL or kind in opened:
        raise LinkVerdict('link-control')
    bridge = frame[:5] == b'\x01\x80\xc2\0\0' and frame[5] < 16
    if (kind < FIRST_ETHERTYPE and bridge
            and frame[at:at + 3] == b'\x42\x42\x03'):
        raise LinkVerdict('link-control')
    raise LinkVerdict('unknown-l2')


def ipv4(data):
    need(data, 20)
    header = (data[0] & 15) * 4
    total = be16(data, 2)
    if data[0] >> 4 != 4 or header < 20 or total < header:
        raise Malformed()
    need(data, total)
    data = data[:total]
    packet = Packet(4)
    packet.source = int.from_bytes(data[12:16], 'big')
    packet.destination = int.from_bytes(data[16:20], 'big')
    packet.hop_limit = data[8]
    packet.protocol = data[9]
    field = be16(data, 6)
    packet.later = bool(field & 0x1fff)
    packet.first = bool(field & 0x2000) and not packet.later
    packet.fragment_header = packet.later or packet.first
    packet.offset = field & 0x1fff
    packet.datagram = (packet.source, packet.destination, be16(data, 4),
                       packet.protocol)
    if source_routed(data[20:header]):
        packet.bad_header = True
        return packet
    if not packet.later:
        packet.bad_header = authenticated(packet, data[header:])
    return packet


def source_routed(options):
    """Walk IPv4 options; True at a source route."""
    at = 0
    while at < len(options):
        kind = options[at]
        if kind == 0:
            break
        if kind == 1:
            at += 1
            continue
        if at + 1 >= len(options):
            raise Malformed()
        size = options[at + 1]
        if size < 2 or at + size > len(options):
            raise Malformed()
        if kind in SOURCE_ROUTES:
            return True
        at += size
    return False


def authenticated(packet, data):
    """IPv4: through AH headers to the transport; True: a bad header."""
    for _ in range(MAX_EXTENSIONS):
        if packet.protocol != AH:
            return transport(packet, data)
        size = extension_size(AH, data)
        packet.protocol = data[0]
        data = data[size:]
    return packet.protocol == AH or transport(packet, data)


def extension_size(kind, data):
    """Bytes of an extension header that lies wholly in data."""
    if kind == FRAGMENT:
        size = 8
    else:
        need(data, 2)
        size = (data[1] + 2) * 4 if kind == AH else (data[1] + 1) * 8
    need(data, size)
    if kind == AH and size < 12:
        raise Malformed()
    return size


def ipv6(data):
    need(data, 40)
    if data[0] >> 4 != 6:
        raise Malformed()
    end = 40 + be16(data, 4)
    need(data, end)
    packet = Packet(6)
    packet.source = int.from_bytes(data[8:24], 'big')
    packet.destination = int.from_bytes(data[24:40], 'big')
    packet.hop_limit = data[7]
    packet.bad_header = chain(packet, data[6], data[40:end])
    return packet


def chain(packet, kind, data):
    """IPv6: through the extension headers to the transport."""
    seen = 0
    while kind in CHAIN:
        seen += 1
        if seen > MAX_EXTENSIONS:
            return True
        size = extension_size(kind, data)
        if kind == ROUTING and (data[2] == 0 or data[3] != 0):
            return True
        if kind == FRAGMENT:
            if packet.fragment_header:
                return True
            packet.fragment_header = True
            field = be16(data, 2)
            packet.later = field >= 8
            packet.first = field & 1 == 1 and not packet.later
            packet.offset = field >> 3
            packet.datagram = (packet.source, packet.destination, data[4:8])
            if packet.later:
                packet.protocol = data[0]
                return False
        kind = data[0]
        data = data[size:]
    if kind == NO_NEXT:
        return True
    packet.protocol = kind
    return transport(packet, data)


def transport(packet, data):
    """Ports, flags and types of what is no later fragment; True: bad header."""
    protocol = packet.protocol
    if protocol == (ICMP if packet.family == 4 else ICMP6):
        return icmp(packet, data)
    if protocol not in SMALLEST:
        return False
    if packet.first and len(data) < (20 if protocol == TCP else 4):
        return True
    if protocol in (TCP, UDP) or not packet.first:
        need(data, SMALLEST[protocol])
    if protocol == TCP:
        header = (data[12] >> 4) * 4
        if header < 20:
            raise Malformed()
        if header > len(data):
            if packet.first:
                return True
            raise Malformed()
        packet.flags = data[13]
    if protocol == UDP:
        size = be16(data, 4)
        if size < 8 or (size > len(data) and not packet.first):
            raise Malformed()
    packet.sport, packet.dport = be16(data, 0), be16(data, 2)
    return packet.dport == 0


def icmp(packet, data):
    need(data, 8)
    packet.icmp_type, packet.icmp_code = data[0], data[1]
    packet.identifier = be16(data, 4)
    if data[0] in ERRORS[packet.family]:
        packet.embedded = (embedded4 if packet.family == 4
                           else embedded6)(data[8:])
    return data[0] == REDIRECT[packet.family]


def embedded4(data):
    """At least 8 bytes of the upper layer behind a whole IPv4 header."""
    need(data, 20)
    header = (data[0] & 15) * 4
    if data[0] >> 4 != 4 or header < 20:
        raise Malformed()
    packet = Packet(4)
    packet.source = int.from_bytes(data[12:16], 'big')
    packet.destination = int.from_bytes(data[16:20], 'big')
    packet.protocol = data[9]
    packet.later = bool(be16(data, 6) & 0x1fff)
    need(data, header + 8)
    data = data[header:]
    for _ in range(MAX_EXTENSIONS):
        if packet.protocol != AH or packet.later:
            break
        try:
            size = extension_size(AH, data)
            need(data, size + 8)
        except Malformed:
            packet.later = True	# what AH holds was cut off: nobody's
            break
        packet.protocol, data = data[0], data[size:]
    return embedded_upper(packet, data)


def embedded6(data):
    """The same behind an IPv6 header and its extension headers."""
    need(data, 40)
    if data[0] >> 4 != 6:
        raise Malformed()
    packet = Packet(6)
    packet.source = int.from_bytes(data[8:24], 'big')
    packet.destination = int.from_bytes(data[24:40], 'big')
    kind, data, seen = data[6], data[40:], 0
    while kind in CHAIN and not packet.later:
        seen += 1
        if seen > MAX_EXTENSIONS:
            raise Malformed()
        size = extension_size(kind, data)
        packet.later = kind == FRAGMENT and be16(data, 2) >= 8
        kind = data[0]
        data = data[size:]
    packet.protocol = kind
    return embedded_upper(packet, data)


def embedded_upper(packet, data):
    """Eight bytes are enough for all that is asked."""
    need(data, 8)
    if packet.protocol == (ICMP if packet.family == 4 else ICMP6):
        packet.icmp_type, packet.identifier = data[0], be16(data, 4)
    else:
        packet.sport, packet.dport = be16(data, 0), be16(data, 2)
    return packet
