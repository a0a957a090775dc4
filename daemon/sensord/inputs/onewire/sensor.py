# SPDX-License-Identifier: MIT
"""type = "w1": thermometers on the 1-Wire bus, by the kernel's w1_therm.

The unit is that of Documentation/w1/slaves/w1_therm.rst; the invalid values are from Maxim's data
sheet of the DS18B20 (19-7487) and from observations of its scratchpad.
"""

import asyncio

from linux import inventory
from linux.subprocess import run

from ...errors import Fault
from ...values.field import Invalid
from ..attributes import slug
from ..interval import measure_each

_W1 = "/sys/bus/w1/devices"
_GRACE_MS = 60000
_TIMEOUT_MS = 10000  # a conversion takes 750 ms, and the bus carries one at a time
# Families of w1_therm.c, and what they measure: DS18S20, DS1822, DS18B20, DS1825, DS28EA00.
_RANGES = {
    "10": (-55, 125), "22": (-55, 125), "28": (-55, 125), "3b": (-55, 125), "42": (-40, 85),
}  # fmt: skip
# Scratchpad at power on: 85 degrees, and 0Ch in byte 6, which a conversion overwrites with 10h
# less the last four bits of the temperature.
_POWER_ON_MILLIDEGREES = 85000
_POWER_ON_BYTE, _POWER_ON_VALUE = 6, b"0c"


class Sensor:
    """Reads in a process of its own: the kernel blocks the reader during a conversion."""

    def __init__(self, settings):
        self._settings = settings
        self.deadline_ms = settings["interval"] + _GRACE_MS

    async def run(self, output):
        await measure_each(self._sources, self._settings["interval"], output)

    def _sources(self):
        """A function for each thermometer that is there now."""
        device = self._settings["device"]
        there = [entry["name"] for entry in inventory.one_wire_devices()]
        thermometers = [name for name in there if name[:2] in _RANGES]
        if device is not None and device not in there:
            raise Fault(
                "%s is not on the 1-Wire bus; there: %s" % (device, ", ".join(there) or "nothing")
            )
        if not there:
            raise Fault(
                "there is nothing on the 1-Wire bus; on a Raspberry Pi it needs "
                "dtoverlay=w1-gpio in /boot/firmware/config.txt"
            )
        if device is not None and device not in thermometers:
            raise Fault("%s is no thermometer" % device)
        if not thermometers:
            raise Fault("there is no thermometer on the 1-Wire bus; there: %s" % ", ".join(there))
        return [self._source(name) for name in ([device] if device else thermometers)]

    def _source(self, name):
        is_one = self._settings["device"] is not None
        field = "temperature_c" if is_one else slug(name) + "_temperature_c"

        async def read():
            return ((field, await _temperature(name)),)

        return read


async def _text(device, attribute):
    try:
        status, text = await run(["cat", "%s/%s/%s" % (_W1, device, attribute)], _TIMEOUT_MS)
    except asyncio.TimeoutError:
        raise Fault("the 1-Wire bus does not answer")
    return None if status else text.strip()


def _millidegrees(text):
    try:
        return int(text)
    except (TypeError, ValueError):
        return None


async def _temperature(device):
    """Degrees Celsius, or Invalid."""
    millidegrees = _millidegrees(await _text(device, "temperature"))
    if millidegrees == _POWER_ON_MILLIDEGREES:
        # A conversion of its own: its temperature goes with its scratchpad.
        millidegrees, is_power_on = _scratchpad(await _text(device, "w1_slave") or b"")
        if is_power_on:
            return Invalid("85 °C, the value at power on: the thermometer has not measured")
    if millidegrees is None:
        return Invalid("no answer, or a wrong checksum: is the wire connected?")
    celsius = millidegrees / 1000
    low, high = _RANGES[device[:2]]
    if not low <= celsius <= high:
        return Invalid(
            "%g °C, which it cannot measure: does the thermometer get enough power?" % celsius
        )
    return celsius


def _scratchpad(text):
    """(millidegrees or None, whether no conversion has ever been made) of an attribute w1_slave:
    nine bytes in hexadecimal, "crc=1c YES", the bytes again, "t=85000"."""
    words = text.split()
    if b"YES" not in words or len(words) <= _POWER_ON_BYTE:
        # A measured 85 degrees looks the same as the value at power on.
        return None, not words
    millidegrees = _millidegrees(words[-1].partition(b"=")[2])
    is_power_on = words[_POWER_ON_BYTE].lower() == _POWER_ON_VALUE
    return millidegrees, is_power_on and millidegrees == _POWER_ON_MILLIDEGREES
