# SPDX-License-Identifier: MIT
"""GPIO chips and their lines: lists them, and finds the line of a pin's id.

Two modules drive lines: gpiochip.py and gpiosysfs.py. machine.Pin uses the same names in both:
check(), and Line with `name`, `state`, `get()`, `set()`, `configure()`, `take()`, `fileno()` and
`close()`. Both take modes, pulls and edges as GPIO_V2_LINE_FLAG_ values.
"""

import os
import struct

from . import libc
from .explain import EACCES, ENOENT, EPERM, open_device

# <linux/gpio.h>
GPIO_GET_CHIPINFO_IOCTL = 0x8044B401
GPIO_V2_GET_LINEINFO_IOCTL = 0xC100B405
GPIO_V2_LINE_FLAG_INPUT = 1 << 2
GPIO_V2_LINE_FLAG_OUTPUT = 1 << 3
GPIO_V2_LINE_FLAG_EDGE_RISING = 1 << 4
GPIO_V2_LINE_FLAG_EDGE_FALLING = 1 << 5
GPIO_V2_LINE_FLAG_OPEN_DRAIN = 1 << 6
GPIO_V2_LINE_FLAG_OPEN_SOURCE = 1 << 7
GPIO_V2_LINE_FLAG_BIAS_PULL_UP = 1 << 8
GPIO_V2_LINE_FLAG_BIAS_PULL_DOWN = 1 << 9
GPIO_V2_LINE_FLAG_BIAS_DISABLED = 1 << 10
CONFIG_FLAGS = 0x7FC  # the flags above
# Every 64-bit field is aligned to 8 bytes in the header, so the native layout has no holes.
_CHIPINFO = "32s32sI"
_LINEINFO_HEAD = "32s32sIIQ"  # name, consumer, offset, num_attrs, flags
_LINEINFO_BYTES = 256
_LINEINFO_OFFSET = 64

# Labels of the 40-pin header's controller: Pi 0 to 3, Pi 4, Pi 5
HEADER_LABELS = ("pinctrl-bcm2835", "pinctrl-bcm2711", "pinctrl-rp1")
PERMISSION = "add the user to the group gpio"
_DEVICES = "/sys/bus/gpio/devices"


class State:
    """The state of a line, shared by all its holders."""

    def __init__(self, flags):
        self.flags = flags
        self.debounce_us = 0
        self.level = None  # the last output level, kept while the line is an input
        self.irq = None  # for machine.Pin
        self.line_seqno = 0
        self.lost = 0  # edges that the kernel dropped because its buffer was full


def _text(field):
    return field.split(b"\0", 1)[0].decode()


class Chip:
    """An open GPIO chip: `name` (gpiochip0), `label` (pinctrl-bcm2711), `lines`."""

    def __init__(self, name):
        self.name = name
        path = "/dev/" + name
        self._file = open_device(path, libc.O_RDWR, {EACCES: PERMISSION, EPERM: PERMISSION})
        info = bytearray(struct.calcsize(_CHIPINFO))
        try:
            libc.ioctl(self._file.fileno(), GPIO_GET_CHIPINFO_IOCTL, info, path)
        except OSError:
            self._file.close()
            raise
        _, label, self.lines = struct.unpack(_CHIPINFO, info)
        self.label = _text(label)

    def line_info(self, offset):
        """(name, consumer, flags) of a line."""
        info = bytearray(_LINEINFO_BYTES)
        struct.pack_into("I", info, _LINEINFO_OFFSET, offset)
        self.ioctl(GPIO_V2_GET_LINEINFO_IOCTL, info, self.name)
        name, consumer, _, _, flags = struct.unpack_from(_LINEINFO_HEAD, info, 0)
        return _text(name), _text(consumer), flags

    def ioctl(self, request, argument, what):
        return libc.ioctl(self._file.fileno(), request, argument, what)

    def close(self):
        self._file.close()


def chips():
    """The names of all GPIO chips, in the kernel's order."""
    try:
        names = [name for name in os.listdir(_DEVICES) if name.startswith("gpiochip")]
    except OSError:
        names = []
    if not names:
        raise OSError(ENOENT, "no GPIO chip: %s is empty" % _DEVICES)
    return sorted(names, key=lambda name: int(name[8:]))


def header():
    """The open Chip of the board's pin header (see HEADER_LABELS), else the first chip."""
    names = chips()
    first = Chip(names[0])
    if first.label in HEADER_LABELS:
        return first
    for name in names[1:]:
        chip = Chip(name)
        if chip.label in HEADER_LABELS:
            first.close()
            return chip
        chip.close()
    return first


def no_such_line(id, chip, lines):
    return ValueError("Pin %s: %s has %d lines, 0 to %d" % (id, chip, lines, lines - 1))


def _named(wanted):
    """(chip, offset) of the first line with the name."""
    for name in chips():
        chip = Chip(name)
        for offset in range(chip.lines):
            if chip.line_info(offset)[0] == wanted:
                return chip, offset
        chip.close()
    raise ValueError("Pin %s: no line of %s has that name" % (wanted, ", ".join(chips())))


def split(id):
    """("gpiochip0", 17) of "gpiochip0:17", (None, 17) of 17, (None, None) of a line's name."""
    if isinstance(id, int):
        return None, id
    if not isinstance(id, str):
        raise TypeError("Pin: id must be a number or a name, such as 17, 'GPIO17', 'gpiochip0:17'")
    chip, colon, number = id.partition(":")
    if not (colon and chip.startswith("gpiochip")):
        return None, None
    if not number.isdigit():
        raise ValueError("Pin %s: the line after ':' must be a number" % id)
    return chip, int(number)


def find(id):
    """(open Chip, offset) of a pin's id. ValueError if there is no such line."""
    name, offset = split(id)
    if offset is None:
        return _named(id)
    chip = Chip(name) if name else header()
    if not 0 <= offset < chip.lines:
        chip.close()
        raise no_such_line(id, "%s (%s)" % (chip.name, chip.label), chip.lines)
    return chip, offset
