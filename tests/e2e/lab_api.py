#!/usr/bin/env python3
"""Every method and every event of the control protocol, held against veched's own table.

rpc.discover gives the table; what comes back from a method or as an event must have exactly
the fields that stand there, and what does not fit the table is refused by name.
"""

import json
import time

import lab

TYPES = {"string": str, "integer": int, "boolean": bool, "object": dict, "array": list}


class Table:
    def __init__(self, discovered):
        self.methods = {method["name"]: method for method in discovered["methods"]}
        self.objects = {thing["name"]: thing["fields"] for thing in discovered["objects"]}
        self.events = {event["kind"]: event["fields"] for event in discovered["events"]}
        self.errors = {error["name"]: error for error in discovered["errors"]}

    def check_value(self, field, value, where):
        kind = TYPES[field["type"]]
        lab.demand(isinstance(value, kind) and (kind is not int or not isinstance(value, bool)),
                   f"{where}: {value!r} is no {field['type']}")
        size = len(value.encode()) if kind is str else value
        if kind in (str, int):
            lab.demand(field.get("min") is None or size >= field["min"], f"{where}: {value!r}")
            lab.demand(field.get("max") is None or size <= field["max"], f"{where}: {value!r}")
        if field.get("values"):
            lab.demand(value in field["values"].split(), f"{where}: {value!r}")
        if kind is dict:
            self.check_fields(self.objects[field["object"]], value, where)
        if kind is list:
            for at, item in enumerate(value):
                if field.get("object"):
                    self.check_fields(self.objects[field["object"]], item, f"{where}[{at}]")
                else:
                    lab.demand(isinstance(item, str), f"{where}[{at}]: {item!r} is no string")

    def check_fields(self, fields, given, where):
        known = {field["name"]: field for field in fields}
        lab.demand(set(given) <= set(known), f"{where}: {set(given) - set(known)} is not in the table")
        for name, field in known.items():
            if given.get(name) is None:
                lab.demand(field["optional"], f"{where}.{name} is missing")
            else:
                self.check_value(field, given[name], f"{where}.{name}")

    def check_event(self, event):
        fields = {name: value for name, value in event.items() if name not in ("seq", "kind", "at")}
        lab.demand(event["kind"] in self.events, f"there is no event {event['kind']}")
        lab.demand("seq" in event or event["kind"] in ("presence", "gap"), f"{event} has no number")
        self.check_fields(self.events[event["kind"]], fields, event["kind"])


class Caller:
    """A client that holds everything against the table, and remembers what it has called."""

    def __init__(self, node, table, called, seen):
        self.client = node.client()
        self.table = table
        self.called = called
        self.seen = seen

    def call(self, method, /, **params):
        self.called.add(method)
        result = self.client.call(method, **params)
        self.table.check_fields(self.table.methods[method]["results"], result, method)
        self.take_events()
        return result

    def take_events(self):
        for event in self.client.events:
            self.table.check_event(event)
            self.seen.add(event["kind"])
        self.client.events.clear()

    def pump(self, seconds):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.client.pump(0.02)
            self.take_events()

    def refused(self, name, method, /, **params):
        self.called.add(method)
        try:
            self.client.call(method, **params)
        except lab.RpcError as error:
            lab.demand(error.name == name, f"{method} {params}: refused with {error}")
            lab.demand(error.hint == self.table.errors[name]["hint"], f"{method}: another hint")
            return
        raise lab.Failed(f"{method} {params} was not refused")


def wrong_params(caller):
    """For each parameter of each method: a wrong type, too short, too long, an unknown one."""
    tried = 0
    for name, method in caller.table.methods.items():
        good = {}
        for field in method["params"]:
            if not field["optional"]:
                good[field["name"]] = ("x" * max(1, field.get("min") or 1)
                                       if field["type"] == "string" else field.get("min") or 1)
        caller.refused("bad_params", name, **good, no_such_parameter=1)
        for field in method["params"]:
            bad = [[], {}, 1.5]
            if field["type"] == "string":
                bad += [7, True]
                if field.get("max") and field["max"] < 5000:
                    bad.append("x" * (field["max"] + 1))
                if field.get("min"):
                    bad.append("x" * (field["min"] - 1))
                if field.get("values"):
                    bad.append("nonsense")
            elif field["type"] == "integer":
                bad += ["1", True, 1 << 63]
                for side, step in (("min", -1), ("max", 1)):
                    if field.get(side) is not None and abs(field[side]) < 1 << 62:
                        bad.append(field[side] + step)
            elif field["type"] == "boolean":
                bad += [0, "yes"]
            for value in bad:
                caller.refused("bad_request" if value == 1 << 63 else "bad_params", name,
                               **{**good, field["name"]: value})
                tried += 1
            if not field["optional"]:
                caller.refused("bad_params", name, **{key: value for key, value in good.items()
                                                      if key != field["name"]})
    return tried


