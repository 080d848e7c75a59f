#!/usr/bin/env python3
"""The power goes while two nodes write to each other.

Both record every write to their files (tests/powerloss/record.c).  Then the directory is made
as the disk may have it after a power loss at some moment: what was synced is there, of the
rest any part, torn into sectors.  A node is started on it: what had been answered "queued"
before that moment is there, and so is what the other side had been told is delivered.
Some more losses come to disks that take no notice of a sync; those must be seen to lose.
The whole: --states 1000 --texts 1000
"""

import bisect
import os
import shutil
import struct
import subprocess

import lab

HEAD = struct.Struct("=IIQQB31s")
WRITE, TRUNCATE, SYNC, SYNC_DIR, RENAME, UNLINK = range(1, 7)
SECTOR = 512
RECORDER = os.environ.get("VC_POWERLOSS_RECORD") or os.path.join(
    lab.ROOT, "build/dev/tests/powerloss/libvc_powerloss_record.so")


class Entry:
    """A change of a file, and where it ends in the log."""

    def __init__(self, data, at):
        (self.kind, length, self.inode, self.offset, self.is_durable,
         name) = HEAD.unpack_from(data, at)
        self.name = name.split(b"\0", 1)[0].decode()
        self.bytes = data[at + HEAD.size:at + HEAD.size + length]
        self.end = at + HEAD.size + length

    def is_name_change(self):
        return self.kind in (RENAME, UNLINK)


def read_log(path):
    with open(path, "rb") as file:
        data = file.read()
    entries, at = [], 0
    while at < len(data):
        entries.append(Entry(data, at))
        at = entries[-1].end
    return entries


class Disk:
    """Files by inode, as far as they are certain; the rest is pending."""

    def __init__(self, is_lying=False):
        self.files = {}  # inode -> [name or None, bytes]
        self.pending = []
        self.is_lying = is_lying

    def copy(self):
        disk = Disk()
        disk.files = {inode: [name, bytearray(data)] for inode, (name, data) in self.files.items()}
        return disk

    def write(self, entry, first, end):
        data = self.files.setdefault(entry.inode, [entry.name, bytearray()])[1]
        at = entry.offset + first
        if len(data) < at + end - first:
            data.extend(bytes(at + end - first - len(data)))
        data[at:at + end - first] = entry.bytes[first:end]

    def apply(self, entry):
        file = self.files.setdefault(entry.inode, [entry.name, bytearray()])
        if entry.kind == WRITE:
            self.write(entry, 0, len(entry.bytes))
        elif entry.kind == TRUNCATE:
            del file[1][entry.offset:]
            file[1].extend(bytes(entry.offset - len(file[1])))
        elif entry.kind == RENAME:
            for other in self.files.values():
                other[0] = None if other[0] == entry.name else other[0]
            file[0] = entry.name
        elif entry.kind == UNLINK:
            del self.files[entry.inode]

    def tear(self, entry, chance):
        first = 0
        while first < len(entry.bytes):
            end = min(len(entry.bytes), first + SECTOR - (entry.offset + first) % SECTOR)
            if chance.random() < 0.5:
                self.write(entry, first, end)
            first = end

    def happen(self, entry):
        if self.is_lying and entry.kind in (SYNC, SYNC_DIR):
            return
        if entry.kind in (SYNC, SYNC_DIR):
            def is_meant(change):
                if entry.kind == SYNC_DIR:
                    return change.is_name_change()
                return not change.is_name_change() and change.inode == entry.inode

            for change in self.pending:
                if is_meant(change):
                    self.apply(change)
            self.pending = [change for change in self.pending if not is_meant(change)]
        elif entry.kind == WRITE and entry.is_durable and not self.is_lying:
            self.apply(entry)
        elif entry.kind in (WRITE, TRUNCATE, RENAME, UNLINK):
            self.pending.append(entry)

    def after_loss(self, under_way, chance):
        """What stands there afterwards; @under_way is the call that the loss came into."""
        disk = self.copy()
        mood = chance.randrange(4)
        names = chance.randrange(8)
        pending = self.pending + ([under_way] if under_way and under_way.kind == WRITE else [])
        for change in pending:
            fate = chance.randrange(3) if mood > 1 else mood
            if change.is_name_change():
                names -= 1
                if names >= 0:
                    disk.apply(change)
            elif fate == 0:
                disk.apply(change)
            elif fate == 2 and change.kind == WRITE:
                disk.tear(change, chance)
        return disk

    def put_into(self, directory):
        shutil.rmtree(directory, ignore_errors=True)
        os.makedirs(directory, mode=0o700)
        for name, data in self.files.values():
            if name is not None and not name.endswith("-lock"):
                with open(os.path.join(directory, name), "wb") as file:
                    file.write(data)


