#!/usr/bin/env python3
"""People who find each other by the DHT, in a private network of their own.

Entry points (veched --bootstrap-only) stand in one namespace, two people behind a router each,
in namespaces too, and each has a second router to move to.  They meet by an invite and talk.
Then half of the entry points are killed and both people move at the same moment, so that
nothing that one knows of the other is true any more: they have to talk again within 5 s, by what
the entry points that are left keep.  An invite from before the move has to work after it.
"""

import os
import re
import signal
import subprocess
import time

import lab

NETWORK = "lab-of-veche"
NAMED = 4  # entry points that people have in their configuration; every second one is killed
TALK_S = 5


def run(*words):
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise OSError(f"{' '.join(words)}: {done.stderr.strip()}")


class Namespace:
    """It ends with the lab, whose death closes the pipe that its process reads."""

    def __init__(self):
        self.process = subprocess.Popen(["unshare", "--net", "cat"], stdin=subprocess.PIPE,
                                        stdout=subprocess.DEVNULL)
        self.inside = ["nsenter", f"--net=/proc/{self.process.pid}/ns/net"]
        own = os.readlink("/proc/self/ns/net")
        lab.until(lambda: os.readlink(f"/proc/{self.process.pid}/ns/net") != own, 10,
                  "a namespace is made")
        self.run("ip", "link", "set", "lo", "up")

    def run(self, *words):
        run(*self.inside, *words)

    def end(self):
        self.process.kill()
        self.process.wait()


def wire(number, end, near, near_address, far_address, here=None):
    """A wire from @here (or the lab's own namespace) to interface @near of namespace @end."""
    inside = here.inside if here else []
    run(*inside, "ip", "link", "add", f"w{number}", "type", "veth", "peer", "name", near, "netns",
        str(end.process.pid))
    run(*inside, "ip", "address", "add", far_address, "dev", f"w{number}")
    run(*inside, "ip", "link", "set", f"w{number}", "up")
    if near_address:
        end.run("ip", "address", "add", near_address, "dev", near)
        end.run("ip", "link", "set", near, "up")


def forward(*inside):
    run(*inside, "sh", "-c", "echo 1 >/proc/sys/net/ipv4/ip_forward")


class World:
    """Routers around one namespace, and homes behind them."""

    def __init__(self):
        self.namespaces = []
        self.homes = []
        self.wires = 0

    def build(self):
        """Two homes with two routers each, and one with one."""
        run("ip", "link", "set", "lo", "up")
        forward()
        self.homes = [self.home(2), self.home(2), self.home(1)]

    def add(self):
        self.namespaces.append(Namespace())
        return self.namespaces[-1]

    def router(self):
        """Gives the namespace of a router and its number: 10.NUMBER.0.0/24 is behind it."""
        router = self.add()
        self.wires += 1
        number = self.wires
        wire(number, router, "out", f"10.90.{number}.2/30", f"10.90.{number}.1/30")
        router.run("ip", "route", "add", "default", "via", f"10.90.{number}.1")
        run("ip", "route", "add", f"10.{number}.0.0/24", "via", f"10.90.{number}.2")
        forward(*router.inside)
        return router, number

    def home(self, count):
        """Somebody with a wire to each of @count routers, the first of them plugged in."""
        home = self.add()
        home.addresses = []
        for place in range(count):
            router, number = self.router()
            wire(0, home, f"wire{place}", None, f"10.{number}.0.1/24", router)
            home.addresses.append(f"10.{number}.0.2")
        home.run("sh", "-c", plug(home, 0))
        return home

    def end(self):
        for namespace in self.namespaces:
            namespace.end()


def plug(home, place):
    gateway = home.addresses[place].rsplit(".", 1)[0] + ".1"
    return (f"ip address add {home.addresses[place]}/24 dev wire{place} && "
            f"ip link set wire{place} up && ip route replace default via {gateway}")


def unplug(place):
    return f"ip link set wire{place} down && ip address flush dev wire{place}"


