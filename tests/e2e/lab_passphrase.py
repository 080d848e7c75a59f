#!/usr/bin/env python3
"""A passphrase on a real node: set, changed, removed, wrong, forgotten, at a terminal and in a pipe.

Whoever finds the directory of a node with a passphrase finds nothing in it: neither names nor
texts nor keys, in any file.  The passphrase itself stands in no file, no argument and no
environment.
"""

import os
import pty
import subprocess
import time

import lab

LOCKED = 8
WORDS = "a long walk home"
OTHER = "another walk, as long"


def veche(node, *words, stdin=""):
    return subprocess.run(
        [lab.VECHE, *words, "--dir", node.directory, "--socket", node.socket_path],
        input=stdin, capture_output=True, text=True, timeout=60 * lab.PATIENCE, check=False)


def expect(done, code, *parts):
    lab.demand(done.returncode == code,
               f"ended with {done.returncode}, not {code}:\n{done.stdout}{done.stderr}")
    for part in parts:
        lab.demand(part in done.stdout + done.stderr,
                   f"it does not say '{part}':\n{done.stdout}{done.stderr}")


def start_locked(node, passphrase):
    """As `veche up` does it: through a pipe that the process inherits; gives its exit code,
    or None when it runs."""
    reading, writing = os.pipe()
    os.write(writing, passphrase.encode())
    os.close(writing)
    with open(node.log_path, "ab") as log:
        node.process = subprocess.Popen(
            [*node.command(), "--passphrase-fd", str(reading)], stdin=subprocess.DEVNULL,
            stdout=log, stderr=log, pass_fds=[reading], start_new_session=True)
    os.close(reading)
    lab.until(node.is_ready, 20, f"{node.name} does not start:\n{node.log_tail()}")
    if node.process.poll() is None:
        return None
    code, node.process = node.process.returncode, None
    return code


def end_code(node):
    node.spawn()
    return node.wait(20)


def found_in(directory, needles):
    """What of @needles stands in a file of the directory."""
    found = set()
    for name in os.listdir(directory):
        path = os.path.join(directory, name)
        if os.path.isfile(path) and name != "veche.conf":
            with open(path, "rb") as file:
                content = file.read()
            found |= {needle for needle in needles if needle in content}
    return found


def set_in_every_way(node):
    """By the method itself: what is refused, and what another thread does meanwhile."""
    def refused(name, **params):
        try:
            node.call("node.passphrase", **params)
        except lab.RpcError as error:
            lab.demand(error.name == name, f"refused with {error.name}, not {name}")
            return
        raise lab.Failed(f"{params} is not refused with {name}")

    lab.demand(not node.call("node.status")["has_passphrase"], "there is a passphrase already")
    node.call("node.passphrase", new=WORDS)
    lab.demand(node.call("node.status")["has_passphrase"], "there is no passphrase")
    refused("exists", new=OTHER)
    refused("wrong_passphrase", old=OTHER, new=OTHER)
    refused("wrong_passphrase", old=OTHER)
    with node.client() as first, node.client() as second, node.client() as leaver:
        number = first.post("node.passphrase", old=WORDS, new=OTHER)
        second_number = second.post("node.passphrase", old=WORDS, new=OTHER)
        begun = time.monotonic()
        second.call("node.status")
        answered = time.monotonic() - begun
        answers = []
        for client, asked in ((first, number), (second, second_number)):
            try:
                client.reply(asked)
                answers.append("done")
            except lab.RpcError as error:
                answers.append(error.name)
        lab.demand(sorted(answers)[1] == "done" and
                   sorted(answers)[0] in ("busy", "wrong_passphrase"),
                   f"two changes at once gave {answers}")
        leaver.post("node.passphrase", old=OTHER, new=WORDS)
    # The leaver is gone before the answer; the change is made or not, but the node lives.
    lab.until(lambda: node.call("node.status")["has_passphrase"], 10, "it has a passphrase")
    time_end = time.monotonic() + 10 * lab.PATIENCE
    while time.monotonic() < time_end:
        try:
            node.call("node.passphrase", old=WORDS, new=WORDS)
            break
        except lab.RpcError as error:
            if error.name == "wrong_passphrase":
                node.call("node.passphrase", old=OTHER, new=WORDS)
                break
            lab.demand(error.name == "busy", f"it ended with {error.name}")
    return answered


