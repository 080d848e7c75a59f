#!/usr/bin/env python3
"""The oracle by itself: worked examples, vectors, and conversations with itself."""

import dataclasses
import hashlib
import itertools
import json
import math
import os
import unittest

import blinding
import dht_driver
import examples
import identity
import opening
import people
import prekey
import primitives
import ratchet
import sodium
import state
from primitives import Malformed, Unsupported
from sodium import Refused

LOW_ORDER = [bytes(32), b"\x01" + bytes(31), b"\xec" + b"\xff" * 30 + b"\x7f"]
BAD = (Malformed, Unsupported, Refused)


class Document(unittest.TestCase):
    def test_worked_examples(self):
        for example in examples.EXAMPLES:
            with self.subTest(example.__name__):
                self.assertEqual(list(example()), [])


class Wire(unittest.TestCase):
    def test_vectors(self):
        """What the program says of the DHT's datagrams is what the oracle says."""
        with open(os.path.join(examples.ROOT, "tests", "vectors", "dht", "wire.json"),
                  encoding="utf-8") as file:
            cases = json.load(file)["cases"]
        self.assertTrue(cases)
        oracle = dht_driver.DhtDriver()
        for case in cases:
            for line, answer in case["lines"]:
                self.assertEqual(oracle.do(line), answer, f"{case['name']}: {line[:200]}")


class Primitives(unittest.TestCase):
    def test_short_digest_begins_the_longer(self):
        self.assertEqual(primitives.digest(64, "link tag", message=b"x"),
                         primitives.digest(128, "link tag", message=b"x")[:8])

    def test_padding(self):
        for n in [*range(1, 3000), 4095, 4096, 4097, 32767, 32768, 32769, 65537]:
            length = primitives.padded_length(n - 1)
            if n <= 192:
                self.assertEqual(length, 192)
                continue
            e = math.floor(math.log2(n))
            step = 2 ** (e - math.floor(math.log2(e)) - 1)
            self.assertTrue(n <= length < n + step and length % step == 0)
            self.assertLessEqual(length / n, 1.12)
        for content in (b"", b"\x80", b"a\0", b"\x80\0\0", bytes(200)):
            self.assertEqual(primitives.unpad(primitives.pad(content)), content)
        self.assertEqual(primitives.unpad(b"ab\x80"), b"ab")
        for padded in (b"", bytes(192), b"a", b"a\x80\x01\0"):
            self.assertRaises(Malformed, primitives.unpad, padded)

    def test_siv(self):
        key = primitives.siv_key(b"\x01" * 32)
        for length, text in itertools.product((16, 24), (b"", b"text", bytes(300))):
            sealed = primitives.siv_seal(key, length, b"data", text)
            self.assertEqual(len(sealed), length + len(text))
            self.assertEqual(primitives.siv_open(key, length, b"data", sealed), text)
            self.assertRaises(Refused, primitives.siv_open, key, length, b"date", sealed)
            for place in range(len(sealed)):
                self.assertRaises(Refused, primitives.siv_open, key, length, b"data",
                                  flip(sealed, place))
        self.assertRaises(Refused, primitives.siv_open, key, 24, b"", bytes(23))

    def test_low_order_and_signatures(self):
        for point in LOW_ORDER:
            self.assertRaises(Refused, sodium.x25519, b"\x01" * 32, point)
        signature = sodium.ed25519_sign(b"\x01" * 32, b"said")
        public = sodium.ed25519_public(b"\x01" * 32)
        sodium.ed25519_verify(public, b"said", signature)
        self.assertRaises(Refused, sodium.ed25519_verify, public, b"sad", signature)
        self.assertFalse(sodium.ed25519_is_point(b"\x99" * 32))


