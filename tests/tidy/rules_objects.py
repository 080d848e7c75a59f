"""Rules about what the compiled libraries define and use, read with nm: exact where text is not."""

import re
import subprocess

import floors
from rules_source import impure_kind
from tree import Complaint

COMPILER = re.compile(f"^(?:{floors.COMPILER_SYMBOLS})$")
FORTIFIED = re.compile(r"^__(\w+)_chk$")


class Symbol:
    def __init__(self, library, member, name, kind, section):
        # An object file is named after its source: "prim.c.o" or "prim.o".
        self.member = re.sub(r"(\.c)?\.o$", ".c", member)
        self.library, self.name, self.kind, self.section = library, name, kind, section

    @property
    def where(self):
        return f"{self.library}({self.member})"


def symbols_of(library, path):
    run = subprocess.run(["nm", "--format=sysv", path], capture_output=True, text=True, check=True)
    member = ""
    for line in run.stdout.split("\n"):
        title = re.match(r"^(?:Undefined symbols|Symbols) from .*\[(.+)\]:$", line)
        if title:
            member = title.group(1)
        fields = [field.strip() for field in line.split("|")]
        if len(fields) != 7 or fields[0] == "Name" or COMPILER.match(fields[0]):
            continue
        yield Symbol(library, member, fields[0], fields[2], fields[6])


def plain_name(name):
    """The call that a hardened build turns into a checking one."""
    fortified = FORTIFIED.match(name)
    return fortified.group(1) if fortified else name


def exports(symbols):
    for symbol in symbols:
        if symbol.kind in "TDBRVWC" and symbol.section != "*UND*" and \
                not symbol.name.startswith("vc_"):
            yield Complaint("export", symbol.where, 1, f"{symbol.name} does not start with vc_")


def foreign_symbols(symbols):
    for symbol in symbols:
        if symbol.kind not in "Uw":
            continue
        for prefix, places in floors.FOREIGN_SYMBOLS.items():
            if symbol.name.startswith(prefix) and symbol.library not in places and \
                    f"{symbol.library}:{symbol.member}" not in places:
                yield Complaint("foreign-symbol", symbol.where, 1,
                                f"{symbol.name} may be used in {places} only")


def banned_symbols(symbols):
    sources = {folder: floor for floor, folder in floors.FOLDERS.items()}
    folder_of = {floor: folder for folder, floor in sources.items()}
    for symbol in symbols:
        name = plain_name(symbol.name)
        path = folder_of[floors.LIBRARIES[symbol.library]] + symbol.member
        if symbol.kind == "U" and name in floors.BANNED_CALLS and \
                (path, name) not in floors.BANNED_EXCEPTIONS:
            yield Complaint("banned-symbol", symbol.where, 1,
                            f"{name} is not used here; use {floors.BANNED_CALLS[name]}")


def pure_symbols(symbols):
    """What a pure floor takes from outside is on a list; vc_ names come from floors below."""
    homes = {}
    for symbol in symbols:
        if symbol.kind in "TDBRVW" and symbol.section != "*UND*":
            homes.setdefault(symbol.name, symbol.library)
    for symbol in symbols:
        floor = floors.LIBRARIES[symbol.library]
        if symbol.kind not in "Uw":
            continue
        name = plain_name(symbol.name)
        if name.startswith("vc_"):
            home = floors.LIBRARIES.get(homes.get(name))
            if home and home != floor and not may_call(floor, home):
                yield Complaint("link-down", symbol.where, 1,
                                f"{name} is of {home}: calls go down")
        elif floor in floors.PURE:
            extra = floors.OBJECT_EXCEPTIONS.get((symbol.library, symbol.member), set())
            is_foreign = name.startswith(tuple(floors.FOREIGN_SYMBOLS))
            if impure_kind(name) and name not in extra or \
                    not is_foreign and name not in floors.PURE_SYMBOLS | extra:
                yield Complaint("pure-symbol", symbol.where, 1,
                                f"the pure floor {floor} may not use {name}")


def may_call(floor, home):
    return any(home == below or below.startswith(f"{home}/") for below in floors.BELOW[floor])


def pure_state(symbols):
    """A pure floor has no static that changes: that would be input nobody sees."""
    for symbol in symbols:
        is_writable = symbol.section.startswith((".data", ".bss", ".tdata", ".tbss")) and \
            not symbol.section.startswith(".data.rel.ro")
        key = (symbol.library, symbol.member, symbol.name)
        if floors.LIBRARIES[symbol.library] in floors.PURE and is_writable and \
                key not in floors.STATE_EXCEPTIONS:
            yield Complaint("pure-state", symbol.where, 1, f"{symbol.name} is a hidden state")


RULES = [exports, foreign_symbols, banned_symbols, pure_symbols, pure_state]


def read_libraries(libraries):
    symbols = []
    for library, path in libraries.items():
        symbols.extend(symbols_of(library, path))
    return symbols
