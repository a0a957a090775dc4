# SPDX-License-Identifier: MIT
"""A driver to start from: an LM75, a thermometer that almost every bus has. See drivers.md."""

import asyncio

from sensord.inputs import Fault

_TEMPERATURE = 0x00
_CONFIGURATION = 0x01
_CONVERSION_MS = 300


class MyChip:
    def __init__(self, i2c, address=0x48):
        self._i2c, self._address = i2c, address

    async def start(self):
        # Out of shutdown, in case another program has left it there.
        self._i2c.writeto_mem(self._address, _CONFIGURATION, b"\x00")
        await asyncio.sleep_ms(_CONVERSION_MS)

    async def read(self):
        raw = self._i2c.readfrom_mem(self._address, _TEMPERATURE, 2)
        value = int.from_bytes(raw, "big")
        if value & 0x8000:
            value -= 0x10000
        temperature_c = value / 256
        if not -55 <= temperature_c <= 125:
            raise Fault("it measures %.1f °C, which it cannot" % temperature_c)
        return [("temperature_c", temperature_c)]
