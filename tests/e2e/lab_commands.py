#!/usr/bin/env python3
"""veche's commands, as people and programs use them, against real nodes.

Every command without a daemon and with a bad option, exit codes, JSON against the table that
rpc.discover gives, the start and the end of veched, chat and rpc through pipes, a QR code on a
terminal, and the echo bot of node/CONTROL.md.
"""

import json
import os
import pty
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

import lab

NO_DAEMON = 4
NEEDS_DAEMON = ("down", "status", "id", "invite", "contacts", "verify bob", "send bob hi", "read",
                "log", "chat bob", "rpc", "invite --list", "join --list", "contacts show bob",
                "contacts remove bob --yes", "words --keep", "address", "address renew --yes",
                "address --json", "log --node", "read bob --json", "status --json", "dht table",
                "dht lookup bob", "dht lookup bob --json")
COMMANDS = ("up down status id words address invite join contacts verify send read log chat dht rpc config"
            " doctor passphrase bugreport version help").split()


class Person:
    """Somebody at the command line, with a directory of his own."""

    def __init__(self, world, name):
        self.name = name
        self.dir = os.path.join(world.directory, name)
        os.mkdir(self.dir, mode=0o700)
        with open(os.path.join(self.dir, "veche.conf"), "w", encoding="utf-8") as file:
            file.write(f"name = {name}\nnetwork.id = lab\n")

    def veche(self, words, expect=0, stdin="", json_lines=False):
        command, *rest = words.split()
        options = ["--dir", self.dir, *(["--json"] if json_lines else [])]
        done = subprocess.run([lab.VECHE, command, *options, *rest], input=stdin.encode(),
                              capture_output=True, check=False, timeout=30 * lab.PATIENCE)
        out, err = done.stdout.decode(), done.stderr.decode()
        lab.demand(done.returncode == expect, f"{self.name}: veche {words} ended with "
                   f"{done.returncode}, not {expect}:\n{out}{err}")
        lab.demand(done.returncode == 0 or "--json" in words or json_lines or "hint: " in err
                   or words.startswith(("status", "doctor", "config")),
                   f"veche {words} fails without a hint:\n{out}{err}")
        for stream in (done.stdout, done.stderr):
            lab.demand("--qr" in words or b"\033" not in stream,
                       f"veche {words} prints escapes into a pipe")
        return out + err

    def json(self, words, **how):
        return [json.loads(line) for line in self.veche(words, json_lines=True,
                                                              **how).splitlines()]

    def end(self):
        subprocess.run([lab.VECHE, "down", "--dir", self.dir], capture_output=True, check=False)


class Schema:
    """Checks objects against the table of rpc.discover."""

    def __init__(self, table):
        self.objects = {entry["name"]: entry["fields"] for entry in table["objects"]}
        self.methods = {entry["name"]: entry for entry in table["methods"]}
        self.events = {entry["kind"]: entry["fields"] for entry in table["events"]}
        self.checked = 0

    def value(self, field, value, where):
        where = f"{where}.{field['name']}"
        if value is None:
            lab.demand(field["optional"], f"{where} is null")
            return
        kind = field["type"]
        known = {"string": str, "integer": int, "boolean": bool, "object": dict, "array": list}
        lab.demand(isinstance(value, known[kind]), f"{where} is not a {kind}: {value!r}")
        if kind == "object":
            self.fields(self.objects[field["object"]], value, where)
        for part in value if kind == "array" else ():
            if "object" in field:
                self.fields(self.objects[field["object"]], part, where)
        if "values" in field:
            lab.demand(value in field["values"].split(), f"{where} is {value!r}")

    def fields(self, fields, value, where, apart=()):
        names = {field["name"] for field in fields}
        lab.demand(set(value) <= names | set(apart), f"{where} has {set(value) - names}")
        for field in fields:
            self.value(field, value.get(field["name"]), where)
        self.checked += 1

    def line(self, line):
        """One line of a command's JSON."""
        kind = line["kind"]
        lab.demand(line["v"] == 1, f"a line without its version: {line}")
        if kind in self.events:
            self.fields(self.events[kind], line, kind, ("v", "kind", "seq", "at"))
        elif kind == "status":
            self.fields(self.methods["node.status"]["results"], line, kind, ("v", "kind"))
        elif kind == "dht_lookup":
            self.fields(self.methods["dht.lookup"]["results"], line, kind, ("v", "kind"))
        elif kind in self.objects:
            self.fields(self.objects[kind], line, kind, ("v", "kind"))
        else:
            lab.demand(kind in ("identity", "address", "words", "verify", "check", "setting", "version", "log"),
                       f"nobody knows the kind {kind}")


