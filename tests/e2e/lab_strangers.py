#!/usr/bin/env python3
"""Datagrams of people whom the node does not know.

Random ones and changed copies of real ones get not one byte back and do not make the node
grow; a flood of handshake starts from many addresses, right under an invite's mask, does not
keep a contact from connecting.  The whole: --datagrams 1000000 --seconds 60
"""

import json
import os
import socket
import struct
import subprocess
import threading
import time

import lab

STRANGER = os.environ.get("VC_STRANGER") or os.path.join(lab.ROOT,
                                                         "build/dev/tests/e2e/vc_stranger")
HERE, THERE = "10.78.0.1", "10.78.0.2"


def capture(port, seconds, into):
    """Keeps the datagrams that pass the loopback device to and from @port."""
    ended = time.monotonic() + seconds
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0800)) as tap:
        tap.bind(("lo", 0))
        tap.settimeout(0.1)
        while time.monotonic() < ended:
            try:
                frame = tap.recv(65536)
            except TimeoutError:
                continue
            packet = frame[14:]
            head = (packet[0] & 15) * 4
            if packet[9] != socket.IPPROTO_UDP:
                continue
            source, target, length, _ = struct.unpack("!HHHH", packet[head:head + 8])
            if port in (source, target) and frame not in into:
                into.append(packet[head + 8:head + length])


def record_conversation(world, node, other, path):
    """Handshakes, a join and a conversation, as they were on the wire."""
    port = int(node.call("node.status")["listen"][0].rsplit(":", 1)[1])
    datagrams = []
    tap = threading.Thread(target=capture, args=(port, 3, datagrams))
    tap.start()
    lab.pair(node, other)
    writer = lab.Writer(node, "alice", 50, window=4)
    writer.run()
    other.kill()
    other.start()
    lab.settle([node], 10)
    tap.join()
    lab.demand(len(datagrams) > 20, f"{len(datagrams)} datagrams were seen")
    with open(path, "wb") as file:
        for datagram in datagrams[:4000]:
            file.write(struct.pack("!H", len(datagram)) + datagram)
    return len(datagrams)


def counters(node):
    status = node.call("node.status")
    return status["datagrams_in"], status["datagrams_out"]


def silence(world, given):
    node = world.node("alice", listen=["127.0.0.1:0"]).start()
    other = world.node("bob").start()
    path = os.path.join(world.directory, "datagrams")
    recorded = record_conversation(world, node, other, path)
    other.stop()
    time.sleep(0.5)
    address = node.call("node.status")["listen"][0]
    pid = node.pid()
    before, resident = counters(node), lab.resident_bytes(pid)
    told = subprocess.run([STRANGER, "noise", address, str(given.datagrams),
                           str(world.random.randrange(1 << 32)), path],
                          capture_output=True, text=True, check=True)
    told = json.loads(told.stdout)
    after, grown = counters(node), lab.resident_bytes(pid) - resident
    seen = after[0] - before[0]
    lab.demand(told["datagrams_back"] == 0, f"strangers were answered: {told}")
    lab.demand(seen > 0.9 * given.datagrams, f"only {seen} of {given.datagrams} datagrams came in")
    lab.demand_memory(grown, 8 << 20, "strangers made the node grow")
    other.start()
    lab.until(lambda: node.call("contacts.list")["contacts"][0]["is_connected"], 10,
              "the contact comes back")
    node.stop()
    other.stop()
    return (f"{seen} mutated and random datagrams (of {recorded} recorded ones) got 0 bytes back, "
            f"RSS grew by {max(grown, 0) >> 10} KiB")


def make_far_side():
    """A namespace beyond a wire, whose every address of 10.77.0.0/16 is local to it."""
    far = subprocess.Popen(["unshare", "--net", "sleep", "infinity"])
    inside = ["nsenter", "--net", "--target", str(far.pid)]
    try:
        for command in (
                ["ip", "link", "set", "lo", "up"],
                ["ip", "link", "add", "near", "type", "veth", "peer", "name", "far"],
                ["ip", "address", "add", f"{HERE}/30", "dev", "near"],
                ["ip", "link", "set", "near", "up"],
                ["sleep", "0.2"],
                ["ip", "link", "set", "far", "netns", str(far.pid)],
                [*inside, "ip", "address", "add", f"{THERE}/30", "dev", "far"],
                [*inside, "ip", "link", "set", "far", "up"],
                [*inside, "ip", "link", "set", "lo", "up"],
                [*inside, "ip", "route", "add", "local", "10.77.0.0/16", "dev", "lo"],
                ["ip", "route", "add", "10.77.0.0/16", "via", THERE]):
            subprocess.run(command, check=True, capture_output=True)
    except subprocess.CalledProcessError as error:
        far.kill()
        lab.skip(f"no second namespace: {error.stderr.decode().strip()}")
    return far, inside


def flood(world, given):
    far, inside = make_far_side()
    try:
        node = world.node("carol", listen=[f"{HERE}:0"]).start()
        other = world.node("dave", listen=[f"{HERE}:0"]).start()
        lab.pair(node, other)
        invite = node.call("invite.create", note="flood")["invite"]["text"]
        address = node.call("node.status")["listen"][0]
        pid, resident = node.pid(), lab.resident_bytes(node.pid())
        sender = subprocess.Popen(
            [*inside, STRANGER, "flood", address, str(given.seconds),
             str(world.random.randrange(1 << 32)), invite, "veche", str(given.rate)],
            stdout=subprocess.PIPE, text=True)
        took = []
        time.sleep(0.5)
        while sender.poll() is None:
            other.kill()
            begun = time.monotonic()
            other.start()
            lab.until(lambda: other.call("contacts.list")["contacts"][0]["is_connected"], 20,
                      "the contact connects in the flood")
            took.append(time.monotonic() - begun)
            time.sleep(0.1)
        told = json.loads(sender.communicate()[0])
        grown = lab.resident_bytes(pid) - resident
        lab.demand(max(took) <= 5, f"connecting took {max(took):.1f} s in the flood")
        lab.demand(told["bytes_back"] <= told["bytes_sent"], f"amplified: {told}")
        lab.demand_memory(grown, 8 << 20, "the flood made the node grow")
        took.sort()
        node.stop()
        other.stop()
        return (f"flood: {told['sent']} handshake starts from 65,000 addresses at {given.rate:.0f}/s, "
                f"{told['bytes_back'] / told['bytes_sent']:.3f} bytes back for one, the contact "
                f"connected {len(took)} times, median {took[len(took) // 2] * 1000:.0f} ms, "
                f"at most {took[-1] * 1000:.0f} ms")
    finally:
        far.kill()
        far.wait()


def body(world, given):
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    return f"{silence(world, given)}; {flood(world, given)}"


GIVEN = lab.arguments(__doc__, datagrams=20000, seconds=4.0, rate=20000.0)
lab.in_namespaces("mount", "net")
lab.run(body, GIVEN)
