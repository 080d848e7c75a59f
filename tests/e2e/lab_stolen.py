#!/usr/bin/env python3
"""A directory with a passphrase is stolen, and everything else that a node leaves around it.

Names, texts, keys and the 24 words of a node that has talked for a while stand in no file of its
directory, in any spelling; nor do texts, words and keys in its log, a bug report, arguments or
environments. An abort leaves no core file, and nobody but root can read the process's memory,
the user whose it is neither. The whole: --texts 1000
"""

import glob
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time

import canaries
import lab

THIEF = os.environ.get("VC_THIEF") or os.path.join(lab.ROOT, "build/dev/tests/e2e/vc_thief")
SEARCH = os.environ.get("VC_MEMORY_SEARCH") or os.path.join(
    lab.ROOT, "build/dev/tests/e2e/vc_memory_search")
PASSPHRASE = "seven herons over the weir"
KEY_AT, KEY_LEN = 42, 32  # of the data key in the file `key` (storage/SCHEMA.md)
NOBODY, SOMEBODY = 65534, 65533


class Watcher(threading.Thread):
    """Reads arguments and environments of every veched and veche, again and again."""

    def __init__(self):
        super().__init__(daemon=True)
        self.seen = set()
        self.processes = set()
        self.is_ended = False

    def run(self):
        programs = {os.path.realpath(lab.VECHE), os.path.realpath(lab.VECHED)}
        while not self.is_ended:
            for path in glob.glob("/proc/[0-9]*"):
                try:
                    if os.readlink(f"{path}/exe") not in programs:
                        continue
                    self.processes.add(path)
                    for name in ("cmdline", "environ"):
                        with open(f"{path}/{name}", "rb") as file:
                            self.seen.add(file.read())
                except OSError:
                    continue
            time.sleep(0.002)

    def end(self):
        self.is_ended = True
        self.join()
        return b"\0".join(self.seen)


def veche(node, *words, stdin=""):
    done = subprocess.run([lab.VECHE, words[0], "--dir", node.directory, "--socket",
                           node.socket_path, *words[1:]], input=stdin, capture_output=True,
                          text=True, timeout=60 * lab.PATIENCE, check=False)
    lab.demand(done.returncode == 0, f"veche {words} ended with {done.returncode}: {done.stderr}")
    return done.stdout


def plant(known, alice, bob):
    """Everything has a name of its own, which stands in no configuration."""
    for node, name in ((alice, "Wilhelmina Archaeopteryx"), (bob, "Ferdinand Quetzalcoatl")):
        node.call("owner.set", name=name)
        known.add(f"name of {node.name}", name)
    note, petname = "met at the lighthouse", "the one with the telescope"
    invite = alice.call("invite.create", note=note)["invite"]["text"]
    bob.call("join.start", invite=invite, name="petname of a palaeontologist")
    lab.until(lambda: bob.call("join.list")["joins"][-1]["state"] == "done", 10, "bob joins")
    for node in (alice, bob):
        lab.until(lambda node=node: any(contact["is_connected"] for contact in
                                        node.call("contacts.list")["contacts"]), 10, "they meet")
    alice.call("contacts.rename", contact=alice.contact(), name=petname)
    known.add("note", note)
    known.add("petname", petname)
    known.add("invite", invite)
    known.add("invite bare", invite.removeprefix("VECHE:"))
    known.add("invite open", alice.call("invite.create", note=note)["invite"]["text"])
    words = alice.call("identity.words")["words"]
    known.add("words", words)
    known.add("words four", " ".join(words.split()[:4]))
    for node in (alice, bob):
        status = node.call("node.status")
        known.add(f"id of {node.name}", status["veche_id"])
        known.add(f"fingerprint of {node.name}", bytes.fromhex(status["fingerprint"]))
        address, port = status["listen"][0].rsplit(":", 1)
        known.add(f"address of {node.name}", status["listen"][0])
        known.add(f"address of {node.name}, raw",
                  bytes([4, *map(int, address.split("."))]) + int(port).to_bytes(2, "little"))


def talk(known, alice, bob, begin, end):
    for number in range(begin, end):
        text = f"canary {number}: the cellar key hangs behind the third barometer"
        node = (alice, bob)[number % 3 == 0]
        if number % 2:
            shown = node.call("messages.send", contact="#1", text=text)["message"]
            known.add(f"text {number}", text)
            identity = bytes.fromhex(shown["id"])
            known.add(f"message id {number}", identity)
            known.add(f"message id {number}, its beginning", identity[:8])
        else:
            veche(node, "send", "#1", "-", "--wait", "0", stdin=text)
            known.add(f"text {number}", text)
    lab.settle([alice, bob], 20)


def take_secrets(known, directory, passphrase=None):
    """What a thief with the keys would find becomes what one without must not."""
    environment = dict(os.environ)
    if passphrase:
        environment["VC_THIEF_PASSPHRASE"] = passphrase
    done = subprocess.run([THIEF, "secrets", directory, os.path.join(directory, "store.mdb")],
                          capture_output=True, text=True, check=False, env=environment)
    lab.demand(done.returncode == 0, f"the thief fails: {done.stderr}")
    names = set()
    for line in done.stdout.splitlines():
        name, value = line.split()
        known.add(f"key {name}", bytes.fromhex(value))
        names.add(name)
    lab.demand({"words", "dev_dh", "contacts", "prekey", "recv_chain", "ratchet_root"} <= names,
               f"the thief finds {names} only")


def take_data_key(known, node):
    with open(os.path.join(node.directory, "key"), "rb") as file:
        file.seek(KEY_AT)
        known.add("key data", file.read(KEY_LEN))


