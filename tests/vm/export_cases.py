#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""
The catalogue of tests/prog for machines without Python. In: a directory. Out,
in it: NAME.rules, and NAME.cases with a line a frame, fields by tabs: link,
device or -, verdict, number of the reason, frame in hex or -, name of the case.
"""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                '..', 'prog'))
import cases
import harness
import oracle

REASONS = {name: number for number, name in enumerate(harness.reason_names())}


def rows(case):
    verdict = 'pass' if case.reason in oracle.PASSING else 'drop'
    for frame in case.frames:
        yield '\t'.join((case.link, case.device or '-', verdict,
                         str(REASONS[case.reason]), frame.hex() or '-',
                         case.name)) + '\n'


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


if __name__ == '__main__':
    main()
