"""The network of the DHT bench, the pods in it, and questions to them.

A pod is a process of N nodes:

    POD [--table FILE] N FIRST PORT BOOT

Its node I binds 10.(64 + g / 250).(1 + g % 250).7:PORT, g = FIRST + I, and joins through BOOT
(IP:PORT; "-": node 0 is the first of all and the others join through it).  It says
"READY N MS" once all are connected, and obeys lines, any number at a time:

    put TAG I VALUE      put TAG ok|fail MS KEYHEX
    get TAG I KEYHEX     val TAG MS at the first valid value, and at the end
                         get TAG ok|miss FIRST_MS DONE_MS
    quit

Lines that come before READY are obeyed as early as the node can.  With --table a pod starts
from FILE when there is one, and at "quit" writes into it what node 0 knows.  Times are in
milliseconds from when the pod took the line.
"""

import contextlib
import itertools
import math
import os
import random
import selectors
import socket
import subprocess
import threading
import time

PORT = 4222
POD_NODES = 20
READY_SECONDS = 120
ANSWER_SECONDS = 60
DEVICE = "vcdht"
VALUE_LETTERS = 200

# Every address of the network is one of this namespace, and yet what is sent from one to
# another has to pass the device: what starts here asks table 100 before the local table, what
# comes out of the device asks the local table only.
SETUP = f"""
ip link set lo up
ip tuntap add dev {DEVICE} mode tun
sysctl -qw net.ipv6.conf.all.disable_ipv6=1
sysctl -qw net.ipv4.conf.all.rp_filter=0
sysctl -qw net.ipv4.conf.{DEVICE}.rp_filter=0
sysctl -qw net.ipv4.conf.{DEVICE}.accept_local=1
ip link set {DEVICE} up txqueuelen 10000
ip route add local 10.64.0.0/10 dev lo
ip route add 10.64.0.0/10 dev {DEVICE} table 100
ip rule add iif lo to 10.64.0.0/10 lookup 100 pref 5
ip rule add lookup local pref 10
ip rule del pref 0
"""


class Broken(Exception):
    """What makes the figures of one system impossible."""


def address_of(number):
    return f"10.{64 + number // 250}.{1 + number % 250}.7"


