#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""A router that advertises: router.py IFNAME PREFIX, five times a second until killed."""
import socket
import struct
import sys
import time


def main(ifname, prefix):
    option = struct.pack("!BBBBIII16s", 3, 4, 64, 0xC0, 3600, 1800, 0,
                         socket.inet_pton(socket.AF_INET6, prefix))
    message = struct.pack("!BBHBBHII", 134, 0, 0, 64, 0, 1800, 0, 0) + option
    with socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6) as sock:
        index = socket.if_nametoindex(ifname)
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, 255)
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, index)
        while True:
            sock.sendto(message, ("ff02::1", 0, 0, index))
            time.sleep(0.2)


main(*sys.argv[1:])
