# SPDX-License-Identifier: MIT
"""type = "hwmon": the units are those of the kernel's Documentation/hwmon/sysfs-interface.rst."""

from linux import inventory
from linux.files import read_text

from ...errors import Fault
from ...values.field import Invalid
from ..attributes import Polled, number, slug, split, value

# An input of this kind: its field, the unit in its name, and how many of the kernel's units are
# one of those.
_KINDS = {
    "temp": ("temperature", "c", 1000),
    "humidity": ("humidity", "percent", 1000),
    "in": ("voltage", "v", 1000),
    "curr": ("current", "a", 1000),
    "power": ("power", "w", 1000000),
    "energy": ("energy", "j", 1000000),
    "fan": ("fan", "rpm", 1),
}


def _field(folder, channel, others):
    """The name of a channel's field: by its label, or by its number if it has none or another has
    the same."""
    kind, index = split(channel)
    quantity, unit, _ = _KINDS[kind]
    label = slug(read_text("%s%s_label" % (folder, channel)) or "")
    numbered = "%s%s_%s" % (quantity, index, unit)
    if not label.strip("_"):
        return numbered
    labelled = "%s_%s_%s" % (label, quantity, unit)
    return labelled if labelled not in others else "%s_%s" % (label, numbered)


class Sensor(Polled):
    KIND, ROOT = "hwmon", "/sys/class/hwmon"
    _devices = staticmethod(inventory.hwmon_devices)

    def _channels(self, folder, entry):
        """(field, path without _input, divisor) of each input."""
        found = []
        for channel in entry["inputs"]:
            kind, index = split(channel)
            if kind in _KINDS and index.isdigit():
                field = _field(folder, channel, [field for field, _, _ in found])
                found.append((field, folder + channel, _KINDS[kind][2]))
        if not found:
            raise Fault("%s has no input to read" % self._settings["device"])
        return found

    def _read(self, channel):
        field, path, divisor = channel
        if number(path + "_fault") == 1:
            return field, Invalid("the kernel's driver reports a fault of the sensor")
        return field, value(number(path + "_input"), 0, 1, divisor)