def wrong_use(world):
    nobody = Person(world, "nobody")
    for words in NEEDS_DAEMON:
        text = nobody.veche(words, expect=NO_DAEMON)
        if "--json" in words:
            lab.demand(json.loads(text)["name"] == "no_daemon", text)
        else:
            lab.demand("veched is not running" in text and "veche up" in text, text)
    for command in COMMANDS:
        nobody.veche(f"{command} --frobnicate", expect=2)
        help_text = nobody.veche(f"{command} --help")
        lab.demand(help_text == nobody.veche(f"help {command}"), f"{command}: two helps")
        lab.demand(len(max(help_text.splitlines()[1:], key=len)) <= 90, f"{command}: long help")
    for words, near in (("stauts", "status"), ("snd bob hi", "send"), ("contact", "contacts")):
        done = subprocess.run([lab.VECHE, *words.split()], capture_output=True, text=True,
                              check=False)
        lab.demand(done.returncode == 2 and f"veche {near}?" in done.stderr, done.stderr)
    done = subprocess.run([lab.VECHE], capture_output=True, text=True, check=False)
    lab.demand(done.returncode == 2 and done.stdout == "", "veche alone is not a usage error")
    nobody.veche("invite --days 0", expect=2)
    nobody.veche("send bob", expect=2)
    nobody.veche("join", expect=2)
    long_dir = os.path.join(world.directory, "d" * 110)
    done = subprocess.run([lab.VECHE, "status", "--dir", long_dir], capture_output=True,
                          text=True, check=False)
    lab.demand(done.returncode == 2 and "107" in done.stderr, done.stderr)
    full = subprocess.run(f"{lab.VECHE} help >/dev/full", shell=True, check=False,
                          capture_output=True)
    lab.demand(full.returncode == 1, "a full disk is not noticed")


def start_and_end(world):
    """up, a second up, a start that fails, down."""
    carol = Person(world, "carol")
    text = carol.veche("up --listen 127.0.0.1:0")
    lab.demand("dht        no entry point known: add one with network.bootstrap" in text, text)
    lab.demand(re.search(r"^    veche join VECHE:[A-Z2-7]{148}$", text, re.MULTILINE), text)
    lab.demand("running already" in carol.veche("up"), "a second up does not say so")
    lab.demand(len(carol.json("invite --list")) == 1, "a second up makes a second invite")
    lab.demand(oct(os.stat(os.path.join(carol.dir, "veched.log")).st_mode)[-3:] == "600",
               "others may read the log")
    [status] = carol.json("status")
    os.kill(status["pid"], 0)
    lab.demand("store" in carol.veche("doctor"), "doctor")
    lab.demand("stopped" in carol.veche("down"), "down")
    carol.veche("down", expect=NO_DAEMON)
    with open(os.path.join(carol.dir, "veche.conf"), "a", encoding="utf-8") as file:
        file.write("lisen = 127.0.0.1:1\n")
    text = carol.veche("up", expect=2)
    lab.demand("veche.conf:3" in text and "listen" in text, text)
    lab.demand("veche.conf:3: there is no key lisen; is it listen?" in
               carol.veche("config check", expect=2), "config check")
    carol.veche("doctor", expect=1)
    os.remove(os.path.join(carol.dir, "veche.conf"))
    # Something that is no store stands where it should be.
    for name in os.listdir(carol.dir):
        if name.endswith(".mdb"):
            with open(os.path.join(carol.dir, name), "wb") as file:
                file.write(b"no store at all " * 1000)
    text = carol.veche("up", expect=1)
    lab.demand("store" in text, text)
    carol.veche("doctor", expect=1)


