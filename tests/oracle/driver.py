#!/usr/bin/env python3
"""Section 19: the oracle behind the same lines as tests/vectors/ratchet_driver."""

import re
import sys

import blinding
import identity
import opening
import prekey
import primitives
import ratchet
import sodium
import state

NAME = re.compile(r"(?!-$)[^ ]{1,30}")


class Answer(Exception):
    """An error by its name."""


ERRORS = {
    primitives.Malformed: "malformed", primitives.Unsupported: "unsupported",
    sodium.Refused: "auth", ratchet.NotOurs: "auth", ratchet.OpenedBefore: "exists",
    ratchet.TooFar: "full",
}


def as_bytes(word, length=None):
    """length: so many, or None for any number, of which - is none."""
    if length is None and word == "-":
        return b""
    if not re.fullmatch("(?:[0-9a-fA-F]{2})+", word):
        raise Answer("usage")
    data = bytes.fromhex(word)
    if length is not None and len(data) != length:
        raise Answer("usage")
    return data


def as_number(word, bits=32):
    if not re.fullmatch("[0-9]{1,10}", word) or int(word) >> bits:
        raise Answer("usage")
    return int(word)


def as_index(word):
    return as_number(word, 16)


def as_name(word):
    if not NAME.fullmatch(word):
        raise Answer("usage")
    return word


def words(*values):
    return " ".join((value.hex() or "-") if isinstance(value, bytes) else str(value)
                    for value in values)


def find(things, name):
    if name not in things:
        raise Answer("not_found")
    return things[name]


def fixed(length):
    return lambda word: as_bytes(word, length)


def maybe(length):
    return lambda word: None if word == "-" else as_bytes(word, length)


class Party:
    """A device with the private halves of its prekeys, by id."""

    def __init__(self, device):
        self.device = device
        self.prekeys, self.one_times = {}, {}  # id: (what is public, private)


class Session:
    def __init__(self, name, party, ends, generation, opening_data, session):
        self.name, self.party, self.ends = name, party, ends  # ends: the other's (root, index)
        self.generation, self.ratchet = generation, session
        self.opening = opening_data  # of the initiator
        self.opening_name = None  # of the recipient


