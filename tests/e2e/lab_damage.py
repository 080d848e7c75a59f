#!/usr/bin/env python3
"""Damaged stores: flipped bits, cut off, foreign, exchanged pages.

`veched --check` and a start must each end with a word and an exit code, or show what was
written and nothing else: no signal, no hang, no wrong text.  The whole: --files 1000
"""

import os
import shutil
import subprocess

import lab

PAGE = 4096


def flip_bits(data, chance):
    for _ in range(chance.choice([1, 1, 1, 4, 64])):
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)


def flip_in_meta(data, chance):
    for _ in range(chance.choice([1, 3])):
        data[chance.randrange(2 * PAGE)] ^= 1 << chance.randrange(8)


def cut(data, chance):
    del data[chance.choice([0, 1, PAGE - 1, PAGE, 2 * PAGE, chance.randrange(len(data)),
                            chance.randrange(len(data) // PAGE) * PAGE]):]


def exchange_pages(data, chance):
    one, two = (chance.randrange(len(data) // PAGE) * PAGE for _ in range(2))
    data[one:one + PAGE], data[two:two + PAGE] = data[two:two + PAGE], data[one:one + PAGE]


def blank_page(data, chance):
    at = chance.randrange(len(data) // PAGE) * PAGE
    data[at:at + PAGE] = bytes(PAGE)


def noise_page(data, chance):
    at = chance.randrange(len(data) // PAGE) * PAGE
    data[at:at + PAGE] = chance.randbytes(PAGE)


def foreign(data, chance):
    data[:] = chance.choice([b"", b"SQLite format 3\0" + bytes(8192), chance.randbytes(65536),
                             b"hello\n", bytes(1 << 20)])


DAMAGES = [flip_bits, flip_bits, flip_in_meta, cut, exchange_pages, blank_page, noise_page, foreign]


def store_file(directory):
    """The largest file of a node's directory."""
    files = [os.path.join(directory, name) for name in os.listdir(directory)]
    return max((path for path in files if os.path.isfile(path)), key=os.path.getsize)


def make_templates(world, given):
    """One store that was closed and one whose node was killed, with their texts by id."""
    node, other = world.node("alice").start(), world.node("bob").start()
    lab.pair(node, other)
    for writer in [lab.Writer(side, side.name, given.texts) for side in (node, other)]:
        writer.start()
        writer.finish(30)
    lab.settle([node, other], 20)
    truth = {message["id"]: message["text"] for message in node.conversation()}
    node.kill()
    other.stop()
    templates = [os.path.join(world.directory, name) for name in ("killed", "closed")]
    shutil.copytree(node.directory, templates[0])
    node.start()
    node.stop()
    shutil.copytree(node.directory, templates[1])
    return templates, truth


def run_check(directory, what):
    try:
        check = subprocess.run([lab.VECHED, "--dir", directory, "--check"], capture_output=True,
                               text=True, timeout=20 * lab.PATIENCE, check=False)
    except subprocess.TimeoutExpired:
        raise lab.Failed(f"{what}: --check hangs") from None
    lab.demand(check.returncode in (0, 1), f"{what}: --check ended with {check.returncode}: "
                                           f"{check.stderr}")
    lab.demand(check.stdout or check.stderr, f"{what}: --check says nothing")
    return check.returncode == 0


def shown_texts(node, what):
    """What the node shows of the conversation, or None when it says that it cannot."""
    try:
        with node.client() as client:
            client.call("node.status")
            page = client.call("messages.list", contact="#1", limit=1000)
            return {message["id"]: message.get("text") for message in page["messages"]}
    except lab.RpcError as error:
        lab.demand(error.hint, f"{what}: {error} has no hint")
        return None
    except (OSError, ValueError):
        return None  # the node has ended: how is looked at next


def run_node(node, truth, what):
    """Gives how it went: "refused", "shown", "ended"."""
    if os.path.exists(node.log_path):
        os.unlink(node.log_path)
    node.spawn()
    lab.until(node.is_ready, 20, f"{what}: no start, no end")
    if node.is_running():
        shown = shown_texts(node, what)
        if node.is_running():
            node.process.terminate()
        code = node.wait(5)
        lab.demand(code in (0, 1), f"{what}: ended with {code}: {node.log_tail()}")
        for name, text in (shown or {}).items():
            lab.demand(name in truth and truth[name] == text,
                       f"{what}: shows {text!r} for {truth.get(name)!r}")
        return "shown" if code == 0 and shown is not None else "ended"
    code = node.wait(5)
    lab.demand(code == 1, f"{what}: a start ended with {code}: {node.log_tail()}")
    lab.demand(node.log_tail(), f"{what}: a start ended without a word")
    return "refused"


def body(world, given):
    templates, truth = make_templates(world, given)
    node = world.node("victim")
    counts = {"refused": 0, "shown": 0, "ended": 0}
    whole = 0
    for number in range(given.files):
        damage = DAMAGES[number % len(DAMAGES)]
        what = f"file {number}, {damage.__name__}"
        shutil.rmtree(node.directory)
        shutil.copytree(templates[world.random.random() < 0.5], node.directory)
        path = store_file(node.directory)
        with open(path, "rb") as file:
            data = bytearray(file.read())
        damage(data, world.random)
        with open(path, "wb") as file:
            file.write(data)
        whole += run_check(node.directory, what)
        counts[run_node(node, truth, what)] += 1
    return (f"{given.files} damaged files: --check called {whole} whole; starts: {counts}; "
            f"no signal, no hang, no wrong text")


GIVEN = lab.arguments(__doc__, files=48, texts=100)
lab.run(body, GIVEN)
