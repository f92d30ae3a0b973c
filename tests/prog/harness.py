# SPDX-License-Identifier: GPL-2.0-only
"""
What the tests of this directory run in. In: names. Out: TAP on stdout; a
World: a network namespace that dies with the process, veth pairs in it, pins,
rules and state of its own, and the loaded programs to be run over frames.

Must not: touch a device or a pin that it did not make.
"""
import collections
import json
import os
import re
import shutil
import socket
import struct
import subprocess
import sys
import tempfile

import bpfsys
import packets

TOP = os.path.abspath(os.path.join(os.path.dirname(__file__), '..', '..'))
BUILD = os.path.join(TOP, os.environ.get('BUILD', 'build'))
LINK = {'none': 0, 'ethernet': 1}
DENY = 0x80000000
# By mode: for devices with Ethernet headers, and without; tun knows generic mode alone.
LIVE = {'native': ('xdpwl_ethernet', 'xdpwl_generic_no_link'),
        'generic': ('xdpwl_generic', 'xdpwl_generic_no_link')}
OUT = ('xdpwl_out_ethernet', 'xdpwl_out_no_link')
NO_LINK = 'xn0'
MAINS = 1024    # XDPWL_MAINS
TRACKS = ('flows', 'flow_tags', 'fragments', 'fragment_tags')
MAPS = ('reasons', 'ports', 'protocols', 'odd_drops', 'evictions') + TRACKS


class Tap:
    """ok lines, and the plan at the end."""

    def __init__(self):
        self.count = self.failed = 0

    def ok(self, passed, name, *diagnostics):
        self.count += 1
        self.failed += not passed
        print('%sok %d - %s' % ('' if passed else 'not ', self.count, name))
        if not passed:
            for text in diagnostics:
                self.note(text)
        sys.stdout.flush()
        return passed

    def skip(self, name, why):
        self.count += 1
        print('ok %d - %s # SKIP %s' % (self.count, name, why))

    def note(self, text):
        for line in str(text).splitlines():
            print('# ' + line)
        sys.stdout.flush()

    def done(self):
        print('1..%d' % self.count)
        return 1 if self.failed else 0


def sh(*words):
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL)


def control_read(pins):
    """The control block, as bytes, and what `current` says in it."""
    control = bpfsys.obj_get(os.path.join(pins, 'control'))
    try:
        (value,) = bpfsys.Map(control).lookup(struct.pack('=I', 0))
    finally:
        os.close(control)
    return value, struct.unpack_from('=I', value, 4)[0]


def flags_named(pins):
    """Of the slot in force, by the names that the header gives them."""
    with open(os.path.join(TOP, 'include/xdpwl.h'), encoding='ascii') as file:
        text = file.read()
    size = re.search(r'sizeof\(struct xdpwl_slot\) ==\s*([0-9 +()*]+),', text)
    value, current = control_read(pins)
    slots = 128 + 64 * MAINS
    flags, = struct.unpack_from('=I', value, slots + (current & 3) * eval(size[1]) + 16)
    return {name for name, bit in re.findall(r'#define (XDPWL_\w+)\s+(0x[0-9a-f]+)\t/\*',
                                             text) if flags & int(bit, 0)}


def rows_in_force(pins):
    """Which set of rows stands beside the tables in force, 0: none."""
    return control_read(pins)[1] >> 29