class Blinding(unittest.TestCase):
    SEED = b"\x07" * 32

    def setUp(self):
        self.record = sodium.ed25519_public(self.SEED)

    def test_points(self):
        for seed in (self.SEED, b"\x08" * 32):
            public = sodium.ed25519_public(seed)
            self.assertEqual(blinding.encode(blinding.decode(public)), public)
            self.assertEqual(blinding.encode(blinding.times(blinding.scalar_of(seed),
                                                            blinding.BASE)), public)
        for data in (*LOW_ORDER, b"\x95" + b"\x99" * 31, b"\xee" + b"\xff" * 30 + b"\x7f",
                     b"\xff" * 32, b"\x02" + bytes(31), b"\x01" + bytes(30) + b"\x80"):
            self.assertFalse(sodium.ed25519_is_point(data))
            self.assertRaises(Refused, blinding.decode, data)

    def test_published(self):
        """Tor's vectors, where h is not reduced."""
        here = os.path.dirname(os.path.abspath(__file__))
        path = os.path.join(os.path.dirname(here), "vectors", "ed25519", "tor-key-blinding.json")
        with open(path, encoding="utf-8") as file:
            published = json.load(file)
        names = ("SECRET_KEYS", "PUBLIC_KEYS", "BLINDING_PARAMS", "BLINDED_SECRET_KEYS",
                 "BLINDED_PUBLIC_KEYS")
        cases = list(zip(*(published[f"ED25519_{name}"] for name in names), strict=True))
        self.assertEqual(len(cases), 8)
        for case in cases:
            seed, record, parameter, secret, public = map(bytes.fromhex, case)
            digest = hashlib.sha512(b"Derive temporary signing key" + parameter).digest()
            factor = int.from_bytes(digest[:32], "little") & (1 << 254) - 8 | 1 << 254
            key = blinding.Blinded(seed, factor)
            self.assertEqual(primitives.number(key.secret, 32), secret[:32])
            self.assertEqual((key.public, blinding.blind_public(record, factor)),
                             (public, public))

    def test_signed(self):
        factors = [blinding.factor_of_device(self.record, epoch, index)
                   for epoch, index in itertools.product((20455, 20456), (0, 1))]
        factors.append(blinding.factor_of_invite(self.record, 20455, bytes(16)))
        commitments = set()
        for factor in factors:
            key = blinding.Blinded(self.SEED, factor)
            self.assertEqual(blinding.blind_public(self.record, factor), key.public)
            signature = key.sign(b"said")
            commitments.add(signature[:32])
            sodium.ed25519_verify(key.public, b"said", signature)
            self.assertRaises(Refused, sodium.ed25519_verify, key.public, b"sad", signature)
            self.assertRaises(Refused, sodium.ed25519_verify, self.record, b"said", signature)
        self.assertEqual(len(commitments), len(factors))

    def test_refused(self):
        for factor in (0, blinding.ORDER):
            self.assertRaises(Refused, blinding.blind_public, self.record, factor)
            self.assertRaises(Refused, blinding.Blinded, self.SEED, factor)

    def test_what_a_thief_learns(self):
        """A blinded secret half and h give that of R: the document says so, and why n takes P'."""
        own = blinding.scalar_of(self.SEED) % blinding.ORDER
        factors = [blinding.factor_of_device(self.record, 20455, index) for index in (0, 1)]
        keys = [blinding.Blinded(self.SEED, factor) for factor in factors]
        inverse = pow(factors[0], -1, blinding.ORDER)
        self.assertEqual(keys[0].secret * inverse % blinding.ORDER, own)
        nonce, sums, products = 12345, [], []
        for key, factor in zip(keys, factors):
            commitment = blinding.encode(blinding.times(nonce, blinding.BASE))
            challenge = blinding.reduced(
                hashlib.sha512(commitment + key.public + b"said").digest())
            sums.append(nonce + challenge * key.secret)
            products.append(challenge * factor)
        found = (sums[0] - sums[1]) * pow(products[0] - products[1], -1, blinding.ORDER)
        self.assertEqual(found % blinding.ORDER, own)


