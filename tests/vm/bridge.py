# SPDX-License-Identifier: MIT
"""A Silicon Labs CP2112, USB-HID to I2C and GPIO, for the kernel's own driver hid-cp2112: the
device side, with models of chips on its bus and eight pins.

Its reports: AN495, "CP2112 Interface Specification". The kernel's interface to a HID device that
is a program: <linux/uhid.h>. The driver's adapter is plain I2C; its GPIO controller has outputs,
and inputs with edges.
"""

import socket
import struct
import threading

from fakes.i2c import Nack

# <linux/uhid.h>: the kind of an event is its first word.
_OUTPUT, _GET_REPORT, _GET_REPORT_REPLY, _CREATE2, _INPUT2, _SET_REPORT, _SET_REPORT_REPLY = (
    6, 9, 10, 11, 12, 13, 14,
)  # fmt: skip
_DATA_BYTES = 4096
_BUS_USB = 3
_VENDOR, _PRODUCT = 0x10C4, 0xEA90

# AN495, table 2: identifier, and how many bytes follow it
_GPIO_CONFIG, _GPIO_GET, _GPIO_SET, _VERSION, _SMBUS_CONFIG = 0x02, 0x03, 0x04, 0x05, 0x06
_READ_REQUEST, _WRITE_READ_REQUEST, _READ_FORCE, _READ_RESPONSE = 0x10, 0x11, 0x12, 0x13
_WRITE_REQUEST, _STATUS_REQUEST, _STATUS_RESPONSE, _CANCEL = 0x14, 0x15, 0x16, 0x17
_FEATURES = {_GPIO_CONFIG: 4, _GPIO_GET: 1, _GPIO_SET: 2, _VERSION: 2, _SMBUS_CONFIG: 13}
_OUTPUTS = {
    _READ_REQUEST: 3, _WRITE_READ_REQUEST: 20, _READ_FORCE: 2, _WRITE_REQUEST: 63,
    _STATUS_REQUEST: 1, _CANCEL: 1,
}  # fmt: skip
_INPUTS = {_READ_RESPONSE: 63, _STATUS_RESPONSE: 6}
_COMPLETE, _ERROR = 2, 3
_LARGEST_READ = 61
LINES = 8


def _descriptor():
    """A HID report descriptor (HID 1.11, 6.2.2) of one vendor-defined collection."""
    text = b"\x06\x00\xff\x09\x01\xa1\x01\x15\x00\x26\xff\x00\x75\x08"
    for kind, reports in ((0xB1, _FEATURES), (0x91, _OUTPUTS), (0x81, _INPUTS)):
        for identifier, size in reports.items():
            text += bytes((0x85, identifier, 0x95, size, 0x09, 0x01, kind, 0x02))
    return text + b"\xc0"


class Pins:
    """Eight lines. `driven` has the level of each output, by its number; an input reads the level
    set by `apply`. `changes` are (line, level) of outputs, in their order."""

    def __init__(self):
        self._direction = self._latch = self._outside = 0
        self.changes = []
        self._changed = threading.Condition()

    @property
    def driven(self):
        return {n: self._latch >> n & 1 for n in range(LINES) if self._direction >> n & 1}

    def apply(self, line, level):
        self._outside = self._outside & ~(1 << line) | level << line

    def wait_for(self, line, level, timeout_s):
        """Whether a line is driven to a level within the time."""
        with self._changed:
            return self._changed.wait_for(lambda: self.driven.get(line) == level, timeout_s)

    def _update(self, direction, latch):
        with self._changed:
            before = self.driven
            self._direction, self._latch = direction, latch
            self.changes += [c for c in self.driven.items() if before.get(c[0]) != c[1]]
            self._changed.notify_all()

    def get(self, identifier):
        if identifier == _GPIO_CONFIG:
            return bytes((self._direction, 0, 0, 0))
        return bytes((self._latch & self._direction | self._outside & ~self._direction,))

    def set(self, identifier, data):
        if identifier == _GPIO_CONFIG:
            self._update(data[0], self._latch)
        else:
            levels, mask = data[0], data[1]
            self._update(self._direction, self._latch & ~mask | levels & mask)


