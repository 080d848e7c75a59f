#!/usr/bin/env python3
"""The oracle and the code of crypto/ against each other, through the lines of section 19.

VC_RATCHET_DRIVER is the program. What random scripts do comes from seeds; a run with others is

    VC_RATCHET_DRIVER=build/dev/tests/vectors/ratchet_driver VC_ORACLE_SEEDS=10..40 \\
        tests/oracle/interop_test.py Scripts
"""

import glob
import json
import os
import unittest

import driver
import forge
import pair
import people
import script
import sodium

SEEDS = os.environ.get("VC_ORACLE_SEEDS", "1..2")
VECTORS = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "vectors")


def seeds():
    first, last = SEEDS.split("..")
    return range(int(first), int(last) + 1)


class Both(unittest.TestCase):
    """Whatever is asked goes to both, and the pair compares the answers."""

    def setUp(self):
        self.pair = pair.Pair()
        self.do = self.pair.do
        self.chances = people.Chances(1)

    def tearDown(self):
        try:
            self.pair.settle()
        finally:
            self.pair.close()

    def two(self):
        """Alice and Bob, and a session of Alice's that Bob has taken: (people, his name of it)"""
        both = pair.People(self.pair, self.chances)
        both.account("a", ["alice"])
        both.account("b", ["bob"])
        both.start("s", "alice", "bob", both.one_time("bob"))
        return both, both.decrypt("bob", both.encrypt("s", b"hello"))[0]


class Lines(Both):
    def test_primitives(self):
        for length in [*range(0, 70), *range(180, 200), 255, 256, 257, 4095, 4096, 70000]:
            text = self.chances.randbytes(length)
            padded = self.do(f"pad {pair.hexed(text)}").split(" ")[1]
            self.assertEqual(self.do(f"strip {padded}"), f"ok {pair.hexed(text)}")
            self.do(f"strip {pair.hexed(text)}")
            for tag in (16, 24):
                data = self.chances.randbytes(self.chances.randrange(200))
                key = f"{self.chances.key().hex()} {tag} {pair.hexed(data)}"
                sealed = self.do(f"seal {key} {pair.hexed(text)}").split(" ")[1]
                self.assertEqual(self.do(f"unseal {key} {sealed}"), f"ok {pair.hexed(text)}")
                self.assertEqual(self.do(f"unseal {key} {sealed}00"), "err auth")
                self.do(f"unseal {key} {pair.hexed(text)}")

    def test_blinding(self):
        for place in range(20):
            seed, message = self.chances.key(), self.chances.randbytes(16 + place)
            epoch, index = self.chances.randrange(1 << 32), self.chances.randrange(1 << 16)
            record = sodium.ed25519_public(seed).hex()
            for asked in (f"blind {record} {epoch} {index}",
                          f"blindinvite {record} {epoch} {self.chances.randbytes(16).hex()}"):
                factor, public, _ = self.do(asked).split(" ")[1:]
                answer = self.do(f"blindsign {seed.hex()} {factor} {message.hex()}").split(" ")
                self.assertEqual(answer[2], public)
                sodium.ed25519_verify(bytes.fromhex(public), message, bytes.fromhex(answer[3]))
            self.do(f"blind {self.chances.key().hex()} {epoch} 0")  # mostly no record key
            self.do(f"blindsign {seed.hex()} {self.chances.key().hex()} -")  # not below L

    def test_what_is_no_command(self):
        key = self.chances.key().hex()
        for line in ("", "foo", "Day 1", "day", "day -1", "day 4294967296", "day 01", "day 1 2",
                     "day  1", "network 00", f"account - {key}", f"account {'n' * 31} {key}",
                     f"account a {key}00", "pad 0", "pad 0g", "pad", f"seal {key} 17 - -",
                     f"device d nobody 0 0 {key} {key}", "encrypt s - -", "export s", "expire s",
                     f"decrypt d {key}", "forget d 1", "reset now"):
            self.do(line)

    def test_vectors(self):
        """What is kept of the program's answers are the oracle's answers too."""
        for path in glob.glob(os.path.join(VECTORS, "*.json")):
            with open(path, encoding="utf-8") as file:
                cases = json.load(file)["cases"]
            self.assertTrue(cases)
            for case in cases:
                alone = driver.Driver()
                for line, answer in case["lines"]:
                    self.assertEqual(alone.do(line), answer, f"{case['name']}: {line[:200]}")