class World:
    """One protected host: devices xp0, xp1 ... with peers pp0, pp1 ..."""

    def __init__(self, name, devices=3, build=BUILD):
        self.binary = os.path.join(build, 'xdpwl')
        if not os.path.exists(self.binary):
            print('Bail out! %s is missing: make first' % self.binary)
            raise SystemExit(1)
        self.bpf = '/sys/fs/bpf/xdpwl-%s-%d' % (name, os.getpid())
        os.makedirs(self.bpf, exist_ok=True)	# commands lock it: be alone
        self.pins = os.path.join(self.bpf, 'pins')
        self.work = tempfile.mkdtemp(prefix='xdpwl-%s-' % name)
        self.rules = os.path.join(self.work, 'rules')
        bpfsys.own_network()
        sh('ip', 'link', 'set', 'lo', 'up')
        self.devices = ['xp%d' % i for i in range(devices)]
        for i, device in enumerate(self.devices):
            add_pair(device, 'pp%d' % i)
        self.index = {device: socket.if_nametoindex(device)
                      for device in self.devices}
        self.fds = []

    def path(self, name):
        return os.path.join(self.work, name)

    def write(self, text, path=None):
        with open(path or self.rules, 'w', newline='') as f:
            f.write(text)

    def run(self, *words, stdin=None):
        """One command of the binary, with this world's paths."""
        return subprocess.run(
            [self.binary, '--pin-dir', self.pins, '--state-dir',
             self.path('state'), '--rules', self.rules, *words],
            input=stdin, capture_output=True, text=True, timeout=60)

    def must(self, *words, stdin=None):
        """The same; anything but exit 0 ends the test."""
        done = self.run(*words, stdin=stdin)
        if done.returncode:
            raise Failure('xdpwl %s: exit %d: %s' % (
                ' '.join(words), done.returncode, done.stderr.strip()))
        return done.stdout

    def json(self, *words):
        return json.loads(self.must(*words, '--json'))

    @staticmethod
    def parse(done):
        """The document that a command printed, whatever its exit code."""
        return json.loads(done.stdout)

    def attach(self, mode='native'):
        """Attach everything and open the programs and counters."""
        self.must('attach', *self.devices, '--mode', mode)
        # Programs are loaded for the devices that want them, and stay.
        sh('ip', 'tuntap', 'add', 'dev', NO_LINK, 'mode', 'tun')
        self.must('attach', NO_LINK, '--mode', 'generic', '--runtime')
        self.must('detach', NO_LINK, '--runtime')
        self.open(mode)

    def open(self, mode='native'):
        """The pins, as far as devices of this mode have needed them."""
        for fd in self.fds:
            os.close(fd)
        fds = {name: bpfsys.obj_get(os.path.join(self.pins, name))
               for name in LIVE[mode] + OUT + ('xdpwl_test',) + MAPS
               if os.path.exists(os.path.join(self.pins, name))}
        self.fds = list(fds.values())
        programs = {name: bpfsys.Program(fd) for name, fd in fds.items()
                    if name not in MAPS}
        self.live = dict(zip(('ethernet', 'none'),
                             map(programs.get, LIVE[mode])))
        self.out = dict(zip(('ethernet', 'none'), map(programs.get, OUT)))
        self.test = programs['xdpwl_test']
        self.maps = {name: bpfsys.Map(fds[name]) for name in MAPS}

    def ask(self, frame, link='ethernet', device=None):
        """(verdict, reason number, cell) of the test program."""
        query = struct.pack('=4I', self.index.get(device, 0), LINK[link], 99, 0)
        verdict, out = self.test.run(query + frame, out=16)
        return (verdict,) + struct.unpack_from('=2I', out, 8)

    def attached(self, frame, link='ethernet', device=None):
        """The verdict of the program that devices run."""
        return self.live[link].run(frame, self.index.get(device, 0))[0]

    def sends(self, frame, link='ethernet'):
        """A frame leaves the host: at egress of a device that no `on` names."""
        self.out[link].run(frame)

    def forget(self):
        """All that packets left behind. Cheap where `option flows` and `option
        fragments` are small."""
        for name in TRACKS:
            kept = self.maps[name]
            for key in list(kept.keys()):
                kept.update(key, bytes(kept.value_size))

    def evicted(self):
        """How often a track went before its time: [half-open, established,
        first fragments of anyone, of others, forwarded]."""
        return [sum(struct.unpack('=Q', copy)[0] for copy in
                    self.maps['evictions'].lookup(struct.pack('=I', key)))
                for key in range(5)]

    def totals(self, name):
        """{key: (packets, bytes)} of a counter map, summed over the CPUs."""
        counters = self.maps[name]
        if name == 'ports':
            return self.port_totals(counters)
        sums = {}
        for key in counters.keys():
            copies = [struct.unpack('=QQ', copy)
                      for copy in counters.lookup(key) or ()]
            if any(packets for packets, _ in copies):
                sums[key] = tuple(map(sum, zip(*copies)))
        if name == 'reasons':
            self.mains_add(sums)
        return sums

    def mains_add(self, sums):
        """What main entries allowed and is not moved to `reasons` yet (struct
        xdpwl_mains, behind the first 128 bytes of the control block), from the
        last reset on (xdpwl_control.allowed_before)."""
        allowed = struct.pack('=I', reason_names().index('allowed'))
        control = control_read(self.pins)[0]
        before = struct.unpack_from('=qq', control, 64)
        counts = [sums.pop(allowed, (0, 0)), (-before[0], -before[1])]
        for cpu in range(MAINS):
            counts += [struct.unpack_from('=8xQQ', control, 128 + 64 * cpu + at)
                       for at in (0, 24)]
        if any(packets for packets, _ in counts):
            sums[allowed] = tuple(map(sum, zip(*counts)))

    @staticmethod
    def port_totals(counters):
        """The same of `ports`: an element a CPU (struct xdpwl_ports). Its index
        has a port's bytes as they stand in a packet; keys here do not."""
        n = 2 * 65536
        sums = collections.defaultdict(lambda: (0, 0))
        for cpu in counters.keys():
            (element,) = counters.lookup(cpu)
            recent = struct.unpack_from('=%dI' % n, element)
            carried = struct.iter_unpack('=QQ', element[4 * n:])
            for index, (both, (packets, size)) in enumerate(
                    zip(recent, carried)):
                if both or packets:
                    port = index & 65536 | socket.ntohs(index & 65535)
                    had = sums[struct.pack('=I', port)]
                    sums[struct.pack('=I', port)] = (
                        had[0] + packets + (both >> 20),
                        had[1] + size + (both & (1 << 20) - 1))
        return sums

    def close(self):
        for fd in self.fds:
            os.close(fd)
        self.fds = []
        if os.path.isdir(self.pins):
            self.run('detach', '--all')
        for where, _, names in os.walk(self.bpf, topdown=False):
            for name in names:
                os.unlink(os.path.join(where, name))
            os.rmdir(where)
        shutil.rmtree(self.work, ignore_errors=True)


