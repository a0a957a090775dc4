# SPDX-License-Identifier: MIT
"""A GPIO controller for the fake kernel: /dev/gpiochipN, behaving as the kernel's gpiolib-cdev.c.

    chip = FakeChip("gpiochip0", "pinctrl-bcm2711", names=["ID_SDA", "ID_SCL", "GPIO2", …])
    FakeKernel(folder, {"/dev/gpiochip0": chip}, sys=tree)

`chip.lines[17].drive(1)` pulls an input up from outside; `level()` is the level that a meter would
show there; `writes` holds every level that the program has set.
"""

import errno
import socket
import struct
import time

from fakes import kernel

# <linux/gpio.h>
_GET_CHIPINFO = 0x8044B401
_GET_LINEINFO = 0xC100B405
_GET_LINE = 0xC250B407
_SET_CONFIG = 0xC110B40D
_GET_VALUES = 0xC010B40E
_SET_VALUES = 0xC010B40F
USED, INPUT, OUTPUT = 1 << 0, 1 << 2, 1 << 3
EDGE_RISING, EDGE_FALLING = 1 << 4, 1 << 5
OPEN_DRAIN, OPEN_SOURCE = 1 << 6, 1 << 7
PULL_UP, PULL_DOWN, BIAS_DISABLED = 1 << 8, 1 << 9, 1 << 10
_DIRECTION = INPUT | OUTPUT
_EDGES = EDGE_RISING | EDGE_FALLING
_DRIVE = OPEN_DRAIN | OPEN_SOURCE
_BIAS = PULL_UP | PULL_DOWN | BIAS_DISABLED
_KNOWN = _DIRECTION | _EDGES | _DRIVE | _BIAS
_OUTPUT_VALUES, _DEBOUNCE = 2, 3
_CONFIG = struct.Struct("=QI20x240s")
_ATTR = struct.Struct("=II8sQ")
_REQUEST = struct.Struct("=64I32s272sII20xi")
_LINEINFO = struct.Struct("=32s32sIIQ160x16x")
_EVENT = struct.Struct("=QIIII24x")


def _require(condition):
    if not condition:
        raise OSError(errno.EINVAL, "the kernel refuses this")


class _Config:
    """A struct gpio_v2_line_config, checked as gpio_v2_line_config_validate() does."""

    def __init__(self, data):
        self.flags, count, attrs = _CONFIG.unpack(data)
        _require(not self.flags & ~_KNOWN and count <= 10 and data[12:32] == bytes(20))
        direction, drive = self.flags & _DIRECTION, self.flags & _DRIVE
        _require(direction != _DIRECTION and drive != _DRIVE)
        _require(not self.flags & _EDGES or direction == INPUT)
        _require(not drive or direction == OUTPUT)
        _require(not self.flags & _BIAS or direction)
        _require((self.flags & _BIAS) in (0, PULL_UP, PULL_DOWN, BIAS_DISABLED))
        self.level = self.debounce_us = 0
        for i in range(count):
            kind, padding, union, mask = _ATTR.unpack_from(attrs, i * _ATTR.size)
            _require(padding == 0 and kind in (_OUTPUT_VALUES, _DEBOUNCE) and mask == 1)
            if kind == _OUTPUT_VALUES:
                self.level = struct.unpack("=Q", union)[0] & 1
            else:
                _require(direction == INPUT)
                self.debounce_us = struct.unpack("=I", union[:4])[0]


class Line:
    """One line: its outside connection and the program's settings."""

    def __init__(self, name):
        self.name = name
        self.flags = INPUT
        self.consumer = ""
        self.debounce_us = 0
        self.output = 0
        self.writes = []
        self.world = None  # the level driven from outside, None if nothing drives it
        self.request = None
        self.configurations = []

    def level(self):
        if self.flags & OUTPUT:
            released = (self.flags & OPEN_DRAIN and self.output) or (
                self.flags & OPEN_SOURCE and not self.output
            )
            if not released:
                return self.output
            rest = 1 if self.flags & OPEN_DRAIN else 0
            return rest if self.world is None else self.world
        if self.world is not None:
            return self.world
        return 1 if self.flags & PULL_UP else 0

    def put(self, level):
        self.output = level
        self.writes.append(level)

    def drive(self, level, timestamp_ns=None):
        """Drives the line from outside; the program gets the edge if it requested edges."""
        before = self.level()
        self.world = level
        if self.request and self.level() != before:
            self.request.edge(level, timestamp_ns or time.monotonic_ns())

    def bounce(self, level, pulse_us, times):
        """A contact that closes or opens, bouncing, which debouncing hides."""
        for _ in range(times):
            if self.debounce_us < pulse_us:
                self.drive(level)
                self.drive(1 - level)
        self.drive(level)


