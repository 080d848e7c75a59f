"""Random conversations between four devices: what is sent, lost, repeated, stored, put back."""

from pair import hexed

DEVICES = {"alice": ("a0", "a1"), "bob": ("b0",), "carol": ("c0",)}


class Script:
    """Steps of one seed. What both sides must answer to a line the pair compares."""

    def __init__(self, people, chances):
        self.people, self.chances = people, chances
        self.flying = []  # (device, object, content)
        self.landed = []  # (device, object)
        self.stored = {}  # session: [[state, rows]]
        self.sides = {}  # session: (own device, the other's)
        self.day, self.count = 20000, 0
        people.ok("network " + chances.randbytes(8).hex())
        for account, devices in DEVICES.items():
            people.account(account, devices)
        self.steps = {
            self.begin: 3, self.send: 30, self.burst: 2, self.arrive: 40, self.arrive_late: 12,
            self.repeat: 4, self.lose: 3, self.spoil: 4, self.store: 6, self.put_back: 1,
            self.next_day: 2, self.renew_prekey: 1,
        }

    def run(self, steps):
        kinds, weights = list(self.steps), list(self.steps.values())
        self.begin()
        for _ in range(steps):
            self.chances.choices(kinds, weights)[0]()
        while self.flying:
            self.arrive()
        for session in self.sides:
            self.people.to.do(f"export {session}")

    def begin(self):
        """A session; now and then both sides begin at once."""
        if len(self.sides) > 12:
            return
        devices = [device for group in DEVICES.values() for device in group]
        own, other = self.chances.sample(devices, 2)
        sides = [(own, other), (other, own)] if self.chances.random() < 0.3 else [(own, other)]
        for one, two in sides:
            self.count += 1
            session = f"s{self.count}"
            one_time = self.people.one_time(two) if self.chances.random() < 0.5 else "-"
            statement = self.chances.randbytes(self.chances.choice((0, 0, 75, 255)))
            self.people.start(session, one, two, one_time, statement)
            self.sides[session] = one, two
            self.send_in(session)

    def content(self):
        length = self.chances.choice((0, 1, 20, 100, 190, 191, 192, 1000, 5000))
        return self.chances.randbytes(length)

    def send_in(self, session):
        content = self.content()
        data = self.people.encrypt(session, content)
        self.flying.append((self.sides[session][1], data, content))

    def send(self):
        self.send_in(self.chances.choice(list(self.sides)))

    def burst(self):
        """A stream of which most is lost, sometimes more than may be skipped."""
        session = self.chances.choice(list(self.sides))
        count = self.chances.choice((5, 30, 30, 30, 300, 700, 2001))
        for _ in range(count):
            data = self.people.encrypt(session, b"burst")
            if self.chances.random() < 8 / count:
                self.flying.append((self.sides[session][1], data, b"burst"))
        self.send_in(session)

    def take(self, place):
        device, data, content = self.flying.pop(place)
        answer = self.people.to.do(f"decrypt {device} {data}").split(" ")
        self.landed.append((device, data))
        if answer[0] != "ok":
            return
        if answer[8] != hexed(content):
            raise AssertionError("another content than was sent")
        if answer[2] == "new":
            other = answer[1].split("/")[0]
            own = next(one for one, root in self.people.roots.items()
                       if root == answer[3] and self.index(one) == int(answer[4]))
            self.sides[answer[1]] = other, own

    def index(self, device):
        return int(device[1:])

    def arrive(self):
        if self.flying:
            self.take(0)

    def arrive_late(self):
        if self.flying:
            self.take(self.chances.randrange(len(self.flying)))

    def repeat(self):
        if self.landed:
            device, data = self.chances.choice(self.landed[-60:])
            self.people.to.do(f"decrypt {device} {data}")

    def lose(self):
        if self.flying:
            self.flying.pop(self.chances.randrange(len(self.flying)))

    def spoil(self):
        """A bit that was flipped, an end that was cut off, a device that was not meant."""
        if not self.flying:
            return
        device, data, _ = self.chances.choice(self.flying)
        data = bytearray.fromhex(data)
        kind = self.chances.randrange(3)
        if kind == 0:
            data[self.chances.randrange(len(data))] ^= 1 << self.chances.randrange(8)
        elif kind == 1:
            del data[self.chances.randrange(1, len(data)):]
        else:
            device = "c0" if device != "c0" else "b0"
        self.people.to.do(f"decrypt {device} {bytes(data).hex()}")

    def store(self):
        """Out and in again changes nothing, whatever comes after."""
        session = self.chances.choice(list(self.sides))
        stored = self.people.ok(f"export {session}")
        self.people.ok(f"import {session} {' '.join(stored)}")
        self.stored.setdefault(session, []).append(stored)

    def put_back(self):
        """An older state takes the place of the present one, as after a restored backup."""
        if self.stored:
            session = self.chances.choice(list(self.stored))
            state, rows = self.chances.choice(self.stored[session])
            self.people.ok(f"import {session} {state} {rows}")

    def next_day(self):
        self.day += self.chances.choice((1, 1, 3, 29, 30))
        self.people.ok(f"day {self.day}")
        for session in self.sides:
            self.people.ok(f"expire {session}")

    def renew_prekey(self):
        device = self.chances.choice(list(self.people.prekeys))
        old = self.people.prekeys[device]
        self.people.prekey(device)
        if self.chances.random() < 0.5:
            key_id = int.from_bytes(bytes.fromhex(old)[5:9], "little")
            self.people.ok(f"forget {device} {key_id}")