def percentile(values, share):
    """The smallest value that at least this share of them does not exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * share) - 1)] if ordered else None


class Network:
    """vc-dht-net in the network namespace of this process."""

    def __init__(self, program, seed, loss, delays):
        for command in SETUP.strip().splitlines():
            subprocess.run(command.split(), check=True)
        words = [program, DEVICE, seed, loss, *delays]
        self.process = subprocess.Popen([str(word) for word in words], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True, bufsize=1)
        os.setpriority(os.PRIO_PROCESS, self.process.pid, -10)
        if self.process.stdout.readline() != "up\n":
            raise SystemExit("dht: the network does not come up")

    def ask(self, line):
        self.process.stdin.write(line + "\n")
        words = self.process.stdout.readline().split()
        if not words or words[0] == "what?":
            raise SystemExit(f"dht: the network does not understand: {line}")
        return words[1:]

    def stat(self):
        names = ("packets", "bytes", "lost", "unheard", "late_us", "full")
        stat = dict(zip(names, map(int, self.ask("stat"))), at=time.monotonic())
        if stat["full"]:
            raise Broken("the network was full; its figures mean nothing")
        return stat

    def of_node(self, number):
        """Packets and bytes that the node sent and heard, in one sum."""
        sent, sent_bytes, heard, heard_bytes = map(int, self.ask(f"node {number}"))
        return {"packets": sent + heard, "bytes": sent_bytes + heard_bytes}

    def kill(self, pods):
        for pod in pods:
            self.ask(f"kill {pod.first} {pod.first + pod.count}")

    def revive_all(self):
        self.ask("revive 0 16000")

    @staticmethod
    def probe(seed, pairs=200, rounds=5):
        """Mean one-way delay in ms and share of lost round trips, seen from sockets in it."""
        draw = random.Random(seed)
        trips, sent = [], {}
        with contextlib.ExitStack() as stack, selectors.DefaultSelector() as selector:
            for number in draw.sample(range(10000, 16000), 2 * pairs):
                opened = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
                opened.bind((address_of(number), PORT))
                selector.register(opened, selectors.EVENT_READ)
            sockets = [key.fileobj for key in selector.get_map().values()]
            rounds_left = rounds
            while rounds_left:
                for one, other in zip(sockets[:pairs], sockets[pairs:]):
                    sent[one] = time.monotonic()
                    one.sendto(b"?", other.getsockname())
                while ready := selector.select(0.3):
                    for key, _ in ready:
                        data, sender = key.fileobj.recvfrom(10)
                        if key.fileobj in sent:
                            trips.append(time.monotonic() - sent[key.fileobj])
                        else:
                            key.fileobj.sendto(data, sender)
                # The kernel takes its time to believe in a new device, and drops until then.
                rounds_left -= bool(trips)
        return sum(trips) / len(trips) / 2 * 1000, 1 - len(trips) / (pairs * rounds)

    def close(self):
        self.process.stdin.close()
        self.process.wait()


class Question:
    """A put or a get: what was asked and, once it came, the answer."""

    tags = itertools.count()

    def __init__(self, verb, pod, node, word):
        self.verb, self.pod, self.node, self.word = verb, pod, node, word
        self.tag = f"q{next(self.tags)}"
        self.is_ok, self.first_ms, self.done_ms, self.key = False, None, None, None
        self.first_at = None
        self.has_begun = threading.Event()  # the first value is there, or it is over
        self.is_over = threading.Event()

    def line(self):
        return f"{self.verb} {self.tag} {self.node} {self.word}"

    def hear(self, words):
        verb, rest = words[0], words[2:]
        if verb == "val":
            self.first_ms, self.first_at = float(rest[0]), time.monotonic()
            self.has_begun.set()
            return
        self.is_ok = rest[0] == "ok"
        if verb == "put":
            self.done_ms, self.key = float(rest[1]), rest[2]
        else:
            self.done_ms = float(rest[2])
        self.end()

    def end(self):
        self.has_begun.set()
        self.is_over.set()


class Pod:
    def __init__(self, words, count, first, boot, early=()):
        """Starts a pod; it finds the early questions in its input when it looks."""
        self.first, self.count = first, count
        self.questions = {question.tag: question for question in early}
        self.ready_ms = None
        self.is_ready = threading.Event()
        self.began = time.monotonic()
        self.process = subprocess.Popen([*words, str(count), str(first), str(PORT), boot],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                        bufsize=1)
        for question in early:
            self.process.stdin.write(question.line() + "\n")
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self):
        for line in self.process.stdout:
            words = line.split()
            if words[0] == "READY":
                self.ready_ms = float(words[2])
                self.is_ready.set()
            elif words[1] in self.questions:
                self.questions[words[1]].hear(words)
        for question in self.questions.values():
            question.end()

    def ask(self, question):
        self.questions[question.tag] = question
        try:
            self.process.stdin.write(question.line() + "\n")
        except BrokenPipeError:
            question.end()

    def quit(self):
        """As the pod wants it, or else at once."""
        try:
            self.process.stdin.write("quit\n")
            self.process.wait(10)
        except (BrokenPipeError, subprocess.TimeoutExpired):
            pass
        self.kill()

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.reader.join()
        self.process.stdin.close()
        self.process.stdout.close()

    def cpu_ms(self):
        with open(f"/proc/{self.process.pid}/stat", encoding="ascii") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) * 1000 / os.sysconf("SC_CLK_TCK")

    def rss_kib(self):
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as file:
            return next(int(line.split()[1]) for line in file if line.startswith("VmRSS"))


class Swarm:
    """Pods of one system that found each other."""

    def __init__(self, words, nodes, seed):
        self.words, self.seed = words, seed
        self.draw = random.Random(seed)
        self.pods = []
        self.boot = f"{address_of(0)}:{PORT}"
        self.newest = nodes
        try:
            for first in range(0, nodes, POD_NODES):
                self.pods.append(Pod(words, min(POD_NODES, nodes - first), first,
                                     self.boot if first else "-"))
                if first == 0:
                    self.await_ready(self.pods)
                time.sleep(0.2)
            self.await_ready(self.pods)
        except BaseException:
            self.close()
            raise

    @staticmethod
    def await_ready(pods):
        for pod in pods:
            if not pod.is_ready.wait(READY_SECONDS):
                raise Broken(f"the pod of node {pod.first} does not get ready")

    def ready_ms(self):
        return max(pod.ready_ms for pod in self.pods)

    def add(self, *flags, early=()):
        """One more node, at an address that nobody had before, in a process of its own."""
        self.newest += 1
        return Pod([*self.words, *flags], 1, self.newest - 1, self.boot, early)

    def any_node(self):
        pod = self.draw.choice(self.pods)
        return pod, self.draw.randrange(pod.count)

    def value(self):
        return "".join(self.draw.choices("abcdefghijklmnopqrstuvwxyz0123456789", k=VALUE_LETTERS))

    def puts(self, count, rate):
        return self.at_rate([Question("put", *self.any_node(), self.value())
                             for _ in range(count)], rate)

    def gets(self, keys, count, rate):
        """Each key is read as often as any other, by nodes that are drawn."""
        order = [keys[i % len(keys)] for i in range(count)]
        self.draw.shuffle(order)
        return self.at_rate([Question("get", *self.any_node(), key) for key in order], rate)

    def at_rate(self, questions, rate):
        """Asks so many a second, however long the answers take, and waits for the answers."""
        begun = time.monotonic()
        for i, question in enumerate(questions):
            time.sleep(max(0.0, begun + i / rate - time.monotonic()))
            question.pod.ask(question)
        end = time.monotonic() + ANSWER_SECONDS
        for question in questions:
            question.is_over.wait(max(0.0, end - time.monotonic()))
        for pod in self.pods:
            if pod.process.poll() is not None:
                raise Broken(f"the pod of node {pod.first} ended: {pod.process.returncode}")
        return questions

    def kill(self, network, share):
        """Lets this share of the nodes die at one instant; never the one that all came by."""
        dead = self.draw.sample(self.pods[1:], round(len(self.pods) * share))
        network.kill(dead)
        self.pods = [pod for pod in self.pods if pod not in dead]
        for pod in dead:
            pod.kill()

    def close(self):
        for pod in self.pods:
            pod.kill()
        self.pods = []
