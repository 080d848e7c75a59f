#!/usr/bin/env python3
"""How a node starts and stops: the lock, the socket, the port, the notices, the time."""

import os
import signal
import socket
import subprocess
import time

import lab


def stop_keeps_everything(world):
    node, other = world.node("alice").start(), world.node("bob").start()
    lab.pair(node, other)
    writer = lab.Writer(node, "alice", 200)
    writer.start()
    writer.finish(20)
    longest = 0
    for number in (signal.SIGTERM, signal.SIGINT):
        begun = time.monotonic()
        os.kill(node.process.pid, number)
        lab.demand(node.wait(5) == 0, f"the stop by signal {number} was not clean")
        longest = max(longest, time.monotonic() - begun)
        node.start()
    begun = time.monotonic()
    node.call("node.stop")
    lab.demand(node.wait(5) == 0, "the stop by node.stop was not clean")
    longest = max(longest, time.monotonic() - begun)
    lab.demand(longest < 1 * lab.PATIENCE, f"a stop took {longest:.2f} s")
    lab.demand(not os.path.exists(node.socket_path), "the socket is left behind")
    node.start()
    lab.check_order(writer, node.conversation(), "alice")
    lab.settle([node], 10)
    lab.check_order(writer, other.conversation(), "bob")
    return longest


def stop_answers_what_it_was_asked(world):
    """Texts that are under way when the stop comes are answered or not kept: never lost
    after their answer."""
    node = world.nodes[0]
    writer = lab.Writer(node, "late", 2000, window=200)
    writer.start()
    lab.until(lambda: len(writer.queued) > 50, 10, "some are queued")
    node.stop()
    kept = dict(writer.queued)
    node.start()
    writer.finish(30)
    for number, name in kept.items():
        lab.demand(writer.queued[number] == name, "a text changed its id over the stop")
    lab.check_order(writer, node.conversation(), "alice")


def lock_names_its_holder(world):
    node = world.nodes[0]
    again = subprocess.run(
        [lab.VECHED, "--dir", node.directory, "--listen", "127.0.0.1:0", "--socket",
         node.socket_path + "2"], capture_output=True, text=True, timeout=20, check=False)
    lab.demand(again.returncode == 1, f"a second node ended with {again.returncode}")
    lab.demand(f"process {node.process.pid}" in again.stderr,
               f"the holder is not named: {again.stderr}")
    lab.demand("another veched uses this directory" in again.stderr, again.stderr)


def socket_is_not_taken_from_the_living(world):
    node = world.nodes[0]
    again = subprocess.run(
        [lab.VECHED, "--dir", os.path.join(world.directory, "third"), "--listen", "127.0.0.1:0",
         "--socket", node.socket_path], capture_output=True, text=True, timeout=20, check=False)
    lab.demand(again.returncode == 1, f"a node at a used socket ended with {again.returncode}")
    node.call("node.status")


def socket_takes_no_file_away(world):
    path = os.path.join(world.directory, "letter")
    with open(path, "w", encoding="ascii") as file:
        file.write("dear")
    again = subprocess.run(
        [lab.VECHED, "--dir", os.path.join(world.directory, "fourth"), "--listen", "127.0.0.1:0",
         "--socket", path], capture_output=True, text=True, timeout=20, check=False)
    lab.demand(again.returncode == 1, f"a node over a file ended with {again.returncode}")
    with open(path, encoding="ascii") as file:
        lab.demand(file.read() == "dear", "the file was taken away")


def crash_leaves_a_socket_that_is_replaced(world):
    node = world.nodes[0]
    before = node.call("node.status")["listen"]
    node.kill()
    lab.demand(os.path.exists(node.socket_path), "a killed node took its socket along")
    node.start()
    lab.demand(node.call("node.status")["listen"] == before, "the port was not kept")


