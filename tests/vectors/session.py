#!/usr/bin/env python3
"""Vectors of the end-to-end layer: commands for the driver (crypto/SPEC.md, "Driver") and its answers.

    session.py make DRIVER >session.json     makes them again: only when the protocol changed
    session.py check DRIVER session.json     gives the driver each command, wants the same answer
"""

import hashlib
import json
import subprocess
import sys

NETWORK = "7665636865766563"
DAY = 20455  # 2026-01-02
FROM_S = DAY * 86400
UNTIL_S = FROM_S + 2592000


class Driver:
    def __init__(self, path):
        self.process = subprocess.Popen([path], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        text=True)

    def ask(self, command):
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().rstrip("\n")

    def close(self):
        self.process.stdin.close()
        return self.process.wait()


class Case:
    """One story: begins with a reset, needs nothing from others."""

    def __init__(self, driver, name, about):
        self.driver = driver
        self.name = name
        self.about = about
        self.lines = []
        self.drawn = 0
        self.say("reset")

    def draw(self, length=32):
        """Random bytes that are the same in every run."""
        self.drawn += 1
        return hashlib.shake_256(f"{self.name} {self.drawn}".encode()).hexdigest(length)

    def say(self, *words):
        """Gives the words of the answer; [] when it is an error."""
        command = " ".join(str(word) for word in words)
        answer = self.driver.ask(command)
        self.lines.append([command, answer])
        return answer.split(" ")[1:] if answer.startswith("ok") else []

    def fail(self, error, *words):
        self.say(*words)
        assert self.lines[-1][1] == f"err {error}", (self.name, *self.lines[-1])

    def people(self):
        """Alice with device 0, Bob with devices 0 and 3."""
        self.say("network", NETWORK)
        self.say("day", DAY)
        self.root, self.certificate = {}, {}
        for name, account, index in (("a", "alice", 0), ("b", "bob", 0), ("c", "bob", 3)):
            if account not in self.root:
                self.root[account], = self.say("account", account, self.draw())
            self.certificate[name], = self.say("device", name, account, index, FROM_S - 86400,
                                               self.draw(), self.draw())

    def prekey(self, device, number):
        return self.say("prekey", device, number, FROM_S, UNTIL_S, 0, self.draw())[0]

    def start(self, session, prekey, one_time="-", statement="-", generation=1, capabilities=0):
        """Alice opens a session with Bob's first device."""
        return self.say("start", session, "a", self.root["bob"], self.certificate["b"], prekey,
                        one_time, generation, capabilities, statement, self.draw(), self.draw())

    def seal(self, session, text, *raw):
        return self.say("encrypt", session, self.draw(), text.encode().hex() or "-", *raw)[2]

    def open(self, device, frame, text, *raw):
        answer = self.say("decrypt", device, frame, *raw)
        assert answer and answer[-1] == (text.encode().hex() or "-"), (self.name, answer)
        return answer[0]

    def meet(self):
        """A session "s" of Alice's that both have spoken in, and Bob's name for it."""
        self.people()
        self.start("s", self.prekey("b", 11))
        bobs = self.open("b", self.seal("s", "hello"), "hello")
        self.open("a", self.seal(bobs, "who is it?"), "who is it?")
        return bobs


def flip(frame, byte, bit=0):
    raw = bytearray.fromhex(frame)
    raw[byte] ^= 1 << bit
    return raw.hex()


def siv(case):
    for tag in (16, 24):
        for length in (0, 1, 40, 64, 192, 300):
            key, ad, plain = case.draw(), case.draw(length % 80) or "-", case.draw(length) or "-"
            sealed, = case.say("seal", key, tag, ad, plain)
            assert case.say("unseal", key, tag, ad, sealed) == [plain]
            case.fail("auth", "unseal", key, tag, ad, flip(sealed, -1))
            case.fail("auth", "unseal", key, tag, case.draw(3), sealed)
        case.fail("auth", "unseal", key, tag, "-", "00" * (tag - 1))


