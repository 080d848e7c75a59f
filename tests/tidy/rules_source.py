"""Rules that need nothing but the text of the C files."""

import re

import floors
from tree import Complaint, floor_of, is_under

INCLUDE = re.compile(r'^\s*#\s*include\s*(?:<([^>]+)>|"([^"]+)")')
CALL = re.compile(r"(?<![\w.>])([A-Za-z_]\w*)\s*\(")
STATIC_FUNCTION = re.compile(r"^static\s[^;={]*?\b(\w+)\(", re.MULTILINE)


def includes_of(source):
    for number, line in enumerate(source.with_strings, 1):
        match = INCLUDE.match(line)
        if match:
            yield number, match.group(1), match.group(2)


def includes_go_down(tree):
    """Own headers: written from the root, there, and on this floor or one below."""
    known = set(tree.paths)
    for source in tree.sources:
        for number, _, own in includes_of(source):
            if own is None:
                continue
            if own not in known:
                yield Complaint("include-path", source.path, number,
                                f'"{own}" is not the path of a header from the root')
                continue
            target = floor_of(own)
            allowed = floors.BELOW.get(source.floor, [])
            if target != source.floor and target not in allowed and own not in allowed:
                yield Complaint("include-down", source.path, number,
                                f"{source.floor} may not include {own}: includes go down")


def foreign_headers(tree):
    """Headers of libraries stay where the library is used."""
    for source in tree.sources:
        if source.floor == "tests":
            continue
        for number, system, own in includes_of(source):
            name = system or own
            places = floors.FOREIGN_HEADERS.get(name)
            if places is not None:
                if not is_under(source.path, places):
                    yield Complaint("foreign-header", source.path, number,
                                    f"{name} may be included in {places or 'tests'} only")
            elif system and source.floor in floors.PURE and system not in floors.PURE_HEADERS \
                    and (source.path, system) not in floors.HEADER_EXCEPTIONS:
                yield Complaint("pure-header", source.path, number,
                                f"the pure floor {source.floor} may not include <{system}>")


def impure_kind(name):
    for kind, names in IMPURE_NAMES.items():
        if name in names:
            return kind
    for kind, prefixes in floors.IMPURE_PREFIXES.items():
        if name.startswith(tuple(prefixes)):
            return kind
    for kind, patterns in floors.IMPURE_PATTERNS.items():
        if any(re.fullmatch(pattern, name) for pattern in patterns):
            return kind
    return None


IMPURE_NAMES = {kind: set(names.split()) for kind, names in floors.IMPURE_CALLS.items()}


def purity(tree):
    """A pure floor calls nothing of the system.  A static function may bear such a name."""
    for source in tree.sources:
        if source.floor not in floors.PURE:
            continue
        own = set(STATIC_FUNCTION.findall(source.code))
        for match in CALL.finditer(source.code):
            name = match.group(1)
            kind = impure_kind(name)
            if kind and name not in own and (source.path, name) not in floors.PURE_EXCEPTIONS:
                yield Complaint("purity", source.path, source.line_of(match.start()),
                                f"{name}() brings a {kind} into the pure floor {source.floor}")


def banned_calls(tree):
    for source in tree.sources:
        for match in CALL.finditer(source.code):
            name = match.group(1)
            instead = floors.BANNED_CALLS.get(name)
            if instead and (source.path, name) not in floors.BANNED_EXCEPTIONS:
                yield Complaint("banned-call", source.path, source.line_of(match.start()),
                                f"{name}() is not used here; use {instead}")


def functions_of(source):
    """(first line, last line) of every function: its braces stand alone in column 1."""
    lines = source.code_lines
    number = 0
    while number < len(lines):
        if lines[number].rstrip() != "{":
            number += 1
            continue
        first = number
        while first > 0:
            above = lines[first - 1].rstrip()
            if above == "" or above.endswith((";", "}")) or above.startswith("#"):
                break
            first -= 1
        last = number
        while last < len(lines) - 1 and not lines[last].startswith("}"):
            last += 1
        yield first + 1, last + 1
        number = last + 1


def function_sizes(tree):
    for source in tree.sources:
        for first, last in functions_of(source):
            count = last - first + 1
            if count > floors.FUNCTION_LINES_MAX:
                yield Complaint("function-size", source.path, first,
                                f"a function of {count} lines; "
                                f"{floors.FUNCTION_LINES_MAX} at most")
        for number, line in enumerate(source.code_lines, 1):
            if re.match(r"^[A-Za-z_].*\)\s*\{\s*$", line):
                yield Complaint("function-brace", source.path, number,
                                "the brace of a function stands on a line of its own")


def gotos(tree):
    for source in tree.sources:
        for first, last in functions_of(source):
            labels = {}
            for number in range(first, last + 1):
                line = source.code_lines[number - 1]
                label = re.match(r"^\s*(\w+):\s*$", line)
                if label and label.group(1) != "default":
                    labels[label.group(1)] = number
                jump = re.search(r"\bgoto\s+(\w+)", line)
                if jump and (jump.group(1) != "out" or jump.group(1) in labels):
                    yield Complaint("goto", source.path, number,
                                    "goto leads forward, to the one label out")


def file_sizes(tree):
    """A long file is named in its folder's README, in a paragraph that says over what: 600."""
    for source in tree.sources:
        count = len(source.lines)
        if count <= floors.FILE_LINES_MAX:
            continue
        folder, _, name = source.path.rpartition("/")
        readme = f"{folder}/README.md"
        text = tree.read(readme) if readme in tree.paths else ""
        paragraphs = re.split(r"\n\s*\n", text)
        if not any(name in part and str(floors.FILE_LINES_MAX) in part for part in paragraphs):
            yield Complaint("file-size", source.path, 1,
                            f"{count} lines; over {floors.FILE_LINES_MAX} {readme} says why")


def text_form(tree):
    for source in tree.sources:
        for number, line in enumerate(source.lines, 1):
            if len(line) > floors.COLUMNS_MAX:
                yield Complaint("columns", source.path, number,
                                f"{len(line)} columns; {floors.COLUMNS_MAX} at most")
            if "\t" in line:
                yield Complaint("tab", source.path, number, "spaces only")
            if line != line.rstrip():
                yield Complaint("line-end", source.path, number, "space at the end of a line")
        if source.text and not source.text.endswith("\n"):
            yield Complaint("line-end", source.path, len(source.lines),
                            "the last line has no end")
        for number in source.has_line_comment:
            yield Complaint("comment", source.path, number, "comments are /* ... */")


def include_guards(tree):
    for source in tree.sources:
        if not source.path.endswith(".h"):
            continue
        guard = "VC_" + re.sub(r"[^A-Z0-9]", "_", source.path.upper())
        directives = [line.strip() for line in source.with_strings if line.lstrip().startswith("#")]
        if directives[:2] != [f"#ifndef {guard}", f"#define {guard}"] or \
                not directives[-1].startswith("#endif"):
            yield Complaint("include-guard", source.path, 1, f"the guard is {guard}")


def unit_tests(tree):
    """Every source has a test of its own name beside the others of its floor."""
    known = set(tree.paths)
    for source in tree.sources:
        if not source.path.endswith(".c") or source.floor in (None, "tests") or \
                source.path in floors.NO_UNIT_TEST:
            continue
        name = source.path.rsplit("/", 1)[-1][:-2]
        test = f"tests/unit/{source.floor}/{name}_test.c"
        if test not in known:
            yield Complaint("unit-test", source.path, 1, f"there is no {test}")


RULES = [includes_go_down, foreign_headers, purity, banned_calls, function_sizes, gotos,
         file_sizes, text_form, include_guards, unit_tests]
