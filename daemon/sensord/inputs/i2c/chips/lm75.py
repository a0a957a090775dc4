# SPDX-License-Identifier: MIT
"""NXP LM75B, product data sheet 6.1, and all that are compatible with it: temperature."""

import asyncio

from ....values.field import Field, Invalid
from ..chip import STUCK, WordRegisters

DOC = "LM75 and compatible thermometers."
ADDRESSES = (0x48, 0x49, 0x4A, 0x4B, 0x4C, 0x4D, 0x4E, 0x4F)
_FIELDS = (Field("temperature_c", (-55, 125)),)  # 1, general description

_TEMPERATURE = 0x00
_OVERTEMPERATURE = 0x03  # 7.4.4: 80 degrees at power on
_CONVERSION_MS = 300  # of the slowest relative, TI's LM75A; the LM75B takes 10 ms


def fields(_settings):
    return _FIELDS


class LM75(WordRegisters):
    def __init__(self, i2c, address=ADDRESSES[0]):
        WordRegisters.__init__(self, i2c, address)

    async def start(self):
        self._word(_TEMPERATURE)
        await asyncio.sleep_ms(_CONVERSION_MS)

    async def read(self):
        raw = self._word(_TEMPERATURE)
        if raw == -1:
            # The last four bits are zeros in all relatives.
            return [("temperature_c", Invalid(STUCK % "ones"))]
        if raw == 0 and not self._word(_OVERTEMPERATURE):
            return [("temperature_c", Invalid(STUCK % "zeros"))]
        # 7.4.3: eleven bits, 0.125 degrees; those of the LM75 with nine have zeros below.
        return [("temperature_c", round((raw >> 5) * 0.125, 3))]


DRIVER = LM75