def padding(case):
    for length in (0, 1, 190, 191, 192, 255, 256, 300, 511, 600, 1023, 1100):
        text = case.draw(length) or "-"
        padded, = case.say("pad", text)
        assert case.say("strip", padded) == [text]
    for bad in ("-", "00", "0000", "8001", "7f00"):
        case.fail("malformed", "strip", bad)
    assert case.say("strip", "80") == ["-"]


def prekeys(case):
    case.people()
    first = case.prekey("b", 258)
    last = case.say("prekey", "c", 4294967295, FROM_S, FROM_S, 2147483648, case.draw())[0]
    case.say("onetime", "b", 5, case.draw())
    case.fail("exists", "prekey", "b", 258, FROM_S, UNTIL_S, 0, case.draw())
    case.fail("usage", "prekey", "b", 0, FROM_S, UNTIL_S, 0, case.draw())
    case.fail("usage", "prekey", "b", 2, FROM_S, FROM_S - 1, 0, case.draw())
    case.fail("usage", "onetime", "b", 0, case.draw())

    def start(certificate, prekey):
        return ("start", "s", "a", case.root["bob"], certificate, prekey, "-", 1, 0, "-",
                case.draw(), case.draw())

    case.fail("auth", *start(case.certificate["b"], last))  # of another device
    for byte in (5, 9, 41, 45, 49, 53, 148):
        case.fail("auth", *start(case.certificate["b"], flip(first, byte)))
    case.fail("malformed", *start(case.certificate["b"], flip(first, 0)))
    case.fail("malformed", *start(case.certificate["b"], first + "00"))
    case.fail("auth", *start(flip(case.certificate["b"], 140), first))
    case.fail("auth", *start(case.certificate["c"], first))
    case.say(*start(case.certificate["c"], last))


def opening(case):
    case.people()
    prekey = case.prekey("b", 305419896)
    one_time, = case.say("onetime", "b", 2271560481, case.draw())
    statement = case.draw(75)
    case.start("plain", prekey)
    case.start("full", prekey, one_time, statement, 7, 4294967295)
    case.start("again", prekey, one_time, generation=8)
    plain, full = case.seal("plain", "x"), case.seal("full", "y")
    again = case.seal("again", "z")
    length = len(plain) // 2 - 272
    case.fail("unsupported", "decrypt", "b", flip(plain, 32))  # another suite
    for byte in (0, 31, 34, 36, 40, 44, 91, 92, 289, length, length + 60, length + 271):
        case.fail("auth", "decrypt", "b", flip(plain, byte))
    case.fail("auth", "decrypt", "c", plain)
    case.fail("auth", "decrypt", "b", plain[:-2])
    case.say("network", "00" * 8)
    case.fail("auth", "decrypt", "b", plain)
    case.say("network", NETWORK)
    bobs = case.open("b", full, "y")
    case.fail("exists", "decrypt", "b", full)
    case.fail("auth", "decrypt", "b", again)  # the one-time prekey is gone
    case.open("b", case.seal("full", "still without an answer"), "still without an answer")
    case.open("b", plain, "x")
    case.say("forget", "b", 305419896)
    case.start("late", prekey)
    case.fail("auth", "decrypt", "b", case.seal("late", ""))
    case.open("a", case.seal(bobs, "here I am"), "here I am")
    assert len(case.seal("full", "no opening any more")) == 544


def first_frames(case):
    case.people()
    case.start("s", case.prekey("b", 11))
    frames = [case.seal("s", str(i)) for i in range(3)]
    case.open("b", frames[2], "2")
    bobs = case.open("b", frames[0], "0")
    answers = [case.seal(bobs, f"answer {i}") for i in range(2)]
    case.open("a", answers[1], "answer 1")
    case.say("export", "s")
    case.say("export", bobs)
    later = case.seal("s", "in chain 2")
    case.open("b", later, "in chain 2")
    case.open("b", frames[1], "1")
    case.open("a", answers[0], "answer 0")
    case.fail("exists", "decrypt", "a", answers[0])
    # Nothing of chain 1 is awaited any more: its header key is gone.
    case.fail("auth", "decrypt", "b", frames[1])


