"""The oracle behind the same lines as tests/vectors/dht_driver (tests/vectors/README.md)."""

import dht
import driver
from driver import Answer, as_bytes, fixed, maybe, words



def as_network(word):
    network = as_bytes(word)
    if not 1 <= len(network) <= 32:
        raise Answer("usage")
    return network


def as_bit(word):
    if word not in ("0", "1"):
        raise Answer("usage")
    return word == "1"


class DhtDriver(driver.Driver):
    """All lines but "ask" and "reply", which draw."""

    COMMANDS = {
        "id": (as_bit, as_bytes, fixed(32)), "place": (fixed(32),),
        "request": (as_bit, as_bytes), "answer": (as_bytes,),
        "asked": (as_network, fixed(32), as_bytes),
        "answered": (as_network, fixed(32), maybe(32), as_bytes),
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
