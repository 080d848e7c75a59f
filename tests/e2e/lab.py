"""What the labs stand on: real veched processes, and clients that speak to them.

A lab is a script that starts nodes in directories of its own, does something bad to them,
and says in one line what came of it.  It ends with 0 (shown), 1 (not so) or 77 (this machine
does not permit it).  Every lab prints the seed of its chances; --seed N plays the same again.

The programs are those that VECHED and VECHE name, or the ones of build/dev.
"""

import argparse
import json
import os
import random
import re
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
VECHED = os.environ.get("VECHED") or os.path.join(ROOT, "build/dev/node/edge/veched")
VECHE = os.environ.get("VECHE") or os.path.join(ROOT, "build/dev/cli/veche")
SKIPPED = 77

# A sanitized program takes several times as long for everything.
PATIENCE = float(os.environ.get("VC_LAB_PATIENCE", "1"))


class Failed(Exception):
    """The lab has shown that something is not as it should be."""


class Hangs(Failed):
    """A request was not answered, or a process does not end."""


class RpcError(Exception):
    def __init__(self, error):
        super().__init__(f"{error.get('name')}: {error.get('message')} ({error.get('detail')})")
        self.code = error.get("code")
        self.name = error.get("name")
        self.hint = error.get("hint")
        self.detail = error.get("detail")


def demand(fact, words):
    if not fact:
        raise Failed(words)


def until(condition, seconds, words):
    """Waits for what should come by itself; gives what the condition gave."""
    end = time.monotonic() + seconds * PATIENCE
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise Failed(f"not within {seconds * PATIENCE:g} s: {words}")
        time.sleep(0.005)


class Client:
    """One connection to a control socket.  Replies are found by id; events queue up."""

    def __init__(self, path, seconds=10):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.settimeout(seconds * PATIENCE)
        try:
            self.socket.connect(path)
        except OSError:
            self.socket.close()
            raise
        self.buffer = bytearray()
        self.scanned = 0
        self.last_id = 0
        self.replies = {}
        self.events = []

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def post(self, method, /, **params):
        """Sends a request and gives its id; the reply is fetched later."""
        self.last_id += 1
        request = {"jsonrpc": "2.0", "id": self.last_id, "method": method, "params": params}
        self.socket.sendall(json.dumps(request).encode() + b"\n")
        return self.last_id

    def _take(self, message):
        if "id" in message and "method" not in message:
            self.replies[message["id"]] = message
        else:
            self.events.append(message["params"])

    def pump(self, seconds):
        """Reads what comes within @seconds, at least once; false when nothing came."""
        if not select.select([self.socket], [], [], seconds)[0]:
            return False
        piece = self.socket.recv(1 << 18)
        if not piece:
            raise ConnectionError("the node closed the connection")
        self.buffer += piece
        while True:
            end = self.buffer.find(b"\n", self.scanned)
            if end < 0:
                self.scanned = len(self.buffer)
                return True
            line = bytes(self.buffer[:end])
            del self.buffer[:end + 1]
            self.scanned = 0
            self._take(json.loads(line))

    def reply(self, number, seconds=30):
        end = time.monotonic() + seconds * PATIENCE
        while number not in self.replies:
            if None in self.replies:  # it could not even be read
                raise RpcError(self.replies.pop(None)["error"])
            left = end - time.monotonic()
            if left <= 0 or not self.pump(left):
                raise Hangs(f"no reply within {seconds * PATIENCE:g} s")
        message = self.replies.pop(number)
        if "error" in message:
            raise RpcError(message["error"])
        return message["result"]

    def call(self, method, /, **params):
        return self.reply(self.post(method, **params))

    def subscribe(self, since=None):
        return self.call("events.subscribe", **({} if since is None else {"since": since}))

    def event(self, kind, seconds=10, **wanted):
        """Waits for an event of this kind whose fields are as wanted."""
        end = time.monotonic() + seconds * PATIENCE
        while True:
            for place, params in enumerate(self.events):
                if params["kind"] == kind and all(params.get(name) == value
                                                  for name, value in wanted.items()):
                    del self.events[:place + 1]
                    return params
            if time.monotonic() > end:
                raise Failed(f"no event {kind} {wanted} within {seconds * PATIENCE:g} s")
            self.pump(0.1)


def is_sanitized(program):
    """Its memory and its time are then not those of what people run."""
    with open(program, "rb") as file:
        return b"__asan_init" in file.read()


def demand_memory(grown, limit, words):
    if not is_sanitized(VECHED):
        demand(grown <= limit, f"{words} by {grown >> 10} KiB")


