# SPDX-License-Identifier: MIT
"""Measurements of the kernel's drivers in /sys, as "iio", "hwmon" and "w1" take them."""

from linux.files import read_text

from .. import log
from ..values.field import Invalid

_DIGITS = 9


def split(channel):
    """("voltage", "0") of "voltage0", ("accel", "_x") of "accel_x"."""
    end = 0
    while end < len(channel) and channel[end].isalpha():
        end += 1
    return channel[:end], channel[end:]


def number(path):
    """The number in an attribute, or None for one that is not there or cannot be read now."""
    try:
        return float(read_text(path))
    except (TypeError, ValueError):
        return None


def value(raw, offset, factor):
    """(raw + offset) * factor, or Invalid if there is no raw value."""
    if raw is None:
        return Invalid("the kernel's driver gives no value: is the device still there?")
    # The factor adds noise in the last digits of a float.
    return float("%.*g" % (_DIGITS, (raw + offset) * factor))


def slug(label):
    """A label as a part of a field's name: "Package id 0" is package_id_0."""
    return "".join([c if c.isalpha() or c.isdigit() else "_" for c in label.lower()])


def warn_of_number(sensor, device, places):
    """Says that a device which is named by its number may be another one after the next start."""
    if places:
        log.warning(
            '%s: %s may be another device after the next start; device = "%s" stays the same'
            % (sensor, device, places[0])
        )


class Polled:
    """A sensor that reads attributes of one device at an interval. A subclass has _channels(),
    which finds what there is, and _read(channel), which gives (field, value)."""

    grace_ms = 30000

    def __init__(self, settings):
        self._settings = settings
        self.deadline_ms = settings["interval"] + self.grace_ms

    async def run(self, output):
        from .interval import measure

        channels = self._channels()

        async def read():
            return [self._read(channel) for channel in channels]

        await measure(read, self._settings["interval"], output)
