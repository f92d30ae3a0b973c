#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""ICMP errors written by hand, each about a packet of which only its header is shown.

  errors.py TYPE CODE TO PROTOCOL SOURCE SPORT DESTINATION DPORT
sends one to TO; PROTOCOL is tcp, udp or a number. "Too big" names 1300 bytes.
"""
import socket
import struct
import sys

MTU = 1300


def checksum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    total = (total & 0xffff) + (total >> 16)
    return ~(total + (total >> 16)) & 0xffff


def embedded4(proto, source, destination, length):
    header = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + length, 1, 0x4000, 63, proto, 0,
                         socket.inet_aton(source), socket.inet_aton(destination))
    return header[:10] + struct.pack("!H", checksum(header)) + header[12:]


def embedded6(proto, source, destination, length):
    return struct.pack("!IHBB16s16s", 6 << 28, length, proto, 63,
                       socket.inet_pton(socket.AF_INET6, source),
                       socket.inet_pton(socket.AF_INET6, destination))


def main(icmp_type, code, to, proto, source, sport, destination, dport):
    number = {"tcp": 6, "udp": 17}.get(proto) or int(proto)
    upper = struct.pack("!HHHH", int(sport), int(dport), 1440, 0) + bytes(12)
    fam, kind, embedded, word = (
        (socket.AF_INET6, socket.IPPROTO_ICMPV6, embedded6, MTU) if ":" in to else
        (socket.AF_INET, socket.IPPROTO_ICMP, embedded4, MTU))
    packet = embedded(number, source, destination, 1440) + upper
    header = struct.pack("!BBHI", int(icmp_type), int(code), 0, word)
    if fam == socket.AF_INET:  # in IPv6 the kernel does it
        header = header[:2] + struct.pack("!H", checksum(header + packet)) + header[4:]
    with socket.socket(fam, socket.SOCK_RAW, kind) as sock:
        sock.sendto(header + packet, (to, 0))


main(*sys.argv[1:])
