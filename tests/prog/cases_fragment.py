# SPDX-License-Identifier: GPL-2.0-only
"""
The catalogue, fragments behind others: rows as in cases_memory.py.

Must not: compute an expected reason.
"""
import packets as p
from casekit import STAG, TAG, dhcp4, dhcp6, igmp, mld, nd
from memorykit import BOTH, V4, V6, after, came, rules, wait
from packets import ACK, SYN, TCP, UDP, frame

SIZED = p.udp(22, 40000, bytes(56), length=3000)
SHORT = p.udp(22, 40000, length=3000)	# no byte behind the header
BIG = p.tcp(22, payload=bytes(44))


def admitted(f):
    first = f.first()
    after('web', 'admitted', 'last fragment', f.later(),
          'middle fragment', f.later(more=1),
          'later fragment twice', ([came(f.later())], f.later()),
          'offset 79', f.later(offset=79), 'greatest offset', f.later(offset=0x1fff),
          'one byte', f.later(size=1), 'a gap before it', f.later(offset=100),
          'overlap of the first', f.later(offset=1), 'overlap at offset 2', f.later(offset=2),
          'jumbo later fragment', f.later(size=8000),
          'later fragment inside a tag', frame(f.later()[14:], [TAG]),
          'later fragment inside QinQ', frame(f.later()[14:], [STAG, TAG]),
          'first fragment again', ([f.first()], f.later()),
          'a second first fragment to a closed port changes nothing', (
              [f.first(p.udp(23, 40000, bytes(56), length=3000))], f.later()),
          '29 s behind the first', ([wait(29)], f.later()),
          'first fragment again renews', ([wait(20), first, wait(20)], f.later()),
          before=[first], family=f)
    after('web', 'admitted', 'later fragment on another kind of device', f.later()[14:],
          before=[first], family=f, link='none')
    after('web', 'fragment', 'another identification', f.later(ident=8),
          'source that no rule names', f.later(source=f.far),
          'another allowed source', f.later(source=f.near2),
          'another destination', f.later(to=f.other_host),
          '33 s behind the first', ([wait(33)], f.later()),
          'later fragments renew nothing', (
              [wait(20), came(f.later(more=1)), wait(20)], f.later()),
          before=[first], family=f)
    after('web', 'fragment', 'later fragment of nothing', f.later(),
          'later fragment of a closed port', (
              [f.first(p.udp(23, 40000, bytes(56), length=3000))], f.later()),
          'later fragment of a stranger', ([f.first(source=f.far)], f.later(source=f.far)),
          'later fragments make no first', ([came(f.later(more=1))], f.later(offset=16)),
          'later fragment before its first', (
              [came(f.later(more=1, ident=8)), first], f.later(ident=8)),
          'behind an unfragmented packet', (
              [came(frame(f.piece(p.udp(22, 40000, bytes(56)), UDP, more=0)))], f.later()),
          'behind a first with UDP length 7', (
              [f.first(p.udp(22, 40000, bytes(56), length=7))], f.later()),
          'behind a first without ports', ([f.first(b'\0\x16\0')], f.later()),
          'behind a first to port 0', (
              [f.first(p.udp(0, 40000, bytes(56), length=3000))], f.later()),
          family=f)
    after('web', 'allowed', 'repeated first fragment', first[1],
          before=[first], family=f)
    after('web', 'not-allowed', 'repeated first fragment to a closed port',
          f.first(p.udp(23, 40000, bytes(56), length=3000))[1], before=[first], family=f)


def tiny(f):
    udp, tcp = f.first(SHORT), f.first(BIG, TCP)
    after('web', 'admitted', 'behind 8 bytes of UDP', ([udp], f.later(offset=1)),
          'TCP at offset 8', ([tcp], f.later(protocol=TCP)),
          'TCP at offset 2', ([tcp], f.later(offset=2, protocol=TCP)),
          'TCP at offset 3', ([tcp], f.later(offset=3, protocol=TCP)), family=f)
    after('web', 'fragment', 'TCP at offset 1 behind its first',
          f.later(offset=1, protocol=TCP),
          'TCP at offset 1 with more to come', f.later(offset=1, more=1, protocol=TCP),
          before=[tcp], family=f)
    after('web', 'fragment', 'behind a tiny first of TCP', (
        [f.first(p.tcp(22)[:8], TCP)], f.later(offset=2, protocol=TCP)),
          'behind a first without the TCP options', (
              [f.first(p.tcp(22, words=8), TCP)], f.later(offset=3, protocol=TCP)),
          'behind a first with SYN+FIN', (
              [f.first(p.tcp(22, flags=3, payload=bytes(44)), TCP)],
              f.later(protocol=TCP)), family=f)


