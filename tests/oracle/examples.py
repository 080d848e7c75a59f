"""The worked examples of both SPEC.md: read out of the document, made again, compared."""

import dataclasses
import os
import re

import blinding
import identity
import link
import opening
import prekey
import ratchet
import record
import sodium
import state
import statement
from primitives import digest, label_bytes, number

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SPEC = os.path.join(ROOT, "crypto", "SPEC.md")
DHT_SPEC = os.path.join(ROOT, "dht", "SPEC.md")
IPV4 = b"\x04" + bytes([192, 0, 2, 1]) + b"\x88\x13"
IPV6 = b"\x06" + bytes.fromhex("20010db8") + bytes(11) + b"\x01\x88\x13"
LINE = re.compile(r"(\S.*?) {1,}(\S+)$")


def blocks(heading, spec=SPEC):
    """The fenced blocks below a heading that begins so, each as {name: value}."""
    with open(spec, encoding="utf-8") as file:
        parts = re.split(r"^#+ ", file.read(), flags=re.MULTILINE)
    found = [part for part in parts if part.startswith(heading)]
    if len(found) != 1:
        raise AssertionError(f"{spec} has {len(found)} headings {heading!r}")
    return [read_block(text) for text in re.findall(r"```\n(.*?)```", found[0], re.DOTALL)]


def read_block(text):
    """A value goes on in lines that begin with blanks; sentences between are passed over."""
    ret, name = {}, None
    for line in text.split("\n"):
        if re.match(r" +\S+$", line) and name:
            ret[name] += line.strip()
            continue
        match = LINE.match(line)
        name = match.group(1).strip() if match and len(match.group(1)) <= 24 else None
        if name:
            ret[name] = match.group(2)
    return ret


def differences(stated, made):
    """Complaints, one for each value that is another or is not stated."""
    for name, value in made.items():
        value = value.hex() if isinstance(value, bytes) else str(value)
        if stated.get(name) != value:
            yield f"{name}: SPEC.md says {stated.get(name)}, the oracle {value}"


def of_identity():
    seed = identity.root_seed(b"\x01" * 32)
    record = identity.record_seed(seed, 0)
    alice = identity.Device(b"\x01" * 32, b"\x03" * 32, b"\x04" * 32, 5, 1767225600)
    card = identity.Card(alice.root, 0, sodium.ed25519_public(record), 0, b"\x02" * 32,
                         (alice.certificate,), (IPV4, IPV6), b"Alice", ())
    encoded = identity.write_card(card)
    if identity.read_card(encoded) != card:
        yield "the card is not read as it was written"
    new = sodium.ed25519_public(identity.record_seed(seed, 1))
    live = statement.Live(1, (0, 5), 1767225600 + statement.LIVE_S)
    forward = statement.Forward(0, card.record, 1, new, 1767225600,
                                1767225600 + statement.FORWARD_S)
    statements = [statement.write_live(live, seed), statement.write_forward(forward, seed)]
    if (statement.read_live(statements[0], alice.root) != live
            or statement.read_forward(statements[1], alice.root) != forward):
        yield "the statements are not read as they were written"
    stated = {}
    for block in blocks("Worked examples of sections 2 to 6"):
        stated.update(block)
    yield from differences(stated, {
        "root seed": seed, "root": alice.root, "record seed": record,
        "R_0": sodium.ed25519_public(record), "fingerprint": identity.fingerprint(alice.root),
        "ID": identity.account_id(alice.root), "certificate": alice.certificate,
        "card": encoded, "live": statements[0], "forward": statements[1],
        "psk": digest(256, "invite psk", message=b"\x05" * 16),
        "mask key": digest(256, "invite mask", message=b"\x05" * 16)})


