#!/usr/bin/env python3
"""Records of the oracle's, good and bad, read by it and by the code of dht/.

VC_DHT_DRIVER is the program. What is tried comes from a seed, VC_ORACLE_SEED.
"""

import functools
import unittest

import blinding
import identity
import people
import prekey
import record
import sodium
import statement
from dht_interop_test import Both

EPOCH = people.NOW // record.EPOCH_S
SEQ = people.NOW * 1000
ENDS = (174, 323, 324, 430)  # of the fields of an account that have a fixed place
RECORDS = 150

# Points are dear here, and the same places are asked for again and again.
record.Place = functools.lru_cache(record.Place)
blinding.Blinded = functools.lru_cache(blinding.Blinded)


class Records(Both):
    def setUp(self):
        super().setUp()
        self.bob = people.Person(self.chances, 3)
        self.eve = people.Person(self.chances, 3)
        self.seed = identity.record_seed(self.bob.device.root_seed, 0)
        self.public = sodium.ed25519_public(self.seed)
        self.place = record.Place(self.public, EPOCH, 3)
        self.keys = [self.some(32) for _ in range(3)]

    def live(self, person):
        """Now and then without the device."""
        indices = {*self.chances.sample(range(64), self.chances.randrange(1, 8))}
        if self.chances.random() < 0.9:
            indices.add(3)
        return statement.write_live(statement.Live(1, tuple(sorted(indices)), people.NOW),
                                    person.device.root_seed)

    def addresses(self, most):
        count = self.chances.randrange(most + 1 + (self.chances.random() < 0.05))
        return tuple(self.good_address() for _ in range(count))

    def good_address(self):
        if self.chances.random() < 0.05:
            return self.address(self.family())  # which may be one where nobody is
        front = self.chances.choice((b"\4\xc0\0\2", b"\6\x20\1" + self.some(13)))
        return front + self.some(1) + b"\1\1"

    def account(self):
        """Now and then with a part that eve has signed."""
        bob, chances = self.bob, self.chances
        certificate, of_prekey, of_live = (self.eve if chances.random() < 0.05 else bob
                                           for _ in range(3))
        device = of_prekey.device
        signed = prekey.write_prekey(of_prekey.prekey, device.dev_sig_seed, device.root)
        contacts = None
        if chances.random() < 0.7:
            contacts = self.some(32), self.addresses(record.ADDRS_MAX)
        return record.Account(
            bob.device.root, certificate.device.certificate, signed, chances.randrange(256),
            self.live(of_live) if chances.random() < 0.7 else b"",
            tuple((self.some(16), address) for address in self.addresses(record.HOSTS_MAX)),
            contacts)

    def bent_content(self, content):
        """One byte somewhere, most often where a length, a count or the end of something is."""
        what = self.chances.randrange(4)
        at = {0: self.chances.randrange(len(content)), 1: self.chances.choice(ENDS),
              2: len(content.rstrip(b"\0")) + self.chances.randrange(-4, 6),
              3: self.chances.randrange(430, 540)}[what]
        return content[:at] + bytes([self.chances.randrange(256)]) + content[at + 1:]

    def write(self, account):
        """What the device signs may be bent before or after that."""
        seeds = self.seed, self.bob.device.dev_sig_seed
        made = record.write_account(account, self.place, SEQ, seeds,
                                    self.chances.choice((*self.keys, bytes(32))), self.some)
        if self.chances.random() < 0.4:
            return made
        nonce, plain = self.place.read(made)[1:]
        content = self.bent_content(plain[:-64])
        signature = plain[-64:]
        if self.chances.random() < 0.7:
            part = record.dev_sig_part(self.place, SEQ, record.expiry_of(EPOCH), content)
            signature = sodium.ed25519_sign(seeds[1], part)
        return self.place.write(self.seed, SEQ, nonce, content + signature)

    def ask(self, data, root=None, index=3):
        return self.do("account", self.public, EPOCH, index, root or self.bob.device.root,
                       b"".join(self.keys), data)

    def test_accounts(self):
        for _ in range(RECORDS):
            made = self.write(self.account())
            self.ask(made)
            self.do("record", made)
        self.assertGreater(self.kinds["ok"], RECORDS)
        self.assertGreater(self.kinds["err malformed"], RECORDS // 10)
        self.assertGreater(self.kinds["err auth"], RECORDS // 10)

    def test_other_readers(self):
        made = self.write(record.Account(
            self.bob.device.root, self.bob.device.certificate, prekey.write_prekey(
                self.bob.prekey, self.bob.device.dev_sig_seed, self.bob.device.root)))
        self.ask(made, self.eve.device.root)
        self.ask(made, index=4)
        self.do("account", bytes(32), EPOCH, 3, self.bob.device.root, b"", made)
        self.do("account", self.public, EPOCH + 1, 3, self.bob.device.root, b"", made)
        self.do("invite", self.public, EPOCH, bytes(16), made)
        for words in (("account", self.public, EPOCH, 65536, bytes(32), b"", made),
                      ("account", self.public, EPOCH, 3, bytes(32), bytes(33), made),
                      ("account", self.public, EPOCH, 3, bytes(32), bytes(17 * 32), made),
                      ("invite", self.public, EPOCH, bytes(15), made), ("record", "0")):
            self.assertEqual(self.do(*words), "err usage")

    def test_bytes(self):
        made = self.write(self.account())
        for at in (*range(0, 110), *range(110, 1000, 9)):
            bent = made[:at] + bytes([made[at] ^ 1 << at % 8]) + made[at + 1:]
            self.assertIn(self.do("record", bent), ("err auth", "err unsupported"))
        for data in (b"", made[:-1], made + b"\0", bytes(1000), b"\1" + bytes(999)):
            self.do("record", data)
            self.ask(data)

    def test_forwards(self):
        new = sodium.ed25519_public(b"\7" * 32)
        good = statement.Forward(0, self.public, 1, new, people.NOW, people.NOW + 9)
        bad = (statement.Forward(1, self.public, 1, new, 1, 2),
               statement.Forward(0, new, 1, new, 1, 2),
               statement.Forward(0, self.public, 1, bytes(32), 1, 2),
               statement.Forward(0, self.public, 1, new, 2, 1))
        for forward in (good, *bad):
            for person in (self.bob, self.eve):
                data = statement.write_forward(forward, person.device.root_seed)
                for kind in (1, 2, 3, 4):
                    for behind in (b"", b"\0\1"):
                        plain = bytes([kind]) + self.bob.device.root + data + behind
                        made = self.place.write(self.seed, SEQ, self.some(24), plain)
                        self.assertEqual(self.ask(made).startswith("ok"),
                                         (forward, person, kind, behind)
                                         == (good, self.bob, 2, b""))

    def test_invites(self):
        secret = self.some(16)
        place = record.Place(self.public, EPOCH, secret=secret)
        for _ in range(RECORDS // 2):
            addresses = self.addresses(record.INVITE_ADDRS_MAX)
            count = self.chances.choice((len(addresses), len(addresses), self.chances.randrange(8)))
            behind = self.chances.choice((b"", b"", b"\0\0\1"))
            plain = bytes([3, count]) + b"".join(addresses) + behind
            made = place.write(self.seed, SEQ, self.some(24), plain)
            self.do("invite", self.public, EPOCH, secret, made)
        self.assertGreater(self.kinds["ok"], RECORDS // 8)
        self.assertGreater(self.kinds["err malformed"], RECORDS // 8)


if __name__ == "__main__":
    unittest.main()
