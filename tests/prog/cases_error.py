# SPDX-License-Identifier: GPL-2.0-only
"""
The catalogue, ICMP errors about what this machine sent: rows as in
cases_memory.py. The error comes from a router that no rule names.

Must not: compute an expected reason.
"""
import packets as p
from casekit import TAG
from memorykit import BOTH, V4, V6, after, came, rules, wait
from packets import ACK, SYN, TCP, UDP, frame

SENT_TCP, SENT_UDP = p.tcp(443, 50000), p.udp(53, 50000)


def about_flows(f):
    syn, ask = f.left(SENT_TCP, TCP), f.left(SENT_UDP, UDP)
    ping = f.left(f.echo(f.asks, 77), f.icmp)
    tcp, udp = f.quoted(SENT_TCP, TCP), f.quoted(SENT_UDP, UDP)
    asked = f.quoted(f.echo(f.asks, 77), f.icmp)
    for kind in f.errors:
        after('empty', 'icmp-error', 'type %d about a SYN' % kind, (
            [syn], f.error(tcp, kind)),
              'type %d about UDP' % kind, ([ask], f.error(udp, kind)),
              'type %d about an echo request' % kind, ([ping], f.error(asked, kind)),
              family=f)
        after('empty', 'not-allowed', 'type %d about nothing' % kind, f.error(tcp, kind),
              family=f)
    after('empty', 'icmp-error', 'error about an open connection', (
        [came(f.came(p.tcp(50000, 443, SYN | ACK), TCP)), wait(7000)], f.error(tcp)),
          'error from the other end', f.error(tcp, source=f.far),
          'error inside a tag', frame(f.error(tcp)[14:], [TAG]),
          'error that quotes all', f.came(p.icmp(f.errors[0], 1, f.packet(
              SENT_TCP, TCP, f.host, f.far)), f.icmp, f.router),
          'error that quotes options', f.error(f.quoted(
              SENT_TCP, TCP, options=b'\x94\4\0\0', headers=[p.options6(60)])),
          'error that quotes a first fragment', f.error(
              f.piece(SENT_TCP[:8], TCP, f.host, to=f.far)),
          'error in a first fragment', frame(f.piece(
              p.icmp(f.errors[0], 1, tcp), f.icmp, f.router)),
          'error behind options', f.error(tcp, options=b'\x94\4\0\0',
                                          headers=[p.options6(60)]),
          before=[syn], family=f)
    after('empty', 'icmp-error', 'error on another kind of device', f.error(tcp)[14:],
          before=[syn], family=f, link='none')
    question = p.udp(5353, 5353)
    after('empty', 'not-allowed', 'error about a question to a group', (
        [f.left(question, UDP, f.group)], f.error(f.quoted(question, UDP, f.group))),
          family=f)
    not_ours(f, syn, tcp)
    times(f, syn, tcp)
    echoes(f, ping, asked)