def of_link(stated, pattern, masks, kind, behind, psk):
    """One of the two blocks: the salts and lengths of padding are those of the document."""
    cids, versions = (b"\xaa" * 8, b"\xbb" * 8), (b"\x01\x04\x03\x02\x01", b"\x01\x0d\x0c\x0b\x0a")

    def salt(name):
        return bytes.fromhex(stated[name])[:16]

    def padding(name):
        return bytes(int(stated[f"{name} padding"]))

    prologue = b"veche link" + kind + cids[0] + link.named(b"veche") + behind
    both = link.Handshake(pattern, prologue, (b"\x11" * 32, b"\x22" * 32),
                          (b"\x55" * 32, b"\x66" * 32), psk)
    first = both.write(0, versions[0] + padding("msg1"))
    second = both.write(1, cids[1] + versions[1] + padding("msg2"))
    third = both.write(2, bytes.fromhex("0102030405060708") + padding("msg3"))
    cookie, data, numbers = b"\x99" * 16, [], []
    for key in both.state.split():
        data.append(digest(256, "link data", key=key))
        numbers.append(digest(256, "link number", key=key))
    yield from differences(stated, {
        "mask": masks.stream, "mac1 key": masks.mac, "cookie key": masks.cookie,
        "msg1": masks.first(salt("msg1"), cids[0], bytes(16), first),
        "cookie reply": masks.cookie_reply(salt("cookie reply"), cids[0], first, cookie,
                                           int(stated["cookie padding"])),
        "msg1 again": masks.first(salt("msg1 again"), cids[0], cookie, first),
        "msg2": masks.hide(salt("msg2"), second), "msg3": masks.hide(salt("msg3"), third),
        "handshake hash": both.state.h, "tag": digest(64, "link tag", message=both.state.h),
        "initiator data key": data[0], "initiator number key": numbers[0],
        "responder data key": data[1], "responder number key": numbers[1],
        "packet": link.packet(data[0], numbers[0], cids[1], 0x100000002, b"hello"),
        "empty packet": link.packet(data[1], numbers[1], cids[0], 0, b"")})


def of_links():
    stated = blocks("Worked examples of sections 7 to 10")
    masks = link.Masks(link.base_of_link(b"\x33" * 32, b"veche",
                                         sodium.x25519_public(b"\x22" * 32)))
    yield from of_link(stated[0], "XK", masks, b"\x01", b"\x44" * 32, None)
    masks = link.Masks(link.base_of_join(b"\x05" * 16, b"veche"))
    psk = digest(256, "invite psk", message=b"\x05" * 16)
    yield from of_link(stated[1], "XXpsk3", masks, b"\x02", b"", psk)


def of_opening(stated, alice, to, statement):
    payload = opening.Payload(alice.root, alice.certificate, 1, 0x0B, statement)
    made, secrets = opening.write(to, alice.dev_dh_private, alice.index, payload, b"\x87" * 32)
    yield from differences(stated, {
        "payload": opening.encode_payload(payload),
        "hash before e": opening.begin(to, identity.SUITE_CLASSIC).h, "handshake hash": secrets.h,
        "k": secrets.key, "opening": made, "name": opening.name_of(made),
        "session id": secrets.session_id, "root key": secrets.root_key,
        "header key": secrets.header_key, "next header key": secrets.next_header_key})


def of_openings():
    stated = blocks("Worked examples of sections 15 and 16")
    alice = identity.Device(b"\x01" * 32, b"\x03" * 32, b"\x04" * 32, 5, 1767225600)
    bob = identity.Device(b"\x21" * 32, b"\x23" * 32, b"\x24" * 32, 6, 1767225600)
    signed = prekey.Prekey(identity.SUITE_CLASSIC, 6, 0x01020304,
                           sodium.x25519_public(b"\x25" * 32), 1767225600,
                           1767225600 + prekey.PREKEY_USE_S, 0, bytes(32))
    one = prekey.OneTime(0x0A0B0C0D, sodium.x25519_public(b"\x26" * 32))
    yield from differences(stated[0], {
        "recipient's root": bob.root, "recipient's dev_dh": bob.dev_dh,
        "signed prekey": prekey.write_prekey(signed, bob.dev_sig_seed, bob.root),
        "one-time prekey": prekey.write_one_times([one]),
        "mask": opening.mask_key(b"veche", bob.root, 6)})
    to = opening.Recipient(b"veche", bob.root, 6, bob.dev_dh, signed, one)
    yield from of_opening(stated[1], alice, to, b"live")
    yield from of_opening(stated[2], alice, dataclasses.replace(to, one_time=None), b"")


