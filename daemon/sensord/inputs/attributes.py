# SPDX-License-Identifier: MIT
"""Measurements of the kernel's drivers in /sys, as "iio", "hwmon" and "w1" take them."""

from linux import inventory, libc
from linux.files import read_text

from .. import log
from ..values.field import Invalid

# More than any converter gives, and fewer than the digits in which factors leave their noise.
_DIGITS = 12

_GONE = "the kernel's driver gives no value: is the device still there?"


def split(channel):
    """("voltage", "0") of "voltage0", ("accel", "_x") of "accel_x"."""
    end = 0
    while end < len(channel) and channel[end].isalpha():
        end += 1
    return channel[:end], channel[end:]


def number(path):
    """The number in an attribute, or None for one that is not there or cannot be read now."""
    text = read_text(path)
    for kind in (int, float):
        try:
            return kind(text)
        except (TypeError, ValueError):
            continue
    return None


def value(raw, offset, scale, divisor):
    """(raw + offset) * scale / divisor, or Invalid if one of them is None."""
    if raw is None or offset is None or scale is None:
        return Invalid(_GONE)
    if scale == 1 and isinstance(raw, int):
        # A single division is exact to the last digit.
        return (raw + offset) / divisor if divisor != 1 else raw + offset
    return float("%.*g" % (_DIGITS, (raw + offset) * scale / divisor))


def slug(label):
    """A label as a part of a field's name: "Package id 0" is package_id_0."""
    return "".join([c if c.isalpha() or c.isdigit() else "_" for c in label.lower()])


def warn_of_number(sensor, device, root, name):
    """Warns that a device named by its number may be another one after the next start."""
    if not inventory.is_numbered(device, name):
        return
    places = inventory.places("%s/%s" % (root, name))
    if places:
        log.warning(
            '%s: %s may be another device after the next start; device = "%s" stays the same'
            % (sensor, device, places[0])
        )


class Polled:
    """A sensor that reads attributes of one device at an interval. A subclass has KIND, the
    word for its devices, ROOT, their folder; _devices(), the inventory; _channels(folder, entry),
    which finds the channels; and _read(channel), which gives (field, value)."""

    _GRACE_MS = 30000

    def __init__(self, settings):
        self._settings = settings
        self.deadline_ms = settings["interval"] + self._GRACE_MS

    def _find(self):
        """The entry of the device in the inventory."""
        device = self._settings["device"]
        entries = self._devices()
        name = inventory.find(self.KIND, entries, self.ROOT, device)
        return [entry for entry in entries if entry["name"] == name][0]

    async def run(self, output):
        from .interval import measure_each

        self._open()
        if not output.carry.get("warned"):
            output.carry["warned"] = True
            name = self._folder.rsplit("/", 1)[-1]
            warn_of_number(self._settings["name"], self._settings["device"], self.ROOT, name)
        interval_ms = self._settings["interval"]
        await measure_each(self._same, interval_ms, output, self._reopen)

    def _open(self):
        """Finds the device and its channels."""
        entry = self._find()
        self._chip = entry["chip"]
        self._folder = "%s/%s" % (self.ROOT, entry["name"])
        self._link = libc.readlink(self._folder)
        channels = self._channels(self._folder + "/", entry)
        self._sources = [self._source(channel) for channel in channels]

    async def _reopen(self):
        self._open()

    def _same(self):
        """The sources, of the same device as before."""
        # The number of a device that is gone may be given to the next one that comes.
        chip = read_text(self._folder + "/name")
        if libc.readlink(self._folder) != self._link or chip not in (None, self._chip):
            self._open()
        return self._sources

    def _source(self, channel):
        async def read():
            return (self._read(channel),)

        return read
