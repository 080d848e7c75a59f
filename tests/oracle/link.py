"""Sections 6 to 10 as far as their worked examples go: masks, handshakes, packets.

A handshake is run with both sides in one place. It is here because it proves the symmetric
state, on which section 16 stands as well, against examples of the whole of Noise.
"""

import sodium
from primitives import SymmetricState, digest, number

PATTERNS = {
    "XK": {"pre": "s", "messages": ["e es", "e ee", "s se"]},
    "XXpsk3": {"pre": "", "messages": ["e", "e ee s es", "s se psk"]},
}


def base_of_link(contacts_key, network, dev_dh):
    return digest(256, "link", key=contacts_key, message=named(network) + dev_dh)


def base_of_join(secret, network):
    key = digest(256, "invite mask", message=secret)
    return digest(256, "join", key=key, message=named(network))


def named(network):
    return bytes([len(network)]) + network


class Masks:
    """The three keys that hide what goes to one responder."""

    def __init__(self, base):
        self.stream = digest(256, "link mask", key=base)
        self.mac = digest(256, "link mac1", key=base)
        self.cookie = digest(256, "link cookie", key=base)

    def hide(self, salt, text):
        return salt + sodium.xchacha20_xor(self.stream, salt + bytes(8), text)

    def first(self, salt, cid, cookie, noise):
        text = cid + cookie + noise
        return self.hide(salt, text + digest(128, "mac1", key=self.mac, message=text))

    def cookie_reply(self, salt, cid, noise, cookie, padding):
        key = digest(256, "cookie reply", key=self.cookie, message=salt + cid + noise)
        return self.hide(salt, sodium.aead_seal(key, bytes(12), b"", cookie + bytes(padding)))


class Handshake:
    """Both ends of one: keys are private, of the initiator and the responder."""

    def __init__(self, pattern, prologue, statics, ephemerals, psk=None):
        self.messages = PATTERNS[pattern]["messages"]
        self.privates = {"s": statics, "e": ephemerals}
        self.psk = psk
        self.state = SymmetricState(f"Noise_{pattern}_25519_ChaChaPoly_BLAKE2b")
        self.state.mix_hash(prologue)
        if PATTERNS[pattern]["pre"] == "s":
            self.state.mix_hash(sodium.x25519_public(statics[1]))

    def write(self, place, payload):
        """The message with this place, written by its side."""
        side, out = place % 2, b""
        for token in self.messages[place].split():
            out += self.token(token, side)
        return out + self.state.encrypt_and_hash(payload)

    def token(self, token, side):
        if token == "psk":
            self.state.mix_key_and_hash(self.psk)
            return b""
        if token == "s":
            return self.state.encrypt_and_hash(sodium.x25519_public(self.privates["s"][side]))
        if token == "e":
            public = sodium.x25519_public(self.privates["e"][side])
            self.state.mix_hash(public)
            if self.psk:
                self.state.mix_key(public)
            return public
        ours, theirs = self.privates[token[0]][0], self.privates[token[1]][1]
        self.state.mix_key(sodium.x25519(ours, sodium.x25519_public(theirs)))
        return b""


def packet(data_key, number_key, cid, count, text):
    sealed = sodium.aead_seal(data_key, bytes(4) + number(count, 8), cid, text)
    stream = sodium.chacha20_stream(number_key, sealed[4:16],
                                    int.from_bytes(sealed[:4], "little"), 4)
    low = bytes(a ^ b for a, b in zip(number(count & 0xFFFFFFFF, 4), stream))
    return cid + low + sealed
