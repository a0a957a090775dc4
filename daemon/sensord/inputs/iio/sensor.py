# SPDX-License-Identifier: MIT
"""type = "iio": the units are those of the kernel's Documentation/ABI/testing/sysfs-bus-iio."""

import os

from linux import inventory

from ...errors import Fault
from ...values.field import Invalid
from ..attributes import Polled, number, split, value, warn_of_number

_IIO = "/sys/bus/iio/devices"

# A channel of this kind: its field, the unit in its name, and the factor to that.
_KINDS = {
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


class Sensor(Polled):
    def _channels(self):
        """(field, path of the value, offset, factor) of each channel; the factor is None if the
        driver gives no scale."""
        device = self._settings["device"]
        entries = inventory.iio_devices()
        name = inventory.find("IIO", entries, _IIO, device)
        folder = "%s/%s" % (_IIO, name)
        if device == name:
            warn_of_number(self._settings["name"], device, inventory.places(folder))
        there = [entry["channels"] for entry in entries if entry["name"] == name][0]
        # The attributes that are there, not those that can be read: a chip may have no value yet.
        attributes = os.listdir(folder)
        found = []
        for channel in self._settings["channels"] or there:
            if channel not in there:
                raise Fault(
                    "%s has no channel %s; it has %s" % (device, channel, ", ".join(there))
                )
            found.append(_channel(folder + "/", attributes, channel))
        if not found:
            raise Fault("%s has no channel to read" % device)
        return found

    def _read(self, channel):
        field, path, offset, factor = channel
        if factor is None:
            return field, Invalid("the driver gives no scale: the raw value has no unit")
        return field, value(number(path), offset, factor)


def _shared(channel):
    """The names under which the kernel may keep what belongs to a channel, its own first."""
    kind, _ = split(channel)
    names = ["in_" + channel]
    first, minus, second = channel.partition("-")
    if minus:
        # voltage0-voltage1 is a difference, which has a scale of its own kind.
        names.append("in_%s-%s" % (split(first)[0], split(second)[0]))
    return names + ["in_" + kind, "in", ""]


def _attribute(folder, attributes, channel, ending):
    """The number in the first attribute there is for a channel, such as in_voltage_scale."""
    for name in _shared(channel):
        attribute = (name + "_" + ending) if name else ending
        if attribute in attributes:
            return number(folder + attribute)
    return None


def _channel(folder, attributes, channel):
    kind, rest = split(channel)
    field, unit, factor = _KINDS.get(kind, (kind, "", 1))
    field = "_".join([part for part in (field + rest, unit) if part])
    attribute = "in_" + channel
    if attribute + "_input" in attributes:
        return field, folder + attribute + "_input", 0, factor
    scale = _attribute(folder, attributes, channel, "scale")
    if scale is not None:
        factor *= scale
    elif unit:
        factor = None
    offset = _attribute(folder, attributes, channel, "offset") or 0
    return field, folder + attribute + "_raw", offset, factor
