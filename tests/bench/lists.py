# SPDX-License-Identifier: GPL-2.0-only
"""What the benchmark whitelists and what it sends.

In: the providers' lists below $XDPWL_DATA, or random prefixes where they are
missing. Out: rules files with their set files, and files of records
(packets.h), one a mix of packets. Nothing here runs xdpwl or touches a device.
"""
import bisect
import ipaddress
import os
import struct

RECORDS = 65536
BITS = {4: 32, 6: 128}
# Small real list first, then the big one, then random prefixes of these lengths.
SMALL = {4: "providers/cloudflare-v4-ip-ranges.txt",
         6: "providers/cloudflare-v6-ip-ranges.txt"}
BIG = {4: "clouds-v4.txt", 6: "clouds-v6-merged.txt"}
LENGTHS = {4: (24, 32), 6: (32, 64)}
# What stands in every ruleset beside the list: rules of other ports, an `all`
# and a deny, as a real machine has them. Mixes draw no source from here.
OTHER = ["192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "198.18.0.1/32",
         "2001:db8::/32"]
OTHER_PORTS = range(10000, 10500)
# No honest source (IPv4 first octets): dropped before any rule is asked.
BOGUS = {0, 127} | set(range(224, 256))


def prefix_parse(text):
    network = ipaddress.ip_network(text, strict=False)
    return int(network.network_address), network.prefixlen


def prefix_format(prefix, family):
    kind = ipaddress.IPv4Address if family == 4 else ipaddress.IPv6Address
    return f"{kind(prefix[0])}/{prefix[1]}"


def address_random(rng, family):
    """An address that a stranger may claim: global unicast."""
    if family == 6:
        return 1 << 125 | rng.getrandbits(125)
    while True:
        address = rng.getrandbits(32)
        if address >> 24 not in BOGUS:
            return address


def file_read(name, family):
    path = os.path.join(os.environ.get("XDPWL_DATA", "../shared/data"), name)
    try:
        with open(path, encoding="ascii") as file:
            return [prefix_parse(line) for line in file.read().split()]
    except FileNotFoundError:
        print(f"bench: {path} is missing: random IPv{family} prefixes instead")
        return []


def prefixes_random(rng, family, have, n):
    bits, chosen = BITS[family], set(have)
    while len(chosen) < n:
        length = rng.randint(*LENGTHS[family])
        address = address_random(rng, family)
        chosen.add((address >> bits - length << bits - length, length))
    return chosen


def prefixes_listed(rng, family, n):
    """n distinct prefixes, real ones as far as there are so many."""
    real = sorted(set(file_read(SMALL[family] if n <= 15 else BIG[family],
                                family)))
    if len(real) > n:
        real = rng.sample(real, n)
    return sorted(prefixes_random(rng, family, real, n))


class Cover:
    """Whether an address lies in any of some prefixes."""

    def __init__(self, prefixes, family):
        bits = BITS[family]
        self.first, self.last = [], []
        for address, length in sorted(prefixes):
            last = address | (1 << bits - length) - 1
            if self.last and address <= self.last[-1]:
                self.last[-1] = max(self.last[-1], last)
            else:
                self.first.append(address)
                self.last.append(last)

    def __contains__(self, address):
        at = bisect.bisect_right(self.first, address) - 1
        return at >= 0 and address <= self.last[at]


def set_write(path, prefixes, family):
    with open(path, "w", encoding="ascii") as file:
        file.writelines(prefix_format(p, family) + "\n" for p in prefixes)


def rules_write(path, listed):
    """A rules file that opens 443 to the lists {family: prefixes}."""
    lines = []
    for family, prefixes in listed.items():
        set_write(f"{path}.set{family}", prefixes, family)
        lines += [f'set listed{family} file "{path}.set{family}"',
                  f"allow @listed{family} 443"]
    lines += ["allow 192.0.2.0/24 all", "deny 198.51.100.0/24"]
    for i, port in enumerate(OTHER_PORTS):
        source = (f"2001:db8:3::{i + 1:x}" if i % 2
                  else f"203.0.113.{i // 2 + 1}")
        lines.append(f"allow {source} {port}")
    with open(path, "w", encoding="ascii") as file:
        file.write("\n".join(lines) + "\n")


def header_check(source, protocol):
    """Checksum of the IPv4 header that frame.c builds."""
    total = (0x4500 + 40 + (64 << 8 | protocol) + 0xc612 + 0x0001 +
             (source >> 16) + (source & 0xffff))
    total = (total & 0xffff) + (total >> 16)
    return ~((total & 0xffff) + (total >> 16)) & 0xffff


def record_pack(family, source, ports, protocol):
    if family == 4:
        return struct.pack("!I12xHHHxx", source, *ports,
                           header_check(source, protocol))
    return struct.pack("!QQHH4x", source >> 64, source & (1 << 64) - 1, *ports)


def sources_of(rng, family, listed):
    """Two endless draws: sources that nothing covers, and listed ones."""
    other = [prefix_parse(p) for p in OTHER if (":" in p) == (family == 6)]
    known, others = Cover(listed + other, family), Cover(other, family)
    bits = BITS[family]

    def stranger():
        while True:
            source = address_random(rng, family)
            if source not in known:
                return source

    def member():
        while True:
            address, length = rng.choice(listed)
            source = address | rng.getrandbits(bits - length) \
                if length < bits else address
            if source not in others:
                return source
    return stranger, member


# How close a neighbour is to a listed prefix: the length of what they share.
NEIGHBOURS = {4: 24, 6: 32}


def neighbours_of(rng, family, listed):
    """An endless draw of sources that nothing covers beside listed prefixes;
    None where all prefixes are too short to have neighbours."""
    other = [prefix_parse(p) for p in OTHER if (":" in p) == (family == 6)]
    known = Cover(listed + other, family)
    rest = BITS[family] - NEIGHBOURS[family]
    narrow = [p for p in listed if p[1] > NEIGHBOURS[family]]

    def neighbour():
        while True:
            address = rng.choice(narrow)[0]
            source = address >> rest << rest | rng.getrandbits(rest)
            if source not in known:
                return source
    return neighbour if narrow else None


def port_random(rng):
    """Any port but the one that is open to the lists."""
    while True:
        port = rng.randint(1, 65535)
        if port != 443:
            return port


MIXES = {"a": "random sources, none listed, to 443/tcp (all drop)",
         "b": "random ports/tcp, half of the sources listed (all drop)",
         "c": "listed sources to 443/udp (all pass)",
         "d": "as a, from unlisted neighbours of listed prefixes: same /24, or /32"}
KINDS = {"a": "tcp", "b": "tcp", "c": "udp", "d": "tcp"}


def has_mix(family, mix, listed):
    return mix != "d" or neighbours_of(None, family, listed) is not None


def records_write(path, rng, family, mix, listed):
    stranger, member = sources_of(rng, family, listed)
    if mix == "d":
        stranger = neighbours_of(rng, family, listed)
    with open(path, "wb") as file:
        for i in range(RECORDS):
            if mix in "ad":
                source, port = stranger(), 443
            elif mix == "b":
                source = member() if i & 1 else stranger()
                port = port_random(rng)
            else:
                source, port = member(), 443
            file.write(record_pack(family, source,
                                   (rng.randint(1024, 65535), port),
                                   17 if mix == "c" else 6))