class Bridge:
    """The device, on a socket to the machine's /dev/uhid. `chips` are by address, and may be
    exchanged at any time; `pins` are its lines; `transfers` counts the bus's transfers."""

    def __init__(self, port, chips):
        self._port = port
        self._port.settimeout(None)
        self.chips = chips
        self.pins = Pins()
        self.transfers = 0
        self.trouble = None
        self._smbus = bytes(13)
        self._answer, self._status = b"", (0, 0)
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self):
        try:
            self._create()
            while True:
                size = int.from_bytes(self._receive(2), "little")
                self._handle(self._receive(size))
        except (OSError, EOFError):
            pass  # The machine was switched off.
        except Exception as error:
            # Otherwise the kernel would only wait; this way the test can report the reason.
            self.trouble = error
            self._port.shutdown(socket.SHUT_RDWR)

    def _receive(self, n):
        data = b""
        while len(data) < n:
            part = self._port.recv(n - len(data))
            if not part:
                raise EOFError
            data += part
        return data

    def _send(self, kind, form, *values):
        event = struct.pack("<I" + form, kind, *values)
        self._port.sendall(len(event).to_bytes(2, "little") + event)

    def _create(self):
        descriptor = _descriptor()
        self._send(
            _CREATE2, f"128s64s64sHHIIII{_DATA_BYTES}s",
            b"CP2112 HID USB-to-SMBus Bridge", b"vm", b"",
            len(descriptor), _BUS_USB, _VENDOR, _PRODUCT, 0x0100, 0, descriptor,
        )  # fmt: skip

    def _input(self, identifier, data):
        report = bytes((identifier,)) + data.ljust(_INPUTS[identifier], b"\0")
        self._send(_INPUT2, f"H{len(report)}s", len(report), report)

    def _handle(self, event):
        kind = struct.unpack_from("<I", event)[0]
        if kind == _GET_REPORT:
            request, identifier = struct.unpack_from("<IB", event, 4)
            data = bytes((identifier,)) + self._get(identifier)
            self._send(_GET_REPORT_REPLY, f"IHH{len(data)}s", request, 0, len(data), data)
        elif kind == _SET_REPORT:
            request, identifier, _, size = struct.unpack_from("<IBBH", event, 4)
            self._set(identifier, event[13 : 12 + size])
            self._send(_SET_REPORT_REPLY, "IH", request, 0)
        elif kind == _OUTPUT:
            size = struct.unpack_from("<H", event, 4 + _DATA_BYTES)[0]
            self._output(event[4], event[5 : 4 + size])

    def _get(self, identifier):
        if identifier == _VERSION:
            return b"\x0c\x02"
        return self._smbus if identifier == _SMBUS_CONFIG else self.pins.get(identifier)

    def _set(self, identifier, data):
        if identifier == _SMBUS_CONFIG:
            self._smbus = bytes(data)
        else:
            self.pins.set(identifier, data)

    def _output(self, identifier, data):
        if identifier == _WRITE_REQUEST:
            self._transfer(data[0] >> 1, data[2 : 2 + data[1]], 0)
        elif identifier == _READ_REQUEST:
            self._transfer(data[0] >> 1, None, struct.unpack_from(">H", data, 1)[0])
        elif identifier == _WRITE_READ_REQUEST:
            n = data[3]
            self._transfer(data[0] >> 1, data[4 : 4 + n], struct.unpack_from(">H", data, 1)[0])
        elif identifier == _STATUS_REQUEST:
            status, read = self._status
            self._input(_STATUS_RESPONSE, struct.pack(">BBHH", status, 0, 0, read))
        elif identifier == _READ_FORCE:
            part, self._answer = self._answer[:_LARGEST_READ], self._answer[_LARGEST_READ:]
            self._input(_READ_RESPONSE, bytes((_COMPLETE, len(part))) + part)

    def _transfer(self, address, written, n):
        """One transfer from start to stop: write, read, or write and then read."""
        self.transfers += 1
        self._answer = b""
        try:
            chip = self.chips.get(address)
            if chip is None:
                raise Nack
            if written is not None:
                chip.write(bytes(written))
            if n:
                self._answer = bytes(chip.read(n))
            self._status = _COMPLETE, len(self._answer)
        except Nack:
            self._status = _ERROR, 0
