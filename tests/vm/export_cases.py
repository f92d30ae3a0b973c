#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""
The catalogue of tests/prog for machines without Python. In: a directory. Out,
in it: NAME.rules, and NAME.cases with a line a frame, fields by tabs: link,
device or -, verdict, number of the reason, frame in hex or -, name of the case;
and NAME.memory, cases with memory: each a line `forget`, the steps before it
(`out` or `in`, link, frame; `wait`, seconds), and a line `judge`, link, verdict,
number of the reason, frame, name. Those that need other rules half-way, or a
device, are left out, and counted on stdout.
"""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                '..', 'prog'))
import cases
import steps


def rows(case):
    for frame in case.frames:
        yield '\t'.join((case.link, case.device or '-', steps.VERDICT[case.reason],
                         str(steps.SYMBOLS.index(case.reason)), frame.hex() or '-',
                         case.name)) + '\n'


def portable(case):
    return not case.device and all(
        step[0] != 'rules' and len(step) == 2 for step in case.before)


def memory_rows(case):
    yield 'forget\n'
    for kind, what in case.before:
        yield '%s\t%s\n' % (kind, what if kind == 'wait' else '\t'.join(
            (steps.link_of(what), what.hex())))
    yield '\t'.join(('judge', case.link, steps.VERDICT[case.reason],
                     str(steps.SYMBOLS.index(case.reason)),
                     case.frame.hex(), case.name)) + '\n'


def main():
    directory = sys.argv[1]
    os.makedirs(directory)
    for name, text in cases.RULES.items():
        path = os.path.join(directory, name)
        with open(path + '.rules', 'w') as f:
            f.write(text)
        with open(path + '.cases', 'w') as f:
            for case in cases.TABLE:
                if case.rules == name:
                    f.writelines(rows(case))
        with open(path + '.memory', 'w') as f:
            for case in cases.MEMORY:
                if case.rules == name and portable(case):
                    f.writelines(memory_rows(case))
    left_out = sum(not portable(case) for case in cases.MEMORY)
    print('# %d of %d cases with memory are left out: they need other rules '
          'half-way, or a device' % (left_out, len(cases.MEMORY)))


if __name__ == '__main__':
    main()
