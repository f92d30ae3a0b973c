#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""
The catalogue of cases.py: through the loaded programs, over a veth in native
and in generic mode, against the oracle, and once more through the object of
every compiler that must work. XDPWL_CASE=WORDS runs the cases whose name holds
them.
"""
import itertools
import os
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.dont_write_bytecode = True
import cases
import compare
import harness
import memorykit
import oracle
import steps
import wire

SMALL = 'option flows 100\noption fragments 100\n'	# so that forgetting is cheap
COMPILERS = ('clang-14', 'clang-16', 'clang-19')


def chosen():
    """Cases by rules text, so that each text is applied once."""
    words = os.environ.get('XDPWL_CASE', '')
    table = sorted((case for case in cases.TABLE if words in case.name),
                   key=lambda case: case.rules)
    return itertools.groupby(table, lambda case: case.rules)


def expected(case):
    return steps.VERDICT[case.reason]


def said(frame, verdict, reason):
    return '%s (%s): %s' % (verdict, reason, frame.hex()[:400])


def wrong_in_programs(world, case, frame):
    """What the two programs get wrong about a frame, as a list of texts."""
    want = (expected(case), case.reason)
    verdict, number, _ = world.ask(frame, case.link, case.device)
    got = compare.VERDICTS.get(verdict), compare.REASONS[number]
    wrong = [] if got == want else ['xdpwl_test says ' + said(frame, *got)]
    if len(frame) >= compare.SMALLEST_RUN:
        counters = steps.Counters(world, frame, case.link)
        live = compare.VERDICTS.get(
            world.attached(frame, case.link, case.device)), counters.grown({})
        if live != want:
            wrong.append('the attached program says ' + said(frame, *live))
    return wrong


def wrong_on_wire(world, case, lines):
    """The same over the device; frames that no wire carries are left out."""
    frames = [frame for frame in case.frames if wire.can_send(frame)]
    if case.link != 'ethernet' or not frames:
        return []
    counters = steps.Counters(world, frames[0], case.link)
    seen = lines[case.device or 'xp2'].passed(frames)
    grown = counters.grown({'arp': -(-len(frames) // wire.BATCH)}, len(frames))
    counted = [] if grown == case.reason else ['on the wire, counted: ' + grown]
    return counted + [
        'on the wire: ' + said(frame, 'pass' if i in seen else 'drop', '-')
        for i, frame in enumerate(frames)
        if (i in seen) != (expected(case) == 'pass')]


def on_wire(case, lines):
    """How a case with memory travels over a device; None: no wire carries it."""
    if case.link != 'ethernet' or not wire.can_send(case.frame):
        return None
    return steps.OnWire(lines, case.device or 'xp2')


def run_table(world, tap, prefix, lines=None, programs=True):
    for name, group in chosen():
        world.write(cases.RULES[name])
        world.must('apply')
        for case in group:
            world.forget()
            wrong = wrong_on_wire(world, case, lines) if lines else []
            for frame in case.frames if programs else ():
                wrong += wrong_in_programs(world, case, frame)
            tap.ok(not wrong, '%s: %s' % (prefix, case.name), 'rules:',
                   cases.RULES[name], 'expected %s (%s)' % (
                       expected(case), case.reason), *wrong[:5])


def told(case):
    """The steps before a packet, for who reads a failure; crowds cut short."""
    texts = ['%s %s' % (step[0], step[1].hex() if isinstance(step[1], bytes)
                        else step[1]) for step in case.before]
    return texts if len(texts) < 12 else texts[:6] + ['...'] + texts[-5:]


def run_memory(world, tap, prefix, ways):
    """Cases with memory. `ways` makes of a case how its frames travel, or None."""
    rules = steps.Rules(world, cases.RULES)
    words = os.environ.get('XDPWL_CASE', '')
    for case in sorted(cases.MEMORY, key=lambda case: case.rules):
        way = ways(case) if words in case.name else None
        if way is None:
            continue
        want = expected(case), case.reason
        got = steps.judge(world, rules, way, case)
        tap.ok(got == want, '%s: %s' % (prefix, case.name), 'rules:',
               cases.RULES[case.rules], *told(case), 'expected %s (%s)' % want,
               said(case.frame, *got))


def check_oracle(tap):
    """The catalogue and the oracle are two readings of one text."""
    wrong = []
    for case in cases.TABLE:
        model = oracle.Ruleset(cases.RULES[case.rules])
        for frame in case.frames:
            found = oracle.decide(model, frame, case.link, case.device)
            if found.reason != case.reason:
                wrong.append('%s: %s, the oracle says %r' % (
                    case.name, case.reason, found))
    tap.ok(not wrong, 'the oracle agrees with %d cases' % len(cases.TABLE), *wrong)


def build_with(compiler):
    """A build directory with the object of that compiler."""
    build = tempfile.mkdtemp(prefix='xdpwl-%s-' % compiler)
    done = subprocess.run(
        ['make', '-s', '-C', harness.TOP, 'BUILD=' + build, 'CLANG=' + compiler],
        capture_output=True, text=True, timeout=300,
        env={**os.environ, 'MAKEFLAGS': ''})
    return build, done


def run_in_world(tap, name, mode, build=harness.BUILD):
    world = harness.World('cases', build=build)
    try:
        world.write(SMALL)
        world.attach(mode)
        lines = {}
        if name in ('native', 'generic'):
            lines = {device: wire.Wire(device, 'pp%d' % i)
                     for i, device in enumerate(world.devices)}
        run_table(world, tap, name, lines, programs=mode == 'native')
        if mode == 'native':
            run_memory(world, tap, name + ', programs',
                       lambda case: steps.InPrograms(world, case.device))
        if lines:
            run_memory(world, tap, name + ', wire',
                       lambda case: on_wire(case, lines))
    except (harness.Failure, TimeoutError) as failure:
        tap.ok(False, name + ': the run came to its end', failure)
    finally:
        world.close()


def check_audit(tap):
    """What passes an audited device alone admits no later fragment."""
    world = harness.World('audit', devices=1)
    try:
        world.write(SMALL + cases.RULES['web'])
        world.must('attach', 'xp0', '--mode', 'native', '--audit')
        world.open()
        way = steps.InPrograms(world, 'xp0')
        for f in memorykit.BOTH:
            for source, wanted in ((f.near, 'admitted'), (f.far, 'fragment')):
                world.forget()
                way.takes([f.first(source=source)[1]])
                later = f.later(source=source)
                counters = steps.Counters(world, later, 'ethernet')
                got = way.verdict(later, 'ethernet'), counters.grown({})
                tap.ok(got == (True, wanted), 'audit: %s behind a first from %s' % (
                    wanted, source), got)
    except harness.Failure as failure:
        tap.ok(False, 'audit: the run came to its end', failure)
    finally:
        world.close()


def main():
    tap = harness.Tap()
    check_oracle(tap)
    run_in_world(tap, 'native', 'native')
    run_in_world(tap, 'generic', 'generic')
    check_audit(tap)
    for compiler in COMPILERS:
        if not shutil.which(compiler):
            tap.skip(compiler, compiler + ' is not installed')
            continue
        build, done = build_with(compiler)
        if tap.ok(done.returncode == 0, compiler + ' builds', done.stderr):
            run_in_world(tap, compiler, 'native', build)
        shutil.rmtree(build, ignore_errors=True)
    return tap.done()


if __name__ == '__main__':
    sys.exit(main())
