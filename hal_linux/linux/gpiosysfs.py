# SPDX-License-Identifier: MIT
"""GPIO lines through /sys/class/gpio, for kernels without the character device's version 2.

It supports inputs, outputs and edges, but no pulls, open drain, debounce or line names. A line is
a number counted over all chips; a chip's first number, its base, differs between kernels and is
read from sysfs. An edge carries the time at which it was read, not the kernel's time. A line stays
exported until close() or the end of the program.
"""

import os
import select
import sys
import time

from . import libc
from .events import EPOLLERR, EPOLLPRI, Epoll
from .explain import EACCES, EBUSY, EINVAL, ENOENT, EPERM, explained
from .files import read_text, write_text
from .gpio import (
    GPIO_V2_LINE_FLAG_EDGE_FALLING,
    GPIO_V2_LINE_FLAG_EDGE_RISING,
    GPIO_V2_LINE_FLAG_INPUT,
    GPIO_V2_LINE_FLAG_OUTPUT,
    HEADER_LABELS,
    PERMISSION,
    State,
    no_such_line,
    split,
)
from .libc import _libc

_ROOT = "/sys/class/gpio"
_HINTS = {EACCES: PERMISSION, EPERM: PERMISSION}
_UDEV_MS = 1000  # the longest that udev takes to set a new export's group
_EDGE_NAMES = {
    0: "none",
    GPIO_V2_LINE_FLAG_EDGE_RISING: "rising",
    GPIO_V2_LINE_FLAG_EDGE_FALLING: "falling",
    GPIO_V2_LINE_FLAG_EDGE_RISING | GPIO_V2_LINE_FLAG_EDGE_FALLING: "both",
}
_EDGES = GPIO_V2_LINE_FLAG_EDGE_RISING | GPIO_V2_LINE_FLAG_EDGE_FALLING
_KNOWN = GPIO_V2_LINE_FLAG_INPUT | GPIO_V2_LINE_FLAG_OUTPUT | _EDGES

# off_t is a long in these two on every Linux for which MicroPython's Unix port is built.
_pread = _libc.func("l", "pread", "iPLl")
_pwrite = _libc.func("l", "pwrite", "iPLl")
_byte = bytearray(1)

_states = {}  # by number; kept while exported
_exported = set()  # the numbers that this program exported


def check():
    """Raises OSError if this interface is missing or forbidden."""
    try:
        libc.close(libc.open_device(_ROOT + "/export", libc.O_WRONLY))
    except OSError as error:
        raise explained(error, _HINTS)


def _chips():
    """(base, lines, label, folder name) of each chip, lowest base first."""
    found = []
    for name in os.listdir(_ROOT):
        if name.startswith("gpiochip"):
            folder = "%s/%s/" % (_ROOT, name)
            base, lines = read_text(folder + "base"), read_text(folder + "ngpio")
            if base and lines:
                found.append((int(base), int(lines), read_text(folder + "label"), name))
    return sorted(found)


def _chip(wanted):
    """The entry of _chips() for "gpiochip0" as in /dev, or for None the pin header's chip."""
    chips = _chips()
    if not chips:
        raise OSError(ENOENT, "no GPIO chip in " + _ROOT)
    if wanted is None:
        return next((chip for chip in chips if chip[2] in HEADER_LABELS), chips[0])
    # The number in /dev is not the base. Both names are children of the same device.
    try:
        siblings = os.listdir("/sys/bus/gpio/devices/%s/../gpio" % wanted)
    except OSError:
        siblings = ()
    for chip in chips:
        if chip[3] in siblings:
            return chip
    raise OSError(ENOENT, "%s: no such GPIO chip in %s" % (wanted, _ROOT))


def _find(id):
    """(number, name for messages) of a pin's id."""
    wanted, offset = split(id)
    if offset is None:
        raise ValueError("Pin %s: sysfs has no line names" % id)
    base, lines, label, _ = _chip(wanted)
    if not 0 <= offset < lines:
        raise no_such_line(id, label, lines)
    return base + offset, "%s:%d (gpio%d)" % (wanted or label, offset, base + offset)


def _export(number, name):
    if number in _exported or read_text("%s/gpio%d/value" % (_ROOT, number)) is not None:
        return
    try:
        write_text(_ROOT + "/export", str(number))
    except OSError as error:
        if error.errno == EBUSY:
            raise OSError(
                EBUSY, name + " is in use by the kernel: /sys/kernel/debug/gpio names the user"
            )
        if error.errno == EINVAL:
            raise OSError(EINVAL, name + " cannot be exported")
        raise explained(error, _HINTS)
    if not _exported:
        _unexport_at_exit()
    _exported.add(number)


