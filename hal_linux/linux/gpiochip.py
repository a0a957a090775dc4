# SPDX-License-Identifier: MIT
"""GPIO lines through the character devices /dev/gpiochipN: uAPI version 2, kernel 5.10 or later.

The kernel gives a line to one holder and reports its name. The line is free again when the last
descriptor of the request is closed.
"""

import gc
import struct
import sys

from . import libc
from .explain import EBADF, EBUSY, EINVAL, ENODEV, ENOTTY, EPERM
from .gpio import CONFIG_FLAGS, GPIO_V2_LINE_FLAG_OUTPUT, State, find, header

# <linux/gpio.h>
GPIO_V2_GET_LINE_IOCTL = 0xC250B407
GPIO_V2_LINE_SET_CONFIG_IOCTL = 0xC110B40D
GPIO_V2_LINE_GET_VALUES_IOCTL = 0xC010B40E
GPIO_V2_LINE_SET_VALUES_IOCTL = 0xC010B40F
GPIO_V2_LINE_ATTR_ID_OUTPUT_VALUES = 2
GPIO_V2_LINE_ATTR_ID_DEBOUNCE = 3
# Every 64-bit field is aligned to 8 bytes in the header, so the native layout has no holes.
_REQUEST_BYTES = 592
_REQUEST_CONSUMER = 256  # offsets in struct gpio_v2_line_request
_REQUEST_NUM_LINES = 560  # then event_buffer_size
_REQUEST_FD = 588
_CONFIG_BYTES = 272
_CONFIG_ATTRS = 32  # offset of attrs in struct gpio_v2_line_config
_ATTR_BYTES = 24
_EVENT = "QIIII"  # timestamp_ns, id, offset, seqno, line_seqno; the rest is padding
_EVENT_BYTES = 48

# <fcntl.h>
F_DUPFD_CLOEXEC = 1030

_EVENT_BUFFER = 256  # unread edges that the kernel keeps; its default is 16
_MANY_HOLDERS = 8

# One buffer for all lines and one for all events: a call never waits between writing and reading.
_HIGH = struct.pack("QQ", 1, 1)  # struct gpio_v2_line_values: bits, mask
_LOW = struct.pack("QQ", 0, 1)
_values = bytearray(_HIGH)
_BIT_0 = 0 if sys.byteorder == "little" else 7
_event = bytearray(_EVENT_BYTES)

# Line states by (chip, offset), and by descriptor the state of the line it was last opened for. A
# descriptor closes when its Pin is collected, so an entry may be stale.
_states = {}
_holders = {}


def check():
    """Raises OSError if this interface is missing, too old or forbidden."""
    chip = header()
    try:
        chip.line_info(0)
    finally:
        chip.close()


def _consumer():
    """The name under which other programs see the user of our lines: this program's."""
    program = sys.argv[0].split("/")[-1] if sys.argv else ""
    return (program or "micropython").encode()[:31]


def _holds(fd):
    try:
        libc.ioctl(fd, GPIO_V2_LINE_GET_VALUES_IOCTL, _values)
    except OSError as error:
        # These mean closed, reused for another file, or chip gone; others, that get() fails.
        return error.errno not in (EBADF, ENOTTY, EINVAL, ENODEV)
    return True


def _holders_of(state):
    """The descriptors through which this program holds a line now."""
    found = []
    for fd in [fd for fd, held in _holders.items() if held is state]:
        if _holds(fd):
            found.append(fd)
        else:
            del _holders[fd]
    return found


