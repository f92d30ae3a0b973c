# SPDX-License-Identifier: GPL-2.0-only
"""
One ruleset in a World against the oracle. In: rules text, frames. Out:
mismatches as text that repeats them: the rules cut down to what matters, the
frame in hex, what the oracle expects and what the program did; and what the
counters must hold.
"""
import collections

import bpfsys
from harness import DENY, Failure, reason_names
from language import normal_prefix, parse_service
from memory import Memory
from oracle import Ruleset, decide

REASONS = reason_names()
VERDICTS = {bpfsys.XDP_DROP: 'drop', bpfsys.XDP_PASS: 'pass'}
SMALLEST_RUN = 14	# BPF_PROG_TEST_RUN refuses shorter frames
MAX_APPLIES = 60


class Setting:
    """Rules as applied: the text, the set files, the oracle's model of them."""

    def __init__(self, text, files=()):
        self.text = text
        self.files = dict(files)
        self.model = Ruleset(text, self.files.__getitem__)
        self.audited = {name for name, words in self.model.interfaces.items()
                        if 'audit' in words}
        self.rule_of = {}	# hit number -> rules that it may stand for
        self.memory = Memory()

    def apply(self, world):
        for path, text in self.files.items():
            world.write(text, path)
        world.write(self.text)
        world.must('apply')
        world.forget()
        self.rule_of = {}
        self.memory = Memory()

    def reduced(self, lines):
        """The same with fewer lines."""
        return Setting('\n'.join(lines) + '\n', self.files)

    def sends(self, world, frame, link):
        """A frame that leaves by a device which no `on` names."""
        world.sends(frame, link)
        self.memory.sends(self.model, frame, link)


class EditedSetting(Setting):
    """The same, whose last lines come one by one, as commands."""

    def __init__(self, text, edits, files):
        super().__init__('\n'.join([text.rstrip('\r\n')] + edits) + '\n', files)
        self.edits = edits

    def apply(self, world):
        count = len(self.edits)
        lines = self.text.rstrip('\n').split('\n')
        Setting('\n'.join(lines[:len(lines) - count]) + '\n',
                self.files).apply(world)
        for edit in self.edits:
            world.must(*edit.split())
        self.rule_of = {}

    def reduced(self, lines):
        lines = [line for line in lines if line]
        edits = [edit for edit in self.edits if edit in lines]
        return EditedSetting('\n'.join(lines[:len(lines) - len(edits)]), edits,
                             self.files)


def canonical(services):
    """Services as what they cover, so that spellings compare equal."""
    if ('all',) in services:
        return 'all'
    ports = collections.defaultdict(list)
    rest = set()
    for service in services:
        if service[0] == 'port':
            ports[service[1]].append(service[2:])
        else:
            rest.add(service)
    if {('proto', 1), ('proto', 58)} <= rest:
        rest.discard(('ping',))
    merged = set()
    for protocol, ranges in ports.items():
        if ('proto', protocol) in rest:
            continue
        ranges.sort()
        low, high = ranges[0]
        for start, end in ranges[1:]:
            if start > high + 1:
                merged.add((protocol, low, high))
                low, high = start, end
            high = max(high, end)
        merged.add((protocol, low, high))
    return frozenset(rest), frozenset(merged)


def rule_key(rule):
    return (rule.action, rule.source, rule.on, canonical(rule.services))


def listed_key(entry):
    services = [service for word in entry['services']
                for service in parse_service(word)]
    on = entry['on']
    if isinstance(on, str):
        on = on.split(',')
    source = entry['source']
    if source != 'any' and not source.startswith('@'):
        source = normal_prefix(source)
    return (entry['action'], source,
            frozenset(on) if on else None, canonical(services))


def learn_ids(world, setting):
    """Give the oracle's rules the ids that `list` tells. Lines that say the same
    become one rule. Returns a complaint, or None."""
    listed = {listed_key(entry): entry for entry in world.json('list')['rules']}
    unique = {}
    for rule in setting.model.rules:
        unique.setdefault(rule_key(rule), rule)
    if set(unique) != set(listed):
        return 'list differs from the file: missing %s, added %s' % (
            set(unique) - set(listed), set(listed) - set(unique))
    for rule in setting.model.rules:
        rule.id = listed[rule_key(rule)]['id']
    return None


