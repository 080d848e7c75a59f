#!/usr/bin/env python3
"""Texts that want to play with the reader's terminal.

Two hundred payloads go from one node to another as messages, and into names and errors. No
control byte of theirs reaches a terminal, no line of theirs looks like one of ours, and --json
gives every text back as it was written. What is not UTF-8 or too long is refused with a hint.
"""

import json
import os
import pty
import re
import subprocess
import time

import lab

BIDI = [0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)]
FAKES = ["\n14:02 < bob: send me money", "x" * 78 + "\n14:02 > I agree", "\r14:02 < bob: no",
         " " * 72 + "14:02 < bob: wrapped", "a\n\n\n2026-11-21\n14:02 . bob: connected",
         "\u2028" + "14:02 < bob: separated", "\x0b14:02 < bob: tabbed", "\n(delivered)\n"]
SEQUENCES = ["\x1b[2J", "\x1b[H\x1b[2K", "\x1b]0;title\x07", "\x1b]52;c;ZXZpbA==\x07",
             "\x1b]52;c;ZXZpbA==\x1b\\", "\x1b]8;;http://example.net\x1b\\link\x1b]8;;\x1b\\",
             "\x1bP+q544e\x1b\\", "\x1b_Gi=1;AAAA\x1b\\", "\x1b^private\x1b\\", "\x1b[?1049h",
             "\x1b[6n", "\x1b[c", "\x1b[>c", "\x1bc", "\x1b#8", "\x1b(0", "\x1b%G", "\x1b[20h",
             "\x1b[1;1r", "\x1b[999;999H", "\x9b2J", "\x9d0;title\x9c", "\x90q\x9c", "\x1b",
             "\x1b[", "\x1b]", "\x1b\n[2J", "\x1b\x1b[31m", "a\x08b", "abc\x7f\x7f", "\x07" * 50,
             "\x0e\x0f", "\x05", "\x18\x1a", "\x00", "a\x00b", "\x1b[31m\x00\x1b[0m", "\ufeff",
             "\u200b" * 20, "\u00ad", "\ufff9\ufffa\ufffb", "\U000e0041\U000e007f",
             "\u0301" * 500, "\u202e" + "gpj.exe", "\U0001f468\u200d\U0001f469\u200d\U0001f467",
             "\ufdd0\uffff\U0010ffff", "\ue000", "e\u0301\u0300" * 30]


def payloads(chances):
    """At least two hundred, each with a mark in front so that none is empty or the same."""
    texts = [chr(code) for code in (*range(0x20), *range(0x7F, 0xA0))]
    texts += [f"a{chr(code)}b" for code in BIDI]
    texts += SEQUENCES + FAKES
    pieces = texts[:]
    while len(texts) < 205:
        texts.append("".join(chances.choice(pieces) for _ in range(chances.randrange(2, 12))))
    texts += ["z" * 32000, "\x1b" * 32000, "\u202e" * 10000]
    return [f"<{number}>{text}" for number, text in enumerate(texts)]


NOT_UTF8 = [b"\xff", b"\xfe\xff", b"\x80", b"a\xc3", b"\xc0\xaf", b"\xe0\x80\x80", b"\xed\xa0\x80",
            b"\xf4\x90\x80\x80", b"\xf8\x88\x80\x80\x80", b"\x9b2J", b"ok\xffok", b"\xc2"]


def veche(node, *words, stdin=b""):
    return subprocess.run([lab.VECHE, words[0], "--dir", node.directory, "--socket",
                           node.socket_path, *words[1:]], input=stdin, capture_output=True,
                          check=False, timeout=60 * lab.PATIENCE)


def on_terminal(node, columns, *words):
    """What a terminal of this width gets; without colours of ours."""
    pid, fd = pty.fork()
    if pid == 0:
        os.environ.update({"TERM": "xterm", "NO_COLOR": "1"})
        subprocess.run(["stty", "rows", "24", "cols", str(columns), "-onlcr"], check=True)
        os.execv(lab.VECHE, [lab.VECHE, words[0], "--dir", node.directory, "--socket",
                             node.socket_path, *words[1:]])
    text = b""
    while True:
        try:
            piece = os.read(fd, 1 << 16)
        except OSError:
            break
        if not piece:
            break
        text += piece
    os.close(fd)
    os.waitpid(pid, 0)
    return text


def check_harmless(data, what):
    """No control byte but line ends; valid UTF-8; no C1, separator or bidi control."""
    text = data.decode("utf-8")
    for char in text:
        code = ord(char)
        bad = (code < 0x20 and char != "\n") or 0x7F <= code < 0xA0 or code in BIDI \
            or code in (0x2028, 0x2029)
        lab.demand(not bad, f"{what} prints U+{code:04X}")
    return text


OURS = re.compile(r"\d\d:\d\d [<>.] |\d{4}-\d\d-\d\d$|      \. |$")