def _unexport(number):
    _exported.discard(number)
    _states.pop(number, None)
    write_text(_ROOT + "/unexport", str(number))


def _unexport_at_exit():
    def leave():
        for number in list(_exported):
            _unexport(number)
        if before:
            before()

    before = sys.atexit(leave)


def _open(path):
    """A file object of an attribute that exists, or will when udev has seen it."""
    start = time.ticks_ms()
    while True:
        try:
            return open(libc.open_device(path, libc.O_RDWR), "rb")
        except OSError as error:
            waited = time.ticks_diff(time.ticks_ms(), start)
            if error.errno not in (EACCES, ENOENT) or waited > _UDEV_MS:
                raise explained(error, _HINTS)
        time.sleep_ms(10)


class Line:
    """An exported line. It is unexported by close(), if it was this program that exported it."""

    def __init__(self, id):
        """Exports the line if it is not yet. ValueError if there is none; OSError(EBUSY)."""
        self._number, self.name = _find(id)
        _export(self._number, self.name)
        self._folder = "%s/gpio%d/" % (_ROOT, self._number)
        self._epoll = None
        self.timestamp_ns = 0
        self._file = _open(self._folder + "value")
        self._fd = self._file.fileno()
        self.state = _states.get(self._number)
        if self.state is None:
            out = read_text(self._folder + "direction") == "out"
            flags = GPIO_V2_LINE_FLAG_OUTPUT if out else GPIO_V2_LINE_FLAG_INPUT
            self.state = _states[self._number] = State(flags)

    def get(self):
        """The level, 0 or 1."""
        if _pread(self._fd, _byte, 1, 0) != 1:
            raise libc.oserror(os.errno(), self.name)
        return _byte[0] & 1

    def set(self, level):
        """Sets an output to 0 or 1. An input keeps the level until it becomes an output."""
        self.state.level = level
        if self.state.flags & GPIO_V2_LINE_FLAG_OUTPUT:
            if _pwrite(self._fd, b"1" if level else b"0", 1, 0) != 1:
                raise libc.oserror(os.errno(), self.name)

    def configure(self, flags, level=None, debounce_us=0):
        """As gpiochip.Line's; ValueError for settings that sysfs does not have."""
        if flags & ~_KNOWN or debounce_us:
            raise ValueError(self.name + ": sysfs has no pulls, open drain or debounce")
        state = self.state
        if flags & GPIO_V2_LINE_FLAG_OUTPUT:
            if level is None:
                level = state.level
            if level is None:
                level = self.get() if state.flags & GPIO_V2_LINE_FLAG_OUTPUT else 0
            if state.flags & _EDGES:
                # The kernel refuses to make a line with edge detection an output.
                self._write("edge", "none")
            self._write("direction", "high" if level else "low")
            state.level = level
        else:
            if not state.flags & GPIO_V2_LINE_FLAG_INPUT:
                self._write("direction", "in")
            if (flags ^ state.flags) & _EDGES:
                self._write("edge", _EDGE_NAMES[flags & _EDGES])
                # The first POLLPRI comes at once, without an edge.
                self.get()
        state.flags = flags

    def _write(self, attribute, text):
        _open(self._folder + attribute).close()
        write_text(self._folder + attribute, text)

    def fileno(self):
        """A descriptor that is readable when there is an edge to take."""
        if self._epoll is None:
            epoll = Epoll()
            # A file object closes its descriptor when it is collected.
            self._epoll = open(epoll.fd, "rb")
            epoll.add(self._fd, EPOLLPRI | EPOLLERR)
        return self._epoll.fileno()

    def take(self):
        """Takes the last edge: 1 rising, 2 falling, 0 for none. `timestamp_ns` is now.

        sysfs reports one change for one or more edges, without their direction: the level decides.
        """
        if not self._changed():
            return 0
        self.timestamp_ns = libc.clock_monotonic_ns()
        level = self.get()
        edges = self.state.flags & _EDGES
        if edges == GPIO_V2_LINE_FLAG_EDGE_RISING:
            return 1
        if edges == GPIO_V2_LINE_FLAG_EDGE_FALLING:
            return 2
        return 1 if level else 2

    def _changed(self):
        poller = select.poll()
        poller.register(self.fileno(), select.POLLIN)
        return bool(poller.poll(0))

    def close(self):
        """Unexports the line if this program exported it. Idempotent."""
        if self._file is None:
            return
        if self._epoll is not None:
            self._epoll.close()
        self._file.close()
        self._file = self._epoll = None
        self._fd = -1
        if self._number in _exported:
            _unexport(self._number)
