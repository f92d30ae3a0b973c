# SPDX-License-Identifier: GPL-2.0-only
"""
The catalogue, memory: what passes because of packets before it. Rows alone: the
rules, the reason under which the attached program must count the packet, its
name, and the packet, with the steps before it. cases.t runs them.

Must not: compute an expected reason.
"""
import packets as p
from casekit import STAG, TAG
from memorykit import BOTH, V4, V6, after, came, rules, wait
from packets import ACK, FIN, PSH, RST, SYN, TCP, UDP, URG, frame

HTTPS, LOCAL, DNS = 443, 50000, 53


def answer(flags=SYN | ACK, dport=LOCAL, sport=HTTPS):
    return p.tcp(dport, sport, flags)


def reply(dport=LOCAL, sport=DNS):
    return p.udp(dport, sport, bytes(20))


# --- TCP that this machine started ---
def tcp_flows(f):
    syn = f.left(p.tcp(HTTPS, LOCAL, SYN), TCP)
    open_ = [syn, came(f.came(answer(), TCP))]
    ack = f.came(answer(ACK), TCP)
    after('empty', 'reply', 'SYN+ACK for a SYN', f.came(answer(), TCP),
          'ACK for a SYN', ack, 'data for a SYN', f.came(answer(ACK | PSH), TCP),
          'RST+ACK for a SYN', f.came(answer(RST | ACK), TCP),
          'RST for a SYN', f.came(answer(RST), TCP),
          'SYN+ACK with ECE', f.came(answer(SYN | ACK | 0x40), TCP),
          'SYN+ACK behind options', f.came(
              answer(), TCP, options=b'\x94\4\0\0', headers=[p.options6(60)]),
          'SYN+ACK inside a tag', frame(f.packet(answer(), TCP, f.far), [TAG]),
          'SYN+ACK inside QinQ', frame(f.packet(answer(), TCP, f.far), [STAG, TAG]),
          before=[syn], family=f)
    after('empty', 'reply', 'SYN+ACK for a SYN on another kind of device',
          f.packet(answer(), TCP, f.far), before=[syn], family=f, link='none')
    after('empty', 'not-allowed', 'SYN for a SYN', f.came(answer(SYN), TCP),
          'SYN with ECN for a SYN', f.came(answer(SYN | 0xc0), TCP),
          'SYN+ACK from another source', f.came(answer(), TCP, f.router),
          'SYN+ACK from another port', f.came(answer(sport=444), TCP),
          'SYN+ACK to another port', f.came(answer(dport=LOCAL + 1), TCP),
          'SYN+ACK to another address', f.came(answer(), TCP, to=f.other_host),
          'SYN+ACK with ports swapped', f.came(answer(dport=HTTPS, sport=LOCAL), TCP),
          'UDP for a SYN', f.came(reply(LOCAL, HTTPS), UDP),
          'SCTP for a SYN', f.came(p.sctp(LOCAL, HTTPS), p.SCTP),
          'UDP-Lite for a SYN', f.came(p.udplite(LOCAL, HTTPS), p.UDPLITE),
          before=[syn], family=f)
    after('empty', 'bad-flags', 'null flags for a SYN', f.came(answer(0), TCP),
          'Xmas for a SYN', f.came(answer(FIN | PSH | URG), TCP), before=[syn],
          family=f)
    after('all', 'allowed', 'a rule is asked before flows', ack, before=[syn], family=f)
    after('empty', 'not-allowed', 'SYN on an open connection',
          f.came(answer(SYN), TCP), before=open_, family=f)
    after('empty', 'reply', 'FIN on an open connection', f.came(answer(FIN | ACK), TCP),
          'RST on an open connection', f.came(answer(RST), TCP), before=open_, family=f)
    tcp_times(f, syn, open_, ack)


