# SPDX-License-Identifier: MIT
"""Sensirion SCD4x: carbon dioxide, temperature and humidity. Datasheet SCD4x, version 1.7.

It measures every 5 s on its own.
"""

import asyncio

from ....errors import Fault
from ....values.field import Field, Invalid
from ..sensirion import Sensirion, temperature_c

DOC = "Sensirion SCD40 and SCD41: carbon dioxide, temperature and humidity."
ADDRESSES = (0x62,)
# Tables 1 to 3: the ranges of its output
_FIELDS = (
    Field("co2_ppm", (0, 40000)),
    Field("temperature_c", (-10, 60)),
    Field("humidity_percent", (0, 100)),
)

# 3.5 to 3.10: command and how long it takes
_STOP, _STOP_MS = 0x3F86, 500
_START = 0x21B1
_READ, _READ_MS = 0xEC05, 1
_IS_READY, _IS_READY_MS = 0xE4B8, 1
_SERIAL, _SERIAL_MS = 0x3682, 1
_POLL_MS = 250
_LATEST_MS = 12000  # two periods and the tolerance of the clocks


def fields(_settings):
    return _FIELDS


class SCD4x(Sensirion):
    def __init__(self, i2c, address=ADDRESSES[0]):
        Sensirion.__init__(self, i2c, address)

    async def start(self):
        # After a restart of the board, but not of the chip, it still measures.
        self._command(_STOP)
        await asyncio.sleep_ms(_STOP_MS)
        await self._request(_SERIAL, _SERIAL_MS, 3)
        self._command(_START)

    async def read(self):
        for _ in range(_LATEST_MS // _POLL_MS):
            (status,) = await self._request(_IS_READY, _IS_READY_MS, 1)
            if status & 0x7FF:
                break
            await asyncio.sleep_ms(_POLL_MS)
        else:
            raise Fault("the SCD4x at 0x%02x has stopped measuring" % self._address)
        co2, temperature, humidity = await self._request(_READ, _READ_MS, 3)
        # Before its first measurement it gives 0; the air outside has 420 ppm.
        nothing = Invalid("0 ppm: the chip has not measured yet")
        return [
            ("co2_ppm", co2 or nothing),
            ("temperature_c", temperature_c(temperature)),
            ("humidity_percent", round(100 * humidity / 65535, 1)),
        ]


DRIVER = SCD4x