class Forged(Both):
    def test_openings(self):
        both, _ = self.two()
        both.start("t", "alice", "bob", both.one_time("bob"), b"live")
        data = bytes.fromhex(both.encrypt("t", b"hello"))
        for changed in (*forge.flipped(data), *forge.cut(data), data + b"\0"):
            self.assertIn(self.do(f"decrypt bob {pair.hexed(changed)}"),
                          ("err auth", "err unsupported"))
        for changed in forge.heads(self.pair.oracle, "bob", data):
            self.do(f"decrypt bob {changed.hex()}")
        self.assertEqual(both.decrypt("bob", data.hex())[1], b"hello")

    def test_payloads(self):
        self.two()
        for forged in forge.payloads(self.pair.oracle, "alice", "bob"):
            self.do(f"decrypt bob {forged.hex()}")

    def try_frames(self, device, session):
        before = self.do(f"export {session}")
        for frame in forge.frames(self.pair.oracle.sessions[session].ratchet):
            self.assertNotIn("ok", self.do(f"decrypt {device} {frame.hex()}"))
        self.assertEqual(self.do(f"export {session}"), before)

    def test_frames(self):
        both, taken = self.two()
        self.try_frames("bob", taken)
        self.try_frames("alice", "s")
        both.decrypt("alice", both.encrypt(taken, b"answer"))
        self.try_frames("alice", "s")
        for _ in range(2):
            sent = [both.encrypt("s", b"later") for _ in range(5)]
            both.decrypt("bob", sent[4])
            both.decrypt("bob", sent[1])
            both.decrypt("alice", both.encrypt(taken, b"answer"))
        self.try_frames("bob", taken)

    def test_stored(self):
        """Whatever is wrong with a stored session, both take it or both refuse it."""
        both, taken = self.two()
        stages = [both.ok(f"export {session}") for session in ("s", taken)]
        for _ in range(2):
            sent = [both.encrypt("s", b"later") for _ in range(4)]
            both.decrypt("bob", sent[3])
            both.decrypt("alice", both.encrypt(taken, b"answer"))
            stages.append(both.ok(f"export {taken}"))
        stages.append(both.ok("export s"))
        for stage, rows in stages:
            for changed in forge.states(bytes.fromhex(stage), self.chances):
                if self.do(f"import {taken} {pair.hexed(changed)} {rows}") == "ok":
                    self.do(f"export {taken}")


