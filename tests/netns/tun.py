#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""A tun device whose far end is this program: no link-layer header.

  tun.py NAME   makes the device, prints "ready"; for every row "SOURCE DESTINATION PORT" on
                stdin it puts such a UDP datagram into the device and prints answer, when a
                datagram comes back, or silence. The device goes with the program.
"""
import fcntl
import os
import select
import socket
import struct
import sys
import time

TUNSETIFF = 0x400454CA
IFF_TUN_NO_PI = 0x1001


def total(words):
    value = sum(struct.unpack("!%dH" % (len(words) // 2), words))
    while value >> 16:
        value = (value & 0xFFFF) + (value >> 16)
    return ~value & 0xFFFF


def datagram(source, destination, port):
    fam = socket.AF_INET6 if ":" in source else socket.AF_INET
    ends = socket.inet_pton(fam, source) + socket.inet_pton(fam, destination)
    payload = b"question"
    udp = struct.pack("!HHHH", 40000, port, 8 + len(payload), 0) + payload
    pseudo = ends + struct.pack("!HH", 17, len(udp))
    udp = udp[:6] + struct.pack("!H", total(pseudo + udp)) + udp[8:]
    if fam == socket.AF_INET6:
        return struct.pack("!IHBB", 6 << 28, len(udp), 17, 64) + ends + udp
    head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(udp), 1, 0, 64, 17, 0)
    return head[:10] + struct.pack("!H", total(head + ends)) + ends + udp


def answered(device, source):
    """Whether a datagram to `source` comes out of the device in time."""
    fam = socket.AF_INET6 if ":" in source else socket.AF_INET
    wanted = socket.inet_pton(fam, source)
    end = time.monotonic() + 0.7
    while (left := end - time.monotonic()) > 0:
        if select.select([device], [], [], left)[0]:
            packet = os.read(device, 4096)
            proto, start = (packet[6], 24) if packet[0] >> 4 == 6 else (packet[9], 16)
            if proto == 17 and packet[start:start + len(wanted)] == wanted:
                return True
    return False


def main(name):
    device = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(device, TUNSETIFF, struct.pack("16sH22x", name.encode(), IFF_TUN_NO_PI))
    print("ready", flush=True)
    for row in sys.stdin:
        source, destination, port = row.split()
        os.write(device, datagram(source, destination, int(port)))
        print("answer" if answered(device, source) else "silence", flush=True)


main(sys.argv[1])
