"""dht/SPEC.md, sections 6 and 7: records, where they stand and what they say."""

import dataclasses

import blinding
import identity
import prekey
import sodium
import statement
from dht import want_usable
from primitives import Cursor, Malformed, Unsupported, digest, label_bytes, number
from sodium import Refused

RECORD_LEN = 1000
BODY_LEN = 891
TYPE_ACCOUNT = 1
EPOCH_S = 86400
AFTER_S = 7200
SEQ_AHEAD_MS = 7200000
EXPIRY_AHEAD_MS = 108000000
SEQ_STEP_MS = 600000
NONCE_LEN = 24
PLAIN_LEN = 851
ACCOUNT, FORWARD, INVITE = 1, 2, 3
HOSTS_MAX = 6
ADDRS_MAX = 3
INVITE_ADDRS_MAX = 6
KEYS_MAX = 16
INNER_LEN = 106
HOST_NAME_LEN = 16


# Section 6.

@dataclasses.dataclass(frozen=True)
class Record:
    key: bytes  # P'
    seq: int
    expiry: int
    body: bytes


def signed_part(data):
    return label_bytes("dht record") + data[:45] + data[109:]


def write(blinded, seq, expiry, body):
    head = bytes([TYPE_ACCOUNT]) + blinded.public + number(seq, 8) + number(expiry, 4)
    return head + blinded.sign(signed_part(head + bytes(64) + body)) + body


def read(data):
    if len(data) != RECORD_LEN:
        raise Malformed("the length of a record")
    cursor = Cursor(data)
    if cursor.number(1) != TYPE_ACCOUNT:
        raise Unsupported("another type of records")
    key, seq, expiry = cursor.take(32), cursor.number(8), cursor.number(4)
    sodium.ed25519_verify(key, signed_part(data), cursor.take(64))
    return Record(key, seq, expiry, cursor.take(BODY_LEN))


def is_timely(record, at_ms):
    return (at_ms < record.expiry * 1000 <= at_ms + EXPIRY_AHEAD_MS
            and record.seq <= at_ms + SEQ_AHEAD_MS)


def expiry_of(epoch):
    return (epoch + 1) * EPOCH_S + AFTER_S


