#!/usr/bin/env python3
"""Two nodes write to each other while one or the other is killed at random moments.

Nothing that was answered "queued" may be lost, nothing shown twice, and both sides must show
one order.  The whole: --messages 20000 --kills 1000
"""

import threading
import time

import lab


class Listener(threading.Thread):
    """Follows a node's events over its deaths: none twice, none backwards, no message
    left out."""

    def __init__(self, node):
        super().__init__(daemon=True)
        self.node = node
        self.cursor = 0
        self.shown = {}  # id of a received message -> its text
        self.is_ended = False
        self.failure = None

    def _take(self, event):
        if "seq" not in event:
            return
        lab.demand(event["seq"] > self.cursor,
                   f"{self.node.name}: event {event['seq']} came after {self.cursor}")
        self.cursor = event["seq"]
        if event["kind"] == "message.new" and event["message"]["from"] == "them":
            message = event["message"]
            lab.demand(message["id"] not in self.shown,
                       f"{self.node.name}: {message['text']!r} was told twice")
            self.shown[message["id"]] = message["text"]

    def run(self):
        try:
            while not self.is_ended:
                try:
                    with self.node.client() as client:
                        client.subscribe(self.cursor)
                        while not self.is_ended:
                            client.pump(0.1)
                            for event in client.events:
                                self._take(event)
                            client.events.clear()
                except (OSError, ValueError):
                    time.sleep(0.005)
        except Exception as failure:  # pylint: disable=broad-except
            self.failure = failure

    def finish(self, writer, seconds):
        lab.until(lambda: self.failure or len(self.shown) >= len(writer.queued), seconds,
                  f"{self.node.name} tells every message")
        self.is_ended = True
        self.join()
        if self.failure:
            raise self.failure
        lab.demand(set(self.shown) == set(writer.queued.values()),
                   f"{self.node.name} told other messages than were written")


def progress(writers):
    return sum(len(writer.queued) for writer in writers)


def kill_around(world, given, nodes, writers, total):
    """The kills are spread over the messages, not over the time."""
    killed = {node.name: 0 for node in nodes}
    for number in range(given.kills):
        mark = total * number // given.kills
        lab.until(lambda mark=mark: progress(writers) >= mark
                  or any(writer.failure for writer in writers),
                  60, f"message {mark} is queued")
        time.sleep(world.random.expovariate(1 / 0.03))
        node = world.random.choice(nodes)
        node.kill()
        killed[node.name] += 1
        if world.random.random() < 0.3:
            time.sleep(world.random.uniform(0, 0.3))
        node.start()
    return killed


def body(world, given):
    nodes = [world.node("alice").start(), world.node("bob").start()]
    lab.pair(*nodes)
    each = given.messages // 2
    writers = [lab.Writer(node, node.name, each, window=given.window) for node in nodes]
    listeners = [Listener(node) for node in nodes]
    for thread in (*listeners, *writers):
        thread.start()
    killed = kill_around(world, given, nodes, writers, 2 * each)
    for writer in writers:
        writer.finish(120)
    lab.judge(writers)
    listeners[0].finish(writers[1], 30)
    listeners[1].finish(writers[0], 30)
    for node in nodes:
        node.stop()
        node.start()
    lab.judge(writers)
    return (f"{given.kills} kills ({killed}), {2 * each} messages both ways: 0 lost after queued, "
            f"0 doubled, one order on both sides, all delivered")


GIVEN = lab.arguments(__doc__, messages=600, kills=12, window=32)
lab.run(body, GIVEN)
