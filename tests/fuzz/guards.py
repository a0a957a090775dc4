# SPDX-License-Identifier: MIT
"""Arrays for the fuzzer of the native modules, with guards against an access past their ends.

In an interpreter with the address sanitizer the memory around a guarded array is poisoned while a
call lasts; in any, the bytes around it must stay as they are.
"""

import array
import gc

import ffi
import uctypes

_PAD = 64  # bytes on either side
_SIZES = {"b": 1, "B": 1, "h": 2, "H": 2, "i": 4, "I": 4, "f": 4, "d": 8, "q": 8}
_FILL = 0xA5


def _sanitizer():
    try:
        library = ffi.open(None)
        return (
            library.func("v", "__asan_poison_memory_region", "PL"),
            library.func("v", "__asan_unpoison_memory_region", "PL"),
        )
    except OSError:
        return None


_asan = _sanitizer()


def _poison(address, size):
    if _asan and size > 0:
        _asan[0](address, size)


def _heal(address, size):
    if _asan and size > 0:
        _asan[1](address, size)


class Guarded:
    """An array of `n` elements within a larger one. Attribute: view, a memoryview of it."""

    def __init__(self, kind, n, byte):
        pad = _PAD // _SIZES[kind]
        self._all = array.array(kind, bytes([_FILL]) * ((n + 2 * pad) * _SIZES[kind]))
        self.view = memoryview(self._all)[pad : pad + n]
        self._inside = n * _SIZES[kind]
        self._fill(kind, pad, n, byte)

    def _fill(self, kind, start, n, byte):
        """Any bytes, zeros, or small numbers: most calls refuse a float that is not finite."""
        how = byte()
        if how % 4 == 0:
            raw = uctypes.bytearray_at(uctypes.addressof(self._all) + _PAD, self._inside)
            for i in range(min(self._inside, 256)):
                raw[i] = byte()
            return
        is_float = kind in "fd"
        for i in range(n):
            number = byte() % 128 if how % 4 > 1 and i < 256 else 0
            # Filters have a number by which the others are divided.
            self._all[start + i] = (number + how % 3) / 64 if is_float else number

    def close(self):
        start = uctypes.addressof(self._all)
        _poison(start, _PAD)
        _poison(start + _PAD + self._inside, _PAD)

    def open(self):
        start = uctypes.addressof(self._all)
        size = 2 * _PAD + self._inside
        _heal(start, size)
        raw = uctypes.bytearray_at(start, size)
        for at in (0, _PAD + self._inside):
            for i in range(at, at + _PAD):
                assert raw[i] == _FILL, "a byte outside the array was written"


class Moved:
    """Makes a bytearray or array move, and lays a guard where it was."""

    def __init__(self):
        self._fillers = []

    def move(self, thing, kind):
        old = uctypes.addressof(thing)
        size = len(thing) * _SIZES[kind]
        more = bytes(size + 1024)
        if not isinstance(thing, bytearray):
            more = array.array(kind, more[: len(more) // _SIZES[kind] * _SIZES[kind]])
        for _ in range(8):
            # It grows where it is if the memory behind it is free, and `more` may lie there.
            thing.extend(more)
            if uctypes.addressof(thing) != old:
                break
            more = more[:]
        tries = []
        for _ in range(64 if size >= 16 and uctypes.addressof(thing) != old else 0):
            filler = bytearray(size)
            if uctypes.addressof(filler) == old:
                for i in range(size):
                    filler[i] = _FILL
                self._fillers.append((filler, old, size))
                _poison(old, size // 8 * 8)
                return
            tries.append(filler)

    def open(self):
        for filler, old, size in self._fillers:
            _heal(old, size)
            for byte in filler:
                assert byte == _FILL, "memory that an array has left was written"
        self._fillers = []


def guarded_call(function, arguments, named, guards, moved):
    """Calls a function with all guards closed, and checks them afterwards. A call may make
    another one."""
    was_on = gc.isenabled()
    # The collector would read the poisoned memory.
    gc.disable()
    try:
        for guard in guards:
            guard.close()
        return function(*arguments, **named)
    finally:
        for guard in guards:
            guard.open()
        if was_on:
            moved.open()
            gc.enable()
