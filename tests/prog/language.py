# SPDX-License-Identifier: GPL-2.0-only
"""
The oracle's own small parser of the rules language. In: text that is known to
be valid. Out: rules, options, interfaces and sets as plain Python values. Text
that it does not understand is a ValueError, never a guess.

Must not: share anything with the command's parser.
"""
import ipaddress
import re

PORT_PROTOCOLS = {'tcp': 6, 'udp': 17, 'sctp': 132, 'dccp': 33, 'udplite': 136}
# As the manual page lists them; `ipip` is what the kernel calls protocol 4.
PROTOCOLS = {'icmp': 1, 'igmp': 2, 'ipip': 4, 'dccp': 33, 'ipv6': 41, 'gre': 47,
             'esp': 50, 'ah': 51, 'ipv6-icmp': 58, 'icmpv6': 58, 'ospf': 89,
             'pim': 103, 'vrrp': 112, 'sctp': 132, 'udplite': 136}
WORDS = re.compile(r'"((?:[^"\\]|\\["\\])*)"|([^\s"]+)')


class Rule:
    """action, source ('any', '@name' or a prefix), prefixes [(family, length,
    network >> host bits)], services, on (None or a frozenset), id (None until
    told), text as written."""
    __slots__ = ('action', 'source', 'prefixes', 'services', 'on', 'id', 'text')

    def key(self):
        """What makes two lines the same rule."""
        return (self.action, self.source, frozenset(self.services), self.on)


class Parsed:
    def __init__(self):
        self.rules, self.sets, self.interfaces = [], {}, {}
        self.options = {'ra': True, 'class-e': False, 'ethertype': set()}


def split_words(line):
    """Words of a line; quotes are taken off, a comment ends it."""
    words, at = [], 0
    while True:
        while at < len(line) and line[at].isspace():
            at += 1
        if at == len(line) or line[at] == '#':
            return words
        match = WORDS.match(line, at)
        if not match:
            raise ValueError('unclosed quote: ' + line)
        if match.group(1) is not None:
            words.append(re.sub(r'\\(.)', r'\1', match.group(1)))
        else:
            words.append(match.group(2))
        at = match.end()


def read_services_file(path='/etc/services'):
    """{name: [(protocol number, port)]}, aliases included."""
    services = {}
    with open(path) as f:
        for line in f:
            words = line.split('#')[0].split()
            if len(words) < 2:
                continue
            port, protocol = words[1].split('/')
            if protocol not in PORT_PROTOCOLS:
                continue
            for name in [words[0]] + words[2:]:
                services.setdefault(name, []).append(
                    (PORT_PROTOCOLS[protocol], int(port)))
    return services


SERVICES = read_services_file()


def parse_service(word):
    """('all',), ('ping',), ('proto', number) or ('port', protocol, low, high)."""
    if word in ('all', 'ping'):
        return [(word,)]
    if word in PROTOCOLS:
        return [('proto', PROTOCOLS[word])]
    if word.startswith('proto:'):
        return [('proto', int(word[6:]))]
    name, slash, protocol = word.partition('/')
    numeric = re.fullmatch(r'(\d+)(?:-(\d+))?', name)
    if not numeric:
        return [('port', number, port, port) for number, port in SERVICES[name]
                if not slash or number == PORT_PROTOCOLS[protocol]]
    low = int(numeric.group(1))
    high = int(numeric.group(2) or low)
    numbers = [PORT_PROTOCOLS[protocol]] if slash else [6, 17]
    return [('port', number, low, high) for number in numbers]


def parse_prefix(word):
    """(family, length, network without its host bits)."""
    network = ipaddress.ip_network(word)
    width = network.max_prefixlen
    return (network.version, network.prefixlen,
            int(network.network_address) >> (width - network.prefixlen))


def normal_prefix(word):
    return str(ipaddress.ip_network(word))


def parse_rule(words, line, sets):
    rule = Rule()
    rule.action, rule.id, rule.text, rule.on = words[0], None, line.strip(), None
    rule.source, at = words[1], 2
    rule.services = [('all',)]
    if at < len(words) and words[at] not in ('on', 'comment'):
        rule.services = list(dict.fromkeys(
            service for word in words[at].split(',')
            for service in parse_service(word)))
        at += 1
    elif rule.action == 'allow':
        raise ValueError('allow without services: ' + line)
    while at < len(words):
        if words[at] == 'on':
            rule.on = frozenset(words[at + 1].split(','))
        elif words[at] != 'comment':
            raise ValueError('unknown word %s: %s' % (words[at], line))
        at += 2
    if rule.source.startswith('@'):
        rule.prefixes = sorted(set(sets[rule.source[1:]]))
    elif rule.source == 'any':
        rule.prefixes = []
    else:
        rule.prefixes = [parse_prefix(rule.source)]
        rule.source = normal_prefix(rule.source)
    return rule


def read_members(text):
    """A set file: a prefix a line, or the first field of a comma-separated one."""
    words = (line.split('#')[0].split(',')[0].strip()
             for line in text.splitlines())
    return [parse_prefix(word) for word in words if word]


def read_path(path):
    with open(path) as f:
        return f.read()


def parse_option(options, words):
    if words[1] == 'ethertype':
        options['ethertype'].add(int(words[2], 16))
    else:
        options[words[1]] = words[2] == 'on'


def parse_rules(text, read_file=None):
    """The whole file. Sets may stand behind the rules that name them."""
    parsed = Parsed()
    lines = [(split_words(line), line) for line in text.splitlines()]
    lines = [(words, line) for words, line in lines if words]
    for words, line in lines:
        if words[0] == 'set':
            members = ([parse_prefix(word) for word in words[2:]]
                       if words[2:3] != ['file']
                       else read_members((read_file or read_path)(words[3])))
            parsed.sets.setdefault(words[1], []).extend(members)
        elif words[0] == 'option':
            parse_option(parsed.options, words)
        elif words[0] == 'interface':
            parsed.interfaces[words[1]] = words[2:]
        elif words[0] not in ('allow', 'deny'):
            raise ValueError('unknown statement: ' + line)
    parsed.rules = [parse_rule(words, line, parsed.sets)
                    for words, line in lines if words[0] in ('allow', 'deny')]
    return parsed