def not_ours(f, syn, tcp):
    after('empty', 'not-allowed', 'error to another address than the quoted source',
          f.error(tcp, to=f.other_host),
          'quoted source that is not ours', f.error(f.quoted(
              SENT_TCP, TCP, source=f.other_host)),
          'quoted destination that we did not send to', f.error(f.quoted(
              SENT_TCP, TCP, f.router)),
          'quoted other port of ours', f.error(f.quoted(p.tcp(443, 50001), TCP)),
          'quoted other port of theirs', f.error(f.quoted(p.tcp(444, 50000), TCP)),
          'quoted ports swapped', f.error(f.quoted(p.tcp(50000, 443), TCP)),
          'quoted other protocol', f.error(f.quoted(p.udp(443, 50000), UDP)),
          'quoted UDP-Lite', f.error(f.quoted(p.udplite(443, 50000), p.UDPLITE)),
          'quoted packet of theirs', f.error(f.packet(
              p.tcp(50000, 443)[:8], TCP, f.far), source=f.far),
          'quoted echo request with our port for identifier', f.error(
              f.quoted(f.echo(f.asks, 50000), f.icmp)),
          'quoted later fragment', f.error(f.piece(
              SENT_TCP[:8] + bytes(8), TCP, f.host, offset=1, to=f.far)),
          'type 4 of IPv4, type 5 of IPv6', f.error(tcp, 4 if f is V4 else 5),
          'type 6', f.error(tcp, 6), 'type 100', f.error(tcp, 100),
          'type of the other family', f.error(tcp, 11 if f is V6 else 2),
          before=[syn], family=f)
    after('empty', 'fragment', 'error in a later fragment', frame(f.piece(
        p.icmp(f.errors[0], 1, tcp), f.icmp, f.router, offset=8)),
          before=[syn], family=f)
    after('empty', 'malformed', 'error that quotes 7 bytes', f.error(tcp[:-1]),
          'error that quotes no packet', f.error(b''),
          'quoted rest in the padding', f.error(tcp[:-1]) + b'\xbb' * 9,
          before=[syn], family=f)
    after('empty', 'bad-header', 'redirect about a SYN', f.came(
        p.icmp(f.redirect, 1, tcp), f.icmp, f.router), before=[syn], family=f)
    after('all', 'bad-header', 'redirect under a rule for all', f.came(
        p.icmp(f.redirect, 1, tcp), f.icmp, f.router), before=[syn], family=f)
    after('deny-only', 'denied', 'error from a denied source', f.error(
        tcp, source=f.denied), before=[syn], family=f)
    to = f.quoted(SENT_TCP, TCP, f.denied)
    after('deny-only', 'icmp-error', 'error about a flow to a denied address',
          f.error(to), before=[f.left(SENT_TCP, TCP, f.denied)], family=f)


def times(f, syn, tcp):
    ack = f.came(p.tcp(50000, 443, ACK), TCP)
    after('empty', 'icmp-error', 'error 239 s late', ([wait(239)], f.error(tcp)),
          'second error', ([came(f.error(tcp))], f.error(tcp)), before=[syn], family=f)
    after('empty', 'not-allowed', 'error 245 s late', ([wait(245)], f.error(tcp)),
          'an error renews nothing', ([wait(200), came(f.error(tcp)), wait(50)], ack),
          'an error is no answer', ([came(f.error(tcp)), wait(245)], ack),
          'error about UDP 125 s late', (
              [f.left(SENT_UDP, UDP), wait(125)], f.error(f.quoted(SENT_UDP, UDP))),
          before=[syn], family=f)


def echoes(f, ping, asked):
    answered = f.quoted(f.echo(f.answers, 9), f.icmp, f.near)
    after('empty', 'not-allowed', 'quoted echo request of another identifier',
          f.error(f.quoted(f.echo(f.asks, 78), f.icmp)),
          'quoted echo request to another', f.error(f.quoted(
              f.echo(f.asks, 77), f.icmp, f.router)),
          'quoted echo reply with the identifier of a request', f.error(
              f.quoted(f.echo(f.answers, 77), f.icmp)),
          'quoted echo request 65 s late', ([wait(65)], f.error(asked)),
          before=[ping], family=f)
    after('ping', 'icmp-error', 'error about an echo reply that ping allows',
          f.error(answered), family=f)
    after('ping', 'not-allowed', 'error about an echo reply to a stranger',
          f.error(f.quoted(f.echo(f.answers, 9), f.icmp)),
          'error about an echo request, in spite of ping', f.error(
              f.quoted(f.echo(f.asks, 9), f.icmp, f.near)),
          'error about a timestamp, in spite of ping', f.error(
              f.quoted(f.echo(14, 9), f.icmp, f.near)),
          'error about TCP, in spite of ping', f.error(
              f.quoted(p.tcp(40000, 22), TCP, f.near)), family=f)
    after('empty', 'not-allowed', 'error about an echo reply without a rule',
          f.error(answered), family=f)