class _Request(kernel.Device):
    """A requested line: the descriptor of GPIO_V2_GET_LINE_IOCTL."""

    def __init__(self, chip, offset):
        self.chip, self.offset = chip, offset
        self.line = chip.lines[offset]
        self.seqno = 0

    def configure(self, config):
        line = self.line
        if not config.flags & _DIRECTION:
            return  # keep the configuration
        line.flags = config.flags
        line.debounce_us = config.debounce_us
        line.configurations.append((config.flags, config.level, config.debounce_us))
        if config.flags & OUTPUT:
            line.put(config.level)

    def edge(self, level, timestamp_ns):
        wanted = EDGE_RISING if level else EDGE_FALLING
        if not self.line.flags & wanted:
            return
        self.seqno += 1
        event = 1 if level else 2
        self.stream.send(_EVENT.pack(timestamp_ns, event, self.offset, self.seqno, self.seqno))

    def lose(self, count):
        """The kernel's buffer overflows."""
        self.seqno += count

    def ioctl(self, request, value, data):
        self.chip.ioctls += 1
        self.chip.check_present()
        if request == _SET_CONFIG:
            self.configure(_Config(data))
            return data
        _require(request in (_GET_VALUES, _SET_VALUES))
        bits, mask = struct.unpack("=QQ", data)
        _require(mask == 1)
        if request == _GET_VALUES:
            return struct.pack("=QQ", self.line.level(), mask)
        if not self.line.flags & OUTPUT:
            raise OSError(errno.EPERM, "not an output")
        self.line.put(bits & 1)
        return data

    def close(self):
        self.line.request = None
        self.line.consumer = ""
        self.line.flags &= ~(_EDGES | USED)


class FakeChip(kernel.Device):
    def __init__(self, name, label, count=54, names=None, permission=True):
        """`names` by line; without, lines are called GPIO<n>; lines beyond the list have none."""
        self.name, self.label = name, label
        self.lines = [
            Line(f"GPIO{i}" if names is None else names.get(i, "")) for i in range(count)
        ]
        self.permission = permission
        self.present = True
        self.requests = 0
        self.ioctls = 0  # on its requests
        self.event_buffer_size = 0

    def unplug(self):
        """As a USB adapter's chip that is pulled out: its requests fail at once."""
        self.present = False
        for line in self.lines:
            if line.request:
                line.request.stream.shutdown(socket.SHUT_WR)

    def check_present(self):
        if not self.present:
            raise OSError(errno.ENODEV, "unplugged")

    def open(self, flags):
        if not self.permission:
            raise OSError(errno.EACCES, "not in the group")
        self.check_present()

    def ioctl(self, request, value, data):
        self.check_present()
        if request == _GET_CHIPINFO:
            return struct.pack(
                "=32s32sI", self.name.encode(), self.label.encode(), len(self.lines)
            )
        if request == _GET_LINEINFO:
            return self._line_info(data)
        _require(request == _GET_LINE)
        return self._request(data)

    def _line_info(self, data):
        offset = _LINEINFO.unpack(data)[2]
        _require(offset < len(self.lines))
        line = self.lines[offset]
        flags = line.flags | (USED if line.request or line.consumer else 0)
        return _LINEINFO.pack(line.name.encode(), line.consumer.encode(), offset, 0, flags)

    def _request(self, data):
        *offsets, consumer, config, count, buffer, fd = _REQUEST.unpack(data)
        _require(count == 1 and offsets[0] < len(self.lines) and fd == 0)
        config = _Config(config)
        line = self.lines[offsets[0]]
        if line.request or line.consumer:
            raise OSError(errno.EBUSY, "in use")
        line.consumer = consumer.split(b"\0")[0].decode()
        line.request = _Request(self, offsets[0])
        line.request.configure(config)
        self.requests += 1
        self.event_buffer_size = buffer
        return kernel.Opened(line.request, data)


def sys_tree(folder, *chips):
    """A /sys that lists the chips; `folder` must not exist yet."""
    devices = folder / "bus/gpio/devices"
    devices.mkdir(parents=True)
    for chip in chips:
        (devices / chip.name).mkdir()
    return folder