def next_seq(last, at_ms):
    return max(last + 1, at_ms // SEQ_STEP_MS * SEQ_STEP_MS)


# Section 7.

class Place:
    """Where a device, or who has an invite's secret, is to be found on one day."""

    def __init__(self, record, epoch, index=None, secret=None):
        self.record, self.epoch, self.index = record, epoch, index
        if secret is None:
            self.factor = blinding.factor_of_device(record, epoch, index)
        else:
            self.factor = blinding.factor_of_invite(record, epoch, secret)
        self.key = blinding.blind_public(record, self.factor)
        self.place = blinding.place(self.key)
        if secret is None:
            self.seal = digest(256, "record seal", message=record + self.key)
        else:
            self.seal = digest(256, "invite record", message=record + self.key + secret)

    def write(self, record_seed, seq, nonce, plain):
        plain = plain.ljust(PLAIN_LEN, b"\0")
        body = nonce + sodium.xaead_seal(self.seal, nonce, b"", plain)
        return write(blinding.Blinded(record_seed, self.factor), seq, expiry_of(self.epoch), body)

    def read(self, data):
        """(record, nonce, what is sealed)"""
        record = read(data)
        if record.key != self.key:
            raise Refused("a record of another place")
        nonce = record.body[:NONCE_LEN]
        return record, nonce, sodium.xaead_open(self.seal, nonce, b"", record.body[NONCE_LEN:])


@dataclasses.dataclass(frozen=True)
class Account:
    root: bytes
    certificate: bytes
    prekey: bytes
    stamp_price: int = 0
    live: bytes = b""
    hosts: tuple = ()  # (name, address)
    contacts: tuple = None  # (node key, addresses), or nothing


def contacts_key(contacts, place):
    return digest(256, "record contacts", key=contacts, message=place.key)


def write_contacts(said, contacts, place, nonce):
    node, addresses = said
    plain = node + bytes([len(addresses)]) + b"".join(addresses)
    return sodium.xaead_seal(contacts_key(contacts, place), nonce, b"", plain.ljust(90, b"\0"))


def dev_sig_part(place, seq, expiry, content):
    return label_bytes("account record") + place.key + number(seq, 8) + number(expiry, 4) + content


def write_account(account, place, seq, seeds, contacts, random):
    """seeds: of R and of dev_sig; random: a function that gives so many bytes."""
    nonce, inner = random(NONCE_LEN), random(INNER_LEN)
    if account.contacts is not None:
        inner = write_contacts(account.contacts, contacts, place, nonce)
    content = b"".join([
        bytes([ACCOUNT]), account.root, account.certificate, account.prekey,
        bytes([account.stamp_price]), inner, bytes([len(account.live)]), account.live,
        bytes([len(account.hosts)]), *(name + address for name, address in account.hosts), b"\0"])
    content = content.ljust(PLAIN_LEN - 64, b"\0")
    signature = sodium.ed25519_sign(
        seeds[1], dev_sig_part(place, seq, expiry_of(place.epoch), content))
    return place.write(seeds[0], seq, nonce, content + signature)


def write_forward(root, forward, place, seq, record_seed, nonce):
    return place.write(record_seed, seq, nonce, bytes([FORWARD]) + root + forward)


def write_invite(addresses, place, seq, record_seed, nonce):
    plain = bytes([INVITE, len(addresses)]) + b"".join(addresses)
    return place.write(record_seed, seq, nonce, plain)


def read_address(cursor):
    address = identity.read_address(cursor)
    want_usable(address[0], address[1:-2], int.from_bytes(address[-2:], "little"))
    return address


def read_addresses(cursor, most):
    count = cursor.number(1)
    if count > most:
        raise Malformed("a number of addresses")
    return tuple(read_address(cursor) for _ in range(count))


def want_zeros(data):
    if any(data):
        raise Malformed("bytes behind the last field")


def read_contacts(sealed, keys, place, nonce):
    for contacts in keys[:KEYS_MAX]:
        try:
            plain = sodium.xaead_open(contacts_key(contacts, place), nonce, b"", sealed)
        except Refused:
            continue
        cursor = Cursor(plain)
        said = cursor.take(32), read_addresses(cursor, ADDRS_MAX)
        want_zeros(cursor.rest())
        return said
    return None


def want_form(read_it, *args):
    """Whether what signs it holds is looked at later."""
    try:
        read_it(*args)
    except Refused:
        pass


def read_account(place, record, nonce, plain, keys):
    cursor = Cursor(plain[:-64])
    cursor.take(1)
    root, certificate = cursor.take(32), cursor.take(identity.CERTIFICATE_LEN)
    signed, price, inner = cursor.take(prekey.PREKEY_LEN), cursor.number(1), cursor.take(INNER_LEN)
    live = cursor.take(cursor.number(1))
    count = cursor.number(1)
    if count > HOSTS_MAX:
        raise Malformed("a number of hosts")
    hosts = tuple((cursor.take(HOST_NAME_LEN), read_address(cursor)) for _ in range(count))
    identity.read_extensions(Cursor(cursor.take(cursor.number(1))))
    want_zeros(cursor.rest())
    want_form(prekey.read_prekey, signed, bytes(32), root, place.index)
    if live:
        want_form(statement.read_live, live, root)
    device = identity.read_certificate(certificate, root)
    if device.index != place.index:
        raise Refused("a device at the place of another")
    sodium.ed25519_verify(device.dev_sig,
                          dev_sig_part(place, record.seq, record.expiry, plain[:-64]), plain[-64:])
    prekey.read_prekey(signed, device.dev_sig, root, device.index)
    if live and device.index not in statement.read_live(live, root).indices:
        raise Refused("a device that lives no more")
    return Account(root, certificate, signed, price, live, hosts,
                   read_contacts(inner, keys, place, nonce))


def read_device(data, place, fingerprint, keys=()):
    """What stands at the place of a device: an account, or a forward as it was signed."""
    record, nonce, plain = place.read(data)
    root = plain[1:33]
    if plain[0] not in (ACCOUNT, FORWARD):
        raise Unsupported("another kind of records")
    if identity.fingerprint(root) != fingerprint:
        raise Refused("another account")
    if plain[0] == ACCOUNT:
        return read_account(place, record, nonce, plain, keys)
    cursor = Cursor(plain[33:])
    data = cursor.take(statement.FORWARD_LEN)
    want_zeros(cursor.rest())
    forward = statement.read_forward(data, root)
    if forward.old != place.record:
        raise Refused("the forward of another record key")
    return forward


def read_invite(data, place):
    cursor = Cursor(place.read(data)[2])
    if cursor.number(1) != INVITE:
        raise Unsupported("another kind of records")
    addresses = read_addresses(cursor, INVITE_ADDRS_MAX)
    want_zeros(cursor.rest())
    return addresses
