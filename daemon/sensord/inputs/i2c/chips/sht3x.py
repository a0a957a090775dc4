# SPDX-License-Identifier: MIT
"""Sensirion SHT3x: temperature and humidity. Datasheet SHT3x-DIS, version 7."""

import asyncio

from ....values.field import Field
from ..sensirion import Sensirion, temperature_c

DOC = "Sensirion SHT30, SHT31 and SHT35: temperature and humidity."
ADDRESSES = (0x44, 0x45)
FIELDS = (Field("temperature_c", (-40, 125)), Field("humidity_percent", (0, 100)))  # 1.1, 1.2


def fields(_settings):
    return FIELDS


class SHT3x(Sensirion):
    _SOFT_RESET, _RESET_MS = 0x30A2, 2  # 4.9, and 2.2: 1.5 ms
    _MEASURE, _MEASURE_MS = 0x2400, 16  # 4.3, high repeatability, no stretching; 2.2: 15.5 ms

    def __init__(self, i2c, address=ADDRESSES[0]):
        Sensirion.__init__(self, i2c, address)

    async def start(self):
        self._command(self._SOFT_RESET)
        await asyncio.sleep_ms(self._RESET_MS)

    def _humidity(self, word):
        return 100 * word / 65535  # 4.13

    async def read(self):
        temperature, humidity = await self._request(self._MEASURE, self._MEASURE_MS, 2)
        humidity = min(max(self._humidity(humidity), 0), 100)
        return [
            ("temperature_c", temperature_c(temperature)),
            ("humidity_percent", round(humidity, 1)),
        ]


DRIVER = SHT3x
