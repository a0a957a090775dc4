# SPDX-License-Identifier: MIT
"""type = "iio": the units are those of the kernel's Documentation/ABI/testing/sysfs-bus-iio."""

import os

from linux import inventory

from ...errors import Fault
from ...values.field import Invalid
from ..attributes import Polled, number, split, value

# A channel of this kind: its field, the unit in its name, and how many of the kernel's units are
# one of those.
_KINDS = {
    "temp": ("temperature", "c", 1000),
    "humidityrelative": ("humidity", "percent", 1000),
    "pressure": ("pressure", "hpa", 0.1),
    "illuminance": ("illuminance", "lx", 1),
    "voltage": ("voltage", "v", 1000),
    "current": ("current", "a", 1000),
    "power": ("power", "w", 1000),
    "resistance": ("resistance", "ohm", 1),
    "distance": ("distance", "m", 1),
    "accel": ("accel", "m_s2", 1),
    "anglvel": ("anglvel", "rad_s", 1),
    "magn": ("magn", "gauss", 1),
    "concentration": ("concentration", "percent", 1),
}


class Sensor(Polled):
    KIND, ROOT = "IIO", "/sys/bus/iio/devices"
    _devices = staticmethod(inventory.iio_devices)

    def _channels(self, folder, entry):
        """(field, divisor, path of the value, paths of its offset and scale or None) of each
        channel; the divisor is None if the driver gives no scale."""
        device, there = self._settings["device"], entry["channels"]
        # All existing attributes, not only readable ones: a chip may have no value yet.
        attributes = os.listdir(folder)
        found = []
        for channel in self._settings["channels"] or there:
            if channel not in there:
                raise Fault(
                    "%s has no channel %s; it has %s" % (device, channel, ", ".join(there))
                )
            found.append(_channel(folder, attributes, channel))
        if not found:
            raise Fault("%s has no channel to read" % device)
        return found

    def _read(self, channel):
        field, divisor, path, offset, scale = channel
        if divisor is None:
            return field, Invalid("the driver gives no scale: the raw value has no unit")
        # Read each time: a driver may change its range while it measures.
        return field, value(
            number(path),
            0 if offset is None else number(offset),
            1 if scale is None else number(scale),
            divisor,
        )


def _shared(channel):
    """The names that a channel's attributes may begin with in the kernel, its own first."""
    kind, _ = split(channel)
    names = ["in_" + channel]
    first, minus, second = channel.partition("-")
    if minus:
        # voltage0-voltage1 is a difference, which has a scale of its own kind.
        names.append("in_%s-%s" % (split(first)[0], split(second)[0]))
    return names + ["in_" + kind, "in", ""]


def _attribute(folder, attributes, channel, ending):
    """The path of the first attribute there is for a channel, such as in_voltage_scale, or
    None."""
    for name in _shared(channel):
        attribute = (name + "_" + ending) if name else ending
        if attribute in attributes:
            return folder + attribute
    return None


def _channel(folder, attributes, channel):
    kind, rest = split(channel)
    field, unit, divisor = _KINDS.get(kind, (kind, "", 1))
    field = "_".join([part for part in (field + rest, unit) if part])
    path = folder + "in_" + channel
    if "in_" + channel + "_input" in attributes:
        return field, divisor, path + "_input", None, None
    scale = _attribute(folder, attributes, channel, "scale")
    offset = _attribute(folder, attributes, channel, "offset")
    return field, divisor if scale or not unit else None, path + "_raw", offset, scale
