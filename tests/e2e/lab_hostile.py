#!/usr/bin/env python3
"""Programs on the same machine that behave badly at the control socket.

Who does not read, breaks off, sends too much or connects too often harms nobody but itself;
other users are refused; and who loses its connection loses no event.
"""

import json
import os
import pwd
import socket
import threading
import time

import lab


def raw(node):
    link = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    link.settimeout(10 * lab.PATIENCE)
    link.connect(node.socket_path)
    return link


def read_line(link):
    data = b""
    while not data.endswith(b"\n"):
        piece = link.recv(1 << 16)
        if not piece:
            break
        data += piece
    return data


def is_alive(node):
    node.call("node.status")


def endless_frame(node, size):
    """Bytes without an end of line: an error and the end of the connection, at 1 MiB."""
    pid = node.pid()
    before = lab.resident_bytes(pid)
    link, sent = raw(node), 0
    piece = b"x" * (1 << 16)
    try:
        while sent < size:
            sent += link.send(piece)
    except (BrokenPipeError, ConnectionResetError):
        pass
    lab.demand(sent <= 3 << 20, f"it took {sent >> 20} MB of one line")
    try:
        reply = read_line(link)
    except ConnectionResetError:
        reply = b""
    lab.demand(not reply or json.loads(reply)["error"]["name"] == "bad_request", f"answered {reply}")
    link.close()
    is_alive(node)
    grown = lab.resident_bytes(pid) - before
    lab.demand_memory(grown, 4 << 20, "one long line made it grow")


def longest_line(node):
    """A request of just less than 1 MiB is read as a request."""
    with node.client() as client:
        for size, name in (((1 << 20) - 200, "too_long"), (32 * 1024 + 1, "too_long")):
            try:
                client.call("messages.send", contact="#1", text="x" * size)
                raise lab.Failed(f"a text of {size} bytes was taken")
            except lab.RpcError as error:
                lab.demand(error.name == name and error.hint, f"{size} bytes: {error}")
        sent = client.call("messages.send", contact="#1", text="x" * 32 * 1024)
        client.call("messages.abandon", id=sent["message"]["id"])


def broken_frames(node):
    """Half a request and gone; garbage; not JSON-RPC; then a good one on the same line."""
    for half in (b"{", b'{"jsonrpc": "2.0", "id": 1, "method": "node.stop"', b"\xff\xfe\0"):
        link = raw(node)
        link.sendall(half)
        link.close()
    with raw(node) as link:
        for line in (b"", b"nonsense", b"[]", b"{}", b'{"jsonrpc":"1.0","id":1,"method":"x"}',
                     b'{"jsonrpc":"2.0","id":1,"method":"no.such"}', b"[" * 100000,
                     b'{"jsonrpc":"2.0","id":1,"method":"node.status","params":[1]}',
                     b'{"jsonrpc":"2.0","id":1,"id":2,"method":"node.status"}',
                     b'{"jsonrpc":"2.0","id":1,"method":"node.status","params":{"x":1}}',
                     b'"\\ud800"', b"\x00" * 100):
            link.sendall(line + b"\n")
            error = json.loads(read_line(link))["error"]
            lab.demand(error["name"] in ("bad_request", "unknown_method", "bad_params")
                       and error["hint"], f"{line[:60]} was answered {error}")
        link.sendall(b'{"jsonrpc":"2.0","method":"node.status"}\n'
                     b'{"jsonrpc":"2.0","id":"a","method":"node.status","params":{}}\n')
        reply = json.loads(read_line(link))
        lab.demand(reply["id"] == "a" and "result" in reply, f"answered {reply}")


def many_clients(node):
    """64 are served, the next one is told why not, and a place that is free is taken."""
    clients = [node.client()]
    clients[0].call("node.status")  # those who were before have been seen to be gone
    clients += [node.client() for _ in range(63)]
    clients[-1].call("node.status")
    for _ in range(40):
        with raw(node) as late:
            reply = json.loads(read_line(late))
            lab.demand(reply["error"]["name"] == "full", f"the 65th was told {reply}")
    late = [raw(node) for _ in range(10)]  # not even read
    clients[0].close()
    for link in late:
        link.close()

    def is_served():
        try:
            with node.client() as client:
                client.call("node.status")
            return True
        except (ConnectionError, lab.RpcError):
            return False

    lab.until(is_served, 5, "the free place is given to the next")
    for client in clients:
        client.close()
    lab.until(is_served, 5, "the places are free again")