def sanitizer_library():
    return subprocess.run(["gcc", "-print-file-name=libasan.so"], capture_output=True,
                          text=True, check=True).stdout.strip()


def lives_in(session):
    """Does a process of this session still run?  A wrapper may be gone before its child, and
    the first thread of a killed process before another one, which waits for the disk."""
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open(f"/proc/{name}/stat", encoding="utf-8", errors="replace") as file:
                    state, _, _, its_session = file.read().rsplit(")", 1)[1].split()[:4]
                threads = len(os.listdir(f"/proc/{name}/task"))
            except OSError:
                continue
            if int(its_session) == session and (state != "Z" or threads > 1):
                return True
    return False


class Node:
    """One veched with its directory.  It may die and start again as often as one likes."""

    def __init__(self, lab, name, listen=("127.0.0.1:0",), directory=None):
        self.lab = lab
        self.name = name
        self.directory = directory or os.path.join(lab.directory, name)
        self.socket_path = os.path.join(lab.directory, f"{name}.sock")
        self.log_path = os.path.join(lab.directory, f"{name}.log")
        self.listen = list(listen)
        self.process = None
        self.starts = 0
        self.config("")

    def config(self, text):
        """What DIR/veche.conf says at the next start, beside the name."""
        os.makedirs(self.directory, mode=0o700, exist_ok=True)
        with open(os.path.join(self.directory, "veche.conf"), "w", encoding="utf-8") as file:
            file.write(f"name = {self.name}\n{text}")

    def command(self):
        listen = [word for address in self.listen for word in ("--listen", address)]
        return [VECHED, "--dir", self.directory, "--socket", self.socket_path, *listen]

    def environment(self, preload, more):
        environment = dict(os.environ, **(more or {}))
        environment.setdefault("UBSAN_OPTIONS", "print_stacktrace=1")
        environment.setdefault("LOGNAME", "lab")  # as in every session of a person
        if preload:
            if is_sanitized(VECHED):
                preload = [*preload, sanitizer_library()]
                environment["ASAN_OPTIONS"] = (environment.get("ASAN_OPTIONS", "") +
                                               ":verify_asan_link_order=0")
            environment["LD_PRELOAD"] = ":".join(preload)
        return environment

    def spawn(self, wrapper=(), preload=(), environment=None):
        """Starts the process and does not wait for anything.  The programs of @wrapper must
        put themselves out of the way by exec, or end when their child does."""
        demand(self.process is None, f"{self.name} runs already")
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(
                [*wrapper, *self.command()], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                env=self.environment(preload, environment), start_new_session=True)
        self.starts += 1
        return self

    def start(self, seconds=10, **how):
        self.spawn(**how)
        self.wait_ready(seconds)
        return self

    def is_ready(self):
        if self.process is None or self.process.poll() is not None:
            return True  # there is nothing to wait for
        try:
            Client(self.socket_path).close()
            return True
        except OSError:
            return False

    def wait_ready(self, seconds=10):
        until(self.is_ready, seconds, f"{self.name} does not start:\n{self.log_tail()}")
        if self.process.poll() is not None:
            code = self.process.returncode
            self.process = None
            raise Failed(f"{self.name} ended with {code}:\n{self.log_tail()}")

    def log_tail(self, lines=12):
        try:
            with open(self.log_path, encoding="utf-8", errors="replace") as file:
                return "".join(file.readlines()[-lines:])
        except FileNotFoundError:
            return ""

    def client(self, seconds=10):
        return Client(self.socket_path, seconds)

    def call(self, method, /, **params):
        with self.client() as client:
            return client.call(method, **params)

    def is_running(self):
        return self.process is not None and self.process.poll() is None

    def pid(self):
        """Of veched, also when it stands behind a wrapper."""
        return self.call("node.status")["pid"]

    def kill(self):
        """The whole session dies, wrappers too; gives the exit code."""
        session = self.process.pid
        try:
            os.killpg(session, signal.SIGKILL)
        except ProcessLookupError:
            pass
        code = self.wait(10)
        until(lambda: not lives_in(session), 10, f"{self.name} dies")
        return code

    def wait(self, seconds=10):
        try:
            code = self.process.wait(seconds * PATIENCE)
        except subprocess.TimeoutExpired:
            raise Hangs(f"{self.name} does not end:\n{self.log_tail()}") from None
        self.process = None
        return code

    def stop(self, seconds=10):
        """A clean stop; gives how long it took."""
        begun = time.monotonic()
        self.process.terminate()
        code = self.wait(seconds)
        demand(code == 0, f"{self.name} ended with {code}:\n{self.log_tail()}")
        return time.monotonic() - begun

    def contact(self):
        """The number of its only contact, as methods take it."""
        contacts = self.call("contacts.list")["contacts"]
        demand(len(contacts) == 1, f"{self.name} has {len(contacts)} contacts")
        return f"#{contacts[0]['id']}"

    def conversation(self, contact="#1"):
        """All its messages, in the conversation's order."""
        messages = []
        with self.client() as client:
            params = {"contact": contact, "limit": 1000}
            while True:
                page = client.call("messages.list", **params)
                messages[:0] = page["messages"]
                if not page["more"]:
                    return messages
                params["before"] = page["messages"][0]["id"]