def tcp_times(f, syn, open_, ack):
    fin_in = came(f.came(answer(FIN | ACK), TCP))
    fin_out = f.left(p.tcp(HTTPS, LOCAL, FIN | ACK), TCP)
    after('empty', 'reply', 'SYN+ACK 239 s late', ([syn, wait(239)], ack),
          'established and idle for 7439 s', (open_ + [wait(7439)], ack),
          'an answer renews', (open_ + [wait(7000), came(ack), wait(7000)], ack),
          'last ACK behind FIN', (open_ + [fin_out, fin_in], ack),
          'FIN out, then 239 s', (open_ + [fin_out, wait(239)], ack),
          'FIN in, then 239 s', (open_ + [fin_in, wait(239)], ack),
          'SYN sent again renews', ([syn, wait(200), syn, wait(200)], ack),
          'the same ports again behind FIN', (
              open_ + [fin_in, fin_out, wait(5), syn, came(f.came(answer(), TCP)),
                       wait(1000)], ack), family=f)
    after('empty', 'not-allowed', 'SYN+ACK 245 s late', ([syn, wait(245)], ack),
          'established and idle for 7445 s', (open_ + [wait(7445)], ack),
          'FIN out, then 245 s', (open_ + [fin_out, wait(245)], ack),
          'FIN in, then 245 s', (open_ + [fin_in, wait(245)], ack),
          'RST out, then 245 s', (
              open_ + [f.left(p.tcp(HTTPS, LOCAL, RST), TCP), wait(245)], ack),
          'RST in, then 245 s', (
              open_ + [came(f.came(answer(RST), TCP)), wait(245)], ack),
          'an RST establishes nothing', (
              [syn, came(f.came(answer(RST | ACK), TCP)), wait(245)], ack),
          'a stranger renews nothing', (
              [syn, wait(200), came(f.came(answer(SYN), TCP)),
               came(f.came(answer(), TCP, f.router)), wait(50)], ack), family=f)


# --- what starts no flow ---
def no_flows(f):
    ack, dns = f.came(answer(ACK), TCP), f.came(reply(), UDP)
    for name, flags in (('SYN+ACK', SYN | ACK), ('ACK', ACK), ('RST', RST),
                        ('RST+ACK', RST | ACK), ('FIN', FIN), ('FIN+ACK', FIN | ACK),
                        ('SYN+FIN', SYN | FIN), ('SYN+RST', SYN | RST),
                        ('no flags', 0)):
        after('empty', 'not-allowed', name + ' out starts nothing', ack, family=f,
              before=[f.left(p.tcp(HTTPS, LOCAL, flags), TCP)])
    later = [('out', frame(f.piece(built, number, f.host, 5, to=f.far))) for
             built, number in ((p.tcp(HTTPS, LOCAL), TCP), (p.udp(DNS, LOCAL), UDP))]
    after('empty', 'not-allowed', 'nothing out', ack,
          'later TCP fragment out starts nothing', ([later[0]], ack),
          'later UDP fragment out starts nothing', ([later[1]], dns),
          'SCTP out starts nothing', (
              [f.left(p.sctp(HTTPS, LOCAL), p.SCTP)],
              f.came(p.sctp(LOCAL, HTTPS), p.SCTP)),
          'an error out starts nothing', (
              [f.left(p.icmp(f.errors[0], 1, f.packet(p.udp(LOCAL, DNS), UDP, f.far)),
                      f.icmp)], dns),
          'active FTP', ([f.left(p.tcp(21, LOCAL), TCP)],
                         f.came(p.tcp(LOCAL + 1, 20), TCP)),
          'TFTP', ([f.left(p.udp(69, LOCAL), UDP)], f.came(reply(sport=1069), UDP)),
          'answer to a multicast question', (
              [f.left(p.udp(5353, 5353), UDP, f.group)], f.came(reply(5353, 5353), UDP)),
          'ACK of a stranger starts nothing', ([came(ack), came(ack)], ack),
          'SYN of a stranger starts nothing', (
              [came(f.came(answer(SYN), TCP))], ack),
          'UDP from 53 of a stranger', ([came(dns)], dns),
          'UDP from 123 of a stranger', f.came(reply(LOCAL, 123), UDP), family=f)
    allowed = f.came(p.tcp(22, 40000, ACK), TCP, f.near)
    session = [rules('web'), came(f.came(p.tcp(22), TCP, f.near)),
               f.left(p.tcp(40000, 22, SYN | ACK), TCP, f.near), came(allowed)]
    after('empty', 'not-allowed', 'session in ends with its rule',
          (session + [rules('empty')], allowed), family=f)
    after('web', 'not-allowed', 'allowed SYN opens no other port', (
        session, f.came(p.tcp(23, 40000, ACK), TCP, f.near)), family=f)