def silent_subscriber(node, writer, count):
    """Somebody subscribes and never reads; another asks for much and never reads."""
    pid = node.pid()
    link = raw(node)
    link.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    link.sendall(b'{"jsonrpc":"2.0","id":1,"method":"events.subscribe","params":{"since":0}}\n')
    asker = raw(node)
    asker.setblocking(False)
    question = b'{"jsonrpc":"2.0","id":1,"method":"rpc.discover"}\n' * 100
    writer.run()
    before = lab.resident_bytes(pid)
    asked = 0
    for _ in range(50):
        writer.count += count // 50
        writer.run()
        try:
            asked += asker.send(question)
        except BlockingIOError:
            pass
    grown = lab.resident_bytes(pid) - before
    # The store's pages that were written and read are resident as well.
    mapped = node.call("node.status")["store_bytes"]
    lab.demand_memory(grown, (8 << 20) + mapped, "programs that do not read made it grow")
    link.settimeout(5 * lab.PATIENCE)
    seen, data = 0, b""
    while seen < writer.count:
        data += link.recv(1 << 16)
        *lines, data = data.split(b"\n")
        seen += sum(json.loads(line).get("params", {}).get("kind") == "message.new"
                    for line in lines)
    link.close()
    asker.close()
    return grown


def lost_connections(node, writer, count, breaks, chance):
    """A follower is cut off again and again, and misses no event."""
    cursor = node.call("node.status")["event_last"]
    first = writer.count
    writer.count += count
    thread = threading.Thread(target=writer.run, daemon=True)
    thread.start()
    texts, cuts = [], 0
    while len(texts) < count:
        # What is on its way when the connection breaks is lost with it, and told again.
        stop_at = count if cuts == breaks else min(
            count - 1, len(texts) + chance.randrange(2 * (count - len(texts)) // (breaks - cuts)))
        with node.client() as client:
            client.subscribe(cursor)
            while len(texts) < stop_at:
                lab.demand(client.events or client.pump(10 * lab.PATIENCE),
                           f"no event comes after {cursor}")
                events, client.events = client.events, []
                for event in events:
                    if "seq" not in event or len(texts) == stop_at:
                        continue
                    lab.demand(event["seq"] > cursor, "an event came twice")
                    cursor = event["seq"]
                    if event["kind"] == "message.new" and event["message"]["from"] == "me":
                        texts.append(event["message"]["text"])
        cuts += 1
    thread.join()
    wanted = [writer.text(number) for number in range(first, first + count)]
    lab.demand(texts == wanted, "events are lost, doubled or out of order")
    return cuts - 1


def other_user(node, world):
    """The socket's mode keeps others out; where the mode was changed, veched does."""
    if os.geteuid() != 0:
        return False
    nobody = pwd.getpwnam("nobody")
    os.chmod(world.directory, 0o755)
    mode = os.stat(node.socket_path).st_mode & 0o777
    lab.demand(mode == 0o600, f"the socket's mode is {mode:o}")
    os.chmod(node.socket_path, 0o666)
    child = os.fork()
    if child == 0:
        os.setresgid(nobody.pw_gid, nobody.pw_gid, nobody.pw_gid)
        os.setresuid(nobody.pw_uid, nobody.pw_uid, nobody.pw_uid)
        code = 1
        try:
            with raw(node) as link:
                link.sendall(b'{"jsonrpc":"2.0","id":1,"method":"node.status"}\n')
                reply = json.loads(read_line(link))
                code = 0 if reply.get("error", {}).get("name") == "permission" else 2
        except (ConnectionError, ValueError):
            code = 0
        finally:
            os._exit(code)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    os.chmod(node.socket_path, 0o600)
    lab.demand(code == 0, f"another user was served ({code})")
    return True


def answers_in_order(node):
    """1,000 requests at once, of all kinds: each is answered once."""
    with node.client() as client:
        numbers = [client.post(*("node.status", "contacts.list", "invite.list")[i % 3:i % 3 + 1])
                   for i in range(1000)]
        for number in numbers:
            client.reply(number)
        lab.demand(not client.replies, "a request was answered twice")


def body(world, given):
    node, other = world.node("alice").start(), world.node("bob").start()
    lab.pair(node, other)
    other.stop()
    begun = time.monotonic()
    endless_frame(node, given.frame_megabytes << 20)
    longest_line(node)
    broken_frames(node)
    many_clients(node)
    answers_in_order(node)
    was_refused = other_user(node, world)
    writer = lab.Writer(node, "alice", 50)
    grown = silent_subscriber(node, writer, given.events)
    other.start()
    cuts = lost_connections(node, writer, given.events, given.breaks, world.random)
    lab.demand(node.stop() < 1 * lab.PATIENCE, "the stop took longer than a second")
    users = "other users refused" if was_refused else "other users not tried"
    return (f"long lines, broken frames, 75 clients, {users}; a subscriber that does not read: "
            f"{grown >> 10} KiB for {given.events} events; {given.events} events over {cuts} "
            f"reconnects: none lost; {time.monotonic() - begun:.0f} s")


GIVEN = lab.arguments(__doc__, events=1000, breaks=50, frame_megabytes=64)
lab.run(body, GIVEN)
