# SPDX-License-Identifier: GPL-2.0-only
"""
Frames over a real device. In: frames and a World whose devices are attached.
Out: which of them a packet socket behind XDP saw. A frame is known again by
its source address, which no verdict depends on; one ARP frame, which always
passes, ends a batch.

Must not: sleep for a fixed time where a frame can be waited for.
"""
import fcntl
import os
import select
import socket
import struct
import time

import harness
import packets

ETH_P_ALL = 3
PACKET_OUTGOING = 4
BATCH = 64
LAST = 0xffffffff
LONGEST = 1514	# what a veth of MTU 1500 carries without a tag
DEADLINE = 5.0	# seconds for a batch
SETTLE = 0.002	# frames that GRO held back come at once behind the last


def marked(frame, number):
    return frame[:6] + struct.pack('!HI', 0x0200, number) + frame[12:]


def can_send(frame):
    """Whether the wire carries the frame as it is: whole Ethernet header, and of
    a tagged one so much that the stack can untag what passed."""
    if not 14 <= len(frame) <= LONGEST:
        return False
    return frame[12:14] not in (b'\x81\0', b'\x88\xa8') or len(frame) >= 24


class Wire:
    """Sender on a peer, receiver on the device behind XDP."""

    def __init__(self, device, peer):
        self.sender = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
        self.sender.bind((peer, 0))
        self.receiver = socket.socket(socket.AF_PACKET, socket.SOCK_RAW,
                                      socket.htons(ETH_P_ALL))
        self.receiver.bind((device, ETH_P_ALL))
        self.receiver.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
        self.receiver.setblocking(False)

    def close(self):
        self.sender.close()
        self.receiver.close()

    def passed(self, frames):
        """The set of indices of frames that got through."""
        seen = set()
        for start in range(0, len(frames), BATCH):
            batch = frames[start:start + BATCH]
            for i, frame in enumerate(batch):
                self.sender.send(marked(frame, start + i))
            self.sender.send(marked(packets.arp(), LAST))
            self.collect(seen)
        return seen

    def collect(self, seen):
        """Receive until the last frame of a batch, and what comes at once."""
        deadline, wait = time.monotonic() + DEADLINE, DEADLINE
        while True:
            ready, _, _ = select.select([self.receiver], [], [], wait)
            if not ready:
                if wait == SETTLE:
                    return
                raise TimeoutError('the frame that ends a batch is lost')
            data, source = self.receiver.recvfrom(2048)
            if source[2] == PACKET_OUTGOING or data[6:8] != b'\2\0':
                continue
            number = struct.unpack_from('!I', data, 8)[0]
            if number == LAST:
                wait = SETTLE
            else:
                seen.add(number)
            if time.monotonic() > deadline:
                raise TimeoutError('frames without end')


class Tun:
    """A device without a link layer. What is written to it comes in there, and is
    through XDP when write() returns."""

    DEVICE = '/dev/net/tun'
    TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454ca, 1, 0x1000

    def __init__(self, name):
        self.tun = os.open(self.DEVICE, os.O_RDWR | os.O_NONBLOCK)
        fcntl.ioctl(self.tun, self.TUNSETIFF, struct.pack(
            '16sH22x', name.encode(), self.IFF_TUN | self.IFF_NO_PI))
        harness.quiet_up(name)
        self.receiver = socket.socket(socket.AF_PACKET, socket.SOCK_RAW,
                                      socket.htons(ETH_P_ALL))
        self.receiver.bind((name, ETH_P_ALL))
        self.receiver.setblocking(False)

    @staticmethod
    def can_send(packet):
        """The device itself refuses all but versions 4 and 6."""
        return 0 < len(packet) <= 1500 and packet[0] >> 4 in (4, 6)

    def passed(self, packets_in):
        return {i for i, packet in enumerate(packets_in) if self.through(packet)}

    def through(self, packet):
        os.write(self.tun, packet)
        while True:
            try:
                data, source = self.receiver.recvfrom(2048)
            except BlockingIOError:
                return False
            if source[2] != PACKET_OUTGOING:
                if data != packet:
                    raise TimeoutError('a packet came late: ' + data.hex())
                return True