def service_manager_is_told(world):
    path = os.path.join(world.directory, "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notices:
        notices.bind(path)
        notices.settimeout(10 * lab.PATIENCE)
        node = world.node("carol").spawn(environment={"NOTIFY_SOCKET": path})
        lab.demand(notices.recv(100) == b"READY=1", "no READY=1")
        node.call("node.status")  # ready means ready
        node.process.terminate()
        lab.demand(notices.recv(100) == b"STOPPING=1", "no STOPPING=1")
        lab.demand(node.wait() == 0, "the stop was not clean")


def used_port_is_refused(world):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        named = subprocess.run(
            [lab.VECHED, "--dir", os.path.join(world.directory, "fifth"), "--listen",
             f"127.0.0.1:{port}", "--socket", os.path.join(world.directory, "fifth.sock")],
            capture_output=True, text=True, timeout=20, check=False)
        lab.demand(named.returncode == 1 and "another program uses this address" in named.stderr,
                   f"a taken port: {named.returncode} {named.stderr}")


def port_of_last_time_may_be_taken(world):
    node = world.node("dave").start()
    address = node.call("node.status")["listen"][0]
    node.stop()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", int(address.rsplit(":", 1)[1])))
        node.start()
        lab.demand(node.call("node.status")["listen"][0] != address, "two on one port")
    node.stop()


def empty_starts(given, world):
    """RSS and the time from nothing to ready, once more in each new directory."""
    slowest = 0
    for number in range(given.starts):
        node = world.node(f"new{number}")
        begun = time.monotonic()
        node.start()
        slowest = max(slowest, time.monotonic() - begun)
        node.stop()
    return slowest


def sleep_is_noticed(world):
    """An hour passes at once; who wakes asks his contacts at once whether they are there."""
    slept = os.path.join(world.directory, "slept")
    open(slept, "wb").close()
    sleeper, other = world.node("erin"), world.node("frank").start()
    sleeper.start(preload=[lab.preload_library("vc_sleep")], environment={"VC_SLEPT": slept})
    lab.pair(sleeper, other)
    os.truncate(slept, 3600)
    lab.until(lambda: sleeper.call("node.status") and "has slept for 3600 s" in sleeper.log_tail(),
              5, f"the sleep is noticed: {sleeper.log_tail()}")
    name = other.call("messages.send", contact="#1", text="good morning")["message"]["id"]
    lab.until(lambda: other.call("messages.get", id=name)["message"]["state"] == "delivered", 5,
              "who has slept is there again")
    lab.demand(sleeper.log_tail(100).count("has slept") == 1, "one sleep is noticed twice")


def session_has_all_it_needs(world):
    """As somebody who has just logged in: a home, a runtime directory, and no option."""
    home, runtime = (os.path.join(world.directory, name) for name in ("home", "run"))
    for path in (home, runtime):
        os.mkdir(path, 0o700)
    environment = {"HOME": home, "XDG_RUNTIME_DIR": runtime, "LOGNAME": "anna",
                   "PATH": "/usr/bin:/bin"}
    for words in (["up", "--no-invite", "--listen", "127.0.0.1:0"], ["status"], ["down"]):
        done = subprocess.run([lab.VECHE, *words], env=environment, capture_output=True, text=True,
                              timeout=30 * lab.PATIENCE, check=False)
        lab.demand(done.returncode == 0, f"veche {words[0]} of a new user ended with "
                                         f"{done.returncode}: {done.stderr}")


def body(world, given):
    session_has_all_it_needs(world)
    longest = stop_keeps_everything(world)
    stop_answers_what_it_was_asked(world)
    lock_names_its_holder(world)
    socket_is_not_taken_from_the_living(world)
    socket_takes_no_file_away(world)
    crash_leaves_a_socket_that_is_replaced(world)
    service_manager_is_told(world)
    used_port_is_refused(world)
    port_of_last_time_may_be_taken(world)
    sleep_is_noticed(world)
    slowest = empty_starts(given, world)
    return (f"stops take at most {longest * 1000:.0f} ms and keep everything, starts at most "
            f"{slowest * 1000:.0f} ms; lock, socket, port and notices as they should be")


GIVEN = lab.arguments(__doc__, starts=5)
lab.run(body, GIVEN)
