#!/usr/bin/env python3
"""Words, moves, removals and comparisons through the real programs, with a terminal where one is.

The 24 words are shown on a terminal, the screen is cleared, three are asked back and the root
is gone, from the store and from the memory of the process. A move needs the words, ends
invites and reaches who was away. A removed contact gets no answer. Codes are compared.
"""

import json
import os
import pty
import re
import select
import subprocess
import time

import lab


def veche(node, words, expect=0, stdin=""):
    done = subprocess.run([lab.VECHE, *words.split(), "--socket", node.socket_path],
                          input=stdin, capture_output=True, text=True, check=False,
                          timeout=30 * lab.PATIENCE)
    lab.demand(done.returncode == expect, f"{node.name}: veche {words} ended with "
               f"{done.returncode}, not {expect}:\n{done.stdout}{done.stderr}")
    return done.stdout + done.stderr


def status(node):
    return json.loads(veche(node, "status --json"))


class Terminal:
    """veche at a terminal, with somebody who reads and types."""

    def __init__(self, node, words):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.environ["TERM"] = "xterm"
            os.execv(lab.VECHE, [lab.VECHE, *words.split(), "--socket", node.socket_path])
        self.text = ""

    def read_until(self, words, seconds=10):
        """Everything up to @words, which somebody waits for."""
        end = time.monotonic() + seconds * lab.PATIENCE
        while words not in self.text:
            left = end - time.monotonic()
            lab.demand(left > 0, f"no {words!r} on the terminal: {self.text!r}")
            if select.select([self.fd], [], [], left)[0]:
                self.text += os.read(self.fd, 65536).decode()
        shown, self.text = self.text.split(words, 1)
        return shown

    def type(self, words):
        os.write(self.fd, words.encode() + b"\n")

    def end(self, expect):
        while True:
            try:
                piece = os.read(self.fd, 65536)
            except OSError:
                break
            if not piece:
                break
            self.text += piece.decode()
        os.close(self.fd)
        code = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        lab.demand(code == expect, f"it ended with {code}, not {expect}: {self.text}")
        return self.text


def look_at_words(terminal):
    """Reads the paper's words off the screen, and sees it cleared."""
    shown = terminal.read_until("Press Enter when you have. ")
    words = dict(re.findall(r"(\d+) ([a-z]+)", shown))
    lab.demand(sorted(map(int, words)) == list(range(1, 25)), f"these words: {shown!r}")
    terminal.type("")
    terminal.read_until("\033[H\033[2J\033[3J")
    return words


def answer(terminal, words, last=None):
    """Types the three words; @last in place of the third."""
    for turn in range(3):
        terminal.read_until("Word ")
        number = terminal.read_until(": ")
        terminal.type(last if last and turn == 2 else words[number])


def memory_holds(pid, phrase):
    """Does the process hold these bytes anywhere?"""
    with open(f"/proc/{pid}/maps", encoding="ascii") as maps, open(f"/proc/{pid}/mem", "rb",
                                                                    0) as memory:
        for line in maps:
            part = re.match(r"([0-9a-f]+)-([0-9a-f]+) rw", line)
            if not part or "[v" in line:
                continue
            begin, end = (int(text, 16) for text in part.groups())
            while begin < end:
                size = min(end - begin, 1 << 24)
                try:
                    memory.seek(begin)
                    if phrase in memory.read(size):
                        return True
                except (OSError, ValueError, OverflowError):
                    pass
                begin += size
    return False


def demand_forgotten(node, words):
    """Nothing of the paper is left in veched."""
    phrase = " ".join(words[str(number)] for number in range(1, 5)).encode()
    if lab.is_sanitized(lab.VECHED):
        return  # its allocator keeps copies of its own
    try:
        found = memory_holds(node.pid(), phrase)
    except PermissionError:
        return
    lab.demand(not found, f"{node.name} still holds the words in memory")


def take_root_off(node):
    lab.demand(status(node)["has_root"], "a new account has no root")
    lab.demand("veche words" in veche(node, "status"), "status does not remind")
    lab.demand("veche words" in veche(node, "doctor --dir " + node.directory), "nor does doctor")
    shown = json.loads(veche(node, "words --json"))["words"]
    lab.demand(shown.split()[23] in veche(node, "words --keep"), "--keep shows other words")
    veche(node, "words", expect=2)
    terminal = Terminal(node, "words")
    words = look_at_words(terminal)
    lab.demand(" ".join(words[str(number)] for number in range(1, 25)) == shown, "other words")
    answer(terminal, words, last="nonsense")
    terminal.end(expect=1)
    lab.demand(status(node)["has_root"], "a wrong word takes the root off")
    terminal = Terminal(node, "words")
    words = look_at_words(terminal)
    answer(terminal, words)
    lab.demand("The root is off this device" in terminal.end(expect=0), "it is not said")
    node.kill()
    node.start()
    lab.demand(not status(node)["has_root"], "the root came back after a crash")
    veche(node, "words --keep", expect=1)
    for place in (node.log_path,):
        with open(place, encoding="utf-8", errors="replace") as log:
            lab.demand(shown not in log.read(), "the words stand in the log")
    return words


