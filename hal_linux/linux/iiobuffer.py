# SPDX-License-Identifier: MIT
"""Streams of samples from the kernel's IIO drivers, as records of scan elements in a buffer.

Source: Documentation/iio/iio_devbuf.rst and Documentation/ABI/testing/sysfs-bus-iio of the kernel.
"""

import os
import struct

from . import inventory, libc
from .explain import EACCES, EBUSY, EINVAL, ENODEV, ENOENT, failure
from .files import read_text, write_text

DEVICES = "/sys/bus/iio/devices"
_HINTS = {
    EACCES: "add the user to the group iio, or add a udev rule for the subsystem iio",
    EBUSY: "another program reads it",
    EINVAL: "the driver does not take this",
}
_NO_TRIGGER = (
    "it has no trigger: wire the chip's interrupt and name it in the overlay, or load "
    "iio-trig-hrtimer and make a folder in /sys/kernel/config/iio/triggers/hrtimer"
)
_RECORDS = 64  # read at a time


class Element:
    """One channel in a record. Attributes: name; offset and size in bytes."""

    def __init__(self, name, text):
        """`text` is the element's type, such as "le:s12/16>>4"."""
        self.name = name
        endian, _, rest = text.partition(":")
        self._signed = rest[0] == "s"
        bits, _, rest = rest[1:].partition("/")
        storage, _, shift = rest.partition(">>")
        self._bits, self._shift = int(bits), int(shift or 0)
        self.size = int(storage.partition("X")[0]) // 8
        self.offset = 0
        letters = {1: "B", 2: "H", 4: "I", 8: "Q"}
        self._format = ("<" if endian == "le" else ">") + letters[self.size]

    def value(self, record, at):
        """The raw value from the record that begins at byte `at` of a buffer."""
        (value,) = struct.unpack_from(self._format, record, at + self.offset)
        value = value >> self._shift & (1 << self._bits) - 1
        if self._signed and value >> (self._bits - 1):
            value -= 1 << self._bits
        return value


def find(name):
    """The folder of a device, by its driver's name, its place on a bus or as iio:device0. Raises
    OSError, which names what is there, if none or more than one fits."""
    return DEVICES + "/" + inventory.find("IIO", inventory.iio_devices(), DEVICES, name)


class Buffer:
    """A started stream. Attribute: elements, a dict by name."""

    def __init__(self, folder, names, rate_hz, length):
        """`names` are scan elements such as "in_accel_x"; "in_timestamp" is added if the driver
        has it. The kernel keeps `length` records. OSError says what to do."""
        self._folder = folder
        self._fd = None
        self._put("buffer/enable", "0")
        self.elements = {}
        for name in names:
            self._choose(name)
        if read_text(folder + "/scan_elements/in_timestamp_en") is not None:
            self._choose("in_timestamp")
        self._lay_out()
        self._set_rate(rate_hz)
        self._set_trigger()
        self._put("buffer/length", str(length))
        self._put("buffer/enable", "1")
        path = "/dev/" + folder.rsplit("/", 1)[1]
        try:
            self._fd = libc.open_device(path, libc.O_RDONLY | libc.O_NONBLOCK)
        except OSError as error:
            self._put("buffer/enable", "0")
            raise failure(error.errno, path, _HINTS.get(error.errno, "the device is gone"))
        self._records = bytearray(_RECORDS * self.record_bytes)
        self._path = path

    def _fail(self, number, attribute):
        raise failure(
            number, "%s/%s" % (self._folder, attribute), _HINTS.get(number, "the device is gone")
        )

    def _put(self, attribute, text):
        try:
            write_text("%s/%s" % (self._folder, attribute), text)
        except OSError as error:
            self._fail(error.errno, attribute)

    def _choose(self, name):
        kind = read_text("%s/scan_elements/%s_type" % (self._folder, name))
        if kind is None:
            self._fail(ENOENT, "scan_elements/%s_type" % name)
        self._put("scan_elements/%s_en" % name, "1")
        self.elements[name] = Element(name, kind)

    def _lay_out(self):
        """Each element lies at a multiple of its size, in the order of the indices."""

        def index(name):
            return int(read_text("%s/scan_elements/%s_index" % (self._folder, name)) or 0)

        offset = largest = 0
        for name in sorted(self.elements, key=index):
            element = self.elements[name]
            offset = -(-offset // element.size) * element.size
            element.offset = offset
            offset += element.size
            largest = max(largest, element.size)
        self.record_bytes = -(-offset // largest) * largest

    def _set_rate(self, rate_hz):
        for name in ("sampling_frequency", "in_accel_sampling_frequency"):
            if read_text("%s/%s" % (self._folder, name)) is None:
                continue
            self._put(name, str(rate_hz))
            got = float(read_text("%s/%s" % (self._folder, name)))
            if abs(got - rate_hz) > 0.02 * rate_hz:
                there = read_text("%s/%s_available" % (self._folder, name)) or "%g" % got
                raise failure(
                    EINVAL, "%s at %d Hz" % (self._folder, rate_hz), "it has " + there + " Hz"
                )
            return

    def _set_trigger(self):
        """Sets the chip's own trigger, or else a timer, unless one is set or none is needed."""
        path = self._folder + "/trigger/current_trigger"
        current = read_text(path)
        if current is None or current:
            return
        chip = read_text(self._folder + "/name") or ""
        found = []
        for entry in sorted(os.listdir(DEVICES)):
            name = read_text("%s/%s/name" % (DEVICES, entry))
            if entry.startswith("trigger") and name:
                found.append((not name.startswith(chip), name))
        if not found:
            raise failure(EINVAL, self._folder, _NO_TRIGGER)
        self._put("trigger/current_trigger", min(found)[1])

    def read(self):
        """(count, buffer) of the records available now. OSError if the device is gone."""
        n = libc.read(self._fd, self._records, len(self._records), self._path)
        if n == 0:
            raise failure(ENODEV, self._path, "the device is gone")
        return (n or 0) // self.record_bytes, self._records

    def close(self):
        """Stops the stream. Idempotent."""
        if self._fd is not None:
            libc.close(self._fd)
            self._fd = None
            self._put("buffer/enable", "0")
