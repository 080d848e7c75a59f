"""Devices, prekeys and openings out of a seeded generator, for the tests of the oracle."""

import random

import identity
import opening
import prekey
import sodium

NETWORK = b"veche"
NOW = 1767225600


class Chances(random.Random):
    """A seeded generator; the same seed gives the same keys."""

    def key(self):
        return self.randbytes(32)


class Person:
    """A device with a signed prekey and a one-time prekey."""

    def __init__(self, chances, index=0):
        self.device = identity.Device(chances.key(), chances.key(), chances.key(), index, NOW)
        self.prekey_private, self.one_time_private = chances.key(), chances.key()
        self.prekey = prekey.Prekey(
            identity.SUITE_CLASSIC, index, chances.randrange(1, 1 << 32),
            sodium.x25519_public(self.prekey_private), NOW, NOW + prekey.PREKEY_USE_S,
            chances.randrange(1 << 32), bytes(32))
        self.one_time = prekey.OneTime(chances.randrange(1, 1 << 32),
                                       sodium.x25519_public(self.one_time_private))

    def as_recipient(self, with_one_time, network=NETWORK):
        device = self.device
        return opening.Recipient(network, device.root, device.index, device.dev_dh, self.prekey,
                                 self.one_time if with_one_time else None)

    def payload(self, generation=1, statement=b""):
        return opening.Payload(self.device.root, self.device.certificate, generation, 0, statement)

    def open_to(self, chances, recipient, payload=None):
        """(opening, Secrets)"""
        return opening.write(recipient, self.device.dev_dh_private, self.device.index,
                             payload or self.payload(), chances.key())

    def read(self, data, with_one_time, network=NETWORK):
        """(Payload, Certificate, Secrets)"""
        to = self.as_recipient(with_one_time, network)
        return opening.read(data, to, self.device.dev_dh_private, self.prekey_private,
                            self.one_time_private if with_one_time else None)
