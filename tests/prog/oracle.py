# SPDX-License-Identifier: GPL-2.0-only
"""
The oracle: what must happen to a packet under rules. In: rules text and the
bytes of a frame. Out: verdict, reason and deciding rules. It models the
sections 1 and 2 of the manual from its words and shares no code or table with
the program; what packets leave behind is memory.py's.

Must not: touch the network, read pins, know how the kernel's tables look.
"""
from dissect import LinkVerdict, Malformed, dissect
from language import parse_rules

PASSING = {'arp', 'link-control', 'neighbour', 'multicast', 'dhcp', 'admitted',
           'allowed', 'reply', 'icmp-error'}
REASONS = ('malformed', 'arp', 'link-control', 'unknown-l2', 'bad-source',
           'bad-header', 'bad-flags', 'neighbour', 'multicast', 'dhcp',
           'denied', 'fragment', 'admitted', 'allowed', 'reply', 'icmp-error',
           'not-allowed')

LINK_LOCAL = 0xfe80 >> 6
SYN_FIN, SYN_RST, XMAS, ACK, CLASSIC = 0x03, 0x06, 0x29, 0x10, 0x3f
ECHO_REQUEST = {4: (1, 8), 6: (58, 128)}
UNSPECIFIED_MAY_SEND = (133, 135, 130, 131, 132, 143)
MLD = (130, 131, 132, 143)
NEIGHBOUR = (133, 134, 135, 136)
ROUTER_ADVERTISEMENT = 134


class Decision:
    """verdict 'pass' or 'drop', reason, and the rules that may be named as the
    deciding one: [] where no rule decided, one where the manual is exact."""
    __slots__ = ('verdict', 'reason', 'rules', 'packet')

    def __init__(self, reason, rules=(), packet=None):
        self.reason = reason
        self.verdict = 'pass' if reason in PASSING else 'drop'
        self.rules = rules
        self.packet = packet

    def __repr__(self):
        return '%s (%s)%s' % (self.verdict, self.reason, ''.join(
            ' by "%s"' % rule.text for rule in self.rules))


class Ruleset:
    """Rules text made ready for questions. Rules and set members lie in one
    dictionary a prefix length, so a question costs what lengths there are."""

    def __init__(self, text, read_file=None):
        parsed = parse_rules(text, read_file)
        self.text = text
        self.rules = parsed.rules
        self.options = parsed.options
        self.interfaces = parsed.interfaces
        self.sets = parsed.sets
        self.tables = {4: {}, 6: {}}
        self.any = [rule for rule in self.rules if rule.source == 'any']
        for rule in self.rules:
            for family, length, network in rule.prefixes:
                table = self.tables[family].setdefault(length, {})
                table.setdefault(network, []).append(rule)

    def covering(self, family, address):
        """(prefix length, rule) of every rule whose source holds the address;
        `any` counts as shorter than all."""
        width = 32 if family == 4 else 128
        found = [(-1, rule) for rule in self.any]
        for length, table in self.tables[family].items():
            for rule in table.get(address >> (width - length), ()):
                found.append((length, rule))
        return found


def holds_on(rule, interface):
    return rule.on is None or interface in rule.on


def service_covers(service, packet):
    """One service of a rule against a packet. A later fragment has its protocol
    number and nothing else."""
    kind = service[0]
    if kind == 'all':
        return True
    if kind == 'proto':
        return packet.protocol == service[1]
    if packet.later:
        return False
    if kind == 'ping':
        return (packet.protocol, packet.icmp_type) == ECHO_REQUEST[packet.family]
    return (packet.protocol == service[1] and packet.dport is not None
            and service[2] <= packet.dport <= service[3])


def covers(rule, packet, interface):
    return holds_on(rule, interface) and any(
        service_covers(service, packet) for service in rule.services)


def most_telling(candidates):
    """The rule that a packet is counted to: the longest prefix, then the lowest
    id. Where ids are unknown, or `any` meets a /0, several may be named."""
    longest = max(length for length, _ in candidates)
    if longest == 0:
        best = [rule for length, rule in candidates if length <= 0]
    else:
        best = [rule for length, rule in candidates if length == longest]
    unique = list(dict.fromkeys(best))
    if longest != 0 and all(rule.id is not None for rule in unique):
        return [min(unique, key=lambda rule: rule.id)]
    return unique


def impossible_source(packet, ruleset):
    """The closed list."""
    source = packet.source
    if packet.family == 4:
        if source == packet.destination:
            return True
        if source == 0:
            asks = (packet.protocol == 17 and packet.sport == 68
                    and packet.dport == 67)
            return not asks and packet.protocol != 2
        first = source >> 24
        if first >= 240:
            return not ruleset.options['class-e'] or source == 0xffffffff
        return first in (0, 127) or first >= 224
    if source == packet.destination or source == 1:
        return True
    if source == 0:
        return (packet.protocol != 58
                or packet.icmp_type not in UNSPECIFIED_MAY_SEND)
    return source >> 120 == 0xff or source >> 32 == 0xffff


def impossible_flags(packet):
    flags = packet.flags
    if flags is None:
        return False
    return (flags & SYN_FIN == SYN_FIN or flags & SYN_RST == SYN_RST
            or flags & (XMAS | ACK) == XMAS or not flags & CLASSIC)


def essential(packet, ruleset):
    """What the link itself would die without; None: nothing of it."""
    if packet.later:
        return None
    link_local = packet.family == 6 and packet.source >> 118 == LINK_LOCAL
    if packet.family == 6 and packet.protocol == 58:
        kind = packet.icmp_type
        if (kind in NEIGHBOUR and packet.hop_limit == 255
                and packet.icmp_code == 0 and not packet.fragment_header):
            if kind != ROUTER_ADVERTISEMENT:
                return 'neighbour'
            if link_local and ruleset.options['ra']:
                return 'neighbour'
        if (kind in MLD and packet.hop_limit == 1
                and (link_local or packet.source == 0)):
            return 'multicast'
    if (packet.family == 4 and packet.protocol == 2 and packet.hop_limit == 1
            and packet.destination >> 28 == 14):
        return 'multicast'
    if packet.protocol == 17:
        if packet.family == 4 and (packet.sport, packet.dport) == (67, 68):
            return 'dhcp'
        if (packet.family == 6 and link_local
                and (packet.sport, packet.dport) == (547, 546)):
            return 'dhcp'
    return None


def judge(ruleset, packet, interface):
    """The rules' word on a packet that everything before let through."""
    candidates = [(length, rule) for length, rule
                  in ruleset.covering(packet.family, packet.source)
                  if covers(rule, packet, interface)]
    denies = [c for c in candidates if c[1].action == 'deny']
    if denies:
        return Decision('denied', most_telling(denies), packet)
    if packet.later:
        return Decision('fragment', packet=packet)
    if candidates:
        return Decision('allowed', most_telling(candidates), packet)
    return Decision('not-allowed', packet=packet)


def decide(ruleset, frame, link='ethernet', interface=None):
    """The decision on a frame that came in on an interface."""
    try:
        packet = dissect(frame, link, ruleset.options['ethertype'])
    except Malformed:
        return Decision('malformed')
    except LinkVerdict as verdict:
        return Decision(verdict.args[0])
    if impossible_source(packet, ruleset):
        return Decision('bad-source', packet=packet)
    if packet.bad_header:
        return Decision('bad-header', packet=packet)
    if impossible_flags(packet):
        return Decision('bad-flags', packet=packet)
    reason = essential(packet, ruleset)
    if reason:
        return Decision(reason, packet=packet)
    return judge(ruleset, packet, interface)
