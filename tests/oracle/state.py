"""Section 18: a session as it is stored. Kept keys are apart, as rows: {(chain, N): key}."""

import ratchet
from primitives import Cursor, Malformed, number

VERSION = 1
ENCODED_MAX = 1400


def write_kept(chain):
    if not chain.kept:
        return number(0, 4)
    return (number(chain.kept, 4) + number(chain.low, 4) + number(chain.high, 4)
            + number(chain.until_day, 4))


def write_receiving(chain):
    return (chain.public + chain.key + chain.header_key + number(chain.n, 4) + write_kept(chain)
            if chain else b"")


def write_sending(chain):
    return chain.public + chain.key + chain.header_key + number(chain.n, 4) if chain else b""


def write(session):
    """(bytes, rows)"""
    sending, receiving = session.sending, session.receiving
    private = session.own_private if sending or not receiving else b""
    ret = (bytes([VERSION, 1 if sending else 0, 1 if receiving else 0]) + session.session_id
           + session.root_key + private + number(session.sending_count, 4)
           + number(sending.previous if sending else session.sent_in_last, 4)
           + write_sending(sending) + session.next_send + number(session.receiving_count, 4)
           + write_receiving(receiving) + session.next_receive + bytes([len(session.older)])
           + b"".join(number(chain.number, 4) + write_kept(chain) + chain.header_key
                      for chain in session.older))
    return ret, dict(sorted(session.rows.items()))


def read_flag(cursor):
    flag = cursor.number(1)
    if flag > 1:
        raise Malformed("a flag that is neither 0 nor 1")
    return flag == 1


def read_kept(cursor, chain, last):
    """last: every kept key has a lower number."""
    chain.kept = cursor.number(4)
    if not chain.kept:
        return
    chain.low, chain.high, chain.until_day = (cursor.number(4) for _ in range(3))
    if chain.kept > chain.high - chain.low or chain.high > last:
        raise Malformed("the bounds of kept keys")


def read_older(cursor, before):
    older = []
    for _ in range(cursor.number(1)):
        chain = ratchet.Receiving(cursor.number(4), b"", b"", b"")
        read_kept(cursor, chain, ratchet.N_MAX + 1)
        chain.header_key = cursor.take(64)
        if not chain.kept or not (older[-1].number if older else 0) < chain.number < before:
            raise Malformed("the order of older chains")
        older.append(chain)
    if len(older) > ratchet.CHAINS_MAX:
        raise Malformed("too many older chains")
    return older


def read(data, rows):
    """Whether the rows are those that the bytes speak of is not looked at."""
    cursor = Cursor(data)
    if cursor.number(1) != VERSION:
        raise Malformed("another version of stored sessions")
    is_sending, is_receiving = read_flag(cursor), read_flag(cursor)
    session = ratchet.Ratchet(cursor.take(16), cursor.take(32), b"", b"")
    if is_sending or not is_receiving:
        session.own_private = cursor.take(32)
    session.sending_count, previous = cursor.number(4), cursor.number(4)
    session.sent_in_last = previous
    if is_sending:
        session.sending = ratchet.Sending(cursor.take(32), cursor.take(32), cursor.take(64),
                                          previous, cursor.number(4))
        session.sent_in_last = session.sending.n
    session.next_send, session.receiving_count = cursor.take(64), cursor.number(4)
    if is_receiving:
        chain = session.receiving = ratchet.Receiving(
            session.receiving_count, cursor.take(32), cursor.take(32), cursor.take(64),
            cursor.number(4))
        if not chain.n:
            raise Malformed("a receiving chain of which nothing was opened")
        read_kept(cursor, chain, chain.n - 1)
    session.next_receive = cursor.take(64)
    session.older, session.rows = read_older(cursor, session.receiving_count), dict(rows)
    cursor.end()
    check_counts(session, previous)
    return session


def check_counts(session, previous):
    sending, receiving = session.sending_count, session.receiving_count
    if (receiving == 0) != (session.receiving is None) or (session.sending and not sending):
        raise Malformed("a number of chains that contradicts its flag")
    if session.sending and not 0 <= sending - receiving <= 1:
        raise Malformed("sending chains that do not come in turns")
    if not session.sending and not 0 <= receiving - sending <= 1:
        raise Malformed("receiving chains that do not come in turns")
    before = sending - 1 if session.sending else sending
    if previous and before == 0:
        raise Malformed("PN of a chain that was not")
    if session.kept() > ratchet.SKIPPED_MAX:
        raise Malformed("too many kept keys")
