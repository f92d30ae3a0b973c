# SPDX-License-Identifier: GPL-2.0-only
"""
nftables as a judge. In: rules and frames. Out: for each frame 'allow', 'deny' or
None (no rule took it), as the kernel decided. Frames enter veth devices whose
netdev ingress chain forwards what a rule allows to one device and what a rule
denies to another, where packet sockets tell them by the number that stands in
the Ethernet source. No stack lies behind that would drop for reasons of its own.

Must not: run in a network namespace that is not the test's own.
"""
import contextlib
import os
import socket
import struct
import subprocess

from harness import Failure, quiet_up, sh
from nft_rules import Table

TABLE = 'netdev xdpwl_ingress'
ALLOWED, DENIED = 'nf_allow', 'nf_deny'	# devices that verdicts are seen at
# Ethernet sources of what is asked about and of a marker, which comes out of both.
# No EtherType would tell them: a frame that is asked about may have any.
ASKED, MARKER = b'\2\0', b'\2\2'
MARKED = 'ether saddr & ff:ff:00:00:00:00 == 02:02:00:00:00:00'
BATCH = 64	# far below the 1000 that a CPU's backlog holds
MTU = 9000
ETH_P_ALL, SO_RCVBUFFORCE = 3, 33
PATIENCE = 20	# seconds for a batch
NOWHERE = 'nf_other'	# stands for a device that no rule can name


def add_pair(name, peer):
    sh('ip', 'link', 'add', name, 'mtu', str(MTU), 'type', 'veth', 'peer', 'name',
       peer, 'mtu', str(MTU))
    quiet_up(name)
    quiet_up(peer)


def nft(*words, stdin=''):
    done = subprocess.run(['nft', *words], input=stdin, text=True,
                          capture_output=True)
    if done.returncode:
        raise Failure('nft: %s' % done.stderr[:2000])
    return done.stdout


def packet_socket(device, protocol, receive=0):
    made = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    if receive:
        made.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, receive)
        made.settimeout(PATIENCE)
    made.bind((device, protocol))
    return made


@contextlib.contextmanager
def one_cpu():
    """One CPU's backlog keeps frames in order, whatever device they enter."""
    cpus = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(cpus)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, cpus)


class Kernel:
    """The judge's devices: one entrance for each interface of the rules."""

    def __init__(self, interfaces):
        self.devices = {name: 'nf_' + name for name in interfaces}
        self.entrances = {None: NOWHERE, **self.devices}
        self.doors = {}
        for name, device in self.entrances.items():
            add_pair(device, device + '_')
            self.doors[name] = packet_socket(device + '_', 0)
        self.exits = {}
        for verdict, device in (('allow', ALLOWED), ('deny', DENIED)):
            add_pair(device, device + '_')
            self.exits[verdict] = packet_socket(
                device + '_', ETH_P_ALL, 1 << 23)
        self.number = 0

    def load(self, rules):
        """Make these the rules."""
        table = Table(rules, self.devices, 'fwd to "%s"' % ALLOWED,
                      'fwd to "%s"' % DENIED)
        nft('-f', '-', stdin=table.text(TABLE, [
            'type filter hook ingress devices = { %s } priority 0; policy drop;'
            % ', '.join(sorted(self.entrances.values())),
            '%s dup to "%s"' % (MARKED, DENIED), '%s fwd to "%s"' % (MARKED, ALLOWED)]))

    def ask(self, asked):
        """The verdict on each (frame, interface), in order."""
        with one_cpu():
            return [verdict for at in range(0, len(asked), BATCH)
                    for verdict in self.batch(asked[at:at + BATCH])]

    def batch(self, asked):
        first = self.number
        for frame, interface in asked:
            self.doors[interface].send(self.numbered(frame))
        end = self.number
        self.doors[None].send(self.numbered(bytes(60), MARKER))
        verdicts = [None] * len(asked)
        for verdict, door in self.exits.items():
            for number in self.come_out(door, first, end):
                if verdicts[number]:
                    raise Failure('nftables gave two verdicts on one frame')
                verdicts[number] = verdict
        return verdicts

    def numbered(self, frame, kind=ASKED):
        number = struct.pack('!I', self.number)
        self.number += 1
        return frame[:6] + kind + number + frame[12:]

    @staticmethod
    def come_out(door, first, end):
        """The places in the batch of the frames that come before the marker."""
        while True:
            number = struct.unpack('!I', door.recv(14)[8:12])[0]
            if number == end:
                return
            if first <= number < end:
                yield number - first
