#!/usr/bin/env python3
"""Says where the project does not keep its own rules.

    tidy.py [--root CHECKOUT] [--cc COMPILER] [NAME=LIBRARY.a ...]

Without libraries only the rules that read text run.  Exit code 1 when there is a complaint.
"""

import argparse
import os
import sys

sys.dont_write_bytecode = True

import rules_objects
import rules_source
import rules_text
import tree as trees
from tree import Complaint


def complaints_of(root, libraries, compiler):
    tree = trees.Tree(root)
    for rule in rules_source.RULES + rules_text.RULES:
        yield from rule(tree, compiler) if rule is rules_text.spec_constants else rule(tree)
    built = {}
    for name, path in libraries.items():
        if os.path.exists(path):
            built[name] = path
        else:
            yield Complaint("library", path, 1, f"{name} is not built")
    symbols = rules_objects.read_libraries(built)
    for rule in rules_objects.RULES:
        yield from rule(symbols)


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--root", default=os.path.dirname(os.path.dirname(here)))
    parser.add_argument("--cc", default="cc")
    parser.add_argument("libraries", nargs="*", metavar="NAME=LIBRARY.a")
    options = parser.parse_args()
    libraries = dict(word.split("=", 1) for word in options.libraries)

    found = list(complaints_of(options.root, libraries, options.cc))
    for complaint in found:
        print(complaint)
    print(f"tidy: {len(found)} complaints, {len(libraries)} libraries looked at")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