# --- UDP and ping that this machine started ---
def udp_flows(f):
    ask = f.left(p.udp(DNS, LOCAL), UDP)
    dns = f.came(reply(), UDP)
    after('empty', 'reply', 'UDP answer', dns, 'second UDP answer', ([came(dns)], dns),
          'UDP answer inside a tag', frame(f.packet(reply(), UDP, f.far), [TAG]),
          'UDP answer behind options', f.came(
              reply(), UDP, options=b'\x94\4\0\0', headers=[p.options6(60)]),
          'jumbo UDP answer', f.came(p.udp(LOCAL, DNS, bytes(8000)), UDP),
          'UDP answer 119 s late', ([wait(119)], dns),
          'asking again renews', ([wait(100), ask, wait(100)], dns),
          'a UDP answer renews', ([wait(100), came(dns), wait(100)], dns),
          before=[ask], family=f)
    after('empty', 'not-allowed', 'UDP from another port', f.came(reply(sport=54), UDP),
          'UDP from another source', f.came(reply(), UDP, f.router),
          'UDP to another port', f.came(reply(LOCAL + 1), UDP),
          'UDP to another address', f.came(reply(), UDP, to=f.other_host),
          'TCP for a UDP question', f.came(answer(ACK, sport=DNS), TCP),
          'UDP answer 125 s late', ([wait(125)], dns), before=[ask], family=f)
    after('empty', 'reply', 'answer to UDP inside a tag', (
        [('out', frame(f.packet(p.udp(DNS, LOCAL), UDP, f.host, f.far), [TAG]))], dns),
          'answer to UDP inside QinQ', (
              [('out', frame(f.packet(p.udp(DNS, LOCAL), UDP, f.host, f.far),
                             [STAG, TAG]))], dns),
          'answer to UDP behind options', (
              [f.left(p.udp(DNS, LOCAL), UDP, options=b'\x94\4\0\0',
                      headers=[p.options6(0), p.options6(60)])], dns),
          'answer to a first UDP fragment', (
              [('out', frame(f.piece(p.udp(DNS, LOCAL, bytes(56), length=3000), UDP,
                                     f.host, to=f.far)))], dns),
          'answer from port 0', ([f.left(p.udp(0, LOCAL), UDP)],
                                 f.came(reply(sport=0), UDP)), family=f)
    after('deny-only', 'denied', 'a deny of the source wins over a reply', (
        [f.left(p.udp(DNS, LOCAL), UDP, f.denied)], f.came(reply(), UDP, f.denied)),
          'a deny of the port wins over a reply', (
              [f.left(p.tcp(HTTPS, 50001), TCP, f.near)],
              f.came(answer(dport=50001), TCP, f.near)), family=f)
    after('deny-only', 'reply', 'reply beside a deny', (
        [f.left(p.udp(DNS, LOCAL), UDP, f.near)], f.came(reply(), UDP, f.near)), family=f)
    served = [rules('web'), f.left(p.udp(LOCAL, 22), UDP, f.near), rules('empty')]
    after('empty', 'not-allowed', 'answer of a service that rules let in',
          (served, f.came(p.udp(22, LOCAL), UDP, f.near)), family=f)
    after('empty', 'reply', 'UDP from a port that rules let others reach', (
        [rules('web'), f.left(p.udp(LOCAL, 22), UDP), rules('empty')],
        f.came(p.udp(22, LOCAL), UDP)), family=f)


