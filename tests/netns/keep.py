#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Sockets that stay as they are until killed; prints "ready" once all are open.

  keep.py listen,ADDRESS,PORT       TCP; nobody accepts: the kernel answers all the same
  keep.py only,ADDRESS,PORT         the same, IPv6 alone
  keep.py answer,ADDRESS,PORT       UDP; sends back what comes
  keep.py tcp,SOURCE,PORT,DESTINATION,PORT    a connection
  keep.py syn,SOURCE,PORT,DESTINATION,PORT    one that need not be answered
  keep.py udp,SOURCE,PORT,DESTINATION,PORT    connected; one datagram is sent
  keep.py ask,SOURCE,PORT,DESTINATION,PORT    the same, and its answer is awaited
IPv4 written as ::ffff:192.0.2.1 is spoken over a socket of IPv6.
"""
import socket
import sys
import threading


def make(address, port, kind):
    fam = socket.AF_INET6 if ":" in address else socket.AF_INET
    sock = socket.socket(fam, kind)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    return sock, (address, int(port))


def echo(sock):
    while True:
        data, sender = sock.recvfrom(2048)
        sock.sendto(data, sender)


def keep(what, source, sport, destination=None, dport=None):
    kind = socket.SOCK_DGRAM if what in ("answer", "udp", "ask") else socket.SOCK_STREAM
    sock, own = make(source, sport, kind)
    if what in ("listen", "only") and sock.family == socket.AF_INET6:
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, what == "only")
    sock.bind(own)
    if what in ("listen", "only"):
        sock.listen(16)
    elif what == "answer":
        threading.Thread(target=echo, args=(sock,), daemon=True).start()
    elif what == "syn":
        sock.setblocking(False)
        sock.connect_ex((destination, int(dport)))
    else:
        sock.settimeout(5)
        sock.connect((destination, int(dport)))
    if what in ("udp", "ask"):
        sock.send(b"question")
    if what == "ask":
        sock.recv(64)
    return sock


if __name__ == "__main__":
    kept = [keep(*word.split(",")) for word in sys.argv[1:]]
    print("ready", flush=True)
    threading.Event().wait()
