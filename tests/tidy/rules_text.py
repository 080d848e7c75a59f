"""Rules about documents and words.

A document states a constant in one of two forms, and both are compared with the code:

    in a sentence   `VC_PACKET_MAX = 1232`, also with an expression: `VC_X = 64 * 1024`
    in a table      | `VC_PACKET_MAX` | 1232 bytes | ...
                    the second cell starts with the value; words may follow it.  KiB, MiB and
                    GiB count.  A cell that starts with a letter or is empty states no value.

A value may be an integer expression over numbers and other constants, or a string in quotes.
"""

import os
import re
import subprocess

import floors
from tree import Complaint

SENTENCE = re.compile(r"`(VC_[A-Z0-9_]+) = ([^`]+)`")
ROW = re.compile(r"^\|\s*`(VC_[A-Z0-9_]+)`\s*\|\s*([^|]*?)\s*\|")
MENTION = re.compile(r"`(VC_[A-Z0-9_]+)\b(?:\(\))?")
NUMBER = r"(?:0x[0-9A-Fa-f]+|\d+)[uUlL]*"
EXPRESSION = re.compile(rf"^(?:{NUMBER}|VC_[A-Z0-9_]+|<<|[-+*/()~|&\s])+$")
CELL = re.compile(rf"^`?({NUMBER}(?:\s*(?:<<|[-+*/])\s*(?:{NUMBER}|VC_\w+))*|\"[^\"]*\")`?"
                  r"(?:\s*(KiB|MiB|GiB)\b)?(?:$|[\s,;(])")
UNITS = {None: 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30}
NORMATIVE = ("SPEC.md", "SCHEMA.md", "CONTROL.md")


def stated_constants(tree):
    """(path, line, name, value as a C expression, or None when it cannot be read)"""
    for path in tree.documents():
        for number, line in enumerate(tree.read(path).split("\n"), 1):
            for name, value in SENTENCE.findall(line):
                is_fine = EXPRESSION.match(value) or re.fullmatch(r'"[^"\\]*"', value)
                yield path, number, name, value if is_fine else None
            row = ROW.match(line)
            if not row or not re.match(r'`?[0-9"-]', row.group(2)):
                continue
            cell = CELL.match(row.group(2))
            if cell and (cell.group(1)[0] != '"' or not cell.group(2)):
                times = UNITS[cell.group(2)]
                value = cell.group(1) if times == 1 else f"({cell.group(1)}) * {times}ull"
                yield path, number, row.group(1), value
            else:
                yield path, number, row.group(1), None


def question_for(path, number, name, value):
    if value.startswith('"'):
        test = f"__builtin_strcmp({name}, {value}) == 0"
    else:
        test = f"({name}) == ({value})"
    return f'#line {number} "{path}"\n_Static_assert({test}, "differs");\n'


def ask_compiler(tree, compiler, questions):
    """One compilation answers all: its errors bear the lines of the documents."""
    headers = [source.path for source in tree.sources
               if source.path.endswith(".h") and source.floor != "tests"]
    text = "".join(f'#include "{header}"\n' for header in headers)
    text += "".join(question_for(*question) for question in questions)
    run = subprocess.run([compiler, "-std=gnu17", "-D_GNU_SOURCE", "-I", tree.root, "-w",
                          "-fsyntax-only", "-x", "c", "-"],
                         input=text, capture_output=True, text=True, check=False,
                         env={"LC_ALL": "C", "PATH": "/usr/local/bin:/usr/bin:/bin"})
    return run.returncode, re.findall(r"^([^:\n]+):(\d+):(?:\d+:)? (?:fatal )?error: (.*)$",
                                      run.stderr, re.MULTILINE)


def spec_constants(tree, compiler="cc"):
    questions = []
    for path, number, name, value in stated_constants(tree):
        if value is None:
            yield Complaint("constant", path, number, f"the value of {name} cannot be read")
        else:
            questions.append((path, number, name, value))
    if not questions:
        return
    stated = {(path, number): f"{name} = {value}" for path, number, name, value in questions}
    code, errors = ask_compiler(tree, compiler, questions)
    told = set()
    for path, number, words in errors:
        path = os.path.relpath(path, tree.root) if os.path.isabs(path) else path
        fact = stated.get((path, int(number)))
        if fact is None:
            yield Complaint("constant", path, int(number), f"the headers do not compile: {words}")
        elif re.search("static.assert(ion)? failed", words):
            yield Complaint("constant", path, int(number), f"the code does not say {fact}")
        elif (path, number) not in told:
            told.add((path, number))
            yield Complaint("constant", path, int(number), f"no header has it: {fact} ({words})")
    if code != 0 and not errors:
        yield Complaint("constant", "tests/tidy/rules_text.py", 1, "the compiler failed")


def mentioned_names(tree):
    """A constant that a normative document speaks of is somewhere in the code."""
    words = set()
    for source in tree.sources:
        words.update(re.findall(r"\bVC_[A-Z0-9_]+", source.code))
    # X-macros make names of two halves: VC_ERR_##name.
    halves = [word for word in words if any(f"{word}##" in source.code
                                            for source in tree.sources)]
    bare = set()
    for source in tree.sources:
        bare.update(re.findall(r"\bX\(\s*([A-Z0-9_]+)", source.code))
    for path in tree.documents():
        if not path.endswith(NORMATIVE):
            continue
        for number, line in enumerate(tree.read(path).split("\n"), 1):
            for name in MENTION.findall(line):
                is_made = any(name.startswith(half) and name[len(half):] in bare
                              for half in halves)
                if name not in words and not is_made:
                    yield Complaint("constant", path, number, f"the code has no {name}")


def banned_words(tree):
    patterns = [(re.compile(pattern), why) for pattern, why in floors.BANNED_WORDS.items()]
    for path, text in tree.texts():
        for pattern, why in patterns:
            for match in pattern.finditer(text):
                yield Complaint("word", path, text.count("\n", 0, match.start()) + 1,
                                f"{match.group(0)!r}: {why}")


def top_level(tree):
    for name in sorted({path.split("/", 1)[0] for path in tree.paths}):
        if name not in floors.TOP_LEVEL and not name.startswith("."):
            yield Complaint("top-level", name, 1, "the top level is floors and what tools look for")


RULES = [spec_constants, mentioned_names, banned_words, top_level]