class Driver:
    COMMANDS = {
        "reset": (), "network": (fixed(8),), "day": (as_number,),
        "account": (as_name, fixed(32)),
        "device": (as_name, as_name, as_number, as_number, fixed(32), fixed(32)),
        "prekey": (as_name, as_number, as_number, as_number, as_number, fixed(32)),
        "onetime": (as_name, as_number, fixed(32)), "forget": (as_name, as_number),
        "start": (as_name, as_name, fixed(32), as_bytes, as_bytes, maybe(None), as_number,
                  as_number, as_bytes, fixed(32), fixed(32)),
        "encrypt": (str, maybe(32), as_bytes), "decrypt": (as_name, as_bytes),
        "export": (str,), "import": (str, as_bytes, str), "expire": (str,),
        "seal": (fixed(32), as_number, as_bytes, as_bytes),
        "unseal": (fixed(32), as_number, as_bytes, as_bytes), "pad": (as_bytes,),
        "strip": (as_bytes,),
        "blind": (fixed(32), as_number, as_index), "blindinvite": (fixed(32), as_number, fixed(16)),
        "blindsign": (fixed(32), fixed(32), as_bytes),
    }
    MAY_BE_RAW = ("encrypt", "decrypt")

    def __init__(self):
        self.reset()

    def do(self, line):
        """The answer to a line, both without their ends."""
        try:
            return " ".join(word for word in ("ok", self.command(line.split(" "))) if word)
        except Answer as error:
            return f"err {error}"
        except tuple(ERRORS) as error:
            return f"err {ERRORS[type(error)]}"

    def command(self, line):
        name, rest = line[0], line[1:]
        if name not in self.COMMANDS:
            raise Answer("usage")
        kinds = self.COMMANDS[name]
        more = {}
        if name in self.MAY_BE_RAW and len(rest) == len(kinds) + 1 and rest[-1] == "raw":
            rest.pop()
            more = {"raw": True}
        if len(rest) != len(kinds):
            raise Answer("usage")
        arguments = [kind(word) for kind, word in zip(kinds, rest)]
        return getattr(self, name if name != "import" else "import_")(*arguments, **more)

    def reset(self):
        self.the_network, self.the_day = bytes(8), 0
        self.accounts, self.parties, self.sessions = {}, {}, {}

    def network(self, data):
        self.the_network = data

    def day(self, days):
        self.the_day = days

    # People.

    def account(self, name, entropy):
        if name in self.accounts:
            raise Answer("exists")
        self.accounts[name] = entropy
        return words(sodium.ed25519_public(identity.root_seed(entropy)))

    def device(self, name, account, index, start, dev_sig, dev_dh):
        entropy = find(self.accounts, account)
        if name in self.parties:
            raise Answer("exists")
        if index > identity.DEVICE_INDEX_MAX:
            raise Answer("usage")
        device = identity.Device(entropy, dev_sig, dev_dh, index, start)
        self.parties[name] = Party(device)
        return words(device.certificate)

    def prekey(self, name, key_id, start, until, capabilities, secret):
        party = find(self.parties, name)
        if not key_id or until < start:
            raise Answer("usage")
        if key_id in party.prekeys:
            raise Answer("exists")
        made = prekey.Prekey(identity.SUITE_CLASSIC, party.device.index, key_id,
                             sodium.x25519_public(secret), start, until, capabilities, bytes(32))
        party.prekeys[key_id] = made, secret
        return words(prekey.write_prekey(made, party.device.dev_sig_seed, party.device.root))

    def onetime(self, name, key_id, secret):
        party = find(self.parties, name)
        if not key_id:
            raise Answer("usage")
        if key_id in party.one_times:
            raise Answer("exists")
        made = prekey.OneTime(key_id, sodium.x25519_public(secret))
        party.one_times[key_id] = made, secret
        return words(prekey.write_one_times([made]))

    def forget(self, name, key_id):
        party = find(self.parties, name)
        if party.prekeys.pop(key_id, None) is None and party.one_times.pop(key_id, None) is None:
            raise Answer("not_found")

    # Sessions.

    def start(self, name, device, root, certificate, signed, one_time, generation, capabilities,
              statement, ephemeral, own):
        party = find(self.parties, device)
        if name in self.sessions:
            raise Answer("exists")
        if not generation or len(statement) > 255:
            raise Answer("usage")
        if (len(certificate) != identity.CERTIFICATE_LEN or len(signed) != prekey.PREKEY_LEN
                or one_time is not None and len(one_time) != prekey.ONE_TIME_LEN):
            raise primitives.Malformed
        theirs = identity.read_certificate(certificate, root)
        key = prekey.read_prekey(signed, theirs.dev_sig, root, theirs.index)
        one = prekey.read_one_times(one_time)[0] if one_time else None
        to = opening.Recipient(self.the_network, root, theirs.index, theirs.dev_dh, key, one)
        payload = opening.Payload(party.device.root, party.device.certificate, generation,
                                  capabilities, statement)
        data, secrets = opening.write(to, party.device.dev_dh_private, party.device.index, payload,
                                      ephemeral)
        begun = ratchet.Ratchet.initiator(secrets, key.public, own)
        self.sessions[name] = Session(name, party, (root, theirs.index), generation, data, begun)
        return words(data, secrets.session_id)

    def encrypt(self, name, fresh, content, raw=False):
        session = find(self.sessions, name)
        text = content if raw else primitives.pad(content)
        if len(text) > ratchet.TEXT_MAX:
            raise Answer("too_long")
        ours = session.ratchet
        if ours.needs_key() and not ours.receiving:
            raise Answer("usage")
        if ours.needs_key() and fresh is None:
            raise Answer("usage")
        frame = ours.send(text, fresh)
        front = session.opening if session.opening and not ours.receiving else b""
        return words(ours.sending_count, ours.sending.n - 1, front + frame)

    def decrypt(self, device, data, raw=False):
        party = find(self.parties, device)
        for session in self.sessions.values():
            if session.party is party:
                try:
                    return self.decrypt_in(session, data, "known", raw)
                except ratchet.NotOurs:
                    continue
        return self.decrypt_opening(party, data, raw)

    def decrypt_in(self, session, data, what, raw):
        chain, n, text = session.ratchet.receive(data, self.the_day)
        content = text if raw else primitives.unpad(text)
        return words(session.name, what, *session.ends, session.generation, chain, n, content)

    def decrypt_opening(self, party, data, raw):
        device = party.device
        try:
            head = opening.read_head(data, self.the_network, device.root, device.index)
        except primitives.Malformed:
            raise sodium.Refused from None
        front, frame = data[:head.length], data[head.length:]
        name = opening.name_of(front)
        for session in self.sessions.values():
            if session.party is party and session.opening_name == name:
                return self.decrypt_in(session, frame, "known", raw)
        if head.prekey_id not in party.prekeys:
            raise sodium.Refused
        if head.one_time_id and head.one_time_id not in party.one_times:
            raise sodium.Refused
        if head.suite != identity.SUITE_CLASSIC:
            raise primitives.Unsupported
        key, private = party.prekeys[head.prekey_id]
        one, one_private = party.one_times.get(head.one_time_id, (None, None))
        to = opening.Recipient(self.the_network, device.root, device.index, device.dev_dh, key, one)
        payload, theirs, secrets = opening.read(front, to, device.dev_dh_private, private,
                                                one_private)
        session = Session(f"{self.name_of(party)}/{secrets.session_id.hex()}", party,
                          (payload.root, theirs.index), payload.generation, None,
                          ratchet.Ratchet.recipient(secrets, private))
        session.opening_name = name
        chain, n, text = session.ratchet.receive(frame, self.the_day)
        self.sessions[session.name] = session
        party.one_times.pop(head.one_time_id, None)
        content = text if raw else primitives.unpad(text)
        return words(session.name, "new", *session.ends, session.generation, chain, n, content)

    def name_of(self, party):
        return next(name for name, other in self.parties.items() if other is party)

    # Stored sessions.

    def export(self, name):
        data, keys = state.write(find(self.sessions, name).ratchet)
        rows = ",".join(f"{chain}.{n}.{key.hex()}" for (chain, n), key in keys.items())
        return words(data, rows or "-")

    def import_(self, name, data, rows):
        session = find(self.sessions, name)
        keys = {}
        for row in rows.split(",") if rows != "-" else ():
            chain, n, key = row.split(".") if row.count(".") == 2 else ("", "", "")
            keys[as_number(chain), as_number(n)] = as_bytes(key, 32)
        session.ratchet = state.read(data, keys)

    def expire(self, name):
        given_up = find(self.sessions, name).ratchet.expire(self.the_day)
        return words(len(given_up), *(f"{chain}.{low}.{high}" for chain, low, high in given_up))

    # Primitives.

    def seal(self, key, tag, data, plain):
        self.want_tag(tag)
        return words(primitives.siv_seal(primitives.siv_key(key), tag, data, plain))

    def unseal(self, key, tag, data, sealed):
        self.want_tag(tag)
        return words(primitives.siv_open(primitives.siv_key(key), tag, data, sealed))

    @staticmethod
    def want_tag(tag):
        if tag not in (primitives.SIV_TAG, primitives.SIV_SHORT_TAG):
            raise Answer("usage")

    @staticmethod
    def pad(data):
        return words(primitives.pad(data))

    @staticmethod
    def strip(data):
        return words(primitives.unpad(data))

    # Blinding.

    @staticmethod
    def answer_public(record, factor):
        public = blinding.blind_public(record, factor)
        return words(primitives.number(factor, 32), public, blinding.place(public))

    def blind(self, record, epoch, index):
        return self.answer_public(record, blinding.factor_of_device(record, epoch, index))

    def blindinvite(self, record, epoch, secret):
        return self.answer_public(record, blinding.factor_of_invite(record, epoch, secret))

    @staticmethod
    def blindsign(seed, factor, message):
        key = blinding.Blinded(seed, int.from_bytes(factor, "little"))
        return words(primitives.number(key.secret, 32), key.public, key.sign(message))


def main():
    driver = Driver()
    for line in sys.stdin:
        print(driver.do(line.rstrip("\n")), flush=True)


if __name__ == "__main__":
    main()
