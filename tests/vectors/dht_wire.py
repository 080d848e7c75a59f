#!/usr/bin/env python3
"""Vectors of the DHT's wire: commands for its driver (README.md) and its answers.

    dht_wire.py make DRIVER >dht/wire.json     makes them again: only when the protocol changed
    dht_wire.py check DRIVER dht/wire.json     gives the driver each command, wants the same answer

What the driver draws (salts, lengths of padding) is drawn once, when the vectors are made, and
stands in the datagrams.
"""

import hashlib
import json
import sys

import session

NETWORK = b"veche".hex()
OTHER_NETWORK = b"veche2".hex()
IPV4 = bytes([192, 0, 2, 1])
IPV6 = bytes.fromhex("20010db8000000000000000000000009")
RECORD = bytes(i * 7 % 256 for i in range(1000))
PORT = (4000).to_bytes(2, "little")


class Case:
    def __init__(self, driver, name, about):
        self.driver, self.name, self.about = driver, name, about
        self.lines, self.drawn = [], 0
        self.asker, self.asked = self.draw(), self.draw()  # private halves
        self.keys = {}

    def draw(self, length=32):
        """Random bytes that are the same in every run."""
        self.drawn += 1
        return hashlib.shake_256(f"{self.name} {self.drawn}".encode()).digest(length)

    def quietly(self, *words):
        """What is not kept; its answer has to be good."""
        answer = self.driver.ask(" ".join(word.hex() or "-" if isinstance(word, bytes) else
                                          str(word) for word in words))
        assert answer.startswith("ok "), (self.name, words, answer)
        return bytes.fromhex(answer.split(" ")[-1])

    def say(self, *words):
        command = " ".join(word.hex() or "-" if isinstance(word, bytes) else str(word)
                           for word in words)
        answer = self.driver.ask(command)
        self.lines.append([command, answer])
        return answer

    def good(self, *words):
        answer = self.say(*words)
        assert answer.startswith("ok"), (self.name, self.lines[-1])
        return answer

    def bad(self, error, *words):
        assert self.say(*words) == f"err {error}", (self.name, self.lines[-1])

    def public(self, private):
        """From what a node says of itself: a hello has its key in the clear for all who ask."""
        if private not in self.keys:
            hello = self.quietly("ask", NETWORK, private, "-", 0, bytes(8), b"\2", 9, bytes(32))
            answer = self.driver.ask(f"asked {NETWORK} {private.hex()} {hello.hex()}")
            self.keys[private] = bytes.fromhex(answer.split(" ")[4])
        return self.keys[private]


def flip(data, byte, bit=0):
    return data[:byte] + bytes([data[byte] ^ 1 << bit]) + data[byte + 1:]


def contact(ip, key):
    return bytes([4 if len(ip) == 4 else 6]) + ip + PORT + key


def address(ip):
    return bytes([4 if len(ip) == 4 else 6]) + ip + PORT


def requests(case):
    """(name, has a cookie, body)"""
    cookie, place, key = case.draw(16), case.draw(), case.draw()
    fields = {1: b"", 2: case.draw(8), 3: place, 4: RECORD, 5: place + case.draw(8), 6: b"",
              7: contact(IPV6, key)}
    for kind, rest in fields.items():
        yield False, bytes([kind]) + rest
        yield True, bytes([kind]) + cookie + rest
    yield True, b"\7" + cookie + contact(IPV4, key)


def answers(case):
    for ip in (IPV4, IPV6):
        nodes = [contact(ip[:-1] + bytes([i + 1]), case.draw()) for i in range(8)]
        nodes = nodes[:8 if len(ip) == 4 else 6]
        head = case.draw(16) + (1767225600).to_bytes(4, "little") + address(ip)
        yield b"\x81" + head
        for count in (0, 1, len(nodes)):
            yield b"\x82" + head + bytes([count]) + b"".join(nodes[:count])
        yield b"\x83" + head + RECORD
        for hold in range(5):
            yield b"\x84" + head + bytes([hold]) + case.draw(8)


def ids(case):
    for _ in range(2):
        key, place = case.draw(), case.draw()
        for ip in (case.draw(4), case.draw(16), IPV4, IPV6):
            case.good("id", 1, ip, key)
            case.good("id", 0, ip, key)
        case.good("place", place)


def request_bodies(case):
    for has_cookie, body in requests(case):
        for padding in (0, 1, 15):
            assert case.good("request", int(has_cookie), body + bytes(padding)) == \
                f"ok {body.hex()}"
        case.bad("malformed", "request", int(has_cookie), body + b"\0\1")
        case.bad("malformed", "request", int(has_cookie), body[:-1])
    case.bad("unsupported", "request", 0, b"\0")
    case.bad("unsupported", "request", 1, b"\x08" + bytes(16))
    ring = b"\7" + bytes(16)
    for wrong in (contact(IPV4, bytes(32))[1:], b"\x45" + IPV4, b"\x04\0\0\0\1",
                  b"\x06" + bytes(10) + b"\xff\xff" + IPV4):
        case.bad("malformed", "request", 1, ring + (wrong + PORT).ljust(51, b"\0"))
    case.bad("malformed", "request", 1, ring + b"\x04" + IPV4 + bytes(2) + bytes(32))


