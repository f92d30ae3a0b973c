#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""
Random rules and packets over real devices: veth in native and in generic mode,
and a tun, which has no link layer. What a packet socket behind XDP sees is
what the oracle lets pass. XDPWL_SEED repeats a run.
"""
import os
import random
import secrets
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.dont_write_bytecode = True
import compare
import generate
import harness
import oracle
import traffic
import wire

SEED = os.environ.get('XDPWL_SEED') or secrets.token_hex(4)
RULESETS = int(os.environ.get('XDPWL_RULESETS', 15))
PACKETS = 300


def make_setting(world, rng, devices):
    maker = generate.RuleMaker(rng, devices, path=world.path('set%d'))
    setting = compare.Setting(maker.build(), maker.files)
    setting.apply(world)
    return setting


def wrong_on(line, setting, frames, link, device):
    """Texts of what got through and should not have, and the other way round."""
    seen = line.passed(frames)
    wrong = []
    for i, frame in enumerate(frames):
        decision = setting.memory.decide(
            setting.model, oracle.decide(setting.model, frame, link, device),
            device)
        if (i in seen) != (decision.verdict == 'pass'):
            wrong.append('%s on %s: %s, expected %r' % (
                'passed' if i in seen else 'dropped', device, frame.hex(),
                decision))
    return wrong, len(seen)


def run_line(world, tap, name, link, lines, can_send):
    """One TAP line a ruleset."""
    for number in range(RULESETS):
        rng = random.Random('%s/%s/%d' % (SEED, name, number))
        setting = make_setting(world, rng, list(lines) + ['gone0'])
        source = traffic.Traffic(rng, setting.model)
        wrong, passed = [], 0
        for device, line in lines.items():
            frames = [source.frame(link) for _ in range(PACKETS // len(lines))]
            found, seen = wrong_on(line, setting, list(filter(can_send, frames)),
                                   link, device)
            wrong += found
            passed += seen
        tap.ok(not wrong, '%s: ruleset %d, %d of %d packets passed' % (
            name, number, passed, PACKETS), *wrong[:3],
            *(['rules:', setting.text[:3000]] if wrong else []))


def run_veth(tap, mode):
    world = harness.World('wire', devices=2)
    try:
        world.write('')
        world.attach(mode)
        lines = {device: wire.Wire(device, 'pp%d' % i)
                 for i, device in enumerate(world.devices)}
        run_line(world, tap, mode, 'ethernet', lines, wire.can_send)
    finally:
        world.close()


def run_tun(tap, mode):
    if not os.path.exists(wire.Tun.DEVICE):
        tap.skip('tun, ' + mode, 'this kernel has no tun devices')
        return
    world = harness.World('wire', devices=0)
    try:
        line = wire.Tun('xt0')
        world.write('')
        world.must('attach', 'xt0', '--mode', mode)
        world.open()
        run_line(world, tap, 'tun, ' + mode, 'none', {'xt0': line},
                 wire.Tun.can_send)
    finally:
        world.close()


def main():
    tap = harness.Tap()
    tap.note('XDPWL_SEED=%s repeats this run' % SEED)
    for run, mode in ((run_veth, 'native'), (run_veth, 'generic'),
                      (run_tun, 'generic')):
        try:
            run(tap, mode)
        except (harness.Failure, TimeoutError) as failure:
            tap.ok(False, 'the run came to its end', failure)
    return tap.done()


if __name__ == '__main__':
    sys.exit(main())