def echo_flows(f):
    ping = f.left(f.echo(f.asks, 77), f.icmp)
    pong = f.came(f.echo(f.answers, 77), f.icmp)
    after('empty', 'reply', 'echo reply', pong, 'second echo reply', ([came(pong)], pong),
          'echo reply 59 s late', ([wait(59)], pong),
          'asking again renews the echo', ([wait(40), ping, wait(40)], pong),
          'echo reply inside a tag', frame(f.packet(f.echo(f.answers, 77), f.icmp, f.far),
                                           [TAG]), before=[ping], family=f)
    after('empty', 'not-allowed', 'echo reply of another identifier',
          f.came(f.echo(f.answers, 78), f.icmp),
          'echo reply from another source', f.came(f.echo(f.answers, 77), f.icmp, f.router),
          'echo reply to another address', f.came(
              f.echo(f.answers, 77), f.icmp, to=f.other_host),
          'echo request for an echo request', f.came(f.echo(f.asks, 77), f.icmp),
          'echo reply 65 s late', ([wait(65)], pong),
          'echo reply of the other family', f.came(
              f.echo(V6.answers if f is V4 else V4.answers, 77), f.icmp),
          'type 14 for an echo request', f.came(f.echo(14, 77), f.icmp),
          'UDP for an echo request', f.came(reply(77, 0), UDP), before=[ping], family=f)
    after('empty', 'reply', 'echo reply of identifier 0', (
        [f.left(f.echo(f.asks, 0), f.icmp)], f.came(f.echo(f.answers, 0), f.icmp)),
          family=f)
    after('empty', 'not-allowed', 'echo reply of identifier 0 to no request',
          f.came(f.echo(f.answers, 0), f.icmp), family=f)
    after('empty', 'not-allowed', 'echo reply out starts nothing', (
        [f.left(f.echo(f.answers, 77), f.icmp)], pong),
          'echo request of a stranger starts nothing', (
              [came(f.came(f.echo(f.asks, 77), f.icmp))], pong),
          'the other family\'s echo request starts nothing', (
              [f.left(f.echo(V6.asks if f is V4 else V4.asks, 77), f.icmp)], pong),
          'echo request to a group starts nothing', (
              [f.left(f.echo(f.asks, 77), f.icmp, f.group)], pong), family=f)
    after('deny-only', 'denied', 'a deny wins over an echo reply', (
        [f.left(f.echo(f.asks, 77), f.icmp, f.denied)],
        f.came(f.echo(f.answers, 77), f.icmp, f.denied)), family=f)


for family in BOTH:
    tcp_flows(family)
    no_flows(family)
    udp_flows(family)
    echo_flows(family)
    after('empty', 'reply', 'answer on another device than the question left by', (
        [('out', family.left(p.udp(DNS, LOCAL), UDP)[1], 'xp0')],
        family.came(reply(), UDP)), device='xp1', family=family)
after('udp-on', 'reply', 'UDP from a port that rules open elsewhere', (
    [V4.left(p.udp(LOCAL, 53), UDP, V4.near)], V4.came(p.udp(53, LOCAL), UDP, V4.near)),
      device='xp1')
after('empty', 'reply', 'answer in AH to a question in AH, IPv4', (
    [V4.left(p.ah4(p.udp(DNS, LOCAL), UDP), p.AH)],
    V4.came(p.ah4(reply(), UDP), p.AH)))
after('empty', 'reply', 'answer in AH to a question in AH, IPv6', (
    [V6.left(p.udp(DNS, LOCAL), UDP, headers=[p.ah()])],
    V6.came(reply(), UDP, headers=[p.ah()])))
after('udp-on', 'not-allowed', 'UDP answer where no rule names the device', (
    [('out', V4.left(p.udp(LOCAL, 53), UDP, V4.near)[1], 'xp0')],
    V4.came(p.udp(53, LOCAL), UDP, V4.near)), device='xp1')