def meet(alice, bob):
    invite = alice.call("invite.create", note="bob", days=3)["invite"]
    alice.refused("invite_own", "join.start", invite=invite["text"])
    wrong = invite["text"][:-1] + ("A" if invite["text"][-1] != "A" else "B")
    bob.refused("invite_checksum", "join.start", invite=wrong)
    bob.refused("invite_bad", "join.start", invite="VECHE:A")
    bob.call("join.start", invite=invite["text"], name="alice")
    lab.until(lambda: bob.call("join.list")["joins"][0]["state"] == "done", 10, "bob joins")
    lab.until(lambda: alice.call("contacts.get", contact="bob")["contact"]["is_connected"], 10,
              "alice is connected")


def invites(world, alice, carol):
    revoked = alice.call("invite.create")["invite"]
    alice.call("invite.revoke", id=revoked["id"])
    alice.refused("no_invite", "invite.revoke", id=99999)
    states = {entry["id"]: entry["state"] for entry in alice.call("invite.list")["invites"]}
    lab.demand(states[revoked["id"]] == "revoked", f"a revoked invite is {states}")
    join = carol.call("join.start", invite=revoked["text"])["join"]
    lab.until(lambda: carol.call("join.list")["joins"][0]["state"] == "failed", 10,
              "a join with a revoked invite fails")
    carol.refused("not_found", "join.cancel", id=join["id"])
    gone = world.node("dave").start()
    text = gone.call("invite.create")["invite"]["text"]
    gone.stop()
    join = carol.call("join.start", invite=text)["join"]
    again = carol.call("join.start", invite=text)["join"]
    lab.demand(again["id"] == join["id"] and again["state"] == "connecting", f"again: {again}")
    carol.call("join.cancel", id=join["id"])
    carol.pump(0.2)


def conversation(alice, bob):
    first = alice.call("messages.send", contact="bob", text="one", token="t")["message"]
    again = alice.call("messages.send", contact="#1", text="one", token="t")["message"]
    lab.demand(first["id"] == again["id"], "one token made two messages")
    alice.refused("token_reused", "messages.send", contact="bob", text="two", token="t")
    alice.refused("no_contact", "messages.send", contact="nobody", text="x")
    alice.refused("too_long", "messages.send", contact="bob", text="x" * (32 * 1024 + 1))
    for number in range(9):
        alice.call("messages.send", contact="bob", text=f"text {number} \0\x1b[31m\u202e \U0001f600")
    lab.until(lambda: len(bob.call("messages.list", contact="alice")["messages"]) == 10, 10,
              "bob has all")
    page = bob.call("messages.list", contact="alice", limit=4)
    lab.demand(page["more"] and page["messages"][-1]["text"].startswith("text 8"), "the newest page")
    before = bob.call("messages.list", contact="alice", limit=4, before=page["messages"][0]["id"])
    lab.demand(before["messages"][-1]["text"].startswith("text 4"), "the page before")
    after = bob.call("messages.list", contact="alice", after=before["messages"][-1]["id"])
    lab.demand(after["messages"] == page["messages"] and not after["more"], "the page after")
    bob.refused("not_found", "messages.get", id="0" * 64)
    bob.refused("bad_params", "messages.get", id="z" * 64)
    bob.refused("not_found", "messages.list", contact="alice", before="0" * 64)
    bob.call("messages.mark_read", contact="alice")
    lab.until(lambda: alice.call("messages.get", id=first["id"])["message"]["state"] == "read", 10,
              "alice learns that it was read")
    own = alice.call("messages.list", contact="bob")["messages"]
    theirs = bob.call("messages.list", contact="alice")["messages"]
    lab.demand([message["id"] for message in own] == [message["id"] for message in theirs],
               "two orders")
    lab.demand([message["text"] for message in own] == [message["text"] for message in theirs],
               "other texts")


