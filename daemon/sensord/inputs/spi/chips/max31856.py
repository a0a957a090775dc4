# SPDX-License-Identifier: MIT
"""Maxim MAX31856: the temperature of a thermocouple of any type. Datasheet 19-7534, revision 0."""

import asyncio

from ....schema.values import Choice
from ....values.field import Field, Invalid
from ..chip import Registers

DOC = "Maxim MAX31856: the temperature of a thermocouple of types B to T, and of the chip."
MODE, BAUDRATE = 1, 5000000
# Table 1: the ranges, and bits of register CR1
_TYPES = {
    "B": (0, 250, 1820), "E": (1, -200, 1000), "J": (2, -210, 1200), "K": (3, -200, 1372),
    "N": (4, -200, 1300), "R": (5, -50, 1768), "S": (6, -50, 1768), "T": (7, -200, 400),
}  # fmt: skip
KEYS = {
    "thermocouple": Choice("The type of the thermocouple.", tuple(sorted(_TYPES)), "K"),
    "mains_hz": Choice("The mains whose hum is filtered, in Hz.", (50, 60), 50),
}

_CR0, _CR1, _INTERNAL, _TEMPERATURE, _STATUS = 0x00, 0x01, 0x0A, 0x0C, 0x0F
# CR0: one measurement, with a test for an open circuit (table 4), and the filter for 50 Hz
_ONE_SHOT, _FIND_OPEN, _50_HZ = 0x40, 0x10, 0x01
_MEASURE_MS = 240  # 185 ms at 50 Hz, and the longest test for an open circuit
_LSB_C, _INTERNAL_LSB_C = 0.0078125, 0.015625
# The fault status register
_FAULTS = (
    (0x01, "the thermocouple is open: no wire, or a broken one"),
    (0x02, "the thermocouple has too high a voltage: is it shorted to the supply or to ground?"),
    (0x40, "it is beyond the range of the thermocouple"),
    (0x80, "the chip is beyond its own temperature range"),
)


def fields(settings):
    return (
        Field("temperature_c", _TYPES[settings["thermocouple"]][1:]),
        Field("internal_temperature_c", (-55, 125)),
    )


class MAX31856(Registers):
    _NAME = "MAX31856"

    def __init__(self, spi, thermocouple="K", mains_hz=50):
        Registers.__init__(self, spi)
        self._cr1 = _TYPES[thermocouple][0]
        self._cr0 = _FIND_OPEN | (_50_HZ if mains_hz == 50 else 0)

    async def start(self):
        # The filter may change only while the chip is off.
        self._write(_CR0, self._cr0)
        self._write(_CR1, self._cr1)
        self._require(_CR0, self._cr0)
        self._require(_CR1, self._cr1)

    async def read(self):
        # Each time: after a loss of supply it is set to type K and 60 Hz.
        await self.start()
        self._write(_CR0, self._cr0 | _ONE_SHOT)
        await asyncio.sleep_ms(_MEASURE_MS)
        data = self._read(_INTERNAL, 6)
        self._require(_CR0, self._cr0)
        self._require(_CR1, self._cr1)
        internal = int.from_bytes(data[0:2], "big")
        raw = int.from_bytes(data[2:5], "big")
        internal = (internal - 0x10000 if internal & 0x8000 else internal) >> 2
        raw = (raw - 0x1000000 if raw & 0x800000 else raw) >> 5
        wrong = None
        for bit, words in _FAULTS:
            if data[5] & bit and wrong is None:
                wrong = Invalid(words)
        return [
            ("temperature_c", wrong or round(raw * _LSB_C, 3)),
            ("internal_temperature_c", round(internal * _INTERNAL_LSB_C, 3)),
        ]


DRIVER = MAX31856