def admitted_by(f):
    """Whoever admits a first fragment admits what follows it."""
    icmp, far = f.icmp, f.far
    dns = p.udp(50000, 53, bytes(56), length=3000)
    data = p.tcp(50000, 443, ACK, bytes(44))
    quoted = f.quoted(p.udp(53, 50000), UDP)
    ask, syn = f.left(p.udp(53, 50000), UDP), f.left(p.tcp(443, 50000, SYN), TCP)
    after('empty', 'reply', 'first fragment of a UDP answer', ([ask], frame(
        f.piece(dns, UDP, far))),
          'first fragment of a TCP answer', ([syn], frame(f.piece(data, TCP, far))),
          'first fragment of an echo reply', (
              [f.left(f.echo(f.asks, 77), icmp)],
              frame(f.piece(f.echo(f.answers, 77), icmp, far))), family=f)
    after('empty', 'admitted', 'behind a first UDP answer', (
        [ask, f.first(dns, source=far)], f.later(source=far)),
          'behind a first TCP answer', (
              [syn, f.first(data, TCP, source=far)], f.later(source=far, protocol=TCP)),
          'behind a first echo reply', (
              [f.left(f.echo(f.asks, 77), icmp),
               f.first(f.echo(f.answers, 77), icmp, source=far)],
              f.later(source=far, protocol=icmp)),
          'behind a first of an error', (
              [ask, f.first(p.icmp(f.errors[0], 1, quoted), icmp, source=f.router)],
              f.later(source=f.router, protocol=icmp)), family=f)
    after('empty', 'fragment', 'behind a first answer that nobody asked for', (
        [f.first(dns, source=far)], f.later(source=far)),
          'behind a first answer to another port', (
              [ask, f.first(p.udp(50001, 53, bytes(56), length=3000), source=far)],
              f.later(source=far)),
          'behind a first of an error about nothing', (
              [f.first(p.icmp(f.errors[0], 1, quoted), icmp, source=f.router)],
              f.later(source=f.router, protocol=icmp)), family=f)
    after('web', 'admitted', 'behind a first echo request', (
        [f.first(f.echo(f.asks, 1), icmp)], f.later(protocol=icmp)), family=f)
    after('protos', 'admitted', 'behind a first of GRE', (
        [f.first(bytes(64), 47)], f.later(protocol=47)),
          'behind a first of ESP', ([f.first(bytes(64), 50)], f.later(protocol=50)),
          'behind a first of SCTP', ([f.first(p.sctp(22), p.SCTP)],
                                     f.later(protocol=p.SCTP)), family=f)
    after('protos', 'fragment', 'GRE behind nothing', f.later(protocol=47),
          'SCTP behind a first to a closed port', (
              [f.first(p.sctp(23), p.SCTP)], f.later(protocol=p.SCTP)), family=f)
    after('all', 'admitted', 'behind a first by a rule for any', (
        [f.first(source=far)], f.later(source=far)), family=f)


def denied(f):
    first, later = f.first(source=f.denied), f.later(source=f.denied)
    after('deny-only', 'denied', 'a deny wins over an admitted first', (
        [rules('all'), first, rules('deny-only')], later), family=f)
    after('hole', 'fragment', 'behind a denied first', ([first], later), family=f)
    after('hole', 'admitted', 'behind an allowed first, a deny of its port', (
        [rules('all'), first, rules('hole')], later), family=f)


