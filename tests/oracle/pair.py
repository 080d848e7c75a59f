"""A program behind lines, and the oracle beside it: those of section 19 when nothing is said."""

import os
import subprocess

import driver

PROGRAM = os.environ.get("VC_RATCHET_DRIVER", "")


class Program:
    """A process of a driver, by itself."""

    def __init__(self, path=PROGRAM):
        self.process = subprocess.Popen([path], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        text=True)

    def do(self, line):
        self.ask(line)
        return self.answer()

    def ask(self, line):
        self.process.stdin.write(line + "\n")

    def answer(self):
        """That of the first line which was asked and has none."""
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer.endswith("\n"):
            raise AssertionError("the program ended")
        return answer[:-1]

    def close(self):
        self.process.stdin.close()
        self.process.stdout.close()
        return self.process.wait()


class Pair:
    """Both get every line and have to answer the same, byte for byte.

    do() gives the oracle's answer; the program's is compared some lines later, for the sake of
    speed, and in settle() for certain. So many bytes wait at most as pipes hold.
    """

    WAITING_MAX = 30000

    def __init__(self, path=PROGRAM, oracle=driver.Driver):
        self.program, self.oracle = Program(path), oracle()
        self.waiting, self.bytes, self.lines = [], 0, 0

    def do(self, line):
        answer = self.oracle.do(line)
        size = len(line) + len(answer)
        if self.bytes + size > self.WAITING_MAX:
            self.settle()
        self.program.ask(line)
        self.waiting.append((line, answer))
        self.bytes += size
        return answer

    def settle(self):
        waiting, self.waiting, self.bytes = self.waiting, [], 0
        for line, ours in waiting:
            self.lines += 1
            theirs = self.program.answer()
            if theirs != ours:
                raise AssertionError(f"line {self.lines}: {shortened(line)}\n"
                                     f"program: {shortened(theirs)}\noracle:  {shortened(ours)}")

    def close(self):
        return self.program.close()


def shortened(line):
    return " ".join(word if len(word) <= 70 else f"{word[:66]}.. ({len(word)})"
                    for word in line.split(" "))


def hexed(data):
    return data.hex() or "-"


class People:
    """Devices and sessions by name, of anything that does lines; chances gives the bytes."""

    def __init__(self, to, chances):
        self.to, self.chances = to, chances
        self.roots, self.certificates, self.prekeys = {}, {}, {}
        self.ok("reset")

    def ok(self, line):
        """The words of an answer that is no error."""
        answer = self.to.do(line).split(" ")
        if answer[0] != "ok":
            raise AssertionError(f"{shortened(line)}: {' '.join(answer)}")
        return answer[1:]

    def key(self):
        return self.chances.key().hex()

    def id(self):
        return self.chances.randrange(1, 1 << 32)

    def account(self, name, devices):
        root, = self.ok(f"account {name} {self.key()}")
        for index, device in enumerate(devices):
            self.roots[device] = root
            self.certificates[device], = self.ok(
                f"device {device} {name} {index} {self.id()} {self.key()} {self.key()}")
            self.prekey(device)

    def prekey(self, device):
        start = self.chances.randrange(1 << 31)
        self.prekeys[device], = self.ok(f"prekey {device} {self.id()} {start} {start + 2592000} "
                                        f"{self.id()} {self.key()}")

    def one_time(self, device):
        return self.ok(f"onetime {device} {self.id()} {self.key()}")[0]

    def start(self, session, own, other, one_time="-", statement=b""):
        """(opening, session id)"""
        return self.ok(f"start {session} {own} {self.roots[other]} {self.certificates[other]} "
                       f"{self.prekeys[other]} {one_time} {self.id()} {self.id()} "
                       f"{hexed(statement)} {self.key()} {self.key()}")

    def encrypt(self, session, content, raw=""):
        """The object."""
        return self.ok(f"encrypt {session} {self.key()} {hexed(content)}{raw}")[2]

    def decrypt(self, device, data, raw=""):
        """(session, content)"""
        answer = self.ok(f"decrypt {device} {data}{raw}")
        return answer[0], bytes.fromhex(answer[7].replace("-", ""))