def meet(alice, bob):
    invite = alice.veche("invite -q").strip()
    text = bob.veche(f"join {invite} --name alice --listen 127.0.0.1:0")
    lab.demand("alice is your contact now" in text, text)
    again = bob.json(f"join {invite}")
    lab.demand(again[-1]["state"] == "done", f"the same invite again: {again}")
    alice.veche(f"join {alice.veche('invite -q').strip()}", expect=2)
    bob.veche("join VECHE:" + "A" * 148, expect=2)
    bob.veche("join hello", expect=2)
    eve = invite[:40] + ("A" if invite[40] != "A" else "B") + invite[41:]
    lab.demand("mistyped" in bob.veche(f"join {eve}", expect=2), "a slip in an invite")
    sloppy = " ".join(invite.lower()[at:at + 20] for at in range(0, len(invite), 20))
    bob.veche(f"join {sloppy}")
    lab.demand([contact["name"] for contact in alice.json("contacts")] == ["bob"], "contacts")


def write(alice, bob):
    lab.demand("delivered in" in bob.veche("send alice hello there"), "send")
    [sent] = bob.json("send alice -- --dashes --too")
    lab.demand(sent["text"] == "--dashes --too" and sent["state"] in ("delivered", "read"),
               f"{sent}")
    [first] = bob.json("send alice once --token t1")
    [second] = bob.json("send alice once --token t1")
    lab.demand(first["id"] == second["id"], "a token sends twice")
    lab.demand("token" in bob.veche("send alice other --token t1", expect=2), "another text")
    text = alice.veche("read")
    lab.demand(text.count(" < bob: ") == 3 and "< bob: hello there\n" in text, text)
    lab.demand(alice.veche("read") == "nothing new\n", "read marks nothing")
    lab.until(lambda: "(read)" in bob.veche("read alice -n 1"), 10, "bob sees that it was read")
    bob.veche("send nobody hi", expect=1)
    bob.veche("send alice -", expect=1, stdin="x" * 32769)
    bob.veche("send alice - --wait 0", stdin="y" * 32768)
    alice.veche("contacts rename bob Robert")
    alice.veche("contacts rename robert bob")
    digits = alice.veche("verify bob -q")
    lab.demand(digits == bob.veche("verify alice -q") and len(digits.split()) == 12, digits)
    lab.demand("bob is verified" in alice.veche("verify bob --yes"), "verify")
    alice.veche("contacts block bob")
    alice.veche("send bob hi", expect=7)
    alice.veche("contacts unblock bob")
    lab.demand(alice.json("id --name Alice")[0]["name"] == "Alice", "id --name")
    alice.veche("id --receipts no")
    alice.veche("id --receipts perhaps", expect=2)
    alice.veche("id --receipts yes")


def offline(alice, bob):
    """What is written to somebody who is off is kept, and arrives."""
    alice.veche("down")
    text = bob.veche("send alice are you there --wait 1")
    lab.demand(text.startswith("queued: alice "), text)
    lab.demand("1 waiting" in bob.veche("contacts"), "it waits")
    alice.veche("up --no-invite")
    lab.until(lambda: "are you there" in alice.veche("read bob -n 1 --peek"), 20, "it arrives")


def pipes(alice, bob):
    """chat and rpc with nobody at the keyboard."""
    bob.veche("chat alice", stdin="one\ntwo\n/quit\nthree\n")
    lab.until(lambda: alice.veche("read bob -n 2 --peek").count(" < bob: ") == 2, 10, "chat")
    text = alice.veche("read bob -n 2")
    lab.demand(": one\n" in text and ": two\n" in text, text)
    requests = "".join(json.dumps({"jsonrpc": "2.0", "id": number, "method": method}) + "\n"
                       for number, method in enumerate(("node.status", "contacts.list", "no.such")))
    replies = [json.loads(line) for line in
               bob.veche("rpc", stdin=requests + "nonsense\n\n").splitlines()]
    lab.demand(sorted(str(reply["id"]) for reply in replies) == ["0", "1", "2", "None"],
               f"{replies}")
    lab.demand(replies[2]["error"]["name"] == "unknown_method", f"{replies[2]}")