class Across(unittest.TestCase):
    """One side lives in the program only, the other in the oracle only."""

    def setUp(self):
        self.chances = people.Chances(2)
        self.program = pair.Program()
        self.sides = [pair.People(self.program, self.chances),
                      pair.People(driver.Driver(), self.chances)]
        for place, side in enumerate(self.sides):
            side.account(f"account{place}", [f"d{place}"])
        for one, two in (self.sides, self.sides[::-1]):
            for name in ("roots", "certificates", "prekeys"):
                getattr(one, name).update(getattr(two, name))

    def tearDown(self):
        self.program.close()

    def open(self, side, with_one_time):
        """The session's names, that of the side that opens it first, and its first object."""
        other = self.sides[1 - side]
        one_time = other.one_time(f"d{1 - side}") if with_one_time else "-"
        name = f"s{self.chances.randrange(1 << 32)}"
        self.sides[side].start(name, f"d{side}", f"d{1 - side}", one_time, b"live")
        return name, self.sides[side].encrypt(name, b"first")

    def pass_on(self, to, data, content):
        name, got = self.sides[to].decrypt(f"d{to}", data)
        self.assertEqual(got, content)
        return name

    def test_each_opens(self):
        for side in (0, 1):
            for with_one_time in (False, True):
                names = [None, None]
                names[side], data = self.open(side, with_one_time)
                names[1 - side] = self.pass_on(1 - side, data, b"first")
                self.talk(names, 1 - side)

    def test_both_open(self):
        opened = [self.open(side, True) for side in (0, 1)]
        taken = [self.pass_on(1 - side, opened[side][1], b"first") for side in (0, 1)]
        self.talk([opened[0][0], taken[0]], 1)
        self.talk([taken[1], opened[1][0]], 0)

    def talk(self, names, first):
        """Turns, each a row of frames that come in any order, with one that comes much later."""
        late = []
        for turn in range(8):
            side = (first + turn) % 2
            sent = []
            for _ in range(self.chances.choice((1, 1, 2, 40))):
                content = self.chances.randbytes(self.chances.randrange(400))
                sent.append((self.sides[side].encrypt(names[side], content), content))
            self.chances.shuffle(sent)
            if len(sent) > 1:
                late.append((1 - side, *sent.pop()))
            for data, content in sent:
                self.assertEqual(self.pass_on(1 - side, data, content), names[1 - side])
            self.change_places(names)
        for to, data, content in late:
            self.pass_on(to, data, content)
            self.assertEqual(self.sides[to].to.do(f"decrypt d{to} {data}")[:4], "err ")

    def change_places(self, names):
        """Each implementation goes on with what the other one wrote down, and gives it back."""
        stored = [side.ok(f"export {name}") for side, name in zip(self.sides, names)]
        for turn in (stored[::-1], stored):
            for side, name, (state, rows) in zip(self.sides, names, turn):
                side.ok(f"import {name} {state} {rows}")
                self.assertEqual(side.ok(f"export {name}"), [state, rows])


class Scripts(Both):
    def test_conversations(self):
        for seed in seeds():
            with self.subTest(seed=seed):
                chances = people.Chances(seed)
                script.Script(pair.People(self.pair, chances), chances).run(400)
                self.pair.settle()

    def test_losses(self):
        """Long rows of which little arrives, until keys and chains are given up."""
        for seed in seeds():
            with self.subTest(seed=seed):
                self.chances = people.Chances(seed)
                self.lose(*self.two())
                self.pair.settle()

    def lose(self, both, taken):
        landed = []
        for _ in range(14):
            sent = []
            for _ in range(self.chances.choice((1, 1, 2, 3, 20, 20, 250, 600))):
                sent.append(both.encrypt("s", b"row"))
            for data in self.chances.sample(sent, min(len(sent), 3)) + sent[-1:]:
                self.do(f"decrypt bob {data}")
            landed += self.chances.sample(sent, min(len(sent), 4))
            self.do(f"decrypt alice {both.encrypt(taken, b'answer')}")
            for data in self.chances.sample(landed, min(len(landed), 4)):
                self.do(f"decrypt bob {data}")
            self.do(f"export {taken}")

    def test_given_up(self):
        """To the key: what is kept when one more would be too many."""
        both, taken = self.two()

        def row(count, *arrives):
            sent = [both.encrypt("s", b"row") for _ in range(count)]
            answers = [self.do(f"decrypt bob {sent[place]}")[:3] for place in arrives]
            self.do(f"export {taken}")
            return sent, answers

        def turn():
            both.decrypt("alice", both.encrypt(taken, b"answer"))

        old = []
        for _ in range(3):
            old.append(row(501, 500)[0])
            turn()
        late, _ = row(504, 500, 501, 503)
        for data in (old[0][0], old[1][0], old[2][0]):
            self.do(f"decrypt bob {data}")
        turn()
        row(1500, 1499)
        for data in (old[1][1], late[0], late[502]):
            self.do(f"decrypt bob {data}")
        turn()
        self.assertEqual(row(2003, 2000, 2002, 2001)[1], ["ok ", "err", "ok "])
        for _ in range(2):
            turn()
            row(2, 1)


if __name__ == "__main__":
    unittest.main()
