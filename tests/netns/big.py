#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Packets that ordinary programs do not send at will, for outward.t.

  big.py ask SOURCE DESTINATION PORT SECONDS   8,000 bytes of UDP; the echo of an `ends.py
                                               serve` is awaited: "answer" or "silence"
  big.py ack SOURCE DESTINATION SPORT DPORT    a TCP segment from the middle of a
                                               connection that is not

In: the words above. Out: one word on stdout, or nothing. Must not: wait longer than told.
"""
import socket
import struct
import sys

SIZE = 8000


def family(address):
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def ask(source, destination, port, seconds):
    question = bytes(i % 251 for i in range(SIZE))
    with socket.socket(family(source), socket.SOCK_DGRAM) as sock:
        sock.bind((source, 0))
        sock.connect((destination, int(port)))
        sock.settimeout(float(seconds))
        sock.send(question)
        try:
            return "answer" if sock.recv(65535).endswith(question) else "garbled"
        except socket.timeout:
            return "silence"


def checksum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def ack(source, destination, sport, dport):
    """Its checksum is right: a stack that got it would answer with a reset."""
    fam = family(source)
    head = struct.pack("!HHIIBBHHH", int(sport), int(dport), 1000, 2000, 5 << 4, 0x10,
                       1024, 0, 0)
    pseudo = socket.inet_pton(fam, source) + socket.inet_pton(fam, destination) \
        + struct.pack("!II", len(head), socket.IPPROTO_TCP)
    head = head[:16] + struct.pack("!H", checksum(pseudo + head)) + head[18:]
    with socket.socket(fam, socket.SOCK_RAW, socket.IPPROTO_TCP) as sock:
        sock.bind((source, 0))
        sock.sendto(head, (destination, 0))


if __name__ == "__main__":
    if sys.argv[1] == "ask":
        print(ask(*sys.argv[2:]))
    else:
        ack(*sys.argv[2:])
