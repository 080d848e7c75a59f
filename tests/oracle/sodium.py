"""What the oracle takes from libsodium, through ctypes: curves, ciphers and key streams.

Every function takes and gives bytes, checks the lengths, and raises Refused where the library
says no. Nothing here is of veche's own making; the hash is Python's hashlib.
"""

import ctypes

KEY = 32
AEAD_TAG = 16


class Refused(Exception):
    """A point of low order, a signature or a tag that does not hold."""


def load():
    library = ctypes.CDLL("libsodium.so.23")
    if library.sodium_init() < 0:
        raise OSError("libsodium does not start")
    return library


LIBRARY = load()


def want(data, length):
    if not isinstance(data, bytes) or len(data) != length:
        raise ValueError(f"{length} bytes are wanted")
    return data


def long(number):
    return ctypes.c_ulonglong(number)


def x25519_public(private):
    ret = ctypes.create_string_buffer(KEY)
    if LIBRARY.crypto_scalarmult_curve25519_base(ret, want(private, KEY)) != 0:
        raise Refused("no public key")
    return ret.raw


def x25519(private, public):
    """RFC 7748; a result of 32 zero bytes is refused."""
    ret = ctypes.create_string_buffer(KEY)
    code = LIBRARY.crypto_scalarmult_curve25519(ret, want(private, KEY), want(public, KEY))
    if code != 0 or ret.raw == bytes(KEY):
        raise Refused("a public key of low order")
    return ret.raw


def ed25519_pair(seed):
    """(public key, the 64 bytes with which libsodium signs)"""
    public, private = ctypes.create_string_buffer(KEY), ctypes.create_string_buffer(64)
    if LIBRARY.crypto_sign_ed25519_seed_keypair(public, private, want(seed, KEY)) != 0:
        raise Refused("no key pair")
    return public.raw, private.raw


def ed25519_public(seed):
    return ed25519_pair(seed)[0]


def ed25519_sign(seed, message):
    ret = ctypes.create_string_buffer(64)
    code = LIBRARY.crypto_sign_ed25519_detached(ret, None, message, long(len(message)),
                                                ed25519_pair(seed)[1])
    if code != 0:
        raise Refused("no signature")
    return ret.raw


def ed25519_verify(public, message, signature):
    code = LIBRARY.crypto_sign_ed25519_verify_detached(
        want(signature, 64), message, long(len(message)), want(public, KEY))
    if code != 0:
        raise Refused("the signature does not hold")


def ed25519_is_point(public):
    """Canonically encoded, of the prime-order group and not the identity."""
    return LIBRARY.crypto_core_ed25519_is_valid_point(want(public, KEY)) == 1


def seal_with(call, key, nonce, data, text):
    ret = ctypes.create_string_buffer(len(text) + AEAD_TAG)
    code = call(ret, None, text, long(len(text)), data, long(len(data)), None, nonce,
                want(key, KEY))
    if code != 0:
        raise Refused("not sealed")
    return ret.raw


def open_with(call, key, nonce, data, sealed):
    if len(sealed) < AEAD_TAG:
        raise Refused("shorter than a tag")
    ret = ctypes.create_string_buffer(max(1, len(sealed) - AEAD_TAG))
    code = call(ret, None, None, sealed, long(len(sealed)), data, long(len(data)), nonce,
                want(key, KEY))
    if code != 0:
        raise Refused("the tag does not hold")
    return ret.raw[:len(sealed) - AEAD_TAG]


def aead_seal(key, nonce, data, text):
    """ChaCha20-Poly1305 of RFC 8439."""
    return seal_with(LIBRARY.crypto_aead_chacha20poly1305_ietf_encrypt, key, want(nonce, 12), data,
                     text)


def aead_open(key, nonce, data, sealed):
    return open_with(LIBRARY.crypto_aead_chacha20poly1305_ietf_decrypt, key, want(nonce, 12), data,
                     sealed)


def xaead_seal(key, nonce, data, text):
    """XChaCha20-Poly1305 of draft-irtf-cfrg-xchacha-03."""
    return seal_with(LIBRARY.crypto_aead_xchacha20poly1305_ietf_encrypt, key, want(nonce, 24),
                     data, text)


def xaead_open(key, nonce, data, sealed):
    return open_with(LIBRARY.crypto_aead_xchacha20poly1305_ietf_decrypt, key, want(nonce, 24),
                     data, sealed)


def xchacha20_xor(key, nonce, data):
    """XORs with the key stream from block 0 on."""
    ret = ctypes.create_string_buffer(max(1, len(data)))
    code = LIBRARY.crypto_stream_xchacha20_xor(ret, data, long(len(data)), want(nonce, 24),
                                               want(key, KEY))
    if code != 0:
        raise Refused("no key stream")
    return ret.raw[:len(data)]


def chacha20_stream(key, nonce, block, length):
    """The key stream of RFC 8439 from a block on."""
    ret = ctypes.create_string_buffer(length)
    code = LIBRARY.crypto_stream_chacha20_ietf_xor_ic(
        ret, bytes(length), long(length), want(nonce, 12), ctypes.c_uint32(block),
        want(key, KEY))
    if code != 0:
        raise Refused("no key stream")
    return ret.raw
