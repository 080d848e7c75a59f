#!/usr/bin/env python3
"""Somebody keeps all that two nodes ever wrote to their stores, and steals both directories.

He has every version of every page, every frame that was sealed, and the keys of the stolen
directories. Before the epoch turns he opens the frames again: that is the control. After a turn,
which a clean stop makes, he finds no key of any of them, whichever of the two he has robbed, nor
the root that was taken off. What is left is the first chain behind an opening that named no
one-time prekey (crypto/SPEC.md, 15).
The whole: --texts 2000
"""

import json
import os
import shutil
import subprocess

import lab

RECORDER = os.environ.get("VC_POWERLOSS_RECORD") or os.path.join(
    lab.ROOT, "build/dev/tests/powerloss/libvc_powerloss_record.so")
THIEF = os.environ.get("VC_THIEF") or os.path.join(lab.ROOT, "build/dev/tests/e2e/vc_thief")


class Watched:
    """A node, and the record of all that it writes."""

    def __init__(self, world, name):
        self.node = world.node(name)
        self.name = name
        self.record = os.path.join(world.directory, f"{name}.writes")
        self.lives = 0

    def start(self):
        self.lives += 1
        self.node.start(preload=[RECORDER], environment={
            "VECHE_POWERLOSS_DIR": self.node.directory,
            "VECHE_POWERLOSS_LOG": f"{self.record}.{self.lives}"})

    def steal(self, when):
        """A copy of the directory, as it is now."""
        copy = f"{self.node.directory}.{when}"
        shutil.copytree(self.node.directory, copy)
        return copy

    def thief(self, task, directory, lines=None):
        records = [f"{self.record}.{life + 1}" for life in range(self.lives)]
        done = subprocess.run([THIEF, task, directory, os.path.join(directory, "store.mdb"),
                               *records], input=lines, capture_output=True, text=True,
                              check=False)
        lab.demand(done.returncode == 0, f"the thief fails: {done.stderr}")
        return done.stdout

    def opens(self, directory, objects):
        return json.loads(self.thief("open", directory, "".join(objects)))

    def secrets(self, directory):
        """What kinds of secrets there are."""
        return {line.split()[0] for line in self.thief("secrets", directory).splitlines()}


def talk(one, other, texts):
    """One writes, and the other answers now and then, so that the ratchet turns."""
    with one.node.client() as client, other.node.client() as answers:
        for number in range(texts):
            client.call("messages.send", contact="#1", text=f"{one.name} writes {number}")
            if number % 7 == 3:
                answers.call("messages.send", contact="#1", text=f"an answer to {number}")
    lab.settle([one.node, other.node], 30)


def seal_something(alice, bob, texts):
    """Both talk and die; gives their directories of then, and what was sealed for the other."""
    for side in (alice, bob):
        side.start()
    lab.pair(alice.node, bob.node)
    talk(alice, bob, texts)
    for side in (alice, bob):
        side.node.kill()
    before = {side: side.steal("before") for side in (alice, bob)}
    sealed = {}
    for side in (alice, bob):
        lines = side.thief("objects", before[side]).splitlines(keepends=True)
        sealed[side] = sorted(set(lines), reverse=True)  # openings, then frames
    return before, sealed


def take_root_off(node):
    shown = node.call("identity.words")
    words = shown["words"].split()
    node.call("identity.drop_root", **{nth: words[shown[f"ask_{nth}"] - 1]
                                       for nth in ("first", "second", "third")})


def turn(alice, bob):
    """They live on without their roots, and end as they should; gives their directories of then."""
    for side in (alice, bob):
        side.start()
        take_root_off(side.node)
    talk(bob, alice, 1)
    for side in (alice, bob):
        side.node.stop()
    return {side: side.steal("after") for side in (alice, bob)}


def body(world, given):
    alice, bob = Watched(world, "alice"), Watched(world, "bob")
    before, sealed = seal_something(alice, bob, given.texts)
    after = turn(alice, bob)
    words = []
    for side in (alice, bob):
        lab.demand("words" in side.secrets(before[side]), "the control does not find the root")
        lab.demand(not {"words", "root"} & side.secrets(after[side]),
                   f"{side.name}'s root was taken off, and is still there")
    for thief, other in ((bob, alice), (alice, bob)):
        for writer, side in ((other, "recipient"), (thief, "sender")):
            objects = sealed[writer]
            had = thief.opens(before[thief], objects)
            got = thief.opens(after[thief], objects)
            lab.demand(had["states"] > 1 and got["states"] == 1 and got["kept"] == 0,
                       f"{thief.name} has {got} after a turn, {had} before")
            lab.demand(got["opened"] == 0, f"{thief.name}'s directory opens {got}")
            if side == "recipient":
                # A few states never reach the disk: several turns are one commit.
                lab.demand(had["opened"] >= 0.9 * had["frames"],
                           f"the control opens {had}")
                # The first chain goes with the signed prekey where no one-time one was used.
                lab.demand(got["first_chain"] == 0 or got["begun"] > 0, f"{got}")
            words.append(f"{side} {thief.name} {had['opened']} of {had['frames']} -> "
                         f"{got['opened']} (first chain {got['first_chain']})")
    return ("the root is gone, and frames that open before -> after the turn: " +
            ", ".join(words))


GIVEN = lab.arguments(__doc__, texts=200)
lab.run(body, GIVEN)