class Prekeys(unittest.TestCase):
    def setUp(self):
        self.chances = people.Chances(15)
        self.bob = people.Person(self.chances, 3)

    def write(self, **changes):
        device = self.bob.device
        return prekey.write_prekey(dataclasses.replace(self.bob.prekey, **changes),
                                   device.dev_sig_seed, device.root)

    def read(self, data, root=None):
        device = self.bob.device
        return prekey.read_prekey(data, device.dev_sig, root or device.root, device.index)

    def test_signed(self):
        data = self.write()
        self.assertEqual(len(data), prekey.PREKEY_LEN)
        self.assertEqual(self.read(data), self.bob.prekey)
        for place in range(len(data)):
            self.assertRaises(BAD, self.read, flip(data, place))
        self.assertRaises(Refused, self.read, data, bytes(32))
        self.assertRaises(Malformed, self.read, data[:-1])
        self.assertRaises(Malformed, self.read, data + b"\0")
        for changes in ({"id": 0}, {"suite": 0}, {"until": people.NOW - 1}):
            self.assertRaises(Malformed, self.read, self.write(**changes))
        self.assertRaises(Refused, self.read, self.write(index=4))

    def test_in_a_card(self):
        device = self.bob.device
        ones = tuple(prekey.OneTime(count + 1, self.chances.key()) for count in range(8))
        card = identity.Card(device.root, 0, sodium.ed25519_public(b"\x07" * 32), 0, bytes(32),
                             (device.certificate,), (), b"Bob",
                             ((1, self.write()), (2, prekey.write_one_times(ones)), (9, b"new")))
        read = identity.read_card(identity.write_card(card))
        self.assertEqual(prekey.read_card_prekeys(read), (self.bob.prekey, ones))
        for bad in ((), (*ones, prekey.OneTime(9, bytes(32))), (ones[1], ones[0]),
                    (ones[0], ones[0]), (prekey.OneTime(0, bytes(32)),)):
            self.assertRaises(Malformed, prekey.read_one_times, prekey.write_one_times(bad))


class Openings(unittest.TestCase):
    def setUp(self):
        self.chances = people.Chances(16)
        self.alice, self.bob = people.Person(self.chances), people.Person(self.chances, 7)

    def test_read_as_written(self):
        for with_one_time, length in itertools.product((False, True), (0, 1, 255)):
            payload = self.alice.payload(41, bytes(length))
            to = self.bob.as_recipient(with_one_time)
            data, secrets = self.alice.open_to(self.chances, to, payload)
            self.assertEqual(len(data), opening.OPENING_MIN + length)
            head = opening.read_head(data + b"frame", people.NETWORK, to.root, to.index)
            self.assertEqual((head.length, head.prekey_id), (len(data), to.prekey.id))
            self.assertEqual(head.one_time_id, to.one_time.id if with_one_time else 0)
            read, certificate, theirs = self.bob.read(data, with_one_time)
            self.assertEqual((read, theirs), (payload, secrets))
            self.assertEqual(certificate.dev_dh, self.alice.device.dev_dh)

    def test_every_bit_counts(self):
        data, secrets = self.alice.open_to(self.chances, self.bob.as_recipient(True))
        for place in [*range(32), *range(44, len(data))]:
            self.assertRaises(BAD, self.bob.read, flip(data, place, 0x80), True)
        for length in range(44, len(data)):
            self.assertRaises(BAD, self.bob.read, data[:length], True)
        self.assertNotEqual(opening.name_of(data), opening.name_of(flip(data, 40)))
        self.assertEqual(self.bob.read(data, True)[2], secrets)

    def test_wrong_recipient(self):
        data, _ = self.alice.open_to(self.chances, self.bob.as_recipient(False))
        carol = people.Person(self.chances)
        self.assertRaises(Refused, carol.read, data, False)
        self.assertRaises(Refused, self.bob.read, data, True)
        self.assertRaises(Refused, self.bob.read, data, False, b"other")
        for name in ("suite", "start", "until", "capabilities", "id", "kem_hash"):
            changed = getattr(self.bob.prekey, name)
            changed = bytes(31) + b"\x01" if name == "kem_hash" else changed ^ 1
            other = people.Person(people.Chances(0))
            other.__dict__.update(self.bob.__dict__)
            other.prekey = dataclasses.replace(self.bob.prekey, **{name: changed})
            self.assertRaises(Refused, other.read, data, False)

    def test_somebody_elses_certificate(self):
        carol = people.Person(self.chances)
        data, _ = self.alice.open_to(self.chances, self.bob.as_recipient(False), carol.payload())
        self.assertRaises(Refused, self.bob.read, data, False)

    def test_low_order(self):
        data, _ = self.alice.open_to(self.chances, self.bob.as_recipient(False))
        for point in LOW_ORDER:
            self.assertRaises(Refused, self.bob.read, point + data[32:], False)
            to = self.bob.as_recipient(False)
            weak = dataclasses.replace(to, prekey=dataclasses.replace(to.prekey, public=point))
            self.assertRaises(Refused, self.alice.open_to, self.chances, weak)

    def test_highest_bit(self):
        seen = {self.alice.open_to(self.chances, self.bob.as_recipient(False))[0][31] >> 7
                for _ in range(32)}
        self.assertEqual(seen, {0, 1})