class Recorded:
    """A node that is recorded, and what it has promised up to where in its log."""

    def __init__(self, world, name):
        self.node = world.node(name)
        self.log = os.path.join(world.directory, f"{name}.writes")
        self.promises = []  # (place in the log, message id)
        self.texts = {}     # message id -> text
        self.node.start(preload=[RECORDER], environment={
            "VECHE_POWERLOSS_DIR": self.node.directory, "VECHE_POWERLOSS_LOG": self.log})

    def promise(self, name):
        """It has been said by now, so it stands in the log before this place."""
        self.promises.append((os.path.getsize(self.log), name))

    def promised_at(self, place):
        end = bisect.bisect_right(self.promises, place, key=lambda promise: promise[0])
        return {name for _, name in self.promises[:end]}


def converse(sides, texts, chance):
    """Both write at once; promises are noted as they are made."""
    clients = [side.node.client() for side in sides]
    for client in clients:
        client.subscribe()
    sent, asked = [0, 0], [{}, {}]
    while any(asked) or min(sent) < texts or any(not side.is_done for side in sides):
        for at, (side, client) in enumerate(zip(sides, clients)):
            for _ in range(chance.randrange(4)):
                if sent[at] < texts and len(asked[at]) < 16:
                    text = f"{side.node.name} {sent[at]}".ljust(chance.choice([10, 100, 3000]))
                    asked[at][client.post("messages.send", contact="#1", text=text)] = text
                    sent[at] += 1
            client.pump(0.001)
            for reply in list(client.replies):
                message = client.replies.pop(reply)["result"]["message"]
                for each in sides:
                    each.texts[message["id"]] = asked[at][reply]
                side.promise(message["id"])
                del asked[at][reply]
            for event in client.events:
                if event["kind"] == "message.state" and event["state"] == "delivered":
                    for name in event["ids"]:
                        sides[1 - at].promise(name)
                        side.delivered.add(name)
            client.events.clear()
            side.is_done = sent[at] == texts and len(side.delivered) == texts
    for client in clients:
        client.close()


def check_state(node, side, promised, what):
    """Starts a node on what the disk has; gives how many messages it shows."""
    check = subprocess.run([lab.VECHED, "--dir", node.directory, "--check"], capture_output=True,
                           text=True, timeout=20 * lab.PATIENCE, check=False)
    if check.returncode != 0 and promised:
        raise lab.Failed(f"{what}: --check: {check.stderr}")
    node.spawn()
    node.wait_ready()
    contacts = node.call("contacts.list")["contacts"]
    lab.demand(contacts or not promised, f"{what}: the contact is lost")
    shown = {}
    for message in node.conversation() if contacts else []:
        lab.demand(message["id"] not in shown, f"{what}: a message is shown twice")
        lab.demand(side.texts.get(message["id"]) == message["text"],
                   f"{what}: shows {message['text'][:40]!r}")
        shown[message["id"]] = message
    lost = promised - set(shown)
    lab.demand(not lost, f"{what}: {len(lost)} promised messages are lost")
    node.kill()
    return len(shown)


def lose_power(world, side, count, is_lying=False):
    """Goes through the log once; the losses come in the order of their moments."""
    entries = read_log(side.log)
    node = world.nodes[-1]
    cuts = sorted(world.random.randrange(len(entries)) for _ in range(count))
    disk, done = Disk(is_lying), 0
    for number, cut in enumerate(cuts):
        for entry in entries[done:cut]:
            disk.happen(entry)
        done = max(done, cut)
        disk.after_loss(entries[cut], world.random).put_into(node.directory)
        place = entries[cut - 1].end if cut else 0
        yield check_state(node, side, side.promised_at(place),
                          f"{side.node.name}, loss {number} after {cut} of {len(entries)} changes")


def lying_disks(world, side, count):
    """How many of these losses are noticed."""
    noticed = 0
    for _ in range(count):
        try:
            list(lose_power(world, side, 1, is_lying=True))
        except lab.Failed:
            noticed += 1
            node = world.nodes[-1]
            if node.is_running():
                node.kill()
            node.process = None
    lab.demand(noticed > 0, "a disk that syncs nothing loses nothing: the judge is blind")
    return noticed


def body(world, given):
    sides = [Recorded(world, name) for name in ("alice", "bob")]
    for side in sides:
        side.delivered, side.is_done = set(), False
    lab.pair(*(side.node for side in sides))
    converse(sides, given.texts, world.random)
    for side in sides:
        side.node.kill()
    world.node("again")
    told, noticed = [], 0
    for side in sides:
        shown = sum(lose_power(world, side, given.states // 2))
        told.append(f"{side.node.name}: {len(side.promises)} promises, {shown} messages looked at")
        noticed += lying_disks(world, side, given.lies // 2)
    return (f"{given.states} power losses ({'; '.join(told)}): nothing promised is lost, nothing "
            f"is wrong or doubled; of {given.lies} on a disk that syncs nothing {noticed} are seen")


GIVEN = lab.arguments(__doc__, states=60, texts=60, lies=10)
lab.run(body, GIVEN)