class Line:
    """A line that this program holds until close(), or until this object is collected.

    The kernel gives a line to one holder, so a second Line of it duplicates the first one's
    descriptor, and the kernel frees the line when the last of them closes.
    """

    def __init__(self, id):
        """Takes the line without changing what it does.

        ValueError if there is none; OSError: EBUSY names the other user, EACCES the group to join.
        """
        chip, offset = find(id)
        try:
            key = (chip.name, offset)
            self.name = "%s:%d" % key
            if isinstance(id, str) and id != self.name:
                self.name = "%s (%s)" % (id, self.name)
            self.state = _states.get(key)
            holders = _holders_of(self.state) if self.state else []
            if len(holders) > _MANY_HOLDERS:
                # Most of these holders are garbage: collect them to free their descriptors.
                gc.collect()
                holders = _holders_of(self.state)
            if holders:
                self._file = open(libc.fcntl(holders[0], F_DUPFD_CLOEXEC, 3), "rb")
            else:
                self._file = self._request(chip, offset)
                libc.set_nonblocking(self._file.fileno())
                self.state = _states[key] = State(chip.line_info(offset)[2] & CONFIG_FLAGS)
        finally:
            chip.close()
        self._fd = self._file.fileno()
        _holders[self._fd] = self.state
        self.timestamp_ns = 0

    def _request(self, chip, offset):
        request = bytearray(_REQUEST_BYTES)
        struct.pack_into("I", request, 0, offset)
        consumer = _consumer()
        request[_REQUEST_CONSUMER : _REQUEST_CONSUMER + len(consumer)] = consumer
        struct.pack_into("II", request, _REQUEST_NUM_LINES, 1, _EVENT_BUFFER)
        try:
            chip.ioctl(GPIO_V2_GET_LINE_IOCTL, request, self.name)
        except OSError as error:
            if error.errno != EBUSY:
                raise
            user = chip.line_info(offset)[1] or "the kernel"
            raise OSError(EBUSY, "%s is in use by %s" % (self.name, user))
        # A file object closes its descriptor when it is collected.
        return open(struct.unpack_from("i", request, _REQUEST_FD)[0], "rb")

    def get(self):
        """The level, 0 or 1."""
        libc.ioctl(self._fd, GPIO_V2_LINE_GET_VALUES_IOCTL, _values, self.name)
        return _values[_BIT_0] & 1

    def set(self, level):
        """Sets an output to 0 or 1. An input keeps the level until it becomes an output."""
        self.state.level = level
        try:
            libc.ioctl(
                self._fd, GPIO_V2_LINE_SET_VALUES_IOCTL, _HIGH if level else _LOW, self.name
            )
        except OSError as error:
            if error.errno != EPERM:
                raise

    def configure(self, flags, level=None, debounce_us=0):
        """Sets the line's flags, and an output's level in the same ioctl: no glitch.

        Without a level an output keeps its own, and an input that becomes an output gets the last
        level set, or 0.
        """
        config = bytearray(_CONFIG_BYTES)
        attrs = 0
        state = self.state
        if flags & GPIO_V2_LINE_FLAG_OUTPUT:
            if level is None:
                level = state.level
            if level is None:
                level = self.get() if state.flags & GPIO_V2_LINE_FLAG_OUTPUT else 0
            struct.pack_into(
                "IIQQ", config, _CONFIG_ATTRS, GPIO_V2_LINE_ATTR_ID_OUTPUT_VALUES, 0, level, 1
            )
            attrs = 1
        if debounce_us:
            struct.pack_into(
                "IIIIQ", config, _CONFIG_ATTRS + attrs * _ATTR_BYTES,
                GPIO_V2_LINE_ATTR_ID_DEBOUNCE, 0, debounce_us, 0, 1,
            )  # fmt: skip
            attrs += 1
        struct.pack_into("QI", config, 0, flags, attrs)
        libc.ioctl(self._fd, GPIO_V2_LINE_SET_CONFIG_IOCTL, config, self.name)
        state.flags = flags
        state.debounce_us = debounce_us
        if level is not None:
            state.level = level

    def take(self):
        """Takes the oldest edge: 1 rising, 2 falling, 0 for none. `timestamp_ns` is its time.

        The time is the kernel's, on CLOCK_MONOTONIC. OSError(ENODEV) if the chip is gone.
        """
        n = libc.read(self._fd, _event, _EVENT_BYTES, self.name)
        if n is None:
            return 0
        if n != _EVENT_BYTES:
            raise OSError(ENODEV, "%s: no such device any more" % self.name)
        self.timestamp_ns, edge, _, _, seqno = struct.unpack_from(_EVENT, _event, 0)
        state = self.state
        state.lost += (seqno - state.line_seqno - 1) & 0xFFFFFFFF
        state.line_seqno = seqno
        return edge

    def fileno(self):
        """The descriptor that is readable when there is an edge to take."""
        return self._fd

    def close(self):
        """Releases the line, unless another Line shares it. Idempotent."""
        if self._file is None:
            return
        _holders.pop(self._fd, None)
        self._file.close()
        self._file = None
        self._fd = -1
        if _holders_of(self.state):
            # Garbage Lines must not keep the line from other programs.
            gc.collect()
