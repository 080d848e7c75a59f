"""Section 4, what the root signs beside certificates: live statements and forwards."""

import dataclasses

import sodium
from identity import DEVICE_INDEX_MAX
from primitives import Cursor, Malformed, Unsupported, label_bytes, number

LIVE_INDICES_MAX = 8
LIVE_ENCODED_MAX = 89
LIVE_S = 63072000
FORWARD_VERSION = 1
FORWARD_LEN = 139
FORWARD_S = 5184000


@dataclasses.dataclass(frozen=True)
class Live:
    list_seq: int
    indices: tuple
    until: int


@dataclasses.dataclass(frozen=True)
class Forward:
    old_g: int
    old: bytes
    new_g: int
    new: bytes
    made: int
    until: int


def write_live(live, seed_of_root):
    body = (number(live.list_seq, 4) + bytes([len(live.indices)])
            + b"".join(number(index, 2) for index in live.indices) + number(live.until, 4))
    return body + sodium.ed25519_sign(seed_of_root, label_bytes("live statement") + body)


def read_live(data, root):
    cursor = Cursor(data)
    list_seq, count = cursor.number(4), cursor.number(1)
    if not list_seq or not 1 <= count <= LIVE_INDICES_MAX:
        raise Malformed("a live statement's numbers")
    indices = tuple(cursor.number(2) for _ in range(count))
    if indices[-1] > DEVICE_INDEX_MAX or any(a >= b for a, b in zip(indices, indices[1:])):
        raise Malformed("the indices of a live statement")
    until, body = cursor.number(4), data[:cursor.at]
    signature = cursor.take(64)
    cursor.end()
    sodium.ed25519_verify(root, label_bytes("live statement") + body, signature)
    return Live(list_seq, indices, until)


def write_forward(forward, seed_of_root):
    body = (bytes([FORWARD_VERSION, forward.old_g]) + forward.old + bytes([forward.new_g])
            + forward.new + number(forward.made, 4) + number(forward.until, 4))
    return body + sodium.ed25519_sign(seed_of_root, label_bytes("forward") + body)


def read_forward(data, root):
    cursor = Cursor(data)
    if cursor.number(1) != FORWARD_VERSION:
        raise Unsupported("another version of forwards")
    forward = Forward(cursor.number(1), cursor.take(32), cursor.number(1), cursor.take(32),
                      cursor.number(4), cursor.number(4))
    signature = cursor.take(64)
    cursor.end()
    sodium.ed25519_verify(root, label_bytes("forward") + data[:75], signature)
    if (forward.new_g <= forward.old_g or forward.until < forward.made
            or not sodium.ed25519_is_point(forward.new)):
        raise Malformed("a forward's generations, dates or new key")
    return forward
