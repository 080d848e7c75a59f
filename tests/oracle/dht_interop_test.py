#!/usr/bin/env python3
"""The oracle and the code of dht/ against each other, through the lines of tests/vectors/README.md.

VC_DHT_DRIVER is the program. What is tried comes from a seed, VC_ORACLE_SEED.
"""

import os
import unittest

import dht
import dht_driver
import pair
import people
import sodium
from dht import Request

PROGRAM = os.environ.get("VC_DHT_DRIVER", "")
SEED = int(os.environ.get("VC_ORACLE_SEED", "1"))
NETWORKS = (b"veche", b"v", bytes(range(32)))


class Both(unittest.TestCase):
    """Whatever is asked goes to both, and the pair compares the answers."""

    def setUp(self):
        self.pair = pair.Pair(PROGRAM, dht_driver.DhtDriver)
        self.chances = people.Chances(SEED)
        self.kinds = {}

    def tearDown(self):
        try:
            self.pair.settle()
        finally:
            self.pair.close()

    def do(self, *words):
        answer = self.pair.do(" ".join(pair.hexed(word) if isinstance(word, bytes) else str(word)
                                       for word in words))
        kind = " ".join(answer.split(" ")[:1 if answer.startswith("ok") else 2])
        self.kinds[kind] = self.kinds.get(kind, 0) + 1
        return answer

    # Random things.

    def some(self, length):
        return self.chances.randbytes(length)

    def ip(self, family):
        """Often one of those at the edges of what is usable."""
        length = dht.IP_LEN[family]
        front = {4: (0, 1, 10, 127, 223, 224, 255), 6: (0, 0x20, 0xfe, 0xff)}[family]
        ip = bytes([self.chances.choice(front)]) + self.some(length - 1)
        if family == 6 and self.chances.random() < 0.2:
            ip = bytes(10) + self.chances.choice((b"\xff\xff", b"\xff\xfe", bytes(2))) + ip[12:]
        return bytes(length) if self.chances.random() < 0.05 else ip

    def address(self, family, plus=0):
        port = self.chances.choice((0, 1, 256, 65535, 4000, 4001, 4002, 4003))
        return bytes([family + plus]) + self.ip(family) + port.to_bytes(2, "little")

    def contact(self, family):
        return self.address(family, self.chances.choice((0,) * 30 + (8, 64, 128))) + self.some(32)

    def family(self):
        return self.chances.choice((4, 6))

    def request(self):
        """(has a cookie, body)"""
        kind, has_cookie = self.chances.randrange(1, 8), self.chances.random() < 0.7
        lengths = {1: 0, 2: 8, 3: 32, 4: 1000, 5: 40, 6: 0}
        fields = self.contact(self.family()) if kind == 7 else self.some(lengths[kind])
        return has_cookie, bytes([kind]) + self.some(16 * has_cookie) + fields

    def answer(self):
        kind, family = self.chances.randrange(129, 133), self.family()
        head = bytes([kind]) + self.some(20) + self.address(family)
        if kind == 130:
            count = self.chances.randrange(10)
            nodes = [self.contact(family if self.chances.random() < 0.97 else 10 - family)
                     for _ in range(count)]
            return head + bytes([count]) + b"".join(nodes)
        return head + {129: b"", 131: self.some(1000),
                       132: bytes([self.chances.randrange(7)]) + self.some(8)}[kind]

    def bent(self, data):
        """As it is, padded, or with something wrong."""
        what = self.chances.randrange(6)
        if what == 0:
            return data[:self.chances.randrange(len(data) + 1)]
        if what == 1:
            place = self.chances.randrange(len(data))
            return data[:place] + self.some(1) + data[place + 1:]
        if what == 2:
            return data + bytes(self.chances.randrange(16)) + self.some(1)
        return data + bytes(self.chances.randrange(16))


class Bodies(Both):
    def test_ids(self):
        for _ in range(300):
            ip = self.some(dht.IP_LEN[self.family()])
            self.do("id", self.chances.randrange(2), ip, self.some(32))
            self.do("place", self.some(32))

    def test_bodies(self):
        for _ in range(3000):
            has_cookie, body = self.request()
            self.do("request", int(has_cookie), self.bent(body))
            self.do("answer", self.bent(self.answer()))
        for kind in range(256):
            for rest in (b"", bytes(60), bytes(1100)):
                self.do("request", kind % 2, bytes([kind]) + rest)
                self.do("answer", bytes([kind]) + rest)
        self.assertGreater(self.kinds["ok"], 1000)
        self.assertGreater(self.kinds["err malformed"], 1000)
        self.assertGreater(self.kinds["err unsupported"], 400)

    def test_what_is_no_command(self):
        key = "00" * 32
        for line in ("", "foo", "id", f"id 2 01020304 {key}", f"id 1 010203 {key}",
                     f"id 1 01020304 8 {key}", "place 00", "request 1", "request x -", "answer",
                     f"asked - {key} 00", f"asked {'00' * 33} {key} 00", "asked 00 00 00",
                     f"answered 00 {key} 00 00", f"answered 00 {key} - 0", "answer - -"):
            self.pair.do(line)


