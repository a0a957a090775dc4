# SPDX-License-Identifier: MIT
"""Microchip MCP9808: temperature. DS25095A."""

import asyncio

from ....values.field import Field
from ..chip import WordRegisters, identify, stuck

DOC = "Microchip MCP9808: temperature."
ADDRESSES = (0x18, 0x19, 0x1A, 0x1B, 0x1C, 0x1D, 0x1E, 0x1F)
_FIELDS = (Field("temperature_c", (-40, 125)),)  # 1.0, specified temperature range

_TEMPERATURE = 0x05  # 5.1.3
_MANUFACTURER, _MICROCHIP = 0x06, 0x54  # 5.1.4
_CONVERSION_MS = 250  # 1.0, at 0.0625 degrees, the resolution at power on


def fields(_settings):
    return _FIELDS


class MCP9808(WordRegisters):
    def __init__(self, i2c, address=ADDRESSES[0]):
        WordRegisters.__init__(self, i2c, address)

    async def start(self):
        identify(self._word(_MANUFACTURER), _MICROCHIP, "MCP9808", self._address)
        await asyncio.sleep_ms(_CONVERSION_MS)

    async def read(self):
        raw = self._word(_TEMPERATURE)
        wrong = stuck(self._data)
        # Each time: another chip may have taken its place.
        found = self._word(_MANUFACTURER)
        if not wrong:
            identify(found, _MICROCHIP, "MCP9808", self._address)
        elif raw or found != _MICROCHIP:
            # All zeros are 0 degrees as well, as long as the chip still gives its name.
            return [("temperature_c", wrong)]
        # The upper three bits are alert flags, the rest is signed.
        raw &= 0x1FFF
        if raw & 0x1000:
            raw -= 0x2000
        return [("temperature_c", round(raw * 0.0625, 4))]


DRIVER = MCP9808
