#!/usr/bin/env python3
"""Every Nth allocation of a node fails, from the first of the process to the last.

A node that has too little memory may refuse, break a connection off or end with a word; it
may not die by a signal, hang, or promise what it then does not keep.  Three scenes: a first
start, a meeting, a conversation.  The whole: --step 1 --scenes start,meet,talk
"""

import os

import lab


class Short:
    """What fails next, and the mark that it did."""

    def __init__(self, world):
        self.library = lab.preload_library("vc_fail_alloc")
        self.mark = os.path.join(world.directory, "mark")

    def how(self, number):
        if os.path.exists(self.mark):
            os.unlink(self.mark)
        return {"preload": [self.library],
                "environment": {"VC_FAIL_ALLOC": str(number), "VC_FAIL_MARK": self.mark}}

    def has_struck(self):
        return os.path.exists(self.mark)


def asked(client, method, **params):
    """What a careful program makes of an answer: the result, or None for a refusal."""
    try:
        return client.call(method, **params)
    except lab.RpcError as error:
        lab.demand(error.hint, f"{method}: {error} has no hint")
        return None


def ended_well(node, number, scene):
    """The node was asked to stop, or has ended by itself: not by a signal."""
    if node.process is None:
        return
    if node.is_running():
        node.process.terminate()
    code = node.wait(5)
    lab.demand(0 <= code < 99, f"{scene}: allocation {number}: ended with {code}\n"
                               f"{node.log_tail(40)}")


def began(node, number, scene, **how):
    """Starts it; false when it has ended with a word instead."""
    node.spawn(**how)
    lab.until(node.is_ready, 10, f"{scene}: allocation {number}: no start, no end")
    if node.is_running():
        return True
    size = os.path.getsize(node.log_path)
    lab.demand(size > 0, f"{scene}: allocation {number}: ended without a word")
    ended_well(node, number, scene)
    return False


def first_start(world, short, number):
    node = world.node("new")
    node.directory = os.path.join(world.directory, f"new{number}")
    node.config("")
    promised = None
    if began(node, number, "start", **short.how(number)):
        try:
            with node.client() as client:
                promised = asked(client, "invite.create", note="somebody")
                asked(client, "node.status")
                asked(client, "rpc.discover")
                asked(client, "node.report")
                asked(client, "node.log")
        except (OSError, ValueError):
            pass
    ended_well(node, number, "start")
    has_struck = short.has_struck()
    node.start()
    if promised:
        kept = [invite["text"] for invite in node.call("invite.list")["invites"]]
        lab.demand(promised["invite"]["text"] in kept,
                   f"start: allocation {number}: a promised invite is lost")
    node.stop()
    return has_struck


def meet(world, short, number, host):
    node = world.node("guest")
    node.directory = os.path.join(world.directory, f"guest{number}")
    node.config("")
    invite = host.call("invite.create", note=f"guest{number}")["invite"]
    promised = None
    if began(node, number, "meet", **short.how(number)):
        try:
            with node.client() as client:
                promised = asked(client, "join.start", invite=invite["text"], name="host")
                if promised:
                    lab.until(lambda: (asked(client, "join.list") or {"joins": [{"state": ""}]})
                              ["joins"][0]["state"] == "done", 5, "joined")
                asked(client, "contacts.list")
        except lab.Hangs:
            raise
        except (OSError, ValueError, IndexError, lab.Failed):
            pass
    ended_well(node, number, "meet")
    has_struck = short.has_struck()
    node.start()
    if not promised:
        node.call("join.start", invite=invite["text"], name="host")
    lab.until(lambda: node.call("join.list")["joins"][0]["state"] == "done", 20,
              f"meet: allocation {number}: joined in the end\n{node.log_tail()}")
    node.stop()
    host.call("contacts.remove", contact=f"guest{number}")
    return has_struck


def talk(short, number, node, other, writers):
    """A conversation that a short memory disturbs on one side."""
    texts = {}
    if began(node, number, "talk", **short.how(number)):
        try:
            with node.client() as client, other.client() as far:
                asked(client, "events.subscribe")
                for turn in range(2):
                    text = f"talk {number} {turn}"
                    sent = asked(client, "messages.send", contact="#1", text=text, token=text)
                    if sent:
                        texts[sent["message"]["id"]] = text
                answer = far.call("messages.send", contact="#1", text=f"answer {number}")
                texts[answer["message"]["id"]] = f"answer {number}"
                asked(client, "contacts.get", contact="#1")
                lab.until(lambda: far.call("messages.get", id=answer["message"]["id"])
                          ["message"]["state"] != "queued", 2, "delivered")
                asked(client, "messages.list", contact="#1", limit=10)
                asked(client, "messages.mark_read", contact="#1")
        except lab.Hangs:
            raise
        except (OSError, ValueError, lab.Failed):
            pass
    ended_well(node, number, "talk")
    writers.update(texts)
    return short.has_struck()


def check_talk(node, other, texts):
    node.start()
    lab.settle([node, other], 30)
    for side in (node, other):
        shown = {}
        for message in side.conversation():
            lab.demand(message["id"] not in shown, f"{side.name} shows a message twice")
            shown[message["id"]] = message["text"]
        for name, text in texts.items():
            lab.demand(shown.get(name) == text, f"{side.name} has lost {text!r}")
    node.stop()


def scene_of_start(world, short, numbers):
    return next((number for number in numbers if not first_start(world, short, number)), None)


def scene_of_meeting(world, short, numbers):
    host = world.node("host").start()
    end = next((number for number in numbers if not meet(world, short, number, host)), None)
    host.stop()
    return end


def scene_of_talk(world, short, numbers):
    node, other = world.node("alice").start(), world.node("bob").start()
    lab.pair(node, other)
    node.stop()
    texts, end = {}, None
    for place, number in enumerate(numbers):
        if not talk(short, number, node, other, texts):
            end = number
            break
        if place % 50 == 49:
            check_talk(node, other, texts)
    check_talk(node, other, texts)
    other.stop()
    return end


SCENES = {"start": scene_of_start, "meet": scene_of_meeting, "talk": scene_of_talk}


def body(world, given):
    short = Short(world)
    told = []
    for scene in given.scenes.split(","):
        first = world.random.randrange(given.step) + 1
        end = SCENES[scene](world, short, range(first, given.last, given.step))
        tried = len(range(first, end or given.last, given.step))
        told.append(f"{scene}: {tried} of the allocations up to {end or given.last}")
    return (f"one failing allocation at a time ({'; '.join(told)}): no signal, no hang, "
            f"no false promise")


GIVEN = lab.arguments(__doc__, step=97, last=1000000, scenes="start,meet,talk")
lab.run(body, GIVEN)
