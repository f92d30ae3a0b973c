# SPDX-License-Identifier: GPL-2.0-only
"""
bpf(2) as far as the tests need it: open a pin, run a program over a frame,
read a map. In: paths and bytes. Out: fds, integers and bytes; a refusal is an
OSError with the kernel's errno. No library but libc, and nothing of xdpwl's
own code.
"""
import ctypes
import os
import platform
import struct

XDP_DROP, XDP_PASS = 1, 2

MAP_LOOKUP_ELEM, MAP_UPDATE_ELEM, MAP_GET_NEXT_KEY = 1, 2, 4
OBJ_GET, PROG_TEST_RUN = 7, 10
OBJ_GET_INFO_BY_FD = 15
PER_CPU_TYPES = (5, 6, 10)	# hash, array, LRU hash
NUMBERS = {'x86_64': 321, 'aarch64': 280, 'riscv64': 280}
CLONE_NEWNET = 0x40000000

libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long
NR_BPF = NUMBERS.get(platform.machine(), 321)


def bpf(command, attr):
    """One call; attr is a ctypes object. Returns what the kernel returns."""
    result = libc.syscall(NR_BPF, command, ctypes.byref(attr),
                          ctypes.sizeof(attr))
    if result < 0:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))
    return result


def obj_get(path):
    """The fd of a pinned program or map."""
    name = ctypes.create_string_buffer(os.fsencode(path))
    attr = ctypes.create_string_buffer(
        struct.pack('=QII', ctypes.addressof(name), 0, 0), 16)
    return bpf(OBJ_GET, attr)


class TestRun(ctypes.Structure):
    """union bpf_attr, the member `test`."""
    _fields_ = [
        ('prog_fd', ctypes.c_uint32), ('retval', ctypes.c_uint32),
        ('data_size_in', ctypes.c_uint32), ('data_size_out', ctypes.c_uint32),
        ('data_in', ctypes.c_uint64), ('data_out', ctypes.c_uint64),
        ('repeat', ctypes.c_uint32), ('duration', ctypes.c_uint32),
        ('ctx_size_in', ctypes.c_uint32), ('ctx_size_out', ctypes.c_uint32),
        ('ctx_in', ctypes.c_uint64), ('ctx_out', ctypes.c_uint64),
        ('flags', ctypes.c_uint32), ('cpu', ctypes.c_uint32),
        ('batch_size', ctypes.c_uint32), ('pad', ctypes.c_uint32),
    ]


class Program:
    """A loaded program, of XDP or at egress, to be run over frames; buffers are
    made once."""

    SIZE = 1 << 16

    def __init__(self, fd):
        self.fd = fd
        self.data = ctypes.create_string_buffer(self.SIZE)
        self.out = ctypes.create_string_buffer(self.SIZE)
        self.context = ctypes.create_string_buffer(24)
        self.attr = TestRun(prog_fd=fd, repeat=1,
                            data_in=ctypes.addressof(self.data),
                            data_out=ctypes.addressof(self.out))

    def run(self, frame, ifindex=0, out=0, repeat=1):
        """(verdict, first `out` bytes afterwards). With an ifindex, as if the
        frame had come in there, which needs a device in native mode."""
        attr = self.attr
        ctypes.memmove(self.data, frame, len(frame))
        attr.data_size_in = len(frame)
        attr.repeat = repeat
        attr.data_size_out = self.SIZE if out else 0
        attr.data_out = ctypes.addressof(self.out) if out else 0
        attr.ctx_in = attr.ctx_size_in = 0
        if ifindex:
            self.context.raw = struct.pack('=6I', 0, len(frame), 0, ifindex,
                                           0, 0)
            attr.ctx_in = ctypes.addressof(self.context)
            attr.ctx_size_in = 24
        bpf(PROG_TEST_RUN, attr)
        return attr.retval, self.out.raw[:out] if out else b''


def map_info(fd):
    """(type, key size, value size, max entries) of a map."""
    info = ctypes.create_string_buffer(256)
    attr = ctypes.create_string_buffer(
        struct.pack('=IIQ', fd, 256, ctypes.addressof(info)), 16)
    bpf(OBJ_GET_INFO_BY_FD, attr)
    kind, _, key, value, entries = struct.unpack_from('=5I', info.raw)
    return kind, key, value, entries


class Map:
    """A map; per-CPU values come as a list, one a possible CPU, and are read alone."""

    def __init__(self, fd):
        self.fd = fd
        kind, self.key_size, self.value_size, self.entries = map_info(fd)
        self.copies = possible_cpus() if kind in PER_CPU_TYPES else 1
        self.stride = (self.value_size + 7) // 8 * 8
        self.key = ctypes.create_string_buffer(self.key_size)
        self.next = ctypes.create_string_buffer(self.key_size)
        self.value = ctypes.create_string_buffer(self.stride * self.copies)
        self.attr = ctypes.create_string_buffer(
            struct.pack('=IIQQQ', fd, 0, ctypes.addressof(self.key),
                        ctypes.addressof(self.value), 0), 32)
        self.step = ctypes.create_string_buffer(
            struct.pack('=IIQQQ', fd, 0, ctypes.addressof(self.key),
                        ctypes.addressof(self.next), 0), 32)

    def lookup(self, key):
        """The list of copies of one value, or None."""
        ctypes.memmove(self.key, key, self.key_size)
        try:
            bpf(MAP_LOOKUP_ELEM, self.attr)
        except FileNotFoundError:
            return None
        raw = self.value.raw
        return [raw[i * self.stride:i * self.stride + self.value_size]
                for i in range(self.copies)]

    def update(self, key, value):
        ctypes.memmove(self.key, key, self.key_size)
        ctypes.memmove(self.value, value, self.value_size)
        bpf(MAP_UPDATE_ELEM, self.attr)

    def keys(self):
        """Every key, in the kernel's order."""
        ctypes.memset(ctypes.addressof(self.key), 0xff, self.key_size)
        while True:
            try:
                bpf(MAP_GET_NEXT_KEY, self.step)
            except FileNotFoundError:
                return
            key = self.next.raw
            yield key
            ctypes.memmove(self.key, key, self.key_size)


def possible_cpus():
    """How many copies a per-CPU value has."""
    with open('/sys/devices/system/cpu/possible') as f:
        return int(f.read().strip().replace(',', '-').split('-')[-1]) + 1


def own_network():
    """Move this process into a new network namespace that dies with it."""
    if libc.unshare(CLONE_NEWNET):
        error = ctypes.get_errno()
        raise OSError(error, 'unshare: ' + os.strerror(error))
