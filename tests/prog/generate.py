# SPDX-License-Identifier: GPL-2.0-only
"""
Random rules. In: a random.Random. Out: rules text, and the members of its set
files by path. The text is always valid; it aims at what is hard to compile:
nested and neighbouring prefixes, overlapping ranges, denies inside allows,
rules that interfaces tell apart, edge values.

Must not: know what the rules mean; that is the oracle's business.
"""
import ipaddress

NAMES = ['ssh', 'http', 'https', 'domain', 'ntp', 'smtp', 'snmp', 'ldap',
         'kerberos', 'ms-sql-s', 'bacula-dir', 'x11-1', 'www', 'sip',
         'domain/udp', 'https/tcp', 'netbios-ns', 'tftp', 'http-alt']
PORTS = [1, 2, 22, 53, 67, 68, 80, 443, 445, 546, 547, 1023, 1024, 3306, 8080,
         32767, 32768, 65534, 65535]
PROTOCOLS = ['tcp', 'udp', 'sctp', 'dccp', 'udplite']
NUMBERS = [0, 1, 2, 4, 6, 17, 33, 41, 43, 44, 47, 50, 51, 58, 59, 60, 89, 132,
           135, 136, 253, 254, 255]
ETHERTYPES = [0x8863, 0x8864, 0x8847, 0x88e5, 0x9000, 0x0842, 0x9100]
BASES4 = ['192.0.2.0', '198.51.100.0', '203.0.113.0', '10.0.0.0', '0.0.0.0',
          '255.255.255.255', '128.0.0.0', '127.255.255.255', '8.6.0.0',
          '136.204.0.0', '172.16.0.0', '240.0.0.0']
BASES6 = ['2001:db8::', '2001:db8:1::', 'fe80::1', '::', 'fd00::', '2001:db8::ff',
          'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', '2002:c000:200::']