def crowded(f):
    """Each side of a table has room of its own: 160 datagrams here."""
    crowd = [f.first(p.udp(53, 40000, bytes(56), length=3000), ident=100 + i,
                     source=f.far) for i in range(800)]
    old = f.first(p.udp(53, 40000, bytes(56), length=3000), source=f.router)
    after('apart', 'admitted', 'a crowd admitted for any pushes none by prefix out', (
        [f.first(), wait(5)] + crowd, f.later()), family=f)
    after('apart', 'fragment', 'a crowd admitted for any pushes one of its own out', (
        [old, wait(5)] + crowd, f.later(source=f.router)), family=f)
    syns = [f.left(p.tcp(443, 1024 + i, SYN), TCP, f.router) for i in range(800)]
    syn, ack = f.left(p.tcp(443, 50000, SYN), TCP), f.came(p.tcp(50000, 443, ACK), TCP)
    after('empty', 'reply', 'a crowd of SYNs pushes no open connection out', (
        [syn, came(ack), wait(7300)] + syns, ack), family=f)
    after('empty', 'not-allowed', 'a crowd of SYNs pushes an older SYN out', (
        [syn, wait(5)] + syns, ack), family=f)


for family in BOTH:
    admitted(family)
    tiny(family)
    admitted_by(family)
    denied(family)
    crowded(family)

# --- what only one family has ---
after('web', 'fragment', 'another protocol than the first', V4.later(claim=TCP),
      'source route behind an admitted first', frame(p.ip4(
          bytes(8), UDP, V4.near, options=b'\1\1\1\0', fragment=5, ident=8)),
      before=[V4.first()])
AH_FIRST = V4.first(p.ah4(SIZED, UDP), p.AH)
after('web', 'admitted', 'later fragment behind AH, IPv4', V4.later(protocol=p.AH),
      before=[AH_FIRST])
after('web', 'fragment', 'later UDP fragment behind AH, IPv4', V4.later(),
      before=[AH_FIRST])
after('web', 'admitted', 'later fragment behind AH, IPv6', V6.later(),
      before=[('in', frame(p.ip6x(SIZED, UDP, V6.near, [
          p.fragment6(0, 1, 7), p.ah()])))])
after('web', 'bad-header', 'source route on a later fragment of an admitted one',
      frame(p.ip4(bytes(8), UDP, V4.near, options=b'\x83\3\4\0', fragment=5, ident=7)),
      before=[V4.first()])
after('web', 'malformed', 'later fragment of an admitted one that lies about its length',
      frame(p.ip4(bytes(8), UDP, V4.near, fragment=5, ident=7, total=40)),
      before=[V4.first()])
after('web', 'admitted', 'later IPv6 fragment that claims ICMPv6 behind its first',
      V6.later(claim=58),
      'later IPv6 fragment that claims no next header', V6.later(claim=59),
      'later IPv6 fragment behind options of its own', V6.later(headers=[p.options6(60)]),
      before=[V6.first()])
after('web', 'fragment', 'TCP at offset 1 that claims UDP', V6.later(
    offset=1, claim=UDP), before=[V6.first(BIG, TCP)])
after('web', 'fragment', 'identification that differs in the high half',
      V6.later(ident=0x10007), 'identification with the halves swapped',
      V6.later(ident=0x70000), before=[V6.first()])
after('web', 'fragment', 'behind an atomic fragment', V6.later(), before=[
    came(frame(V6.piece(p.udp(22, 40000, bytes(56)), UDP, more=0)))])
after('web', 'admitted', 'behind a first with a chain', V6.later(), before=[
    V6.first(headers=[p.options6(0), p.options6(60)])])
after('web', 'bad-header', 'two fragment headers behind an admitted first',
      frame(V6.piece(bytes(64), UDP, offset=0, more=1,
                     headers=[p.fragment6(0, 1, 7)])), before=[V6.first()])
after('empty', 'admitted', 'behind a first DHCP answer', (
    [came(dhcp4(fragment=p.MORE))], dhcp4(fragment=9)),
      'behind a first DHCPv6 answer', (
          [came(dhcp6(headers=[p.fragment6(more=1)]))], dhcp6(headers=[p.fragment6(9)])),
      'behind a first of IGMP', ([came(igmp(fragment=p.MORE))], igmp(fragment=9)),
      'behind a first of MLD', (
          [came(mld(131, headers=[p.fragment6(more=1)]))],
          mld(131, headers=[p.fragment6(9)])))
after('empty', 'fragment', 'behind a first of a neighbour solicitation', (
    [came(nd(135, headers=[p.fragment6(more=1)]))], nd(135, headers=[p.fragment6(9)])))