def of_ratchet():
    secrets = opening.Secrets(b"", b"", b"\x11" * 16, b"\x22" * 32, b"\x33" * 64, b"\x44" * 64)
    public = sodium.x25519_public(b"\x55" * 32)
    one = ratchet.Ratchet.initiator(secrets, public, b"\x66" * 32)
    two = ratchet.Ratchet.recipient(secrets, b"\x55" * 32)
    made = {"prekey": public, "initiator at first": state.write(one)[0],
            "recipient at first": state.write(two)[0]}
    sent = [one.send(text) for text in (b"one", b"two", b"three")]
    made.update({f"frame 1, {n}": frame for n, frame in enumerate(sent)})
    heard = [two.receive(sent[place], 20000)[2] for place in (0, 2)]
    made["recipient then"], rows = state.write(two)
    made["kept key 1, 1"] = rows[1, 1]
    made["answer 1, 0"] = two.send(b"four", b"\x77" * 32)
    heard.append(one.receive(made["answer 1, 0"], 20000)[2])
    made["frame 2, 0"] = one.send(b"five", b"\x88" * 32)
    heard.append(two.receive(made["frame 2, 0"], 20000)[2])
    made["recipient later"] = state.write(two)[0]
    heard.append(two.receive(sent[1], 20000)[2])
    made["recipient at last"], made["initiator at last"] = state.write(two)[0], state.write(one)[0]
    if heard != [b"one", b"three", b"four", b"five", b"two"]:
        yield f"what was heard is {heard}"
    yield from differences(blocks("Worked example of sections 17 and 18")[0], made)


def of_blinding():
    seed = identity.record_seed(identity.root_seed(b"\x01" * 32), 0)
    record = sodium.ed25519_public(seed)
    factors = (blinding.factor_of_device(record, 20455, 5),
               blinding.factor_of_invite(record, 20455, b"\x05" * 16))
    message = label_bytes("example") + b"hello"
    for stated, factor in zip(blocks("Worked examples of section 20"), factors, strict=True):
        key = blinding.Blinded(seed, factor)
        if blinding.blind_public(record, factor) != key.public:
            yield "the two halves are not of one key"
        yield from differences(stated, {
            "h": number(factor, 32), "P'": key.public, "place": blinding.place(key.public),
            "a'": number(key.secret, 32), "nonce key": key.nonce_key,
            "signature": key.sign(message)})


def of_accounts(stated, device, record_seed, place, live):
    """The first two blocks: the device says much, and little."""
    signed = prekey.Prekey(identity.SUITE_CLASSIC, 5, 0x01020304,
                           sodium.x25519_public(b"\x25" * 32), 1767225600, 1769817600, 0,
                           bytes(32))
    bare = record.Account(device.root, device.certificate,
                          prekey.write_prekey(signed, device.dev_sig_seed, device.root))
    full = dataclasses.replace(
        bare, stamp_price=22, live=live, hosts=((b"\x0a" * 16, IPV4),),
        contacts=(b"\x0b" * 32, (IPV6,)))
    for block, account in zip(stated, (full, bare), strict=True):
        made = record.write_account(account, place, 1767312000000,
                                    (record_seed, device.dev_sig_seed), b"\x02" * 32,
                                    lambda length: b"\x07" * length)
        if record.read_device(made, place, identity.fingerprint(device.root),
                              (b"\x02" * 32,)) != account:
            yield "the account is not read as it was written"
        plain = place.read(made)[2]
        everything = {"place": place.place, "seal": place.seal, "for contacts": plain[324:430],
                      "dev_sig's signature": plain[-64:],
                      "record": digest(256, "", message=made)}
        yield from differences(block, {name: everything[name] for name in block})


def of_records():
    stated = blocks("Worked examples of section 7", DHT_SPEC)
    device = identity.Device(b"\x01" * 32, b"\x03" * 32, b"\x04" * 32, 5, 1767225600)
    seed = identity.record_seed(device.root_seed, 0)
    public, new = [sodium.ed25519_public(identity.record_seed(device.root_seed, g)) for g in (0, 1)]
    live = statement.Live(1, (0, 5), 1767225600 + statement.LIVE_S)
    place = record.Place(public, 20455, 5)
    yield from of_accounts(stated[:2], device, seed, place,
                           statement.write_live(live, device.root_seed))
    forward = statement.write_forward(
        statement.Forward(0, public, 1, new, 1767225600, 1767225600 + statement.FORWARD_S),
        device.root_seed)
    made = record.write_forward(device.root, forward, place, 1767312000000, seed, b"\x07" * 24)
    yield from differences(stated[2], {"record": digest(256, "", message=made)})
    invite = record.Place(public, 20455, secret=b"\x05" * 16)
    made = record.write_invite((IPV4,), invite, 1767312000000, seed, b"\x07" * 24)
    yield from differences(stated[3], {"place": invite.place, "seal": invite.seal,
                                       "record": digest(256, "", message=made)})


EXAMPLES = [of_identity, of_links, of_openings, of_ratchet, of_blinding, of_records]
