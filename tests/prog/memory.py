# SPDX-License-Identifier: GPL-2.0-only
"""
What packets leave behind, to the oracle. In: frames that leave, and decisions
that rules alone made on packets that came in. Out: the decision of a program
that remembers. Nothing ends by time or for want of room here: who asks forgets
in time.

Must not: know how the kernel's tables look. Written from the manual.
"""
import copy

from dissect import (DCCP, ICMP, ICMP6, SCTP, TCP, UDP, UDPLITE, LinkVerdict,
                     Malformed, dissect)
from oracle import ECHO_REQUEST, Decision, judge

ECHO_REPLY = {4: (ICMP, 0), 6: (ICMP6, 129)}
WITH_PORTS = (TCP, UDP, SCTP, DCCP, UDPLITE)
FIN, SYN, RST, ACK = 1, 2, 4, 16


def echo_of(packet, pair):
    return (packet.protocol, packet.icmp_type) == pair[packet.family]


def is_multicast(packet):
    if packet.family == 4:
        return packet.destination >> 28 == 14
    return packet.destination >> 120 == 0xff


class Memory:
    """One host's. Flows by (family, protocol, remote, local, remote's port,
    local port or identifier), datagrams by what names them."""

    def __init__(self):
        self.flows = set()
        self.datagrams = {}	# name -> whether TCP began one

    # --- outward ---

    def sends(self, ruleset, frame, link='ethernet'):
        try:
            packet = dissect(frame, link)
        except (Malformed, LinkVerdict):
            return
        if packet.later or is_multicast(packet):
            return
        if packet.protocol == TCP:
            starts = packet.flags & (SYN | ACK | FIN | RST) == SYN
        elif packet.protocol == UDP:
            starts = not self.would_answer(ruleset, packet)
        else:
            starts = echo_of(packet, ECHO_REQUEST)
        if starts:
            ports = (0, packet.identifier) if packet.dport is None else \
                (packet.dport, packet.sport)
            self.flows.add((packet.family, packet.protocol, packet.destination,
                            packet.source) + ports)

    @staticmethod
    def would_answer(ruleset, packet):
        """Whether the rules let in what this packet answers."""
        asked = copy.copy(packet)
        asked.source, asked.dport = packet.destination, packet.sport
        return judge(ruleset, asked, None).reason == 'allowed'

    # --- inward ---

    def decide(self, ruleset, decision, interface):
        """The decision on a packet, by rules alone, of a program that remembers."""
        packet, reason = decision.packet, decision.reason
        if reason == 'fragment' and self.follows(packet):
            decision = Decision('admitted', packet=packet)
        elif reason == 'not-allowed':
            if self.is_reply(packet):
                decision = Decision('reply', packet=packet)
            elif self.is_our_error(ruleset, packet, interface):
                decision = Decision('icmp-error', packet=packet)
        if packet and packet.first and decision.verdict == 'pass':
            self.datagrams[packet.datagram] = packet.protocol == TCP or \
                self.datagrams.get(packet.datagram, False)
        return decision

    def follows(self, packet):
        tcp = self.datagrams.get(packet.datagram)
        return tcp is False or (tcp is True and packet.offset != 1)

    def is_reply(self, packet):
        if packet.protocol == TCP and packet.flags & (SYN | ACK) == SYN:
            return False
        if packet.protocol in (TCP, UDP):
            ports = packet.sport, packet.dport
        elif echo_of(packet, ECHO_REPLY):
            ports = 0, packet.identifier
        else:
            return False
        return (packet.family, packet.protocol, packet.source,
                packet.destination) + ports in self.flows

    def is_our_error(self, ruleset, packet, interface):
        """An error about what we sent: in a flow, or to whom a rule lets in."""
        ours = packet.embedded
        if ours is None or ours.later or ours.source != packet.destination:
            return False
        if ours.protocol in (TCP, UDP):
            ports = ours.dport, ours.sport
        elif echo_of(ours, ECHO_REQUEST):
            ports = 0, ours.identifier
        else:
            ports = None
        if ports and (ours.family, ours.protocol, ours.destination,
                      ours.source) + ports in self.flows:
            return True
        return not echo_of(ours, ECHO_REQUEST) and \
            self.allowed_there(ruleset, ours, interface)

    @staticmethod
    def allowed_there(ruleset, ours, interface):
        asked = copy.copy(ours)
        asked.source = ours.destination
        asked.dport = ours.sport if ours.protocol in WITH_PORTS else None
        if echo_of(ours, ECHO_REPLY):
            asked.icmp_type = ECHO_REQUEST[ours.family][1]
        return judge(ruleset, asked, interface).reason == 'allowed'