class Session:
    """Both ends, the frames on their way, and what of them has to open."""

    def __init__(self, chances):
        self.chances = chances
        alice, bob = people.Person(chances), people.Person(chances, 1)
        _, secrets = alice.open_to(chances, bob.as_recipient(True))
        self.ends = [ratchet.Ratchet.initiator(secrets, bob.prekey.public, chances.key()),
                     ratchet.Ratchet.recipient(secrets, bob.prekey_private)]
        self.count = 0

    def send(self, side):
        self.count += 1
        text = self.count.to_bytes(4, "big")
        return text, self.ends[side].send(text, self.chances.key())

    def get(self, side, sent, day=0):
        text, frame = sent
        if self.ends[side].receive(frame, day)[2] != text:
            raise AssertionError("another text")


class Ratchets(unittest.TestCase):
    def setUp(self):
        self.session = Session(people.Chances(17))

    def refuse(self, side, frame, error):
        before = repr(vars(self.session.ends[side]))
        self.assertRaises(error, self.session.ends[side].receive, frame)
        self.assertEqual(repr(vars(self.session.ends[side])), before)

    def test_ping_pong(self):
        for turn in range(40):
            self.session.get(1 - turn % 2, self.session.send(turn % 2))
        self.assertEqual(self.session.ends[0].receiving.number, 20)

    def test_permutations(self):
        for order in itertools.permutations(range(5)):
            session = Session(people.Chances(order[0]))
            session.get(1, session.send(0))
            sent = [session.send(0) for _ in range(2)]
            session.get(0, session.send(1))
            sent += [session.send(0) for _ in range(3)]
            for place in order:
                session.get(1, sent[place])
            session.get(0, session.send(1))

    def test_repeated_and_foreign(self):
        sent = [self.session.send(0) for _ in range(3)]
        self.session.get(1, sent[2])
        self.session.get(1, sent[0])
        self.refuse(1, sent[0][1], ratchet.OpenedBefore)
        self.refuse(1, sent[2][1], ratchet.OpenedBefore)
        self.refuse(0, sent[1][1], ratchet.NotOurs)
        self.refuse(1, bytes(200), ratchet.NotOurs)
        self.refuse(1, sent[1][1][:79], ratchet.NotOurs)
        for place in range(len(sent[1][1])):
            error = ratchet.NotOurs if place < ratchet.HEADER_LEN else Refused
            self.refuse(1, flip(sent[1][1], place), error)
        self.session.get(1, sent[1])
        self.session.get(0, self.session.send(1))
        self.session.get(1, self.session.send(0))
        # The chain has no kept keys, so its header key is gone with them.
        self.refuse(1, sent[1][1], ratchet.NotOurs)

    def test_gap(self):
        sent = [self.session.send(0) for _ in range(ratchet.GAP_MAX + 2)]
        self.refuse(1, sent[-1][1], ratchet.TooFar)
        self.session.get(1, sent[-2])
        self.refuse(1, sent[-2][1], ratchet.OpenedBefore)
        self.session.get(1, sent[-1])
        late = [self.session.send(0) for _ in range(2)]
        self.refuse(1, late[1][1], ratchet.TooFar)
        for one in (*sent[:-2], *late):
            self.session.get(1, one)
        self.assertEqual(self.session.ends[1].kept(), 0)

    def lose_in_chain(self, count):
        """Frames that stay on their way, one that does not, and an answer."""
        lost = [self.session.send(0) for _ in range(count)]
        self.session.get(1, self.session.send(0))
        self.session.get(0, self.session.send(1))
        return lost

    def test_chains(self):
        lost = [self.lose_in_chain(1)[0] for _ in range(ratchet.CHAINS_MAX + 2)]
        self.session.get(1, self.session.send(0))
        self.refuse(1, lost[0][1], ratchet.NotOurs)
        self.refuse(1, lost[1][1], ratchet.NotOurs)
        for one in lost[2:]:
            self.session.get(1, one)
        self.assertEqual(self.session.ends[1].older, [])

    def test_days(self):
        lost = [self.session.send(0), self.session.send(0)]
        self.session.get(1, self.session.send(0), day=7)
        end = self.session.ends[1]
        self.assertEqual(end.expire(7 + ratchet.SKIPPED_DAYS - 1), [])
        self.session.get(1, lost[0])
        self.assertEqual(end.expire(7 + ratchet.SKIPPED_DAYS), [(1, 0, 2)])
        self.refuse(1, lost[1][1], ratchet.OpenedBefore)

    def test_given_up(self):
        """Whole chains are given up for more than may be kept, the oldest first."""
        old = [self.lose_in_chain(500) for _ in range(3)]
        late = [self.session.send(0) for _ in range(1002)]
        self.session.get(1, late[500])
        self.assertEqual(self.session.ends[1].kept(), 2000)
        self.session.get(1, late[501])
        self.session.get(1, late[503])
        self.refuse(1, old[0][0][1], ratchet.NotOurs)
        self.session.get(1, old[1][0])
        self.assertEqual(self.session.ends[1].kept(), 1500)
        self.session.get(0, self.session.send(1))
        last = [self.session.send(0) for _ in range(1500)]
        self.session.get(1, last[-1])
        # The chain before lost what was kept of it, not what this frame kept.
        self.refuse(1, late[502][1], ratchet.OpenedBefore)
        self.session.get(1, late[504])

    def test_low_order_ratchet_key(self):
        sender = self.session.ends[0].sending
        for point in LOW_ORDER:
            header = primitives.siv_seal(sender.header_key, 16, self.session.ends[0].session_id,
                                         point + bytes(8))
            self.refuse(1, header + bytes(24), Refused)

    def test_random_conversations(self):
        for seed in range(20):
            self.converse(people.Chances(seed), 150)

    def converse(self, chances, steps):
        session = self.session = Session(chances)
        flying, gone = [[], []], [[], []]
        session.get(1, session.send(0))
        for _ in range(steps):
            side = chances.randrange(2)
            what = chances.random()
            if what < 0.5:
                flying[1 - side].append(session.send(side))
            elif what < 0.9 and flying[side]:
                one = flying[side].pop(chances.randrange(len(flying[side])))
                session.get(side, one)
                gone[side].append(one)
            elif what < 0.95 and gone[side]:
                self.refuse(side, chances.choice(gone[side])[1],
                            (ratchet.OpenedBefore, ratchet.NotOurs))
            elif flying[side]:
                flying[side].pop()
            for place, end in enumerate(session.ends):
                session.ends[place] = state.read(*state.write(end))
                self.assertEqual(repr(vars_of(session.ends[place])), repr(vars_of(end)))
                self.assertLess(len(end.older), ratchet.CHAINS_MAX, "the script is too wild")


def vars_of(session):
    """What of a session is stored."""
    return state.write(session), session.sent_in_last, session.kept()


def flip(data, place, bit=0x01):
    return data[:place] + bytes([data[place] ^ bit]) + data[place + 1:]


if __name__ == "__main__":
    unittest.main()
