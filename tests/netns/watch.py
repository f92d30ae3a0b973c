#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Who gets through, packet by packet, while rules change.

  watch.py PEER HOST DESTINATION PORT A B FENCE

sends rounds of three datagrams from namespace PEER to a socket of namespace HOST: from A,
from B, and from FENCE, which every rule set lets in. They share one queue, so when the
fence arrives it is known who of the round got through. Lines on stdin: "start" begins,
"stop" ends and prints the story of all rounds in between, as in "A", "A>B" or
"AB>A"; "-" stands for neither, and "lost" for a fence that did not come.
"""
import os
import select
import socket
import sys

CLONE_NEWNET = 0x40000000


def sockets_in(namespace, make):
    """Sockets stay in the namespace where they were made."""
    home = os.open("/proc/self/ns/net", os.O_RDONLY)
    there = os.open("/run/netns/" + namespace, os.O_RDONLY)
    setns(there)
    made = make()
    setns(home)
    os.close(there)
    os.close(home)
    return made


def setns(fd):
    import ctypes
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.setns(fd, CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "setns")


def senders(sources, destination, port):
    made = []
    for source in sources:
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sock.bind((source, 0))
        sock.connect((destination, port))
        made.append(sock)
    return made


def receiver(port):
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind(("0.0.0.0", port))
    sock.settimeout(2)
    return sock


def round_of(out, into, number, sources):
    """The letters of those who got through in this round."""
    word = b"%d" % number
    for sock in out:
        sock.send(word)
    letters = ""
    while True:
        try:
            data, peer = into.recvfrom(64)
        except socket.timeout:
            return "lost"
        if data != word:
            continue
        if peer[0] == sources[2]:
            return letters or "-"
        letters += "AB"[sources.index(peer[0])]


def story(rounds):
    runs = []
    for state in rounds:
        if runs and runs[-1][0] == state:
            runs[-1][1] += 1
        else:
            runs.append([state, 1])
    # The change itself may fall between the two packets of one round.
    kept = [run[0] for i, run in enumerate(runs)
            if not (run[1] == 1 and 0 < i < len(runs) - 1
                    and (runs[i - 1][0], run[0], runs[i + 1][0]) == ("A", "AB", "B"))]
    return ">".join(kept)


def main(peer, host, destination, port, *sources):
    # One CPU, so that one queue carries all three.
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    out = sockets_in(peer, lambda: senders(sources, destination, int(port)))
    into = sockets_in(host, lambda: receiver(int(port)))
    rounds, number, running = [], 0, False
    print("ready", flush=True)
    while True:
        if select.select([sys.stdin], [], [], 0.0005 if running else None)[0]:
            line = sys.stdin.readline().strip()
            if not line:
                return
            if line == "start":
                rounds, running = [], True
                # At least one round before the command, and one after it.
                rounds.append(round_of(out, into, number, sources))
                number += 1
                print("started", flush=True)
            else:
                running = False
                rounds.append(round_of(out, into, number, sources))
                number += 1
                print(story(rounds), flush=True)
        elif running:
            rounds.append(round_of(out, into, number, sources))
            number += 1


main(*sys.argv[1:])
