#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""A stranger's flood and who received it.

  flood.py send SOURCE DESTINATION PORT   datagrams without pause until killed
  flood.py count PORT                     prints "ready", then on SIGTERM how many came
"""
import signal
import socket
import sys


def family(address):
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def send(source, destination, port):
    with socket.socket(family(source), socket.SOCK_DGRAM) as sock:
        sock.bind((source, 0))
        sock.connect((destination, int(port)))
        while True:
            try:
                sock.send(b"flood")
            except OSError:
                pass  # a device that is down, a queue that is full, a refusal


def count(port):
    received = 0

    def report(*_):
        print(received, flush=True)
        sys.exit(0)

    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as sock:
        sock.bind(("::", int(port)))
        signal.signal(signal.SIGTERM, report)
        print("ready", flush=True)
        while True:
            sock.recv(64)
            received += 1


{"send": send, "count": count}[sys.argv[1]](*sys.argv[2:])
