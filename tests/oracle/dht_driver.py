"""The oracle behind the same lines as tests/vectors/dht_driver (tests/vectors/README.md)."""

import blinding
import dht
import driver
import identity
import record
import statement
from driver import Answer, as_bytes, as_index, as_number, fixed, maybe, words


def as_network(word):
    network = as_bytes(word)
    if not 1 <= len(network) <= 32:
        raise Answer("usage")
    return network


def as_bit(word):
    if word not in ("0", "1"):
        raise Answer("usage")
    return word == "1"


def as_keys(word):
    data = as_bytes(word)
    if len(data) % 32 or len(data) > 32 * record.KEYS_MAX:
        raise Answer("usage")
    return [data[at:at + 32] for at in range(0, len(data), 32)]


class DhtDriver(driver.Driver):
    """All lines but "ask" and "reply", which draw."""

    COMMANDS = {
        "id": (as_bit, as_bytes, fixed(32)), "place": (fixed(32),),
        "request": (as_bit, as_bytes), "answer": (as_bytes,),
        "asked": (as_network, fixed(32), as_bytes),
        "answered": (as_network, fixed(32), maybe(32), as_bytes),
        "record": (as_bytes,),
        "account": (fixed(32), as_number, as_index, fixed(32), as_keys, as_bytes),
        "invite": (fixed(32), as_number, fixed(16), as_bytes),
    }
    MAY_BE_RAW = ()

    def reset(self):
        """There is nothing to forget."""

    @staticmethod
    def id(is_bound, ip, key):
        if len(ip) not in dht.IP_LEN.values():
            raise Answer("usage")
        return f"{dht.node_id(ip, key, is_bound):016x}"

    @staticmethod
    def place(place):
        return f"{dht.place_id(place):016x}"

    @staticmethod
    def request(has_cookie, body):
        return words(dht.write_request(*dht.read_request(body, has_cookie)))

    @staticmethod
    def answer(body):
        return words(dht.write_answer(dht.read_answer(body)))

    @staticmethod
    def asked(network, private, datagram):
        try:
            request = dht.open_request(network, private, datagram)
        except dht.NoMask:
            raise Answer("not_found") from None
        return words("hello" if request.is_hello else "request", request.flags, request.txid,
                     request.asker, request.body)

    @staticmethod
    def answered(network, private, asked, datagram):
        txid, _, key, body = dht.open_answer(network, private, asked, datagram)
        return words(txid, key, body)

    @staticmethod
    def record(data):
        found = record.read(data)
        return words(blinding.place(found.key), f"{found.seq:016x}", found.expiry)

    @staticmethod
    def account(public, epoch, index, root, keys, data):
        place = record.Place(public, epoch, index)
        found = record.read_device(data, place, identity.fingerprint(root), keys)
        if isinstance(found, statement.Forward):
            return words("forward", root, place.read(data)[2][33:33 + statement.FORWARD_LEN])
        node = () if found.contacts is None else (found.contacts[0], b"".join(found.contacts[1]))
        return words("account", found.root, found.certificate, found.prekey, found.stamp_price,
                     found.live, b"".join(name + address for name, address in found.hosts), *node)

    @staticmethod
    def invite(public, epoch, secret, data):
        return words(b"".join(record.read_invite(data, record.Place(public, epoch, secret=secret))))