def in_turn(case):
    bobs = case.meet()
    for i in range(4):
        for count, session, other in ((1 + i % 2, "s", "b"), (2 - i % 2, bobs, "a")):
            for j in range(count):
                text = f"{session[0]} {i}.{j}"
                case.open(other, case.seal(session, text), text)
    case.say("export", "s")
    case.say("export", bobs)
    text = "long " * 60
    case.open("b", case.seal("s", text), text)
    case.open("b", case.seal("s", "bare", "raw"), "bare", "raw")
    case.fail("malformed", "decrypt", "b", case.seal("s", "bare", "raw"))
    case.open("b", case.seal("s", ""), "")


def out_of_order(case):
    bobs = case.meet()
    frames = []
    for chain in range(4):
        sealed = [case.seal("s", f"{chain}.{n}") for n in range(3)]
        frames += [(f"{chain}.{n}", frame) for n, frame in enumerate(sealed)]
        case.open("b", sealed[1], f"{chain}.1")
        case.open("a", case.seal(bobs, f"answer {chain}"), f"answer {chain}")
    case.say("export", bobs)
    late = [frame for frame in frames if not frame[0].endswith(".1")]
    left = [text[0] for text, _ in late]
    order = sorted(late, key=lambda frame: hashlib.sha256(frame[0].encode()).digest())
    for text, frame in order:
        case.fail("auth", "decrypt", "b", flip(frame, 0, 7))
        case.fail("auth", "decrypt", "b", flip(frame, 56))
        case.fail("auth", "decrypt", "b", flip(frame, 271))
        case.open("b", frame, text)
        left.remove(text[0])
        # An older chain of which nothing is awaited any more has no header key either.
        case.fail("exists" if text[0] in left + ["3"] else "auth", "decrypt", "b", frame)
    case.say("export", bobs)
    case.fail("auth", "decrypt", "b", case.draw(272))
    case.fail("auth", "decrypt", "b", case.draw(79))


def limits(case):
    bobs = case.meet()
    frames = [case.seal("s", str(n)) for n in range(4)]
    case.open("b", frames[2], "2")
    case.say("day", DAY + 29)
    assert case.say("expire", bobs) == ["0"]
    case.say("day", DAY + 30)
    assert case.say("expire", bobs) == ["1", "2.0.2"]
    case.fail("exists", "decrypt", "b", frames[0])
    case.open("b", frames[3], "3")
    # The sender's number goes on by itself: 219 bytes stand before it.
    state, rows = case.say("export", "s")
    for number, error in ((2004, None), (2005, "full")):
        case.say("import", "s", state[:438] + number.to_bytes(4, "little").hex() + state[446:],
                 rows)
        frame = case.seal("s", "far ahead")
        if error is None:
            case.fail("auth", "decrypt", "b", frame)  # in reach, but no chain that fits
        else:
            case.fail(error, "decrypt", "b", frame)


def put_back(case):
    bobs = case.meet()
    state, rows = case.say("export", "s")
    first = case.seal("s", "the same words")
    case.say("import", "s", state, rows)
    second = case.seal("s", "other words")
    case.say("import", "s", state, rows)
    # The same key, and every other ratchet key than the first time: a chain of its own.
    third = case.say("encrypt", "s", "-", "00") or case.seal("s", "the same words")
    case.open("b", first, "the same words")
    case.fail("malformed", "decrypt", "b", second)
    case.fail("malformed", "decrypt", "b", third)
    state, rows = case.say("export", bobs)
    case.say("import", bobs, state, rows)
    for bad in (state[2:], state + "00", "02" + state[2:], state[:2] + "02" + state[4:]):
        case.fail("malformed", "import", bobs, bad, rows)
    assert case.say("export", bobs) == [state, rows]