class Nodes(Both):
    """Two nodes of a network that is another each time."""

    def draw_nodes(self):
        self.network = self.chances.choice(NETWORKS)
        self.privates = [self.some(32) for _ in range(2)]
        self.publics = [sodium.x25519_public(private) for private in self.privates]

    def request_of(self, body, flags=None):
        flags = self.chances.randrange(4) if flags is None else flags
        return Request(self.chances.random() < 0.3, self.some(16), flags, self.some(8),
                       self.publics[0], body)

    def seal_request(self, request):
        return dht.seal_request(self.network, self.privates[0], self.publics[1], request)

    def seal_answer(self, body, is_hello):
        return dht.seal_answer(self.network, self.privates[1], self.publics[0], self.some(8),
                               self.some(16), body, is_hello)

    def asked(self, datagram, network=None):
        return self.do("asked", network or self.network, self.privates[1], datagram)

    def answered(self, datagram, is_hello, network=None):
        return self.do("answered", network or self.network, self.privates[0],
                       "-" if is_hello else self.publics[1], datagram)


class Sealed(Nodes):
    """Datagrams of the oracle's, good and bad, opened by both."""

    def test_requests(self):
        for _ in range(300):
            self.draw_nodes()
            request = self.request_of(self.some(self.chances.choice((1, 8, 33, 1123))))
            datagram = self.seal_request(request)
            word = "hello" if request.is_hello else "request"
            self.assertEqual(self.asked(datagram),
                             f"ok {word} {request.flags} {request.txid.hex()} "
                             f"{request.asker.hex()} {request.body.hex()}")
            self.asked(self.bent(datagram))
            self.asked(datagram, b"elsewhere")
        self.assertGreater(self.kinds["err auth"], 30)
        self.assertGreater(self.kinds["err not_found"], 300)

    def test_lengths_and_flags(self):
        self.draw_nodes()
        for length in (0, 1, 1123, 1124):
            self.asked(self.seal_request(self.request_of(bytes(length))))
            for is_hello in (False, True):
                self.answered(self.seal_answer(bytes(length), is_hello), is_hello)
        for flags in range(256):
            answer = self.asked(self.seal_request(self.request_of(b"\1", flags)))
            self.assertEqual(answer.startswith("ok"), flags < 4)

    def test_answers(self):
        for _ in range(300):
            self.draw_nodes()
            is_hello = self.chances.random() < 0.5
            body = self.some(self.chances.choice((1, 28, 999)))
            datagram = self.seal_answer(body, is_hello)
            self.assertEqual(self.answered(datagram, is_hello),
                             f"ok {datagram[:8].hex()} {self.publics[1].hex()} {body.hex()}")
            self.answered(datagram, not is_hello)
            self.answered(self.bent(datagram), is_hello)
            self.answered(datagram, is_hello, b"elsewhere")

    def test_keys_of_low_order(self):
        self.draw_nodes()
        for point in (bytes(32), b"\1" + bytes(31)):
            head = bytes(16) + sodium.xchacha20_xor(
                dht.request_mask(self.network, self.publics[1]), bytes(24),
                bytes(5) + bytes(8) + point)
            self.assertEqual(self.asked(head + bytes(30)), "err auth")
            shown = sodium.xchacha20_xor(dht.hello_mask(self.network), bytes(24), point)
            self.assertEqual(self.answered(bytes(24) + shown + bytes(50), True), "err auth")
            self.do("answered", self.network, self.privates[0], point, bytes(90))


class Drawn(Nodes):
    """Datagrams of the program's: both open them, and the oracle seals them again."""

    def ask(self, *words):
        """Of the program alone, which draws."""
        self.pair.settle()
        answer = self.pair.program.do(" ".join(
            pair.hexed(word) if isinstance(word, bytes) else str(word) for word in words))
        self.assertTrue(answer.startswith("ok "), answer)
        return bytes.fromhex(answer[3:])

    def judge(self, body, sealed, least, most):
        self.assertEqual(sealed[:len(body)], body)
        self.assertFalse(any(sealed[len(body):]))
        length = max(len(body), least)
        self.assertTrue(length <= len(sealed) <= min(length + 15, most))

    def test_requests(self):
        for _ in range(200):
            self.draw_nodes()
            body, least = self.some(self.chances.randrange(1, 1124)), self.chances.randrange(1124)
            is_hello = self.chances.random() < 0.3
            flags, txid = self.chances.randrange(4), self.some(8)
            datagram = self.ask("ask", self.network, self.privates[0],
                                "-" if is_hello else self.publics[1], flags, txid, body, least,
                                self.some(32))
            request = dht.open_request(self.network, self.privates[1], datagram)
            self.assertEqual((request.is_hello, request.flags, request.txid, request.asker),
                             (is_hello, flags, txid, self.publics[0]))
            self.judge(body, request.body, least, 1123)
            self.assertEqual(self.seal_request(request), datagram)
            self.asked(datagram)

    def test_answers(self):
        for _ in range(200):
            self.draw_nodes()
            is_hello, txid = self.chances.random() < 0.5, self.some(8)
            body = self.some(self.chances.randrange(1, 1129))
            overhead = 72 if is_hello else 40
            most = min(1200, overhead + len(body) + self.chances.randrange(20))
            datagram = self.ask("reply", self.network, self.privates[1], self.publics[0],
                                int(is_hello), txid, body, most, self.some(32))
            asked = None if is_hello else self.publics[1]
            read, salt, key, sealed = dht.open_answer(self.network, self.privates[0], asked,
                                                      datagram)
            self.assertEqual((read, key), (txid, self.publics[1]))
            self.judge(body, sealed, 0, most - overhead)
            self.assertEqual(dht.seal_answer(self.network, self.privates[1], self.publics[0], txid,
                                             salt, sealed, is_hello), datagram)
            self.answered(datagram, is_hello)


if __name__ == "__main__":
    unittest.main()
