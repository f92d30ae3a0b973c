#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""
README.md, user/xdpwl.8 and the completion, held against the program: every rules
file and command line in them is tried, every list in them is compared with the one
that the program has. TAP on stdout; needs no root and changes nothing.
"""
import glob
import json
import os
import re
import shlex
import shutil
import subprocess
import tempfile

TOP = os.path.realpath(os.path.join(os.path.dirname(__file__), '../..'))
BUILD = os.path.join(TOP, os.environ.get('BUILD') or 'build')
XDPWL = os.path.join(BUILD, 'xdpwl')
MEMBER = '192.0.2.0/24\n'    # of sets that an example does not bring


def read(path):
    with open(os.path.join(TOP, path), encoding='utf-8') as file:
        return file.read()


def run(*words, **options):
    return subprocess.run([XDPWL, *words], capture_output=True, text=True,
                          timeout=60, **options)


class Tap:
    def __init__(self):
        self.n = self.failed = 0

    def ok(self, good, name, why=''):
        self.n += 1
        self.failed += not good
        print(f"{'ok' if good else 'not ok'} {self.n} - {name}")
        if not good:
            for line in str(why).splitlines():
                print('#', line)

    def same(self, got, wanted, name):
        self.ok(got == wanted, name, f'got:    {got}\nwanted: {wanted}')

    def finish(self):
        print(f'1..{self.n}')
        raise SystemExit(self.failed != 0)


TAP = Tap()

# --- what the documents hold ---


def readme_blocks(kind):
    return re.findall(rf'^```{kind}\n(.*?)^```$', read('README.md'),
                      re.M | re.S)


def roff_text(text):
    """Characters, of a display."""
    for escape, character in (('\\(dq', '"'), ('\\e', '\\'), ('\\-', '-')):
        text = text.replace(escape, character)
    return text


def man_blocks(kind):
    blocks = re.findall(rf'^\.\\" {kind}\n\.Bd.*?\n(.*?)^\.Ed$',
                        read('user/xdpwl.8'), re.M | re.S)
    return [roff_text(block) for block in blocks]


def man_section(title):
    """The lines of a section or subsection, up to the next one."""
    return re.search(rf'^\.S[sh] {title}\n(.*?)(?=^\.S[hs] |\Z)',
                     read('user/xdpwl.8'), re.M | re.S).group(1)


def man_options(line):
    """--options of an mdoc line: Fl -name, Fl v , Fl q."""
    return {'-' + name for name in re.findall(r'Fl (-?[a-z][a-z-]*)', line)}


def long_options(text):
    return set(re.findall(r'(?<![\w-])--?[a-z][a-z-]*', text))


# --- what the program says ---

HELP = {command['name']: command for command in
        json.loads(run('help', '--json').stdout)['commands']}
GLOBALS = long_options(run('help').stdout.split('Options of every command')[1])


def check(text, directory):
    """Run a rules text through --check; sets that it lacks are supplied."""
    defined = set(re.findall(r'^set (\S+)', text, re.M))
    for name in sorted(set(re.findall(r'@([\w.-]+)', text)) - defined):
        text += f'set {name} {MEMBER}'
    for path in re.findall(r'^set \S+ file (\S+)', text, re.M):
        with open(os.path.join(directory, path), 'w') as file:
            file.write(MEMBER)
    path = os.path.join(directory, 'doc.rules')
    with open(path, 'w', encoding='utf-8') as file:
        file.write(text)
    return run('apply', '--check', path)


def as_rules(words):
    """What the arguments of a command are in a rules file, or ''."""
    name, rest = words[0], words[1:]
    if name == 'revoke':
        name, rest = 'deny', rest[rest[:1] == ['deny']:]
    if name == 'test':
        name = 'allow'
    if name == 'list':
        name = 'deny'
    if name == 'set' and rest[1:2] in (['add'], ['del']):
        rest = rest[:1] + rest[2:]
    if name not in ('allow', 'deny', 'set') or not rest:
        return ''
    quoted = ['"%s"' % word if ' ' in word else word for word in rest]
    return ' '.join([name, *quoted]) + '\n'


def command_wrong(line, directory):
    """Why a command line of the documents is none, or ''."""
    words = shlex.split(line)[1:]
    options = [word for word in words if re.match('--?[a-z]', word)]
    if not words or words[0] not in HELP:
        return 'no such command'
    known = GLOBALS | long_options(HELP[words[0]]['arguments'])
    if set(options) - known:
        return f'no such option: {set(options) - known}'
    text = as_rules([word for word in words if word not in options])
    answer = check(text, directory) if text else None
    return answer.stderr if answer and answer.returncode else ''


# --- the tests ---


def test_rules(directory):
    for where, blocks in (('README.md', readme_blocks('rules')),
                          ('xdpwl.8', man_blocks('rules'))):
        TAP.ok(blocks, f'{where} shows rules')
        for number, text in enumerate(blocks, 1):
            answer = check(text, directory)
            TAP.ok(answer.returncode == 0,
                   f'{where}: rules {number} check', answer.stderr)
            for line in filter(None, text.splitlines()):
                answer = check(line + '\n', directory)
                TAP.ok(answer.returncode == 0, f'{where}: {line}',
                       answer.stderr)


def test_rules_files():
    for path in sorted(glob.glob(os.path.join(TOP, 'examples/*.rules'))):
        answer = run('apply', '--check', path)
        TAP.ok(answer.returncode == 0, 'check ' + os.path.basename(path),
               answer.stderr)


def test_commands(directory):
    for where, blocks in (('README.md', readme_blocks('sh')),
                          ('xdpwl.8', man_blocks('commands'))):
        lines = [line for block in blocks for line in block.splitlines()
                 if line.startswith('xdpwl ')]
        TAP.ok(lines, f'{where} shows commands')
        for line in lines:
            wrong = command_wrong(line, directory)
            TAP.ok(not wrong, f'{where}: {line}', wrong)
    for name, command in HELP.items():
        shown = re.findall(r'^  (xdpwl .*)', run('help', name).stdout, re.M)
        for line in shown:
            wrong = command_wrong(line, directory)
            TAP.ok(not wrong, f'help {name}: {line}', wrong)


def test_command_lists():
    """The man page, help and the completion name the same commands."""
    items = dict(re.findall(r'^\.It Nm Cm (\S+)(.*)', man_section('COMMANDS'),
                            re.M))
    TAP.same(list(items), list(HELP), 'xdpwl.8 has the commands of help')
    TAP.same(complete(''), set(HELP) | GLOBALS,
             'the completion has the commands of help')
    for name, command in HELP.items():
        options = long_options(command['arguments'])
        TAP.same(man_options(items.get(name, '')), options,
                 f'xdpwl.8 has the options of {name}')
        TAP.same({word for word in complete('-', name) if word[0] == '-'
                  and word != '-'},
                 options | long_options(run('help', name).stdout),
                 f'the completion has the options of {name}')
    page = man_section('Options of every command')
    TAP.same(set().union(*map(man_options, re.findall(r'^\.It.*', page, re.M))),
             GLOBALS | {'-h'}, 'xdpwl.8 has the options of every command')


def complete(word, *before):
    """What bash offers for `xdpwl BEFORE... WORD`."""
    script = '''source "$1"; shift; COMP_WORDS=(xdpwl "$@")
        COMP_CWORD=$#; _xdpwl; printf '%s\\n' "${COMPREPLY[@]}"'''
    answer = subprocess.run(
        ['bash', '-c', script, 'bash',
         os.path.join(TOP, 'user/xdpwl.bash-completion'), *before, word],
        capture_output=True, text=True, timeout=60, cwd='/',
        env={**os.environ, 'PATH': BUILD + ':' + os.environ['PATH']})
    return set(answer.stdout.split())


def test_later():
    """What is not there yet: refused by name, and told."""
    page = man_section('NOT IN THIS VERSION')
    later = re.findall(r'\.name = "(\w+)", \.run = cmd_later',
                       read('user/commands.c'))
    TAP.ok(later, 'commands.c names commands of later versions')
    for name in later:
        answer = run(name)
        TAP.ok(answer.returncode == 1 and 'not in this version' in answer.stderr,
               f'{name} is refused', answer.stderr)
        TAP.ok(re.search(rf'\b{name}\b', page), f'xdpwl.8 says so of {name}')
    for line in ('allow any 22 for 2h', 'allow any 22 until 2030-01-31T18:00:00Z',
                 'set a url https://www.example.org/a',
                 'set a file x jq ".a[]"', 'allow host:www.example.org 22',
                 'option confirm 60s', 'option open-on-stop on'):
        answer = run('apply', '--check', '-', input=line + '\n')
        TAP.ok(answer.returncode == 1 and 'not in this version' in answer.stderr,
               f'refused by name: {line}', answer.stderr)


def test_reasons():
    header = re.findall(r'R\(\w+,\s*"([\w-]+)",\s*([01])',
                        read('include/reasons.h'))
    table = re.search(r'^\.\\" reasons\n(.*?)^\.El', read('user/xdpwl.8'),
                      re.M | re.S).group(1)
    rows = re.findall(r'^\.It Li (\S+) Ta (pass|drop) Ta \S', table, re.M)
    TAP.same(rows, [(key, 'pass' if passes == '1' else 'drop')
                    for key, passes in header],
             'xdpwl.8 has the reasons of reasons.h, in their order')


def test_options():
    answer = run('apply', '--check', '-', input='option bogus 1\n')
    names = answer.stderr.strip().split(': ')[-1].split(', ')
    items = re.findall(r'^\.It Cm (\S+)',
                       man_section('OPTIONS OF THE RULES FILE'), re.M)
    TAP.same(sorted(items), sorted(names), 'xdpwl.8 has the closed list of options')


def test_exit_codes():
    codes = re.findall(r'^\tEXIT_\w+ = (\d+)', read('user/error.h'), re.M)
    TAP.same(re.findall(r'^\.It (\d+)$', man_section('EXIT STATUS'), re.M),
             codes, 'xdpwl.8 has the exit codes of error.h')


def test_limits():
    header = read('include/xdpwl.h')
    limit = {name: int(value) for name, value in
             re.findall(r'^#define XDPWL_(\w+)\s+(\d+)u?\b', header, re.M)}
    rules = limit['HIT_CHUNK'] * limit['HIT_CHUNKS'] - 1
    page = man_section('LIMITS')
    for what, number in (('classes', limit['CLASSES'] - 1),
                         ('groups', limit['GROUPS'] - 1),
                         ('interfaces', limit['INTERFACES']),
                         ('ethertype', limit['ETHERTYPES']), ('rules', rules)):
        TAP.ok(re.search(rf'^{number}\b', page, re.M),
               f'xdpwl.8 has the limit of {what}, {number}', page)


def test_map():
    """The README's map of the code names every file, and none that is not."""
    table = read('README.md').split('## Where does my line go?')[1]
    table = table.split('### In the kernel')[0]
    named = re.findall(r'`((?:user|bpf|include)/)?([\w*.]+\.[ch])`', table)
    patterns = {name for _, name in named}
    files = {os.path.basename(path) for where in
             ('user/*.c', 'bpf/*.[ch]', 'include/*.h')
             for path in glob.glob(os.path.join(TOP, where))}
    files |= {'kern.h'}
    found = {}
    for pattern in patterns:
        expression = re.escape(pattern).replace(r'\*', '.*') + '$'
        found[pattern] = {name for name in files if re.match(expression, name)}
    TAP.same(sorted(p for p in patterns if not found[p]), [],
             'every file of the map is there')
    TAP.same(sorted(files - set().union(*found.values())), [],
             'every file is on the map')
    maps = set(re.findall(r'^\} ([^;{}]*) SEC\("\.maps"\);',
                          read('bpf/maps.bpf.h'), re.M))
    maps = {name.removesuffix(' SEC(".maps")') for names in maps
            for name in re.split(r',\s+', names)}
    rows = read('README.md').split('### In the kernel')[1].split('###')[0]
    TAP.same({name for row in re.findall(r'^\| (`.*?) \|', rows, re.M)
              for name in re.findall(r'`(\w+)`', row)}, maps,
             'the README has the maps of maps.bpf.h')


def test_lint():
    """Only where the tools are: the page itself is what is installed."""
    if shutil.which('mandoc'):
        answer = subprocess.run(
            ['mandoc', '-Tlint', '-Wwarning',
             os.path.join(TOP, 'user/xdpwl.8')], capture_output=True, text=True)
        TAP.ok(answer.returncode == 0, 'mandoc finds nothing wrong',
               answer.stdout)
    else:
        print('# mandoc is not installed: the page was not linted')


def main():
    if not os.access(XDPWL, os.X_OK):
        print(f'Bail out! {XDPWL} is not built')
        raise SystemExit(1)
    with tempfile.TemporaryDirectory() as directory:
        test_rules(directory)
        test_commands(directory)
    test_rules_files()
    test_command_lists()
    test_later()
    test_reasons()
    test_options()
    test_exit_codes()
    test_limits()
    test_map()
    test_lint()
    TAP.finish()


main()
