"""The files of a checkout, and C text without its comments and strings."""

import os
import re

import floors

SKIPPED_FOLDERS = {".git", "build", "__pycache__"}
SKIPPED_PATHS = ("tests/vectors/", "tests/fuzz/corpus/")
TEXT_SUFFIXES = (".c", ".h", ".md", ".sh", ".py", ".txt", ".cmake", ".json", ".yml", ".in",
                 ".service", ".conf", ".1", ".5", ".8")
TEXT_NAMES = ("run", "LICENSE", ".clang-format", ".clang-tidy", ".editorconfig", ".gitignore")

COMMENTS = re.compile(r"//[^\n]*|/\*.*?\*/|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'", re.DOTALL)


class Complaint:
    def __init__(self, rule, path, line, words):
        self.rule, self.path, self.line, self.words = rule, path, line, words

    def __str__(self):
        return f"{self.path}:{self.line}: {self.rule}: {self.words}"


class Source:
    """One C file: its text, the text without comments, and that without strings too."""

    def __init__(self, path, text):
        self.path, self.text = path, text
        self.lines = text.split("\n")
        if self.lines and self.lines[-1] == "":
            self.lines.pop()
        self.has_line_comment = []

        def blank_comment(match):
            part = match.group(0)
            if part.startswith("//"):
                self.has_line_comment.append(text.count("\n", 0, match.start()) + 1)
            return re.sub(r"[^\n]", " ", part) if part[0] == "/" else part

        def blank_string(match):
            part = match.group(0)
            return part[0] + " " * (len(part) - 2) + part[-1]

        without_comments = COMMENTS.sub(blank_comment, text)
        self.with_strings = without_comments.split("\n")
        self.code = COMMENTS.sub(blank_string, without_comments)
        self.code_lines = self.code.split("\n")
        self.floor = floor_of(path)

    def line_of(self, offset):
        return self.code.count("\n", 0, offset) + 1


class Tree:
    """A checkout: the paths of its files from the root, with slashes."""

    def __init__(self, root):
        self.root = root
        self.paths = sorted(self._walk())
        self.sources = [Source(path, self.read(path)) for path in self.paths
                        if path.endswith((".c", ".h"))]

    def _walk(self):
        for folder, folders, names in os.walk(self.root):
            folders[:] = [name for name in folders if name not in SKIPPED_FOLDERS]
            inside = os.path.relpath(folder, self.root).replace(os.sep, "/")
            for name in names:
                path = name if inside == "." else f"{inside}/{name}"
                if not path.startswith(SKIPPED_PATHS):
                    yield path

    def read(self, path):
        with open(os.path.join(self.root, path), encoding="utf-8", errors="replace",
                  newline="") as file:
            return file.read()

    def texts(self):
        for path in self.paths:
            name = path.rsplit("/", 1)[-1]
            if name.endswith(TEXT_SUFFIXES) or name in TEXT_NAMES:
                yield path, self.read(path)

    def documents(self):
        return [path for path in self.paths if path.endswith(".md")]


def floor_of(path):
    """The floor that a path from the root lies on; None for the top level."""
    best = None
    for floor, folder in floors.FOLDERS.items():
        if path.startswith(folder) and (best is None or len(folder) > len(floors.FOLDERS[best])):
            best = floor
    return best


def is_under(path, places):
    """Is @path one of these files, or in one of these folders?"""
    return any(path == place or (place.endswith("/") and path.startswith(place))
               for place in places)
