#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""
The loaded programs against the oracle: random rulesets, random packets,
verdict, reason, deciding rule, counters and the answers of `test`. XDPWL_SEED
repeats a run; XDPWL_RULESETS and XDPWL_PACKETS make it longer.

Then once more with a build that edits small whitelists in place, too, as all do large
ones: a part of each ruleset comes as commands.
"""
import collections
import os
import random
import secrets
import struct
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.dont_write_bytecode = True
import compare
import conversation
import generate
import harness
import question
import traffic

SEED = os.environ.get('XDPWL_SEED') or secrets.token_hex(4)
RULESETS = int(os.environ.get('XDPWL_RULESETS', 200))
PACKETS = int(os.environ.get('XDPWL_PACKETS', 520))
QUESTIONS = 4
MAX_REPORTS = 12


def interface_lines(rng, devices):
    """Sometimes the file names the interfaces, and audits some."""
    if rng.random() > 0.15:
        return ''.join('interface %s mode native\n' % d for d in devices)
    return ''.join('interface %s mode native%s\n' % (
        device, rng.choice(('', ' audit'))) for device in devices)


def make_setting(world, number, edited):
    rng = random.Random('%s/%d' % (SEED, number))
    maker = generate.RuleMaker(rng, world.devices + ['gone0'],
                               path=world.path('set%d'))
    text = interface_lines(rng, world.devices) + maker.build()
    setting = compare.Setting(text, maker.files)
    if edited:
        taken = [rule.source for rule in setting.model.rules]
        setting = compare.EditedSetting(text, maker.edits(taken), maker.files)
    return rng, maker.shape, setting


def rule_packets(world):
    return {entry['id']: entry['packets']
            for entry in world.json('list')['rules']}


def wrong_counts(before, after, ledger):
    """Rules whose counter did not grow by what the oracle counted to them."""
    return ['rule %s grew by %d, expected %d' % (
        rule, count - before.get(rule, 0), ledger.rules[rule])
        for rule, count in after.items() if rule not in ledger.uncertain
        and count - before.get(rule, 0) != ledger.rules[rule]]


def run_ruleset(world, tap, number, whole, edited=False):
    """One TAP line; returns how many mismatches it reported."""
    rng, shape, setting = make_setting(world, number, edited)
    setting.apply(world)
    whole.added += bool(edited and harness.rows_in_force(world.pins))
    complaint = compare.learn_ids(world, setting)
    problems = [complaint] if complaint else []
    before, ledger = rule_packets(world), compare.Ledger()
    source = traffic.Traffic(rng, setting.model)
    talk = conversation.Conversation(rng)
    following = []
    for _ in range(PACKETS):
        link = 'none' if rng.random() < 0.2 else 'ethernet'
        device = rng.choice(world.devices + [None])
        leaves, frame = False, source.frame(link)
        if following:
            frame = talk.follower(following.pop(), link)
        elif rng.random() < 0.2:
            leaves, frame = talk.step(link)
        if leaves:
            setting.sends(world, frame, link)
            continue
        decision, got = compare.check(world, setting, frame, link, device)
        if len(frame) >= compare.SMALLEST_RUN:
            ledger.add(decision, frame)
            whole.add(decision, frame)
        if got:
            problems.append(compare.report(
                world, setting, decision, got, (frame, link, device),
                shrink=len(problems) < 3))
            if len(problems) >= 5:
                break
        if decision.packet and decision.packet.first and \
                decision.verdict == 'pass':
            following += [decision.packet] * 2
    if not problems:
        problems = wrong_counts(before, rule_packets(world), ledger)
    answers = [question.wrong_answer(world, setting, source)
               for _ in range(QUESTIONS)]
    problems += [answer for answer in answers if answer]
    tap.ok(not problems, 'ruleset %d: %s, %d rules, %d packets' % (
        number, shape, len(setting.model.rules), PACKETS), *problems[:5])
    return len(problems)


def check_counters(world, tap, whole):
    """All that was counted in the whole run."""
    sums = {compare.REASONS[struct.unpack('=I', key)[0]]: value
            for key, value in world.totals('reasons').items()}
    expected = {reason: (count, whole.bytes[reason])
                for reason, count in whole.reasons.items()
                if reason != 'not-allowed'}
    tap.ok(sums == expected, 'reasons: packets and bytes add up',
           'expected %s' % expected, 'counted %s' % sums)
    ports = {struct.unpack('=I', key)[0]: value[0]
             for key, value in world.totals('ports').items()}
    tap.ok(ports == dict(whole.ports), 'ports: every drop at its port',
           'differ: %s' % sorted(set(ports.items()) ^
                                 set(whole.ports.items()))[:20])
    odd = collections.Counter()
    for key, value in world.totals('protocols').items():
        odd[struct.unpack('=I', key)[0]] += value[0]
    for key, value in world.totals('odd_drops').items():
        odd[key[2]] += value[0]
    tap.ok(odd == whole.odd, 'protocols: every other drop at its protocol',
           'expected %s' % whole.odd, 'counted %s' % odd)


def run_edited(tap):
    world = harness.World('oracle-edited',
                          build=os.path.join(harness.BUILD, 'faults'))
    whole, rulesets, reported = compare.Ledger(), max(RULESETS // 4, 1), 0
    try:
        world.write('')
        world.attach('native')
        for number in range(rulesets):
            reported += run_ruleset(world, tap, number, whole, edited=True)
            if reported > MAX_REPORTS:
                tap.note('too many mismatches: stopped')
                break
        if not reported:
            check_counters(world, tap, whole)
        tap.ok(whole.added >= rulesets / 3,
               'rows stood beside the tables often enough (%d of %d)' % (
                   whole.added, rulesets))
    except harness.Failure as failure:
        tap.ok(False, 'the run with edits came to its end', failure)
    finally:
        world.close()


def main():
    tap = harness.Tap()
    tap.note('XDPWL_SEED=%s repeats this run' % SEED)
    world = harness.World('oracle')
    whole = compare.Ledger()
    try:
        world.write('')
        world.attach('native')
        reported = 0
        for number in range(RULESETS):
            reported += run_ruleset(world, tap, number, whole)
            if reported > MAX_REPORTS:
                tap.note('too many mismatches: stopped')
                break
        if not reported:
            check_counters(world, tap, whole)
        total = sum(whole.reasons.values())
        shares = {reason: round(100 * whole.reasons[reason] / total, 1)
                  for reason in compare.REASONS}
        tap.note('%d packets, in percent: %s' % (total, shares))
        tap.ok(min(shares.values()) >= 0.5, 'every reason was met often enough')
    except harness.Failure as failure:
        tap.ok(False, 'the run came to its end', failure)
    finally:
        world.close()
    run_edited(tap)
    return tap.done()


if __name__ == '__main__':
    sys.exit(main())