def people(alice, bob, bob_node):
    numbers = [side.call("contacts.verify", contact=name)["safety_number"]
               for side, name in ((alice, "bob"), (bob, "alice"))]
    lab.demand(numbers[0] == numbers[1], "two safety numbers")
    code = bob.call("contacts.verify", contact="alice")["code"]
    slip = code[:-1] + ("A" if code[-1] != "A" else "B")
    alice.refused("malformed", "contacts.verify", contact="bob", scan=slip)
    lab.demand(alice.call("contacts.verify", contact="bob", scan=code)["contact"]["is_verified"],
               "a scan does not mark")
    alice.call("contacts.verify", contact="bob", is_verified=False)
    alice.call("contacts.verify", contact="bob", is_verified=True)
    lab.demand(alice.call("contacts.get", contact="BOB")["contact"]["is_verified"], "verified")
    renamed = alice.call("contacts.rename", contact="bob", name="robert")["contact"]
    alice.refused("no_contact", "contacts.get", contact="bob")
    alice.refused("bad_name", "contacts.rename", contact="robert", name="a\nb")
    for way in (renamed["fingerprint"][:8], renamed["veche_id"], "#1"):
        alice.call("contacts.get", contact=way)
    alice.call("contacts.try", contact="robert")
    alice.call("contacts.block", contact="robert")
    alice.refused("blocked", "messages.send", contact="robert", text="x")
    alice.call("contacts.unblock", contact="robert")
    bob_node.stop()
    waiting = alice.call("messages.send", contact="robert", text="given up")["message"]
    given_up = alice.call("messages.abandon", id=waiting["id"])["message"]
    lab.demand(given_up["state"] == "failed" and given_up["failure"]["name"] == "abandoned",
               f"an abandoned message is {given_up}")
    alice.pump(0.2)
    alice.call("contacts.list")
    alice.call("contacts.remove", contact="robert")
    lab.demand(not alice.call("contacts.list")["contacts"], "a removed contact is there")


def root_and_address(node, carol):
    """The words, the root's way off the device, and what needs them again."""
    shown = carol.call("identity.words")
    words = shown["words"].split()
    lab.demand(len(words) == 24, f"{len(words)} words")
    carol.refused("words_wrong", "identity.drop_root", first="x", second="y", third="z")
    lab.demand(carol.call("node.status")["has_root"], "the root is gone after a wrong word")
    carol.call("address.extend")
    shown = carol.call("identity.words")
    asked = [words[shown[name] - 1] for name in ("ask_first", "ask_second", "ask_third")]
    carol.call("identity.drop_root", first=asked[0], second=asked[1], third=asked[2])
    node.kill()
    node.start()
    carol.client = node.client()
    status = carol.call("node.status")
    lab.demand(not status["has_root"] and status["moves"] == 0, f"after the words: {status}")
    carol.refused("no_root", "identity.words")
    carol.refused("no_root", "identity.drop_root", first="a", second="b", third="c")
    carol.refused("no_root", "address.renew")
    carol.refused("words_wrong", "address.renew", words=" ".join(["zoo"] * 24))
    carol.refused("words_wrong", "address.extend", words=" ".join(words[:23] + ["nonsense"]))
    invite = carol.call("invite.create")["invite"]
    moved = carol.call("address.renew", words=" ".join(words).upper())
    lab.demand(moved == {"moves": 1, "invites": 1}, f"{moved}")
    states = {entry["id"]: entry["state"] for entry in carol.call("invite.list")["invites"]}
    lab.demand(states[invite["id"]] == "revoked", f"after a move an invite is {states}")
    until = carol.call("address.extend", words=" ".join(word[:4] for word in words))["live_until"]
    status = carol.call("node.status")
    lab.demand(status["live_until"] == until and status["moved_at"], f"{status}")
    carol.call("events.subscribe", since=0)


def about_itself(alice):
    alice.call("owner.set", name="Alice B.", read_receipts=False)
    alice.refused("bad_name", "owner.set", name="\x1b[31m")
    status = alice.call("node.status")
    lab.demand(status["name"] == "Alice B." and not status["read_receipts"], "the owner's settings")
    lab.demand(status["is_usable"] and status["health"] is None, status["verdict"])
    alice.call("node.log", lines=5, level="info")
    report = alice.call("node.report")["text"]
    for secret in (status["name"], status["veche_id"], status["fingerprint"], status["directory"],
                   status["addresses"][0].rsplit(":", 1)[0]):
        lab.demand(secret not in report, f"the report tells {secret}")


