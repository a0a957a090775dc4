# SPDX-License-Identifier: MIT
"""Thermometers with one word to read: LM75, MCP9808, TMP117."""

import asyncio

from . import Fault, identify, int16


class LM75:
    """NXP LM75B, product data sheet 6.1, and all that are compatible with it."""

    ADDRESS = 0x48
    _TEMPERATURE = 0x00
    _CONVERSION_MS = 300  # of the slowest relative, TI's LM75A; the LM75B takes 10 ms

    def __init__(self, i2c, address, _settings):
        self._i2c, self._address = i2c, address
        self._data = bytearray(2)

    def _word(self, register):
        self._i2c.readfrom_mem_into(self._address, register, self._data)
        return int16(self._data)

    async def start(self):
        self._word(self._TEMPERATURE)
        await asyncio.sleep_ms(self._CONVERSION_MS)

    async def read(self):
        # 7.4.3: eleven bits, 0.125 degrees; those of the LM75 with nine have zeros below.
        return [("temperature_c", round((self._word(self._TEMPERATURE) >> 5) * 0.125, 3))]


class MCP9808(LM75):
    """Microchip DS25095A."""

    ADDRESS = 0x18
    _TEMPERATURE = 0x05  # 5.1.3
    _MANUFACTURER = 0x06
    _CONVERSION_MS = 250  # 1.0, at 0.0625 degrees, the resolution at power on

    async def start(self):
        identify(self._word(self._MANUFACTURER), 0x54, "MCP9808", self._address)
        await asyncio.sleep_ms(self._CONVERSION_MS)

    async def read(self):
        # The upper three bits are alert flags, the rest is signed.
        value = self._word(self._TEMPERATURE) & 0x1FFF
        if value & 0x1000:
            value -= 0x2000
        return [("temperature_c", round(value * 0.0625, 4))]


class TMP117(LM75):
    """Texas Instruments SNOSD82D. At power on it converts once a second, eight averaged."""

    _ID = 0x0F  # 7.6.10
    _NOTHING_YET = -32768  # 7.3.1: the result register before the first conversion
    _FIRST_MS = 1000  # 7.3.2: the conversion cycle at power on
    _TRIES = 3

    async def start(self):
        identify(self._word(self._ID) & 0xFFF, 0x117, "TMP117", self._address)

    async def read(self):
        for _ in range(self._TRIES):
            value = self._word(self._TEMPERATURE)
            if value != self._NOTHING_YET:
                return [("temperature_c", round(value * 0.0078125, 3))]
            await asyncio.sleep_ms(self._FIRST_MS)
        raise Fault("the TMP117 at 0x%02x does not convert" % self._address)