class Entry:
    """An entry point."""

    def __init__(self, world, number, doors):
        self.name = f"entry{number}"
        self.address = f"10.91.0.{number + 1}:5000"
        self.directory = os.path.join(world.directory, self.name)
        self.log_path = self.directory + ".log"
        self.doors = doors
        self.process = None
        self.starts = 0
        run("ip", "address", "add", f"10.91.0.{number + 1}/32", "dev", "lo")
        world.nodes.append(self)

    def spawn(self):
        doors = [word for door in self.doors for word in ("--bootstrap", door)]
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(
                [lab.VECHED, "--bootstrap-only", "--dir", self.directory, "--listen", self.address,
                 "--network", NETWORK, *doors], stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self.starts += 1

    def log(self):
        with open(self.log_path, encoding="utf-8") as file:
            return file.read()

    def wait_ready(self):
        words = f"ready: an entry point of the private network {NETWORK} at {self.address}"
        lab.until(lambda: self.log().count(words) == self.starts, 10,
                  f"{self.name} is ready: {self.log()}")

    def is_running(self):
        return self.process is not None and self.process.poll() is None

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self):
        self.process.terminate()
        lab.demand(self.process.wait(10) == 0, f"{self.name} did not end well: {self.log()}")

    def nodes_known(self):
        """It says so in its log when it gets SIGUSR1."""
        told = self.log().count("nodes known")
        self.process.send_signal(signal.SIGUSR1)
        lab.until(lambda: self.log().count("nodes known") > told, 5, f"{self.name} says how it is")
        return int(re.findall(r"(\d+) nodes known", self.log())[-1])


def start_entries(world, count):
    entries = []
    for number in range(count):
        entries.append(Entry(world, number, [entry.address for entry in entries[:2]]))
        entries[-1].spawn()
    for entry in entries:
        entry.wait_ready()
    for entry in entries:
        lab.until(lambda entry=entry: entry.nodes_known() >= min(count - 1, 8), 20,
                  f"{entry.name} knows others: {entry.log()}")
    return entries


def person(world, name, home, entries):
    node = world.node(name, listen=["0.0.0.0:0"])
    doors = "".join(f"network.bootstrap = {entry.address}\n" for entry in entries[:NAMED])
    node.config(f"network.id = {NETWORK}\n{doors}")
    node.start(wrapper=home.inside)
    lab.until(lambda: node.call("node.status")["dht"]["is_joined"], 10, f"{name} joins")
    return node


def is_published(node):
    published = node.call("node.status")["dht"]["published"]
    return published is not None and published["holders"] > 0 and published["failure"] is None


def talk(nodes, words, seconds=30):
    """Each writes to the other; gives how long it took until both texts were there."""
    begun = time.monotonic()
    sent = [node.call("messages.send", contact="#1", text=words)["message"]["id"]
            for node in nodes]
    for node, name in zip(nodes, sent):
        lab.until(lambda node=node, name=name: node.call("messages.get", id=name)["message"]["state"]
                  in ("delivered", "read"), seconds, f"{words!r} of {node.name} arrives")
    return time.monotonic() - begun


def move(homes, place):
    """All of them leave one router for another at the same moment."""
    moves = [subprocess.Popen([*home.inside, "sh", "-c", f"{unplug(1 - place)} && "
                               f"{plug(home, place)}"]) for home in homes]
    for process in moves:
        lab.demand(process.wait(10) == 0, "somebody cannot move")


def addresses(node):
    return [address.rsplit(":", 1)[0] for address in node.call("node.status")["addresses"]]


def move_and_talk(nodes, homes, place):
    begun = time.monotonic()
    move(homes, place)
    talk(nodes, f"here I am, at {place}")
    took = time.monotonic() - begun
    for node, home in zip(nodes, homes):
        lab.until(lambda node=node, home=home: addresses(node) == [home.addresses[place]], 2,
                  f"{node.name} says where it is")
    return took


