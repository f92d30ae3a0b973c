# SPDX-License-Identifier: GPL-2.0-only
"""
The command `test` against the oracle. In: a World, a Setting, random sources.
Out: what differs, as text, or None. The packet asked about is the manual's:
source port 40000, a SYN for TCP, to 192.0.2.1 or 2001:db8::1 where the device
has no address.
"""
import ipaddress

import packets as p
from oracle import decide

DESTINATION = {4: '192.0.2.1', 6: '2001:db8::1'}
BUILDERS = {'tcp': (p.TCP, p.tcp), 'udp': (p.UDP, p.udp),
            'sctp': (p.SCTP, p.sctp), 'dccp': (p.DCCP, p.dccp),
            'udplite': (p.UDPLITE, p.udplite)}


def question_packet(family, source, word):
    """The IP packet behind `test SOURCE WORD`."""
    port, _, name = word.partition('/')
    if port.isdigit():
        protocol, build = BUILDERS[name or 'tcp']
        upper = build(int(port))
    elif word == 'ping':
        protocol = p.ICMP if family == 4 else p.ICMP6
        upper = p.icmp(8 if family == 4 else 128)
    else:
        protocol, upper = int(word.partition(':')[2]), bytes(8)
    build = p.ip4 if family == 4 else p.ip6
    return build(upper, protocol, source, DESTINATION[family])


def question_word(traffic, service):
    """A service as one would type it, near to a rule's."""
    pick = traffic.pick
    if service == ('ping',) or traffic.chance() < 0.1:
        return 'ping'
    if service and service[0] == 'proto' and service[1] in (47, 50, 89, 253):
        return 'proto:%d' % service[1]
    names = {number: name for name, (number, _) in BUILDERS.items()}
    name = names[service[1]] if service and service[0] == 'port' else \
        pick(list(BUILDERS))
    if name == 'tcp' and traffic.chance() < 0.5:
        return str(traffic.port(service) or 1)
    return '%d/%s' % (traffic.port(service) or 1, name)


def wrong_answer(world, setting, traffic):
    """Ask once. Exit code, verdict, reason and rule are compared."""
    family, source, service = traffic.aim()
    source = (ipaddress.IPv4Address if family == 4
              else ipaddress.IPv6Address)(source)
    word, device = question_word(traffic, service), traffic.pick(world.devices)
    words = ('test', str(source), word, 'on', device)
    decision = decide(setting.model,
                      question_packet(family, str(source), word), 'none', device)
    done = world.run(*words, '--json')
    if getattr(source, 'ipv4_mapped', None):
        return None if done.returncode == 1 else 'a mapped source was taken'
    try:
        answer = world.parse(done)['interfaces'][0]
    except (ValueError, KeyError, IndexError):
        answer = {}
    rule = (answer.get('rule') or {}).get('id')
    if (done.returncode == (0 if decision.verdict == 'pass' else 9)
            and answer.get('verdict') == decision.verdict
            and answer.get('reason') == decision.reason
            and rule in ({rule.id for rule in decision.rules} or {None})):
        return None
    return '%s: expected %r, exit %d\n%s%s' % (
        ' '.join(words), decision, done.returncode, done.stdout, done.stderr)
