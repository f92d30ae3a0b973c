# SPDX-License-Identifier: GPL-2.0-only
"""
One ruleset in nftables and in xdpwl. In: a World, a judge (nft_kernel.py or
nft_input.py) that holds the same rules, frames. Out: differences that no row
owes, as text that repeats them; and a tally of those that one does.

Must not: let a difference pass that nft_rows.py does not name.
"""
import collections

import bpfsys
import nft_rows
from nft_input import UNREACHED

VERDICTS = {bpfsys.XDP_DROP: 'drop', bpfsys.XDP_PASS: 'pass'}
SMALLEST_RUN = 14	# BPF_PROG_TEST_RUN refuses shorter frames


class Case:
    """One frame, and all that was said of it."""

    def __init__(self, model, frame, device):
        self.frame, self.device = frame, device
        self.row, self.packet = nft_rows.early_row(model, frame)
        self.asked = frame if self.row else nft_rows.plain(frame, self.packet)
        self.answer = self.said = self.quoted = None
        if not self.row and nft_rows.is_error(self.packet):
            self.answer = nft_rows.answer_to_quoted(self.packet)

    def judged(self, behind_stack):
        """Whether nftables spoke of this very frame. Behind the stack it may not
        have come, or whole where it was sent in fragments."""
        return not behind_stack or UNREACHED not in (self.said, self.quoted) \
            and not (self.packet and self.packet.family == 4
                     and self.packet.fragment_header)


def without_link_header(frame):
    """What a device without a link layer would have been given, or None."""
    kind, version = frame[12:14], frame[14:15]
    if (kind == b'\x08\0' and version and version[0] >> 4 == 4
            or kind == b'\x86\xdd' and version and version[0] >> 4 == 6):
        return frame[14:] if len(frame) >= 14 + SMALLEST_RUN else None
    return None


class Comparison:
    """`behind_stack`: the judge is asked after the stack. tally: 'judged',
    'pass', 'bare' and (verdict, row) of the differences."""

    def __init__(self, world, judge, behind_stack):
        self.world, self.judge = world, judge
        self.behind_stack = behind_stack
        self.tally = collections.Counter()

    def differences(self, setting, cases, most=3):
        """Texts, at most so many. `cases` in the order of their frames."""
        self.ask(cases)
        fragments, texts = nft_rows.Fragments(), []
        for case in cases:
            different = self.check(case, fragments)
            if different:
                texts.append(report(case, setting, *different))
                if len(texts) == most:
                    break
        return texts

    def ask(self, cases):
        """nftables' word on every frame, and on the answers to what errors
        quote: in one go, for a judge answers once."""
        errors = [case for case in cases if case.answer]
        said = self.judge.ask(
            [(case.asked, case.device) for case in cases] +
            [(case.answer, case.device) for case in errors])
        for case, verdict in zip(cases, said):
            case.said = verdict
        for case, verdict in zip(errors, said[len(cases):]):
            case.quoted = verdict

    def check(self, case, fragments):
        """(what is owed, by which row, what xdpwl did) where they differ."""
        follows = (not case.row and case.packet.later
                   and fragments.follows(case.packet, case.frame))
        got = self.run(case.frame, 'ethernet', case)
        if got == 'pass':
            fragments.passes(case.packet, case.frame)
        if not case.judged(self.behind_stack):
            return None
        owed, row = nft_rows.owed(case.row, case.packet, case.said, case.quoted,
                                  follows)
        self.tally['judged'] += 1
        self.tally[got] += 1
        if got != ('pass' if case.said == 'allow' else 'drop'):
            self.tally[got, row] += 1
        bare = without_link_header(case.frame)
        if got in owed and bare:
            self.tally['bare'] += 1
            got = self.run(bare, 'none', case)
        return None if got in owed else (owed, row, got)

    def run(self, frame, link, case):
        return VERDICTS.get(self.world.attached(frame, link, case.device))

    def rows(self):
        """{row: (passed, dropped)} of the differences."""
        return {row: (self.tally['pass', row], self.tally['drop', row])
                for row in nft_rows.ROWS}


def report(case, setting, owed, row, got):
    """Everything that one needs to see and to repeat a difference."""
    covering = {rule.text for _, rule in setting.model.covering(
        case.packet.family, case.packet.source)} if case.packet else ()
    return '%s owed by %s, xdpwl: %s\nframe (%s): %s\n' \
        'nftables: %s of %s\n%s of the answer to what it quotes: %s\n' \
        'rules that cover the source:\n%s\nall rules:\n%s' % (
            ' or '.join(owed), row or 'nftables', got,
            case.device or 'no device', case.frame.hex(), case.said,
            case.asked.hex(), case.quoted, case.answer and case.answer.hex(),
            '\n'.join(covering), setting.text[:4000])
