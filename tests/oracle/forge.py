"""What an attacker, a broken disk or a bad peer would make: openings, frames, stored sessions."""

import itertools
import struct

import opening
import primitives
import ratchet
import sodium

LOW_ORDER = [bytes(32), b"\x01" + bytes(31), b"\xec" + b"\xff" * 30 + b"\x7f"]
HEAD = struct.Struct("<HHII")


def flipped(data):
    """A bit of every byte."""
    for place in range(len(data)):
        yield data[:place] + bytes([data[place] ^ 1 << place % 8]) + data[place + 1:]


def cut(data):
    for length in range(len(data)):
        yield data[:length]


def heads(oracle, name, data):
    """An opening with other suites, lengths and ids in its head."""
    device = oracle.parties[name].device

    def masked(head):
        return opening.mask(oracle.the_network, device.root, device.index, data[:32], head)

    true = HEAD.unpack(masked(data[32:44]))
    length = true[1]
    others = ((0, 2, 3, 0xFFFF), (0, 1, 289, 290, 876, 877, length - 1, length + 1, 2048, 2049,
                                  len(data), len(data) + 1, 0xFFFF), (0, 1, true[3]),
              (0, 1, true[2]))
    for place, values in enumerate(others):
        for value in values:
            head = [*true[:place], value, *true[place + 1:]]
            yield data[:32] + masked(HEAD.pack(*head)) + data[44:]
    yield data[:32] + masked(HEAD.pack(2, 10, *true[2:])) + data[44:]
    yield data[:32] + masked(HEAD.pack(2, length, 1, true[3])) + data[44:]
    for point in LOW_ORDER:
        yield point + data[32:]


def extension(kind, data):
    return struct.pack("<HH", kind, len(data)) + data


def payloads(oracle, sender, recipient):
    """Openings that are sealed well, with a payload of another form, or of somebody else."""
    device, party = oracle.parties[sender].device, oracle.parties[recipient]
    key = next(iter(party.prekeys.values()))[0]
    to = opening.Recipient(oracle.the_network, party.device.root, party.device.index,
                           party.device.dev_dh, key)
    good = opening.encode_payload(opening.Payload(device.root, device.certificate, 1, 0))
    room = opening.PAYLOAD_MAX - len(good) - 4
    texts = [good[:-1], good[:100], b"", good[:173] + bytes(4) + good[177:], good[:-1] + b"\x01",
             good + b"\0", good + extension(5, b"a"), (good + extension(5, b"a"))[:-1],
             good + extension(5, b"") * 2, good + extension(6, b"") + extension(5, b""),
             good + extension(0, b"") + extension(0xFFFF, b"b"), good + extension(1, bytes(room)),
             good + extension(1, bytes(room + 1)), good + extension(1, bytes(1200)),
             b"\x01" + good[1:], good[:32] + b"\x02" + good[33:], good[:33] + b"\x02" + good[34:],
             good[:35] + b"\x01" + good[36:], good[:72] + b"\x01" + good[73:],
             good[:172] + bytes([good[172] ^ 1]) + good[173:]]
    for count, text in enumerate(texts):
        data, secrets = opening.write_text(to, device.dev_dh_private, (device.root, device.index),
                                           text, bytes([count + 1]) * 32)
        begun = ratchet.Ratchet.initiator(secrets, key.public, b"\x09" * 32)
        yield data + begun.send(primitives.pad(b"forged"))


def frames(session):
    """Frames whose header opens and should not be believed: the text never opens."""
    own = [session.receiving.public] if session.receiving else []
    points = [sodium.x25519_public(b"\x33" * 32), *LOW_ORDER, *own,
              *(key[:31] + bytes([key[31] | 0x80]) for key in own)]
    at = session.receiving.n if session.receiving else 0
    numbers = {0, 1, max(at - 1, 0), at, at + 1, at + 1999, at + 2000, at + 2001, 2**32 - 2,
               2**32 - 1}
    before = {0, 1, max(at - 1, 0), at, at + 1, at + 2000, at + 2001, 2**32 - 1}
    keys = [session.next_receive] + [chain.header_key for chain in session.chains()]
    for key, point, n, previous in itertools.product(keys, points, sorted(numbers), sorted(before)):
        header = primitives.siv_seal(key, 16, session.session_id,
                                     point + struct.pack("<II", n, previous))
        yield header + bytes(24 + n % 7)


def states(data, chances):
    """A stored session with any byte another, shorter and longer."""
    for place, byte in enumerate(data):
        # Most bytes are of keys, of which any value is as good as another.
        values = {byte ^ 1, 0, chances.choice((byte ^ 0x80, 1, 2, 255))} - {byte}
        for value in chances.sample(sorted(values), 1):
            yield data[:place] + bytes([value]) + data[place + 1:]
    for length in range(0, len(data), 5):
        yield data[:length]
    yield data + b"\0"