def compare(alice, bob):
    codes = [json.loads(veche(node, f"verify {name} --json"))["code"]
             for node, name in ((alice, "bob"), (bob, "alice"))]
    lab.demand(codes[0] == codes[1] and len(codes[0]) == 71, f"two codes: {codes}")
    with_carol = json.loads(veche(alice, "verify carol --json"))["code"]
    wrong = veche(alice, f"verify bob --scan {with_carol}", expect=7)
    lab.demand("THIS CODE DOES NOT BELONG TO THE TWO OF YOU" in wrong, wrong)
    veche(alice, f"verify bob --scan {codes[1][:-1]}", expect=1)
    lab.demand("not verified" in veche(alice, "contacts show bob"), "a wrong code marks")
    veche(alice, f"verify bob --scan {codes[1].lower()}")
    alice.kill()
    alice.start()
    lab.demand("bob is verified" in veche(alice, "verify bob"), "the mark is gone")
    veche(alice, "verify bob --no")


def everybody_is_there(*nodes):
    for node in nodes:
        lab.until(lambda node=node: all(contact["is_connected"] for contact in
                                        node.call("contacts.list")["contacts"]),
                  20, f"{node.name} is connected")


def move(alice, bob, carol, words):
    """Without the root: the paper is needed, and who was away learns it later."""
    paper = " ".join(words[str(number)] for number in range(1, 25))
    invite = veche(alice, "invite -q").strip()
    veche(alice, "address renew", expect=2, stdin="y\n")
    veche(alice, "address renew --yes", expect=2)
    veche(alice, "address renew --yes", expect=1, stdin=" ".join(["zoo"] * 24) + "\n")
    everybody_is_there(alice, bob, carol)
    carol.kill()
    terminal = Terminal(alice, "address renew")
    terminal.read_until("Move? [y/N] ")
    terminal.type("y")
    terminal.read_until("(they are not shown): ")
    terminal.type(paper)
    said = terminal.end(expect=0)
    lab.demand("1 open invites are good no more" in said and words["7"] not in said, said)
    demand_forgotten(alice, words)
    lab.until(lambda: status(alice)["unknowing"] == 1, 10, "bob learns the new address")
    lab.demand("1 contacts do not have the new address" in veche(alice, "status"), "status")
    late = subprocess.run([lab.VECHE, "join", invite, "--wait", "1", "--socket",
                           bob.socket_path], capture_output=True, text=True, check=False)
    lab.demand(late.returncode != 0, f"an invite of the old address works: {late.stdout}")
    carol.start()
    lab.until(lambda: status(alice)["unknowing"] == 0, 30, "carol learns the new address")
    alice.kill()
    alice.start()
    now = status(alice)
    lab.demand(now["moves"] == 1 and now["moved_at"] and not now["has_root"], f"{now}")
    veche(alice, "address extend", stdin=paper + "\n")
    demand_forgotten(alice, words)


def remove(alice, bob, carol):
    everybody_is_there(alice, bob, carol)
    veche(alice, "contacts remove bob", expect=2)
    said = veche(alice, "contacts remove bob --yes")
    lab.demand("They keep what you have sent them" in said, said)
    lab.until(lambda: status(alice)["contacts_keys"] == 1 and not status(alice)["key_turns_at"],
              20, "the key turns and carol has it")
    before = status(alice)
    lab.demand("queued" in veche(bob, "send alice hello --wait 1"), "bob is answered")
    bob.call("contacts.try", contact="alice")
    lab.until(lambda: status(alice)["dropped"] > before["dropped"], 20, "bob tries")
    lab.demand(not bob.call("contacts.get", contact="alice")["contact"]["is_connected"],
               "bob is connected")
    lab.demand("delivered" in veche(carol, "send alice hello"), "carol is not answered")
    # A second one within the day waits for it.
    veche(alice, "contacts block carol")
    lab.demand(status(alice)["key_turns_at"], "the second wish is lost")
    alice.kill()
    alice.start()
    lab.demand(status(alice)["key_turns_at"], "the wish does not outlive a crash")
    lab.demand("contacts key turns" in veche(alice, "status"), "status does not tell")


def body(world, _):
    alice, bob, carol = (world.node(name).start() for name in ("alice", "bob", "carol"))
    lab.pair(alice, bob)
    lab.pair(alice, carol)
    words = take_root_off(alice)
    compare(alice, bob)
    move(alice, bob, carol, words)
    remove(alice, bob, carol)
    return "the words are on paper only, a move reaches who was away, a removed one meets silence"


if __name__ == "__main__":
    lab.run(body, lab.arguments(__doc__.splitlines()[0]))
