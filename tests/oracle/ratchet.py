"""Section 17: the Double Ratchet with header encryption."""

import copy
import dataclasses

import sodium
from primitives import (SIV_SHORT_TAG, SIV_TAG, Cursor, Malformed, digest, number, siv_key,
                        siv_open, siv_seal)
from sodium import Refused

HEADER_LEN = 56
OVERHEAD = 80
TEXT_MAX = 131072
GAP_MAX = 2000
SKIPPED_MAX = 2000
CHAINS_MAX = 8
SKIPPED_DAYS = 30
N_MAX = 2**32 - 2


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
    public: bytes
    key: bytes
    header_key: bytes
    previous: int  # PN
    n: int = 0


@dataclasses.dataclass
class Receiving:
    """A receiving chain: the present one, or an older one for the sake of its kept keys."""
    number: int  # from 1
    public: bytes
    key: bytes
    header_key: bytes
    n: int = 0
    kept: int = 0  # how many keys
    low: int = 0  # the lowest N skipped since nothing was kept
    high: int = 0  # one more than the highest
    until_day: int = 0

    def next_key(self):
        self.key, key = chain_step(self.key)
        self.n += 1
        return key


class Ratchet:
    """One side of a session. receive() changes nothing when it raises."""

    def __init__(self, session_id, root_key, next_send, next_receive):
        self.session_id, self.root_key = session_id, root_key
        self.own_private = self.sending = self.receiving = None
        self.sending_count = self.receiving_count = 0
        self.sent_in_last = 0  # N of the last sending chain: PN of the next
        self.next_send, self.next_receive = next_send, next_receive
        self.older = []  # Receiving, the oldest first; each has kept keys
        self.rows = {}  # (chain, N): kept key

    @classmethod
    def initiator(cls, secrets, prekey_public, ratchet_private):
        self = cls(secrets.session_id, secrets.root_key, secrets.header_key,
                   secrets.next_header_key)
        self.begin_sending(ratchet_private, prekey_public)
        return self

    @classmethod
    def recipient(cls, secrets, prekey_private):
        self = cls(secrets.session_id, secrets.root_key, secrets.next_header_key,
                   secrets.header_key)
        self.own_private = prekey_private
        return self

    def begin_sending(self, private, peer_public):
        shared = sodium.x25519(private, peer_public)
        self.own_private = private
        self.root_key, key, header_key = dh_step(self.root_key, shared)
        self.sending = Sending(sodium.x25519_public(private), key, self.next_send,
                               self.sent_in_last)
        self.sending_count += 1
        self.next_send = header_key

    def needs_key(self):
        """Whether the next frame begins a chain, for which send() wants a private key."""
        return self.sending is None

    def send(self, text, ratchet_private=None):
        if len(text) > TEXT_MAX:
            raise ValueError("the text is too long")
        if self.needs_key():
            if not self.receiving:
                raise ValueError("a recipient sends nothing before he has received")
            self.begin_sending(ratchet_private, self.receiving.public)
        chain = self.sending
        plain = chain.public + number(chain.n, 4) + number(chain.previous, 4)
        header = siv_seal(chain.header_key, SIV_SHORT_TAG, self.session_id, plain)
        chain.key, key = chain_step(chain.key)
        chain.n += 1
        self.sent_in_last = chain.n
        return header + siv_seal(siv_key(key), SIV_TAG, self.session_id + header, text)

    def receive(self, frame, day=0):
        """(chain, N, text); the day is counted from 1970."""
        if not OVERHEAD <= len(frame) <= OVERHEAD + TEXT_MAX:
            raise NotOurs
        opened = self.open_header(frame[:HEADER_LEN])
        after = copy.copy(self)
        after.receiving = self.receiving and dataclasses.replace(self.receiving)
        after.older = [dataclasses.replace(chain) for chain in self.older]
        after.rows = dict(self.rows)
        ret = after.take(frame, *opened, day)
        self.__dict__.update(after.__dict__)
        return ret

    def open_header(self, header):
        """(chain, ratchet key, N, PN)"""
        keys = [(chain.number, chain.header_key) for chain in self.older]
        keys.append((self.receiving_count + 1, self.next_receive))
        if self.receiving:
            keys.append((self.receiving.number, self.receiving.header_key))
        for number_of_chain, key in reversed(keys):
            try:
                cursor = Cursor(siv_open(key, SIV_SHORT_TAG, self.session_id, header))
            except Refused:
                continue
            return number_of_chain, cursor.take(32), cursor.number(4), cursor.number(4)
        raise NotOurs

    def take(self, frame, of, public, n, previous, day):
        """receive(), on a copy; of is the number of the chain."""
        if n > N_MAX:
            raise Malformed("a number that no frame has")
        if of > self.receiving_count:
            key = self.begin_receiving(public, n, previous, day)
        elif of == self.receiving_count:
            key = self.key_of_present(public, n, day)
        else:
            key = self.take_kept(next(chain for chain in self.older if chain.number == of), n)
        self.drop_empty()
        header, sealed = frame[:HEADER_LEN], frame[HEADER_LEN:]
        return of, n, siv_open(siv_key(key), SIV_TAG, self.session_id + header, sealed)

    def key_of_present(self, public, n, day):
        chain = self.receiving
        if public != chain.public:
            raise Malformed("the chain has another ratchet key")
        if n < chain.n:
            return self.take_kept(chain, n)
        self.make_room(n - chain.n)
        if chain.kept + n - chain.n > SKIPPED_MAX:
            raise TooFar
        self.skip(chain, n, day)
        return chain.next_key()

    def begin_receiving(self, public, n, previous, day):
        last = self.receiving
        begin = last.n if last else 0
        if (not last and previous) or (last and (not self.sending or previous < begin)):
            raise Malformed("the turn or PN of a new chain")
        self.make_room(previous - begin + n)
        if last:
            if self.kept() + previous - begin + n > SKIPPED_MAX:
                self.give_up(last)
            self.skip(last, previous, day)
            self.older.append(last)
            self.drop_empty()
            for chain in self.older[:-CHAINS_MAX]:
                self.give_up(chain)
            self.drop_empty()
        shared = sodium.x25519(self.own_private, public)
        self.root_key, key, header_key = dh_step(self.root_key, shared)
        self.receiving_count += 1
        self.receiving = Receiving(self.receiving_count, public, key, self.next_receive)
        self.next_receive = header_key
        self.sending = self.own_private = None
        self.skip(self.receiving, n, day)
        return self.receiving.next_key()

    def skip(self, chain, n, day):
        """Keeps the keys of a chain up to the frame n, without that of n."""
        if chain.n == n:
            return
        if not chain.kept:
            chain.low = chain.n
        chain.high, chain.until_day = n, day + SKIPPED_DAYS
        while chain.n < n:
            place = chain.number, chain.n
            self.rows[place] = chain.next_key()
            chain.kept += 1

    def take_kept(self, chain, n):
        key = self.rows.pop((chain.number, n), None)
        if key is None:
            raise OpenedBefore
        chain.kept -= 1
        return key

    def make_room(self, skipped):
        """Gives up the kept keys of older chains for so many more, the oldest first."""
        if skipped > GAP_MAX:
            raise TooFar
        for chain in self.older:
            if self.kept() + skipped > SKIPPED_MAX:
                self.give_up(chain)
        self.drop_empty()

    def expire(self, day):
        """Gives up the kept keys whose days are over: [(chain, lowest, one above the highest)]"""
        over = [chain for chain in self.chains() if chain.kept and day >= chain.until_day]
        for chain in over:
            self.give_up(chain)
        self.drop_empty()
        return [(chain.number, chain.low, chain.high) for chain in over]

    def give_up(self, chain):
        for n in range(chain.low, chain.high):
            self.rows.pop((chain.number, n), None)
        chain.kept = 0

    def kept(self):
        return sum(chain.kept for chain in self.chains())

    def chains(self):
        return self.older + ([self.receiving] if self.receiving else [])

    def drop_empty(self):
        self.older = [chain for chain in self.older if chain.kept]