def several(case):
    case.people()
    prekey = case.prekey("b", 1)
    case.start("one", prekey, generation=1)
    case.start("two", prekey, generation=2)
    one = case.open("b", case.seal("one", "1"), "1")
    two = case.open("b", case.seal("two", "2"), "2")
    case.open("a", case.seal(one, "to one"), "to one")
    case.open("a", case.seal(two, "to two"), "to two")
    case.open("b", case.seal("one", "back"), "back")
    case.fail("exists", "start", "one", "a", case.root["bob"], case.certificate["b"], prekey, "-",
              3, 0, "-", case.draw(), case.draw())


def blinding(case):
    for epoch, index in ((0, 0), (20455, 0), (20455, 63), (20456, 0), (4294967295, 65535)):
        seed, message = case.draw(), case.draw(16 + epoch % 100)
        _, record, _ = case.say("blindsign", seed, "01" + "00" * 31, "-")  # the key itself
        factor, public, _ = case.say("blind", record, epoch, index)
        assert case.say("blindsign", seed, factor, message)[1] == public
        factor, public, _ = case.say("blindinvite", record, epoch, case.draw(16))
        assert case.say("blindsign", seed, factor, message)[1] == public
    order = (2**252 + 27742317777372353535851937790883648493).to_bytes(32, "little").hex()
    for factor in ("00" * 32, order):
        case.fail("auth", "blindsign", case.draw(), factor, "-")
    case.say("blindsign", case.draw(), "ff" * 32, "-")
    for record in ("00" * 32, "01" + "00" * 31, "99" * 32, "ec" + "ff" * 30 + "7f",
                   "95" + "99" * 31, "ee" + "ff" * 30 + "7f", "ff" * 32):
        case.fail("auth", "blind", record, 20455, 0)
        case.fail("auth", "blindinvite", record, 20455, case.draw(16))
    case.fail("usage", "blind", case.draw(), 20455, 65536)
    case.fail("usage", "blindinvite", case.draw(), 20455, case.draw(15))
    case.fail("usage", "blindsign", case.draw(), "01", "-")


CASES = [
    (siv, "sealing with both lengths of tag"),
    (padding, "padded lengths, and what is no padding"),
    (prekeys, "prekeys, and a sender who believes no changed one"),
    (opening, "openings with everything and with nothing, changed, repeated, too late"),
    (first_frames, "frames that overtake each other before the first answer"),
    (in_turn, "a talk without a loss"),
    (out_of_order, "late frames of several chains, forged ones between them"),
    (limits, "kept keys that are given up, and too great a gap"),
    (put_back, "states that go back, and bytes that are no state"),
    (several, "two sessions between the same devices"),
    (blinding, "record keys blinded for days, devices and invites, and what is no record key"),
]


def make(path):
    driver = Driver(path)
    cases = []
    for tell, about in CASES:
        case = Case(driver, tell.__name__, about)
        tell(case)
        cases.append({"name": case.name, "about": about, "lines": case.lines})
    driver.close()
    document = {"about": "commands and answers; crypto/SPEC.md, section Driver", "cases": cases}
    print(json.dumps(document, indent=1))


def check(path, file):
    driver = Driver(path)
    count = 0
    with open(file, encoding="utf-8") as text:
        cases = json.load(text)["cases"]
    for case in cases:
        for number, (command, answer) in enumerate(case["lines"]):
            count += 1
            got = driver.ask(command)
            if got != answer:
                print(f"{case['name']}, line {number}: {command}\n  want {answer}\n  got  {got}")
                return 1
    if driver.close() != 0:
        print("the driver did not end well")
        return 1
    print(f"{len(cases)} cases, {count} commands: all answers are the same")
    return 0


def main():
    if len(sys.argv) == 3 and sys.argv[1] == "make":
        make(sys.argv[2])
        return 0
    if len(sys.argv) == 4 and sys.argv[1] == "check":
        return check(sys.argv[2], sys.argv[3])
    print(__doc__)
    return 2


if __name__ == "__main__":
    sys.exit(main())