def is_in_memory(node, secrets):
    """Does a dump of the running process have any of these?"""
    lines = "\n".join(secret.encode().hex() for secret in secrets)
    done = subprocess.run([SEARCH, str(node.pid())], input=lines, capture_output=True, text=True,
                          check=False)
    lab.demand(done.returncode == 0, f"the search fails: {done.stderr}")
    return len(done.stdout.splitlines()) > 1


def store_is_dark(known, world, alice, bob, texts):
    """Gives how many canaries there are."""
    plant(known, alice, bob)
    talk(known, alice, bob, 0, texts // 2)
    alice.stop()
    take_data_key(known, alice)
    take_secrets(known, alice.directory)
    control = known.find_in_directory(alice.directory)
    lab.demand("key data" in control.get("key", []), "the control does not find the data key")
    alice.start()
    known.add("passphrase", PASSPHRASE)
    veche(alice, "passphrase", "set", stdin=PASSPHRASE + "\n")
    talk(known, alice, bob, texts // 2, texts)
    lab.demand(known.sees(world.random), "a planted canary is not found")
    running = known.find_in_directory(alice.directory)
    copy = f"{alice.directory}.copy"
    shutil.copytree(alice.directory, copy)
    take_secrets(known, copy, PASSPHRASE)
    words = veche(alice, "words", "--keep", "--json")
    paper = json.loads(words)["words"]
    if os.geteuid() == 0:
        lab.demand(is_in_memory(alice, [alice.directory]), "the control is not in the memory")
        lab.demand(not is_in_memory(alice, [PASSPHRASE, paper]), "the memory has what was typed")
    shown = {"status": veche(alice, "status"), "report": veche(alice, "bugreport"),
             "log": veche(alice, "log", "--node")}
    alice.stop()
    bob.stop()
    closed = known.find_in_directory(alice.directory)
    lab.demand(not running and not closed, f"found: {running}, after the end {closed}")
    secret = ("text", "words", "key", "invite", "passphrase", "petname", "note")
    for node in (alice, bob):
        with open(node.log_path, "rb") as file:
            shown[node.log_path] = file.read().decode()
    for name, text in shown.items():
        found = known.find(text.encode(), secret)
        lab.demand(not found, f"{name} shows {found}")
    found = known.find(shown["report"].encode(), ("name", "id", "address", *secret))
    lab.demand(not found, f"a bug report shows {found}")
    return len(known.values)


LOOK = """
import sys
for name in sys.argv[2:]:
    try:
        with open(f"/proc/{sys.argv[1]}/{name}", "rb", 0) as file:
            if name != "mem":
                file.read(1)
        print(name)
    except OSError:
        pass
"""


def as_user(user, *command):
    return ["setpriv", "--reuid", str(user), "--regid", str(user), "--clear-groups", *command]


def who_reads(user, pid):
    """What of this process another one of @user can open."""
    done = subprocess.run(as_user(user, sys.executable, "-c", LOOK, str(pid), "maps", "environ",
                                  "mem"), capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def memory_is_shut(world):
    """A node of an ordinary user: he himself cannot look into it, and an abort leaves nothing."""
    node = world.node("carol")
    os.chmod(world.directory, 0o711)
    program = os.path.join(world.directory, "veched")
    shutil.copy(lab.VECHED, program)
    directory = os.path.join(world.directory, "of-nobody")
    os.mkdir(directory)
    os.chown(directory, NOBODY, NOBODY)
    command = [program, "--dir", os.path.join(directory, "carol"), "--socket",
               os.path.join(directory, "carol.sock"), "--listen", "127.0.0.1:0"]
    node.socket_path = command[4]
    with open(node.log_path, "ab") as log:
        node.process = subprocess.Popen(
            as_user(NOBODY, "sh", "-c", "ulimit -c unlimited && exec \"$@\"", "sh", *command),
            stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=directory,
            start_new_session=True)
    node.wait_ready()
    other = subprocess.Popen(as_user(NOBODY, "sleep", "60"))
    try:
        lab.until(lambda: {"maps", "environ"} <= who_reads(NOBODY, other.pid), 10,
                  "the control can be read")
        pid = node.process.pid
        for user in (NOBODY, SOMEBODY):
            lab.demand(not who_reads(user, pid), f"user {user} reads {who_reads(user, pid)}")
        with open(f"/proc/{pid}/limits", encoding="ascii") as file:
            core = [line.split()[4:6] for line in file if line.startswith("Max core")]
        lab.demand(core == [["0", "0"]], f"the limits of core files are {core}")
        os.kill(pid, signal.SIGABRT)
        code = node.wait()
        lab.demand(code != 0, "it does not end by an abort")
    finally:
        other.kill()
        other.wait()
    left = [name for name in os.listdir(directory) if "core" in name]
    left += [name for name in os.listdir(os.path.join(directory, "carol")) if "core" in name]
    lab.demand(not left, f"an abort leaves {left}")


def body(world, given):
    known = canaries.Canaries()
    watcher = Watcher()
    watcher.start()
    alice, bob = world.node("alice"), world.node("bob")
    for node in (alice, bob):
        node.config("log.level = debug\n")
        node.start()
    count = store_is_dark(known, world, alice, bob, given.texts)
    found = known.find(watcher.end(), ("text", "words", "key", "passphrase", "name", "petname"))
    lab.demand(not found, f"arguments or environments show {found}")
    if os.geteuid() == 0 and shutil.which("setpriv"):
        memory_is_shut(world)
        shut = "its own user cannot read its memory, no core, 0 passphrases and words in a dump"
    else:
        shut = "memory of an ordinary user not looked at: that takes root"
    return (f"{count} canaries in all spellings: 0 in the directory, the log, arguments and "
            f"environments of {len(watcher.processes)} processes; {shut}")


if __name__ == "__main__":
    lab.run(body, lab.arguments(__doc__.splitlines()[0], texts=40))
