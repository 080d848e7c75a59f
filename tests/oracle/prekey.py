"""Section 15: signed prekeys, one-time prekeys, and the extensions of a card that bear them."""

import dataclasses

import sodium
from primitives import Cursor, Malformed, digest, label_bytes, number

PREKEY_LEN = 149
PREKEY_VERSION = 1
PREKEY_USE_S = 2592000
PREKEY_KEEP_S = 2764800
ONE_TIME_LEN = 36
ONE_TIME_MAX = 8
EXTENSION_PREKEY = 1
EXTENSION_ONE_TIMES = 2
EXTENSION_STATEMENT = 3
STATEMENT_MAX = 255


@dataclasses.dataclass(frozen=True)
class Prekey:
    suite: int
    index: int
    id: int
    public: bytes
    start: int
    until: int
    capabilities: int
    kem_hash: bytes


@dataclasses.dataclass(frozen=True)
class OneTime:
    id: int
    public: bytes


def kem_hash(public):
    return digest(256, "kem key", message=public)


def write_body(prekey):
    """What is signed of it, and what an opening's prologue has of it."""
    return (bytes([PREKEY_VERSION]) + number(prekey.suite, 2) + number(prekey.index, 2)
            + number(prekey.id, 4) + prekey.public + number(prekey.start, 4)
            + number(prekey.until, 4) + number(prekey.capabilities, 4) + prekey.kem_hash)


def write_prekey(prekey, dev_sig_seed, root):
    body = write_body(prekey)
    return body + sodium.ed25519_sign(dev_sig_seed, label_bytes("prekey") + root + body)


def read_prekey(data, dev_sig, root, index):
    cursor = Cursor(data)
    if cursor.number(1) != PREKEY_VERSION:
        raise Malformed("another version of prekeys")
    prekey = Prekey(cursor.number(2), cursor.number(2), cursor.number(4), cursor.take(32),
                    cursor.number(4), cursor.number(4), cursor.number(4), cursor.take(32))
    signature = cursor.take(64)
    cursor.end()
    if not prekey.suite or not prekey.id or prekey.until < prekey.start:
        raise Malformed("a prekey's suite, id or dates")
    sodium.ed25519_verify(dev_sig, label_bytes("prekey") + root + data[:85], signature)
    if prekey.index != index:
        raise sodium.Refused("the prekey of another device")
    return prekey


def write_one_times(one_times):
    return b"".join(number(one.id, 4) + one.public for one in one_times)


def read_one_times(data):
    if len(data) % ONE_TIME_LEN or not 1 <= len(data) // ONE_TIME_LEN <= ONE_TIME_MAX:
        raise Malformed("a number of one-time prekeys")
    cursor, ret = Cursor(data), []
    while not cursor.is_at_end():
        ret.append(OneTime(cursor.number(4), cursor.take(32)))
    ids = [0] + [one.id for one in ret]
    if any(after <= before for before, after in zip(ids, ids[1:])):
        raise Malformed("the ids of one-time prekeys do not rise")
    return tuple(ret)


def read_card_prekeys(card):
    """(signed prekey or None, one-time prekeys) of the sending device of a card."""
    signed, one_times = None, ()
    first = card.certificates[0]
    for kind, data in card.extensions:
        if kind == EXTENSION_PREKEY:
            signed = read_prekey(data, first[5:37], card.root, int.from_bytes(first[3:5], "little"))
        elif kind == EXTENSION_ONE_TIMES:
            one_times = read_one_times(data)
        elif kind == EXTENSION_STATEMENT and not 1 <= len(data) <= STATEMENT_MAX:
            raise Malformed("the length of a card's statement")
    return signed, one_times
