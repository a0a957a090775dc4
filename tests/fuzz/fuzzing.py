# SPDX-License-Identifier: MIT
"""The frame of a fuzzer that runs in our interpreter.

    NAME.py COUNT [SEED]          checks COUNT made-up inputs; the same ones for the same seed
    NAME.py --replay FILE...      checks inputs from files

A fuzzer calls main(NAME, make, check, …) and gives two functions: make() returns an input (bytes),
made with the module `random`; check(input) raises an exception, of any kind, for a fault. It
returns how many things it found in the input, so that a fuzzer whose inputs all fail at once is
noticed. An input that failed is written to crashes/NAME/, which `make test` runs again. With
SAVE=FILE in the environment each input is written there first: it is there after a crash of the
interpreter.

With TELL=1 a fuzzer prints its results with tell(), for NAME_reference.py.
"""

import gc
import os
import random
import sys
import time

# A fuzzer may replace it.
_open = open
_HERE = __file__.rsplit("/", 1)[0] if "/" in __file__ else "."
# An input that takes longer is a fault. Sanitizers and busy processors make all of them slower.
SLOW_MS = 5000


class Choices:
    """Decisions that are read from an input, for a fuzzer that makes calls of it. After the
    input's end all of them are 0.

    Attribute: left, whether there are bytes left."""

    def __init__(self, data):
        self._data = data
        self._at = 0

    @property
    def left(self):
        return self._at < len(self._data)

    def byte(self):
        at = self._at
        self._at = at + 1
        return self._data[at] if at < len(self._data) else 0

    def below(self, n):
        """A number from 0 to n - 1."""
        value = self.byte()
        if n > 256:
            value = value << 8 | self.byte()
        return value % n

    def of(self, sequence):
        """One of a sequence."""
        return sequence[self.below(len(sequence))]

    def take(self, n):
        """The next `n` bytes, fewer at the end."""
        start = self._at
        self._at = start + n
        return self._data[start : start + n]


def random_bytes(most):
    """Bytes for Choices: at most `most` of them."""
    n = random.getrandbits(16) % most + 1
    return bytes([random.getrandbits(8) for _ in range(n)])


_tells = os.getenv("TELL")


def tell(data, text):
    """Prints an input and its result (a text of one line) for the reference in CPython."""
    if _tells:
        print("> %s %s" % (data.hex() or "-", text))


def _write(path, data):
    with _open(path, "wb") as file:
        file.write(data)


def _keep(name, seed, number, data):
    for folder in ("crashes", "crashes/" + name):
        try:
            os.mkdir("%s/%s" % (_HERE, folder))
        except OSError:
            # It is there already.
            pass
    path = "%s/crashes/%s/seed-%d-input-%d" % (_HERE, name, seed, number)
    _write(path, data)
    return path


def _checked(check, data):
    began = time.ticks_ms()
    found = check(data)
    took_ms = time.ticks_diff(time.ticks_ms(), began)
    assert took_ms < SLOW_MS, "it takes %d ms" % took_ms
    return found


def _replay(name, check, paths):
    for path in paths:
        print(path)
        with _open(path, "rb") as file:
            _checked(check, file.read())
    print("%s: %d inputs from files, no failure" % (name, len(paths)))


def main(name, make, check, most_bytes=64 * 1024):
    """Runs a fuzzer as the command line says, and exits with 1 after a failure. The heap may have
    grown by `most_bytes` at the end."""
    if sys.argv[1] == "--replay":
        _replay(name, check, sys.argv[2:])
        return
    count, seed = int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1
    save = os.getenv("SAVE")
    random.seed(seed)
    # The modules have all that they keep for good after the first inputs.
    warm, found, before = count // 10, 0, 0
    for number in range(count):
        if number == warm:
            gc.collect()
            before = gc.mem_alloc()
        data = make()
        if save:
            _write(save, data)
        try:
            found += _checked(check, data) or 0
        except Exception as error:
            sys.print_exception(error)
            path = _keep(name, seed, number, data)
            print("%s: input %d of seed %d failed, it is in %s" % (name, number, seed, path))
            sys.exit(1)
    data = None
    gc.collect()
    grown = gc.mem_alloc() - before
    print("%s: %d inputs, %d found in them, heap %+d bytes" % (name, count, found, grown))
    if grown > most_bytes or not found:
        print("%s: seed %d: %s" % (name, seed, "the heap grows" if found else "nothing was found"))
        sys.exit(1)