def answer_bodies(case):
    for body in answers(case):
        for padding in (0, 1, 15):
            assert case.good("answer", body + bytes(padding)) == f"ok {body.hex()}"
        case.bad("malformed", "answer", body + b"\0\1")
        case.bad("malformed", "answer", body[:-1])
    head = bytes(20)
    case.bad("unsupported", "answer", b"\1" + head)
    case.bad("malformed", "answer", b"\x84" + head + address(IPV4) + b"\5" + bytes(8))
    case.bad("malformed", "answer", b"\x81" + head + b"\4" + IPV4 + bytes(2))
    case.bad("malformed", "answer", b"\x81" + head + b"\5" + IPV4 + PORT)
    nodes = [contact(IPV4, bytes(32)), contact(IPV6, bytes(32))]
    for ip, wrong in ((IPV4, b"\x01" + nodes[1]), (IPV6, b"\x01" + nodes[0]),
                      (IPV4, b"\x09" + 9 * nodes[0]), (IPV6, b"\x07" + 7 * nodes[1])):
        case.bad("malformed", "answer", b"\x82" + head + address(ip) + wrong)


def refuse_request(case, datagram):
    case.bad("not_found", "asked", OTHER_NETWORK, case.asked, datagram)
    for byte in (0, 16, 20):
        case.bad("not_found", "asked", NETWORK, case.asked, flip(datagram, byte, 7))
    for byte in (21, 61, -1):
        case.bad("auth", "asked", NETWORK, case.asked, flip(datagram, byte))


def request_datagrams(case):
    key = case.public(case.asked)
    for number, (has_cookie, body) in enumerate(requests(case)):
        flags = number % 2 | 2 * has_cookie
        least = 0 if has_cookie else {2: 424, 3: 1008}.get(body[0], 8)
        datagram = case.quietly("ask", NETWORK, case.asker, key, flags, case.draw(8), body, least,
                                case.draw())
        case.good("asked", NETWORK, case.asked, datagram)
        case.bad("not_found", "asked", NETWORK, case.asker, datagram)
    refuse_request(case, datagram)


def hellos(case):
    for flags in (0, 1):
        body = b"\2" + case.draw(8)
        hello = case.quietly("ask", NETWORK, case.asker, "-", flags, case.draw(8), body, 456,
                             case.draw())
        case.good("asked", NETWORK, case.asked, hello)
        case.good("asked", NETWORK, case.draw(), hello)
    refuse_request(case, hello)


def answer_datagrams(case):
    asker, asked = case.public(case.asker), case.public(case.asked)
    for is_hello in (0, 1):
        for body in answers(case):
            datagram = case.quietly("reply", NETWORK, case.asked, asker, is_hello, case.draw(8),
                                    body, 1200, case.draw())
            own = "-" if is_hello else asked
            case.good("answered", NETWORK, case.asker, own, datagram)
        case.bad("auth", "answered", OTHER_NETWORK, case.asker, own, datagram)
        case.bad("auth", "answered", NETWORK, case.draw(), own, datagram)
        case.bad("auth", "answered", NETWORK, case.asker, asked if is_hello else "-", datagram)
        for byte in (0, 8, 24, 60, -1):
            case.bad("auth", "answered", NETWORK, case.asker, own, flip(datagram, byte))
        case.bad("malformed", "answered", NETWORK, case.asker, own, datagram[:40 + 32 * is_hello])


CASES = [
    (ids, "ids of nodes and places"),
    (request_bodies, "what stands in requests, and what cannot"),
    (answer_bodies, "what stands in answers, and what cannot"),
    (request_datagrams, "each request, sealed and masked"),
    (hellos, "requests to an address of which no key is known"),
    (answer_datagrams, "each answer to a request and to a hello"),
]


def make(path):
    driver = session.Driver(path)
    cases = []
    for tell, about in CASES:
        case = Case(driver, tell.__name__, about)
        tell(case)
        cases.append({"name": case.name, "about": about, "lines": case.lines})
    driver.close()
    document = {"about": "commands and answers; tests/vectors/README.md", "cases": cases}
    print(json.dumps(document, indent=1))


def main():
    if len(sys.argv) == 3 and sys.argv[1] == "make":
        make(sys.argv[2])
        return 0
    if len(sys.argv) == 4 and sys.argv[1] == "check":
        return session.check(sys.argv[2], sys.argv[3])
    print(__doc__)
    return 2


sys.exit(main())
