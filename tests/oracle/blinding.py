"""Section 20: record keys blinded for an epoch and a place.

The arithmetic is Python's own: points of Ed25519 (RFC 8032, 5.1) in affine coordinates, scalars as
integers. Signatures are verified by libsodium, which made none of them.
"""

import hashlib

from primitives import digest, number
from sodium import Refused

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
NEUTRAL = (0, 1)


def add(one, two):
    (x1, y1), (x2, y2) = one, two
    product = D * x1 * x2 * y1 * y2
    return ((x1 * y2 + x2 * y1) * pow(1 + product, -1, P) % P,
            (y1 * y2 + x1 * x2) * pow(1 - product, -1, P) % P)


def times(scalar, point):
    ret = NEUTRAL
    for bit in bin(scalar)[2:]:
        ret = add(ret, ret)
        if bit == "1":
            ret = add(ret, point)
    return ret


def encode(point):
    return number(point[1] | (point[0] & 1) << 255, 32)


def decode(data):
    """A point of the prime-order group, canonically encoded and not the neutral one."""
    both = int.from_bytes(data, "little")
    y, sign = both & (1 << 255) - 1, both >> 255
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    if y >= P or (x * x - square) % P or not x and sign:
        raise Refused("no point")
    point = (x if x & 1 == sign else P - x, y)
    if point == NEUTRAL or times(ORDER, point) != NEUTRAL:
        raise Refused("a point outside the group")
    return point


BASE = decode(b"\x58" + b"\x66" * 31)


def reduced(data):
    return int.from_bytes(data, "little") % ORDER


def factor_of_device(record, epoch, index):
    return reduced(digest(512, "blind", message=record + number(epoch, 4) + number(index, 2)))


def factor_of_invite(record, epoch, secret):
    return reduced(digest(512, "invite place", message=record + number(epoch, 4) + secret))


def blind_public(record, factor):
    blinded = times(factor, decode(record))
    if blinded == NEUTRAL:
        raise Refused("a neutral key")
    return encode(blinded)


def place(blinded):
    return digest(256, "dht", message=blinded)


def scalar_of(seed):
    clamped = int.from_bytes(hashlib.sha512(seed).digest()[:32], "little")
    return clamped & (1 << 254) - 8 | 1 << 254


class Blinded:
    """The secret half of a blinded key, and the public one."""

    def __init__(self, seed, factor):
        self.secret = factor * scalar_of(seed) % ORDER
        self.nonce_key = digest(256, "blind nonce key", key=seed)
        if not self.secret:
            raise Refused("a neutral key")
        self.public = encode(times(self.secret, BASE))

    def sign(self, message):
        nonce = reduced(digest(512, "blind nonce", key=self.nonce_key,
                               message=self.public + message))
        commitment = encode(times(nonce, BASE))
        challenge = reduced(hashlib.sha512(commitment + self.public + message).digest())
        return commitment + number((nonce + challenge * self.secret) % ORDER, 32)