class Failure(Exception):
    """The test cannot go on."""


def answers_wrong(world, asked):
    """Of (source, port, passes) those of which the program that answers questions, or the
    one that devices run, says otherwise, as texts."""
    wrong = []
    for source, port, passes in asked:
        upper = packets.tcp(port)
        frame = packets.frame(packets.ip4(upper, 6, str(source)) if source.version == 4
                              else packets.ip6(upper, 6, str(source)))
        said = [verdict == bpfsys.XDP_PASS
                for verdict in (world.ask(frame)[0], world.attached(frame))]
        if said != [passes, passes]:
            wrong.append('%s to %d: %s' % (source, port, said))
    return wrong


def run(name, check, devices=3):
    """A test of one world: check(tap, world), and the end of both. Its exit status."""
    tap = Tap()
    world = World(name, devices)
    try:
        check(tap, world)
    except Failure as failure:
        tap.ok(False, 'the run came to its end', failure)
    finally:
        world.close()
    return tap.done()


def add_pair(device, peer):
    sh('ip', 'link', 'add', device, 'type', 'veth', 'peer', 'name', peer)
    quiet_up(device)
    quiet_up(peer)


def quiet_up(name):
    """Up, and sending nothing of its own."""
    with open('/proc/sys/net/ipv6/conf/%s/disable_ipv6' % name, 'w') as f:
        f.write('1')
    sh('ip', 'link', 'set', name, 'up')


def reason_names():
    """The keys of include/reasons.h, in the order of their numbers; of two with one
    key, the second goes by its symbol."""
    with open(os.path.join(TOP, 'include', 'reasons.h')) as f:
        found = re.findall(r'^\tR\((\w+),\s*"([\w-]+)"', f.read(), re.M)
    names = []
    for symbol, key in found:
        names.append(symbol.lower() if key in names else key)
    return names
