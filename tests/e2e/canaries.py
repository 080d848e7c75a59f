"""What somebody who looks through files would know a secret by, in every spelling of it."""

import base64
import os

SHORTEST = 6  # bytes; shorter ones stand in random bytes by chance


def of_digits(encode, bits, value):
    """The digits of @value wherever it begins in what was encoded, without those it shares."""
    spelled = set()
    for before in range(bits):
        digits = encode(bytes(before) + value + bytes(bits))
        spelled.add(digits[-(-8 * before // bits):8 * (before + len(value)) // bits])
    return spelled


def spellings(value):
    """All of @value, text or bytes."""
    found = set()
    if isinstance(value, str):
        found |= {value.encode(code) for code in ("utf-16-le", "utf-16-be", "utf-32-le")}
        found |= {value.upper().encode(), value.lower().encode()}
        value = value.encode()
    found |= {value, value[::-1], value.hex().encode(), value.hex().upper().encode()}
    found |= of_digits(base64.b64encode, 6, value)
    found |= of_digits(base64.urlsafe_b64encode, 6, value)
    for digits in of_digits(base64.b32encode, 5, value):
        found |= {digits, digits.lower()}
    return {spelling for spelling in found if len(spelling) >= SHORTEST}


class Canaries:
    """Named secrets, and where they are found."""

    def __init__(self):
        self.values = {}  # value -> name
        self.spelled = {}

    def add(self, name, value):
        self.values[value] = name
        self.spelled[value] = spellings(value)

    def find(self, data, only=None):
        """The names of those that stand in @data."""
        return sorted({name for value, name in self.values.items()
                       if (only is None or name.split()[0] in only)
                       and any(spelling in data for spelling in self.spelled[value])})

    def find_in_directory(self, directory, leave=()):
        """File -> names, of all files that have any."""
        found = {}
        for folder, _, names in os.walk(directory):
            for name in names:
                path = os.path.join(folder, name)
                if name in leave or not os.path.isfile(path):
                    continue
                with open(path, "rb") as file:
                    here = self.find(file.read())
                if here:
                    found[os.path.relpath(path, directory)] = here
        return found

    def sees(self, chance):
        """Are those that were planted found?  One of each, in one of its spellings."""
        for value, name in self.values.items():
            planted = chance.choice(sorted(self.spelled[value]))
            data = chance.randbytes(chance.randrange(5000)) + planted + chance.randbytes(100)
            if name not in self.find(data):
                return False
        return True