def follow(alice, bob):
    """log --follow over a restart of the node: nothing is lost, nothing comes twice."""
    [status] = alice.json("status")
    log = subprocess.Popen([lab.VECHE, "log", "--follow", "--json", "--dir", alice.dir, "--since",
                            str(status["event_last"])], stdout=subprocess.PIPE, text=True)
    lines = []
    reader = threading.Thread(target=lambda: [lines.append(line) for line in log.stdout], daemon=True)
    reader.start()
    bob.veche("send alice before")
    os.kill(status["pid"], signal.SIGKILL)
    bob.veche("send alice meanwhile --wait 0")
    alice.veche("up --no-invite")
    lab.until(lambda: "meanwhile" in alice.veche("read bob -n 3 --peek"), 20, "it arrives")
    lab.until(lambda: any("meanwhile" in line for line in lines), 10, f"it is followed: {lines}")
    log.kill()
    reader.join()
    log.wait()
    events = [json.loads(line) for line in lines]
    seqs = [event["seq"] for event in events if "seq" in event]
    texts = [event["message"]["text"] for event in events if event["kind"] == "message.new"]
    lab.demand(texts == ["before", "meanwhile"], f"followed: {texts}")
    lab.demand(seqs == list(range(status["event_last"] + 1, seqs[-1] + 1)), f"{seqs}")


def tell_everything(alice, schema):
    """Every reading command's JSON against the table."""
    for words in ("status", "id", "invite", "invite --list", "join --list", "contacts",
                  "contacts show bob", "verify bob", "read bob --all", "read", "log", "log --node",
                  "config", "doctor", "version", "send bob json", "address", "words", "dht table"):
        for line in alice.json(words):
            schema.line(line)
    for method in ("rpc.discover", "node.status", "node.report", "invite.list", "join.list",
                   "contacts.list"):
        reply = json.loads(alice.veche("rpc", stdin=json.dumps(
            {"jsonrpc": "2.0", "id": 1, "method": method}) + "\n"))
        schema.fields(schema.methods[method]["results"], reply["result"], method)


def look_into_the_network(alice, bob, schema):
    """Each keeps the other's record, as nobody else is there."""
    for node in (bob, alice):
        lab.until(lambda: (node.json("status")[0]["dht"]["published"] or {}).get("holders"), 15,
                  "both are published")
    text = alice.veche("status")
    lab.demand("private, lab: 1 node known" in text and "router: in a private network" in text and
               "that 1 node keeps" in text, text)
    [found] = alice.json("dht lookup bob")
    schema.line(found)
    text = alice.veche("dht lookup bob")
    lab.demand(re.match(r"found after \d+ ms; \d+ requests? in \d+ ms\n", text) and
               "where this contact's device is" in text and found["place"] in text and
               found["record"]["addresses"][0] in text, text)
    text = alice.veche(f"dht lookup {found['place'].upper()}")
    lab.demand("not for you to read" in text, text)
    text = alice.veche(f"dht lookup {'0' * 64}", expect=1)
    lab.demand("nothing was found" in text and "no record stands there today" in text, text)
    text = alice.veche("dht table")
    lab.demand(bob.json("status")[0]["dht"]["seen"] in text, text)
    alice.veche("dht lookup nobody", expect=1)
    for words in ("dht", "dht lookup", "dht table x", "dht tabel", "dht lookup a b"):
        alice.veche(words, expect=2)
    bob.veche("down")
    with open(os.path.join(bob.dir, "veche.conf"), "a", encoding="utf-8") as file:
        file.write(f"network.bootstrap = {alice.json('status')[0]['listen'][0]}\n")
    text = bob.veche("up --no-invite --listen 127.0.0.1:0")
    lab.demand(re.search(r"dht        joined by 127.0.0.1:\d+: 1 node known", text), text)


def scan(cells, invite):
    """Reads the code from a picture of the screen, where a program for that is installed."""
    if shutil.which("zbarimg") is None:
        return
    size = 8
    lines = []
    for row in cells:
        for dark in ("\u2580\u2588", "\u2584\u2588"):
            line = "".join(("0 " if cell in dark else "255 ") * size for cell in row)
            lines += [line] * size
    picture = f"P2 {45 * size} {len(lines)} 255\n" + "\n".join(lines) + "\n"
    with tempfile.NamedTemporaryFile("w", suffix=".pgm") as file:
        file.write(picture)
        file.flush()
        done = subprocess.run(["zbarimg", "-q", "--raw", file.name], capture_output=True,
                              text=True, check=False)
    lab.demand(done.stdout.strip() == invite, f"the code reads {done.stdout!r}")