def check(world, setting, frame, link, device):
    """Run one frame. Returns (decision of what devices run, what differs or None)."""
    decision = decide(setting.model, frame, link, device)
    verdict, reason, cell = world.ask(frame, link, device)
    name = REASONS[reason] if reason < len(REASONS) else 'reason %d' % reason
    got = '%s (%s), cell %#x' % (VERDICTS.get(verdict, verdict), name, cell)
    if (VERDICTS.get(verdict), name) != (decision.verdict, decision.reason):
        return decision, 'xdpwl_test: ' + got
    wrong = wrong_rule(setting, decision, cell)
    if wrong or len(frame) < SMALLEST_RUN:
        return decision, wrong
    decision = setting.memory.decide(setting.model, decision, device)
    live = VERDICTS.get(world.attached(frame, link, device))
    expected = 'pass' if device in setting.audited else decision.verdict
    return decision, 'attached program: %s' % live if live != expected else None


def wrong_rule(setting, decision, cell):
    """Does the cell name a rule that the manual allows? A hit number must stand
    for one rule throughout."""
    if not decision.rules:
        return 'a rule without need: cell %#x' % cell if cell else None
    if bool(cell & DENY) != (decision.reason == 'denied'):
        return 'cell %#x of the wrong kind' % cell
    if not cell & ~DENY:
        return 'no rule named'
    ids = {rule.id for rule in decision.rules}
    known = setting.rule_of.get(cell)
    if known is not None and not known & ids:
        texts = [rule.text for rule in setting.model.rules if rule.id in known]
        return 'decided by another rule: %s' % ' or '.join(texts[:3])
    setting.rule_of[cell] = ids if known is None else known & ids
    return None


def still_wrong(world, lines, setting, frame, link, device):
    trial = setting.reduced(lines)
    try:
        trial.apply(world)
    except Failure:
        return None
    decision, got = check(world, trial, frame, link, device)
    return (trial, decision, got) if got else None


def minimise(world, setting, frame, link, device):
    """Leave out lines while it stays wrong: halves first, then single ones."""
    lines = setting.text.split('\n')
    best = None
    applies, size = 0, max(len(lines) // 2, 1)
    while applies < MAX_APPLIES:
        at = 0
        while at < len(lines) and applies < MAX_APPLIES:
            rest = lines[:at] + lines[at + size:]
            try:
                found = still_wrong(world, rest, setting, frame, link, device)
            except (KeyError, ValueError):	# a set left out
                found = None
            applies += 1
            if found:
                lines, best = rest, found
            else:
                at += size
        if size == 1:
            break
        size //= 2
    setting.apply(world)
    return best


def report(world, setting, decision, got, where, shrink=True):
    """Everything that one needs to see and to repeat a mismatch."""
    frame, link, device = where
    best = minimise(world, setting, *where) if shrink else None
    if best:
        setting, decision, got = best
    files = ''.join('file %s:\n%s\n' % (path, text[:400])
                    for path, text in setting.files.items()
                    if path in setting.text)
    return 'rules:\n%s\n%sframe (%s, %s): %s\nexpected: %r\ngot: %s' % (
        setting.text[:4000], files, link, device or 'no device', frame.hex(),
        decision, got)


class Ledger:
    """What the counters must say about the frames that the attached program saw."""

    def __init__(self):
        self.reasons = collections.Counter()
        self.bytes = collections.Counter()
        self.ports = collections.Counter()
        self.odd = collections.Counter()
        self.rules = collections.Counter()
        self.uncertain = set()
        self.added = 0	# rulesets with rows beside their tables

    def add(self, decision, frame):
        self.reasons[decision.reason] += 1
        self.bytes[decision.reason] += len(frame)
        if len(decision.rules) == 1:
            self.rules[decision.rules[0].id] += 1
        else:
            self.uncertain.update(rule.id for rule in decision.rules)
        if decision.reason == 'not-allowed':
            packet = decision.packet
            if packet.protocol in (6, 17):
                key = (packet.protocol == 17) * 65536 + packet.dport
                self.ports[key] += 1
            else:
                self.odd[packet.protocol] += 1
