"""The figures of the DHT beside those of other DHTs, in one run and in one network.

    dht_bench.py [OPTION...] NETWORK_PROGRAM NAME=POD...

It runs as root in a network namespace of its own (dht.sh makes it).  Every system in turn is
a swarm of the same size in the same network, with the same seeds: the same nodes put and get
at the same moments.  dht_swarm.py has the network and the pods, dht_table.py what the figures
aim at.  The table goes to the output, what happens meanwhile to the standard error.

Phases, each with a swarm of its own but for the first three, which share one:

    gets    puts at a moderate rate, then gets, each value read by nodes that are drawn
    fresh   processes that start from nothing, and again from the table they saved: from
            their exec to the first value of a get
    idle    traffic, CPU time and memory of nodes that nobody asks anything
    kill30  puts, then 30 % of the nodes die at one instant; gets at once and a minute later
    kill50  the same with half of the nodes
"""

import argparse
import os
import sys
import tempfile
import time

from dht_swarm import Broken, Network, Question, Swarm, percentile
from dht_table import OURS, table

PHASES = ["gets", "fresh", "idle", "kill30", "kill50"]
PUT_RATE, GET_RATE = 10, 40  # a second, over all nodes
SETTLE_SECONDS = 10  # between the last pod that is ready and the first put
PAUSE_SECONDS = 5  # between the last acknowledgement and what reads the values
STILL_SECONDS = 60  # of silence before idle is measured
LATER_SECONDS = 60  # after a kill
FIRST_SECONDS = 60  # to find a first value in
RHYTHM_SECONDS = 4500  # a client or a record of one's own shows all it does only in that time
KNOWN_SECONDS = 5  # that a fresh node lives on before it saves its table


def options():
    parser = argparse.ArgumentParser(prog="tests/bench/run.sh dht", usage="%(prog)s [--OPTION...]")
    parser.add_argument("network", help=argparse.SUPPRESS)
    parser.add_argument("pods", nargs="*", help=argparse.SUPPRESS)
    parser.add_argument("--ours", action="store_true", help="only our own DHT")
    parser.add_argument("--peers", action="store_true", help="only the others")
    parser.add_argument("--phase", choices=PHASES, action="append",
                        help="this phase; may be given more than once (default: all)")
    parser.add_argument("--quick", action="store_true", help="a tenth of the questions, short idle")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--nodes", type=int, default=200)
    parser.add_argument("--puts", type=int, default=300)
    parser.add_argument("--gets", type=int, help="(default: 6000, quick: 600)")
    parser.add_argument("--kill-gets", type=int, help="after a kill, twice (2000, quick: 400)")
    parser.add_argument("--starts", type=int, help="of fresh processes (30, quick: 5)")
    parser.add_argument("--idle", type=int, help="seconds (300, quick: 30)")
    parser.add_argument("--loss", type=float, default=1.0, help="percent each way")
    parser.add_argument("--delay", default="20,80", help="one way, MIN,MAX in ms")
    given = parser.parse_args()
    sizes = {"gets": (6000, 600), "kill_gets": (2000, 400), "starts": (30, 5), "idle": (300, 30)}
    for name, (full, quick) in sizes.items():
        if getattr(given, name) is None:
            setattr(given, name, quick if given.quick else full)
    given.phase = given.phase or PHASES
    return given


def say(words):
    print(f"{time.strftime('%H:%M:%S')} {words}", file=sys.stderr, flush=True)


def in_ms(values, share):
    return f"{percentile(values, share):.0f}" if values else "-"


def machine():
    """Seconds of all processors since the start: busy, and in all."""
    with open("/proc/stat", encoding="ascii") as file:
        ticks = [int(word) for word in file.readline().split()[1:9]]
    return sum(ticks) - ticks[3] - ticks[4], sum(ticks)


class Window:
    """What the network counted and the machine did between two moments."""

    def __init__(self, network):
        self.network = network
        self.begun, self.machine = network.stat(), machine()

    def end(self):
        now = self.network.stat()
        busy, ticks = (b - a for a, b in zip(self.machine, machine()))
        return {"packets": now["packets"] - self.begun["packets"],
                "bytes": now["bytes"] - self.begun["bytes"],
                "seconds": now["at"] - self.begun["at"], "late_ms": now["late_us"] / 1000,
                "busy": 100 * busy / max(1, ticks)}