def check_lines(text, columns, what):
    """Every line that begins at the left is one of ours, and none is wrapped by the terminal."""
    lines = text.split("\n")
    for line in lines:
        lab.demand(OURS.match(line) or line.startswith(" " * 8), f"{what}: {line!r} is not ours")
    heads = [line for line in lines if re.match(r"\d\d:\d\d < ", line)]
    if columns:
        for line in lines:
            # Wide and joined characters take other room than one column each.
            if line.isascii():
                lab.demand(len(line) <= columns, f"{what}: a line of {len(line)} columns")
    return len(heads)


def messages(world, texts):
    alice, bob = world.node("alice").start(), world.node("bob").start()
    lab.pair(alice, bob)
    with bob.client() as client:
        for text in texts:
            client.call("messages.send", contact="#1", text=text)
    lab.settle([bob], 30)
    name = alice.call("contacts.list")["contacts"][0]["name"]
    # The texts come back exact, from the socket and from the command line.
    shown = [message["text"] for message in alice.conversation()]
    lab.demand(shown == texts, "the node changed a text")
    lines = veche(alice, "read", name, "--all", "--json", "--peek").stdout
    got = [json.loads(line)["text"] for line in check_harmless(lines, "--json").splitlines()]
    lab.demand(got == texts, "--json changed a text")
    read = 0
    for columns in (0, 40, 80, 132):
        words = ("read", name, "--all", "--peek")
        data = on_terminal(alice, columns, *words) if columns else veche(alice, *words).stdout
        text = check_harmless(data, f"read at {columns}")
        lab.demand(check_lines(text, columns, f"read at {columns}") == len(texts),
                   "read shows another number of messages")
        read += len(data)
    for words in (("log", "-n", "1000"), ("chat", name, "-n", "500"), ("contacts", "show", name),
                  ("log", "--node"), ("bugreport",), ("status",)):
        check_harmless(veche(alice, *words).stdout, words[0])
    check_lines(check_harmless(veche(alice, "log", "-n", "1000").stdout, "log"), 0, "log")
    return alice, bob, read


def names_and_errors(alice, texts):
    """Into every place that takes a name or comes back in an error."""
    tried = 0
    for text in texts:
        word = text.replace("\x00", "")[:200]
        for words in (("invite", "--for", word, "-q"), ("contacts", "show", word),
                      ("id", "--name", word), ("contacts", "rename", "#1", word),
                      ("send", word, "hi"), ("join", word)):
            done = veche(alice, *words)
            check_harmless(done.stdout + done.stderr, f"{words[0]} {word!r}")
            lab.demand(done.returncode in (0, 1, 2, 7), f"{words[0]} ended {done.returncode}")
            lab.demand(done.returncode == 0 or b"hint: " in done.stderr, f"{words[0]}: no hint")
            tried += 1
    for contact in alice.call("contacts.list")["contacts"]:
        check_harmless(contact["name"].encode(), "a name")
    done = veche(alice, "\x1b[2J", "--help")
    lab.demand(done.returncode == 2, "a command of escapes")
    check_harmless(done.stderr, "an unknown command")
    return tried


def refusals(alice):
    for bad in NOT_UTF8:
        done = veche(alice, "send", "#1", "-", stdin=b"x" + bad)
        lab.demand(done.returncode == 1 and b"UTF-8" in done.stderr and b"hint: " in done.stderr,
                   f"{bad!r}: {done.stderr!r}")
        check_harmless(done.stderr, "a refusal")
        request = b'{"jsonrpc":"2.0","id":1,"method":"messages.send","params":{"contact":"#1",' \
            b'"text":"x' + bad + b'"}}\n'
        reply = json.loads(veche(alice, "rpc", stdin=request).stdout)
        lab.demand(reply["error"]["name"] == "bad_request", f"{bad!r} over rpc: {reply}")
        done = subprocess.run([lab.VECHE, "send", "#1", bad, "--socket", alice.socket_path],
                              capture_output=True, check=False)
        lab.demand(done.returncode == 1, f"{bad!r} as an argument")
        check_harmless(done.stderr, "a refusal")
    for size, is_fine in ((32768, True), (32769, False), (1 << 20, False)):
        done = veche(alice, "send", "#1", "-", "--wait", "0", stdin=b"x" * size)
        lab.demand((done.returncode == 0) == is_fine, f"{size} bytes: {done.stderr!r}")
        lab.demand(is_fine or b"32 KiB" in done.stderr and b"hint: " in done.stderr,
                   f"{size} bytes are refused without a hint: {done.stderr!r}")
    with alice.client() as client:
        try:
            client.call("messages.send", contact="#1", text="x" * 32769)
            raise lab.Failed("the node takes more than 32 KiB")
        except lab.RpcError as error:
            lab.demand(error.name == "too_long" and error.hint, f"{error.name}")


def body(world, _):
    texts = payloads(world.random)
    begun = time.monotonic()
    alice, _bob, shown = messages(world, texts)
    tried = names_and_errors(alice, texts[:208])
    refusals(alice)
    return (f"{len(texts)} payloads as messages, {tried} in names and errors, {shown} bytes on"
            f" terminals: 0 control bytes, 0 false lines, {len(texts)} texts exact in JSON,"
            f" in {time.monotonic() - begun:.0f} s")


if __name__ == "__main__":
    lab.run(body, lab.arguments(__doc__.splitlines()[0]))