def at_a_terminal(node):
    """Two wrong tries, then the right one; nothing that is typed can be seen."""
    pid, screen = pty.fork()
    if pid == 0:
        os.execv(lab.VECHE, [lab.VECHE, "up", "--no-invite", "--dir", node.directory,
                             "--socket", node.socket_path, "--listen", "127.0.0.1:0"])
    seen = b""

    def wait_for(words):
        nonlocal seen
        while words not in seen:
            try:
                part = os.read(screen, 4096)
            except OSError:
                part = b""
            lab.demand(part, f"the terminal does not show {words}:\n{seen.decode()}")
            seen += part
        seen = seen[seen.index(words) + len(words):]

    wait_for(b"passphrase of the store: ")
    os.write(screen, b"wrong one\r")
    wait_for(b"once more: ")
    os.write(screen, b"nonsense\x15" + WORDS.encode() + b"xy\x7f\x7f\r")
    everything = seen
    try:
        while part := os.read(screen, 4096):
            everything += part
    except OSError:
        pass
    _, status = os.waitpid(pid, 0)
    os.close(screen)
    lab.demand(os.waitstatus_to_exitcode(status) == 0, f"veche up failed:\n{everything}")
    lab.demand(WORDS.encode() not in everything and b"wrong one" not in everything,
               "the terminal shows what was typed")


def is_seen_in_proc(node, needle):
    pid = node.call("node.status")["pid"]
    for name in ("cmdline", "environ"):
        try:
            with open(f"/proc/{pid}/{name}", "rb") as file:
                if needle in file.read():
                    return True
        except PermissionError:
            pass
    return False


def body(world, _):
    alice, bob = world.node("alicecanary").start(), world.node("bobcanary").start()
    lab.pair(alice, bob)
    contact = alice.contact()
    for number in range(20):
        alice.call("messages.send", contact=contact, text=f"canary text {number}")
    lab.settle([alice], 10)
    root = bob.call("node.status")["fingerprint"]
    answered = set_in_every_way(alice)
    needles = [b"bobcanary", b"alicecanary", b"canary text", bytes.fromhex(root), root.encode(),
               WORDS.encode(), OTHER.encode()]
    lab.demand(not found_in(alice.directory, needles), "something is found while it runs")
    alice.stop()
    lab.demand(not found_in(alice.directory, needles), "something is found after the end")

    lab.demand(end_code(alice) == LOCKED, "it starts without the passphrase")
    lab.demand("locked with a passphrase" in alice.log_tail(), "it does not say why")
    lab.demand(start_locked(alice, OTHER) == LOCKED, "it starts with a wrong passphrase")
    lab.demand(start_locked(alice, "") == LOCKED, "it starts with none")
    lab.demand(start_locked(alice, WORDS) is None, "it does not start with the right one")
    lab.demand(len(alice.conversation(contact)) == 20, "the conversation is not there")
    lab.demand(not is_seen_in_proc(alice, WORDS.encode()), "others can see the passphrase")
    alice.kill()
    check = subprocess.run([lab.VECHED, "--dir", alice.directory, "--check"], check=False,
                           capture_output=True, text=True, timeout=60 * lab.PATIENCE)
    lab.demand(check.returncode == LOCKED, f"--check ended with {check.returncode}: {check.stderr}")
    lab.demand(start_locked(alice, WORDS) is None, "it does not start after a kill")

    # By the commands: a line of standard input each.
    expect(veche(alice, "passphrase", "set", stdin=f"{OTHER}\n"), 2, "there is a passphrase")
    expect(veche(alice, "passphrase", "forget"), 2, "set, change, remove")
    expect(veche(alice, "passphrase", "change", stdin=""), 2, "no passphrase was given")
    expect(veche(alice, "passphrase", "change", stdin=f"wrong\n{OTHER}\n"), LOCKED, "wrong")
    expect(veche(alice, "passphrase", "change", stdin=f"{WORDS}\n{OTHER}\n"), 0, "is set")
    expect(veche(alice, "passphrase", "change", stdin=f"{OTHER}\n{WORDS}"), 0, "is set")
    expect(veche(alice, "down"), 0)
    alice.process.wait()
    alice.process = None
    expect(veche(alice, "passphrase", "remove", stdin=f"{WORDS}\n"), 4, "veche up")
    expect(veche(alice, "up", "--no-invite", "--listen", "127.0.0.1:0"), LOCKED, "hint: ")
    expect(veche(alice, "up", "--no-invite", "--listen", "127.0.0.1:0", stdin="wrong\n"),
           LOCKED, "the passphrase is wrong")
    expect(veche(alice, "up", "--no-invite", "--listen", "127.0.0.1:0", stdin=f"{WORDS}\n"), 0)
    lab.demand(not is_seen_in_proc(alice, WORDS.encode()), "others can see the passphrase")
    expect(veche(alice, "down"), 0)
    at_a_terminal(alice)
    expect(veche(alice, "passphrase", "remove", stdin=f"{WORDS}\n"), 0, "is removed")
    expect(veche(alice, "passphrase", "remove", stdin=f"{WORDS}\n"), 2, "there is no passphrase")
    expect(veche(alice, "down"), 0)
    alice.start()
    lab.demand(len(alice.conversation(contact)) == 20, "the conversation is not there")
    return f"7 canaries found 0 times; the loop answers {answered * 1000:.0f} ms into a change"


GIVEN = lab.arguments(__doc__)
lab.run(body, GIVEN)
