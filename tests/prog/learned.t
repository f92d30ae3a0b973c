#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""
Flows learned at an attach, for whom the host forwards, and what leaves afterwards: each
stays one flow, found wherever it lies in the table.
"""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.dont_write_bytecode = True
import bpfsys
import flow_model as m
import flow_sequence as f
import harness
import steps

ENDS = {4: (0xc6336401, 0xc0000207),
        6: (0x20010db8 << 96 | 1, 0x20010db8 << 96 | 7)}
CLOSING = 1	# in the state of a track, behind its key
FIN, SYN = 0x11, 2


def tracks(table, key):
    """The states of a flow in the whole table, forwarded ones in its second half."""
    table.keys = list(table.flows.keys())
    found = []
    for i in range(len(table.keys)):
        raw, ways = table.ways(i)
        found += [raw[at + f.KEY] for at, _, _ in ways
                  if bytes(raw[at:at + f.KEY]) == m.pack_key(key)]
    return found


def check(world, tap, family):
    remote, local = ENDS[family]
    sent = m.Packet(family, 'tcp', local, remote, 40000, 443, 0)
    key = m.key_out(sent)
    learn = bpfsys.Program(bpfsys.obj_get(os.path.join(world.pins, 'xdpwl_learn')))

    def forwarded(flags):
        steps.send_by(world, f.frame_of(sent._replace(flags=flags)), 'ethernet',
                      world.devices[0], came=1)

    world.forget()
    table = f.Table(world)
    for _ in range(2):
        learn.run(m.pack_key(key) + bytes(2))
    tap.ok(tracks(table, key) == [0], 'IPv%d: learned twice, known once' % family,
           tracks(table, key))
    forwarded(FIN)
    tap.ok(tracks(table, key) == [CLOSING], 'IPv%d: its end is noted' % family,
           tracks(table, key))
    forwarded(SYN)
    tap.ok(tracks(table, key) == [0], 'IPv%d: begun anew, it is the same flow' % family,
           tracks(table, key))
    os.close(learn.fd)


def check_all(tap, world):
    world.write('option flows 100\n')
    world.attach('native')
    for family in (4, 6):
        check(world, tap, family)


if __name__ == '__main__':
    sys.exit(harness.run('learned', check_all, devices=1))