def about_services(f):
    """No flow: a rule lets the quoted destination reach the quoted source port."""
    ours = f.quoted(p.tcp(40000, 22), TCP, f.near)
    for kind in f.errors:
        after('web', 'icmp-error', 'type %d about a service' % kind, f.error(ours, kind),
              family=f)
    after('web', 'icmp-error', 'error about a UDP service', f.error(
        f.quoted(p.udp(40000, 22), UDP, f.near)),
          'error about a service to any port', f.error(
              f.quoted(p.tcp(1, 443), TCP, f.near)),
          'error about the first fragment of a service', f.error(
              f.piece(p.udp(40000, 22), UDP, f.host, to=f.near)), family=f)
    after('web', 'not-allowed', 'quoted source port that no rule opens', f.error(
        f.quoted(p.tcp(40000, 23), TCP, f.near)),
          'quoted destination port in place of the source port', f.error(
              f.quoted(p.tcp(22, 40000), TCP, f.near)),
          'quoted protocol that no rule opens there', f.error(
              f.quoted(p.udp(40000, 443), UDP, f.near)),
          'quoted destination that no rule names', f.error(
              f.quoted(p.tcp(40000, 22), TCP)),
          'service, but the quoted source is not ours', f.error(
              f.quoted(p.tcp(40000, 22), TCP, f.near, f.other_host)),
          'error about a service to another address', f.error(ours, to=f.other_host),
          'later fragment of a service', f.error(f.piece(
              p.tcp(40000, 22)[:16], TCP, f.host, offset=1, to=f.near)),
          'error that a rule for its source would not allow', f.error(
              f.quoted(p.tcp(40000, 23), TCP, f.near), source=f.near),
          'quoted SCTP', f.error(f.quoted(p.sctp(40000, 22), p.SCTP, f.near)),
          'quoted ESP', f.error(f.quoted(bytes(8), 50, f.near)), family=f)
    after('empty', 'not-allowed', 'error about a service whose rule is gone', (
        [rules('web'), came(f.came(p.tcp(22, 40000), TCP, f.near)), rules('empty')],
        f.error(ours)), family=f)
    after('protos', 'icmp-error', 'error about ESP', f.error(
        f.quoted(bytes(8), 50, f.near)),
          'error about GRE', f.error(f.quoted(bytes(8), 47, f.near)),
          'error about SCTP 22', f.error(f.quoted(p.sctp(40000, 22), p.SCTP, f.near)),
          family=f)
    after('protos', 'not-allowed', 'error about ESP to a stranger', f.error(
        f.quoted(bytes(8), 50)),
          'error about SCTP 23', f.error(f.quoted(p.sctp(40000, 23), p.SCTP, f.near)),
          'error about protocol 90', f.error(f.quoted(bytes(8), 90, f.near)), family=f)
    after('hole', 'icmp-error', 'error about a service for any', f.error(
        f.quoted(p.tcp(40000, 22), TCP)), family=f)
    after('hole', 'not-allowed', 'error about a service to a denied address', f.error(
        f.quoted(p.tcp(40000, 22), TCP, f.denied)), family=f)


for family in BOTH:
    about_flows(family)
    about_services(family)
after('web', 'icmp-error', 'error about a service in AH, IPv6', V6.error(
    V6.quoted(p.tcp(40000, 22), TCP, V6.near, headers=[p.ah()])))
after('web', 'icmp-error', 'error about a service in AH, IPv4', V4.error(
    V4.packet(p.ah4(p.tcp(40000, 22)[:8], TCP), p.AH, V4.host, V4.near)))
after('udp-on', 'icmp-error', 'error about a service of the device', V4.error(
    V4.quoted(p.udp(40000, 53), UDP, V4.near)), device='xp0')
after('udp-on', 'not-allowed', 'error about a service of another device', V4.error(
    V4.quoted(p.udp(40000, 53), UDP, V4.near)), device='xp1')
