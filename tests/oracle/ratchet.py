"""Section 17: the Double Ratchet with header encryption."""

import copy
import dataclasses

import sodium
from primitives import (SIV_SHORT_TAG, SIV_TAG, Cursor, digest, number, siv_key, siv_open,
                        siv_seal)
from sodium import Refused

HEADER_LEN = 56
OVERHEAD = 80
GAP_MAX = 2000
SKIPPED_MAX = 2000
CHAINS_MAX = 8
SKIPPED_DAYS = 30
SKIPPED_S = SKIPPED_DAYS * 86400


class NotOurs(Exception):
    """No header key of the session opens the frame."""


class OpenedBefore(Exception):
    """The header opens, but its key is gone."""


class TooFar(Exception):
    """More keys would be skipped than may be kept."""


def dh_step(root_key, shared):
    """(root key, chain key, header key)"""
    both = digest(512, "ratchet root", key=root_key, message=shared)
    return both[:32], both[32:], digest(512, "ratchet header", key=root_key, message=shared)


def chain_step(chain_key):
    """(chain key, message key)"""
    both = digest(512, "ratchet chain", key=chain_key)
    return both[:32], both[32:]


@dataclasses.dataclass
class Sending:
    key: bytes
    header_key: bytes
    previous: int  # PN
    n: int = 0


@dataclasses.dataclass
class Receiving:
    number: int  # of the chain, from 1
    key: bytes
    header_key: bytes
    n: int = 0
    skipped_at: int = 0
    kept: dict = dataclasses.field(default_factory=dict)  # N: message key

    def skip_to(self, n, now):
        if self.n < n:
            self.skipped_at = now
        while self.n < n:
            self.key, self.kept[self.n] = chain_step(self.key)
            self.n += 1


class Ratchet:
    """One side of a session. receive() changes nothing when it raises."""

    def __init__(self, session_id, root_key, next_send, next_receive):
        self.session_id, self.root_key = session_id, root_key
        self.own_private = self.peer_public = None
        self.sending = self.receiving = None
        self.sent_in_last = 0  # N of the last sending chain, PN of the next
        self.next_send, self.next_receive = next_send, next_receive
        self.older = []  # Receiving, the oldest first; each has kept keys

    @classmethod
    def initiator(cls, secrets, prekey_public, ratchet_private):
        self = cls(secrets.session_id, secrets.root_key, secrets.header_key,
                   secrets.next_header_key)
        self.peer_public = prekey_public
        self.begin_sending(ratchet_private)
        return self

    @classmethod
    def recipient(cls, secrets, prekey_private):
        self = cls(secrets.session_id, secrets.root_key, secrets.next_header_key,
                   secrets.header_key)
        self.own_private = prekey_private
        return self

    def begin_sending(self, private):
        shared = sodium.x25519(private, self.peer_public)
        self.own_private = private
        self.root_key, key, header_key = dh_step(self.root_key, shared)
        self.sending = Sending(key, self.next_send, self.sent_in_last)
        self.next_send = header_key

    def needs_key(self):
        """Whether the next frame begins a chain, for which send() wants a private key."""
        return self.sending is None

    def send(self, text, ratchet_private=None):
        if self.needs_key():
            if self.peer_public is None:
                raise ValueError("a recipient sends nothing before he has received")
            self.begin_sending(ratchet_private)
        chain = self.sending
        plain = (sodium.x25519_public(self.own_private) + number(chain.n, 4)
                 + number(chain.previous, 4))
        header = siv_seal(chain.header_key, SIV_SHORT_TAG, self.session_id, plain)
        chain.key, key = chain_step(chain.key)
        chain.n += 1
        self.sent_in_last = chain.n
        return header + siv_seal(siv_key(key), SIV_TAG, self.session_id + header, text)

    def receive(self, frame, now=0):
        after = copy.copy(self)
        after.receiving = copy_chain(self.receiving)
        after.older = [copy_chain(chain) for chain in self.older]
        text = after.take(frame, now)
        self.__dict__.update(after.__dict__)
        return text

    def open_header(self, header):
        """(header key, ratchet key, N, PN)"""
        keys = [self.receiving.header_key] if self.receiving else []
        keys += [self.next_receive] + [chain.header_key for chain in self.older]
        for key in keys:
            try:
                cursor = Cursor(siv_open(key, SIV_SHORT_TAG, self.session_id, header))
            except Refused:
                continue
            return key, cursor.take(32), cursor.number(4), cursor.number(4)
        raise NotOurs

    def take(self, frame, now):
        """receive(), on a copy."""
        if len(frame) < OVERHEAD:
            raise NotOurs
        self.expire(now)
        header = frame[:HEADER_LEN]
        header_key, ratchet_key, n, previous = self.open_header(header)
        if header_key == self.next_receive:
            key = self.begin_receiving(ratchet_key, n, previous, now)
        elif self.receiving and header_key == self.receiving.header_key:
            key = self.key_of_present(n, now)
        else:
            key = self.key_of_older(header_key, n)
        return siv_open(siv_key(key), SIV_TAG, self.session_id + header, frame[HEADER_LEN:])

    def key_of_present(self, n, now):
        chain = self.receiving
        if n < chain.n:
            return take_kept(chain, n)
        self.make_room(n - chain.n)
        chain.skip_to(n, now)
        return next_key(chain)

    def begin_receiving(self, ratchet_key, n, previous, now):
        last = self.receiving
        begin = last.n if last else 0
        if previous < begin or last is None and previous:
            raise Refused("the chain before had fewer frames than were received")
        self.make_room(previous - begin + n)
        if last:
            last.skip_to(previous, now)
            if last.kept:
                self.older.append(last)
                del self.older[:-CHAINS_MAX]
        shared = sodium.x25519(self.own_private, ratchet_key)
        self.root_key, key, header_key = dh_step(self.root_key, shared)
        chain = Receiving(last.number + 1 if last else 1, key, self.next_receive)
        self.next_receive, self.receiving = header_key, chain
        self.peer_public, self.sending = ratchet_key, None
        chain.skip_to(n, now)
        return next_key(chain)

    def key_of_older(self, header_key, n):
        chain = next(chain for chain in self.older if chain.header_key == header_key)
        key = take_kept(chain, n)
        self.drop_empty()
        return key

    def make_room(self, skipped):
        """For so many more keys; those of the oldest chains are given up first."""
        if skipped > GAP_MAX:
            raise TooFar
        while self.older and self.kept() + skipped > SKIPPED_MAX:
            self.older.pop(0)
        if self.kept() + skipped > SKIPPED_MAX:
            raise TooFar

    def kept(self):
        chains = self.older + ([self.receiving] if self.receiving else [])
        return sum(len(chain.kept) for chain in chains)

    def expire(self, now):
        for chain in self.older + ([self.receiving] if self.receiving else []):
            if now - chain.skipped_at >= SKIPPED_S:
                chain.kept = {}
        self.drop_empty()

    def drop_empty(self):
        self.older = [chain for chain in self.older if chain.kept]


def copy_chain(chain):
    return chain and dataclasses.replace(chain, kept=dict(chain.kept))


def take_kept(chain, n):
    if n not in chain.kept:
        raise OpenedBefore
    return chain.kept.pop(n)


def next_key(chain):
    chain.key, key = chain_step(chain.key)
    chain.n += 1
    return key
