"""Section 16: the message that begins a session, made and read."""

import dataclasses

import sodium
from identity import CERTIFICATE_LEN, SUITE_CLASSIC, read_certificate, read_extensions
from prekey import write_body
from primitives import Cursor, Malformed, SymmetricState, digest, number
from sodium import Refused

NOISE_NAME = "Noise_Xpk_25519_ChaChaPoly_BLAKE2b"
HEAD_LEN = 44
PAYLOAD_MAX = 768
PAYLOAD_MIN = 32 + CERTIFICATE_LEN + 4 + 4 + 1
SEALED_STATIC = 48
OPENING_MAX = HEAD_LEN + SEALED_STATIC + PAYLOAD_MAX + sodium.AEAD_TAG  # of suite 0x0001
OPENING_MIN = HEAD_LEN + SEALED_STATIC + PAYLOAD_MIN + sodium.AEAD_TAG


@dataclasses.dataclass(frozen=True)
class Recipient:
    """What an initiator knows of the device to which he opens a session."""
    network: bytes
    root: bytes
    index: int
    dev_dh: bytes
    prekey: object  # Prekey
    one_time: object = None  # OneTime, or None


@dataclasses.dataclass(frozen=True)
class Head:
    suite: int
    length: int
    prekey_id: int
    one_time_id: int


@dataclasses.dataclass(frozen=True)
class Payload:
    root: bytes
    certificate: bytes
    generation: int
    capabilities: int
    statement: bytes = b""


@dataclasses.dataclass(frozen=True)
class Secrets:
    """What comes out of an opening, the same on both sides."""
    h: bytes
    key: bytes
    session_id: bytes
    root_key: bytes
    header_key: bytes
    next_header_key: bytes


def mask_key(network, root, index):
    return digest(256, "opening mask",
                  message=bytes([len(network)]) + network + root + number(index, 2))


def mask(network, root, index, ephemeral, head):
    return sodium.xchacha20_xor(mask_key(network, root, index), ephemeral[:24], head)


def name_of(opening):
    return digest(128, "opening", message=opening)


def begin(to, suite):
    """The state behind the prologue and the keys that were known before."""
    prekey = to.prekey
    state = SymmetricState(NOISE_NAME)
    state.mix_hash(b"veche opening" + bytes([len(to.network)]) + to.network + number(suite, 2)
                   + to.root + number(to.index, 2) + write_body(prekey)
                   + number(to.one_time.id if to.one_time else 0, 4))
    state.mix_hash(to.dev_dh)
    state.mix_hash(prekey.public)
    if to.one_time:
        state.mix_hash(to.one_time.public)
    return state


def secrets_of(state, initiator, recipient):
    """initiator and recipient: (root, index) each."""
    key, h = state.split()[0], state.h
    names = b"".join(root + number(index, 2) for root, index in (initiator, recipient))
    return Secrets(h, key, digest(128, "session id", key=key, message=h + names),
                   digest(256, "session root", key=key, message=h),
                   digest(512, "session header", key=key, message=h),
                   digest(512, "session next", key=key, message=h))


def encode_payload(payload):
    return (payload.root + payload.certificate + number(payload.generation, 4)
            + number(payload.capabilities, 4) + bytes([len(payload.statement)])
            + payload.statement)


def decode_payload(data):
    cursor = Cursor(data)
    root, certificate = cursor.take(32), cursor.take(CERTIFICATE_LEN)
    generation, capabilities = cursor.number(4), cursor.number(4)
    statement = cursor.take(cursor.number(1))
    if not generation:
        raise Malformed("a session without a generation")
    read_extensions(cursor)
    return Payload(root, certificate, generation, capabilities, statement)


def ephemeral_public(private):
    """The public key with the highest bit of the private one, which X25519 ignores in both."""
    public = sodium.x25519_public(private)
    return public[:31] + bytes([public[31] | private[31] & 0x80])


def write(to, dev_dh_private, index, payload, ephemeral_private):
    """(opening, Secrets); index is that of the initiator's own device."""
    text = encode_payload(payload)
    if len(text) > PAYLOAD_MAX:
        raise ValueError("the payload is too long")
    return write_text(to, dev_dh_private, (payload.root, index), text, ephemeral_private)


def write_text(to, dev_dh_private, initiator, text, ephemeral_private):
    """write() with any payload; initiator: (root, index)."""
    suite = SUITE_CLASSIC
    state = begin(to, suite)
    ephemeral = ephemeral_public(ephemeral_private)
    state.mix_hash(ephemeral)
    state.mix_key(sodium.x25519(ephemeral_private, to.dev_dh))
    state.mix_key(sodium.x25519(ephemeral_private, to.prekey.public))
    if to.one_time:
        state.mix_key(sodium.x25519(ephemeral_private, to.one_time.public))
    static = state.encrypt_and_hash(sodium.x25519_public(dev_dh_private))
    state.mix_key(sodium.x25519(dev_dh_private, to.prekey.public))
    sealed = state.encrypt_and_hash(text)
    length = HEAD_LEN + len(static) + len(sealed)
    head = (number(suite, 2) + number(length, 2) + number(to.prekey.id, 4)
            + number(to.one_time.id if to.one_time else 0, 4))
    masked = mask(to.network, to.root, to.index, ephemeral, head)
    secrets = secrets_of(state, initiator, (to.root, to.index))
    return ephemeral + masked + static + sealed, secrets


def read_head(data, network, root, index):
    """The head of an opening that begins data, which may have a frame behind it."""
    cursor = Cursor(data)
    ephemeral, masked = cursor.take(32), cursor.take(HEAD_LEN - 32)
    cursor = Cursor(mask(network, root, index, ephemeral, masked))
    head = Head(cursor.number(2), cursor.number(2), cursor.number(4), cursor.number(4))
    if not OPENING_MIN <= head.length <= min(OPENING_MAX, len(data)):
        raise Malformed("the head of an opening")
    return head


def read(opening, to, dev_dh_private, prekey_private, one_time_private=None):
    """(Payload, Certificate, Secrets) of the whole of an opening whose head was read.

    to is what the initiator knew: the recipient himself and the keys that the head names.
    """
    state = begin(to, SUITE_CLASSIC)
    cursor = Cursor(opening)
    ephemeral = cursor.take(32)
    cursor.take(HEAD_LEN - 32)
    state.mix_hash(ephemeral)
    state.mix_key(sodium.x25519(dev_dh_private, ephemeral))
    state.mix_key(sodium.x25519(prekey_private, ephemeral))
    if to.one_time:
        state.mix_key(sodium.x25519(one_time_private, ephemeral))
    static = state.decrypt_and_hash(cursor.take(SEALED_STATIC))
    state.mix_key(sodium.x25519(prekey_private, static))
    text = state.decrypt_and_hash(cursor.rest())
    payload = decode_payload(text)
    if payload.certificate[37:69] != static:
        raise Refused("the certificate of another device")
    certificate = read_certificate(payload.certificate, payload.root)
    secrets = secrets_of(state, (payload.root, certificate.index), (to.root, to.index))
    return payload, certificate, secrets
