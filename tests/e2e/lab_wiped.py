#!/usr/bin/env python3
"""The memory of running nodes is searched for every key that was to be used once.

The nodes are veched with tests/e2e/teller.c linked in, which tells such keys as they are used:
message keys and what is made of them, chain and root keys before a step, ratchet keys whose turn
is over, shared secrets, ephemeral keys of openings, one-time prekeys. When the talk is over none
of them stands in any writable page, of the heap, the stacks or the libraries. The control wipes
nothing. It takes root to look. The whole: --texts 1000
"""

import os
import shutil
import subprocess

import lab

BUILT = os.path.join(lab.ROOT, "build/dev/tests/e2e")
lab.VECHED = os.environ.get("VC_TOLD_VECHED") or os.path.join(BUILT, "vc_told_veched")
SEARCH = os.environ.get("VC_MEMORY_SEARCH") or os.path.join(BUILT, "vc_memory_search")


class Told:
    """A node, and the keys that it has told."""

    def __init__(self, world, name, is_wiping):
        self.node = world.node(name)
        self.path = os.path.join(world.directory, f"{name}.told")
        self.environment = {"VC_TELLER_FILE": self.path}
        if not is_wiping:
            self.environment["VC_TELLER_KEEPS"] = "1"

    def start(self):
        self.node.start(environment=self.environment)

    def used_up(self):
        """Hex -> what it was, of those keys that have nothing to do any more."""
        with open(self.path, encoding="ascii") as file:
            told = [line.split() for line in file]
        seen, prekeys = {}, {key for what, key in told if what == "prekey"}
        for what, key in told:
            seen[(what, key)] = seen.get((what, key), 0) + 1
        # A ratchet key makes a sending chain, and then the receiving one that answers it.
        return {key: what for (what, key), count in seen.items()
                if key not in prekeys and (what != "own" or count > 1)}

    def search(self):
        """What of these the process still has: (what, where), and how much was searched."""
        keys = self.used_up()
        done = subprocess.run([SEARCH, str(self.node.pid())], input="\n".join(keys),
                              capture_output=True, text=True, check=False,
                              timeout=60 * lab.PATIENCE)
        lab.demand(done.returncode == 0, f"the search fails: {done.stderr}")
        *found, searched = done.stdout.splitlines()
        names = list(keys.values())
        places = [line.split(maxsplit=2) for line in found]
        return keys, [(names[int(number) - 1], where) for number, _, where in places], int(searched)


def talk(one, other, begin, end):
    with one.node.client() as client, other.node.client() as answers:
        for number in range(begin, end):
            client.call("messages.send", contact="#1", text=f"{one.node.name} writes {number}")
            if number % 5 == 2:
                answers.call("messages.send", contact="#1", text=f"an answer to {number}")
                lab.settle([one.node, other.node], 20)
    lab.settle([one.node, other.node], 20)


def put_back(side, other):
    """Its directory is put back to an older state, so that a new session begins; what it used
    up since then it has again, in the session that is over."""
    node, copy = side.node, f"{side.node.directory}.before"
    node.stop()
    shutil.copytree(node.directory, copy)
    told = os.path.getsize(side.path)
    side.start()
    talk(side, other, 0, 4)
    node.kill()
    shutil.rmtree(node.directory)
    os.rename(copy, node.directory)
    os.truncate(side.path, told)
    side.start()
    talk(other, side, 4, 8)
    talk(side, other, 8, 12)


def run_pair(world, names, texts, is_wiping):
    alice, bob = (Told(world, name, is_wiping) for name in names)
    for side in (alice, bob):
        side.start()
    lab.pair(alice.node, bob.node)
    talk(alice, bob, 0, texts // 2)
    alice.node.kill()
    alice.start()
    talk(bob, alice, texts // 2, texts)
    if is_wiping:  # what is wiped is "not there" to a session that ends: the control cannot
        put_back(bob, alice)
    results = [side.search() for side in (alice, bob)]
    for side in (alice, bob):
        side.node.stop()
    return results


def count_by_kind(found):
    kinds = {}
    for what, where in found:
        kinds[(what, where)] = kinds.get((what, where), 0) + 1
    return kinds


def body(world, given):
    if os.geteuid() != 0:
        lab.skip("only root reads the memory of a node")
    control = run_pair(world, ("carol", "dave"), given.texts, False)
    lab.demand(all(found for _, found, _ in control), "the control finds nothing")
    results = run_pair(world, ("alice", "bob"), given.texts, True)
    found = [place for _, places, _ in results for place in places]
    lab.demand(not found, f"found: {count_by_kind(found)}")
    kinds = {}
    for keys, _, _ in results:
        for what in keys.values():
            kinds[what] = kinds.get(what, 0) + 1
    searched = sum(size for _, _, size in results)
    left = [len({what_and_where for what_and_where in places}) for _, places, _ in control]
    return (f"{sum(kinds.values())} keys used up ({kinds}): 0 in {searched >> 20} MiB of memory; "
            f"the control, which wipes nothing, has {sum(len(p) for _, p, _ in control)} places "
            f"in {left} kinds")


if __name__ == "__main__":
    lab.run(body, lab.arguments(__doc__.splitlines()[0], texts=60))