class System:
    """The phases of one system; `figures` fills up with what they measure."""

    def __init__(self, name, pod, network, given):
        self.name, self.words, self.network, self.given = name, [pod], network, given
        self.figures = {}

    def say(self, words):
        say(f"{self.name}: {words}")

    def run(self):
        wanted = self.given.phase
        first = [phase for phase in ("gets", "fresh", "idle") if phase in wanted]
        if first:
            swarm = self.start(0)
            try:
                keys = self.gets(swarm) if "gets" in wanted else self.some_keys(swarm)
                if "fresh" in wanted:
                    self.fresh(swarm, keys)
                if "idle" in wanted:
                    self.idle(swarm)
            finally:
                swarm.close()
        for phase, share in (("kill30", 0.3), ("kill50", 0.5)):
            if phase in wanted:
                swarm = self.start(1 + int(share * 100))
                try:
                    self.kill(swarm, phase, share)
                finally:
                    swarm.close()
                    self.network.revive_all()

    def start(self, number):
        swarm = Swarm(self.words, self.given.nodes, self.given.seed * 1000 + number)
        self.figures["ready_ms"] = swarm.ready_ms()
        self.say(f"{self.given.nodes} nodes are ready; the slowest pod took "
                 f"{swarm.ready_ms():.0f} ms")
        time.sleep(SETTLE_SECONDS)
        return swarm

    def some_keys(self, swarm):
        puts = swarm.puts(self.given.puts, PUT_RATE)
        keys = [put.key for put in puts if put.is_ok]
        self.say(f"{len(keys)} of {len(puts)} puts were acknowledged")
        if not keys:
            raise Broken("no put was acknowledged")
        took = [put.done_ms for put in puts if put.is_ok]
        self.figures.setdefault("put_p50", percentile(took, 0.5))
        self.figures.setdefault("put_p99", percentile(took, 0.99))
        self.figures.setdefault("put_ok", 100 * len(keys) / len(puts))
        time.sleep(PAUSE_SECONDS)
        return keys

    def read(self, swarm, keys, count, prefix):
        gets = swarm.gets(keys, count, GET_RATE)
        took = [get.first_ms for get in gets if get.first_ms is not None]
        self.figures[f"{prefix}_found"] = 100 * len(took) / len(gets)
        self.figures[f"{prefix}_p50"] = percentile(took, 0.5)
        self.figures[f"{prefix}_p99"] = percentile(took, 0.99)
        unfinished = sum(get.done_ms is None for get in gets)
        self.say(f"{prefix}: {len(took)} of {len(gets)} found, "
                 f"p50/p99 {in_ms(took, 0.5)}/{in_ms(took, 0.99)} ms"
                 + (f", {unfinished} never ended" if unfinished else ""))
        return gets

    def gets(self, swarm):
        """What the swarm does anyhow is measured just before, and taken off."""
        keys = self.some_keys(swarm)
        window = Window(self.network)
        time.sleep(5 if self.given.quick else 30)
        anyhow = window.end()
        window = Window(self.network)
        gets = self.read(swarm, keys, self.given.gets, "get")
        spent = window.end()
        for name, key, unit in (("get_packets", "packets", 1), ("get_kb", "bytes", 1000)):
            background = anyhow[key] / anyhow["seconds"] * spent["seconds"]
            self.figures[name] = (spent[key] - background) / len(gets) / unit
        ended = [get.done_ms for get in gets if get.done_ms is not None]
        self.figures["get_done_p50"] = percentile(ended, 0.5)
        self.figures["busy"], self.figures["late_ms"] = spent["busy"], spent["late_ms"]
        found = {get.word for get in gets if get.first_ms is not None}
        self.figures["put_unreadable"] = sum(key not in found for key in keys)
        return keys

    def fresh(self, swarm, keys):
        """A start from nothing, a few seconds of life, a save, and a start from that."""
        took = {"fresh": [], "saved": []}
        with tempfile.TemporaryDirectory() as folder:
            for i in range(self.given.starts):
                path = os.path.join(folder, str(i))
                pod, ms = self.first_value(swarm, path, keys[i % len(keys)])
                took["fresh"].append(ms)
                time.sleep(KNOWN_SECONDS)
                pod.quit()
                swarm.newest -= 1  # the same node at the same address again
                pod, ms = self.first_value(swarm, path, keys[i % len(keys)])
                took["saved"].append(ms)
                pod.quit()
        for name, all_ms in took.items():
            found = [ms for ms in all_ms if ms is not None]
            self.figures[f"{name}_p50"] = percentile(found, 0.5)
            self.figures[f"{name}_p99"] = percentile(found, 0.99)
            self.figures[f"{name}_found"] = 100 * len(found) / len(all_ms)
            self.say(f"{name}: {len(found)} of {len(all_ms)} found, "
                     f"p50/p99 {in_ms(found, 0.5)}/{in_ms(found, 0.99)} ms")

    @staticmethod
    def first_value(swarm, path, key):
        """From exec to the value; who misses it asks again, for FIRST_SECONDS."""
        get = Question("get", None, 0, key)
        pod = swarm.add("--table", path, early=[get])
        while time.monotonic() < pod.began + FIRST_SECONDS:
            get.has_begun.wait(FIRST_SECONDS)
            if get.first_at is not None:
                return pod, (get.first_at - pod.began) * 1000
            get = Question("get", pod, 0, key)
            pod.ask(get)
        return pod, None

    def idle(self, swarm):
        alone = swarm.add()
        is_long = self.given.idle >= RHYTHM_SECONDS
        kinds = ("--client", "--own-record") if self.name == OURS and is_long else ()
        special = {kind: swarm.add(kind) for kind in kinds}
        pods = [*swarm.pods, alone]
        try:
            swarm.await_ready([alone, *special.values()])
            time.sleep(1 if self.given.quick else STILL_SECONDS)
            cpu = sum(pod.cpu_ms() for pod in pods)
            of_nodes = {pod: self.network.of_node(pod.first) for pod in (alone, *special.values())}
            window = Window(self.network)
            time.sleep(self.given.idle)
            spent = window.end()
            hours = spent["seconds"] / 3600
            node_hours = sum(pod.count for pod in pods) * hours
            self.figures["idle_packets"] = spent["packets"] / node_hours
            self.figures["idle_kib"] = spent["bytes"] / 1024 / node_hours
            self.figures["idle_cpu_ms"] = (sum(pod.cpu_ms() for pod in pods) - cpu) / node_hours
            self.memory(swarm, alone)
            for pod, before in of_nodes.items():
                now = self.network.of_node(pod.first)
                of_nodes[pod] = (now["bytes"] - before["bytes"]) / 1024 / hours
        finally:
            for pod in (alone, *special.values()):
                pod.kill()
        if special:
            self.figures["client_kib"] = of_nodes[special["--client"]]
            self.figures["record_kib"] = of_nodes[special["--own-record"]] - of_nodes[alone]
        self.say(f"idle: {self.figures['idle_kib']:.1f} KiB, "
                 f"{self.figures['idle_packets']:.0f} packets a node-hour")

    def memory(self, swarm, alone):
        """The first pod did more than others; what the rest has beyond one node is shared."""
        pods = [pod for pod in swarm.pods[1:] or swarm.pods if pod.count > 1]
        self.figures["rss_mib"] = alone.rss_kib() / 1024
        if pods:
            more = sum(pod.rss_kib() - alone.rss_kib() for pod in pods)
            self.figures["node_kib"] = more / sum(pod.count - 1 for pod in pods)

    def kill(self, swarm, phase, share):
        keys = self.some_keys(swarm)
        swarm.kill(self.network, share)
        killed = time.monotonic()
        self.read(swarm, keys, self.given.kill_gets, phase)
        time.sleep(max(0.0, killed + LATER_SECONDS - time.monotonic()))
        self.read(swarm, keys, self.given.kill_gets, f"{phase}_later")


def main():
    given = options()
    pods = [words.split("=", 1) for words in given.pods]
    pods = [(name, pod) for name, pod in pods
            if not (given.ours and name != OURS or given.peers and name == OURS)]
    if not pods:
        raise SystemExit("dht: there is nothing to measure")
    network = Network(given.network, given.seed, given.loss, given.delay.split(","))
    figures, failed = {}, False
    try:
        delay, lost = network.probe(given.seed)
        print(f"{given.nodes} nodes, one way {given.delay.replace(',', '-')} ms a pair and "
              f"{given.loss:g} % loss (measured: {delay:.1f} ms in the mean, {100 * lost:.1f} % of "
              f"round trips lost), seed {given.seed}; load average {os.getloadavg()[0]:.1f}\n",
              flush=True)
        for name, pod in pods:
            system = System(name, pod, network, given)
            figures[name] = system.figures
            try:
                system.run()
            except Broken as broken:
                system.say(f"goes no further: {broken}")
                failed = True
    finally:
        network.close()
        print(table(figures))
    sys.exit(failed)


main()