def pair(inviter, joiner, seconds=10):
    """Two running nodes meet by an invite and are connected."""
    invite = inviter.call("invite.create", note=joiner.name)["invite"]
    joiner.call("join.start", invite=invite["text"], name=inviter.name)

    def have_met():
        joins = joiner.call("join.list")["joins"]
        return joins and joins[-1]["state"] == "done"

    until(have_met, seconds, f"{joiner.name} joins {inviter.name}: {joiner.log_tail()}")
    for node in (inviter, joiner):
        until(lambda node=node: [contact for contact in node.call("contacts.list")["contacts"]
                                 if contact["is_connected"]],
              seconds, f"{node.name} is connected")


class Lab:
    """The directory, the chances and the processes of one run; use it with `with`."""

    def __init__(self, seed):
        self.seed = seed
        self.random = random.Random(seed)
        self.directory = tempfile.mkdtemp(prefix="veche-lab-")
        self.nodes = []
        self.is_kept = False

    def node(self, name, **how):
        node = Node(self, name, **how)
        self.nodes.append(node)
        return node

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        for node in self.nodes:
            if node.is_running():
                node.kill()
        if kind is not None or self.is_kept:
            print(f"kept for a look: {self.directory}", file=sys.stderr)
        else:
            shutil.rmtree(self.directory, ignore_errors=True)


# ---- people who write ----


class Writer(threading.Thread):
    """Somebody careful: every text has a token, and what was not answered before the node
    died is sent again with the same one, in the same order."""

    def __init__(self, node, words, count, window=64, per_second=0, contact="#1"):
        super().__init__(daemon=True)
        self.node = node
        self.words = words
        self.count = count
        self.window = window
        self.pause = 1 / per_second if per_second else 0
        self.contact = contact
        self.next = 0
        self.waiting = {}   # number of the text -> None, in the order of sending
        self.queued = {}    # number of the text -> message id: what the node has promised
        self.refusals = {}  # error name -> how often
        self.last_refusal = None
        self.is_ended = False
        self.failure = None

    def text(self, number):
        return f"{self.words} {number}"

    def token(self, number):
        return f"token-{self.words}-{number}"

    def _post(self, client, numbers, number):
        numbers[client.post("messages.send", contact=self.contact, text=self.text(number),
                            token=self.token(number))] = number

    def _take_replies(self, client, numbers):
        for reply in list(client.replies):
            number = numbers.pop(reply)
            message = client.replies.pop(reply)
            if "error" in message:
                error = message["error"]
                self.last_refusal = error
                self.refusals[error["name"]] = self.refusals.get(error["name"], 0) + 1
                numbers[-number - 1] = number  # again, a little later
                continue
            shown = message["result"]["message"]
            if shown["text"] != self.text(number):
                raise Failed(f"sent {self.text(number)!r}, answered {shown['text']!r}")
            self.queued[number] = shown["id"]
            del self.waiting[number]

    def _talk(self, client):
        numbers = {}
        for number in list(self.waiting):
            self._post(client, numbers, number)
        paced = time.monotonic()
        while not self.is_ended and (self.waiting or self.next < self.count):
            while len(self.waiting) < self.window and self.next < self.count:
                number, self.next = self.next, self.next + 1
                self.waiting[number] = None
                self._post(client, numbers, number)
                if self.pause:
                    break
            client.pump(self.pause or 0.05)
            self._take_replies(client, numbers)
            again = sorted(key for key in numbers if key < 0)
            if again:
                time.sleep(0.02)
            for key in reversed(again):
                self._post(client, numbers, numbers.pop(key))
            if self.pause:
                paced += self.pause
                time.sleep(max(0, paced - time.monotonic()))

    def run(self):
        try:
            while not self.is_ended and (self.waiting or self.next < self.count):
                try:
                    with self.node.client() as client:
                        self._talk(client)
                except (OSError, ValueError):
                    time.sleep(0.005)  # it was killed: until it is back
        except Exception as failure:  # pylint: disable=broad-except
            self.failure = failure

    def finish(self, seconds):
        self.join(seconds * PATIENCE)
        if self.failure:
            raise self.failure
        demand(not self.is_alive(), f"{self.words}: {len(self.waiting)} texts are not answered, "
                                    f"last refusal {self.last_refusal}\n{self.node.log_tail()}")


