"""The figures of whole nodes, each beside what it is measured against.

    node_bench.py FOLDER_OF_PROGRAMS MESSAGES IDLE_SECONDS
"""

import os
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "e2e"))
import lab  # pylint: disable=wrong-import-position

PROGRAMS, MESSAGES, IDLE_SECONDS = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
WINDOW = 4000
SINGLES = 1000


def run_program(name, *words):
    """Gives the figures that a program prints, one "name number" a line."""
    told = subprocess.run([os.path.join(PROGRAMS, name), *map(str, words)], capture_output=True,
                          text=True, check=False)
    if told.returncode != 0:
        sys.exit(f"{name}: {told.stderr}")
    figures = {}
    for line in told.stdout.splitlines():
        key, value = line.split()
        figures.setdefault(key, []).append(float(value))
    return {key: statistics.mean(values) for key, values in figures.items()}


def row(what, value, aim="", against=""):
    print(f"  {what:<58} {value:>14}   {aim:<18} {against}", flush=True)


def heading(words):
    print(f"\n  {words}\n  {'-' * 110}")


def counted_puts(world):
    """Rows and bytes that a message costs on each side, and messages in a commit."""
    library = os.path.join(PROGRAMS, "libvc_node_puts.so")
    nodes = []
    for name in ("from", "to"):
        path = os.path.join(world.directory, f"{name}.puts")
        node = world.node(name).start(preload=[library], environment={"VC_PUTS_FILE": path})
        nodes.append((node, path))
    lab.pair(nodes[0][0], nodes[1][0])
    count = max(MESSAGES // 5, 1000)
    run_program("vc_node_client", nodes[0][0].socket_path, count, WINDOW)
    counts = []
    for node, path in nodes:
        node.stop()
        with open(path, encoding="ascii") as file:
            puts, dels, size, commits = map(int, file.read().split())
        counts.append({"puts": (puts + dels) / count, "bytes": size / count,
                       "per_commit": count / commits})
    return counts


def throughput(world, node):
    counts = counted_puts(world)
    own = run_program("vc_node_client", node.socket_path, MESSAGES, WINDOW)
    costs = [word for side in counts for word in (side["puts"], side["bytes"])]
    base = os.path.join(world.directory, "lmdb")
    os.makedirs(base)
    bare = run_program("vc_node_base", "lmdb", base, MESSAGES,
                       max(1, int(counts[0]["per_commit"])), 2, *costs)
    shutil.rmtree(base)
    heading(f"pipelined, {MESSAGES} texts of 100 bytes, {WINDOW} under way, over loopback")
    row("durable here, messages a second", f"{own['queued_per_s']:.0f}")
    row("durable on both sides and receipted, messages a second", f"{own['delivered_per_s']:.0f}",
        "aim >= 20000")
    row("bare LMDB, both sides' rows and bytes, as many a commit",
        f"{bare['lmdb_messages_per_s']:.0f}", "",
        f"ratio {own['delivered_per_s'] / bare['lmdb_messages_per_s']:.2f}")
    for side, words in zip(counts, ("sender", "receiver")):
        row(f"rows and bytes a message, {words}", f"{side['puts']:.1f}, {side['bytes']:.0f}", "",
            f"{side['per_commit']:.0f} messages a commit")
    return counts


def one_at_a_time(world, node, counts):
    own = run_program("vc_node_client", node.socket_path, 0, 1, SINGLES)
    base = os.path.join(world.directory, "lmdb")
    os.makedirs(base)
    costs = [max(side["puts"] for side in counts), max(side["bytes"] for side in counts)]
    bare = run_program("vc_node_base", "lmdb", base, SINGLES, 1, 1, *costs)
    shutil.rmtree(base)
    echo = run_program("vc_node_base", "echo", 10000, 200)
    commit, trip = bare["lmdb_commit_median_us"], echo["echo_median_us"]
    limit = 2 * commit + trip
    heading(f"one at a time, {SINGLES} texts, medians")
    row("bare LMDB, one commit, us", f"{commit:.0f}")
    row("bare UDP echo over loopback, us", f"{trip:.0f}")
    row("durable here (one commit), us", f"{own['single_queued_median_us']:.0f}", "",
        f"{own['single_queued_median_us'] / commit:.2f} commits")
    row("durable on both sides and receipted, us", f"{own['single_delivered_median_us']:.0f}",
        f"aim <= {2 * limit:.0f}",
        f"{own['single_delivered_median_us'] / limit:.2f} x (two commits + a round trip)")
    row("  of these, the slowest of a hundred, us", f"{own['single_delivered_p99_us']:.0f}")


def time_to_ready(world, node):
    """From the start of the process to its READY=1."""
    path = os.path.join(world.directory, "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notices:
        notices.bind(path)
        notices.settimeout(60)
        begun = time.monotonic()
        node.spawn(environment={"NOTIFY_SOCKET": path})
        notices.recv(100)
        took = time.monotonic() - begun
    os.unlink(path)
    node.wait_ready()
    return took * 1000


def starts(world, node):
    stored = MESSAGES + SINGLES
    node.stop()
    clean = statistics.median(stop_and_time(world, node) for _ in range(5))
    killed = []
    node.start()
    for _ in range(3):
        node.kill()
        killed.append(time_to_ready(world, node))
    size = node.call("node.status")["store_bytes"]
    heading(f"start to ready, {stored} messages stored, store of {size / 1e6:.0f} MB")
    row("after a clean stop, ms", f"{clean:.0f}", "aim <= 300")
    row("after a kill (every page is looked at), ms", f"{statistics.median(killed):.0f}")
    row("a stop, ms", f"{node.stop() * 1000:.0f}", "aim <= 1000")
    new = world.node("new")
    first = time_to_ready(world, new)
    row("the first start in an empty directory, ms", f"{first:.0f}")
    time.sleep(1)
    row("RSS at start, KiB", f"{lab.resident_bytes(new.process.pid) >> 10}", "aim <= 6144")
    new.stop()


def stop_and_time(world, node):
    took = time_to_ready(world, node)
    node.stop()
    return took


def wakeups(pid):
    total = 0
    for task in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{task}/status", encoding="ascii") as file:
            total += sum(int(line.split()[1]) for line in file
                         if line.startswith("voluntary_ctxt_switches"))
    return total


def idle(world):
    nodes = [world.node("still").start(), world.node("quiet").start()]
    lab.pair(*nodes)
    run_program("vc_node_client", nodes[0].socket_path, 10, 10)
    time.sleep(5)
    counted = []
    before = [(node.call("node.status"), node.process.pid) for node in nodes]
    time.sleep(0.5)
    woken = [wakeups(pid) for _, pid in before]
    time.sleep(IDLE_SECONDS)
    woken = [wakeups(pid) - count for (_, pid), count in zip(before, woken)]
    for (status, _), node in zip(before, nodes):
        now = node.call("node.status")
        counted.append((now["datagrams_in"] - status["datagrams_in"],
                        now["datagrams_out"] - status["datagrams_out"]))
    minutes = IDLE_SECONDS / 60
    heading(f"idle with one connected contact, {IDLE_SECONDS} s")
    packets = max(sum(pair) for pair in counted) / minutes
    row("packets in and out, a minute", f"{packets:.1f}", "aim <= 4")
    row("wake-ups of all threads, a minute, each side",
        ", ".join(f"{count / minutes:.1f}" for count in woken), "aim <= packets")
    status_time(nodes[0])
    for node in nodes:
        node.stop()


def status_time(node):
    if not os.path.exists(lab.VECHE):
        row("veche status, ms", "not built")
        return
    took = []
    for _ in range(20):
        begun = time.monotonic()
        subprocess.run([lab.VECHE, "--dir", node.directory, "--socket", node.socket_path, "status"],
                       capture_output=True, check=False)
        took.append(time.monotonic() - begun)
    heading("programs")
    row("veche status, ms", f"{statistics.median(took) * 1000:.1f}", "aim <= 50")


def size(world):
    for program in (lab.VECHED, lab.VECHE):
        if os.path.exists(program):
            copy = os.path.join(world.directory, "stripped")
            subprocess.run(["strip", "-o", copy, program], check=True)
            row(f"{os.path.basename(program)}, stripped, KiB", f"{os.path.getsize(copy) >> 10}",
                "aim <= 1024")


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    with lab.Lab(1) as world:
        node, other = world.node("alice").start(), world.node("bob").start()
        lab.pair(node, other)
        counts = throughput(world, node)
        one_at_a_time(world, node, counts)
        other.stop()
        starts(world, node)
        idle(world)
        size(world)


main()
