#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""The two ends of real traffic, with the kernel's own sockets.

  ends.py serve tcp/22 udp/53 raw/132 ...   answer there, both families, until killed;
                                            prints "ready" once all are open
  ends.py ask                               rows "SOURCE DESTINATION SERVICE WANTED" on
                                            stdin, all asked at once; one word a row:
                                            answer, refused or silence
  ends.py hold SOURCE DESTINATION tcp/PORT|udp/PORT
                                            one connection; sends every line of stdin and
                                            prints "echo" or "lost" for each; after the
                                            line "silence" [SECONDS] it waits but briefly
  ends.py tagged IFNAME MAC SOURCE DESTINATION udp/PORT VID...
                                            a datagram of IPv4 inside these VLAN tags,
                                            written as a frame: answer or silence
SERVICE is tcp/PORT, udp/PORT, ping, or raw/PROTOCOL/PORT (a header of ports by hand,
where this kernel has no sockets of that protocol).
"""
import concurrent.futures
import itertools
import socket
import struct
import subprocess
import sys
import threading

RAW_PORTS = itertools.count(40000)  # a source port for each question
PATIENT, HASTY = 5.0, 0.7  # seconds: for what should answer, for what should not


def family(address):
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def listener(fam, kind, proto, port):
    sock = socket.socket(fam, kind, proto)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if fam == socket.AF_INET6:
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    sock.bind(("::" if fam == socket.AF_INET6 else "0.0.0.0", port))
    return sock


def session(conn, name):
    with conn:
        conn.sendall(name + b"\n")
        try:
            while data := conn.recv(4096):
                conn.sendall(data)
        except OSError:
            pass


def accept_all(sock, name):
    sock.listen(128)
    while True:
        conn, _ = sock.accept()
        threading.Thread(target=session, args=(conn, name), daemon=True).start()


def echo_datagrams(sock, name):
    while True:
        data, peer = sock.recvfrom(65535)
        sock.sendto(name + b" " + data, peer)


def echo_raw(sock):
    """Back to its sender with the ports swapped; the IPv4 header comes along."""
    while True:
        data, peer = sock.recvfrom(65535)
        if sock.family == socket.AF_INET:
            data = data[(data[0] & 15) * 4:]
        if data[4:] == b"question" + bytes(8):
            answer = data[2:4] + data[0:2] + b"answer" + bytes(10)
            sock.sendto(answer, (peer[0], 0))


def serve(services):
    threads = []
    for service in services:
        kind, _, number = service.partition("/")
        for fam in (socket.AF_INET, socket.AF_INET6):
            if kind == "raw":
                sock = socket.socket(fam, socket.SOCK_RAW, int(number))
                work = (echo_raw, (sock,))
            elif kind == "udp":
                sock = listener(fam, socket.SOCK_DGRAM, 0, int(number))
                work = (echo_datagrams, (sock, service.encode()))
            else:
                sock = listener(fam, socket.SOCK_STREAM, 0, int(number))
                work = (accept_all, (sock, service.encode()))
            threads.append(threading.Thread(target=work[0], args=work[1]))
    for thread in threads:
        thread.start()
    print("ready", flush=True)


def ask_tcp(source, destination, port, seconds):
    with socket.socket(family(source), socket.SOCK_STREAM) as sock:
        sock.settimeout(seconds)
        sock.bind((source, 0))
        sock.connect((destination, port))
        return sock.recv(64) != b""


def ask_udp(source, destination, port, seconds):
    with socket.socket(family(source), socket.SOCK_DGRAM) as sock:
        sock.settimeout(seconds)
        sock.bind((source, 0))
        sock.connect((destination, port))
        sock.send(b"question")
        return sock.recv(64) != b""


def ask_raw(source, destination, proto, port, seconds):
    with socket.socket(family(source), socket.SOCK_RAW, proto) as sock:
        sock.settimeout(seconds)
        sock.bind((source, 0))
        sock.connect((destination, 0))
        own = next(RAW_PORTS)
        sock.send(struct.pack("!HH", own, port) + b"question" + bytes(8))
        # A raw socket hears the answers to all others of its address as well, and
        # until it is bound those to all addresses: the port tells whose it is.
        while struct.pack("!HH", port, own) + b"answer" not in sock.recv(2048):
            pass
        return True


def ask_ping(source, destination, seconds):
    done = subprocess.run(["ping", "-n", "-c", "1", "-W", str(seconds), "-I", source,
                           destination], capture_output=True, check=False)
    return done.returncode == 0


def ask(row):
    source, destination, service, wanted = row.split()
    seconds = HASTY if wanted == "silence" else PATIENT
    kind, *numbers = service.split("/")
    run = {"tcp": ask_tcp, "udp": ask_udp, "raw": ask_raw, "ping": ask_ping}[kind]
    try:
        answered = run(source, destination, *map(int, numbers), seconds)
    except ConnectionRefusedError:
        return "refused"
    except socket.timeout:
        return "silence"
    return "answer" if answered else "silence"


def ask_all(rows):
    with concurrent.futures.ThreadPoolExecutor(64) as pool:
        for word in pool.map(ask, rows):
            print(word)


def drain(sock):
    """Echoes of what was sent before, and came late."""
    sock.setblocking(False)
    try:
        while sock.recv(4096):
            pass
    except OSError:
        pass


def hold(source, destination, service):
    kind, port = service.split("/")
    with socket.socket(family(source), socket.SOCK_DGRAM if kind == "udp"
                       else socket.SOCK_STREAM) as sock:
        # When killed, a reset: whatever was lost before, the other end is gone as well.
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        sock.settimeout(PATIENT)
        sock.bind((source, 0))
        sock.connect((destination, int(port)))
        if kind == "udp":
            sock.send(b"question")
        sock.recv(64)
        print("open", flush=True)
        for line in sys.stdin:
            word, *seconds = line.split()
            drain(sock)
            sock.settimeout(float(seconds[0]) if seconds
                            else HASTY if word == "silence" else PATIENT)
            try:
                sock.send(line.encode())
                word = "echo" if sock.recv(4096) else "lost"
            except OSError:
                word = "lost"
            print(word, flush=True)


def tagged(ifname, mac, source, destination, service, vids):
    port = int(service.split("/")[1])
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock, \
            socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as raw:
        sock.bind((source, 0))
        raw.bind((ifname, 0))
        own = raw.getsockname()[4]
        udp = struct.pack("!HHHH", sock.getsockname()[1], port, 16, 0) + b"question"
        header = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 1, 0, 64, 17, 0,
                             socket.inet_aton(source), socket.inet_aton(destination))
        total = sum(struct.unpack("!10H", header))
        total = (total & 0xffff) + (total >> 16)
        total = (total & 0xffff) + (total >> 16)
        header = header[:10] + struct.pack("!H", ~total & 0xffff) + header[12:]
        tags = b"".join(struct.pack("!HH", 0x8100, int(vid)) for vid in vids)
        raw.send(bytes.fromhex(mac.replace(":", "")) + own + tags + b"\x08\x00"
                 + header + udp)
        sock.settimeout(1)
        try:
            return "answer" if sock.recv(64) else "silence"
        except socket.timeout:
            return "silence"


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        serve(sys.argv[2:])
    elif sys.argv[1] == "ask":
        ask_all([line for line in sys.stdin if line.strip()])
    elif sys.argv[1] == "tagged":
        print(tagged(*sys.argv[2:7], sys.argv[7:]))
    else:
        hold(*sys.argv[2:])