def check_order(writer, messages, side):
    """What was promised is there, once, and in the order of writing."""
    place = {}
    for at, message in enumerate(messages):
        demand(message["id"] not in place, f"{side} shows {message['text']!r} twice")
        place[message["id"]] = at
    texts = [message.get("text") for message in messages]
    demand(len(set(texts)) == len(texts), f"{side} shows a text under two ids")
    before = -1
    for number in sorted(writer.queued):
        at = place.get(writer.queued[number])
        demand(at is not None, f"{side} has lost {writer.text(number)!r}")
        demand(texts[at] == writer.text(number), f"{side} shows {texts[at]!r} for "
                                                 f"{writer.text(number)!r}")
        demand(at > before or writer.refusals, f"{side} shows {texts[at]!r} too early")
        before = at


def settle(nodes, seconds):
    """Waits until nothing waits for anybody."""
    for node in nodes:
        def is_done(node=node):
            try:
                return node.call("node.status")["waiting"] == 0
            except OSError:
                return False
        until(is_done, seconds, f"{node.name} delivers everything: {node.log_tail()}")


def judge(writers, seconds=60):
    """After the trouble: nothing lost, nothing doubled, one order, all delivered."""
    nodes = [writer.node for writer in writers]
    settle(nodes, seconds)

    def agree():
        lists = [[message["id"] for message in node.conversation(writer.contact)]
                 for node, writer in zip(nodes, writers)]
        return lists[0] == lists[1]

    until(agree, 10, "both sides show the same messages in the same order")
    for node in nodes:
        messages = node.conversation()
        for writer in writers:
            check_order(writer, messages, node.name)
        own = [message for message in messages if message["from"] == "me"]
        demand(all(message["state"] in ("delivered", "read") for message in own),
               f"{node.name}: a message is not delivered at the end")
        demand(len(messages) == sum(len(writer.queued) for writer in writers),
               f"{node.name} shows {len(messages)} messages")


# ---- the end of a script ----


def arguments(words, **numbers):
    """--seed, --keep and the numbers of this lab, each with its small size as default."""
    parser = argparse.ArgumentParser(description=words)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 32))
    parser.add_argument("--keep", action="store_true", help="keep the directory")
    for name, default in numbers.items():
        parser.add_argument(f"--{name.replace('_', '-')}", type=type(default), default=default,
                            help=f"({default})")
    return parser.parse_args()


def run(body, given):
    """Runs @body(lab, given), which gives the line of figures, and ends the process."""
    begun = time.monotonic()
    name = os.path.basename(sys.argv[0]).removesuffix(".py")
    print(f"{name}: seed {given.seed}", flush=True)
    try:
        with Lab(given.seed) as lab:
            lab.is_kept = given.keep
            figures = body(lab, given)
    except Failed as failure:
        print(f"{name}: NOT SHOWN: {failure}\n  again: {' '.join(sys.argv)} --seed {given.seed}")
        sys.exit(1)
    print(f"{name}: {figures}; {time.monotonic() - begun:.1f} s")
    sys.exit(0)


def skip(why):
    print(f"skipped: {why}")
    sys.exit(SKIPPED)


def in_namespaces(*kinds):
    """Runs this script again in new namespaces ("mount", "net"), unless it is there."""
    if os.environ.get("VC_LAB_NAMESPACES") == ",".join(kinds):
        return
    command = ["unshare", *(f"--{kind}" for kind in kinds)]
    if subprocess.run([*command, "true"], capture_output=True, check=False).returncode != 0:
        skip("no right to make namespaces")
    environment = dict(os.environ, VC_LAB_NAMESPACES=",".join(kinds))
    os.execvpe(command[0], [*command, sys.executable, *sys.argv], environment)


def preload_library(name):
    """The path of a library of tests/e2e/preload, which CMake builds."""
    folder = os.environ.get("VC_PRELOAD_DIR") or os.path.join(ROOT, "build/dev/tests/e2e")
    path = os.path.join(folder, f"lib{name}.so")
    demand(os.path.exists(path), f"{path} is not built")
    return path


def resident_bytes(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        return int(re.search(r"VmRSS:\s+(\d+) kB", file.read()).group(1)) * 1024