def passphrase(caller):
    """lab_passphrase.py does it in every way."""
    caller.call("node.passphrase", new="one")
    caller.refused("exists", "node.passphrase", new="two")
    caller.call("node.passphrase", old="one", new="two")
    caller.call("node.passphrase", old="two")


def network(alice, bob):
    """Two nodes of a private network keep each other's records."""
    lab.until(lambda: (bob.call("node.status")["dht"]["published"] or {}).get("holders"), 15,
              "bob's record stands at alice's")
    state = alice.call("node.status")["dht"]
    lab.demand(state["is_joined"] and state["role"] == "router" and state["why"] == "private"
               and state["network"] == "lab" and state["records"] > 0, f"{state}")
    nodes = alice.call("dht.table")["nodes"]
    lab.demand(bob.call("node.status")["listen"][0] in [node["address"] for node in nodes],
               f"alice does not know bob's node: {nodes}")
    found = alice.call("dht.lookup", contact="bob")
    lab.demand(found["failure"] is None and found["record"]["kind"] == "account" and
               found["record"]["addresses"] == bob.call("node.status")["addresses"], f"{found}")
    sealed = alice.call("dht.lookup", place=found["place"])
    lab.demand(sealed["record"]["kind"] == "sealed" and sealed["day"] is None and
               sealed["record"]["written_at"] == found["record"]["written_at"], f"{sealed}")
    nothing = bob.call("dht.lookup", place="0" * 64)
    lab.demand(nothing["record"] is None and nothing["failure"]["name"] == "not_found", f"{nothing}")
    alice.refused("no_contact", "dht.lookup", contact="nobody")
    for params in ({}, {"place": "0" * 64, "contact": "bob"}, {"place": "g" * 64}):
        alice.refused("bad_params", "dht.lookup", **params)
    too_many_lookups(bob.client)


def too_many_lookups(client):
    """They come in one turn, so the first eight are still under way when the ninth is read."""
    requests = [{"jsonrpc": "2.0", "id": client.last_id + 1 + number, "method": "dht.lookup",
                 "params": {"place": f"{number}" * 64}} for number in range(9)]
    client.last_id += 9
    client.socket.sendall(b"".join(json.dumps(request).encode() + b"\n" for request in requests))
    for request in requests[:8]:
        lab.demand(client.reply(request["id"])["record"] is None, "a record of nobody")
    try:
        client.reply(client.last_id)
    except lab.RpcError as error:
        lab.demand(error.name == "busy", f"the ninth lookup was refused with {error}")
        return
    raise lab.Failed("the ninth lookup was not refused")


def lookup_of_who_leaves(node):
    """The client is gone before its answer is."""
    with node.client() as client:
        client.post("dht.lookup", place="3" * 64)
    node.call("node.status")


def body(world, _):
    nodes = [world.node(name) for name in ("alice", "bob", "carol")]
    for node in nodes:
        node.config("network.id = lab\n")
        node.start()
    table = Table(nodes[0].call("rpc.discover"))
    called, seen = set(), set()
    alice, bob, carol = (Caller(node, table, called, seen) for node in nodes)
    alice.call("rpc.discover")
    for caller in (alice, bob, carol):
        caller.call("events.subscribe", since=0)
    tried = wrong_params(alice)
    alice.refused("unknown_method", "no.such.method")
    called.discard("no.such.method")
    meet(alice, bob)
    invites(world, alice, carol)
    network(alice, bob)
    lookup_of_who_leaves(nodes[1])
    conversation(alice, bob)
    bob.pump(0.2)
    about_itself(alice)
    root_and_address(nodes[2], carol)
    passphrase(alice)
    people(alice, bob, nodes[1])
    carol.call("events.unsubscribe")
    alice.pump(0.2)
    alice.call("node.stop")
    lab.demand(called == set(table.methods), f"not called: {set(table.methods) - called}")
    not_seen = set(table.events) - seen - {"gap"}  # which takes a million events
    lab.demand(not not_seen, f"not seen: {not_seen}")
    return (f"{len(called)} methods and {len(seen)} kinds of events are as the table says, {tried} "
            f"wrong parameters are refused")


GIVEN = lab.arguments(__doc__)
lab.run(body, GIVEN)
