# SPDX-License-Identifier: GPL-2.0-only
"""
Where xdpwl owes another verdict than nftables, row by row of what the manual
says about packets. In: a frame, and what nftables said of it. Out: the verdict
owed and the row that it is owed by; None as row: nftables' own word. What a
row is comes from the oracle; the oracle's judgement by rules is not asked.

Must not: excuse a packet by anything but a row of ROWS.
"""
import struct

import dissect
import oracle
import packets as p

# In the order in which they decide: before the rules, then behind them.
DROPPING = ('malformed', 'unknown-l2', 'bad-source', 'bad-header', 'bad-flags')
PASSING = ('arp', 'link-control', 'neighbour', 'multicast', 'dhcp')
BEHIND = ('fragment', 'icmp-error')
ROWS = DROPPING + PASSING + BEHIND
# nftables takes no frame of unknown kind either; the others all must matter.
NEEDED = [row for row in ROWS if row != 'unknown-l2']
ECHO, ECHO_REPLY = {4: 8, 6: 128}, {4: 0, 6: 129}


def early_row(model, frame):
    """(row or None, Packet or None): what decides before the rules are asked."""
    try:
        packet = dissect.dissect(frame, 'ethernet', model.options['ethertype'])
    except dissect.Malformed:
        return 'malformed', None
    except dissect.LinkVerdict as verdict:
        return verdict.args[0], None
    if oracle.impossible_source(packet, model):
        return 'bad-source', packet
    if packet.bad_header:
        return 'bad-header', packet
    if oracle.impossible_flags(packet):
        return 'bad-flags', packet
    return oracle.essential(packet, model), packet


def network_at(frame):
    """Where the network header starts, behind any tags."""
    at = 12
    while dissect.be16(frame, at) in dissect.ETH_VLAN:
        at += 4
    return at + 2


def plain(frame, packet):
    """What nftables is asked about: it sees one tag at most and stops at AH,
    where xdpwl owes what lies inside."""
    at = network_at(frame)
    if at > 18:
        frame, at = frame[:16] + frame[at - 2:], 18
    if packet.family == 6:
        return frame[:at] + without_ah6(frame[at:])
    return frame if packet.later else frame[:at] + without_ah4(frame[at:])


def without_ah6(data):
    kind, at, field = data[6], 40, 6	# where the header's number stands
    while kind in dissect.CHAIN:
        size = dissect.extension_size(kind, data[at:])
        if kind == p.FRAGMENT and dissect.be16(data, at + 2) >= 8:
            break
        kind = data[at]
        if data[field] != p.AH:
            field, at = at, at + size
            continue
        data = data[:4] + struct.pack('!H', dissect.be16(data, 4) - size) + \
            data[6:field] + bytes([kind]) + data[field + 1:at] + data[at + size:]
    return data


def without_ah4(data):
    size = (data[0] & 15) * 4
    while data[9] == p.AH:
        following, words = data[size], data[size + 1]
        cut = (words + 2) * 4
        data = data[:2] + struct.pack('!H', dissect.be16(data, 2) - cut) + \
            data[4:9] + bytes([following]) + data[10:size] + data[size + cut:]
    return data


def walk6(data):
    """(kind, offset) of the first header that is no extension header, and the
    offset of the fragment header or None, where the walk ends for a later one."""
    kind, at, fragment = data[6], 40, None
    while kind in dissect.CHAIN:
        size = dissect.extension_size(kind, data[at:])
        if kind == p.FRAGMENT:
            fragment = at
            if dissect.be16(data, at + 2) >= 8:
                break
        kind, at = data[at], at + size
    return kind, at, fragment


class Fragments:
    """First fragments that passed, by what names their datagram."""

    def __init__(self):
        self.passed = {}

    @staticmethod
    def name(packet, frame):
        """(name, offset in units of 8 bytes)"""
        data = frame[network_at(frame):]
        where = packet.source, packet.destination
        if packet.family == 4:
            return where + (dissect.be16(data, 4), data[9]), \
                dissect.be16(data, 6) & 0x1fff
        at = walk6(data)[2]
        return where + (data[at + 4:at + 8],), dissect.be16(data, at + 2) >> 3

    def passes(self, packet, frame):
        """A packet passed; a first fragment is remembered, and whether any of its
        name had TCP inside."""
        if packet is not None and packet.first:
            name = self.name(packet, frame)[0]
            self.passed[name] = (self.passed.get(name, False)
                                 or packet.protocol == p.TCP)

    def follows(self, packet, frame):
        """Whether a later fragment comes behind one that passed."""
        name, offset = self.name(packet, frame)
        has_flags = self.passed.get(name)
        return has_flags is not None and not (has_flags and offset == 1)


def is_error(packet):
    return (not packet.later and packet.icmp_type is not None
            and packet.icmp_type in dissect.ERRORS[packet.family])


def answer_to_quoted(packet):
    """For an ICMP error: the frame that would answer the packet it quotes, for
    nftables to judge; None: not a packet of ours, or it has no answer. Read
    through AH like everything; where what it holds is cut off, it has none."""
    quoted = packet.embedded
    if quoted.later or quoted.source != packet.destination:
        return None
    upper = answer(quoted)
    build = p.ip4 if packet.family == 4 else p.ip6
    return upper and p.frame(build(upper, quoted.protocol, quoted.destination,
                                   quoted.source))


def answer(quoted):
    """The upper layer of the answer: ports in the other order, a request for the
    reply. A request has an answer that no rule speaks of."""
    if quoted.icmp_type is None:
        return struct.pack('!HH', quoted.dport, quoted.sport) + bytes(40)
    if quoted.icmp_type == ECHO[quoted.family]:
        return None
    if quoted.icmp_type == ECHO_REPLY[quoted.family]:
        return p.icmp(ECHO[quoted.family], 0, bytes(8))
    return p.icmp(quoted.icmp_type, 0, bytes(8))


def owed(row, packet, said, quoted, follows):
    """(verdicts, row): `row` is early_row()'s, `said` nftables' word on the packet
    and `quoted` its word on the answer to what it quotes. Two verdicts for what
    nftables cannot tell: the protocol of a later fragment of IPv6 that names an
    extension header, of which a rule may deny it."""
    if row:
        return ('pass' if row in PASSING else 'drop',), row
    if said == 'deny':
        return ('drop',), None
    if packet.later:
        if not follows:
            return ('drop',), 'fragment'
        unclear = packet.family == 6 and packet.protocol in dissect.CHAIN
        return ('pass', 'drop')[:1 + unclear], 'fragment'
    if said == 'allow':
        return ('pass',), None
    if is_error(packet) and quoted == 'allow':
        return ('pass',), 'icmp-error'
    return ('drop',), None
