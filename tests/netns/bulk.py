#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Many bytes over TCP, and how long they took.

  bulk.py serve PORT              both families, until killed; prints "ready"
  bulk.py put|get SOURCE DESTINATION PORT BYTES
                                  sends or fetches them; prints "BYTES in MILLISECONDS ms"
                                  once the other end has them all, or what went wrong
Ten seconds without a byte are the end.
"""
import socket
import sys
import threading
import time

PATIENCE = 10.0
BLOCK = bytes(65536)


def send(sock, left):
    while left:
        left -= sock.send(BLOCK[:left])


def receive(sock, left):
    while left:
        got = len(sock.recv(min(left, 1 << 20)))
        if not got:
            raise ConnectionError(f"{left} bytes did not come")
        left -= got


def answer(sock):
    sock.settimeout(PATIENCE)
    with sock, sock.makefile("rwb", buffering=0) as stream:
        try:
            verb, _, count = stream.readline().strip().partition(b" ")
            if verb == b"put":
                receive(sock, int(count))
                sock.sendall(b"k")
            elif verb == b"get":
                send(sock, int(count))
        except OSError:
            pass


def serve(port):
    with socket.create_server(("::", int(port)), family=socket.AF_INET6,
                              dualstack_ipv6=True, backlog=64) as listener:
        print("ready", flush=True)
        while True:
            sock, _ = listener.accept()
            threading.Thread(target=answer, args=(sock,), daemon=True).start()


def ask(verb, source, destination, port, count):
    start = time.monotonic()
    with socket.create_connection((destination, int(port)), PATIENCE,
                                  (source, 0)) as sock:
        sock.sendall(f"{verb} {count}\n".encode())
        if verb == "put":
            send(sock, int(count))
            receive(sock, 1)
        else:
            receive(sock, int(count))
    print(f"{count} in {(time.monotonic() - start) * 1000:.0f} ms")


if __name__ == "__main__":
    try:
        serve(*sys.argv[2:]) if sys.argv[1] == "serve" else ask(*sys.argv[1:])
    except OSError as error:
        sys.exit(f"{sys.argv[1]}: {error}")