def screen(alice):
    """On a terminal: colours, and a QR code that fits."""
    def run(words, rows, columns, **variables):
        pid, fd = pty.fork()
        if pid == 0:
            os.environ.update({"TERM": "xterm", **variables})
            subprocess.run(["stty", "rows", str(rows), "cols", str(columns)], check=True)
            os.execv(lab.VECHE, [lab.VECHE, *words.split(), "--dir", alice.dir])
        text = b""
        while True:
            try:
                piece = os.read(fd, 65536)
            except OSError:
                break
            if not piece:
                break
            text += piece
        os.close(fd)
        lab.demand(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0, text.decode())
        return text.decode()

    text = run("invite", 30, 80)
    rows = [line for line in text.split("\r\n") if line.startswith("\033[38;5;16m\033[48;5;231m")]
    lab.demand(len(rows) == 23, f"{len(rows)} rows of a QR code")
    cells = [re.sub("\033\\[[0-9;]*m", "", row) for row in rows]
    lab.demand({len(row) for row in cells} == {45}, "the rows have not 45 cells")
    scan(cells, re.search("veche join (VECHE:[A-Z2-7]+)", text.replace("\r\n", "")).group(1))
    for how in ({"rows": 20, "columns": 80}, {"rows": 30, "columns": 40}):
        lab.demand("\033[48" not in run("invite", **how), "a QR code that does not fit")
    lab.demand("\033" not in run("status", 30, 80, NO_COLOR="1"), "colours in spite of NO_COLOR")
    lab.demand("\033[32m" in run("status", 30, 80), "no colours on a terminal")


def echo_bot(world, alice, bob):
    """The example of node/CONTROL.md, as it stands there."""
    with open(os.path.join(lab.ROOT, "node/CONTROL.md"), encoding="utf-8") as file:
        source = file.read().split("```python\n")[1].split("```")[0]
    lab.demand(source.count("\n") <= 30, "the echo bot has more than 30 lines")
    script, place = (os.path.join(world.directory, name) for name in ("echo.py", "echo.place"))
    with open(script, "w", encoding="utf-8") as file:
        file.write(source)
    with open(place, "w", encoding="utf-8") as file:
        file.write(str(alice.json("status")[0]["event_last"]))
    command = [sys.executable, script, os.path.join(alice.dir, "control.sock"), place]
    bot = subprocess.Popen(command)
    bob.veche("send alice echo this")
    lab.until(lambda: ": echo this\n" in bob.veche("read alice --peek").split(" > echo this")[-1],
              10, "the bot answers")
    bot.kill()
    bot.wait()
    bob.veche("send alice and this")
    bot = subprocess.Popen(command)
    lab.until(lambda: " < alice: and this\n" in bob.veche("read alice --peek"), 10,
              "the bot answers what came while it was off")
    bot.kill()
    bot.wait()
    text = bob.veche("read alice")
    lab.demand(text.count(" < alice: echo this\n") == 1, "the bot answers twice")


def body(world, _):
    wrong_use(world)
    start_and_end(world)
    alice, bob = Person(world, "alice"), Person(world, "bob")
    try:
        alice.veche("up --no-invite --listen 127.0.0.1:0")
        table = json.loads(alice.veche("rpc", stdin='{"jsonrpc":"2.0","id":1,'
                                       '"method":"rpc.discover"}'))["result"]
        schema = Schema(table)
        meet(alice, bob)
        look_into_the_network(alice, bob, schema)
        write(alice, bob)
        offline(alice, bob)
        pipes(alice, bob)
        follow(alice, bob)
        tell_everything(alice, schema)
        screen(alice)
        echo_bot(world, alice, bob)
        report = alice.veche("bugreport")
        lab.demand("hello there" not in report and alice.dir not in report, "a report tells")
        begun = time.monotonic()
        alice.veche("status")
        took = (time.monotonic() - begun) * 1000
    finally:
        alice.end()
        bob.end()
    return (f"{len(NEEDS_DAEMON)} commands without a daemon, {len(COMMANDS)} with a bad option, "
            f"{schema.checked} objects fit the table, status in {took:.0f} ms")


if __name__ == "__main__":
    lab.run(body, lab.arguments(__doc__.splitlines()[0]))
