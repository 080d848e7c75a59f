"""Sections 2 to 5: keys of an account and its devices, names, certificates and cards."""

import dataclasses

import sodium
from primitives import Cursor, Malformed, Unsupported, digest, label_bytes, number

CERTIFICATE_LEN = 141
CERTIFICATE_VERSION = 1
SUITE_CLASSIC = 0x0001
DEVICE_INDEX_MAX = 63
CARD_VERSION = 1
CARD_ENCODED_MAX = 2304
CARD_DEVICES_MAX = 8
CARD_ADDRS_MAX = 8
NAME_MAX = 64


# Section 2.

def root_seed(entropy):
    return digest(256, "root seed", message=entropy)


def record_seed(of_root, generation):
    return digest(256, "record key", key=of_root, message=bytes([generation]))


# Section 3.

def fingerprint(root):
    return digest(128, "account", message=root)


BECH32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"


def bech32m_polymod(values):
    generators = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
    checksum = 1
    for value in values:
        top = checksum >> 25
        checksum = (checksum & 0x1FFFFFF) << 5 ^ value
        for place, generator in enumerate(generators):
            checksum ^= generator if top >> place & 1 else 0
    return checksum


def account_id(root, prefix="veche"):
    bits = int.from_bytes(b"\x01" + root, "big") << 1
    groups = [bits >> 5 * place & 31 for place in range(52, -1, -1)]
    expanded = [ord(c) >> 5 for c in prefix] + [0] + [ord(c) & 31 for c in prefix]
    check = bech32m_polymod(expanded + groups + [0] * 6) ^ 0x2BC830A3
    groups += [check >> 5 * place & 31 for place in range(5, -1, -1)]
    return prefix + "1" + "".join(BECH32[group] for group in groups)


# Section 4.

@dataclasses.dataclass(frozen=True)
class Certificate:
    index: int
    dev_sig: bytes
    dev_dh: bytes
    start: int
    until: int
    data: bytes  # all of it, with the signature


def make_certificate(seed_of_root, index, dev_sig, dev_dh, start, until=0):
    head = (bytes([CERTIFICATE_VERSION]) + number(SUITE_CLASSIC, 2) + number(index, 2) + dev_sig
            + dev_dh + number(start, 4) + number(until, 4))
    return head + sodium.ed25519_sign(seed_of_root, label_bytes("certificate") + head)


def read_certificate(data, root):
    cursor = Cursor(data)
    if cursor.number(1) != CERTIFICATE_VERSION or cursor.number(2) != SUITE_CLASSIC:
        raise Unsupported("another version or suite of certificates")
    index = cursor.number(2)
    certificate = Certificate(index, cursor.take(32), cursor.take(32), cursor.number(4),
                              cursor.number(4), data)
    signature = cursor.take(64)
    cursor.end()
    sodium.ed25519_verify(root, label_bytes("certificate") + data[:77], signature)
    if index > DEVICE_INDEX_MAX or 0 < certificate.until < certificate.start:
        raise Malformed("a certificate's index or dates")
    return certificate


class Device:
    """One device of an account that still has the root, with all its secrets."""

    def __init__(self, entropy, dev_sig_seed, dev_dh_private, index=0, start=0):
        self.root_seed = root_seed(entropy)
        self.root = sodium.ed25519_public(self.root_seed)
        self.index = index
        self.dev_sig_seed = dev_sig_seed
        self.dev_sig = sodium.ed25519_public(dev_sig_seed)
        self.dev_dh_private = dev_dh_private
        self.dev_dh = sodium.x25519_public(dev_dh_private)
        self.certificate = make_certificate(self.root_seed, index, self.dev_sig, self.dev_dh,
                                            start)


# Section 5.

@dataclasses.dataclass(frozen=True)
class Card:
    root: bytes
    g: int
    record: bytes
    generation: int
    contacts_key: bytes
    certificates: tuple
    addresses: tuple  # as they are encoded
    name: bytes
    extensions: tuple  # (type, bytes)


def write_extensions(extensions):
    return b"".join(number(kind, 2) + number(len(data), 2) + data for kind, data in extensions)


def read_extensions(cursor):
    """To the end; types rise strictly."""
    ret, last = [], -1
    while not cursor.is_at_end():
        kind = cursor.number(2)
        if kind <= last:
            raise Malformed("the types of extensions do not rise")
        last = kind
        ret.append((kind, cursor.take(cursor.number(2))))
    return tuple(ret)


def write_card(card):
    return b"".join([
        bytes([CARD_VERSION]), card.root, bytes([card.g]), card.record, bytes([card.generation]),
        card.contacts_key, bytes([len(card.certificates)]), *card.certificates,
        bytes([len(card.addresses)]), *card.addresses, bytes([len(card.name)]), card.name,
        write_extensions(card.extensions)])


def read_address(cursor):
    family = cursor.take(1)
    if family == b"\x04":
        return family + cursor.take(6)
    if family != b"\x06":
        raise Malformed("an address of another family")
    return family + cursor.take(18)


def read_card(data):
    """The form and the certificates; addresses and the name are not looked into."""
    if not data or len(data) > CARD_ENCODED_MAX:
        raise Malformed("an empty or too long card")
    cursor = Cursor(data)
    if cursor.number(1) != CARD_VERSION:
        raise Unsupported("another version of cards")
    root, g, record = cursor.take(32), cursor.number(1), cursor.take(32)
    generation, contacts_key = cursor.number(1), cursor.take(32)
    count = cursor.number(1)
    if not sodium.ed25519_is_point(record) or not 1 <= count <= CARD_DEVICES_MAX:
        raise Malformed("a card's record key or number of devices")
    certificates = tuple(cursor.take(CERTIFICATE_LEN) for _ in range(count))
    count = cursor.number(1)
    if count > CARD_ADDRS_MAX:
        raise Malformed("a card's number of addresses")
    addresses = tuple(read_address(cursor) for _ in range(count))
    name = cursor.take(cursor.number(1))
    if len(name) > NAME_MAX:
        raise Malformed("a card's name")
    extensions = read_extensions(cursor)
    indices = [int.from_bytes(certificate[3:5], "little") for certificate in certificates]
    if indices[1:] != sorted(indices[1:]) or len(set(indices)) != len(indices):
        raise Malformed("the order of a card's devices")
    for certificate in certificates:
        read_certificate(certificate, root)
    return Card(root, g, record, generation, contacts_key, certificates, addresses, name,
                extensions)
