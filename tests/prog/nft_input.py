# SPDX-License-Identifier: GPL-2.0-only
"""
nftables as hosts have it: an input chain with a default of drop, behind the
stack's own checks. In: rules and frames. Out: for each frame 'allow', 'deny',
None (no rule took it), or UNREACHED where the stack let it come to no chain. The
chain writes Ethernet sources, in which the frame's number stands, into a set a
verdict; nothing is delivered.

Must not: run in a network namespace that is not the test's own.
"""
import re
import struct
import time

import packets as p
from harness import Failure, sh
from nft_kernel import BATCH, PATIENCE, add_pair, nft, one_cpu, packet_socket
from nft_rules import Table

TABLE = 'inet xdpwl_input'
UNREACHED = 'unreached'
SETS = {'allow': 'allowed', 'deny': 'denied', None: 'untaken'}
ADD = 'add @%s { ether saddr } drop'
NOWHERE = 'ni_other'
MAC = '02:00:00:00:00:01'	# packets.HOST_MAC


class InputHook:
    """A host with the addresses that the test's packets go to."""

    def __init__(self, interfaces):
        self.devices = {name: 'ni_' + name for name in interfaces}
        self.entrances = {None: NOWHERE, **self.devices}
        self.doors = {}
        # Never used twice: a fragment may wait in the stack for its rest, which comes
        # with a later ruleset.
        self.number = 0
        for name, device in self.entrances.items():
            add_pair(device, device + '_')
            self.doors[name] = packet_socket(device + '_', 0)
            setting('ipv4', device, 'rp_filter', 0)
            setting('ipv6', device, 'accept_dad', 0)
            setting('ipv6', device, 'disable_ipv6', 0)
            sh('ip', 'link', 'set', device, 'address', MAC)
            sh('ip', 'address', 'add', p.HOST4 + '/32', 'dev', device)
            sh('ip', 'address', 'add', p.HOST6 + '/128', 'dev', device, 'nodad')
        setting('ipv4', 'all', 'rp_filter', 0)
        for family in ('-4', '-6'):
            sh('ip', family, 'route', 'add', 'default', 'dev', NOWHERE)

    def load(self, rules):
        """Make these the rules, and forget every frame."""
        table = Table(rules, self.devices, ADD % 'allowed', ADD % 'denied')
        nft('-f', '-', stdin=table.text(TABLE, [
            'type filter hook input priority 0; policy drop;',
            'iifname != "ni_*" drop'],
            ['set %s { type ether_addr; size 65535; flags dynamic; }' % name
             for name in SETS.values()], [ADD % 'untaken']))

    def ask(self, asked):
        """The verdict on each (frame, interface), in order; once a load()."""
        first = self.number
        with one_cpu():
            for sent, (frame, interface) in enumerate(asked, 1):
                self.doors[interface].send(self.numbered(frame))
                if sent % BATCH == 0:
                    time.sleep(0)
            last = self.number
            self.doors[None].send(self.numbered(p.frame(p.ip4(
                p.udp(9), p.UDP, '192.0.2.1'))))
        verdicts = [UNREACHED] * len(asked)
        for verdict, number in self.written(last):
            if first <= number < last:
                verdicts[number - first] = verdict
        return verdicts

    @staticmethod
    def written(last):
        """(verdict, number) of all frames, once the last one's is there."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            found = [(verdict, int(number.replace(':', ''), 16))
                     for verdict, name in SETS.items()
                     for number in re.findall('02:01:([0-9a-f:]{11})', nft(
                         'list', 'set', *TABLE.split(), name))]
            if any(number == last for _, number in found):
                return found
        raise Failure('the last frame came to no input chain')

    def numbered(self, frame):
        """With its number, and the header checksum that the stack asks of IPv4."""
        frame = frame[:6] + b'\2\1' + struct.pack('!I', self.number) + frame[12:]
        self.number += 1
        if frame[12:14] != b'\x08\0' or len(frame) < 34:
            return frame
        size = (frame[14] & 15) * 4
        header = frame[14:24] + b'\0\0' + frame[26:14 + size]
        total = sum(struct.unpack('!%dH' % (len(header) // 2),
                                  header[:len(header) // 2 * 2]))
        while total >> 16:
            total = (total & 0xffff) + (total >> 16)
        return frame[:24] + struct.pack('!H', ~total & 0xffff) + frame[26:]


def setting(family, device, name, value):
    with open('/proc/sys/net/%s/conf/%s/%s' % (family, device, name), 'w') as f:
        f.write(str(value))