class RuleMaker:
    """One random ruleset. `kinds` steers its shape, `interfaces` the `on`s."""

    SHAPES = ['empty', 'tiny', 'small', 'small', 'medium', 'medium', 'nested',
              'ports', 'ports', 'wide', 'denies', 'many', 'sets', 'crowd']

    def __init__(self, rng, interfaces, shape=None, path='set%d'):
        self.rng = rng
        self.interfaces = interfaces
        self.shape = shape or rng.choice(self.SHAPES)
        self.path = path
        self.files = {}
        self.names = []
        count = rng.randrange(2, 6)
        self.bases = {4: [self.base(4) for _ in range(count)],
                      6: [self.base(6) for _ in range(count)]}
        self.with_on = interfaces and rng.random() < 0.5
        self.lines = []

    def base(self, family):
        rng, width = self.rng, 32 if family == 4 else 128
        if rng.random() < 0.3:
            return rng.getrandbits(width)
        return int(ipaddress.ip_address(
            rng.choice(BASES4 if family == 4 else BASES6)))

    def prefix(self, family=None, length=None):
        """A prefix around one of this ruleset's bases, so that they nest."""
        rng = self.rng
        family = family or rng.choice((4, 4, 6))
        width = 32 if family == 4 else 128
        value = rng.choice(self.bases[family])
        if length is None:
            length = self.length(width)
        if rng.random() < 0.3:
            value ^= rng.getrandbits(width) >> rng.randrange(width)
        if length and rng.random() < 0.15:
            value ^= 1 << (width - length)	# the sibling
        value = value >> (width - length) << (width - length)
        text = str((ipaddress.IPv4Address if family == 4
                    else ipaddress.IPv6Address)(value))
        if family == 6 and value >> 32 == 0xffff:
            return self.prefix(4)	# refused by the language
        if length == width and rng.random() < 0.5:
            return text
        return '%s/%d' % (text, length)

    def length(self, width):
        rng = self.rng
        if rng.random() < 0.4:
            return width
        if rng.random() < 0.5:
            return rng.choice((8, 12, 15, 16, 17, 20, 23, 24, 25, 31) if width == 32
                              else (16, 31, 32, 33, 48, 56, 63, 64, 65, 127))
        return rng.randrange(0 if rng.random() < 0.1 else 1, width + 1)

    def port(self):
        rng = self.rng
        return rng.choice(PORTS) if rng.random() < 0.7 else rng.randrange(1, 65536)

    def service(self):
        rng = self.rng
        roll = rng.random()
        if roll < 0.08:
            return 'ping'
        if roll < 0.16:
            return rng.choice(('esp', 'gre'))
        if roll < 0.26:
            number = rng.choice(NUMBERS) if rng.random() < 0.8 else \
                rng.randrange(256)
            return 'proto:%d' % number
        if roll < 0.38:
            return rng.choice(NAMES)
        if roll < 0.75:
            word = str(self.port())
        else:
            low = self.port()
            high = min(65535, low + rng.choice((0, 1, 2, 10, 1000, 65535)))
            word = '%d-%d' % (low, high)
        if rng.random() < 0.5:
            word += '/' + rng.choice(PROTOCOLS[:2] if rng.random() < 0.6
                                     else PROTOCOLS)
        return word

    def services(self):
        rng = self.rng
        if rng.random() < 0.12:
            return 'all'
        count = rng.choice((1, 1, 2, 3, 6) if self.shape != 'ports'
                           else (3, 10, 40))
        return ','.join(self.service() for _ in range(count))

    def source(self):
        rng = self.rng
        if rng.random() < 0.06:
            return 'any'
        if self.names and rng.random() < (0.5 if self.shape in ('sets', 'crowd')
                                         else 0.1):
            return '@' + rng.choice(self.names)
        return self.prefix()

    def tail(self):
        rng, text = self.rng, ''
        if self.with_on and rng.random() < 0.5:
            names = self.interfaces[:2] + self.interfaces[-1:]
            text += ' on ' + ','.join(rng.sample(names, rng.randrange(
                1, len(names))))
        if rng.random() < 0.1:
            text += rng.choice((' comment word', ' comment "two words"',
                                r' comment "a \" and a \\ # no comment"',
                                '  # a remark', ' comment ""'))
        return text

    def rule(self, deny=None):
        if deny is None:
            deny = self.rng.random() < (0.5 if self.shape == 'denies' else 0.15)
        if deny and self.rng.random() < 0.3:
            return 'deny %s%s' % (self.source(), self.tail())
        return '%s %s %s%s' % ('deny' if deny else 'allow', self.source(),
                               self.services(), self.tail())

    def add_set(self, number):
        rng = self.rng
        name = rng.choice(('cdn', 'office', 'set_', 'a.b-')) + str(number)
        self.names.append(name)
        if rng.random() < 0.5:
            members = [self.prefix() for _ in range(rng.randrange(1, 9))]
            self.lines.append('set %s %s' % (name, ' '.join(members)))
            return
        members = [self.prefix() for _ in range(
            rng.choice((1, 5, 30, 300) if self.shape != 'crowd'
                       else (300, 3000, 10000)))]
        end = rng.choice(('', ',XX,XX-Y,Town,', ',XX'))
        text = rng.choice(('', '# from the provider\n\n')) + '\n'.join(
            member + end for member in members) + rng.choice(('', '\n'))
        path = self.path % number
        self.files[path] = text
        self.lines.append('set %s file %s' % (name, path))

    def add_nested(self):
        """Every length around one address, of which each allows another port."""
        rng = self.rng
        family = rng.choice((4, 6))
        for length in range(33 if family == 4 else 129):
            if rng.random() < 0.8:
                action = 'deny' if rng.random() < 0.1 else 'allow'
                self.lines.append('%s %s %s' % (
                    action, self.prefix(family, length), self.service()))

    def edits(self, taken):
        """Some allows of single prefixes, mostly of hosts, of sources not `taken`."""
        rng, lines, seen = self.rng, [], set(taken)
        for _ in range(rng.randrange(1, 13)):
            family = rng.choice((4, 4, 6))
            width = 32 if family == 4 else 128
            prefix = self.prefix(family, rng.choice((
                width, width, width, self.length(width))))
            network = str(ipaddress.ip_network(prefix))
            on = ' on ' + self.interfaces[0] if rng.random() < 0.05 else ''
            if network not in seen:
                seen.add(network)
                lines.append('allow %s %s%s' % (prefix, self.services(), on))
        return lines

    def options(self):
        rng = self.rng
        if rng.random() < 0.3:
            self.lines.append('option ra ' + rng.choice(('on', 'off', 'off')))
        if rng.random() < 0.3:
            self.lines.append('option class-e ' + rng.choice(('on', 'on', 'off')))
        if rng.random() < 0.3:
            for kind in rng.sample(ETHERTYPES, rng.randrange(1, 4)):
                self.lines.append('option ethertype 0x%04x' % kind)

    def build(self):
        """The whole text."""
        rng = self.rng
        if self.shape != 'empty':
            sets = {'sets': 5, 'crowd': 3}
            for number in range(sets.get(self.shape,
                                         rng.choice((0, 0, 1, 3)))):
                self.add_set(number)
            if self.shape == 'nested':
                self.add_nested()
            counts = {'tiny': (1, 3), 'small': (2, 12), 'medium': (10, 60),
                      'wide': (2, 20), 'many': (200, 600)}
            for _ in range(rng.randrange(*counts.get(self.shape, (5, 40)))):
                self.lines.append(self.rule())
            if self.shape == 'wide':
                for _ in range(3):
                    self.lines.append('allow %s %s%s' % (
                        self.prefix(length=rng.randrange(0, 9)),
                        self.services(), self.tail()))
            rng.shuffle(self.lines)
        self.options()
        end = rng.choice(('\n', '\n', '\r\n'))
        return end.join(self.lines) + rng.choice(('', end))
