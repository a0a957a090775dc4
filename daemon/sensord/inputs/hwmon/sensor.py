# SPDX-License-Identifier: MIT
"""type = "hwmon": the units are those of the kernel's Documentation/hwmon/sysfs-interface.rst."""

from linux import inventory
from linux.files import read_text

from ...errors import Fault
from ...values.field import Invalid
from ..attributes import Polled, number, slug, split, value, warn_of_number

_HWMON = "/sys/class/hwmon"

_KINDS = {
    "temp": ("temperature", "c", 0.001),
    "humidity": ("humidity", "percent", 0.001),
    "in": ("voltage", "v", 0.001),
    "curr": ("current", "a", 0.001),
    "power": ("power", "w", 0.000001),
    "energy": ("energy", "j", 0.000001),
    "fan": ("fan", "rpm", 1),
}


class Sensor(Polled):
    def _channels(self):
        """(field, path without _input, factor) of each input."""
        device = self._settings["device"]
        entries = inventory.hwmon_devices()
        name = inventory.find("hwmon", entries, _HWMON, device)
        folder = "%s/%s" % (_HWMON, name)
        if device == name:
            warn_of_number(self._settings["name"], device, inventory.places(folder))
        found = []
        for channel in [entry["inputs"] for entry in entries if entry["name"] == name][0]:
            kind, index = split(channel)
            if kind not in _KINDS:
                continue
            quantity, unit, factor = _KINDS[kind]
            label = read_text("%s/%s_label" % (folder, channel))
            field = "%s_%s" % (slug(label), quantity) if label else quantity + index
            found.append(("%s_%s" % (field, unit), "%s/%s" % (folder, channel), factor))
        if not found:
            raise Fault("%s has no input to read" % device)
        return found

    def _read(self, channel):
        field, path, factor = channel
        if number(path + "_fault") == 1:
            return field, Invalid("the kernel's driver reports a fault of the sensor")
        return field, value(number(path + "_input"), 0, factor)
