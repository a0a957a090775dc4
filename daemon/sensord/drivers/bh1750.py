# SPDX-License-Identifier: MIT
"""ROHM BH1750FVI: illuminance. Technical note 11046EDT01."""

import asyncio

_POWER_ON = b"\x01"
_ONCE_HIGH_RESOLUTION = b"\x20"  # it goes to sleep again by itself
_MEASURE_MS = 180  # electrical characteristics, H-resolution mode
_FULL_SCALE = 65535
_COUNTS_PER_LUX = 1.2  # at the sensitivity of power on


class BH1750:
    ADDRESS = 0x23

    def __init__(self, i2c, address, _settings):
        self._i2c, self._address = i2c, address

    async def start(self):
        self._i2c.writeto(self._address, _POWER_ON)

    async def read(self):
        self._i2c.writeto(self._address, _ONCE_HIGH_RESOLUTION)
        await asyncio.sleep_ms(_MEASURE_MS)
        data = self._i2c.readfrom(self._address, 2)
        count = data[0] << 8 | data[1]
        return [
            ("illuminance_lx", round(count / _COUNTS_PER_LUX, 1)),
            ("overload", count == _FULL_SCALE),
        ]
