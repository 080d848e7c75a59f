"""dht/SPEC.md, sections 2 to 5: ids, contacts, datagrams, requests and answers."""

import dataclasses

import sodium
from primitives import Cursor, Malformed, Unsupported, digest, number
from sodium import Refused

DATAGRAM_MAX = 1200
RECORD_LEN = 1000
COOKIE_LEN = 16
TAG_LEN = 16
CONTACTS_MAX = {4: 8, 6: 6}
IP_LEN = {4: 4, 6: 16}
MASKS = {4: bytes.fromhex("030f3fff"), 6: bytes.fromhex("0103070f1f3f7fff")}

PING, FIND, GET, PUT, REFRESH, CALL, RING = range(1, 8)
PONG, NODES, VALUE, HOLD = range(129, 133)
HOLD_MAX = 4


class NoMask(Exception):
    """Neither mask fits: not a request for this node."""


# Section 2.

def node_id(ip, key, is_bound):
    back = digest(256, "dht id key", message=key)
    if not is_bound:
        return int.from_bytes(back[:8], "big")
    mask = MASKS[4 if len(ip) == 4 else 6]
    masked = bytes(a & b for a, b in zip(ip, mask))
    front = digest(256, "dht id ip", message=masked + bytes([key[0] & 7]))
    return int.from_bytes(front[:3] + back[:5], "big")


def place_id(place):
    return int.from_bytes(place[:8], "big")


def want_usable(family, ip, port):
    """crypto/SPEC.md, section 1."""
    if family == 6 and ip[:12] == bytes(10) + b"\xff\xff":
        raise Malformed("IPv4 in the clothes of IPv6")
    if port == 0:
        raise Malformed("no port")
    if family == 4 and (ip[0] == 0 or ip[0] >= 224):
        raise Malformed("an address where nobody is")
    if family == 6 and (ip == bytes(16) or ip[0] == 0xff):
        raise Malformed("an address where nobody is")


def read_address(cursor, family):
    """What follows the byte with the family."""
    if family not in IP_LEN:
        raise Malformed("another family")
    ip, port = cursor.take(IP_LEN[family]), cursor.number(2)
    want_usable(family, ip, port)
    return ip + number(port, 2)


def read_contact(cursor):
    """(family, contact as bytes)"""
    family = cursor.number(1)
    return family, bytes([family]) + read_address(cursor, family) + cursor.take(32)


# Sections 4 and 5: bodies.  What is read comes back as it is without its padding.

def end_of_body(cursor):
    if any(cursor.rest()):
        raise Malformed("padding that is not zero")


def read_request(body, has_cookie):
    """(type, cookie or None, fields as bytes)"""
    cursor = Cursor(body)
    kind = cursor.number(1)
    if not PING <= kind <= RING:
        raise Unsupported("another request")
    cookie = cursor.take(COOKIE_LEN) if has_cookie else None
    if kind == RING:
        fields = read_contact(cursor)[1]
    else:
        lengths = {PING: 0, FIND: 8, GET: 32, PUT: RECORD_LEN, REFRESH: 32 + 8, CALL: 0}
        fields = cursor.take(lengths[kind])
    end_of_body(cursor)
    return kind, cookie, fields


def write_request(kind, cookie, fields):
    return bytes([kind]) + (cookie or b"") + fields


@dataclasses.dataclass
class Answer:
    kind: int
    cookie: bytes
    time: int
    seen: bytes  # with its family
    fields: bytes


def read_nodes(cursor, family):
    count = cursor.number(1)
    if count > CONTACTS_MAX[family]:
        raise Malformed("too many contacts")
    ret = bytes([count])
    for _ in range(count):
        theirs, contact = read_contact(cursor)
        if theirs != family:
            raise Malformed("a contact of another family")
        ret += contact
    return ret


