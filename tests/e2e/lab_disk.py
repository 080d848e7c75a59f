#!/usr/bin/env python3
"""A disk that is full, and a disk that does not keep what is written.

A 16 MB tmpfs is filled by writing until the node refuses; it must say why and what to do,
keep and deliver all that it had accepted, start on the full disk, and go on when there is
space again.  Then fdatasync() fails, once and for a while.
"""

import os
import subprocess

import lab

MEGABYTE = 1 << 20


def write_until_refused(client, size, texts, prefix):
    """Gives the refusal."""
    number = 0
    while True:
        text = f"{prefix} {number} ".ljust(size, "x")
        try:
            sent = client.call("messages.send", contact="#1", text=text, token=f"{prefix}{number}")
        except lab.RpcError as error:
            return error
        texts[sent["message"]["id"]] = text
        number += 1
        lab.demand(number * size < 64 * MEGABYTE, "16 MB took more than 64 MB of text")


def check_texts(node, texts, where):
    shown = {message["id"]: message["text"] for message in node.conversation()}
    for name, text in texts.items():
        lab.demand(shown.get(name) == text, f"{where}: {text[:20]!r} is not there")


def make_tmpfs(path):
    os.makedirs(path)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16m,mode=0700", "tmpfs", path], check=True)


def fill(path):
    """Takes what space is left, to the last byte."""
    with open(path, "wb") as file:
        for size in (MEGABYTE, 4096, 1):
            try:
                while True:
                    os.write(file.fileno(), bytes(size))
            except OSError:
                pass


def full_disk(world, given):
    disk = os.path.join(world.directory, "small")
    make_tmpfs(disk)
    ballast = os.path.join(disk, "ballast")
    with open(ballast, "wb") as file:
        file.write(bytes(4 * MEGABYTE))
    node, other = world.node("alice", directory=os.path.join(disk, "alice")), world.node("bob")
    node.start()
    other.start()
    lab.pair(node, other)
    other.stop()
    texts = {}
    with node.client() as client:
        refusal = write_until_refused(client, given.size, texts, "full")
        lab.demand(refusal.name == "disk_full" and refusal.hint, f"refused with {refusal}")
        status = client.call("node.status")
        lab.demand(status["health"]["name"] == "disk_full" and not status["is_usable"],
                   f"the status says {status['verdict']!r}")
        lab.demand("disk is full" in status["verdict"], f"the status says {status['verdict']!r}")
    check_texts(node, texts, "on the full disk")
    fill(os.path.join(disk, "rest"))
    node.kill()
    node.start()
    check_texts(node, texts, "after a kill on the full disk")
    # To be sent there needs no space; the receipts wait for some.
    other.start()
    lab.until(lambda: len(other.conversation()) == len(texts), 30,
              f"what was accepted is delivered from a full disk: {node.log_tail()}")
    answers = {}
    for number in range(20):
        sent = other.call("messages.send", contact="#1", text=f"answer {number}")
        answers[sent["message"]["id"]] = f"answer {number}"
    lab.demand(all(other.call("messages.get", id=name)["message"]["state"] == "queued"
                   for name in answers), "a full disk has acknowledged a message")
    os.unlink(ballast)
    os.unlink(os.path.join(disk, "rest"))
    lab.until(lambda: node.call("node.status")["health"] is None, 30,
              f"it goes on when there is space: {node.log_tail()}")
    lab.settle([node, other], 30)
    sent = node.call("messages.send", contact="#1", text="after")
    texts[sent["message"]["id"]] = "after"
    texts.update(answers)
    lab.settle([node], 10)
    for side in (node, other):
        check_texts(side, texts, side.name)
        lab.demand(len(side.conversation()) == len(texts), f"{side.name} shows more than was sent")
    node.stop()
    other.stop()
    return len(texts), refusal


def one_failure(node, other, once, number):
    """fdatasync() fails once: what is answered meanwhile is an error or is kept."""
    open(once, "w", encoding="ascii").close()
    writer = lab.Writer(node, f"once{number}", 20, window=4)
    writer.start()
    writer.finish(30)
    lab.demand(not os.path.exists(once), "no fdatasync failed")
    lab.demand(set(writer.refusals) <= {"store_io"}, f"refused with {writer.refusals}")
    lab.settle([node], 20)
    lab.check_order(writer, node.conversation(), node.name)
    lab.check_order(writer, other.conversation(), other.name)
    return sum(writer.refusals.values())


def long_failure(node, other, always):
    open(always, "w", encoding="ascii").close()
    with node.client() as client:
        for _ in range(2):
            try:
                client.call("messages.send", contact="#1", text="not kept", token="long")
                raise lab.Failed("a failing disk promised to keep a text")
            except lab.RpcError as error:
                lab.demand(error.name == "store_io" and error.hint, f"refused with {error}")
        status = client.call("node.status")
        lab.demand(status["health"]["name"] == "store_io" and not status["is_usable"],
                   f"the status says {status['verdict']!r}")
        # What comes from outside is not acknowledged either.
        sent = other.call("messages.send", contact="#1", text="from outside")["message"]["id"]
        lab.demand(other.call("messages.get", id=sent)["message"]["state"] == "queued",
                   "a failing disk has acknowledged a message")
    os.unlink(always)
    lab.until(lambda: node.call("node.status")["health"] is None, 30,
              f"it recovers: {node.log_tail()}")
    node.call("messages.send", contact="#1", text="not kept", token="long")
    lab.settle([node, other], 20)
    for side in (node, other):
        texts = [message["text"] for message in side.conversation()]
        lab.demand(texts.count("not kept") == 1 and texts.count("from outside") == 1,
                   f"{side.name} does not show each text once")


def failing_disk(world, given):
    once, always = os.path.join(world.directory, "once"), os.path.join(world.directory, "always")
    node, other = world.node("carol"), world.node("dave").start()
    node.start(preload=[lab.preload_library("vc_fail_sync")],
               environment={"VC_FAIL_SYNC_ONCE": once, "VC_FAIL_SYNC_ALWAYS": always})
    lab.pair(node, other)
    refused = sum(one_failure(node, other, once, number) for number in range(given.failures))
    long_failure(node, other, always)
    with open(node.log_path, encoding="utf-8") as log:
        lab.demand("the disk did not keep what was written" in log.read(), "the log does not say why")
    node.stop()
    other.stop()
    return refused


def body(world, given):
    kept, refusal = full_disk(world, given)
    refused = failing_disk(world, given)
    return (f"full: refused with {refusal.name!r}, {kept} accepted texts kept and delivered, went on "
            f"with space; {given.failures} single failing fdatasync ({refused} refusals) and a long "
            f"failure: nothing promised, recovered by itself")


GIVEN = lab.arguments(__doc__, size=30000, failures=5)
lab.in_namespaces("mount")
lab.run(body, GIVEN)
