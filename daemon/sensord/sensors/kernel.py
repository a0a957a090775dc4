# SPDX-License-Identifier: MIT
"""type = "iio", "hwmon" and "w1": what drivers of the kernel measure, from /sys.

The units are those of the kernel's Documentation/ABI/testing/sysfs-bus-iio, Documentation/hwmon/
sysfs-interface.rst and Documentation/w1/slaves/w1_therm.rst.
"""

import asyncio
import os

from linux import inventory
from linux.files import read_text
from linux.subprocess import run

from . import Fault
from .pace import Pace

_IIO = "/sys/bus/iio/devices"
_HWMON = "/sys/class/hwmon"
_W1 = "/sys/bus/w1/devices"
_GRACE_MS = 30000
_W1_TIMEOUT_MS = 10000  # a conversion takes 750 ms, and the bus carries one at a time

# What a channel of this kind is called, its unit and the factor to it.
_IIO_KINDS = {
    "temp": ("temperature", "c", 0.001),
    "humidityrelative": ("humidity", "percent", 0.001),
    "pressure": ("pressure", "hpa", 10),
    "illuminance": ("illuminance", "lx", 1),
    "voltage": ("voltage", "v", 0.001),
    "current": ("current", "a", 0.001),
    "power": ("power", "w", 0.001),
    "resistance": ("resistance", "ohm", 1),
    "distance": ("distance", "m", 1),
    "accel": ("accel", "m_s2", 1),
    "anglvel": ("anglvel", "rad_s", 1),
    "magn": ("magn", "gauss", 1),
    "concentration": ("concentration", "percent", 1),
}
_HWMON_KINDS = {
    "temp": ("temperature", "c", 0.001),
    "humidity": ("humidity", "percent", 0.001),
    "in": ("voltage", "v", 0.001),
    "curr": ("current", "a", 0.001),
    "power": ("power", "w", 0.000001),
    "energy": ("energy", "j", 0.000001),
    "fan": ("fan", "rpm", 1),
}
_DIGITS = 9


def _split(channel):
    """("voltage", "0") of "voltage0", ("accel", "_x") of "accel_x"."""
    end = 0
    while end < len(channel) and channel[end].isalpha():
        end += 1
    return channel[:end], channel[end:]


def _number(path):
    """The number in an attribute, or None for one that is not there or cannot be read now."""
    try:
        return float(read_text(path))
    except (TypeError, ValueError):
        return None


def _rounded(value):
    # What the factor adds in a float's last digits is not measured.
    return None if value is None else float("%.*g" % (_DIGITS, value))


def _slug(label):
    """A label as a part of a field's name: "Package id 0" is package_id_0."""
    return "".join([c if c.isalpha() or c.isdigit() else "_" for c in label.lower()])


def _find(kind, entries, device):
    """The folder's name of a device by its own name or its chip's."""
    for entry in entries:
        if device in (entry["name"], entry["chip"]):
            return entry["name"]
    there = ", ".join(["%s (%s)" % (entry["chip"], entry["name"]) for entry in entries])
    raise Fault("there is no %s device %s; there are: %s" % (kind, device, there or "none"))


