"""Sections 1, 7, 13 and 14: integers, the hash, SIV, padding and Noise's symmetric state."""

import hashlib
import hmac

import sodium
from sodium import Refused

LABEL_MAX = 16
SIV_TAG = 24
SIV_SHORT_TAG = 16
PAD_FLOOR = 192


class Malformed(Exception):
    """Bytes that are not an encoding of anything."""


class Unsupported(Exception):
    """Of another version or suite."""


class Cursor:
    """Reads fields one behind the other; end() refuses what is left over."""

    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, length):
        if length > len(self.data) - self.at:
            raise Malformed("bytes are missing")
        self.at += length
        return self.data[self.at - length:self.at]

    def number(self, length):
        return int.from_bytes(self.take(length), "little")

    def rest(self):
        return self.take(len(self.data) - self.at)

    def is_at_end(self):
        return self.at == len(self.data)

    def end(self):
        if not self.is_at_end():
            raise Malformed("bytes are left over")


def number(value, length):
    return value.to_bytes(length, "little")


def label_bytes(label):
    """A label filled up with zero bytes: of the hash, or in front of what is signed."""
    text = label.encode("ascii")
    if len(text) > LABEL_MAX:
        raise ValueError("a label is too long")
    return text.ljust(LABEL_MAX, b"\0")


def digest(bits, label, *, key=None, message=b""):
    """H-n of section 1; a digest below 128 bits is the beginning of the 128-bit one."""
    size = max(bits, 128) // 8
    if key is not None:
        sodium.want(key, 32)
    made = hashlib.blake2b(message, digest_size=size, key=key or b"",
                           person=label_bytes(label)).digest()
    return made[:bits // 8]


# Section 13.

def siv_key(key):
    return digest(512, "siv keys", key=key)


def siv_tag(key, length, data, text):
    message = number(len(data), 8) + data + text
    return digest(8 * length, "siv tag", key=key[:32], message=message)


def siv_stream(key, tag, text):
    return sodium.xchacha20_xor(key[32:], tag.ljust(24, b"\0"), text)


def siv_seal(key, length, data, text):
    tag = siv_tag(sodium.want(key, 64), length, data, text)
    return tag + siv_stream(key, tag, text)


def siv_open(key, length, data, sealed):
    sodium.want(key, 64)
    if len(sealed) < length:
        raise Refused("shorter than a tag")
    tag = sealed[:length]
    text = siv_stream(key, tag, sealed[length:])
    if not hmac.compare_digest(tag, siv_tag(key, length, data, text)):
        raise Refused("the tag does not hold")
    return text


# Section 14.

def padded_length(length):
    n = length + 1
    if n <= PAD_FLOOR:
        return PAD_FLOOR
    exponent = n.bit_length() - 1
    step = 1 << (exponent - exponent.bit_length())
    return (n + step - 1) // step * step


def pad(content):
    return (content + b"\x80").ljust(padded_length(len(content)), b"\0")


def unpad(padded):
    content = padded.rstrip(b"\0")
    if content[-1:] != b"\x80":
        raise Malformed("the padding has no beginning")
    return content[:-1]


# Section 7, the functions that section 16 uses too.

def noise_hash(data):
    return hashlib.blake2b(data).digest()


def noise_hmac(key, data):
    return hmac.new(key, data, hashlib.blake2b).digest()


def noise_hkdf(chaining_key, material, outputs):
    temporary = noise_hmac(chaining_key, material)
    ret, last = [], b""
    for place in range(1, outputs + 1):
        last = noise_hmac(temporary, last + bytes([place]))
        ret.append(last)
    return ret


class SymmetricState:
    """Noise, revision 34, section 5.2, with BLAKE2b and ChaChaPoly."""

    def __init__(self, protocol_name):
        name = protocol_name.encode("ascii")
        self.h = name.ljust(64, b"\0") if len(name) <= 64 else noise_hash(name)
        self.ck = self.h
        self.k, self.n = None, 0

    def mix_hash(self, data):
        self.h = noise_hash(self.h + data)

    def mix_key(self, material):
        self.ck, key = noise_hkdf(self.ck, material, 2)
        self.k, self.n = key[:32], 0

    def mix_key_and_hash(self, material):
        self.ck, for_hash, key = noise_hkdf(self.ck, material, 3)
        self.mix_hash(for_hash)
        self.k, self.n = key[:32], 0

    def nonce(self):
        self.n += 1
        return bytes(4) + number(self.n - 1, 8)

    def encrypt_and_hash(self, text):
        sealed = text if self.k is None else sodium.aead_seal(self.k, self.nonce(), self.h, text)
        self.mix_hash(sealed)
        return sealed

    def decrypt_and_hash(self, sealed):
        text = sealed if self.k is None else sodium.aead_open(self.k, self.nonce(), self.h, sealed)
        self.mix_hash(sealed)
        return text

    def split(self):
        first, second = noise_hkdf(self.ck, b"", 2)
        return first[:32], second[:32]