def pulled_wire_is_noticed(node, home):
    """A second wire is plugged in beside the first, and pulled again; its address stays with it."""
    home.run("sh", "-c", plug(home, 0))
    lab.until(lambda: len(node.call("node.status")["addresses"]) == 2, 5, "a wire is noticed")
    home.run("ip", "link", "set", "wire0", "down")
    lab.until(lambda: len(node.call("node.status")["addresses"]) == 1, 5, "its end is noticed")
    home.run("ip", "address", "flush", "dev", "wire0")


def entry_bears_a_damaged_table(entry):
    with open(os.path.join(entry.directory, "dht.table"), "wb") as file:
        file.write(b"no table at all")
    entry.spawn()
    entry.wait_ready()
    lab.demand("the nodes of the last run are lost" in entry.log(), entry.log())
    lab.until(lambda: entry.nodes_known() > 0, 15, f"{entry.name} joins by its doors: {entry.log()}")


def entry_comes_back_by_its_table(entry, count):
    entry.stop()
    entry.doors = []
    entry.spawn()
    entry.wait_ready()
    lab.until(lambda: entry.nodes_known() >= min(count, 4), 15,
              f"{entry.name} finds the others again by its table: {entry.log()}")


def scene(world, places, given):
    entries = start_entries(world, given.entries)
    homes = places.homes[:2]
    people = [person(world, name, home, entries) for name, home in zip(("alice", "bob"), homes)]
    lab.pair(*people)
    talk(people, "hello")
    for node in people:
        lab.until(lambda node=node: is_published(node), 30, f"{node.name}'s record is published")
    invite = people[0].call("invite.create", note="carol")["invite"]["text"]
    lab.until(lambda: people[0].call("node.status")["dht"]["published"], 10, "all is published")
    time.sleep(2 * lab.PATIENCE)  # the invite's own record
    killed = [entry for number, entry in enumerate(entries) if number % 2 == 1]
    for entry in killed:
        entry.kill()
    took = [move_and_talk(people, homes, 1)]
    joined = join_after_the_move(world, places, people[0], entries, invite)
    pulled_wire_is_noticed(people[1], homes[1])
    for number in range(1, given.moves):
        time.sleep(given.pause * lab.PATIENCE)
        took.append(move_and_talk(people, homes, (number + 1) % 2))
    lab.demand(max(took) <= TALK_S * lab.PATIENCE, f"they talked again after {took} s")
    alive = [entry for entry in entries if entry not in killed]
    entry_comes_back_by_its_table(alive[-1], len(alive) - 1)
    entry_bears_a_damaged_table(killed[-1])
    largest = max(lab.resident_bytes(entry.process.pid) for entry in alive)
    lab.demand_memory(largest, 5 << 20, "an entry point has more than 5 MiB:")
    return (f"{len(entries)} entry points, {len(killed)} of them killed; both moved "
            f"{len(took)} times and talked again after at most {max(took):.2f} s (the first time "
            f"{took[0]:.2f} s); a third joined by an older invite in {joined:.2f} s; the largest "
            f"entry point has {largest / (1 << 20):.1f} MiB")


def join_after_the_move(world, places, inviter, entries, invite):
    carol = person(world, "carol", places.homes[2], entries)
    begun = time.monotonic()
    carol.call("join.start", invite=invite, name="alice")
    lab.until(lambda: carol.call("join.list")["joins"][0]["state"] == "done", 30,
              f"carol joins by an invite from before the move: {carol.log_tail()}")
    took = time.monotonic() - begun
    lab.until(lambda: len(inviter.call("contacts.list")["contacts"]) == 2, 5, "alice has carol")
    carol.stop()
    return took


def body(world, given):
    places = World()
    try:
        places.build()
    except OSError as error:
        places.end()
        lab.skip(f"no routers between namespaces: {error}")
    try:
        return scene(world, places, given)
    finally:
        for node in world.nodes:
            if node.is_running():
                node.kill()
        places.end()


GIVEN = lab.arguments(__doc__, entries=20, moves=2, pause=1.0)
lab.in_namespaces("net")
lab.run(body, GIVEN)