class IIOSensor:
    def __init__(self, settings):
        self._settings = settings
        self.deadline_ms = settings["interval"] + _GRACE_MS

    def _channels(self):
        """(field, path of the value, factor, offset) of each channel."""
        device = self._settings["device"]
        entries = inventory.iio_devices()
        name = _find("IIO", entries, device)
        there = [entry["channels"] for entry in entries if entry["name"] == name][0]
        wanted = self._settings["channels"] or there
        folder = "%s/%s/" % (_IIO, name)
        # What is there, not what can be read: a chip may have no value yet.
        attributes = os.listdir(folder)
        found = []
        for channel in wanted:
            if channel not in there:
                raise Fault(
                    "%s has no channel %s; it has %s" % (device, channel, ", ".join(there))
                )
            found.append(self._channel(folder, attributes, channel))
        return found

    def _channel(self, folder, attributes, channel):
        attribute = "in_" + channel
        kind, rest = _split(channel)
        field, unit, factor = _IIO_KINDS.get(kind, (kind, "", 1))
        field = "_".join([part for part in (field + rest, unit) if part])
        if attribute + "_input" in attributes:
            return field, folder + attribute + "_input", factor, 0

        def shared(what):
            value = _number(folder + attribute + what)
            return _number(folder + "in_" + kind + what) if value is None else value

        scale = shared("_scale")
        return (
            field,
            folder + attribute + "_raw",
            factor * (1 if scale is None else scale),
            (shared("_offset") or 0),
        )

    async def run(self, output):
        channels = self._channels()
        pace = Pace(self._settings["interval"])
        while True:
            output.beat()
            fields = []
            for field, path, factor, offset in channels:
                value = _number(path)
                fields.append(
                    (field, None if value is None else _rounded((value + offset) * factor))
                )
            _deliver(output, fields, self._settings["device"])
            await pace.next()


class HwmonSensor:
    def __init__(self, settings):
        self._settings = settings
        self.deadline_ms = settings["interval"] + _GRACE_MS

    def _inputs(self):
        """(field, path, factor) of each input."""
        entries = inventory.hwmon_devices()
        name = _find("hwmon", entries, self._settings["device"])
        found = []
        for channel in [entry["inputs"] for entry in entries if entry["name"] == name][0]:
            kind, number = _split(channel)
            if kind not in _HWMON_KINDS:
                continue
            quantity, unit, factor = _HWMON_KINDS[kind]
            label = read_text("%s/%s/%s_label" % (_HWMON, name, channel))
            field = "%s_%s" % (_slug(label), quantity) if label else quantity + number
            path = "%s/%s/%s_input" % (_HWMON, name, channel)
            found.append(("%s_%s" % (field, unit), path, factor))
        if not found:
            raise Fault("%s has nothing to measure" % self._settings["device"])
        return found

    async def run(self, output):
        inputs = self._inputs()
        pace = Pace(self._settings["interval"])
        while True:
            output.beat()
            fields = []
            for field, path, factor in inputs:
                value = _number(path)
                fields.append((field, None if value is None else _rounded(value * factor)))
            _deliver(output, fields, self._settings["device"])
            await pace.next()


def _deliver(output, fields, device):
    """A reading, unless none of its values could be had: then the device is gone."""
    if all(value is None for _, value in fields):
        raise Fault("%s gives no value: is it still connected?" % device)
    output.reading(fields)


class OneWireSensor:
    """Thermometers on the 1-Wire bus. Reading one takes a conversion, during which the kernel
    lets nobody go on who asked: a process asks."""

    def __init__(self, settings):
        self._settings = settings
        self.deadline_ms = settings["interval"] + _GRACE_MS

    async def _temperature(self, device):
        path = "%s/%s/temperature" % (_W1, device)
        try:
            status, text = await run(["cat", path], _W1_TIMEOUT_MS)
        except asyncio.TimeoutError:
            raise Fault("the 1-Wire bus does not answer")
        if status or not text.strip():
            return None  # the CRC was wrong, or it is gone
        return int(text) / 1000

    async def run(self, output):
        device = self._settings["device"]
        pace = Pace(self._settings["interval"])
        while True:
            output.beat()
            there = [entry["name"] for entry in inventory.one_wire_devices()]
            if device is not None and device not in there:
                raise Fault("%s is not on the 1-Wire bus; there: %s" % (device, ", ".join(there)))
            if not there:
                raise Fault(
                    "there is nothing on the 1-Wire bus; on a Raspberry Pi it needs "
                    "dtoverlay=w1-gpio in /boot/firmware/config.txt"
                )
            fields = []
            for name in [device] if device else there:
                field = "temperature_c" if device else _slug(name) + "_temperature_c"
                fields.append((field, await self._temperature(name)))
                output.beat()
            _deliver(output, fields, device or "the 1-Wire bus")
            await pace.next()