def read_answer(body):
    cursor = Cursor(body)
    kind = cursor.number(1)
    if not PONG <= kind <= HOLD:
        raise Unsupported("another answer")
    cookie, time, family = cursor.take(COOKIE_LEN), cursor.number(4), cursor.number(1)
    seen = bytes([family]) + read_address(cursor, family)
    if kind == NODES:
        fields = read_nodes(cursor, family)
    else:
        fields = cursor.take({PONG: 0, VALUE: RECORD_LEN, HOLD: 1 + 8}[kind])
    if kind == HOLD and fields[0] > HOLD_MAX:
        raise Malformed("another verdict")
    end_of_body(cursor)
    return Answer(kind, cookie, time, seen, fields)


def write_answer(answer):
    return (bytes([answer.kind]) + answer.cookie + number(answer.time, 4) + answer.seen
            + answer.fields)


# Section 3.

def hashed(label, network, *keys, key=None):
    return digest(256, label, key=key, message=bytes([len(network)]) + network + b"".join(keys))


def request_mask(network, asked):
    return hashed("dht mask", network, asked)


def hello_mask(network):
    return hashed("dht hello", network)


def request_key(network, shared, asker, asked):
    return hashed("dht request", network, asker, asked, key=shared)


def answer_key(network, shared, asker, asked):
    return hashed("dht answer", network, asker, asked, key=shared)


def hello_key(network, asker):
    return hashed("dht hello key", network, asker)


@dataclasses.dataclass
class Request:
    """A request as it is before it is masked, and after."""
    is_hello: bool
    salt: bytes
    flags: int
    txid: bytes
    asker: bytes
    body: bytes  # with its padding


def want_length(datagram, overhead):
    """A body has at least its type."""
    if not overhead < len(datagram) <= DATAGRAM_MAX:
        raise Malformed("too short or too long")


def seal_request(network, private, asked, request):
    """asked: the key of who is asked; of no weight for a hello."""
    if request.is_hello:
        mask, key = hello_mask(network), hello_key(network, request.asker)
    else:
        mask = request_mask(network, asked)
        key = request_key(network, sodium.x25519(private, asked), request.asker, asked)
    header = bytes(4) + bytes([request.flags]) + request.txid + request.asker
    head = request.salt + sodium.xchacha20_xor(mask, request.salt + bytes(8), header)
    return head + sodium.xaead_seal(key, request.salt + request.txid, head, request.body)


def open_request(network, private, datagram):
    own = sodium.x25519_public(private)
    if not 16 + 45 + 1 + TAG_LEN <= len(datagram) <= DATAGRAM_MAX:
        raise NoMask
    salt, masked = datagram[:16], datagram[16:61]
    for is_hello, mask in ((False, request_mask(network, own)), (True, hello_mask(network))):
        header = sodium.xchacha20_xor(mask, salt + bytes(8), masked)
        if header[:4] == bytes(4) and header[4] < 4:
            break
    else:
        raise NoMask
    flags, txid, asker = header[4], header[5:13], header[13:]
    if is_hello:
        key = hello_key(network, asker)
    else:
        key = request_key(network, sodium.x25519(private, asker), asker, own)
    body = sodium.xaead_open(key, salt + txid, datagram[:61], datagram[61:])
    return Request(is_hello, salt, flags, txid, asker, body)


def seal_answer(network, private, asker, txid, salt, body, is_hello):
    own = sodium.x25519_public(private)
    key = answer_key(network, sodium.x25519(private, asker), asker, own)
    shown = b""
    if is_hello:
        shown = sodium.xchacha20_xor(hello_mask(network), salt + txid, own)
    sealed = sodium.xaead_seal(key, salt + txid, txid + shown, body)
    return txid + salt + shown + sealed


def open_answer(network, private, asked, datagram):
    """(txid, salt, key of who answers, body); asked is None when a hello was said"""
    is_hello = asked is None
    want_length(datagram, 8 + 16 + (32 if is_hello else 0) + TAG_LEN)
    cursor = Cursor(datagram)
    txid, salt = cursor.take(8), cursor.take(16)
    shown = cursor.take(32 if is_hello else 0)
    if is_hello:
        asked = sodium.xchacha20_xor(hello_mask(network), salt + txid, shown)
    asker = sodium.x25519_public(private)
    key = answer_key(network, sodium.x25519(private, asked), asker, asked)
    return txid, salt, asked, sodium.xaead_open(key, salt + txid, txid + shown, cursor.rest())
