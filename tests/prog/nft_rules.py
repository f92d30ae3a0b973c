# SPDX-License-Identifier: GPL-2.0-only
"""
The same rules in nftables' words. In: the rules that the oracle's parser read,
and what shall happen to what they allow and deny. Out: the text of a table for
nft -f: a chain a rule, all denies before all allows. Written so that each line
of it is seen to mean its rule; nothing is merged but the members of a set,
which nftables wants apart.

Must not: know packets, or how xdpwl looks rules up.
"""
import ipaddress

# An ingress chain reads ports in a later fragment of IPv4 too: these are marked.
MARK_LATER = 'ip frag-off & 0x1fff != 0 meta mark set 1'
NOT_LATER = 'meta mark 0 '
PORTED = {6: 'tcp', 17: 'udp', 132: 'sctp', 33: 'dccp', 136: 'udplite'}
FAMILY = {4: ('ip', ipaddress.IPv4Network), 6: ('ip6', ipaddress.IPv6Network)}


def network(prefix):
    family, length, bits = prefix
    kind = FAMILY[family][1]
    width = 32 if family == 4 else 128
    return kind((bits << (width - length), length))


def service_matches(service):
    """nftables' match or matches of one service; '' is everything."""
    if service[0] == 'all':
        return ['']
    if service[0] == 'ping':
        return [NOT_LATER + 'meta protocol ip icmp type echo-request',
                NOT_LATER + 'meta protocol ip6 icmpv6 type echo-request']
    if service[0] == 'proto':
        return ['meta l4proto %d' % service[1]]
    _, protocol, low, high = service
    return [NOT_LATER + '%s dport %s' % (
        PORTED[protocol], low if low == high else '%d-%d' % (low, high))]


def source_match(prefix):
    """A /0 is its family: nft would leave the match out, family and all."""
    word = FAMILY[prefix[0]][0]
    if not prefix[1]:
        return 'meta protocol ' + word
    return '%s saddr %s' % (word, network(prefix))


class Table:
    """One ruleset. `devices`: the device that stands for each interface's name;
    `allow` and `deny`: what a rule does."""

    def __init__(self, rules, devices, allow, deny):
        self.devices = devices
        self.sets, self.chains, self.base = [], [], []
        for action, act in (('deny', deny), ('allow', allow)):
            for rule in rules:
                if rule.action == action:
                    self.add(rule, act)

    def add(self, rule, act):
        if rule.on is not None and not any(name in self.devices
                                           for name in rule.on):
            return
        name = 'rule%d' % len(self.chains)
        self.chains.append((name, ['%s %s' % (match, act)
                                   for service in rule.services
                                   for match in service_matches(service)]))
        for match in self.sources(rule, name):
            self.base.append('%s%s jump %s' % (self.interfaces(rule), match, name))

    def interfaces(self, rule):
        if rule.on is None:
            return ''
        names = sorted(self.devices[name] for name in rule.on
                       if name in self.devices)
        return 'iifname { %s } ' % ', '.join('"%s"' % name for name in names)

    def sources(self, rule, name):
        if rule.source == 'any':
            return ['meta protocol ip', 'meta protocol ip6']
        if not rule.source.startswith('@'):
            return [source_match(prefix) for prefix in rule.prefixes]
        return [match for family in (4, 6)
                for match in self.add_set(rule, name, family)]

    def add_set(self, rule, name, family):
        members = [prefix for prefix in rule.prefixes if prefix[0] == family]
        if any(not length for _, length, _ in members):
            return [source_match((family, 0, 0))]
        if not members:
            return []
        word = FAMILY[family][0]
        apart = ipaddress.collapse_addresses(map(network, members))
        self.sets.append('set %s_%d { type ipv%d_addr; flags interval; '
                         'elements = { %s } }' % (
                             name, family, family, ', '.join(map(str, apart))))
        return ['%s saddr @%s_%d' % (word, name, family)]

    def text(self, table, head, sets=(), last=()):
        """The whole file, in place of what `table` (family and name) held. Lines
        of `head` stand before the rules, lines of `last` behind them."""
        lines = [*head, MARK_LATER, *self.base, *last]
        chains = ['chain %s {\n\t%s\n}' % (name, '\n\t'.join(body))
                  for name, body in self.chains + [('entrance', lines)]]
        return 'table %s\ndelete table %s\ntable %s {\n%s\n}\n' % (
            table, table, table, '\n'.join([*sets, *self.sets, *chains]))
