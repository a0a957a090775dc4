# SPDX-License-Identifier: MIT
"""ROHM BH1750FVI: illuminance. Technical note 11046EDT01."""

import asyncio

from ....values.field import BOOLEAN, Field, Invalid

DOC = "ROHM BH1750: illuminance up to 54612 lx; overload is true beyond."
ADDRESSES = (0x23, 0x5C)
_FIELDS = (Field("illuminance_lx", (0, 54612)), Field("overload", kind=BOOLEAN))

_POWER_ON = b"\x01"
_ONCE_HIGH_RESOLUTION = b"\x20"  # it goes to sleep again by itself
_MEASURE_MS = 180  # electrical characteristics, H-resolution mode
_FULL_SCALE = 65535
_COUNTS_PER_LUX = 1.2  # at the sensitivity of power on


def fields(_settings):
    return _FIELDS


class BH1750:
    def __init__(self, i2c, address=ADDRESSES[0]):
        self._i2c, self._address = i2c, address

    async def start(self):
        self._i2c.writeto(self._address, _POWER_ON)

    async def read(self):
        # Each time: after a loss of supply it is off.
        self._i2c.writeto(self._address, _POWER_ON)
        self._i2c.writeto(self._address, _ONCE_HIGH_RESOLUTION)
        await asyncio.sleep_ms(_MEASURE_MS)
        data = self._i2c.readfrom(self._address, 2)
        count = data[0] << 8 | data[1]
        overload = count == _FULL_SCALE
        bright = Invalid("brighter than 54612 lx, the most that the chip measures")
        return [
            ("illuminance_lx", bright if overload else round(count / _COUNTS_PER_LUX, 1)),
            ("overload", overload),
        ]


DRIVER = BH1750
